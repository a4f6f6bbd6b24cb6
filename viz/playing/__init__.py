"""The playground: a page that trains a model. From ``playground(model, X, y, loss)``:

1. `playground.playground` checks its arguments; `problem.Problem` has the points and their targets,
   and `losses.find_loss` the loss that a name stands for.
2. `modules.write_modules` records the loss and the outputs of one point, and writes both as
   JavaScript, from the table of operations.
3. `network.find_neurons` finds the neurons in the graph, and what each is connected to.
4. `optimiser.describe` reads the rule and its settings.
5. `graph.pack_live_graph` packs the page of `explore` for the loss of one point.
6. `page.write_page` fills ``page.html``.

In the page, ``work.js`` trains in a worker, with the rules of ``rules.js`` and the batches of
``draws.js``, which `draws` has for Python. ``plane.js`` draws the points and what the model says
about them, ``network.js`` the network, ``chosen.js`` the numbers of what is chosen, with the fields
of ``fields.js``, ``graph.js`` the live graph of a point, and ``playground.js`` is what one touches.
``state.js`` writes all that into the link, by ``link.js``.
Numbers and plots are those of `viz.live`.
"""
