"""The playground of a language model: a page in which one types and sees what it makes of it.

From ``text_playground(model, "abc.", start=".")``:

1. `text_playground.text_playground` checks its arguments.
2. `recording.record_model` records what the model says after each token, and checks that it is the
   same graph for other tokens.
3. `attention.find_attention` finds the weights of attention in that graph.
4. `tables.find_tables` arranges the parameters as tables with names.
5. `packing` packs the graph, `running.write_run` writes what runs it, and `page.write_page` fills
   ``page.html``.

In the page, ``plan.js`` reads what Python says about the model, and ``reader.js`` unpacks the graph
and runs it for a text. The engine of `viz.live` goes backward through it, where one asks for the
slope of a weight. ``chances.js`` draws what may come next, ``attention.js`` who listens to whom,
``weights.js`` the parameters, and ``speaking.js`` is what one touches.
"""
