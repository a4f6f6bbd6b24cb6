"""What the functions that differentiate a function share: its arguments, its results, its graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from . import graph, modes, ops
from ._numbers import as_float
from .console import printable
from .given import Node
from .levels import Level, Recording, dual_of
from .trees import as_leaf, flatten, like
from .value import Value, record

__all__ = [
    "as_arguments", "as_list", "as_new_values", "as_result", "as_seeds", "check_function",
    "check_nodes", "check_recorded", "gradients", "keeping", "keeps_graph", "leaves_of",
    "number_of", "record_call", "recording_a_call", "replay", "run_inside",
]  # fmt: skip


# ── arguments and results ────────────────────────────────────────────────────────────────────


def check_function(f: Any, name: str) -> None:
    """Raise a TypeError that says what to write if f is not a function."""
    if callable(f):
        return
    got = f"{type(f).__qualname__}: {f!r:.60}"
    advice = "pass the function itself, not what it returned"
    if isinstance(f, Value):
        advice += ", or call grad(y, [x1, x2, ...]) for a Value that is there already"
    raise TypeError(printable(f"{name} expects a function, got {got}; {advice}"))


def as_arguments(f: Callable[..., Any], xs: Any) -> tuple[Any, ...]:
    """The arguments that xs stand for: ``f(*xs)`` for a tuple, otherwise ``f(xs)``.

    The signature of f has the last word. A tuple is a single argument if f takes just one (and the
    tuple is not one of one), and a list holds all arguments if f needs as many.
    """
    if not isinstance(xs, list | tuple) or hasattr(xs, "_fields"):
        return (xs,)
    together, apart = _accepts(f, 1), _accepts(f, len(xs))
    if isinstance(xs, tuple):
        return (xs,) if together and apart is False else tuple(xs)
    return tuple(xs) if apart and together is False else (xs,)


def _accepts(f: Callable[..., Any], n: int) -> bool | None:
    """Whether f can be called with n arguments; None if that cannot be known."""
    import inspect  # slow to import, and needed only here

    try:
        inspect.signature(f).bind(*(None,) * n)
    except TypeError:
        return False
    except ValueError:  # it is built in, and has no signature
        return None
    return True


def as_list(xs: Any) -> Any:
    """An iterable that is no container, such as a generator, as a list; the rest unchanged."""
    known = isinstance(xs, str | bytes | list | tuple | Mapping | Value)
    return list(xs) if not known and isinstance(xs, Iterable) and not hasattr(xs, "shape") else xs


def leaves_of(result: Any, f: Callable[..., Any], name: str) -> list[Any]:
    """The Values and numbers in what f returned.

    Raises:
        TypeError: it returned something else.
    """
    called = getattr(f, "__name__", None) or repr(f)

    def check(leaf: Any, path: str) -> Any:
        try:
            return as_leaf(leaf, path)
        except TypeError:
            raise TypeError(
                f"{name} expects a function that returns Values, got {type(leaf).__qualname__} as "
                f"{path.replace('result', 'the result', 1)} of {called!r}"
                f"{'; is a return statement missing?' if result is None else ''}"
            ) from None

    return flatten(result, "result", check)


def as_result(result: Any, f: Callable[..., Any], name: str) -> Value | float:
    """What f returned, a Value or a number as a float; a TypeError if it is neither."""
    try:
        return as_leaf(result, "")
    except TypeError:
        many = hasattr(result, "__len__") and not isinstance(result, str)
        advice = "; is a return statement missing?" if result is None else "; return one Value"
        raise TypeError(
            f"{name} expects a function that returns a Value, got "
            f"{type(result).__qualname__} from {getattr(f, '__name__', f)!r}"
            f"{advice}{', or use vjp(f, xs) for several results' if many else ''}"
        ) from None


def number_of(leaf: Any) -> float:
    """The data of a Value, or a number as a float."""
    return leaf._datum if leaf.__class__ is Value else as_float(leaf)


# ── floats, or Values that can be differentiated again ───────────────────────────────────────


def keeps_graph(create_graph: bool | None) -> bool:
    """Whether results are Values: as asked for, or if a function is being recorded here.

    That is so while a function is being differentiated or compiled.
    """
    if create_graph is None:
        return _recording_a_call.get() or _level() is not None
    return create_graph


def _level() -> Level | None:
    return modes.in_force().level if modes.open_blocks else None


_recording_a_call: ContextVar[bool] = ContextVar("recording a call", default=False)
"""Whether a function is being recorded outside of all levels. Its operations are as fast as any."""


def keeping(create_graph: bool | None) -> AbstractContextManager[None]:
    """A block around the computation of such Values: ``create_graph=True`` overrules `no_grad`."""
    return modes.recorded() if create_graph else nullcontext()


def check_recorded(y: Value, name: str) -> None:
    """Raise RuntimeError if y was computed, but not recorded: all its gradients would be 0."""
    if y.operation is not None or (held := getattr(y, "_a", None)) is None:
        return
    if dual_of(y) is None:
        raise RuntimeError(
            f"{name} found no graph: the value was computed by {held.symbol!r} within no_grad(), "
            "which records nothing. Compute it outside the block."
        )
    raise RuntimeError(
        f"{name} found no graph: jvp, in which the value was computed, records none. Use "
        "value_and_grad(f)(x) instead; jvp can differentiate that."
    )


# ── running a function, and differentiating what it recorded ─────────────────────────────────


def run_inside(level: Level, f: Callable[..., Any], arguments: Iterable[Any]) -> Any:
    """``f(*arguments)`` with the level in force."""
    try:
        with level.block():
            return f(*arguments)
    finally:
        level.alive = False


def record_call(
    f: Callable[..., Any], arguments: tuple[Any, ...], given: Sequence[Any]
) -> tuple[list[Value], Any]:
    """Call f with leaves of its own in place of the numbers and Values that were given.

    Returns:
        The leaves, and what f returned.
    """
    leaves = [
        Value(x._datum, x._label, role=x.role) if x.__class__ is Value else Value(x) for x in given
    ]
    inputs = like(arguments, leaves)
    if _level() is not None:
        return leaves, run_inside(Recording(modes.in_force()), f, inputs)
    with recording_a_call(), modes.recorded():
        return leaves, f(*inputs)


@contextmanager
def recording_a_call() -> Iterator[None]:
    """A block in which derivatives are Values, unless `create_graph` says otherwise."""
    around = _recording_a_call.get()
    try:
        _recording_a_call.set(True)
        yield
    finally:
        _recording_a_call.set(around)


def as_seeds(ys: Iterable[Any], cotangents: Iterable[Any]) -> dict[Value, Any]:
    """Where a backward pass over several results starts. One whose cotangent is 0 takes no part.

    So a slope of inf there does not make the sum nan.
    """
    seeds: dict[Value, Any] = {}
    for y, gradient in zip(ys, cotangents, strict=True):
        if y.__class__ is Value and (gradient.__class__ is Value or gradient):
            seeds[y] = graph.symbolic_sum(seeds.get(y, 0.0), gradient)
    return seeds


def gradients(
    seeds: Mapping[Value, Any],
    xs: Iterable[Value],
    *,
    symbolic: bool = False,
    stand_ins: Mapping[Any, Value] | None = None,
) -> list[Any]:
    """The gradients of ``Σ seed · y`` by xs, floats or Values."""
    xs = list(xs)
    found: dict[Value, Any] = dict(seeds)
    wanted = set(xs)
    watched = bool(modes.open_blocks) and modes.watching.get() and not symbolic
    steps = graph.backward(seeds, symbolic=symbolic, stand_ins=stand_ins or {})
    for v, operand, _, gradient, amount, total in steps:
        if watched:
            modes.check_backward(v, operand, gradient, amount, total)
        if operand in wanted:
            found[operand] = total
    return [found.get(x, 0.0) for x in xs]


def as_new_values(numbers: Iterable[Any], old: set[Value]) -> list[Any]:
    """The numbers as new Values: ∂(a·b)/∂a is b, but must not change when b is edited."""
    return [
        record(ops.ADD, (x,)) if x in old else x if x.__class__ is Value else Value(x)
        for x in numbers
    ]


def check_nodes(order: Iterable[Value]) -> None:
    """Raise ValueError if a graph has a `node`: nothing says how its derivatives change."""
    for v in order:
        if isinstance(v.operation, Node):
            raise ValueError(
                f"the node {v.operation.name!r} has derivatives at one point, and no formula for "
                "them elsewhere, so its gradient cannot be differentiated again here. Compute it "
                "with operations, or record it and call grad(y, xs, create_graph=True)."
            )


def replay(
    roots: Iterable[Value], leaves: Iterable[Value], given: Iterable[Any]
) -> dict[Any, Value]:
    """Compute a recorded graph again, from the Values that were given in place of its leaves.

    The backward pass then runs on the results (as its ``stand_ins``), so that gradients depend on
    what was given, too: they are recorded from it, or carry its tangents.

    Returns:
        For each leaf and each value of the graph that depends on such a Value: what it is now.
    """
    found: dict[Any, Value] = {
        leaf: x for leaf, x in zip(leaves, given, strict=True) if x.__class__ is Value
    }
    order = graph.interior(*roots)
    check_nodes(order)
    for v in order:
        assert v.operation is not None
        if any([p in found or dual_of(p) is not None for p in v.operands]):  # noqa: C419
            again = record(v.operation, tuple([found.get(p, p) for p in v.operands]))
            again._label = v._label
            found[v] = again
    return found
