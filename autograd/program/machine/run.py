"""Run a program that is laid out: allocate memory, bind columns, split rows over threads."""

from __future__ import annotations

import sys
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import interpreter
from .interpreter import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from .layout import Layout

__all__ = ["Machine"]

WORTHWHILE = 20_000_000
"""Work that is worth a thread of its own: rows times words to run for each. Well below 1 ms."""
_NONE, _ARRAY = np.empty(0), np.ndarray


class _Workspace(NamedTuple):
    """What one run needs for itself: memory, and the table of where columns are."""

    memory: NDArray[np.float64]
    table: NDArray[np.int64]


class Machine:
    """A layout that can be run, by several threads at once if need be.

    Arguments:
        layout: the program.
        columns: how many columns a run is given, inputs and outputs.
    """

    def __init__(self, layout: Layout, columns: int) -> None:
        interpreter.load()
        self._layout = layout
        self._words = layout.words
        self._columns = columns
        self._missing = [_NONE] * (3 - columns)
        self._trusting = 0 < columns <= 3
        self._idle: list[_Workspace] = []  # those that no run is using; see `_workspace`

    def run_as_given(
        self, theta: NDArray[np.float64], columns: tuple[Any, ...]
    ) -> NDArray[np.float64] | None:
        """The results, if the columns are what the machine takes as they are; otherwise None.

        Which are the right number of float64 arrays, at most 3, of one length, without gaps. The
        machine finds that out itself, sooner than Python could. But finding that it was given
        others takes it long: after that it is not asked again.
        """
        if len(columns) != self._columns or not self._trusting:
            return None
        for column in columns:
            if column.__class__ is not _ARRAY:  # numba would not see the mask of a masked array
                self._trusting = False
                return None
        workspace = self._workspace()
        memory, table = workspace
        results = np.empty(self._layout.results)
        try:
            ran = interpreter.run(
                self._words, memory, theta, table, *columns, *self._missing, 0, 0, ALL, results
            )
        except Exception:  # numba has many for this; `run` is given what it takes, and checked
            self._trusting = False
            return None
        finally:
            self._idle.append(workspace)
        return results if ran else None

    def run(
        self,
        theta: NDArray[np.float64],
        columns: Sequence[NDArray[np.float64]],
        rows: int,
        threads: int,
    ) -> NDArray[np.float64]:
        """The results, from theta and the columns, of which those after the inputs are written."""
        results = np.empty(self._layout.results)
        workspace = self._workspace()
        placed = [_NONE, _NONE, _NONE]
        for k, column in enumerate(columns):
            if k < 3 and column.flags.carray:
                placed[k] = column
            else:
                interpreter.place(workspace.table, k, column)
        parts = min(threads, rows, rows * len(self._words) // WORTHWHILE) if threads > 1 else 1
        if parts > 1:
            self._run_in_parts(theta, workspace, placed, rows, parts, results)
        else:
            memory, table = workspace
            interpreter.run(self._words, memory, theta, table, *placed, 0, rows, rows, results)
        self._idle.append(workspace)
        return results

    def _workspace(self) -> _Workspace:
        """One that is idle, or a new one. Taking from a list is safe among threads."""
        try:
            return self._idle.pop()
        except IndexError:
            table = np.empty((self._columns, 2), np.int64)
            return _Workspace(self._layout.memory(), table)

    def _run_in_parts(
        self,
        theta: NDArray[np.float64],
        workspace: _Workspace,
        placed: Sequence[NDArray[np.float64]],
        rows: int,
        parts: int,
        results: NDArray[np.float64],
    ) -> None:
        """Each thread sums over its own part of the rows; then the sums are added up."""
        words, table = self._words, workspace.table
        spaces = [workspace, *[self._workspace() for _ in range(parts - 1)]]
        runs = []
        for k, space in enumerate(spaces):
            np.copyto(space.table, table)
            start, stop = rows * k // parts, rows * (k + 1) // parts
            run = partial(interpreter.run, words, space.memory, theta, space.table, *placed)
            runs.append(partial(run, start, stop, 0, results))
        _run_all(runs)
        sums = self._layout.sums
        with np.errstate(all="ignore"):  # inf and nan are results like others, as in one thread
            for space in spaces[1:]:
                workspace.memory[sums] += space.memory[sums]
        interpreter.run(
            words, workspace.memory, theta, table, _NONE, _NONE, _NONE, 0, 0, rows, results
        )
        self._idle += spaces[1:]


def _run_all(runs: Sequence[Callable[[], object]]) -> None:
    """Make all these runs, each in a thread of its own; the last in this one.

    Where the system gives no further thread, at its limit or while Python exits, this one makes
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
