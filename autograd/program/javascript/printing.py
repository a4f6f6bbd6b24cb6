"""Print a tape as JavaScript functions: statements such as ``const v8 = Math.tanh(v7);``.

A result that is used once is written into the expression that uses it. The statements are split
into functions of moderate size, because engines do not optimise huge ones; what one function needs
of another is kept in the arrays ``u`` (for uniform values, which are the same in each row) and
``v`` (for values that vary).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops
from autograd.console import on_one_line

from .expressions import Text, number
from .tape import Leaf, Tape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .library import Library

__all__ = ["Group", "Printer", "comment"]

_LARGEST = 400  # operands of one function's expressions, all together
_LONGEST = 12  # of an expression within another one
_WIDTH = 100


class Group:
    """Steps that run together, as one or several functions of that name.

    Arguments:
        name: what to call the function; several of them get numbers.
        about: a comment that says what it computes.
        positions: the steps, in order.
    """

    def __init__(self, name: str, about: str, positions: Iterable[int]) -> None:
        self.name, self.about, self.positions = name, about, list(positions)
        self.chunks: list[list[int]] = []

    @property
    def functions(self) -> list[str]:
        """The names of its functions."""
        several = len(self.chunks) > 1
        return [f"{self.name}{k + 1 if several else ''}" for k in range(len(self.chunks))]


class Printer:
    """Prints the groups of a tape.

    Arguments:
        tape: the steps.
        groups: which of them run together, in order.
        results: positions whose results are read after the functions ran.
        library: has the functions that the statements call, or gets them.
        names: of outputs and gradients, by their positions, for comments.
    """

    def __init__(
        self,
        tape: Tape,
        groups: Sequence[Group],
        results: Iterable[int],
        library: Library,
        names: dict[int, str],
    ) -> None:
        self.tape, self.groups, self.library = tape, groups, library
        self._names = names
        self._group_of = {i: g for g, group in enumerate(groups) for i in group.positions}
        self._users: dict[int, list[int]] = {}
        for i in self._group_of:
            for operand in dict.fromkeys(tape.steps[i].operands):
                times = tape.steps[i].operands.count(operand)
                self._users.setdefault(operand, []).extend([i] * times)
        self._results = set(results)
        self._size: dict[int, int] = {}
        self._inlined: set[int] = set()
        self._chunk: dict[int, int] = {}
        self._number: dict[int, int] = {}
        self.slots: dict[int, int] = {}
        """The place of each mean among the sums over the rows."""
        self._plan()
        self._kept = self._find_kept()

    # ── planning ─────────────────────────────────────────────────────────────────────────────

    def _plan(self) -> None:
        """Decide what is written into other expressions, and cut groups into functions."""
        count = chunk = 0
        for group in self.groups:
            chunk += 1
            room = 0
            for i in group.positions:
                operands = self.tape.steps[i].operands
                size = 1 + sum([self._size[j] if j in self._inlined else 1 for j in operands])
                self._size[i] = size
                if self._can_be_inlined(i, size):
                    self._inlined.add(i)
                    continue
                if not group.chunks or room + size > _LARGEST:
                    group.chunks.append([])
                    chunk, room = chunk + 1, 0
                room += size
                group.chunks[-1].append(i)
                self._chunk[i] = chunk
                if self.tape.steps[i].op is Leaf.MEAN:
                    self.slots[i] = len(self.slots)
                else:
                    self._number[i] = count
                    count += 1
        self.count = count

    def _can_be_inlined(self, i: int, size: int) -> bool:
        users = self._users.get(i, [])
        return (
            size <= _LONGEST
            and len(users) == 1
            and i not in self._results
            and i not in self.tape.labels
            and self.tape.steps[i].op is not Leaf.MEAN
            and self._group_of[users[0]] == self._group_of[i]
        )

    def _find_kept(self) -> set[int]:
        """The values that functions other than their own need."""
        kept = {i for i in self._results if i in self._number}
        for i, chunk in self._chunk.items():
            for j in self._read_by(i):
                if j in self._number and self._chunk[j] != chunk:
                    kept.add(j)
        return kept

    def _read_by(self, i: int) -> list[int]:
        """What a statement reads, through the expressions within it."""
        found: list[int] = []
        stack = list(self.tape.steps[i].operands)
        while stack:
            j = stack.pop()
            if j in self._inlined:
                stack += self.tape.steps[j].operands
            else:
                found.append(j)
        return found

    # ── printing ─────────────────────────────────────────────────────────────────────────────

    def functions(self) -> str:
        """All functions."""
        parts = []
        for group in self.groups:
            for k, (name, chunk) in enumerate(zip(group.functions, group.chunks, strict=True)):
                lines = [f"  {line}\n" for i in chunk for line in self._statement(i)]
                about = "" if k else f"// {group.about}\n"
                parts.append(f"{about}function {name}(theta, x, u, v, s) {{\n{''.join(lines)}}}")
        return "\n\n".join(parts)

    def read(self, i: int, chunk: int = -1) -> Text:
        """How a statement in that function reads a result; by default, how one elsewhere does."""
        op, operands, which = self.tape.steps[i]
        if op is Leaf.CONSTANT:
            return number(which)
        if op is Leaf.PARAMETER or op is Leaf.INPUT:
            return Text(f"{'theta' if op is Leaf.PARAMETER else 'x'}[{int(which)}]")
        if op is Leaf.MEAN:
            return Text(f"s[{self.slots[i]}]")
        if i in self._inlined:
            assert isinstance(op, ops.Op)
            return self.library.operation(op, [self.read(j, chunk) for j in operands])
        letter = "v" if self.tape.varies[i] else "u"
        k = self._number[i]
        return Text(f"{letter}{k}" if self._chunk[i] == chunk else f"{letter}[{k}]")

    def _statement(self, i: int) -> list[str]:
        """The statement that computes a result, and keeps it if it is needed elsewhere."""
        op, operands, _ = self.tape.steps[i]
        chunk = self._chunk[i]
        parts = [self.read(j, chunk) for j in operands]
        about = self._names.get(i) or self.tape.labels.get(i, "")
        if op is Leaf.MEAN:
            return _wrapped(f"s[{self.slots[i]}] += ", parts[0].text, about)
        assert isinstance(op, ops.Op)
        text = self.library.operation(op, parts).text
        used_here = any([self._home(user) == chunk for user in self._users.get(i, [])])
        letter = "v" if self.tape.varies[i] else "u"
        k = self._number[i]
        if i not in self._kept:
            return _wrapped(f"const {letter}{k} = ", text, about)
        if not used_here:
            return _wrapped(f"{letter}[{k}] = ", text, about)
        return [
            *_wrapped(f"const {letter}{k} = ", text, about),
            f"{letter}[{k}] = {letter}{k};",
        ]

    def _home(self, i: int) -> int:
        """The function that a result is computed in."""
        while i in self._inlined:
            (i,) = self._users[i]
        return self._chunk[i]


def comment(text: str) -> str:
    """A comment at the end of a line, in plain ASCII, that can stand in a page's script, too."""
    line = on_one_line(text).encode("ascii", "backslashreplace").decode("ascii")
    return f"  // {line}".replace("</", "<\\/").replace("<!--", "<\\!--") if line else ""


def _wrapped(head: str, text: str, about: str) -> list[str]:
    """A statement on as many lines as it takes, broken before a sum's plus signs."""
    lines = [head]
    for k, term in enumerate(text.split(" + ")):
        piece = f" + {term}" if k else term
        if k and len(lines[-1]) + len(piece) > _WIDTH:
            lines[-1] = lines[-1].rstrip()
            lines.append(f"  {piece.lstrip()}")
        else:
            lines[-1] += piece
    lines[-1] += f";{comment(about)}"
    return lines
