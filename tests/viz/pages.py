"""Pages of steps as readable text, for snapshots (see `kept`).

The text lists what is in the pictures, box by box, and in the steps. It leaves out where things are
in a picture, which depends on Graphviz.
"""

from __future__ import annotations

import json
import re
import textwrap
import xml.etree.ElementTree as ET
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING

import pytest

import nn
from autograd import Value, log_softmax, maximum, total
from viz.pictures import embedded
from viz.pictures import render as pictures_render
from viz.stepping.steps import Walkthrough, step_through

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_WHERE = {
    "x", "y", "width", "height", "d", "points", "viewBox", "transform", "rx", "ry", "cx", "cy",
    "x1", "x2", "y1", "y2", "r",
}  # fmt: skip


def neuron() -> Walkthrough:
    """The first lesson of all: ``½(relu(w·x + b) − y_true)²``."""
    w, x = Value(0.5, "w", role="parameter"), Value(2.0, "x", role="input")
    b, y_true = Value(1.0, "b", role="parameter"), Value(3.0, "y_true", role="target")
    y_pred = (w * x + b).relu()
    y_pred.label = "y_pred"
    loss = nn.half_squared_error(y_pred, y_true)
    loss.label = "L"
    return step_through(loss)


def every_kind() -> Walkthrough:
    """Sums and products that share values, functions, powers, a maximum, what stops a gradient."""
    a, b = Value(1.5, "a"), Value(-0.25, "b <&>")
    shared = a * b
    parts = [
        shared.tanh() / a,
        shared.exp() - b,
        a**3 + 2.0**b,
        maximum(shared, 0.5),
        b.abs().sqrt().leaky_relu(0.1),
        log_softmax([a, shared, b])[1],
        (a - a).relu(),
    ]
    return step_through(total(parts), digits=3, title="Every <kind>")


def model() -> Walkthrough:
    """Too large for all values: neuron by neuron, with a notice."""
    learner = nn.MLP(2, [40, 1], activation="tanh", seed=1)
    x = [Value(0.5, "x1", role="input"), Value(-1.0, "x2", role="input")]
    return step_through(nn.half_squared_error(learner(x), 1.0))


def layers() -> Walkthrough:
    """Larger still: layer by layer."""
    learner = nn.MLP(2, [320, 1], seed=1)
    return step_through(nn.half_squared_error(learner([0.5, -1.0]), 1.0))


def abridged() -> Walkthrough:
    """Without modules: the part nearest to the result."""
    y = x = Value(0.5, "x")
    for _ in range(400):
        y = y * 0.5 + x
    return step_through(y)


def training() -> Walkthrough:
    """Two updates of a line, beside the losses."""
    w, b = Value(0.5, "w", role="parameter"), Value(0.0, "b", role="parameter")
    losses = []
    for _ in range(3):
        loss = (w * 2.0 + b - 3.0) ** 2
        w.zero_grad()
        b.zero_grad()
        loss.backward()
        losses.append(loss)
        nn.SGD([w, b], lr=0.05).step()
    return step_through(losses, title="A line learns")


def adam() -> Walkthrough:
    """A neuron that learns two points by Adam."""
    learner, losses = nn.Neuron(2, "sigmoid", seed=3), []
    optimiser = nn.Adam(learner.parameters(), lr=0.3)
    for _ in range(30):
        learner.zero_grad()
        loss = nn.mse_loss([learner([1.0, 0.0]), learner([0.0, 1.0])], [1.0, 0.0])
        loss.backward()
        losses.append(loss)
        optimiser.step()
    return step_through(losses, digits=2)


def module() -> Walkthrough:
    """A neuron as a module, in its frame."""
    x = [Value(0.5, "x1", role="input"), Value(-1.0, "x2", role="input")]
    return step_through(nn.half_squared_error(nn.Neuron(2, seed=3)(x), 1.0))


def trained_model() -> Walkthrough:
    """An update of a network that is drawn neuron by neuron."""
    learner = nn.MLP(2, [40, 1], activation="tanh", seed=1)
    losses = []
    for _ in range(2):
        learner.zero_grad()
        loss = nn.half_squared_error(learner([0.5, -1.0]), 1.0)
        loss.backward()
        losses.append(loss)
        nn.SGD(learner.parameters(), lr=0.02).step()
    return step_through(losses)


PAGES: dict[str, Callable[[], Walkthrough]] = {
    page.__name__: page
    for page in (neuron, every_kind, model, layers, abridged, training, adam, module, trained_model)
}


BRIEF = ("model", "layers", "abridged", "adam", "trained_model")
"""Of these long pages, elements of pictures are counted, and most steps are text only."""


def describe(name: str) -> str:
    """The page as text: its head, its pictures, and its steps with all that each one shows."""
    walk, brief = PAGES[name](), name in BRIEF
    html = walk.html
    lines = [repr(walk)]
    body = html[html.index("<body") :]
    before: list[str] = []
    for figure in re.findall(r'<svg class="(?!")[^>]*>.*?</svg>', body, re.DOTALL):
        root = ET.fromstring(figure)
        ours = root.get("class") == "curve"  # without Graphviz
        elements = list(_elements(root, 0, () if ours else _WHERE))
        lines += ["", elements[0]]
        if sorted(elements[1:]) == sorted(before[1:]):
            lines.append("  of the same elements as the one before")
        elif brief and not ours:
            lines += _counted(root)
        else:
            lines += elements[1:]
        before = elements
    rest = re.sub(r"<(svg|script|style|ol|details)\b.*?</\1>", "", body, flags=re.DOTALL)
    lines += ["", *filter(None, map(str.strip, rest.splitlines()))]
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', html, re.DOTALL)
    assert found
    items = re.findall(r"<li>(.*?)</li>", body, re.DOTALL)
    plan = json.loads(found[1])["steps"]
    for k, (step, item, of) in enumerate(zip(plan, items, walk.steps, strict=True)):
        if brief and name != "layers" and 3 < k < len(plan) - 3:
            lines.append(f"{k} {step['p']}: {of.text}")
            continue
        lines += ["", f"── {k}: {step['p']}, at {step['f']}, along {' '.join(step['l']) or '-'}"]
        for part in re.findall(r"<(?:div|p) class=\"(.*?)\">(.*?)</(?:div|p)>", item, re.DOTALL):
            lines += [f"{part[0]}: {line}" for line in textwrap.wrap(part[1], 200)]
        lines.append(f"text: {of.text}")
        lines += [f"    {where} = {text!r}" for where, text in step["w"]]
    return "\n".join(unescape(line).rstrip() for line in lines) + "\n"


def _counted(root: ET.Element) -> list[str]:
    tags = Counter(
        " ".join(filter(None, (e.tag.rpartition("}")[2], e.get("class")))) for e in root.iter()
    )
    return [f"  {count:5} {tag}" for tag, count in sorted(tags.items())]


def _elements(element: ET.Element, depth: int, but: Collection[str]) -> Iterator[str]:
    attributes = " ".join(
        f"{name}={value!r}" for name, value in element.attrib.items() if name not in but
    )
    text = (element.text or "").strip()
    tag = element.tag.rpartition("}")[2]
    yield f"{'  ' * depth}{' '.join(filter(None, (tag, attributes, text and repr(text))))}"
    for child in element:
        yield from _elements(child, depth + 1, but)


def draw_with(graphviz: str | None = None) -> tuple[str, str]:
    """The first picture of `module`: as Graphviz drew it, and as the page has it.

    Arguments:
        graphviz: the SVG to take for Graphviz's, instead of running it.
    """
    drawn: list[str] = []
    real = embedded.render

    def render(source: str) -> str:
        folded = re.search(r"\bf\d+g", source)  # it has other boxes
        drawn.append(real(source) if folded or not graphviz else graphviz)
        return drawn[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "render", render)
        patch.setattr(pictures_render, "_draw_once", pictures_render._draw)  # not one drawn before
        html = module().html
    found = re.search(r'<svg class="graph LR".*?</svg>', html, re.DOTALL)
    assert found
    return drawn[0], found[0] + "\n"
