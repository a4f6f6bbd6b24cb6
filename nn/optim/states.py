"""An optimiser's state as plain data, for JSON, and back.

It does not depend on whether Values are trained or a program: both have one number for each
parameter and slot.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

from autograd import Value

from .._checks import describe, is_list
from .groups import Group, check_settings

if TYPE_CHECKING:
    from .optimiser import Optimiser


__all__ = ["restore", "state_of"]


def state_of(optimiser: Optimiser) -> dict[str, Any]:
    """The state of an optimiser: dictionaries, lists, strings and numbers."""
    slots: dict[str, list[float]] = {name: [] for name in optimiser._slots}
    for group in optimiser.param_groups:
        for name, numbers in zip(optimiser._slots, _columns(optimiser, group), strict=True):
            slots[name].extend(numbers)
    return {
        "optimiser": type(optimiser).__name__,
        "steps": optimiser._steps,
        "settings": _plain(optimiser._settings),
        "groups": [
            {
                "parameters": _count(optimiser, group),
                "settings": _plain(group._own),
                "lr_factor": group._lr_factor,
            }
            for group in optimiser.param_groups
        ],
        "slots": slots,
    }


def restore(optimiser: Optimiser, state: Any) -> None:
    """Set the state of an optimiser; if there is an error, nothing changes."""
    kind = type(optimiser).__name__
    if not isinstance(state, Mapping):
        raise TypeError(
            f"expected a dictionary such as state_dict() returns, got {describe(state)}"
        )
    _check_keys(state, ("optimiser", "steps", "settings", "groups", "slots"), "the state")
    if state["optimiser"] != kind:
        raise ValueError(f"expected the state of {kind}, got one of {_shown(state['optimiser'])}")
    steps = state["steps"]
    if not isinstance(steps, Integral) or isinstance(steps, bool) or steps < 0:
        raise ValueError(f"expected a whole number of 0 or more for steps, got {_shown(steps)}")

    _check_keys(state["settings"], tuple(optimiser._checks), "the settings")
    settings = check_settings(type(optimiser), state["settings"], "settings: ")
    optimiser._check_together(settings)

    groups = optimiser.param_groups
    if not is_list(state["groups"]) or len(state["groups"]) != len(groups):
        got = len(state["groups"]) if is_list(state["groups"]) else describe(state["groups"])
        raise ValueError(f"expected a state of {len(groups)} groups of parameters, got {got}")
    own = []
    for i, (group, saved) in enumerate(zip(groups, state["groups"], strict=True)):
        _check_keys(saved, ("parameters", "settings", "lr_factor"), f"group {i}")
        count = _count(optimiser, group)
        if saved["parameters"] != count:
            raise ValueError(
                f"group {i}: expected the state of {count} parameters, got one of "
                f"{_shown(saved['parameters'])}. Build the model as the one that was trained."
            )
        if not isinstance(saved["settings"], Mapping):
            raise TypeError(
                f"group {i}: expected a dictionary for settings, got {describe(saved['settings'])}"
            )
        checked = check_settings(type(optimiser), saved["settings"], f"group {i}: ")
        optimiser._check_together({**settings, **checked})
        own.append((checked, _number(saved["lr_factor"], f"group {i}, lr_factor")))

    _check_keys(state["slots"], optimiser._slots, "the slots")
    columns = {name: _numbers(optimiser, state["slots"][name], name) for name in optimiser._slots}

    optimiser._steps = int(steps)
    optimiser._settings.update(settings)
    start = 0
    for group, (checked, factor) in zip(groups, own, strict=True):
        group._own, group._lr_factor = checked, factor
        stop = start + _count(optimiser, group)
        _set_columns(optimiser, group, [columns[name][start:stop] for name in optimiser._slots])
        start = stop


# ── a group's state as columns: for each slot, a number for each parameter ────────────────────


def _count(optimiser: Optimiser, group: Group) -> int:
    if optimiser.program is not None and not group.params:
        return int(optimiser.program.theta.size)
    return len(group.params)


def _columns(optimiser: Optimiser, group: Group) -> list[list[float]]:
    if optimiser.program is None:
        return [list(column) for column in zip(*group._state, strict=True)]
    count = _count(optimiser, group)
    # Before the first step there is one 0 for all.
    return [[x] * count if isinstance(x, float) else x.tolist() for x in group._state[0]]


def _set_columns(optimiser: Optimiser, group: Group, columns: list[list[float]]) -> None:
    if optimiser.program is None:
        group._state = list(zip(*columns, strict=True))
        return
    import numpy as np  # there is a program, so there is NumPy

    group._state = [tuple(np.array(column, np.float64) for column in columns)]


# ── checks ───────────────────────────────────────────────────────────────────────────────────


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(x) if isinstance(x, tuple) else x for name, x in settings.items()}


def _check_keys(thing: Any, expected: tuple[str, ...], where: str) -> None:
    if not isinstance(thing, Mapping):
        raise TypeError(f"expected a dictionary for {where}, got {describe(thing)}")
    missing = [name for name in expected if name not in thing]
    extra = [name for name in thing if name not in expected]
    if missing or extra:
        problems = [f"missing {', '.join(map(repr, missing))}"] if missing else []
        problems += [f"unexpected {', '.join(map(_shown, extra[:3]))}"] if extra else []
        raise ValueError(f"{where}: {'; '.join(problems)}. Pass what state_dict() returned.")


def _numbers(optimiser: Optimiser, column: Any, slot: str) -> list[float]:
    count = sum(_count(optimiser, group) for group in optimiser.param_groups)
    if not is_list(column) or len(column) != count:
        got = len(column) if is_list(column) else describe(column)
        raise ValueError(f"slot {slot!r}: expected {count} numbers, one a parameter, got {got}")
    numbers = [_number(x, f"slot {slot!r}, entry {i}") for i, x in enumerate(column)]
    for i, number in enumerate(numbers):
        if number < 0.0 and slot in optimiser._squares:
            raise ValueError(
                f"slot {slot!r}, entry {i}: expected a mean of squares, 0 or more, got {number!r}"
            )
    return numbers


def _number(x: Any, where: str) -> float:
    try:
        return Value(x).data
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None


def _shown(thing: Any) -> str:
    return describe(thing).partition(": ")[2]
