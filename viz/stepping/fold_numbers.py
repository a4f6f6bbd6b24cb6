"""The numbers of folds on a page of steps, and the steps at which they come in.

A fold shows what it gives to the rest of the graph. While the steps are still inside it, an
ellipsis says that more is to come.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .step import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from autograd import Value

    from ..pictures.recording import Recording
    from .folding import FoldedView
    from .step import Step
    from .view import StepView

__all__ = ["follow_passes", "follow_training"]


def follow_passes(folded: FoldedView, steps: Sequence[Step]) -> list[tuple[Entry, ...]]:
    """The texts that come into folds at each step of one loss."""
    arrived = _Arrivals(folded.view, steps)
    entries: list[list[Entry]] = [[] for _ in steps]
    for name in folded.folds:
        outputs, recording = folded.outputs[name], folded.recording
        for k, known in _gather(outputs, arrived.data, arrived.first):
            complete = len(known) == len(outputs)
            entries[k].append(_data(folded, name, known, recording, complete=complete))
        held = folded.parameters.get(name, ())
        if held:
            entries[arrived.first].append(Entry(name, "held", folded.held(name).text))
        for k, known in _gather(outputs, arrived.gradients, len(steps) - 1):
            complete = len(known) == len(outputs)
            entries[k].append(_grad(folded, name, known, recording, complete=complete))
        if held:
            gradients = [recording.gradients[p] for p in held]
            k = max(arrived.gradients.get(p, len(steps) - 1) for p in held)
            entries[k].append(Entry.of(name, "held", folded.held(name, gradients)))
    return _drop_repeated(entries)


def follow_training(folded: FoldedView, recordings: Iterable[Recording]) -> list[tuple[Entry, ...]]:
    """The texts of folds at each of these losses."""
    entries = []
    for recording in recordings:
        found = []
        for name in folded.folds:
            outputs = folded.outputs[name]
            found.append(_data(folded, name, outputs, recording))
            found.append(_grad(folded, name, outputs, recording))
            held = folded.twins(folded.parameters.get(name, ()), recording)
            if held:
                text = folded.held(name, [recording.gradients[p] for p in held])
                found.append(Entry.of(name, "held", text))
        entries.append(found)
    return _drop_repeated(entries)


class _Arrivals:
    """The steps at which values get their data, and all of their gradient."""

    def __init__(self, view: StepView, steps: Sequence[Step]) -> None:
        self.data: dict[Value, int] = {}
        self.gradients: dict[Value, int] = {}
        for k, step in enumerate(steps):
            for where, field, *_ in step.entries:
                if where not in view.boxes:
                    continue
                if step.phase == "forward" and field == "data":
                    for v in view.values(where):
                        self.data.setdefault(v, k)
                elif step.phase == "backward" and field == "grad":
                    self.gradients.update(dict.fromkeys(view.outputs[where], k))
                elif step.phase == "backward" and field == "held":
                    self.gradients.update(dict.fromkeys(view.parameters[where], k))
        self.first = min(self.data.values(), default=0)


def _gather(
    values: Sequence[Value], arrived: Mapping[Value, int], otherwise: int
) -> Iterator[tuple[int, list[Value]]]:
    """The steps at which some of the values arrive, and all that have arrived by then."""
    at: dict[int, set[Value]] = defaultdict(set)
    for v in values:
        at[arrived.get(v, otherwise)].add(v)
    known: set[Value] = set()
    for k in sorted(at):
        known |= at[k]
        yield k, [v for v in values if v in known]


def _data(
    folded: FoldedView,
    name: str,
    known: Sequence[Value],
    recording: Recording,
    *,
    complete: bool = True,
) -> Entry:
    data = [recording.data[v] for v in folded.twins(known, recording)]
    return Entry.of(name, "data", folded.describe_data(name, data, recording, complete=complete))


def _grad(
    folded: FoldedView,
    name: str,
    known: Sequence[Value],
    recording: Recording,
    *,
    complete: bool = True,
) -> Entry:
    gradients = [recording.gradients[v] for v in folded.twins(known, recording)]
    if complete:
        return Entry.of(name, "grad", folded.grad(name, gradients, recording))
    return Entry.of(name, "grad", folded.write.gradient_range(gradients).extended(", …"))


def _drop_repeated(entries: Sequence[Sequence[Entry]]) -> list[tuple[Entry, ...]]:
    """The texts that differ from what stood in their place before."""
    shown: dict[tuple[str, str], Entry] = {}
    found = []
    for each in entries:
        changed = [entry for entry in each if shown.get(entry[:2]) != entry]
        shown.update((entry[:2], entry) for entry in changed)
        found.append(tuple(changed))
    return found
