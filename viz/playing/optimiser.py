"""The rule of an optimiser as data for the page, read from any optimiser that has a state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["describe"]

RULES = ("SGD", "Adam", "AdamW", "RMSprop")  # of rules.js
RATE = 0.1


def describe(optimiser: Any, params: Sequence[Value]) -> dict[str, Any]:
    """Describe an optimiser.

    Returns:
        ``rule``: its name; ``settings``; ``steps``: how many it has made; ``slots``: what it
        remembers, a number for each parameter; ``trained``: the numbers of its parameters.
    """
    everything = list(range(len(params)))
    if optimiser is None:
        settings = {"lr": RATE, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
        return {"rule": "SGD", "settings": settings, "steps": 0, "slots": {}, "trained": everything}
    if not callable(getattr(optimiser, "state_dict", None)) or isinstance(optimiser, type):
        raise TypeError(
            "expected an optimiser, such as nn.Adam(model.parameters(), lr=0.05), got "
            f"{type(optimiser).__qualname__}: {optimiser!r:.60}"
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
