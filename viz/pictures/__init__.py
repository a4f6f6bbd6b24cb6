"""Pictures of graphs and modules. From ``draw(loss)`` to SVG:

1. `draw.draw` checks its arguments, and `plan.plan_picture` chooses the boxes. `levels` offers
   them: single values, module calls (`groups`), and `folds` (`functions` and `repeats`).
2. `compose.compose` makes a `scene.Scene` of it: boxes, lines and texts (`numbers`) as data.
3. `dot.write_dot` writes the scene in DOT, Graphviz's language.
4. `render.lay_out` has the Graphviz in `embedded` draw it, and `geometry` reads what it drew.
5. `svg.write_svg` makes that the picture, with its colours for a `dark` page and with what
   `describe` says in words, and `render.Picture` shows and saves it.

A module goes the same way, from `structure.compose_module` on. `updates.draw_update` pairs two
pictures, with the numbers that a `recording.Recording` keeps.
"""
