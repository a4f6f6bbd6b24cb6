"""The rule of an optimiser as data for the page, read from any optimiser that has a state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["describe"]

RULES: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0},
    "Adam": {"lr": 0.01, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0},
    "AdamW": {"lr": 0.01, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01},
    "RMSprop": {
        "lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0,
        "centered": False,
    },
}  # fmt: skip
"""The rules of ``rules.js``, each with the settings that its name alone stands for."""


def describe(optimiser: Any, params: Sequence[Value]) -> dict[str, Any]:
    """Describe an optimiser.

    Returns:
        ``rule``: its name; ``settings``; ``steps``: how many it has made; ``slots``: what it
        remembers, a number for each parameter; ``trained``: the numbers of its parameters.
    """
    everything = list(range(len(params)))
    if optimiser is None or isinstance(optimiser, str):
        rule = _find_rule("sgd" if optimiser is None else optimiser)
        settings = dict(RULES[rule])
        return {"rule": rule, "settings": settings, "steps": 0, "slots": {}, "trained": everything}
    if not callable(getattr(optimiser, "state_dict", None)) or isinstance(optimiser, type):
        raise TypeError(
            "expected an optimiser, such as nn.Adam(model.parameters(), lr=0.05), or one of the "
            f"names {_names()}, got {type(optimiser).__qualname__}: {optimiser!r:.60}"
        )
    state = optimiser.state_dict()
    if state.get("optimiser") not in RULES:
        raise ValueError(
            f"expected one of the optimisers {', '.join(RULES)}, because the page has their rules, "
            f"got {type(optimiser).__qualname__}"
        )
    if len(state["groups"]) != 1 or state["groups"][0]["settings"]:
        raise ValueError(
            "expected an optimiser with the same settings for all parameters, got groups with "
            "settings of their own"
        )
    trained = everything
    if optimiser.params:
        index = {p: k for k, p in enumerate(params)}
        unknown = [p for p in optimiser.params if p not in index]
        if unknown:
            raise ValueError(
                f"expected an optimiser of the model's parameters, got one of {unknown[0]!r:.60}, "
                "which is not among them"
            )
        trained = [index[p] for p in optimiser.params]
    slots = {}
    for name, numbers in state["slots"].items():
        if len(numbers) == len(trained) and any(numbers):
            if not all(map(math.isfinite, numbers)):
                raise ValueError(f"expected finite numbers in the optimiser's state, in {name}")
            row = [0.0] * len(params)
            for k, x in zip(trained, numbers, strict=True):
                row[k] = x
            slots[name] = row
    return {
        "rule": state["optimiser"],
        "settings": state["settings"],
        "steps": state["steps"],
        "slots": slots,
        "trained": trained,
    }


def _find_rule(name: str) -> str:
    """The rule of that name, in small or capital letters."""
    for rule in RULES:
        if rule.lower() == name.lower():
            return rule
    raise ValueError(f"expected an optimiser or one of the names {_names()}, got {name!a:.60}")


def _names() -> str:
    return ", ".join(repr(rule.lower()) for rule in RULES)
