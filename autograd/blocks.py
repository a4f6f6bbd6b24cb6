"""Blocks that put a mode in force, and the rules for where it applies. `modes` is built on them.

A block is a ``with`` statement or a decorated function. Its mode is in force in the code inside
it, in the functions called from there, and in asyncio tasks and `asyncio.to_thread` calls started
there, which keep the mode they started with. Other threads and tasks are not affected.

A block that a generator opens around a ``yield`` needs care, because the generator's caller runs
in between. Python gives generators no context of their own, so such a block is tied to the
generator's frame: the mode is in force only while the generator itself runs.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Generator, Iterable
from contextvars import ContextVar
from functools import lru_cache, partial, wraps
from itertools import count
from types import FrameType
from typing import Any, NamedTuple, TypeVar, cast
from weakref import ref

__all__ = ["Block", "Modes", "Switch", "in_force", "open_blocks"]

Function = TypeVar("Function", bound=Callable[..., Any])


class Modes(NamedTuple):
    """The modes that an operation checks.

    Attributes:
        recording: whether gradients flow through results; not in `no_grad`.
        watching: whether the first nan or inf raises an error.
        level: the innermost function that is being differentiated here (see `levels`), or None.
    """

    recording: bool = True
    watching: bool = False
    level: Any = None


class _Opening:
    """One entry into a block.

    Attributes:
        holder: a weak reference to the block, which the ``with`` statement keeps alive. If Ctrl-C
            arrives at a moment when ``__exit__`` cannot run, the mode ends with the block. None
            after a proper exit: tasks that were started within the block keep the mode.
        mode, on: the mode and its setting.
        frame: the frame of the generator that opened it, or None.
        number: how many were opened before it; the latest one wins.
    """

    __slots__ = ("__weakref__", "frame", "holder", "mode", "number", "on")

    def __init__(self, block: Block, frame: FrameType | None) -> None:
        self.holder: ref[Block] | None = ref(block, _orphaned.add)
        hash(self.holder)  # a weak reference can be put into a set later if it was hashed in time
        self.mode = block._mode
        self.on = block._on
        self.frame = frame
        self.number = next(_numbers)


_numbers = count()

# The openings that are alive, in all contexts. An operation checks this one global. Only if it is
# not empty does the operation call `in_force`, which is slower. The references are weak, with
# `discard` as their callback: an opening stays in the set as long as any context may still hold it,
# for example that of a task started within the block.
open_blocks: set[ref[_Opening]] = set()
_in_generators: set[ref[_Opening]] = set()  # those tied to a frame
_orphaned: set[ref[Block]] = set()  # holders of openings that no exit will close

# The openings of this context, in order, and the modes that follow from them.
_context: ContextVar[tuple[Modes, tuple[_Opening, ...]]] = ContextVar(
    "open blocks", default=(Modes(), ())
)

# These run a generator up to its yield to set something up for the code that follows. A block in
# such a generator is in force in that code, as if it were written there.
_CONTEXT_MANAGERS = ("contextlib", "contextlib2", "_pytest.fixtures")

# A context manager that is a class may open a block in its ``__enter__``, for its user's code.
_METHODS_OF_WITH = ("__enter__", "__exit__", "__aenter__", "__aexit__")


def in_force() -> Modes:
    """The modes in force where this is called."""
    if _orphaned:
        _drop_orphans()
    modes, openings = _context.get()
    if _in_generators and (running := _tied_to_the_stack()):
        return _combine(sorted((*openings, *running), key=lambda opening: opening.number))
    return modes


class Switch:
    """One of the modes; ``recording.get()`` says whether it is in force."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self) -> bool:
        """Whether the mode is in force where this is called."""
        return bool(getattr(in_force(), self._name))


def _combine(openings: Iterable[_Opening]) -> Modes:
    modes = Modes()
    for opening in openings:
        modes = _changed(modes, opening.mode, opening.on)
    return modes


@lru_cache(64)
def _changed(modes: Modes, mode: str, on: Any) -> Modes:
    if mode == "level":  # a function that is differentiated records, even inside no_grad
        return modes._replace(recording=True, level=on)
    return modes._replace(**{mode: on})


def _drop_orphans() -> None:
    openings = _context.get()[1]
    if any(opening.holder in _orphaned for opening in openings):
        openings = tuple(opening for opening in openings if opening.holder not in _orphaned)
        _context.set((_combine(openings), openings))
    orphans = _orphaned.copy()
    held = {opening.holder for r in open_blocks.copy() if (opening := r()) is not None}
    for holder in orphans - held:  # no context holds its opening any more
        _orphaned.discard(holder)


def _tied_to_the_stack() -> list[_Opening]:
    """The openings whose generators are running here."""
    openings = [opening for r in _in_generators.copy() if (opening := r()) is not None]
    wanted, running = {opening.frame for opening in openings}, set()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame in wanted:
            running.add(frame)
        frame = frame.f_back
    return [opening for opening in openings if opening.frame in running]


def _generator_around(frame: FrameType | None) -> FrameType | None:
    """The frame, if it belongs to a generator that yields to a consumer; otherwise None."""
    while frame is not None:
        yields = frame.f_code.co_flags & (_CO_GENERATOR | _CO_ASYNC_GENERATOR)
        passing = frame.f_code.co_name in _METHODS_OF_WITH or _manages_contexts(frame)
        if passing or (yields and _manages_contexts(frame.f_back)):
            frame = frame.f_back
        else:
            return frame if yields else None
    return None


_CO_GENERATOR, _CO_ASYNC_GENERATOR = 0x20, 0x200  # as in `inspect`, which is slow to import


def _manages_contexts(frame: FrameType | None) -> bool:
    return frame is not None and frame.f_globals.get("__name__") in _CONTEXT_MANAGERS


class Block:
    """A setting of a mode, in force within ``with block: …`` or a function decorated ``@block``.

    A block may be reused, nested in itself, and shared by threads.

    Arguments:
        mode: the name of the mode.
        on: its setting.
    """

    __slots__ = ("__weakref__", "_mode", "_on", "_openings")

    def __init__(self, mode: str, on: Any) -> None:
        self._mode = mode
        self._on = on
        self._openings: list[_Opening] = []

    def __enter__(self) -> None:
        opening = _Opening(self, _generator_around(sys._getframe(1)))
        self._openings.append(opening)
        open_blocks.add(ref(opening, open_blocks.discard))
        if opening.frame is None:
            modes, openings = _context.get()
            _context.set((_changed(modes, self._mode, self._on), (*openings, opening)))
        else:
            _in_generators.add(ref(opening, _in_generators.discard))

    def __exit__(self, *exception: object) -> None:
        in_context = _context.get()[1]
        opening = self._latest(in_context, _generator_around(sys._getframe(1)))
        if opening in in_context:
            left = tuple([o for o in in_context if o is not opening])
            _context.set((_combine(left), left))
            opening.holder = None
        elif opening.frame is None and opening.holder is not None:
            _orphaned.add(opening.holder)
        self._openings.remove(opening)

    def _latest(self, in_context: tuple[_Opening, ...], frame: FrameType | None) -> _Opening:
        """The latest opening of this block in this context, or in this generator."""
        openings = tuple(self._openings)
        if len(openings) > 1:
            here = [o for o in openings if (o.frame is frame if frame else o in in_context)]
            # A generator may be closed elsewhere: the garbage collector does it in any thread.
            openings = tuple(here) or openings
        return openings[-1]

    def __call__(self, function: Function) -> Function:
        """Wrap a function, so that the modes are in force while its body runs.

        A generator, coroutine or async generator stays one. The modes are in force whenever its
        body runs, but not while it waits or has yielded.
        """
        if isinstance(function, staticmethod | classmethod):
            return type(function)(self(function.__func__))
        if isinstance(function, type) or not callable(function):
            if isinstance(function, type):
                got = f"the class {function.__qualname__}; decorate its methods"
            else:
                got = f"{type(function).__qualname__}: {function!r:.60}"
                got += "; a with statement takes no argument"
            raise TypeError(f"expected a function to decorate, got {got}")
        decorated = _decorate(function, partial(Block, self._mode, self._on))
        return cast("Function", wraps(function)(decorated))


# ── decorated functions ──────────────────────────────────────────────────────────────────────


def _decorate(function: Any, block: Callable[[], Block]) -> Any:
    import inspect  # slow to import, and needed only here

    def is_a(kind: Callable[[object], bool]) -> bool:
        return kind(function) or kind(getattr(function, "__call__", None))  # noqa: B004

    if is_a(inspect.isgeneratorfunction):

        def generator(*args: Any, **kwargs: Any) -> Any:
            return (yield from _resume(block, function(*args, **kwargs)))

        return generator

    if is_a(inspect.iscoroutinefunction):

        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            return await _wait(block, function(*args, **kwargs))

        return coroutine

    if is_a(inspect.isasyncgenfunction):

        async def async_generator(*args: Any, **kwargs: Any) -> Any:
            values = function(*args, **kwargs)
            step, given = values.asend, None
            while True:
                try:
                    value = await _wait(block, step(given))
                except StopAsyncIteration:
                    return
                finally:
                    given = None
                try:
                    step, given = values.asend, (yield value)
                except BaseException as error:  # also GeneratorExit: the body decides what follows
                    step, given = values.athrow, error

        return async_generator

    def plain(*args: Any, **kwargs: Any) -> Any:
        with block():
            return function(*args, **kwargs)

    return plain


def _resume(block: Callable[[], Block], steps: Any) -> Generator[Any, Any, Any]:
    """``yield from steps``, spelt out with a block around each step.

    Arguments:
        block: makes a block.
        steps: a generator, or the iterator of an awaitable.
    """
    step, given = steps.send, None
    while True:
        try:
            yielded = _run(block, step, given)
        except StopIteration as stop:
            return stop.value
        finally:
            given = None  # an error thrown in refers to this frame: avoid a cycle
        try:
            step, given = steps.send, (yield yielded)
        except BaseException as error:  # also GeneratorExit: `steps` decides whether to stop
            step, given = steps.throw, error


def _run(block: Callable[[], Block], step: Callable[[Any], Any], given: Any) -> Any:
    # A separate function, so that the block is not tied to a generator's frame: tasks that the body
    # starts inherit the mode.
    with block():
        try:
            return step(given)
        finally:
            del given


@types.coroutine
def _wait(block: Callable[[], Block], awaitable: Any) -> Generator[Any, Any, Any]:
    return (yield from _resume(block, awaitable.__await__()))
