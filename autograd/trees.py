"""Containers of numbers: nested lists, tuples, dictionaries, dataclasses and NumPy arrays.

A function that is differentiated takes its inputs in any such container, and the results come back
in one of the same shape. `flatten` lists the leaves of a container, and `like` puts other leaves in
their places. A named tuple stays one, a dictionary keeps the order of its keys, and an array of any
dtype becomes one of floats, or of objects if it holds Values. None holds nothing, and stays None.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, TypeAlias

from ._numbers import as_float
from .console import printable
from .value import Value

__all__ = ["Check", "as_leaf", "flatten", "flatten_like", "like", "rows_like"]

Check: TypeAlias = Callable[[Any, str], Any]
"""``(leaf, path) -> leaf``: raises a TypeError that names the path if it is no leaf."""


def as_leaf(leaf: Any, path: str) -> Value | float:
    """A Value unchanged, a real number as a float."""
    if leaf.__class__ is Value:
        return leaf
    try:
        return as_float(leaf)
    except TypeError as error:
        raise TypeError(f"{path}: {error}") from None


# ── taking apart ─────────────────────────────────────────────────────────────────────────────


def flatten(tree: Any, path: str, check: Check = as_leaf) -> list[Any]:
    """The leaves of a container, in order. A single number or Value is its own only leaf.

    Arguments:
        tree: the container.
        path: what messages call it; they name a part of it as ``xs["w"][2]``.
        check: decides what is a leaf.

    Raises:
        TypeError: a leaf is neither a number nor a Value, or the whole tree is None.
        ValueError: a container contains itself.
    """
    found: list[Any] = []
    if tree is None:
        found.append(check(tree, path))
        return found
    try:
        _flatten(tree, path, check, found)
    except RecursionError:
        raise ValueError(
            f"{path}: expected containers that are nested less deeply, got a "
            f"{type(tree).__qualname__} with hundreds of levels; does one contain itself?"
        ) from None
    return found


def _flatten(tree: Any, path: str, check: Check, found: list[Any]) -> None:
    if tree is None:
        return
    parts = _parts(tree)
    if parts is None:
        found.append(check(tree, path))
        return
    for step, part in parts:
        _flatten(part, path + step, check, found)


def _parts(tree: Any) -> Sequence[tuple[str, Any]] | None:
    """Each part of a container, with the step of the path that leads to it; None for a leaf."""
    if tree.__class__ is Value or tree.__class__ is float:
        return None
    if isinstance(tree, list | tuple):
        if hasattr(tree, "_fields"):
            return [(f".{name}", part) for name, part in zip(tree._fields, tree, strict=True)]
        return [(f"[{i}]", part) for i, part in enumerate(tree)]
    if isinstance(tree, Mapping):
        return [(f"[{_key(key)}]", part) for key, part in tree.items()]
    if _is_array(tree):
        places = [str(list(place)) if place else "" for place in _places(tree)]
        return list(zip(places, tree.ravel().tolist(), strict=True))
    if _is_dataclass(tree):
        return [(f".{name}", getattr(tree, name)) for name in _fields(tree)]
    return None


def _is_array(thing: Any) -> bool:
    numpy = sys.modules.get("numpy")  # the engine works without NumPy, so it does not import it
    return numpy is not None and isinstance(thing, numpy.ndarray)


def _places(array: Any) -> Iterable[tuple[int, ...]]:
    places: Iterable[tuple[int, ...]] = sys.modules["numpy"].ndindex(array.shape)
    return places


def _is_dataclass(thing: Any) -> bool:
    return hasattr(type(thing), "__dataclass_fields__")


def _fields(thing: Any) -> list[str]:
    from dataclasses import fields  # slow to import, and imported already where there are any

    return [field.name for field in fields(thing)]


def _key(key: Any) -> str:
    plain = isinstance(key, str) and key.isascii() and key.isprintable() and '"' not in key
    return f'"{key:.40}"' if plain else printable(f"{key!r:.40}")


def flatten_like(model: Any, tree: Any, path: str, of: str, check: Check = as_leaf) -> list[Any]:
    """The leaves of a container that must have the shape of another one, the model.

    Lists, tuples and arrays may stand for each other.

    Arguments:
        model: the container whose shape is expected.
        tree: the container to list.
        path, of: what messages call the tree and the model.
        check: decides what is a leaf.

    Raises:
        TypeError, ValueError: the shapes differ; the message names the first place where they do.
    """
    found: list[Any] = []
    _flatten_like(model, tree, path, of, check, found)
    return found


def _flatten_like(
    model: Any, tree: Any, path: str, of: str, check: Check, found: list[Any]
) -> None:
    if model is None and tree is None:
        return
    wanted, given = _parts(model), _parts(tree)
    if (wanted is None) != (given is None) or (model is None) != (tree is None):
        raise TypeError(f"expected {_described(model)} as {path}, as {of} is, got {_told(tree)}")
    if wanted is None or given is None:
        found.append(check(tree, path))
        return
    if isinstance(model, Mapping) or isinstance(tree, Mapping):
        given = _by_key(model, tree, path, of)
    elif _is_array(model) and _is_array(tree) and model.shape != tree.shape:
        raise ValueError(f"expected shape {model.shape} for {path}, as {of} has, got {tree.shape}")
    elif _is_array(model) and model.ndim > 1 and not _is_array(tree):
        rows = list(model)  # so that a list of lists may stand for a matrix
        _flatten_like(rows, tree, path, of, check, found)
        return
    elif _is_array(tree) and tree.ndim > 1 and not _is_array(model):
        _flatten_like(model, list(tree), path, of, check, found)
        return
    if len(wanted) != len(given):
        raise ValueError(
            f"expected {len(wanted)} numbers in {path}, as many as in {of}, got {len(given)}"
            if all(_parts(part) is None for _, part in wanted)
            else f"expected {len(wanted)} parts in {path}, as many as in {of}, got {len(given)}"
        )
    for (step, part), (_, other) in zip(wanted, given, strict=True):
        _flatten_like(part, other, path + step, of + step, check, found)


def _by_key(model: Any, tree: Any, path: str, of: str) -> list[tuple[str, Any]]:
    """The parts of a dictionary, in the order of the model's keys."""
    if not isinstance(model, Mapping) or not isinstance(tree, Mapping):
        raise TypeError(f"expected {_described(model)} as {path}, as {of} is, got {_told(tree)}")
    missing = [_key(key) for key in model if key not in tree]
    extra = [_key(key) for key in tree if key not in model]
    if missing or extra:
        differs = [f"{', '.join(missing)} is missing"] if missing else []
        differs += [f"{', '.join(extra)} is not expected"] if extra else []
        raise ValueError(f"expected the keys of {of} in {path}: {' and '.join(differs)}")
    return [("", tree[key]) for key in model]


def _described(thing: Any) -> str:
    if thing is None:
        return "None"
    if isinstance(thing, list | tuple) and not hasattr(thing, "_fields"):
        return f"a {type(thing).__name__} of {len(thing)}"
    if _is_array(thing):
        return f"an array of shape {thing.shape}"
    return f"a {type(thing).__name__}" if _parts(thing) is not None else "one number"


def _told(thing: Any) -> str:
    """What was given instead: a container by its kind, anything else by its type and text."""
    if thing is None or _parts(thing) is not None:
        return _described(thing)
    return printable(f"{type(thing).__qualname__}: {thing!r:.60}")


# ── putting together ─────────────────────────────────────────────────────────────────────────


def like(tree: Any, leaves: Iterable[Any]) -> Any:
    """A container of the same shape with other leaves, taken in order."""
    rest = iter(leaves)

    def array(model: Any) -> Any:
        return _array([next(rest) for _ in range(model.size)], model.shape)

    return _build(tree, lambda: next(rest), array)


def rows_like(ys: Any, xs: Any, rows: Sequence[Sequence[Any]]) -> Any:
    """The rows of a matrix in the shape of ys, each of them in the shape of xs.

    An array of shape s in ys and one of shape t in xs give one of shape (*s, *t).
    """
    rest = iter(rows)

    def block(model: Any) -> Any:
        found = [next(rest) for _ in range(model.size)]
        columns = iter(range(len(flatten(xs, ""))))

        def column() -> Any:
            j = next(columns)
            return _array([row[j] for row in found], model.shape)

        def entries(of: Any) -> Any:
            places = [next(columns) for _ in range(of.size)]
            return _array([row[j] for row in found for j in places], (*model.shape, *of.shape))

        return _build(xs, column, entries)

    return _build(ys, lambda: like(xs, next(rest)), block)


def _build(tree: Any, leaf: Callable[[], Any], array: Callable[[Any], Any]) -> Any:
    """A container of the same shape: `leaf` makes each leaf, and `array` each array."""
    if tree is None:
        return None
    if isinstance(tree, list | tuple):
        parts = [_build(part, leaf, array) for part in tree]
        return tree._make(parts) if hasattr(tree, "_make") else type(tree)(parts)
    if isinstance(tree, Mapping):
        found = {key: _build(part, leaf, array) for key, part in tree.items()}
        if type(tree) is dict or not isinstance(tree, MutableMapping):
            return found
        twin: Any = copy.copy(tree)  # it may have a default, or an order of its own
        twin.update(found)
        return twin
    if _is_array(tree):
        return array(tree)
    if _is_dataclass(tree):
        twin = copy.copy(tree)
        for name in _fields(tree):
            part = _build(getattr(tree, name), leaf, array)
            object.__setattr__(twin, name, part)  # setattr does not work if it is frozen
        return twin
    return leaf()


def _array(leaves: Sequence[Any], shape: tuple[int, ...]) -> Any:
    numpy = sys.modules["numpy"]
    plain = all([leaf.__class__ is float for leaf in leaves])  # noqa: C419  (faster for many)
    found = numpy.empty(len(leaves), dtype=float if plain else object)
    found[:] = leaves
    return found.reshape(shape)
