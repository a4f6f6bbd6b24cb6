"""Pictures of graphs and modules. The way from ``draw(loss)`` to SVG:

1. `draw` checks its arguments; a graph goes to `dot`, and a module to `structure`.
2. `plan` orders the graph and chooses the boxes: every value, or a box for each call in `groups`.
3. `dot` writes the plan as a `graphviz.Digraph`, in the colours of `palette`, with help of `text`.
4. `Picture`, in `render`, holds it. Asked for SVG, it runs the Graphviz in `embedded`.
5. `render` adds to the SVG what DOT cannot express, and `files` saves it.

`draw_update`, in `updates`, pairs two pictures, with the numbers that a `Recording` keeps.
"""
