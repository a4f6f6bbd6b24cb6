"""Pages that play a computation. The way from ``step_through(loss)`` to HTML:

1. `steps` checks its arguments; `Recording` (`viz.pictures`) computes the gradients.
2. `stage` takes boxes and lines from the drawing in `viz.pictures.dot`, and names every value.
3. `story` puts the steps in order and `formulas` writes them; `training` and `curve` add updates.
4. `picture` has Graphviz lay out the boxes, with room for every number, and writes the page's SVG.
5. `page` fills ``page.html`` with all that, and with ``page.css`` and ``page.js``.
"""
