"""The calls of matplotlib and textalloc by `viz.plots`, with their arguments, as readable text.

What matplotlib makes of them differs from release to release. (`kept` compares them with the kept
texts.)
"""

from __future__ import annotations

import functools
import inspect
import math
import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest
import textalloc
from matplotlib import axes, axis, colors, figure, gridspec, ticker
from matplotlib import pyplot as plt

import nn
from autograd import Value
from viz import plots

if TYPE_CHECKING:
    from collections.abc import Callable

WATCHED = (
    axes.Axes, axis.Axis, figure.Figure, gridspec.SubplotSpec, ticker.MaxNLocator,
)  # fmt: skip
CONSTRUCTED = (ticker.MaxNLocator, "__init__")
LONG = 16
"""Longer lists are written as their first and last numbers, their length and their sum."""

ROWS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [2.0, 1.5]]
WORDS = {"cat": [0.25, -0.1, 0.4], "dog": [0.3, -0.2, 0.5], "tree": [-0.6, 0.5, 0.1]}


def many(count: int, dim: int) -> dict[str, list[float]]:
    rng = np.random.default_rng(0)
    return {f"word{k}": rng.normal(size=dim).round(2).tolist() for k in range(count)}


def circle(x: list[Value]) -> Value:
    return x[0] ** 2 + x[1] ** 2 - 2.0


PLOTS: dict[str, Callable[[], Any]] = {
    "activation__relu": lambda: plots.plot_activation("relu"),
    "activation__a_function_and_its_pole": lambda: plots.plot_activation(
        lambda x: 1 / x, low=-1.0, high=3.0
    ),
    "activation__only_where_there_is_one": lambda: plots.plot_activation("log", low=-1.0, high=1.0),
    "losses__few": lambda: plots.plot_losses([3.0, 2.5, Value(2.0)]),
    "losses__runs_by_name": lambda: plots.plot_losses(
        {"slow": [1.0] * 40, "fast": [10.0 ** -(k / 8) for k in range(40)], "_$": [2.0, math.nan]}
    ),
    "losses__labelled__on_a_linear_scale": lambda: plots.plot_losses(
        [1e3, 1.0, 1e-3], label="run 1", log=False
    ),
    "boundary__two_classes": lambda: plots.plot_decision_boundary(
        circle, ROWS, [-1, -1, -1, 1, 1], resolution=9
    ),
    "boundary__probabilities": lambda: plots.plot_decision_boundary(
        lambda x: (x[0] - x[1]).sigmoid(), ROWS, [0, 0, 1, 0, 1], boundary=0.5, resolution=4
    ),
    "boundary__all_on_one_side": lambda: plots.plot_decision_boundary(
        lambda x: x[0] * 0.0 + 1.0, ROWS[:2], [0, 1], resolution=3
    ),
    "boundary__three_classes": lambda: plots.plot_decision_boundary(
        lambda x: [-x[0], x[0] * 0.0, x[0] - 1.0], ROWS, [0, 0, 1, 2, 2], resolution=9
    ),
    "embeddings__two_words": lambda: plots.plot_embeddings({"up": [0.0, 2.0], "right": [1.0, 0.0]}),
    "embeddings__of_three_dimensions": lambda: plots.plot_embeddings(WORDS),
    "embeddings__of_one__without_similarities": lambda: plots.plot_embeddings(
        {"low": [-1.0], "nothing": [0.0]}, similarities=False
    ),
    "embeddings__five": lambda: plots.plot_embeddings(many(5, 2)),
    "embeddings__six": lambda: plots.plot_embeddings(many(6, 2)),
    "embeddings__sixteen__beside_Axes_of_their_own": lambda: plots.plot_embeddings(
        many(16, 3), ax=plt.figure(figsize=(8, 4)).add_axes((0.1, 0.1, 0.8, 0.8))
    ),
    "embeddings__twenty_one": lambda: plots.plot_embeddings(many(21, 4)),
    "embeddings__a_module_s__chosen": lambda: plots.plot_embeddings(
        nn.Embedding(["a", "b", "c", "d", "e"], 2, seed=1), tokens=["e", "a", "b"]
    ),
}


def told(name: str) -> str:
    """The calls, in order, in matplotlib's default style."""
    calls: list[str] = []
    with mpl.rc_context(), pytest.MonkeyPatch.context() as patch:
        mpl.rcdefaults()
        plt.switch_backend("Agg")
        for owner in WATCHED:
            for method, function in inspect.getmembers(owner, inspect.isfunction):
                if not method.startswith(("_", "get_")) or (owner, method) == CONSTRUCTED:
                    patch.setattr(owner, method, _watched(function, calls))
        patch.setattr(textalloc, "allocate", _watched(textalloc.allocate, calls))
        try:
            PLOTS[name]()
        finally:
            plt.close("all")
    return "\n".join(calls) + "\n"


def _watched(method: Any, calls: list[str]) -> Any:
    @functools.wraps(method)
    def watched(*arguments: Any, **options: Any) -> Any:
        result = method(*arguments, **options)
        if sys._getframe(1).f_globals["__name__"].startswith("viz."):
            given = [_text(each) for each in arguments[1:]]
            given += [f"{key}={_option(key, each)}" for key, each in sorted(options.items())]
            call = f"{type(arguments[0]).__name__}.{method.__name__}({', '.join(given)})"
            calls.extend(textwrap.wrap(call, 100, subsequent_indent="    "))
        return result

    return watched


def _option(key: str, thing: Any) -> str:
    """Write a colour the same way for every release."""
    if key == "colors" or (key.endswith("color") and isinstance(thing, list)):
        return f"[{', '.join(map(colors.to_hex, thing))}]"
    return str(colors.to_hex(thing)) if key.endswith("color") else _text(thing)


def _text(thing: Any) -> str:
    if isinstance(thing, bool | str | None):
        return repr(thing)
    if isinstance(thing, int | float | np.number):
        return _number(float(thing))
    if isinstance(thing, np.ndarray):
        if thing.ndim == 1:
            return _text(thing.tolist())
        return f"{thing.shape} {_text(thing.ravel().tolist())}"
    if isinstance(thing, Mapping):
        return "{" + ", ".join(f"{key}: {_option(key, each)}" for key, each in thing.items()) + "}"
    if isinstance(thing, Iterable) and not hasattr(thing, "plot"):
        items = list(thing)
        if len(items) > LONG and all(isinstance(each, int | float) for each in items):
            finite = [each for each in items if math.isfinite(each)]
            head = f"{_text(items[:3])[:-1]}, …, {_number(items[-1])}]"
            return f"{head} ({len(finite)} of {len(items)}, Σ {_number(math.fsum(finite))})"
        return f"[{', '.join(map(_text, items))}]"
    return type(thing).__name__


def _number(x: float) -> str:
    """Write a number to four digits, and a rounding error as 0."""
    return "0" if abs(x) <= 1e-12 else f"{x:.4g}"
