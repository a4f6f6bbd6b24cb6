"""Type hints of public names can be evaluated, and type checkers accept NumPy where we do.

The last test is for mypy, too, which checks this file (`.ci/run lint`).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import autograd
import nn
import viz
import viz.plots
from autograd import Value


def modules() -> Iterator[Any]:
    """The packages, and the modules of the engine and of nn, except the compiler's own."""
    yield from (viz, viz.plots)
    for package in (autograd, nn):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            inside_compiler = found.name.startswith("autograd.program.")
            if found.name == "autograd.program.program" or not inside_compiler:
                yield importlib.import_module(found.name)


def public_names() -> Iterator[tuple[str, Any]]:
    for module in modules():
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if inspect.isclass(thing):
                yield f"{module.__name__}.{name}", thing
                members = {
                    k: v for kind in reversed(thing.__mro__[:-1]) for k, v in vars(kind).items()
                }
                for attribute, method in members.items():
                    if isinstance(method, property):
                        method = method.fget
                    elif isinstance(method, classmethod | staticmethod):
                        method = method.__func__
                    if inspect.isfunction(method):
                        yield f"{module.__name__}.{name}.{attribute}", method
            elif inspect.isfunction(thing):
                yield f"{module.__name__}.{name}", thing


PUBLIC = dict(public_names())


@pytest.mark.parametrize("name", PUBLIC)
def test_type_hints_can_be_evaluated(name: str) -> None:
    typing.get_type_hints(PUBLIC[name])


def test_the_walk_reaches_classes_methods_and_plots() -> None:
    assert {
        "autograd.Value.__init__", "autograd.compile", "autograd.program.program.Program.__call__",
        "autograd.graph.topological", "nn.Module.load_state_dict", "viz.draw",
        "viz.Walkthrough.save", "viz.plots.plot_losses",
    } <= set(PUBLIC)  # fmt: skip


def test_numpy_scalars_and_arrays_are_accepted_by_type_checkers_too() -> None:
    v = Value(np.float32(1.0))
    x: NDArray[np.float64] = np.ones(2)
    sums: list[Value] = [
        v * np.float32(2), np.float64(2) * v, np.int64(2) - v, v ** np.int8(2), v + np.bool_(True),
        v.maximum(np.float32(3)), autograd.mean(x), autograd.dot([v, v], x),
    ]  # fmt: skip
    arrays: list[NDArray[np.object_]] = [v * x, x - v, v**x]
    answers: NDArray[np.bool_] = v < x
    v.data = np.float32(2)
    v.grad = np.int64(0)
    model = nn.MLP(np.int64(2), [3, 1], seed=np.int64(0))
    losses: list[Value] = [
        nn.mse_loss(v, np.float32(1)), nn.mse_loss([v, v], x), nn.hinge_loss([v], np.array([1])),
        nn.cross_entropy(x, np.int64(1)), nn.cross_entropy([v, v], np.array([0.5, 0.5])),
        nn.cross_entropy([v, 1], [Value(1.0), 0.0]), nn.cross_entropy([v, np.float32(1)], 0),
        nn.cross_entropy([[v, 1.0], x], [np.int64(0), 1]),
        nn.cross_entropy([x, x], [[1, 0.0], x / 2]),
    ]  # fmt: skip
    model.forward(x)
    nn.Embedding(3, 2).forward(np.int64(1))
    nn.SGD(model.parameters(), lr=np.float32(0.1)).lr = np.float64(0.2)
    assert all(type(y) is Value for y in (*sums, *losses))
    assert all(array.dtype == object for array in arrays)
    assert answers.tolist() == [False, False]
