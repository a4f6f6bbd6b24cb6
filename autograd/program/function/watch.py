"""Watch a function while it records: what it looks at, which lines run, what each line records.

Python's trace hook does it, so an engine that is not being watched knows nothing of this and pays
nothing for it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.blocks import Block
from autograd.comparisons import SYMBOLS
from autograd.engines import native
from autograd.value import Value, record

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EndlessError", "Event", "Line", "Place", "Read", "Recorded", "Test", "Watch"]


class Place(NamedTuple):
    """A line of the user's code."""

    file: str
    line: int


class Line(NamedTuple):
    """A line of the user's code is about to run."""

    place: Place | None


class Test(NamedTuple):
    """A Value was compared: ``left symbol right``.

    Attributes:
        place: the line of the user's code that did it, perhaps by calling a library.
        symbol: such as ``"<"``.
        left, right: Values or numbers.
        numbers: theirs, at the time.
        outcome: the result.
    """

    place: Place | None
    symbol: str
    left: Any
    right: Any
    numbers: tuple[float, float]
    outcome: bool


class Read(NamedTuple):
    """A Value became a plain number.

    Attributes:
        place: the line of the user's code that did it, perhaps by calling a library.
        how: the method or property.
        value, number: the Value and its number.
        directly: whether no library was in between.
    """

    place: Place | None
    how: str
    value: Value
    number: float
    directly: bool


class Recorded(NamedTuple):
    """An operation was recorded."""

    place: Place | None
    value: Value


Event = Line | Test | Read | Recorded

_ENGINE = str(Path(__file__).parents[2]) + os.sep
_PROJECT = str(Path(__file__).parents[3]) + os.sep
_LIBRARIES = (
    _ENGINE, *[f"{_PROJECT}{name}{os.sep}" for name in ("nn", "viz")],
    *[f"{Path(str(library.__file__)).parent}{os.sep}" for library in (os, np)], "<frozen ",
)  # fmt: skip
_TRUSTED = _LIBRARIES[:2]
"""The engine and `nn` read data only to check it, or to show it."""
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_OTHERS = _LIBRARIES[:3] + _LIBRARIES[4:]


def is_users(code: CodeType) -> bool:
    """Whether code belongs to neither this project, nor Python, nor NumPy."""
    file = code.co_filename
    if file == "<string>" and code.co_varnames[:1] == ("_cls",):  # a named tuple is being made
        return False
    if any([part in file for part in _INSTALLED]):  # within Python's own folder, too
        return not file.startswith(_OTHERS)
    return not file.startswith(_LIBRARIES)


def _code_of(function: Any) -> CodeType | None:
    return getattr(function, "__code__", None)


_READS: dict[CodeType | None, str] = {
    _code_of(getattr(vars(Value)["data"], "fget", None)): "data",
    _code_of(getattr(vars(Value)["inputs"], "fget", None)): "inputs",
    _code_of(Value.__float__): "float",
    _code_of(Value.__int__): "int",
    _code_of(Value.__round__): "round",
    _code_of(Value.__format__): "format",
}
# All four comparisons have the same code.
_TEST, _RECORD = _code_of(Value.__lt__), _code_of(record)

SEES_ALL = None not in (*_READS, _TEST, _RECORD)
"""Whether the hook sees all that Values do; not so for an engine written in another language."""


class EndlessError(BaseException):
    """A call takes far longer than the first one did: a loop goes on and on for other data.

    Not an Exception, so that the function does not handle it.
    """

    def __init__(self, place: Place | None) -> None:
        self.place = place


class Watch:
    """One watched call.

    Arguments:
        closely: note lines and operations, too, which takes longer.
        limit: how many calls of functions to allow.
        idle: do not watch at all.

    Attributes:
        calls: how many there were.
        events: what happened, in order.
        names: the names in the user's code that ran.
        constants: the numbers in the code that ran, and in the variables that it refers to.
    """

    def __init__(
        self, *, closely: bool = False, limit: int | None = None, idle: bool = False
    ) -> None:
        self.calls = 0
        self._limit = limit or sys.maxsize
        self.events: list[Event] = []
        self._closely = closely
        self._idle = idle
        self._users: dict[CodeType, bool] = {}
        self._seen: set[CodeType] = set()
        self.constants: list[float] = []
        self.names: set[str] = set()
        self._boundary: FrameType | None = None

    def run(self, function: Callable[[], Any]) -> Any:
        """Call the function and return its result."""
        if self._idle:
            return function()
        before = sys.gettrace()
        self._boundary = sys._getframe()
        try:
            sys.settrace(self._on_call)
            if not (self._closely or native):  # the compiled engine would make no calls to count
                return function()
            with Block("recording", True):  # within a block, `record` records every operation
                return function()
        finally:
            sys.settrace(before)
            self._boundary = None

    def _note_constants(self, frame: FrameType) -> None:
        """Note the numbers in the code of a frame, and in the variables that it refers to."""
        code = frame.f_code
        self.names.update(code.co_names, code.co_freevars)
        outer = [frame.f_globals.get(name) for name in code.co_names]
        inner = [frame.f_locals.get(name) for name in code.co_freevars]
        for thing in (*code.co_consts, *outer, *inner):
            if isinstance(thing, int | float) and not isinstance(thing, bool):
                x = float(min(max(thing, -1e300), 1e300))
                if x not in self.constants and len(self.constants) < 32:
                    self.constants.append(x)

    def _is_users(self, code: CodeType) -> bool:
        known = self._users.get(code)
        if known is None:
            known = self._users[code] = is_users(code)
        return known

    def _place(self, frame: FrameType | None) -> Place | None:
        while frame is not None and frame is not self._boundary:
            if self._is_users(frame.f_code):
                return Place(frame.f_code.co_filename, frame.f_lineno)
            frame = frame.f_back
        return None

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        self.calls += 1
        if self.calls > self._limit:
            raise EndlessError(self._place(frame))
        how = _READS.get(code)
        if how is not None:
            v = frame.f_locals["self"]
            caller = frame.f_back
            if caller is not None and not caller.f_code.co_filename.startswith(_TRUSTED):
                place, directly = self._place(caller), self._is_users(caller.f_code)
                self.events.append(Read(place, how, v, v._datum, directly))
            return None
        if code is _TEST:
            return self._on_test
        if self._is_users(code):
            if code not in self._seen:
                self._seen.add(code)
                self._note_constants(frame)
            return self._on_line if self._closely else None
        return self._on_record if self._closely and code is _RECORD else None

    def _on_line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.events.append(Line(Place(frame.f_code.co_filename, frame.f_lineno)))
        return self._on_line

    def _on_record(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "return" and argument.__class__ is Value:
            self.events.append(Recorded(self._place(frame.f_back), argument))
        return self._on_record

    def _on_test(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "return" and isinstance(argument, bool):
            given = frame.f_locals
            symbol = SYMBOLS[given["function"]]
            left, right = given["self"], given["other"]
            numbers = left._datum, right._datum if isinstance(right, Value) else float(right)
            place = self._place(frame.f_back)
            self.events.append(Test(place, symbol, left, right, numbers, argument))
        return self._on_test
