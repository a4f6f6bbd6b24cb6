"""axe-core, which checks pages for what screen readers and weak eyes need, finds nothing in ours.

CI installs it: ``pip install --no-deps axe-playwright-python`` (only its ``axe.min.js`` is used).
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value
from viz import explore, playground, step_through, text_playground
from viz.course.examples import LESSONS, build
from viz.course.gallery import page as gallery

from .browser import IN_A_BROWSER
from .speaking.models import gpt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .browser import Browser

pytestmark = IN_A_BROWSER

WIDTHS = (1280, 390)
FOUND = """
axe.run().then((found) => ({
  rules: found.passes.length,
  violations: found.violations.map((each) => [each.id, each.nodes.map((node) => node.html)]),
}))
"""


@pytest.fixture(scope="module")
def axe() -> str:
    pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def loss() -> Value:
    model = nn.Neuron(2, "relu", seed=1)
    result = nn.half_squared_error(model([1.0, 2.0]), Value(3.0, "y_true", role="target"))
    result.label = "L"
    result.backward()
    return result


def folded() -> Value:
    model = nn.MLP(2, [16, 16, 1], activation="tanh", seed=0)
    return nn.half_squared_error(model([1.0, -0.5]), 1.0)


def lessons() -> str:
    few = [lesson for lesson in LESSONS if lesson.number in (2, 7)]
    return gallery([(lesson, build(lesson.name)) for lesson in few], "svg")


def training(model: nn.MLP, targets: list[float], title: str) -> str:
    points = [[float(k), k % 3.0] for k in range(len(targets))]
    rows = [row[: len(model.layers[0].neurons[0].w)] for row in points]
    return playground(model, rows, targets, nn.mse_loss, title=title).html


def speaking() -> str:
    model = gpt()
    page = text_playground(model.model, model.tokens, 6, parameters=model.tables, text="bad")
    opened = page.html.replace(
        "if (at >= 0) choose", "choose(plan.length + 3); if (at >= 0) choose"
    )
    assert opened != page.html  # with a weight chosen
    return opened


PAGES: dict[str, Callable[[], str]] = {
    "live": lambda: explore(loss()).html,
    "live, asking": lambda: explore(loss(), ask=True).html,
    "live, folded": lambda: explore(folded()).html,
    "playground": lambda: training(nn.MLP(2, [3, 1], seed=0), [-1, 1, -1, 1, 1, -1], "Two classes"),
    "playground, a curve": lambda: training(
        nn.MLP(1, [3, 1], seed=0), [0.0, 1.5, 1.0, 3.0], "A curve"
    ),
    "text playground": speaking,
    "steps": lambda: step_through(loss()).html,
    "training": lambda: step_through([loss(), loss()]).html,
    "gallery": lessons,
}


def look(running: Browser, axe: str) -> dict[str, Any]:
    running.run(f"{axe};0")
    found: dict[str, Any] = running.run(FOUND)
    return found


@pytest.mark.parametrize("write", PAGES.values(), ids=PAGES)
def test_axe_finds_nothing(
    write: Callable[[], str], axe: str, running: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(write(), encoding="utf-8")
    for width in WIDTHS:
        for dark in (False, True):
            running.open(file, width=width, dark=dark)
            found = look(running, axe)
            assert found["violations"] == [], f"{width} px, dark: {dark}"
            assert found["rules"] > 10


def test_axe_would_find_something(axe: str, running: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    html = explore(loss()).html
    file.write_text(html.replace("<title>", "<tittle>", 1), encoding="utf-8")
    running.open(file)
    assert "document-title" in json.dumps(look(running, axe)["violations"])
