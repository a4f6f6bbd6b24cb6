"""Pages that play a computation. The way from ``step_through(loss)`` to HTML:

1. `steps` checks its arguments, and makes a `Recording` (`viz.pictures`) of each loss.
2. `view` plans the boxes and composes the scene, once, and knows what each box says.
3. `narration` writes the steps, or `training` those of several losses, in the words of `formulas`.
4. `svg` has Graphviz lay the scene out twice, with room for every number, and writes the pictures.
5. `page` fills ``page.html`` with all that, and with ``page.css`` and ``page.js``.
"""
