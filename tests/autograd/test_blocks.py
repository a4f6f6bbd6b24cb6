"""Where a mode is in force: threads, tasks, generators, coroutines, copied contexts.

What is right follows from Python's own rules: a context variable belongs to a context (PEP 567),
asyncio copies the context for each task, ``yield from`` passes send, throw and close on (PEP 380),
and a ``with`` statement in a generator is not to affect the generator's caller (PEP 568 describes
the fault). PyTorch's ``no_grad`` treats decorated generators in the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import gc
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from autograd import AnomalyError, Value, detect_anomaly, grad, modes, no_grad, value_and_grad
from autograd.modes import recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator


@pytest.fixture(autouse=True)
def _no_block_is_left_open() -> object:
    yield
    if modes.open_blocks:
        gc.collect()  # what a cycle held
    assert not modes.open_blocks
    assert modes.recording.get()
    assert not modes.watching.get()


def op() -> str:
    """``"*"`` where operations are recorded, ``""`` where they are not."""
    return (Value(2.0) * 3).op


def in_thread(function: Callable[[], Any]) -> Any:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join(10)
    return results[0]


# ── decorated generators ─────────────────────────────────────────────────────────────────────


@no_grad()
def silent(seen: list[str]) -> Generator[str, str | None, str]:
    """Report at every step whether it records."""
    try:
        sent = None
        while sent != "stop":
            try:
                sent = yield op()
            except KeyError:
                seen.append(f"caught {op()!r}")
        return op()
    finally:
        seen.append(f"finally {op()!r}")


def test_a_decorated_generator_records_nothing_and_its_caller_does() -> None:
    seen: list[str] = []
    for step, (said, _) in enumerate(zip(silent(seen), range(3), strict=False)):
        assert (said, op()) == ("", "*"), step
    gc.collect()  # the generator, dropped in the middle
    assert seen == ["finally ''"]


def test_send_throw_return_and_close_reach_the_body_with_the_mode_in_force() -> None:
    seen: list[str] = []
    steps: Any = silent(seen)
    assert (next(steps), steps.send(None), steps.throw(KeyError()), op()) == ("", "", "", "*")
    with pytest.raises(StopIteration) as stop:
        steps.send("stop")
    assert stop.value.value == ""
    assert seen == ["caught ''", "finally ''"]
    steps = silent(seen)
    next(steps)
    steps.close()
    assert seen[2:] == ["finally ''"]
    with pytest.raises(StopIteration):
        next(steps)
    steps = silent(seen)
    next(steps)
    with pytest.raises(ValueError, match="not caught"):
        steps.throw(ValueError("not caught"))
    assert seen[3:] == ["finally ''"]
    assert op() == "*"


def test_a_decorated_generator_that_is_never_started_runs_nothing() -> None:
    seen: list[str] = []
    silent(seen).close()
    assert seen == []


def test_a_decorated_generator_that_will_not_close_is_reported_as_python_does() -> None:
    @no_grad()
    def stubborn() -> Iterator[int]:
        while True:
            try:
                yield 1
            except GeneratorExit:
                yield 2
                return

    steps: Any = stubborn()
    next(steps)
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        steps.close()
    assert list(steps) == []


def test_a_decorated_generator_delegates_and_may_be_delegated_to() -> None:
    def outer() -> Iterator[str]:
        yield op()
        yield from silent([])

    steps: Any = outer()
    assert [next(steps), next(steps), op(), next(steps)] == ["*", "", "*", ""]
    steps.close()


def test_an_error_thrown_into_a_decorated_generator_is_not_kept_alive() -> None:
    class Held(Exception):  # noqa: N818
        pass

    gc.collect()
    gc.disable()
    try:
        steps: Any = silent([])
        next(steps)
        with contextlib.suppress(Held):
            steps.throw(Held())
        del steps
        assert not [thing for thing in gc.get_objects() if type(thing) is Held]
    finally:
        gc.enable()


# ── decorated coroutines and async generators ────────────────────────────────────────────────


async def say() -> str:
    await asyncio.sleep(0)
    return op()


def test_a_decorated_coroutine_records_nothing_even_after_it_waited() -> None:
    @no_grad()
    async def predict() -> list[str]:
        found = [op()]
        await asyncio.sleep(0)
        return [*found, op(), await say(), await asyncio.create_task(say()), await in_a_thread()]

    async def in_a_thread() -> str:
        return await asyncio.to_thread(op)

    async def main() -> None:
        other = asyncio.create_task(say())
        assert await predict() == [""] * 5
        assert [op(), await other] == ["*", "*"]

    asyncio.run(main())


def test_a_decorated_coroutine_driven_by_hand_leaves_its_driver_recording() -> None:
    class Step:
        def __await__(self) -> Generator[str, str, str]:
            return (yield op())

    @no_grad()
    async def two_steps() -> list[Any]:
        return [await Step(), await Step(), op()]

    first, second = two_steps(), two_steps()
    assert [first.send(None), op(), second.send(None), op()] == ["", "*", "", "*"]
    assert [first.send("a"), op(), second.send("b"), op()] == ["", "*", "", "*"]
    second.close()
    with pytest.raises(StopIteration) as stop:
        first.send("c")
    assert stop.value.value == ["a", "c", ""]


def test_a_cancelled_coroutine_cleans_up_with_the_mode_in_force() -> None:
    seen = []

    @no_grad()
    async def wait() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            seen.append(op())

    async def main() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert op() == "*"

    asyncio.run(main())
    assert seen == [""]


@no_grad()
async def silently(seen: list[str]) -> AsyncIterator[Any]:
    try:
        while True:
            await asyncio.sleep(0)
            try:
                seen.append(str((yield op())))
            except KeyError:
                seen.append(f"caught {op()!r}")
            yield [await asyncio.create_task(say())]
    finally:
        await asyncio.sleep(0)
        seen.append(f"finally {op()!r}")


def test_a_decorated_async_generator_records_nothing_and_its_caller_does() -> None:
    seen: list[str] = []

    async def main() -> None:
        steps: Any = silently(seen)
        assert [await anext(steps), op(), await anext(steps), op()] == ["", "*", [""], "*"]
        assert [await anext(steps), await steps.asend("sent")] == ["", [""]]
        assert [await anext(steps), await steps.athrow(KeyError())] == ["", [""]]
        await steps.aclose()
        assert op() == "*"
        async for said in silently(seen):
            assert (said, op()) == ("", "*")
            break
        for _ in range(9):  # the event loop closes it
            await asyncio.sleep(0)

    asyncio.run(main())
    assert seen == ["None", "sent", "caught ''", "finally ''", "finally ''"]


def test_a_decorated_async_generator_ends_and_passes_errors_on() -> None:
    @no_grad()
    async def count() -> AsyncIterator[int]:
        yield 1
        yield 2

    async def main() -> None:
        assert [n async for n in count()] == [1, 2]
        steps: Any = count()
        await anext(steps)
        with pytest.raises(LookupError, match="mine"):
            await steps.athrow(LookupError("mine"))

    asyncio.run(main())


# ── what a decorated function is ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("decorate", [no_grad(), detect_anomaly(), no_grad, detect_anomaly])
def test_a_decorated_function_keeps_its_kind_and_name(decorate: Any) -> None:
    def plain(x: int, *, y: int = 2) -> int:
        """It has a text."""
        return x + y

    def generator() -> Iterator[int]:
        yield 1

    async def coroutine() -> None:
        pass

    async def async_generator() -> AsyncIterator[int]:
        yield 1

    kinds = inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction
    for function in (plain, generator, coroutine, async_generator):
        decorated = decorate(function)
        assert [kind(decorated) for kind in kinds] == [kind(function) for kind in kinds]
        assert decorated.__name__ == function.__name__
        assert decorated.__qualname__ == function.__qualname__
        assert decorated.__doc__ == function.__doc__
        assert decorated.__wrapped__ is function
        assert inspect.signature(decorated) == inspect.signature(function)
    assert decorate(plain)(3, y=4) == 7


def test_methods_partials_and_callable_objects_can_be_decorated() -> None:
    class Model:
        @no_grad()
        def method(self) -> str:
            return op()

        @no_grad()
        @staticmethod
        def static() -> str:
            return op()

        @classmethod
        @no_grad()
        def inner(cls) -> str:
            return cls.__name__ + op()

        @no_grad()
        @classmethod
        def outer(cls) -> str:
            return cls.__name__ + op()

    class Steps:
        def __call__(self) -> Iterator[str]:
            yield op()

    model = Model()
    assert [model.method(), model.static(), Model.static()] == ["", "", ""]
    assert [model.inner(), Model.outer()] == ["Model", "Model"]
    assert list(no_grad(Steps())()) == [""]
    assert list(no_grad(functools.partial(quiet_steps, detect_anomaly))()) == [""] * 3


def test_only_functions_can_be_decorated() -> None:
    class Model:
        pass

    with pytest.raises(
        TypeError, match=r"expected a function to decorate, got the class .*Model; "
    ):
        no_grad()(Model)
    with pytest.raises(
        TypeError,
        match=r"expected a function to decorate, got int: 3; a with statement takes no argument$",
    ):
        detect_anomaly(3)  # type: ignore[call-overload]


def test_a_block_may_be_reused_and_nested_in_itself() -> None:
    block = no_grad()
    for _ in range(2):
        with block:
            assert op() == ""
            with block:
                assert op() == ""
            assert op() == ""
        assert op() == "*"


def test_a_block_may_decorate_a_recursive_function_that_several_threads_run() -> None:
    block = no_grad()

    @block
    def depth(n: int) -> list[str]:
        with block:
            return [*(depth(n - 1) if n else []), op()]

    def run(n: int) -> tuple[list[str], str]:
        return depth(n), op()

    with ThreadPoolExecutor(8) as pool:
        for n, found in enumerate(pool.map(run, range(30))):
            assert found == ([""] * (n + 1), "*")


# ── a block around a yield ───────────────────────────────────────────────────────────────────


def quiet_steps(block: Callable[[], Any] = no_grad) -> Iterator[str]:
    with block():
        yield op()
        yield op()
    yield op()


def test_a_block_around_a_yield_is_in_force_in_the_generator_alone() -> None:
    found = [(said, op()) for said in quiet_steps()]
    assert found == [("", "*"), ("", "*"), ("*", "*")]


def test_interleaved_generators_leave_in_any_order() -> None:
    block = no_grad()
    for make in (no_grad, lambda: block):
        first, second = quiet_steps(make), quiet_steps(make)
        assert [next(first), next(second), op()] == ["", "", "*"]
        assert [next(first), next(first), op()] == ["", "*", "*"]  # the first has left its block
        assert [next(second), next(second), op()] == ["", "*", "*"]
        assert grad((x := Value(3.0)) * x, x) == 6.0


def test_a_generator_that_opened_its_block_before_its_callers_leaves_first() -> None:
    block = no_grad()
    steps = quiet_steps(lambda: block)
    next(steps)
    with block:
        assert [next(steps), op(), next(steps), op()] == ["", "", "", ""]
    assert op() == "*"


def test_generators_within_generators_follow_the_stack() -> None:
    def outer() -> Iterator[str]:
        yield op()
        yield from quiet_steps()
        with no_grad():
            yield from (op() for _ in range(2))
            inner = loud()
            yield next(inner)
            yield op()
            yield next(inner)

    def loud() -> Iterator[str]:
        with recorded():
            yield op()
            yield op()

    assert [(said, op()) for said in outer()] == [
        (said, "*") for said in ("*", "", "", "*", "", "", "*", "", "*")
    ]


def test_the_block_of_an_exit_stack_in_a_generator_is_the_generators() -> None:
    def steps() -> Iterator[str]:
        with contextlib.ExitStack() as stack:
            stack.enter_context(no_grad())
            stack.enter_context(detect_anomaly())
            yield op()
            yield op()
        yield op()

    assert [(said, op(), modes.watching.get()) for said in steps()] == [
        ("", "*", False),
        ("", "*", False),
        ("*", "*", False),
    ]


class Evaluation:
    """A context manager that is a class."""

    def __enter__(self) -> None:
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(no_grad())

    def __exit__(self, *exception: object) -> None:
        self.stack.close()

    async def __aenter__(self) -> None:
        await asyncio.sleep(0)
        self.block = no_grad()
        self.block.__enter__()

    async def __aexit__(self, *exception: object) -> None:
        await asyncio.sleep(0)
        self.block.__exit__(*exception)


def test_a_block_that_a_class_opens_in_enter_is_in_force_in_the_with_statement() -> None:
    with Evaluation():
        assert op() == ""
    assert op() == "*"
    expected = [("", "*"), ("", "*"), ("*", "*")]
    assert [(said, op()) for said in quiet_steps(Evaluation)] == expected
    interleaved = zip(quiet_steps(Evaluation), quiet_steps(Evaluation), strict=True)
    assert [(*said, op()) for said in interleaved] == [
        ("", "", "*"),
        ("", "", "*"),
        ("*", "*", "*"),
    ]

    async def steps() -> AsyncIterator[str]:
        async with Evaluation():
            yield op()
            await asyncio.sleep(0)
            yield op()
        yield op()

    async def consume() -> list[tuple[str, str]]:
        return [(said, op()) async for said in steps()]

    assert asyncio.run(consume()) == expected


@contextlib.contextmanager
def evaluation() -> Iterator[None]:
    with no_grad():
        yield


def test_a_context_manager_made_of_a_generator_works_for_the_code_inside_it() -> None:
    def steps() -> Iterator[str]:
        with evaluation(), contextlib.ExitStack() as stack:
            stack.enter_context(evaluation())
            yield op()
            yield op()

    with evaluation():
        assert op() == ""
        with evaluation():
            assert op() == ""
    assert op() == "*"
    assert [(said, op()) for said in steps()] == [("", "*"), ("", "*")]

    @evaluation()
    def decorated() -> str:
        return op()

    assert [decorated(), op()] == ["", "*"]


def test_an_async_context_manager_made_of_a_generator_works_for_the_code_inside_it() -> None:
    @contextlib.asynccontextmanager
    async def evaluating() -> AsyncIterator[None]:
        await asyncio.sleep(0)
        with no_grad():
            yield

    async def main() -> None:
        async with evaluating():
            assert [op(), await say(), await asyncio.create_task(say())] == ["", "", ""]
        assert op() == "*"

    asyncio.run(main())


@pytest.fixture
def _quiet() -> Iterator[None]:
    with no_grad():
        yield


@pytest.mark.usefixtures("_quiet")
def test_a_fixture_works_for_the_test_that_uses_it() -> None:
    assert op() == ""


def test_an_async_generators_block_is_in_force_in_the_generator_alone() -> None:
    async def steps() -> AsyncIterator[str]:
        with no_grad():
            yield op()
            yield await say()
        yield op()

    async def main() -> None:
        assert [(said, op()) async for said in steps()] == [("", "*"), ("", "*"), ("*", "*")]
        async for _ in steps():
            assert [op(), await asyncio.create_task(say())] == ["*", "*"]
            break
        assert op() == "*"

    asyncio.run(main())


def test_a_generator_may_be_resumed_closed_or_dropped_by_another_thread() -> None:
    steps: Any = quiet_steps()
    assert [next(steps), in_thread(lambda: (next(steps), op())), op()] == ["", ("", "*"), "*"]
    assert [in_thread(lambda: (next(steps), op())), op()] == [("*", "*"), "*"]
    steps = quiet_steps()
    next(steps)
    in_thread(steps.close)
    assert (op(), len(modes.open_blocks)) == ("*", 0)
    holder = [quiet_steps()]
    next(holder[0])
    in_thread(holder.clear)
    assert (op(), len(modes.open_blocks)) == ("*", 0)
    steps = quiet_steps()
    next(steps)
    with pytest.raises(KeyError):
        steps.throw(KeyError())
    assert (op(), len(modes.open_blocks)) == ("*", 0)


def test_detect_anomaly_in_a_generator_watches_the_generator_alone() -> None:
    def steps() -> Iterator[None]:
        with detect_anomaly():
            yield
            Value(-1.0).log()

    generator = steps()
    next(generator)
    assert Value(-1.0).log().op == "log"
    with pytest.raises(AnomalyError):
        next(generator)
    assert Value(-1.0).log().op == "log"

    @detect_anomaly
    async def watched() -> None:
        await asyncio.sleep(0)
        Value(-1.0).log()

    with pytest.raises(AnomalyError):
        asyncio.run(watched())


def test_gradients_computed_in_a_generator_that_does_not_record_are_right() -> None:
    def slopes() -> Iterator[float]:
        with no_grad():
            for x in (1.0, 2.0):
                yield value_and_grad(lambda x: x**3)(x)[1]
                y = Value(x)
                assert (y * y).op == ""

    assert list(slopes()) == [3.0, 12.0]

    def sum_of_squares(x: Value) -> Value:
        return sum((factor * x * x for factor in factors()), Value(0.0))

    def factors() -> Iterator[float]:
        with no_grad():
            for factor in (1.0, 2.0):
                yield (Value(factor) * 1).data

    assert value_and_grad(sum_of_squares)(2.0) == (12.0, 12.0)
    with no_grad():
        assert value_and_grad(sum_of_squares)(2.0) == (12.0, 12.0)


# ── tasks, threads, copied contexts ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("another_thread_has_a_block_open", [False, True])
def test_a_task_keeps_the_mode_it_started_with_whatever_other_threads_do(
    another_thread_has_a_block_open: bool,
) -> None:
    opened, done = threading.Event(), threading.Event()

    def other() -> None:
        with no_grad():
            opened.set()
            done.wait(10)

    async def later(start: asyncio.Event) -> str:
        await start.wait()
        return op()

    async def main() -> None:
        start = asyncio.Event()
        with no_grad():
            inside = asyncio.create_task(later(start))
            await asyncio.sleep(0)
        outside = asyncio.create_task(later(start))
        await asyncio.sleep(0)
        with no_grad():
            start.set()
            assert [await inside, await outside] == ["", "*"]
        assert op() == "*"

    thread = threading.Thread(target=other)
    if another_thread_has_a_block_open:
        thread.start()
        opened.wait(10)
    try:
        asyncio.run(main())
    finally:
        done.set()
        if another_thread_has_a_block_open:
            thread.join()


def test_gathered_tasks_inherit_the_block_and_their_own_blocks_stay_theirs() -> None:
    async def loud() -> list[str]:
        with recorded():
            found = [op()]
            await asyncio.sleep(0)
            found.append(op())
        await asyncio.sleep(0)
        return [*found, op()]

    async def main() -> None:
        with no_grad():
            tasks: Any = await asyncio.gather(loud(), say(), loud())
            assert tasks == [["*", "*", ""], "", ["*", "*", ""]]
            assert op() == ""
        tasks = await asyncio.gather(loud(), say())
        assert tasks == [["*", "*", "*"], "*"]

    asyncio.run(main())


def test_threads_start_outside_and_copied_contexts_inside() -> None:
    with no_grad():
        context = contextvars.copy_context()
        assert [in_thread(op), context.run(op), in_thread(lambda: context.run(op))] == ["*", "", ""]
    assert [op(), context.run(op), in_thread(lambda: context.run(op))] == ["*", "", ""]


def test_a_block_entered_in_one_context_and_left_in_another_has_ended() -> None:
    block, context = no_grad(), contextvars.copy_context()
    context.run(block.__enter__)
    assert [context.run(op), op()] == ["", "*"]
    block.__exit__(None, None, None)
    assert [context.run(op), op()] == ["*", "*"]


def test_a_block_whose_exit_never_runs_ends_with_the_block() -> None:
    with no_grad():
        block = no_grad()
        block.__enter__()
        copied = contextvars.copy_context()
        assert op() == copied.run(op) == ""
        del block  # as when Ctrl-C comes at the first step of __exit__
        assert op() == copied.run(op) == ""
    assert op() == "*"
    lost = detect_anomaly()
    lost.__enter__()
    assert modes.watching.get()
    del lost
    assert not modes.watching.get()


def test_blocks_left_out_of_order_each_end_their_own_mode() -> None:
    first, second, watch = no_grad(), recorded_block(), detect_anomaly()
    first.__enter__()
    second.__enter__()
    watch.__enter__()
    assert [op(), modes.watching.get()] == ["*", True]
    second.__exit__(None, None, None)
    assert [op(), modes.watching.get()] == ["", True]
    first.__exit__(None, None, None)
    assert [op(), modes.watching.get()] == ["*", True]
    watch.__exit__(None, None, None)
    assert [op(), modes.watching.get()] == ["*", False]


def recorded_block() -> Any:
    with no_grad():
        return recorded()
