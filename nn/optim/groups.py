"""Group: parameters that are trained with the same settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autograd import Value
from autograd.console import printable

from .._checks import check_parameters, describe

__all__ = ["Checks", "Group", "is_groups", "make_groups"]

Checks = Mapping[str, Callable[[Any], Any]]
"""For each setting, by name, the function that checks a value and returns it in its final form."""


class Group(Mapping[str, Any]):
    """The settings of a group of parameters, by name, as in ``group["lr"]``.

    A setting that the group was not given is the optimiser's, and follows it. One that is set here
    (``group["weight_decay"] = 0.0``) is the group's own.

    Attributes:
        params: the parameters, each once; also ``group["params"]``.
    """

    def __init__(
        self, params: list[Value], own: Mapping[str, Any], rule: Any, settings: dict[str, Any]
    ) -> None:
        self.params = params
        self._rule = rule  # the class of the optimiser
        self._shared = settings  # the optimiser's
        self._own = dict(own)
        # What the optimiser's learning rate is multiplied by to get the group's.
        self._lr_factor = own["lr"] / settings["lr"] if "lr" in own else 1.0
        self._where: Any = slice(None)  # the places of the parameters in a program's theta
        self._state: list[Any] = []  # what the rule remembers: an entry for each parameter

    def settings(self) -> dict[str, Any]:
        """All settings but ``params``."""
        return {**self._shared, **self._own}

    def __getitem__(self, name: str) -> Any:
        if name == "params":
            return self.params
        return self.settings()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name == "params":
            raise ValueError("the parameters of a group are fixed; make another optimiser")
        own = {**self._own, name: value}
        own = check_settings(self._rule, own, "")
        self._rule._check_together({**self._shared, **own})
        self._own = own
        if name == "lr" and self._shared["lr"] > 0.0:
            self._lr_factor = own["lr"] / self._shared["lr"]

    def __iter__(self) -> Iterator[str]:
        return iter(["params", *self._shared])

    def __len__(self) -> int:
        return 1 + len(self._shared)

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={x!r}" for name, x in self.settings().items())
        return f"<Group of {len(self.params)} parameters: {inner}>"


def is_groups(params: Any) -> bool:
    """Whether these are groups of parameters: a list with a dictionary in it."""
    return isinstance(params, (list, tuple)) and any(isinstance(p, Mapping) for p in params)


def make_groups(params: Iterable[Any], rule: Any, settings: dict[str, Any]) -> list[Group]:
    """Check groups that are given as dictionaries."""
    groups: list[Group] = []
    known: dict[Value, int] = {}
    for i, given in enumerate(params):
        if not isinstance(given, Mapping):
            raise TypeError(
                f"expected a dictionary for group {i}, as for the others, got {describe(given)}. "
                "Write {'params': [...]} for a group without settings of its own."
            )
        if "params" not in given:
            raise ValueError(
                f"group {i} has no 'params'; write {{'params': layer.parameters(), 'lr': 0.1}}"
            )
        own = {name: value for name, value in given.items() if name != "params"}
        own = check_settings(rule, own, f"group {i}: ")
        try:
            rule._check_together({**settings, **own})
            values = check_parameters(given["params"], rule.__name__)
        except (TypeError, ValueError) as error:
            raise type(error)(f"group {i}: {error}") from None
        if not values:
            raise ValueError(f"group {i}: expected at least one parameter to train, got none")
        for p in values:
            if p in known:
                raise ValueError(
                    f"{p.label or 'a parameter'} is in group {known[p]} and in group {i}; put each "
                    "parameter into one group"
                )
            known[p] = i
        groups.append(Group(values, own, rule, settings))
    return groups


def check_settings(rule: Any, settings: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Check settings one by one; an error begins with the prefix."""
    checks: Checks = rule._checks
    checked = {}
    for name, value in settings.items():
        if name not in checks:
            shown = printable(repr(name))
            raise ValueError(
                f"{prefix}unknown setting {shown}; {rule.__name__} has {', '.join(checks)}"
            )
        try:
            checked[name] = checks[name](value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{prefix}{error}") from None
    return checked
