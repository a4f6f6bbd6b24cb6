"""The viewer: the script that a picture carries, so that it opens, zooms, finds and saves.

A picture with the viewer looks like the still one. Where scripts run, such as in a browser or in a
trusted notebook, its folds open. Python places everything, the insides of folds too; the script
only moves it. `viewer` puts these parts together:

* `picture.js`: boxes and lines, and where they go when folds open;
* `camera.js`: zooming and panning, by wheel, mouse and fingers;
* `paths.js`: the paths from a box to the result;
* `saving.js`: SVG and PNG of what is seen;
* `toolbar.js` and `viewer.css`: the buttons;
* `viewer.js`: keys, clicks, finding, dark and light;
* `wake.js`: what a picture in a notebook does when one points at it.
"""
