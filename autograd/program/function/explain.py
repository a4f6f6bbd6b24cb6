"""Explain why a function records different graphs: which line, what it looked at, what to write."""

from __future__ import annotations

import linecache
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import graph
from autograd.console import cut, on_one_line, printable
from autograd.value import Value

from .watch import Line, Place, Read, Recorded, Test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .watch import Event

__all__ = ["Watched", "differ", "explain", "explain_endless", "explain_randomness", "locate"]


class Watched(NamedTuple):
    """A recording, with all that happened meanwhile.

    Attributes:
        events: what happened.
        outputs: what the function returned, flattened.
        leaves: what each input and parameter is called here: the same in all recordings.
    """

    events: list[Event]
    outputs: Sequence[Any]
    leaves: dict[Value, str]


class _Difference(NamedTuple):
    """Where two recordings part.

    Attributes:
        place: the line that recorded the first operation to differ, in either recording.
        branch: the line that both ran last before other lines ran, or None.
        constants: if only a constant differs, the constant in each recording.
        causes: comparisons and numbers read that differed, as pairs, the most likely one last.
    """

    place: Place | None
    branch: Place | None
    constants: tuple[float, float] | None
    causes: list[tuple[Any, Any]]


def explain(title: str, one: Watched, other: Watched) -> str:
    """What to tell a user whose function recorded different graphs for different data."""
    place, branch, constants, causes = locate(one, other)
    tests = [pair for pair in causes if isinstance(pair[0], Test)]
    reads = [pair for pair in causes if isinstance(pair[0], Read)]
    last = causes[-1] if causes else None
    where = (reads[-1][0].place if reads else None) or place
    chosen = branch is not None or isinstance(last and last[0], Test) or _chooses(where)
    if constants is not None and not chosen:
        how = reads[-1][0].how if reads else ""
        words = f"{title}: expected Values throughout, got a number computed from data {_at(where)}"
        if place is not None and where != place:
            words += f", which enters the graph {_at(place)}"
        return printable(
            f"{words}. It was {constants[0]:.6g} for one row and {constants[1]:.6g} for another, "
            f"but a program would use one number for all. {_instead_of_number(where, how)}"
        )
    where, seen = branch or place, ""
    if tests and (last is tests[-1] or not reads):
        test, opposite = tests[-1]
        where = test.place or where
        seen = f" ({_show(test)}, but {_show(opposite)})"
    elif reads and branch is None:
        where = reads[-1][0].place or where
    if reads and not seen:
        read, reread = reads[-1]
        seen = f" ({_name(read.value)} was {read.number:.6g}, then {reread.number:.6g})"
    return printable(
        f"{title}: expected the same operations for all data, got a branch on data {_at(where)}"
        f"{seen}. {_instead_of_branch(where, last and last[0])}"
    )


def explain_randomness(title: str, one: Watched, other: Watched) -> str:
    """What to tell a user whose function recorded different graphs for the same data."""
    place = locate(one, other).place
    return printable(
        f"{title}: expected the same operations and constants from every call, got others from a "
        f"second call with the same values{' ' + _at(place) if place else ''}. If it draws random "
        "numbers, such as a dropout mask, or counts its calls, pass those numbers as an input: a "
        "program would repeat those of the recording for all rows."
    )


def explain_endless(title: str, place: Place | None) -> str:
    """What to tell a user whose function has a loop that may not end."""
    return printable(
        f"{title}: expected the same operations for all data, got a call that went on and on for "
        f"other data {_at(place)}. {_INSTEAD_OF_LOOP}"
    )


# ── finding it ───────────────────────────────────────────────────────────────────────────────


def differ(one: Watched, other: Watched) -> bool:
    """Whether two recordings differ in an operation that the outputs need."""
    return [key for _, key, _ in _operations(one)] != [key for _, key, _ in _operations(other)]


def locate(one: Watched, other: Watched) -> _Difference:
    """Find where two recordings part: the first operation that differs, and what came before."""
    first, second = _operations(one), _operations(other)
    count = 0
    for (_, key, _), (_, other_key, _) in zip(first, second, strict=False):
        if key != other_key:
            break
        count += 1
    start = [x[count - 1][0] + 1 if count else 0 for x in (first, second)]
    end = [x[count][0] if count < len(x) else len(w.events)
           for x, w in ((first, one), (second, other))]  # fmt: skip
    before = one.events[: start[0]], other.events[: start[1]]
    between = [
        [
            event
            for event in w.events[i : _end_of_line(w.events, k)]
            if not isinstance(event, Recorded)
        ]
        for w, i, k in zip((one, other), start, end, strict=True)
    ]
    # These both ran; then, if lines follow that differ, they branched.
    shared = _common([_sites(between[0]), _sites(between[1])])
    parted = (
        _lines(between[0])[_lines_in(between[0], shared) :]
        != _lines(between[1])[_lines_in(between[1], shared) :]
    )
    lines = [e.place for e in (*before[0], *between[0][:shared]) if isinstance(e, Line)]
    causes = [
        *_differing(before[0], before[1]),
        *_differing(between[0][:shared], between[1][:shared]),
    ]
    causes.sort(key=lambda pair: isinstance(pair[0], Test) or pair[0].directly)
    ends = [x[count] if count < len(x) else None for x in (first, second)]
    place = next((end[2] for end in ends if end is not None), lines[-1] if lines else None)
    constants = None
    if ends[0] and ends[1]:
        constants = _differing_constant(ends[0][1], ends[1][1])
    return _Difference(place, lines[-1] if parted and lines else None, constants, causes)


def _operations(watched: Watched) -> list[tuple[int, Any, Place | None]]:
    """The operations that the outputs need, as they were recorded: position, key, place.

    Keys are equal if and only if operations are the same in both recordings.
    """
    needed = set(graph.interior(*[v for v in watched.outputs if isinstance(v, Value)]))
    number: dict[Value, int] = {}
    found: list[tuple[int, Any, Place | None]] = []

    def key(operand: Any) -> tuple[str, Any]:
        if isinstance(operand, float):
            return "constant", repr(operand)
        if operand in number:
            return "operation", number[operand]
        if operand in watched.leaves:
            return "leaf", watched.leaves[operand]
        return "constant", repr(operand.data)

    for at, event in enumerate(watched.events):
        if isinstance(event, Recorded) and event.value in needed:
            v = event.value
            name = v.operation.name if v.operation else ""
            found.append((at, (name, *map(key, v.operands)), event.place))
            number[v] = len(number)
    ends = tuple([key(v) if isinstance(v, Value) else ("number", v) for v in watched.outputs])
    found.append((len(watched.events), ("return", *ends), None))
    return found


def _end_of_line(events: Sequence[Event], at: int) -> int:
    """Where the line ends that was running at a position."""
    while at < len(events) and not isinstance(events[at], Line):
        at += 1
    return at


def _common(sites: list[list[Any]]) -> int:
    count = 0
    for a, b in zip(*sites, strict=False):
        if a != b:
            break
        count += 1
    return count


def _sites(events: Sequence[Event]) -> list[Any]:
    return [(type(e), e.place) for e in events]


def _lines(events: Sequence[Event]) -> list[Place | None]:
    return [e.place for e in events if isinstance(e, Line)]


def _lines_in(events: Sequence[Event], count: int) -> int:
    return len(_lines(events[:count]))


def _differing(one: Sequence[Event], other: Sequence[Event]) -> list[tuple[Any, Any]]:
    """Pairs of comparisons, or of numbers read, that differ."""
    looks = [[e for e in events if isinstance(e, Test | Read)] for events in (one, other)]
    found: list[tuple[Any, Any]] = []
    for a, b in zip(*looks, strict=False):
        if a.place == b.place and type(a) is type(b) and repr(_seen(a)) != repr(_seen(b)):
            found.append((a, b))
    return found


def _seen(look: Test | Read) -> float:
    return look.outcome if isinstance(look, Test) else look.number


def _differing_constant(one: tuple[Any, ...], other: tuple[Any, ...]) -> Any:
    """If two operations differ in constants only, the first constant in each; else None."""
    if len(one) != len(other) or one[0] != other[0]:
        return None
    pairs = [(a, b) for a, b in zip(one[1:], other[1:], strict=True) if a != b]
    if pairs and all([a[0] == b[0] == "constant" for a, b in pairs]):
        return float(pairs[0][0][1]), float(pairs[0][1][1])
    return None


# ── saying it ────────────────────────────────────────────────────────────────────────────────


def _source(place: Place | None) -> str:
    return linecache.getline(*place).strip() if place is not None else ""


def _at(place: Place | None) -> str:
    if place is None:
        return "in a library that it calls"
    source = cut(on_one_line(_source(place)))
    return f"in line {place.line} of {place.file}" + (f", `{source}`" if source else "")


def _chooses(place: Place | None) -> bool:
    """Whether a line compares numbers, so that it may choose a constant."""
    return re.search(r"\bif\b|[<>]|==|!=", _source(place)) is not None


def _name(v: Any) -> str:
    return on_one_line(v.label) if v.label else "a Value"


def _show(test: Test) -> str:
    left, right = test.numbers
    return f"{left:.6g} {test.symbol} {right:.6g} is {test.outcome}"


_INSTEAD_OF_LOOP = (
    "A program has a fixed number of steps: repeat that many times, and keep or replace each "
    "result with autograd.where(condition, new, old)."
)


_LOOKUP = re.compile(r"[\w\])]\[(?!-?\d+\])")
"""An entry or a slice whose index is not written as a number."""


def _instead_of_branch(place: Place | None, cause: Any) -> str:
    source = _source(place)
    if re.match(r"(while|for)\b", source) or re.search(r"\bfor\b.*\brange\(", source):
        return _INSTEAD_OF_LOOP
    if names := sorted(set(re.findall(r"\b(max|min)\(", source))):
        return _instead_of_extremes(names) + "."
    if re.search(r"\bclip\(", source):
        return "Write x.clamp(low, high)."
    if re.search(r"\b(sorted|sort|argmax|argmin)\b", source):
        return "Which entry comes first cannot depend on data; see autograd.maximum and where."
    if isinstance(cause, Read) and _LOOKUP.search(source):
        return "To look an entry up by data, write autograd.pick(values, index)."
    return (
        "Compute both sides and choose with autograd.where(condition, a, b), where a condition is "
        "autograd.greater(a, b), less(a, b) or equal(a, b); maximum, minimum, relu and abs choose, "
        "too."
    )


def _instead_of_extremes(names: Sequence[str]) -> str:
    return "Write " + " and ".join(
        [f"autograd.{name}imum(a, b) instead of {name}(a, b)" for name in names]
    )


def _instead_of_number(place: Place | None, how: str) -> str:
    source = _source(place)
    if re.search(r"[\w\])]\[[^\]]*(\bint\(|\bround\(|\.data\b)", source):
        return "To look an entry up by data, write autograd.pick(values, index)."
    if names := sorted(set(re.findall(r"\b(max|min)\(", source))):
        return (
            f"{_instead_of_extremes(names)}; softmax and logsumexp subtract the largest value by "
            "themselves."
        )
    for library, name in re.findall(r"\b(math|np|numpy|cmath)\.(\w+)\(", source):
        if callable(getattr(Value, name, None)):
            return f"Write x.{name}() instead of {library}.{name}(x)."
    if how == "round" or re.search(r"\bround\(", source):
        return "Write x.round(), whose derivative is 0, instead of round(x)."
    if how == "int":
        return (
            "Write x.floor() or x.round() instead of int(x); to look an entry up by data, write "
            "autograd.pick(values, index)."
        )
    if how == "float" and "float(" in source:
        return "Leave out float(): compute with the Value itself."
    if how == "data":
        return "Leave out .data: compute with the Value itself."
    return "Compute with the Value itself, and use its own methods, such as x.exp()."
