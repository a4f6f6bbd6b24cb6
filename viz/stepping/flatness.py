"""Where all gradients are 0: does nothing change the loss nearby, or is it flat at one point only?

A dead ReLU gives 0 however its input moves a little. At a minimum the gradient is 0 as well, but
any small change makes the loss rise. The gradients cannot tell these apart; this module can.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from autograd import Value

    from ..pictures.recording import Recording

__all__ = ["Nearby", "find_blocks", "look_nearby"]

NEAR = 1e-6  # how far an operand is moved to see whether a derivative stays 0, relative to it
STEP = 0.1  # how far a parameter is moved to see how the loss changes, relative to it if below 1
WORK = 1_000_000  # values recomputed to see that


class Nearby(NamedTuple):
    """The loss for a value on either side of one leaf."""

    leaf: Value
    below: float
    above: float
    loss_below: float
    loss_above: float

    def shape(self, here: float) -> str:
        """Say what this looks like, where the loss is `here`; empty if a loss is nan."""
        below, above = self.loss_below - here, self.loss_above - here
        if below > 0.0 < above:
            return "It rises either way, as at the bottom of a valley."
        if below < 0.0 > above:
            return "It falls either way, as at the top of a hill."
        if below * above < 0.0:
            return "It rises on one side and falls on the other: this is a level spot on a slope."
        if below == 0.0 or above == 0.0:
            return "It changes on one side only: this is the edge of a flat stretch."
        return ""


def find_blocks(recording: Recording, leaves: Iterable[Value]) -> list[Value] | None:
    """Find the results that stay as they are, whichever way these leaves move a little.

    Returns:
        The results where every change stops; None if the loss itself can change.
    """
    moving = set(leaves)
    blocks = []
    for v in recording.order:
        if v.operation is None:
            continue
        free = [i for i, p in enumerate(v.operands) if not isinstance(p, float) and p in moving]
        if free:
            if _stays(v, free):
                blocks.append(v)
            else:
                moving.add(v)
    return None if recording.root in moving else blocks


def _stays(v: Value, free: list[int]) -> bool:
    """Whether the derivatives for these operands are 0, and stay 0 when all of them move."""
    operation = v.operation
    assert operation is not None
    for inputs in _around(v.inputs, free):
        slopes = operation.derivatives_at(inputs, operation.compute(inputs))
        if any(slopes[i] != 0.0 for i in free):
            return False
    return True


def _around(inputs: tuple[float, ...], free: list[int]) -> Iterator[list[float]]:
    """The inputs, and nearby ones."""
    for sign in (0.0, 1.0, -1.0):
        yield [x + sign * NEAR * (abs(x) or 1.0) if i in free else x for i, x in enumerate(inputs)]


def look_nearby(recording: Recording, leaves: Iterable[Value]) -> Nearby | None:
    """Compute the loss on either side of the first of the leaves that changes it.

    None if none of them does, as far as they were tried.
    """
    here = recording.data[recording.root]
    for leaf in islice(leaves, max(1, WORK // len(recording.order))):
        x = recording.data[leaf]
        step = STEP * min(abs(x) or 1.0, 1.0)
        below, above = (_compute(recording, {leaf: x + d}) for d in (-step, step))
        if below != here or above != here:
            return Nearby(leaf, x - step, x + step, below, above)
    return None


def _compute(recording: Recording, changed: Mapping[Value, float]) -> float:
    """Recompute the loss, with some leaves changed."""
    data = {**recording.data, **changed}
    for v in recording.order:
        if v.operation is not None:
            inputs = [p if isinstance(p, float) else data[p] for p in v.operands]
            data[v] = v.operation.compute(inputs)
    return data[recording.root]
