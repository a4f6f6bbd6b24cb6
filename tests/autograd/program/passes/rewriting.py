"""What passes make of code, kept in `rewriting.txt`.

Each example has a title that begins with the name of its pass, then the code before and after it.
`python -m tests.kept` runs the passes again and rewrites the code after them. To add an example,
write its title and the code before, then run that command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from autograd.program import PASSES
from autograd.program.gradient import differentiate
from autograd.program.ir import Kind
from autograd.program.passes import legalise

from ..notation import read, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.ir import Code

__all__ = ["KEPT", "REWRITES", "Example", "examples", "renew"]

KEPT = Path(__file__).with_name("rewriting.txt")
_TITLE = "── "


def differentiate_all(code: Code) -> Code:
    """Differentiate with respect to all parameters."""
    return differentiate(code, sum(op is Kind.PARAMETER for op, _, _ in code))


REWRITES: dict[str, Callable[[Code], Code]] = {
    **PASSES,
    "legalise": legalise,
    "differentiate": differentiate_all,
}


class Example(NamedTuple):
    """The code before and after a pass, an instruction a line."""

    title: str
    before: str
    after: str

    @property
    def name(self) -> str:
        """The name of the pass."""
        return self.title.partition(":")[0]

    def rewrite(self) -> str:
        """What the pass makes of the code before it today."""
        return write(REWRITES[self.name](read(self.before)))


def examples() -> list[Example]:
    """The examples in the kept text."""
    found = []
    for section in KEPT.read_text("utf-8").split(_TITLE)[1:]:
        title, *lines = section.strip().splitlines()
        columns = zip(*(line.partition("|")[::2] for line in lines), strict=True)
        before, after = ("\n".join(filter(None, map(str.strip, column))) for column in columns)
        found.append(Example(title, before, after))
    return found


def renew() -> None:
    """Run the passes on all examples and write the kept text again."""
    introduction = KEPT.read_text("utf-8").partition(_TITLE)[0]
    sections = []
    for example in examples():
        before, after = example.before.splitlines(), example.rewrite().splitlines()
        count = max(len(before), len(after))
        before, after = (lines + [""] * (count - len(lines)) for lines in (before, after))
        lines = [f"{a:39} | {b}".rstrip() for a, b in zip(before, after, strict=True)]
        sections.append("\n".join([f"{_TITLE}{example.title}", *lines, ""]))
    KEPT.write_text(introduction + "\n".join(sections), encoding="utf-8", newline="\n")
