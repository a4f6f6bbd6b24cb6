"""Pictures of graphs and modules. From ``draw(loss)`` to SVG:

1. `draw.draw` checks its arguments, and `plan.offer_plans` chooses the boxes at several `levels` of
   detail: single values, module calls (`groups`), and `folds` (`functions` and `repeats`).
2. `compose.compose` makes a `scene.Scene` of each: boxes, lines and texts (`numbers`) as data.
3. `layout.choose_layout` takes the first that fits its place and can be read there. To measure one,
   `dot.write_dot` writes it in DOT, Graphviz's language, `render.lay_out` has the Graphviz in
   `embedded` draw it, and `geometry` reads what it drew.
4. `svg.write_svg` makes that the picture, with its colours for a `dark` page and with what
   `describe` says in words, and `render.Picture` shows and saves it. `insides` makes small scenes
   of what its folds hold, which the script of `viewer` opens.

A module goes the same way, from `structure.compose_module` on. `updates.draw_update` pairs two
pictures, with the numbers that a `recording.Recording` keeps.
"""
