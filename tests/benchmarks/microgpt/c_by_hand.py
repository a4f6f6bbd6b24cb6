"""The model in C99 with gradients by hand: ``by_hand.c``, compiled for this processor and shape.

The flags are those with which it is fastest: ``-ffast-math`` lets the compiler reorder sums, and so
use vectors. Ours are not reordered. Results agree to ten digits all the same.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from array import array
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .setup import Document, Peer, Setup, cycle_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.worker import Step

    from .model import Shape

__all__ = ["FLAGS", "CByHand"]

FLAGS = ("-std=c99", "-O3", "-march=native", "-ffast-math")


class CByHand(Peer):
    """``cc`` with `FLAGS`; a step is one call through ctypes, whose arguments exist before it."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._theta = array("d", self.theta)
        self._gradient = array("d", bytes(8 * len(self.theta)))
        self._batch = _build(self.shape)

    def versions(self) -> dict[str, str]:
        run = subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True, check=True)
        return {"cc": f"{run.stdout.strip()} {' '.join(FLAGS)}"}

    def document(self, positions: int) -> Step:
        documents = [self._arguments([d]) for d in self.of_length(positions)]
        return cycle_over(lambda given: self._batch(*given), documents, self._read)

    def batch(self, size: int) -> Step:
        batches = list(map(self._arguments, self.batches(size)))
        return cycle_over(lambda given: self._batch(*given), batches, self._read)

    def _arguments(self, documents: Sequence[Document]) -> tuple[Any, ...]:
        tokens = array("l", chain.from_iterable(documents))
        lengths = array("l", map(len, documents))
        return (
            _pointer(self._theta, ctypes.c_double), _pointer(tokens, ctypes.c_long),
            _pointer(lengths, ctypes.c_long), ctypes.c_long(len(documents)),
            _pointer(self._gradient, ctypes.c_double), ctypes.c_long(len(self.theta)),
        )  # fmt: skip

    def _read(self, value: float) -> tuple[float, list[float]]:
        return value, self._gradient.tolist()


def _pointer(numbers: array[Any], kind: Any) -> Any:
    return (kind * len(numbers)).from_buffer(numbers)  # keeps the array alive


def _build(shape: Shape) -> Any:
    source = Path(__file__).with_name("by_hand.c")
    sizes = [f"-D{name.upper()}={size}" for name, size in shape._asdict().items()]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "by_hand.so"
        command = ["cc", *FLAGS, *sizes, "-shared", "-fPIC"]
        command += ["-o", str(library), str(source), "-lm"]
        subprocess.run(command, check=True)
        function = ctypes.CDLL(str(library)).batch
    function.restype = ctypes.c_double
    return function
