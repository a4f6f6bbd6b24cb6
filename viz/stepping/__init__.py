"""The parts of the step-through page; `viz.steps` puts them together.

`recording` has the numbers, and `stage` the boxes that show them. `formulas` writes them down,
`story` and `training` put them in order. `picture` draws the graph with room for every number, and
`page` makes HTML of it all.
"""
