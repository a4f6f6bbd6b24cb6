"""Bad input to `viz`, and the errors that it raises, kept word for word in `refusals.txt`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

import autograd
import nn
from autograd import Value
from viz import draw, draw_update, plots, step_through

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ATTEMPTS", "refusal", "text"]

w, x = Value(2.0, "w"), Value(3.0, "x")
loss = w * x
POINTS, CLASSES = [[0.0, 0.0], [1.0, 2.0]], [-1, 1]
WORDS = {"a": [1.0, 0.0], "b": [0.0, 1.0]}


def score(point: list[Value]) -> Value:
    return point[0] - point[1]


def of_lists(*inputs: Value) -> Any:
    return autograd.compile([w * v for v in inputs] or w, [w], inputs)


ATTEMPTS: dict[str, Callable[[], Any]] = {
    # ── pictures ──
    "draw nothing": lambda: draw([]),
    "draw a number": lambda: draw(3.0),  # type: ignore[arg-type]
    "draw a list with a number": lambda: draw([w, 3.0]),  # type: ignore[list-item]
    "an unknown detail": lambda: draw(loss, detail="all"),
    "an unknown direction": lambda: draw(loss, direction="diagonal"),
    "no digits": lambda: draw(loss, digits=0),
    "too many digits": lambda: draw(loss, digits=18),
    "half a digit": lambda: draw(loss, digits=2.5),  # type: ignore[arg-type]
    "highlight no list": lambda: draw(loss, highlight=3),  # type: ignore[arg-type]
    "highlight a number": lambda: draw(loss, highlight=[w, 2.0]),  # type: ignore[list-item]
    "highlight what is elsewhere": lambda: draw(loss, highlight=[Value(1.0, "far")]),
    "highlight what is in no model": lambda: draw(nn.Neuron(1), highlight=[w]),
    "save without an ending": lambda: draw(loss).save("loss"),
    "save as something else": lambda: draw(loss).save("loss.gif"),
    # ── updates ──
    "an update of a number": lambda: draw_update(loss, 3.0),  # type: ignore[arg-type]
    "an update from a number": lambda: draw_update(3.0, loss),  # type: ignore[arg-type]
    "an update of something else": lambda: draw_update(loss, w + x),
    "an update of another size": lambda: draw_update(loss, w * x + 1.0),
    "an update as PNG": lambda: draw_update(loss, w * x).save("update.png"),
    # ── pages ──
    "step through a number": lambda: step_through(3.0),  # type: ignore[arg-type]
    "step through a text": lambda: step_through("loss"),  # type: ignore[arg-type]
    "step through nothing": lambda: step_through([]),
    "a link without an address": lambda: step_through(loss, links=["Back"]),  # type: ignore[list-item]
    "step through numbers": lambda: step_through([loss, 3.0]),  # type: ignore[list-item]
    "step through texts": lambda: step_through([loss, "3"]),  # type: ignore[list-item]
    "step through different losses": lambda: step_through([loss, w * x, w + x]),
    "steps without digits": lambda: step_through(loss, digits=0),
    "steps with truth for digits": lambda: step_through(loss, digits=True),
    "a title that is none": lambda: step_through(loss, title=3),  # type: ignore[arg-type]
    "a page as PNG": lambda: step_through(loss).save("steps.png"),
    "a page without a name": lambda: step_through(loss).save(".png"),
    # ── plots ──
    "no axes": lambda: plots.plot_losses([1.0], ax=3),  # type: ignore[arg-type]
    "an unknown activation": lambda: plots.plot_activation("step"),
    "an activation that is a number": lambda: plots.plot_activation(3),  # type: ignore[arg-type]
    "an activation that gives numbers": lambda: plots.plot_activation(lambda x: x.data),  # type: ignore[arg-type,return-value]
    "an activation that gives nothing": lambda: plots.plot_activation(lambda x: None),  # type: ignore[arg-type,return-value]
    "an activation without values": lambda: plots.plot_activation("log", low=-2.0, high=-1.0),
    "an empty range": lambda: plots.plot_activation("relu", low=1.0, high=1.0),
    "a range without an end": lambda: plots.plot_activation("relu", low=-math.inf),
    "a range of texts": lambda: plots.plot_activation("relu", high="one"),  # type: ignore[arg-type]
    "losses of one number": lambda: plots.plot_losses(3.0),  # type: ignore[arg-type]
    "losses of one Value": lambda: plots.plot_losses(loss),  # type: ignore[arg-type]
    "losses that are texts": lambda: plots.plot_losses([1.0, "2"]),  # type: ignore[list-item]
    "no losses": lambda: plots.plot_losses([]),
    "no runs": lambda: plots.plot_losses({}),
    "an empty run": lambda: plots.plot_losses({"one": [1.0], "two": []}),
    "points that are none": lambda: plots.plot_decision_boundary(score, 3.0, CLASSES),
    "points of three": lambda: plots.plot_decision_boundary(score, [[1.0, 2.0, 3.0]] * 3, CLASSES),
    "points that lie down": lambda: plots.plot_decision_boundary(
        score, [[1.0, 2.0, 3.0]] * 2, CLASSES
    ),
    "no points": lambda: plots.plot_decision_boundary(score, [], []),
    "points without classes": lambda: plots.plot_decision_boundary(score, POINTS, [1]),
    "points nowhere": lambda: plots.plot_decision_boundary(
        score, [[0.0, math.nan], [1.0, 2.0]], CLASSES
    ),
    "one class": lambda: plots.plot_decision_boundary(score, POINTS, [1, 1]),
    "six classes": lambda: plots.plot_decision_boundary(score, POINTS * 3, [1, 2, 3, 4, 5, 6]),
    "classes that are nan": lambda: plots.plot_decision_boundary(score, POINTS, [1.0, math.nan]),
    "a grid of one": lambda: plots.plot_decision_boundary(score, POINTS, CLASSES, resolution=1),
    "a boundary that is nan": lambda: plots.plot_decision_boundary(
        score, POINTS, CLASSES, boundary=math.nan
    ),
    "scores that are nan": lambda: plots.plot_decision_boundary(
        lambda point: point[0] * math.nan, POINTS, CLASSES
    ),
    "a model that is a number": lambda: plots.plot_decision_boundary(3.0, POINTS, CLASSES),  # type: ignore[arg-type]
    "a model that gives texts": lambda: plots.plot_decision_boundary(
        lambda point: "high", POINTS, CLASSES
    ),
    "a model of three outputs": lambda: plots.plot_decision_boundary(
        nn.MLP(2, [3]), POINTS, CLASSES
    ),
    "a program of one column": lambda: plots.plot_decision_boundary(
        autograd.compile(w * x, [w], [x]), POINTS, CLASSES
    ),
    "a program of two outputs for three classes": lambda: plots.plot_decision_boundary(
        of_lists(Value(1.0), Value(2.0)), [*POINTS, [2.0, 2.0]], [0, 1, 2]
    ),
    "embeddings of a number": lambda: plots.plot_embeddings(3.0),
    "tokens in a text": lambda: plots.plot_embeddings(WORDS, tokens="a"),
    "an unknown token": lambda: plots.plot_embeddings(WORDS, tokens=["a", "z"]),
    "an unknown token of many": lambda: plots.plot_embeddings(
        {word: [1.0] for word in "abcdef"}, tokens=["z"]
    ),
    "no vectors": lambda: plots.plot_embeddings({}),
    "too many vectors": lambda: plots.plot_embeddings({str(k): [1.0] for k in range(1_001)}),
    "empty vectors": lambda: plots.plot_embeddings({"a": []}),
    "vectors of several lengths": lambda: plots.plot_embeddings({"a": [1.0], "b": [1.0, 2.0]}),
    "a vector of texts": lambda: plots.plot_embeddings({"a": ["1"]}),
    "an infinite vector": lambda: plots.plot_embeddings({"a": [math.inf]}),
}  # fmt: skip


def refusal(attempt: Callable[[], Any]) -> str:
    """The type and the text of the error that the attempt raises."""
    with pytest.raises(Exception) as raised:  # noqa: PT011  (its type is part of the result)
        attempt()
    return f"{raised.type.__name__}: {raised.value}"


def text() -> str:
    """All refusals as they are kept."""
    return "\n".join(f"── {name}\n{refusal(ATTEMPTS[name])}\n" for name in ATTEMPTS)
