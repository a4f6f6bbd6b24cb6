"""Names for what a program was compiled from: in its listing, in errors, in exported modules."""

from __future__ import annotations

import re
from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from autograd.console import on_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.value import Value

__all__ = ["Names", "column_names", "names_of"]


class Names(NamedTuple):
    """Unique names for the Values that a program was compiled from."""

    outputs: list[str]
    params: list[str]
    inputs: list[str]


def names_of(
    outputs: Sequence[Value],
    params: Sequence[Value],
    inputs: Sequence[Value],
    *,
    paths: Sequence[str] = (),
) -> Names:
    """A name for each: its label, or with its position if the label is shared or missing.

    A single output without a label is called L. Otherwise `paths` has the names of outputs without
    a label, if they have any.
    """
    labels = [[_quote_formula(v.label) for v in group] for group in (outputs, params, inputs)]
    labels[0] = [label or path for label, path in zip_longest(labels[0], paths, fillvalue="")]
    leaves = {*params, *inputs}  # an output may be one of them, which is no second thing to name
    other = [label for v, label in zip(outputs, labels[0], strict=False) if v not in leaves]
    counts = Counter([*other, *labels[1], *labels[2]])
    if labels[0] == [""]:
        labels[0] = ["L" if "L" not in counts else "L'"]
        counts.update(labels[0])
    taken = set(counts)

    def name(label: str, letter: str, k: int) -> str:
        if counts[label] == 1 and label and not _NUMBERED.fullmatch(label):
            return label
        found = f"{label or letter}#{k}"
        while found in taken:
            found += "'"
        taken.add(found)
        return found

    return Names(
        *(
            [name(label, letter, k) for k, label in enumerate(group)]
            for letter, group in zip("ypx", labels, strict=True)
        )
    )


_NUMBERED = re.compile(r"v\d+")  # names that a listing gives to its own results


def _quote_formula(label: str) -> str:
    """The label on one line, in quotes if it would read as a formula."""
    line = on_one_line(label)
    return f"'{line}'" if re.search(r"[\s+*/(),=]", line) else line


def column_names(inputs: Sequence[Value], unique: Sequence[str]) -> list[str]:
    """What a table's columns are called: the inputs' labels as they are.

    Where several inputs share a label, and for those without one, it is the name in `unique`.
    """
    labels = [v.label for v in inputs]
    return [
        label if label and labels.count(label) == 1 else name
        for label, name in zip(labels, unique, strict=True)
    ]
