"""Pages that step through a computation. From ``step_through(loss)`` to HTML:

1. `steps.step_through` checks its arguments and makes a `Recording` (`viz.pictures`) of each loss.
2. `view.StepView` plans the `boxes` and composes the scene, once, and knows what each box says.
   `order` sorts the boxes, `names` gives each value a unique name, `written` writes numbers, and
   `origins` marks where nan and ∞ begin.
3. `narration.narrate` writes the steps; for several losses, `training.narrate_training` does.
   `conclusion` says what the gradients mean, with `flatness` where all of them are 0.
4. `layouts.lay_out_page` has Graphviz lay the scene out, with room for every number, in ways that
   suit windows of several widths, and paper. Where it is too large to be read, it takes a coarser
   one: `folding` knows which boxes of the steps each fold stands for, and `fold_numbers` what it
   shows at each step. `svg.write_layouts` writes each layout as SVG.
5. `page.write_page` fills ``page.html`` with all that, and with ``page.js``; `head.write_head`
   writes the title and the style, from ``page.css``. In a notebook, ``frame.js`` shows the page in
   a frame, and prints it in full.
"""
