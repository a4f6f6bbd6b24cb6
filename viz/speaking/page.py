"""The playground of a language model as one HTML file. It loads nothing."""

from __future__ import annotations

import json
import math
from html import escape
from typing import TYPE_CHECKING, Any

from autograd.program.javascript import keys_of
from autograd.program.javascript.table import table as table_of_operations

from ..live import __name__ as live
from ..pictures.palette import CLASSES, STEPS
from ..pictures.template import fill_template, read_text
from ..playing import __name__ as playing
from ..stepping import __name__ as stepping
from ..stepping.head import write_head
from ..stepping.links import write_links
from .attention import find_attention
from .packing import pack_numbers, pack_steps
from .running import write_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autograd import Value

    from .recording import Recorded
    from .tables import Table

__all__ = ["write_page"]

SHARED = ("numbers.js", "plots.js", "engine.js")  # of `live`
FIELDS = ("draws.js", "fields.js", "link.js")  # of `playing`
SCRIPTS = ("plan.js", "reader.js", "chances.js", "attention.js", "weights.js", "speaking.js")
COLOURS = {**STEPS, **CLASSES}


def write_page(
    recorded: Recorded,
    tables: Sequence[Table],
    tokens: Sequence[str],
    *,
    start: int,
    text: str,
    seed: int,
    title: str,
    links: Sequence[tuple[str, str]],
) -> str:
    """Write the page as HTML.

    Arguments:
        recorded: the graph of the model.
        tables: its parameters.
        tokens: what to call each token.
        start: the number of the token that begins each text and ends it, or −1.
        text: what is typed at first.
        seed: of what is drawn.
        title: the headline, plain text.
        links: other pages to lead to.
    """
    length = len(recorded.chances)
    keys = list(keys_of(recorded.operations).values())
    at = {v: k for k, v in enumerate(recorded.leaves)}
    plan = {
        "tokens": list(tokens),
        "start": start,
        "text": text,
        "seed": seed,
        "length": length,
        "leaves": len(recorded.leaves),
        "ops": keys,
        "constants": [x if math.isfinite(x) else repr(x) for x in recorded.constants],
        "steps": pack_steps(recorded.steps, keys),
        "numbers": pack_numbers([v.data for v in recorded.leaves[length:]]),
        "chances": recorded.chances,
        "attention": find_attention(recorded),
        "tables": _describe(tables, at, length, len(tokens)),
    }
    scripts = [
        read_text(package, name)
        for package, names in ((live, SHARED), (playing, FIELDS), (__package__, SCRIPTS))
        for name in names
    ]
    parts = {
        "title": escape(title),
        "head": write_head(title, COLOURS, stepping, live, playing, __package__),
        "links": write_links(links),
        "plan": json.dumps(plan, separators=(",", ":")).replace("<", "\\u003c"),
        "operations": (
            f"{table_of_operations(recorded.operations)}\n\n{write_run(recorded.operations)}"
        ),
        "script": "\n".join(scripts),
    }
    return fill_template(read_text(__package__, "page.html"), parts)


def _describe(
    tables: Sequence[Table], at: Mapping[Value, int], start: int, tokens: int
) -> list[dict[str, Any]]:
    """The tables as data: without numbers and names that the page can tell from the rest."""
    described = []
    for table in tables:
        where = [[at[p] for p in row] for row in table.rows]
        flat = [i for row in where for i in row]
        about: dict[str, Any] = {
            "name": table.name,
            "widths": [len(row) for row in where],
            "tokens": len(where) == tokens,
        }
        if flat != list(range(start, start + len(flat))):
            about["at"] = where
        else:
            start += len(flat)
        if names := _names(table):
            about["names"] = names
        described.append(about)
    return described


def _names(table: Table) -> list[list[str]] | None:
    """The names in a table, unless they are just ``name[row][column]``."""
    plain = [
        [f"{table.name}[{i}][{k}]" for k in range(len(row))] for i, row in enumerate(table.rows)
    ]
    return None if plain == table.names else table.names
