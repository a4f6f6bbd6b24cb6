"""Names: what formulas and boxes call each value. One name never stands for two values."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from itertools import compress
from typing import TYPE_CHECKING, TypeVar

from ..pictures.text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from autograd import Value

__all__ = ["Names", "legible", "name_html", "tell_apart"]

_HIGH = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_FROM_LOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

Key = TypeVar("Key")


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

    def __getitem__(self, v: Value) -> str:
        return self._names.get(v, "…")

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


def tell_apart(
    wanted: Mapping[Key, str],
    path_of: Callable[[Key], str],
    parameters: Container[Key] = (),
    taken: Iterable[str] = (),
) -> dict[Key, str]:
    """Give each thing a unique name, as close as possible to the name it should have.

    Values with one name in several modules get the numbers in the module's path, as far as they
    differ: ``w1⁽⁰·²⁾`` is in ``layers.0.neurons.2``. The other parameters of these modules get them
    as well. If the modules differ in words, names are ``gate.w1`` and ``out.w1``. Others with one
    name are counted: ``x⁽¹⁾``, ``x⁽²⁾``.

    Arguments:
        wanted: the name that each should have.
        path_of: the path of the module that it belongs to; may be empty.
        parameters: the parameters of modules.
        taken: names that are not free.
    """
    sharing: dict[str, list[Key]] = defaultdict(list)
    for key, name in wanted.items():
        sharing[name].append(key)
    places: dict[str, None] = {}
    by_path = set()
    for name, keys in sharing.items():
        paths = dict.fromkeys(map(path_of, keys))
        if 1 < len(keys) == len(paths) and all(paths):
            by_path.add(name)
            places.update(paths)
    patterns = _patterns(list(places))
    found: dict[Key, str] = {}
    used = set(taken)
    nth: dict[str, int] = defaultdict(int)
    for key, name in wanted.items():
        path = path_of(key)
        alone = len(sharing[name]) == 1
        if name in by_path or (alone and key in parameters and path in patterns):
            chosen = patterns[path].format(name)
        else:
            chosen = name if alone else ""
        while not chosen or chosen in used or (chosen != name and chosen in sharing):
            nth[name] += 1
            chosen = name + _raised([str(nth[name])])
        found[key] = chosen
        used.add(chosen)
    return found


def _patterns(paths: list[str]) -> dict[str, str]:
    """For each path, how the names of what is inside are written: ``{}⁽⁰·²⁾`` or ``gate.{}``."""
    numbers = [[part for part in path.split(".") if part.isdecimal()] for path in paths]
    if len({len(each) for each in numbers}) == 1:  # leave out those that are all the same
        differ = [len(set(column)) > 1 for column in zip(*numbers, strict=True)]
        numbers = [list(compress(each, differ)) for each in numbers]
    if all(numbers) and len(set(map(tuple, numbers))) == len(paths):
        return {p: f"{{}}{_raised(each)}" for p, each in zip(paths, numbers, strict=True)}
    parts = [path.split(".") for path in paths]
    for length in range(1, 1 + max(map(len, parts), default=0)):
        ends = [".".join(each[-length:]) for each in parts]
        if len(set(ends)) == len(paths) and not any(end[:1].isdecimal() for end in ends):
            break
    return {
        path: f"{shortened(end, 40).replace('{', '{{').replace('}', '}}')}.{{}}"
        for path, end in zip(paths, ends if paths else [], strict=True)
    }


def _raised(numbers: list[str]) -> str:
    return f"⁽{'·'.join(each.translate(_HIGH) for each in numbers)}⁾"


def legible(label: str) -> str:
    """The label on one line of at most 28 characters."""
    return shortened(label)


def name_html(name: str) -> str:
    """A name in a formula; a right-to-left name does not affect the text around it."""
    return f'<bdi class="name">{escape(name)}</bdi>'
