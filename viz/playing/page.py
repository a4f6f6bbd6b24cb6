"""The playground as one HTML file, with its style, scripts, points and model. It loads nothing."""

from __future__ import annotations

import json
import math
from html import escape
from typing import TYPE_CHECKING, Any

from ..live import __name__ as live
from ..pictures.palette import CLASSES, STEPS
from ..pictures.template import fill_template, read_text
from ..stepping import __name__ as stepping
from ..stepping.head import write_head
from ..stepping.links import write_links
from .graph import pack_live_graph
from .modules import write_modules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd import Value

    from .modules import Recorded
    from .network import Neuron
    from .problem import Problem

__all__ = ["write_page"]

WORK = ("rules.js", "draws.js", "work.js")  # in the worker
SCRIPTS = (
    "draws.js", "plane.js", "network.js", "fields.js", "chosen.js", "link.js", "state.js",
    "playground.js", "graph.js",
)  # fmt: skip
COLOURS = {**STEPS, **CLASSES}
DRAWN = 96  # neurons that are drawn


def write_page(
    recorded: Recorded,
    params: Sequence[Value],
    names: Sequence[str],
    problem: Problem,
    neurons: Sequence[Neuron],
    *,
    optimiser: dict[str, Any],
    batch: int | None,
    seed: int,
    title: str,
    inputs: Sequence[str],
    links: Sequence[tuple[str, str]],
) -> str:
    """Write the page as HTML.

    Arguments:
        recorded: the graph of one point.
        params: what is trained.
        names: what to call each parameter.
        problem: the points.
        neurons: the neurons of the model, if it is made of neurons.
        optimiser: the rule, as `optimiser.describe` has it.
        batch: how many points each step takes; all if None.
        seed: of the batches.
        title: the headline, plain text.
        inputs: what to call each input.
        links: other pages to lead to.
    """
    drawn = list(neurons) if len(neurons) <= DRAWN else []
    loss, outputs, told = write_modules(recorded, params, [n.output for n in drawn])
    classes = problem.find_classes(len(recorded.outputs))
    plan = {
        "theta": [_number(p.data) for p in params],
        "names": list(names),
        "inputs": list(inputs),
        "rows": problem.rows,
        "targets": problem.targets,
        "heldOut": problem.held_out,
        "classes": classes,
        "outputs": len(recorded.outputs),
        "kind": "classes" if classes else "curve" if problem.width == 1 else "values",
        "probable": _are_probabilities(recorded.outputs),
        "neurons": [_describe(n, k, drawn, recorded) for k, n in enumerate(drawn)],
        "optimiser": optimiser,
        "batch": batch,
        "graph": pack_live_graph(recorded, params),
        "seed": seed,
    }
    shared = "".join(read_text(live, name) for name in ("numbers.js", "plots.js"))
    parts = {
        "title": escape(title),
        "head": write_head(title, COLOURS, stepping, live, __package__),
        "links": write_links(links),
        "plan": json.dumps(plan, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        "loss": loss,
        "outputs": outputs,
        "neurons": told,
        "work": "\n".join(read_text(__package__, name) for name in WORK),
        "script": shared + "\n" + "\n".join(read_text(__package__, name) for name in SCRIPTS),
    }
    return fill_template(read_text(__package__, "page.html"), parts)


def _number(x: float) -> float | str:
    """A number as JSON has it; it has no nan and no ∞."""
    return x if math.isfinite(x) else repr(x)


def _are_probabilities(outputs: Sequence[Value]) -> bool:
    """Whether the model ends in a sigmoid or a softmax."""
    if len(outputs) == 1:
        return outputs[0].op == "sigmoid"
    made = [getattr(v.made_by, "name", "") for v in outputs]
    return made == ["softmax"] * len(outputs)


def _describe(
    neuron: Neuron, k: int, neurons: Sequence[Neuron], recorded: Recorded
) -> dict[str, Any]:
    """A neuron as data: where it stands in its layer, and what it is connected to."""
    earlier = [n for n in neurons[:k] if n.layer == neuron.layer]
    is_output = neuron.output in recorded.outputs
    return {
        "name": neuron.name,
        "layer": neuron.layer,
        "place": len(earlier) + 1,
        "f": neuron.activation,
        "w": [list(pair) for pair in neuron.weights],
        "b": neuron.bias,
        **({"output": recorded.outputs.index(neuron.output)} if is_output else {}),
    }
