"""Names: what formulas and boxes call each value. One name never stands for two values."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..pictures.names import tell_apart
from ..pictures.text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from autograd import Value

__all__ = ["Names", "legible", "name_html"]

_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_FROM_LOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


class Names:
    """A short name for every value.

    It is the value's label, or ``v₁``, ``v₂``, … in the order of the steps. Values with one label
    are told apart, see `tell_apart`.

    Arguments:
        order: all values, in the order of the steps.
        root: the loss, called L if it has no label.
        drawn: the values that have their own box; others without a label are ``…``.
        titles: the titles of module calls, which no value may have.
        results: names for values that a module call's box stands for.
        path_of: the path of the module that a value belongs to; may be empty.
        parameters: the parameters of modules.
    """

    def __init__(
        self,
        order: Iterable[Value],
        root: Value,
        *,
        drawn: Container[Value],
        titles: Iterable[str],
        results: Mapping[Value, str],
        path_of: Callable[[Value], str],
        parameters: Container[Value],
    ) -> None:
        order = list(order)
        labels = {v: legible(v.label) for v in order if v.label}
        self._names = tell_apart(labels, path_of, parameters, taken=titles)
        self.explanation = self._explain(labels, path_of)
        taken = {*self._names.values(), *titles}
        alike = {name.translate(_FROM_LOW) for name in taken}  # v5 would be taken for v₅
        count = 0
        for v in order:
            name = self._names.get(v, "")
            if not name and v is root and "L" not in taken:
                name = "L"
            if not name and v in results:
                name = results[v]
            while not name and v in drawn:
                count += 1
                name = "" if f"v{count}" in alike else f"v{count}".translate(_LOW)
            if name:
                self._names[v] = name
        self._taken = frozenset(self._names.values())

    def __getitem__(self, v: Value) -> str:
        return self._names.get(v, "…")

    def __contains__(self, name: str) -> bool:
        """Whether a value has this name."""
        return name in self._taken

    def html(self, v: Value) -> str:
        """The name for a formula."""
        return name_html(self[v])

    def _explain(self, labels: Mapping[Value, str], path_of: Callable[[Value], str]) -> str:
        """Explain how values with one label are told apart, as HTML; empty if all labels differ."""
        for v, label in labels.items():
            name = self._names[v]
            if name != label and name.startswith(label):
                path = path_of(v)
                alone = path in _alone(labels, label, path_of)
                which = f"the one in {path}" if path and alone else "the first"
                return escape(
                    f"Several values are called “{label}”. A superscript tells them apart: "
                    f"“{name}” is {which}."
                )
        return ""


def _alone(labels: Mapping[Value, str], label: str, path_of: Callable[[Value], str]) -> list[str]:
    """The paths with just one value of that label."""
    paths = [path_of(v) for v, other in labels.items() if other == label]
    return [path for path in paths if paths.count(path) == 1]


def legible(label: str) -> str:
    """The label on one line of at most 28 characters."""
    return shortened(label)


def name_html(name: str) -> str:
    """A name in a formula; a right-to-left name does not affect the text around it."""
    return f'<bdi class="name">{escape(name)}</bdi>'
