"""Forward mode: `jvp`, and `hvp`, which applies it to a gradient.

Derivatives travel with the numbers, from the inputs to the results: each operation computes its
result and its tangent, with the derivatives of the same table. No graph is kept, so memory does not
grow with the length of a computation. `levels` has how that works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import calls, graph, modes
from .differentiate import value_and_grad
from .levels import Forward, dual_of, make_dual
from .modes import Modes
from .sweeps import hessian_times
from .trees import flatten, flatten_like, like
from .value import Value

__all__ = ["hvp", "jvp"]


def jvp(
    f: Callable[..., Any], xs: Any, vs: Any, *, create_graph: bool | None = None
) -> tuple[Any, Any]:
    """The value of f at xs, and its derivative in the direction vs: ``Σⱼ ∂yᵢ/∂xⱼ · vⱼ``.

    This is forward mode (a Jacobian-vector product): the derivative is computed beside the value,
    and no graph is kept. Memory does not grow with the number of operations, and the time is a
    small multiple of that of f, however many results f has. An input whose v is exactly 0 is a
    constant here, even where its slope is infinite.

    Within `no_grad` in f, derivatives stop, as they do in the backward pass. `backward` and
    ``grad(y, x)`` need a graph, so they raise a RuntimeError in f; ``value_and_grad(g)(x)`` and
    `vjp` work, and are differentiated in turn.

    Arguments:
        f: takes Values, or containers of them, and returns a Value or a container of them.
        xs: a tuple of f's arguments, or its only argument: numbers or Values, nested in any way.
            (A list, too, is taken as all arguments if f needs as many.)
        vs: the direction: numbers or Values, in the shape of xs.
        create_graph: give Values, whose graph leads back to the Values among xs and vs, instead of
            floats. This is the default within a function that is being differentiated.

    Returns:
        ``(value, tangent)``, both in the shape of f's result.

    Raises:
        TypeError, ValueError: xs hold something other than numbers, or vs have another shape. The
            message names the place: ``vs["w"][2]``.

    >>> from autograd import jvp
    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    >>> jvp(lambda p: {"area": p[0] * p[1], "side": p[0]}, [3.0, 4.0], [1.0, 0.5])
    ({'area': 12.0, 'side': 3.0}, {'area': 5.5, 'side': 1.0})
    """
    calls.check_function(f, "jvp")
    arguments = calls.as_arguments(f, xs)
    given = flatten(xs, "xs")
    direction = flatten_like(xs, vs, "vs", "xs")
    if not calls.keeps_graph(create_graph):
        level = Forward(Modes(recording=False))
        numbers = map(calls.number_of, given)
        inputs = _inputs(level, given, list(numbers), list(map(calls.number_of, direction)))
        result = calls.run_inside(level, f, like(arguments, inputs))
        ys = calls.leaves_of(result, f, "jvp")
        tangents = [calls.number_of(_parts(level, y)[1]) for y in ys]
        return like(result, map(calls.number_of, ys)), like(result, tangents)
    with calls.keeping(create_graph):
        level = Forward(modes.in_force())
        inputs = _inputs(level, given, given, direction)
        result = calls.run_inside(level, f, like(arguments, inputs))
        pairs = [_parts(level, y) for y in calls.leaves_of(result, f, "jvp")]
        old = {v for v in (*given, *direction) if v.__class__ is Value}
        values = calls.as_new_values([primal for primal, _ in pairs], old)
        tangents = calls.as_new_values([tangent for _, tangent in pairs], old)
    return like(result, values), like(result, tangents)


def _inputs(
    level: Forward, given: Sequence[Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> list[Value]:
    """The Values to call the function with."""
    inputs = []
    for x, primal, tangent in zip(given, primals, tangents, strict=True):
        varies = tangent.__class__ is Value or tangent != 0.0
        v = make_dual(level, None, primal, tangent if varies else None)
        if x.__class__ is Value:
            v._label, v._mark = x._label, x.role or None
        inputs.append(v)
    return inputs


def _parts(level: Forward, y: Any) -> tuple[Any, Any]:
    """The primal and the tangent of a result."""
    dual = dual_of(y)
    while dual is not None and dual.level is not level and not dual.level.alive:
        y = dual.primal  # it escaped from a function that has returned
        dual = dual_of(y)
    if dual is None or dual.level is not level:
        return y, 0.0
    return dual.primal, 0.0 if dual.tangent is None else dual.tangent


def hvp(f: Callable[..., Any], xs: Any, vs: Any, *, create_graph: bool | None = None) -> Any:
    """The Hessian of f at xs times the vector vs: ``Σⱼ ∂²y/∂xᵢ∂xⱼ · vⱼ``, in the shape of xs.

    It takes about twice as long as the gradient, whatever the number of inputs; the matrix is never
    made. It is forward mode over reverse mode: the gradient's derivative in the direction
    vs (see `sweeps`).

    Arguments:
        f: takes Values, or containers of them, and returns a Value.
        xs, vs, create_graph: as in `jvp`.

    >>> from autograd import hvp
    >>> hvp(lambda x, y: x * x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 4.0)
    """
    calls.check_function(f, "hvp")
    arguments = calls.as_arguments(f, xs)
    given = flatten(xs, "xs")
    direction = flatten_like(xs, vs, "vs", "xs")
    if not calls.keeps_graph(create_graph) and not modes.watching.get():
        leaves, result = calls.record_call(f, arguments, given)
        y = calls.as_result(result, f, "hvp")
        if isinstance(y, float):
            return like(xs, [0.0 for _ in leaves])
        calls.check_nodes(graph.interior(y))
        return like(xs, hessian_times(y, leaves, map(calls.number_of, direction)))

    def gradient(*inputs: Any) -> list[Any]:
        return flatten(value_and_grad(f)(*inputs)[1], "gradient")

    vectors = like(arguments, direction)
    return like(xs, jvp(gradient, arguments, vectors, create_graph=create_graph)[1])
