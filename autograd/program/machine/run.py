"""Run a laid-out program: allocate memory, bind columns, split rows over threads."""

from __future__ import annotations

import sys
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from . import interpreter
from .interpreter import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from .layout import Layout

__all__ = ["Columns", "Machine"]

Columns: TypeAlias = "Sequence[NDArray[np.float64]] | NDArray[np.float64]"
"""A program's columns; an array has one in each row, and is bound at once."""

WORTHWHILE = 20_000_000
"""The least work that is worth another thread, in rows times words of bytecode: well below 1 ms."""
_NONE, _ARRAY = np.empty(0), np.ndarray


class _Workspace(NamedTuple):
    """What each run needs for itself: memory, and the table of the columns' addresses."""

    memory: NDArray[np.float64]
    table: NDArray[np.int64]


class Machine:
    """A program in memory, ready to run; several threads may run it at once.

    Arguments:
        layout: the program.
        columns: how many columns a run takes, inputs and outputs together.
    """

    def __init__(self, layout: Layout, columns: int) -> None:
        interpreter.load()
        self._layout = layout
        self._columns = columns
        self._missing = [_NONE] * (3 - columns)
        self._trusting = 0 < columns <= 3
        self._idle: list[_Workspace] = []  # workspaces that no run is using

    def run_directly(
        self, theta: NDArray[np.float64], columns: tuple[Any, ...]
    ) -> NDArray[np.float64] | None:
        """Compute the results if the columns need no conversion; otherwise return None.

        They need none if they are the right number of contiguous float64 arrays, at most 3, of the
        same length. Numba checks that faster than Python could, but is slow to reject others. So
        after the first rejection this method always returns None.
        """
        if len(columns) != self._columns or not self._trusting:
            return None
        for column in columns:
            if column.__class__ is not _ARRAY:  # numba would ignore the mask of a masked array
                self._trusting = False
                return None
        workspace = self._workspace()
        memory, table = workspace
        results = np.empty(self._layout.results)
        try:
            bytecode = self._layout.bytecode(len(columns[0]))
            ran = interpreter.run(
                bytecode, memory, theta, table, *columns, *self._missing, 0, 0, ALL, results
            )
        except Exception:  # numba raises several types; `run` gets checked columns instead
            self._trusting = False
            return None
        finally:
            self._idle.append(workspace)
        return results if ran else None

    def run(
        self,
        theta: NDArray[np.float64],
        columns: Columns,
        rows: int,
        threads: int,
        outputs: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Compute the results, and the outputs for each row.

        Arguments:
            theta: the parameters.
            columns: one for each input.
            rows: how many numbers each of them has.
            threads: how many threads to share the rows among.
            outputs: an array to fill, with a row for each output, unless they are results.
        """
        results = np.empty(self._layout.results)
        workspace = self._workspace()
        bound = [_NONE, _NONE, _NONE]
        if columns.__class__ is _ARRAY:
            interpreter.bind_block(workspace.table, columns)
            if outputs is not None:
                interpreter.bind_block(workspace.table[len(columns) :], outputs)
        else:
            for k, column in enumerate(columns if outputs is None else (*columns, *outputs)):
                if k < 3 and column.flags.carray:
                    bound[k] = column
                else:
                    interpreter.bind_column(workspace.table, k, column)
        bytecode = self._layout.bytecode(rows)
        parts = min(threads, rows, rows * len(bytecode) // WORTHWHILE) if threads > 1 else 1
        if parts > 1:
            self._run_in_parts(theta, workspace, bound, rows, parts, results)
        else:
            memory, table = workspace
            interpreter.run(bytecode, memory, theta, table, *bound, 0, rows, rows, results)
        self._idle.append(workspace)
        return results

    def _workspace(self) -> _Workspace:
        """An idle workspace, or a new one. Threads can safely pop from the same list."""
        try:
            return self._idle.pop()
        except IndexError:
            table = np.empty((self._columns, 2), np.int64)
            return _Workspace(self._layout.memory(), table)

    def _run_in_parts(
        self,
        theta: NDArray[np.float64],
        workspace: _Workspace,
        bound: Sequence[NDArray[np.float64]],
        rows: int,
        parts: int,
        results: NDArray[np.float64],
    ) -> None:
        """Let each thread sum over its own part of the rows, then add up the sums."""
        bytecode, table = self._layout.bytecode(rows), workspace.table
        spaces = [workspace, *[self._workspace() for _ in range(parts - 1)]]
        runs = []
        for k, space in enumerate(spaces):
            np.copyto(space.table, table)
            start, stop = rows * k // parts, rows * (k + 1) // parts
            run = partial(interpreter.run, bytecode, space.memory, theta, space.table, *bound)
            runs.append(partial(run, start, stop, 0, results))
        _run_all(runs)
        sums = self._layout.sums
        with np.errstate(all="ignore"):  # inf and nan are valid results, as in one thread
            for space in spaces[1:]:
                workspace.memory[sums] += space.memory[sums]
        interpreter.run(
            bytecode, workspace.memory, theta, table, _NONE, _NONE, _NONE, 0, 0, rows, results
        )
        self._idle += spaces[1:]


def _run_all(runs: Sequence[Callable[[], object]]) -> None:
    """Do each run in its own thread, and the last one in this thread.

    If no further thread can start, at the system's limit or while Python exits, this thread does
    the run instead.
    """
    threads = []
    for run in runs[:-1]:
        thread = Thread(target=run)
        try:
            if sys.is_finalizing():  # a thread started now would never run
                raise RuntimeError
            thread.start()
        except RuntimeError:
            run()
        else:
            threads.append(thread)
    runs[-1]()
    for thread in threads:
        thread.join()
