"""The story of a training run: one step for each recorded loss, with what changed in between."""

from __future__ import annotations

import math
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ..pictures.text import number
from .formulas import derivative, factor
from .narration import LISTED, Entry, Step, local_derivative_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograd import Value

    from ..pictures.recording import Recording
    from .view import StepView

__all__ = ["choose_losses", "narrate_training"]

ENTRIES = 40_000  # texts that a page may hold; of a longer training it shows as many losses as fit


class _Move(NamedTuple):
    """How an update changed a leaf."""

    leaf: Value  # of the first recording
    before: float
    after: float
    gradient: float  # before the update


def choose_losses(losses: int, boxes: int) -> list[int]:
    """Which losses get a frame: all, or evenly many of them if the page would grow too large."""
    most = max(2, ENTRIES // (3 * boxes))
    if losses <= most:
        return list(range(losses))
    return [round(i * (losses - 1) / (most - 1)) for i in range(most)]


def narrate_training(
    view: StepView, recordings: Sequence[Recording], shown: Sequence[int]
) -> list[Step]:
    """A step for each loss that is shown."""
    return list(_steps(view, recordings, shown))


def _steps(view: StepView, recordings: Sequence[Recording], shown: Sequence[int]) -> Iterator[Step]:
    first = view.recording
    written: dict[tuple[str, str], str] = {}
    root = view.names.html(first.root)
    before: Recording | None = None
    rate = _rate_throughout([recordings[k] for k in shown])
    for k in shown:
        now = recordings[k]
        entries = []
        for entry in _texts(view, now):
            if written.get(entry[:2]) != entry.text:
                written[entry[:2]] = entry.text
                entries.append(entry)
        x = f"<b>{number(now.data[now.root], view.digits)}</b>"
        when = f"After {k:,} update{'' if k == 1 else 's'}" if k else "Before the first update"
        if before is None:
            yield Step("training", (f"{root} = {x}",), f"{when}.", (), (), tuple(entries))
        else:
            moves = _moves(first, before, now)
            formulas = [f"{root} = {x}, {_compared(now, before, view.digits)}"]
            said, note = _updates(view, moves, rate)
            yield Step(
                "training",
                (*formulas, *said),
                f"{when}. {note}".strip(),
                tuple(dict.fromkeys(_boxes(view, moves))),
                (),
                tuple(entries),
            )
        before = now


def _compared(now: Recording, before: Recording, digits: int) -> str:
    x, y = now.data[now.root], before.data[before.root]
    if x == y:
        return "as before"
    word = "down from" if x < y else "up from" if x > y else "after"
    return f"{word} {number(y, digits)}"


def _boxes(view: StepView, moves: Sequence[_Move]) -> Iterator[str]:
    """Where the leaves that moved are drawn."""
    for move in moves:
        box = view.box_of.get(move.leaf)
        if box is not None:
            yield box
        else:
            yield from (name for name, held in view.parameters.items() if move.leaf in held)


def _texts(view: StepView, recording: Recording) -> Iterator[Entry]:
    """Everything that the picture says of one recording."""
    gradients = recording.gradients
    for name in view.boxes:
        yield Entry(name, "data", view.data(name, recording))
        outputs = view.twins(view.outputs[name], recording)
        yield Entry(name, "grad", view.grad(name, [gradients[v] for v in outputs]))
        parameters = view.parameters.get(name)
        if parameters:
            held = [gradients[p] for p in view.twins(parameters, recording)]
            yield Entry(name, "held", view.held(name, held))
        v = view.value(name)
        if v is not None:
            constants = [p for p in view.twins([v], recording)[0].operands if isinstance(p, float)]
            for i, c in enumerate(constants):
                yield Entry(f"{name}_c{i}", "constant", number(c, view.digits))
    yield from local_derivative_entries(view, recording)


def _moves(first: Recording, before: Recording, now: Recording) -> list[_Move]:
    """The leaves that changed, those that changed most first."""
    gradients = before.gradients
    moves = []
    for leaf, old, new in zip(first.order, before.order, now.order, strict=True):
        x, y = before.data[old], now.data[new]
        if leaf.operation is None and not (x == y or (x != x and y != y)):
            moves.append(_Move(leaf, x, y, gradients[old]))
    return sorted(moves, key=lambda m: -abs(m.after - m.before))


def _updates(view: StepView, moves: Sequence[_Move], rate: float | None) -> tuple[list[str], str]:
    """The largest updates as formulas, and a note about the others."""
    if not moves:
        return [], (
            "Nothing that the loss was made from has changed: was backward() called, and then a "
            "step made?"
        )
    formulas = []
    for move in moves[:LISTED]:
        leaf = view.names.html(move.leaf)
        path = view.where(move.leaf)
        where = f" <small>in {escape(path)}</small>" if path else ""
        before, after = (number(x, view.digits) for x in (move.before, move.after))
        if rate is None:
            formulas.append(f"{leaf}: {before} → <b>{after}</b>{where}")
        else:
            gradient = derivative(view.names.html(view.recording.root), leaf)
            formulas.append(
                f'{leaf} ← {leaf} − η · {gradient} <span class="part">= {before} − '
                f"{number(rate, view.digits)} · {factor(move.gradient, view.digits)}</span> "
                f'<span class="part">= <b>{after}</b></span>{where}'
            )
    note = []
    if rate is not None:
        note.append(f"The learning rate η is {number(rate, view.digits)}.")
    if len(moves) > LISTED:
        note.append(f"{len(moves):,} values moved, these the most.")
    return formulas, " ".join(note)


def _rate_throughout(recordings: Sequence[Recording]) -> float | None:
    """The learning rate, if all updates agree on it.

    One update alone may look like gradient descent that is something else: momentum and Adam do for
    a single parameter, and so do gradients that nobody set to zero.
    """
    moves = [_moves(recordings[0], before, now) for before, now in pairwise(recordings)]
    rates = [_rate(each) for each in moves if each]
    if not rates or rates[0] is None:
        return None
    first = rates[0]
    same = all(rate is not None and math.isclose(rate, first, rel_tol=1e-6) for rate in rates)
    return first if same else None


def _rate(moves: Sequence[_Move]) -> float | None:
    """The learning rate, if every change is the same multiple of its gradient."""
    rates = [(m.before - m.after) / m.gradient for m in moves if m.gradient]
    if len(rates) < len(moves) or not all(r > 0 and math.isfinite(r) for r in rates):
        return None
    return rates[0] if all(math.isclose(r, rates[0], rel_tol=1e-6) for r in rates) else None
