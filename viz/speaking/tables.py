"""The parameters of a model as tables with names: matrices, as a page draws them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value

from ..pictures.text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Table", "find_tables", "list_leaves"]

WIDE = 16  # parameters in a row of a table that has no other shape


class Table(NamedTuple):
    """Parameters that belong together: rows of Values, and what to call each of them."""

    name: str
    rows: list[list[Value]]
    names: list[list[str]]


def find_tables(model: Any, parameters: Any) -> list[Table]:
    """Arrange the parameters that were given, or those of a model that knows its own.

    Arguments:
        model: if it has ``named_parameters()``, their paths say what belongs together.
        parameters: lists of Values, which may be nested, by their names; or None.
    """
    if parameters is not None:
        if not isinstance(parameters, Mapping):
            raise TypeError(
                "expected parameters to be a dictionary of names and tables of Values, such as "
                f"{{'letters': letters}}, got {type(parameters).__qualname__}: {parameters!r:.60}"
            )
        tables = [_given(str(name), table) for name, table in parameters.items()]
    elif callable(getattr(model, "named_parameters", None)):
        tables = _of_paths(model.named_parameters())
    elif callable(getattr(model, "parameters", None)):
        tables = list_leaves(list(dict.fromkeys(model.parameters())))
    else:
        return []
    return [table for table in tables if table.rows]


def _given(name: str, table: Any) -> Table:
    short = shortened(name, 40)
    rows: list[list[Value]] = []
    names: list[list[str]] = []

    def take(part: Any, path: str) -> None:
        if isinstance(part, Value):
            part = [part]
        if not isinstance(part, list | tuple):
            raise TypeError(
                f"expected Values in the table {name!a:.60}, got {type(part).__qualname__}: "
                f"{part!r:.60}"
            )
        if part and all(isinstance(each, Value) for each in part):
            rows.append(list(part))
            names.append([f"{path}[{k}]" for k in range(len(part))])
            return
        for k, each in enumerate(part):
            take(each, f"{path}[{k}]")

    take(table, short)
    return Table(short, rows, names)


def _of_paths(named: Iterable[tuple[str, Value]]) -> list[Table]:
    """Tables of parameters with paths such as ``layer.neurons.3.w1``: a row for each neuron."""
    tables: dict[str, dict[str, list[tuple[str, Value]]]] = {}
    for path, p in dict.fromkeys(named):
        row, _, _ = path.rpartition(".")
        table, _, _ = row.rpartition(".")
        tables.setdefault(table, {}).setdefault(row, []).append((shortened(path, 80), p))
    return [
        Table(
            shortened(name.removesuffix(".neurons").removesuffix(".rows"), 40) or "parameters",
            [[p for _, p in row] for row in rows.values()],
            [[path for path, _ in row] for row in rows.values()],
        )
        for name, rows in tables.items()
    ]


def list_leaves(leaves: Sequence[Value]) -> list[Table]:
    """One table of leaves that nobody has named or arranged."""
    rows = [list(leaves[k : k + WIDE]) for k in range(0, len(leaves), WIDE)]
    names = [
        [shortened(p.label, 80) or f"p{WIDE * i + k}" for k, p in enumerate(row)]
        for i, row in enumerate(rows)
    ]
    return [Table("parameters", rows, names)] if rows else []
