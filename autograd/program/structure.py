"""The structure of a program's outputs: a loss alone, a list, or what a function returned.

The machine computes a table of numbers, a row for each output. A template says how to build what a
call returns from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "STACKED", "Array", "Group", "Template", "build", "flatten", "loss_first", "loss_of",
    "shape_of",
]  # fmt: skip


class Array(NamedTuple):
    """A list of outputs, or nested lists, as one array of shape (B, *shape).

    Attributes:
        start: the position of the first; the others follow.
        shape: how many lists, of how many lists, ..., of how many outputs.
    """

    start: int
    shape: tuple[int, ...]


class Group(NamedTuple):
    """A tuple, a dictionary, or a list whose entries differ in shape.

    Attributes:
        kind: the type; a named tuple's own.
        keys: of a dictionary; else None.
        parts: the templates of the entries.
    """

    kind: type
    keys: tuple[Any, ...] | None
    parts: tuple[Any, ...]


STACKED = "stacked"
"""The template of a recorded list of outputs: the table itself, shape (K, B)."""
Template: TypeAlias = int | Array | Group | str
"""An int is the position of an output, which is returned as an array of shape (B,)."""


def flatten(result: Any) -> tuple[Template, list[Any], list[str]]:
    """Take apart what a function returned.

    Returns:
        Its template; whatever is in it at the ends, in order; and where each was, as a name such as
        ``y[0]`` for an entry of a dictionary, else ''.
    """
    found: list[Any] = []
    paths: list[str] = []

    def visit(thing: Any, path: str) -> Template:
        if hasattr(thing, "__array_ufunc__") and hasattr(thing, "tolist") and thing.ndim:
            thing = thing.tolist()  # an array of Values
        if isinstance(thing, Mapping):
            parts = [visit(part, f"{path}[{key}]" if path else str(key))
                     for key, part in thing.items()]  # fmt: skip
            return Group(dict, tuple(thing), tuple(parts))
        if isinstance(thing, list):
            shape = shape_of(thing)
            start = len(found)
            within = [visit(part, f"{path}[{k}]" if path else "") for k, part in enumerate(thing)]
            return Group(list, None, tuple(within)) if shape is None else Array(start, shape)
        if isinstance(thing, tuple):
            inside = [visit(part, f"{path}[{k}]" if path else "") for k, part in enumerate(thing)]
            return Group(type(thing), None, tuple(inside))
        found.append(thing)
        paths.append(path)
        return len(found) - 1

    return visit(result, ""), found, paths


def shape_of(things: Any) -> tuple[int, ...] | None:
    """The shape of nested lists; None if they differ in length, are empty, or hold other groups."""
    if not isinstance(things, list):
        return None if isinstance(things, tuple | Mapping) or hasattr(things, "__array__") else ()
    shapes = {shape_of(thing) for thing in things}
    if len(shapes) != 1:
        return None
    (inner,) = shapes
    return None if inner is None else (len(things), *inner)


def loss_of(template: Template) -> int | None:
    """The position of the output that is differentiated, or None.

    It is the only output, the first entry of a tuple, or the entry "loss" of a dictionary.
    """
    if isinstance(template, Group):
        if template.keys is not None:
            parts = dict(zip(template.keys, template.parts, strict=True))
            template = parts.get("loss", STACKED)
        elif issubclass(template.kind, tuple) and template.parts:
            template = template.parts[0]
    return template if isinstance(template, int) else None


def loss_first(template: Template, outputs: int) -> tuple[Template, list[int], bool]:
    """Renumber the outputs so that the loss, if there is one, is number 0.

    Returns:
        The template with new numbers, the old number of each output, whether there is a loss.
    """
    loss = loss_of(template)
    if not loss:  # none, or already number 0
        return template, list(range(outputs)), loss == 0

    def renumber(part: Template) -> Template:
        if isinstance(part, int):
            return 0 if part == loss else part + (part < loss)
        if isinstance(part, Array):
            return part._replace(start=part.start + (part.start < loss))
        if isinstance(part, Group):
            return part._replace(parts=tuple(map(renumber, part.parts)))
        return part

    return renumber(template), [loss, *[k for k in range(outputs) if k != loss]], True


def build(template: Template, table: Any, np: Any) -> Any:
    """What a call returns.

    Arguments:
        template: its structure.
        table: the outputs, shape (K, B), or (K,) for a single row without an axis of rows.
        np: the array library, NumPy or ``jax.numpy``.
    """
    if isinstance(template, str):
        return table
    if isinstance(template, int):
        return table[template]
    if isinstance(template, Array):
        part = table[template.start : template.start + math.prod(template.shape)]
        rows = np.moveaxis(part, 0, -1)
        return rows.reshape(*rows.shape[:-1], *template.shape) if len(template.shape) > 1 else rows
    parts = [build(part, table, np) for part in template.parts]
    if template.keys is not None:
        return dict(zip(template.keys, parts, strict=True))
    if hasattr(template.kind, "_fields"):  # a named tuple
        return template.kind(*parts)
    return template.kind(parts)
