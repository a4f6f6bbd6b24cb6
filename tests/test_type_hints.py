"""`typing.get_type_hints` works on what is public: dispatchers and documentation use it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import autograd
import nn
import viz
import viz.plots


def modules() -> Iterator[Any]:
    """The packages, and every module of the engine and of the layers; not the compiler's passes."""
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
                for attribute, method in vars(thing).items():
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
