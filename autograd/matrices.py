"""Matrices of derivatives: `jacobian` and `hessian` of recorded Values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

from . import calls, graph
from .differentiate import grad, gradients_as_values, not_a_value, value_check
from .modes import watching
from .sweeps import tangents
from .trees import flatten, rows_like
from .value import Value

__all__ = ["hessian", "jacobian"]

_Values = Value | list[Value]


@overload
def jacobian(
    ys: _Values, xs: _Values, *, create_graph: Literal[False] | None = None
) -> list[list[float]]: ...
@overload
def jacobian(ys: _Values, xs: _Values, *, create_graph: Literal[True]) -> list[list[Value]]: ...
@overload
def jacobian(ys: Any, xs: Any, *, create_graph: bool | None = None) -> Any: ...


def jacobian(ys: Any, xs: Any, *, create_graph: bool | None = None) -> Any:
    """``∂yᵢ/∂xⱼ``: a list of rows, shape (m, n), row i for yᵢ.

    Each row is a backward pass; if there are fewer xs than ys, each column is a forward pass.

    Arguments:
        ys: the values to differentiate, in a list or another container. The rows come back in its
            shape. One Value counts as a list of one.
        xs: the values to differentiate by, leaves or interior, likewise; each row has their shape.
            Two NumPy arrays of shapes s and t give one array of shape (*s, *t).
        create_graph: give Values, whose graph leads back to the leaves, instead of floats. This is
            the default within a function that is being differentiated.

    Raises:
        TypeError: one of ys or xs is not a Value.

    >>> from autograd import Value, jacobian
    >>> a, b = Value(2.0), Value(3.0)
    >>> jacobian([a * b, a + b], [a, b])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    ys, xs = _as_container(ys), _as_container(xs)
    check = value_check("jacobian")
    roots, wanted = flatten(ys, "ys", check), flatten(xs, "xs", check)
    for y in roots:
        if y not in wanted:
            calls.check_recorded(y, "jacobian")
    if len(wanted) < len(roots) and not calls.keeps_graph(create_graph) and not watching.get():
        order = graph.interior(*roots)
        columns = [tangents(order, {x: 1.0}) for x in wanted]
        return rows_like(ys, xs, [[found.get(y, 0.0) for found in columns] for y in roots])
    return rows_like(ys, xs, _rows(roots, wanted, create_graph))


@overload
def hessian(
    y: Value, xs: _Values, *, create_graph: Literal[False] | None = None
) -> list[list[float]]: ...
@overload
def hessian(y: Value, xs: _Values, *, create_graph: Literal[True]) -> list[list[Value]]: ...
@overload
def hessian(y: Value, xs: Any, *, create_graph: bool | None = None) -> Any: ...


def hessian(y: Value, xs: Any, *, create_graph: bool | None = None) -> Any:
    """``∂²y/∂xᵢ∂xⱼ``: the matrix of second derivatives, shape (n, n), row i for xᵢ.

    Arguments:
        y: the value to differentiate.
        xs: the values to differentiate by, in a list or another container, whose shape the rows
            and each row have. One Value counts as a list of one. A NumPy array of shape s gives one
            of shape (*s, *s).
        create_graph: as in `jacobian`.

    >>> from autograd import Value, hessian
    >>> a, b = Value(2.0), Value(3.0)
    >>> hessian(a * a * b, [a, b])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    if not isinstance(y, Value):
        raise TypeError(not_a_value(y, "y", "hessian"))
    xs = _as_container(xs)
    wanted = flatten(xs, "xs", value_check("hessian"))
    gradient = grad(y, wanted, create_graph=True)
    return rows_like(xs, xs, _rows(gradient, wanted, create_graph))


def _as_container(values: Any) -> Any:
    return [values] if isinstance(values, Value) else calls.as_list(values)


def _rows(
    roots: Sequence[Value], wanted: Sequence[Value], create_graph: bool | None
) -> list[list[Any]]:
    if not calls.keeps_graph(create_graph):
        return [calls.gradients({y: 1.0}, wanted) for y in roots]
    with calls.keeping(create_graph):
        return [gradients_as_values({y: 1.0}, wanted) for y in roots]
