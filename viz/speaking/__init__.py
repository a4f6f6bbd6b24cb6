"""The playground of a language model: a page in which one types and sees what it makes of it.

From ``text_playground(model, "abc.", start=".")``:

1. `text_playground.text_playground` checks its arguments.
2. `recording.record_model` records what the model says after each token, and checks that it is the
   same graph for other tokens.
3. `attention.find_attention` finds the weights of attention in that graph.
4. `tables.find_tables` arranges the parameters as tables with names.
5. `packing.pack` packs the graph; `page.write_page` fills ``page.html``.

In the page, ``reader.js`` unpacks the graph, and the engine of `viz.live` runs it. ``chances.js``
draws what may come next, ``attention.js`` who listens to whom, ``weights.js`` the parameters, and
``speaking.js`` is what one touches.
"""
