"""Telling apart what has one name: one symbol never stands for two numbers."""

from __future__ import annotations

from collections import defaultdict
from itertools import compress
from typing import TYPE_CHECKING, TypeVar

from .text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

__all__ = ["tell_apart"]

_HIGH = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

Key = TypeVar("Key")


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
