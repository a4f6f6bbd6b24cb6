"""The steps of a training: one for each recorded loss, with the update before it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ..pictures.text import number
from .conclusion import in_module
from .formulas import derivative, part
from .narration import local_derivative_entries
from .step import LISTED, Entry, Step
from .written import equals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograd import Value

    from ..pictures.recording import Recording
    from .view import StepView

__all__ = ["choose_losses", "narrate_training"]

ENTRIES = 40_000  # texts that a page may hold; it shows as many losses as fit


class _Move(NamedTuple):
    """How an update changed a leaf."""

    leaf: Value  # of the first recording
    before: float
    after: float
    gradient: float  # before the update


def choose_losses(losses: int, boxes: int) -> list[int]:
    """Choose the losses that get a step: all, or as many as fit, evenly spaced."""
    most = max(2, ENTRIES // (3 * boxes))
    if losses <= most:
        return list(range(losses))
    return [round(i * (losses - 1) / (most - 1)) for i in range(most)]


def narrate_training(
    view: StepView, recordings: Sequence[Recording], shown: Sequence[int]
) -> list[Step]:
    """Write a step for each loss that is shown."""
    return list(_steps(view, recordings, shown))


def _steps(view: StepView, recordings: Sequence[Recording], shown: Sequence[int]) -> Iterator[Step]:
    first = view.recording
    written: dict[tuple[str, str], str] = {}
    root = view.names.html(first.root)
    before: Recording | None = None
    rate = _find_common_rate([recordings[k] for k in shown])
    for k in shown:
        now = recordings[k]
        entries = []
        for entry in _texts(view, now):
            if written.get(entry[:2]) != entry.text:
                written[entry[:2]] = entry.text
                entries.append(entry)
        x = equals(view.write.data(now.data[now.root]))
        when = f"After {k:,} update{'' if k == 1 else 's'}" if k else "Before the first update"
        if before is None:
            yield Step(
                "training",
                (f"{root} {x}",),
                f"{when}. {view.explanation}".strip(),
                (),
                (),
                tuple(entries),
            )
        else:
            moves = _find_moves(first, before, now)
            formula = f"{root} {x}, {_compare(now, before, view.digits)}"
            changes, note = _describe_updates(view, before, moves, rate)
            yield Step(
                "training",
                (formula, *changes),
                f"{when}. {note}".strip(),
                tuple(dict.fromkeys(name for m in moves for name in view.boxes_of(m.leaf))),
                (),
                tuple(entries),
            )
        before = now


def _compare(now: Recording, before: Recording, digits: int) -> str:
    x, y = now.data[now.root], before.data[before.root]
    if x == y:
        return "as before"
    word = "down from" if x < y else "up from" if x > y else "after"
    return f"{word} {number(y, digits)}"


def _texts(view: StepView, recording: Recording) -> Iterator[Entry]:
    """All texts of the picture, for one recording."""
    gradients = recording.gradients
    for name in view.boxes:
        yield Entry.of(name, "data", view.data(name, recording))
        outputs = view.twins(view.outputs[name], recording)
        grads = view.grad(name, [gradients[v] for v in outputs], recording)
        yield Entry.of(name, "grad", grads)
        parameters = view.parameters.get(name)
        if parameters:
            held = view.held(name, [gradients[p] for p in view.twins(parameters, recording)])
            yield Entry.of(name, "held", held)
        v = view.value(name)
        if v is not None:
            constants = [p for p in view.twins([v], recording)[0].operands if isinstance(p, float)]
            for i, c in enumerate(constants):
                yield Entry(f"{name}_c{i}", "constant", number(c, view.digits))
    yield from local_derivative_entries(view, recording)


def _find_moves(first: Recording, before: Recording, now: Recording) -> list[_Move]:
    """Find the leaves that changed, the largest change first."""
    gradients = before.gradients
    moves = []
    for leaf, old, new in zip(first.order, before.order, now.order, strict=True):
        x, y = before.data[old], now.data[new]
        if leaf.operation is None and not (x == y or (x != x and y != y)):
            moves.append(_Move(leaf, x, y, gradients[old]))
    return sorted(moves, key=lambda m: -abs(m.after - m.before))


def _describe_updates(
    view: StepView, before: Recording, moves: Sequence[_Move], rate: float | None
) -> tuple[list[str], str]:
    """Write the largest updates as formulas, and a note about the others."""
    if not moves:
        leaves = [v for v in before.order if v.operation is None]
        parameters = [v for v in leaves if v.role == "parameter"] or leaves
        if not any(before.gradients[v] for v in parameters):
            return [], "Nothing has moved, because all gradients were 0."
        return [], (
            "No leaf of the loss has changed. Was backward() called, and then the optimiser's "
            "step()?"
        )
    formulas = []
    for move in moves[:LISTED]:
        leaf = view.names.html(move.leaf)
        where = in_module(view, move.leaf)
        old, new = map(view.write.data, (move.before, move.after))
        if rate is None:
            formulas.append(f"{leaf}: {old.html} → {new.bold}{where}")
        else:
            gradient = derivative(view.names.html(view.recording.root), leaf)
            slope = view.write.gradient(move.gradient).factor
            amount = f"{number(rate, view.digits)} · {slope}"
            formulas.append(
                f"{leaf} ← {leaf} − η · {gradient} {part(f'= {old.html} − {amount}')} "
                f"{part(equals(new))}{where}"
            )
    note = []
    if rate is not None:
        note.append(f"The learning rate η is {number(rate, view.digits)}.")
    if len(moves) > LISTED:
        note.append(f"{len(moves):,} values changed; these changed the most.")
    return formulas, " ".join(note)


def _find_common_rate(recordings: Sequence[Recording]) -> float | None:
    """Find the learning rate, if all updates agree on it.

    A single update may look like plain gradient descent when it is not: for one parameter, momentum
    and Adam do, and so do gradients that were never set to zero.
    """
    moves = [_find_moves(recordings[0], before, now) for before, now in pairwise(recordings)]
    rates = [_find_rate(each) for each in moves if each]
    if not rates or rates[0] is None:
        return None
    first = rates[0]
    same = all(rate is not None and math.isclose(rate, first, rel_tol=1e-6) for rate in rates)
    return first if same else None


def _find_rate(moves: Sequence[_Move]) -> float | None:
    """Find the learning rate, if every change is the same multiple of its gradient."""
    rates = [(m.before - m.after) / m.gradient for m in moves if m.gradient]
    if len(rates) < len(moves) or not all(r > 0 and math.isfinite(r) for r in rates):
        return None
    return rates[0] if all(math.isclose(r, rates[0], rel_tol=1e-6) for r in rates) else None
