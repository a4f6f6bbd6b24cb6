"""The model in glassgrad: the eager graph of each document, and programs compiled from graphs.

A program takes tokens as columns of whole numbers, so that it serves any document of its length.

For documents of different lengths there are three ways: a program for each length, a single one
for the longest, with a mask, or a few such programs, where each document goes to the shortest that
it fits. By measurement (``results.md``): batches of 64 run fastest on a few programs. With one for
each length, most have too few documents to fill vectors, and all 13 take the longest to compile; a
single one computes positions that no document has. But the single one compiles the fastest, and
in a training of 1,000 steps, of a document each, compiling takes more time than all steps. So
`train` takes that one.
"""

from __future__ import annotations

import importlib.metadata
import time
from typing import TYPE_CHECKING, Any

import autograd
from autograd import Value

from .model import BOUNDARY, Shape, loss, surprises
from .setup import Document, Peer, Setup, cycle_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tests.benchmarks.worker import Step

    Gradient = NDArray[np.float64]

__all__ = ["Compiled", "Eager", "FewMasked", "Masked", "OurTools", "Programs", "padded"]


class OurTools:
    """The model's further functions; tokens may be ints or Values."""

    def softmax(self, scores: list[Any]) -> list[Any]:
        return autograd.softmax(scores)

    def surprise(self, logits: list[Any], target: Any) -> Any:
        return -autograd.pick(autograd.softmax(logits), target).log()

    def pick(self, table: list[list[Any]], index: Any) -> list[Any]:
        return autograd.pick(table, index)

    def relu(self, x: Any) -> Any:
        return x.relu()


TOOLS = OurTools()


def compile_length(shape: Shape, params: Sequence[Value], positions: int) -> Any:
    """A program for documents of so many positions; its columns are their tokens."""
    tokens = [Value(BOUNDARY, label=f"token{k}") for k in range(positions + 1)]
    return autograd.compile(loss(shape, params, tokens, TOOLS), params, tokens)


def compile_masked(shape: Shape, params: Sequence[Value], positions: int) -> Any:
    """A program for documents of at most so many positions.

    Its columns are the tokens, padded with boundaries, and a weight for each position: 1/n for the
    n that count, 0 for the others.
    """
    tokens = [Value(BOUNDARY, label=f"token{k}") for k in range(positions + 1)]
    weights = [Value(1.0 / positions, label=f"weight{k}") for k in range(positions)]
    terms = zip(weights, surprises(shape, params, tokens, TOOLS), strict=True)
    weighted: Any = sum(weight * surprise for weight, surprise in terms)
    return autograd.compile(weighted, params, [*tokens, *weights])


class Programs:
    """A program for each length of document, compiled when the first one comes.

    The machine runs a block of columns at a time, so documents of one length are its rows.
    """

    def __init__(self, shape: Shape, params: Sequence[Value]) -> None:
        self.shape = shape
        self.params = params
        self._of_length: dict[int, Any] = {}

    def of_length(self, positions: int) -> Any:
        if positions not in self._of_length:
            self._of_length[positions] = compile_length(self.shape, self.params, positions)
        return self._of_length[positions]

    def by_length(self, documents: Sequence[Document]) -> list[tuple[Any, Any]]:
        """The documents as a block of columns for each length, with the program to run on it."""
        import numpy as np

        groups: dict[int, list[Document]] = {}
        for document in documents:
            groups.setdefault(len(document) - 1, []).append(document)
        return [
            (self.of_length(positions), np.array(group, float))
            for positions, group in groups.items()
        ]


def mean_over(parts: Sequence[tuple[Any, Any]]) -> tuple[float, Gradient]:
    """The mean loss over all documents, and its gradient."""
    if len(parts) == 1:
        program, block = parts[0]
        return program.value_and_grad(block)  # type: ignore[no-any-return]
    whole = sum(len(block) for _, block in parts)
    value: float = 0.0
    gradient: Any = 0.0
    for program, block in parts:
        part, slopes = program.value_and_grad(block)
        value += part * len(block) / whole
        gradient += slopes * (len(block) / whole)
    return value, gradient


def _read(result: tuple[float, Gradient]) -> tuple[float, list[float]]:
    value, gradient = result
    return value, gradient.tolist()


class _Ours(Peer):
    packages = ("glassgrad", "numba", "llvmlite")

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.params = list(map(Value, self.theta))

    def versions(self) -> dict[str, str]:
        return {name: importlib.metadata.version(name) for name in self.packages}


class Compiled(_Ours):
    """A program for each length."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.programs = Programs(self.shape, self.params)

    def document(self, positions: int) -> Step:
        import numpy as np

        program = self.programs.of_length(positions)
        blocks = [np.array([d], float) for d in self.of_length(positions)]
        return cycle_over(program.value_and_grad, blocks, _read)

    def batch(self, size: int) -> Step:
        return cycle_over(mean_over, list(map(self.programs.by_length, self.batches(size))), _read)

    def compile_loss(self, positions: int) -> dict[str, float]:
        """Seconds to record the loss of so many positions, to compile it, and for a first step."""
        import numpy as np

        start = time.perf_counter()
        tokens = [Value(BOUNDARY, label=f"token{k}") for k in range(positions + 1)]
        recorded = loss(self.shape, self.params, tokens, TOOLS)
        recording = time.perf_counter() - start
        program = autograd.compile(recorded, self.params, tokens)
        compiling = time.perf_counter() - start - recording
        program.value_and_grad(np.array([[BOUNDARY] * (positions + 1)], float))
        return {
            "record": recording, "compile": compiling, "whole": time.perf_counter() - start,
        }  # fmt: skip


class Masked(_Ours):
    """One program for all lengths, with weights that mask what is not there."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._of_length: dict[int, Any] = {}

    def lengths(self) -> list[int]:
        """The positions of the programs, in rising order."""
        return [self.shape.positions]

    def program_for(self, positions: int) -> tuple[int, Any]:
        """The shortest program for so many positions, and its own number of positions."""
        length = next(length for length in self.lengths() if length >= positions)
        if length not in self._of_length:
            self._of_length[length] = compile_masked(self.shape, self.params, length)
        return length, self._of_length[length]

    def document(self, positions: int) -> Step:
        length, program = self.program_for(positions)
        blocks = [padded([d], length) for d in self.of_length(positions)]
        return cycle_over(program.value_and_grad, blocks, _read)

    def batch(self, size: int) -> Step:
        return cycle_over(mean_over, list(map(self.by_program, self.batches(size))), _read)

    def by_program(self, documents: Sequence[Document]) -> list[tuple[Any, Any]]:
        """The documents as a block of columns for each program that they need."""
        groups: dict[int, list[Document]] = {}
        for document in documents:
            length, _ = self.program_for(len(document) - 1)
            groups.setdefault(length, []).append(document)
        return [
            (self._of_length[length], padded(group, length)) for length, group in groups.items()
        ]


class FewMasked(Masked):
    """A few masked programs; each document goes to the shortest that it fits."""

    def lengths(self) -> list[int]:
        """3, 4, 5 and 8 eighths of all positions: of 16, they are 6, 8, 10 and 16."""
        return [-(-self.shape.positions * eighths // 8) for eighths in (3, 4, 5, 8)]


def padded(documents: Sequence[Document], positions: int) -> Any:
    """The documents as a block of columns for a masked program, a row for each."""
    import numpy as np

    from .numpy_by_hand import pad

    tokens, targets, weights = pad(np, documents, positions)
    return np.hstack([tokens, targets[:, -1:], weights])


class Eager(_Ours):
    """The graph of the documents is recorded anew in each step."""

    def document(self, positions: int) -> Step:
        return cycle_over(lambda d: self.compute([d]), self.of_length(positions), _read)

    def batch(self, size: int) -> Step:
        return cycle_over(self.compute, self.batches(size), _read)

    def compute(self, documents: Sequence[Document]) -> tuple[float, Any]:
        import numpy as np

        for p in self.params:
            p.grad = 0.0
        mean = autograd.mean([loss(self.shape, self.params, d, TOOLS) for d in documents])
        mean.backward()
        return mean.data, np.array([p.grad for p in self.params])
