"""What every engine of the benchmark is given: a model, its parameters and documents."""

from __future__ import annotations

import importlib.metadata
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.benchmarks.worker import Step

from .model import Shape, as_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Peer", "Setup", "cycle_over"]

Document = list[int]


class Setup(NamedTuple):
    """The first line that a worker reads.

    Attributes:
        shape: the entries of a `Shape`.
        theta: the parameters, in the order of `Shape.matrices`.
        names: the documents.
    """

    shape: list[int]
    theta: list[float]
    names: list[str]


class Peer:
    """An engine: the model and the data, in the form that its tasks need.

    A subclass has the tasks ``document`` (one document a step, all of one length) and ``batch``
    (many of their own lengths a step). Both compute the mean loss and its gradient.
    """

    takes = Setup
    packages: tuple[str, ...] = ()
    clock = staticmethod(time.process_time)
    """Processor time: all run on one thread, and other work on the machine hardly counts."""

    def __init__(self, setup: Setup) -> None:
        self.shape = Shape(*setup.shape)
        self.theta = setup.theta
        self._documents = list(map(as_tokens, setup.names))

    def versions(self) -> dict[str, str]:
        return {name: importlib.metadata.version(name) for name in self.packages}

    def of_length(self, positions: int) -> list[Document]:
        """The documents that predict so many tokens."""
        return [d for d in self._documents if len(d) == positions + 1]

    def batches(self, size: int) -> list[list[Document]]:
        """All documents, so many at a time."""
        whole = len(self._documents) // size
        return [self._documents[k * size : (k + 1) * size] for k in range(whole)]


def cycle_over(
    compute: Callable[[Any], Any],
    things: Sequence[Any],
    read: Callable[[Any], tuple[float, list[float]]],
) -> Step:
    """A step that computes the next thing each time; after the last comes the first."""
    following = cycle(things).__next__
    return Step(lambda: compute(following()), read)
