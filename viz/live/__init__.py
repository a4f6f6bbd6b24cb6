"""Live pages: the graph runs in the page, so every number can be changed. From ``explore(loss)``:

1. `explore.explore` checks its arguments, and makes a `Recording` of the outputs.
2. `levels.find_levels` plans the boxes, as `viz.stepping` does, and coarser ones for narrow
   windows.
3. `record.write_graph` writes the graph as data, and `sentences.write_sentences` what the page says
   of each value, with gaps for the numbers.
4. `page.write_page` lays out the picture with room for numbers to come, and fills ``page.html``.

In the page, ``engine.js`` runs the graph forward and backward, ``numbers.js`` writes numbers,
``picture.js`` keeps the picture up to date, ``plots.js`` draws the curves, and ``explore.js`` is
what one touches.
"""
