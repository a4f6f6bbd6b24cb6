"""What a function is called with: its arguments, their shapes, and the caller's sample values."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.program.columns import as_floats
from autograd.program.tables import Argument, as_block, column_names, input_names
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Signature", "read_signature"]

MOST = 100
"""How many rows of the caller's samples are used."""

_EMPTY = inspect.Parameter.empty


class Signature(NamedTuple):
    """A function, and what to call it with.

    Attributes:
        function: the function.
        title: how errors name it, such as ``loss(x, y)``.
        arguments: those that become inputs of the program.
        samples: for some of the arguments, rows of values to record at, of shape (rows, size).
        signature: Python's own.
    """

    function: Callable[..., Any]
    title: str
    arguments: list[Argument]
    samples: dict[str, Any]
    signature: inspect.Signature

    def make_inputs(self) -> tuple[list[Value], dict[str, Any]]:
        """Fresh inputs, named as the arguments are: in order, and as the arguments of a call."""
        inputs: list[Value] = []
        given: dict[str, Any] = {}
        for argument in self.arguments:
            values = [Value(0.0, name, role="input") for name in input_names(argument)]
            inputs += values
            given[argument.name] = _nest(values, argument.shape)
        return inputs, given

    def call(self, given: Mapping[str, Any]) -> Any:
        """Call the function; arguments that are not given keep their defaults."""
        bound: dict[str, Any] = {}
        for name, parameter in self.signature.parameters.items():
            if name in given:
                bound[name] = given[name]
            elif parameter.kind is parameter.POSITIONAL_ONLY:
                bound[name] = parameter.default
        arguments = inspect.BoundArguments(self.signature, bound)
        return self.function(*arguments.args, **arguments.kwargs)


def _nest(values: list[Value], shape: tuple[int, ...]) -> Any:
    """The values as nested lists of that shape."""
    if not shape:
        return values[0]
    size = len(values) // shape[0]
    if len(shape) == 1:
        return values
    return [_nest(values[k * size : (k + 1) * size], shape[1:]) for k in range(shape[0])]


def read_signature(function: Callable[..., Any], shapes: Any, samples: Any) -> Signature:
    """Read a function's arguments.

    Those without a default become inputs, and so do those that `shapes` or `samples` names.

    Raises:
        TypeError: the function takes ``*args``, or only ``**kwargs``, or its arguments cannot be
            found out.
        ValueError: a shape or a sample is not one, or there is no such argument.
    """
    signature = _signature_of(function)
    title = _title(function, signature)
    shapes, samples = _as_mapping(shapes, "shapes"), _as_mapping(samples, "samples")
    arguments: list[Argument] = []
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            raise TypeError(
                f"{title}: expected named arguments, got *{name}; take one list instead, "
                f"def f({name}), and say how long it is: shapes={{{name!r}: 3}}"
            )
        named = name in shapes or name in samples
        if parameter.kind is parameter.VAR_KEYWORD:
            if len(signature.parameters) == 1:
                raise TypeError(
                    f"{title}: expected named arguments, got **{name}; write those that it needs, "
                    "such as def f(x, y)"
                )
        elif named or parameter.default is _EMPTY:
            arguments.append(Argument(name))
    names = [argument.name for argument in arguments]
    for what, mapping in (("shapes", shapes), ("samples", samples)):
        for name in mapping:
            if name not in names:
                raise ValueError(
                    f"{what}: expected the names of arguments, got {name!r}, which {title} does "
                    f"not have; its arguments are {', '.join(names) or 'none'}"
                )
    rows: dict[str, Any] = {}
    for k, (name, _) in enumerate(arguments):
        shape = _as_shape(shapes[name], name) if name in shapes else None
        if name in samples:
            shape, rows[name] = _as_sample(samples[name], name, shape)
        arguments[k] = Argument(name, shape or ())
    return Signature(function, title, arguments, rows, signature)


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    # A module is called through a method that takes anything; `forward` has the arguments.
    forward = getattr(function, "forward", None)
    target = forward if callable(forward) and not inspect.isroutine(function) else function
    try:
        return inspect.signature(target)
    except (TypeError, ValueError):
        raise TypeError(
            f"expected a function whose arguments have names, got {function!r:.80}; "
            "wrap it: lambda x, y: f(x, y)"
        ) from None


def _title(function: Any, signature: inspect.Signature) -> str:
    while hasattr(function, "func"):  # a partial
        function = function.func
    name = getattr(function, "__name__", type(function).__name__)
    names = ", ".join(signature.parameters)
    return f"lambda {names}" if name == "<lambda>" else f"{name}({names})"


def _as_mapping(given: Any, what: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return given
    labels = column_names(given)
    if labels is not None and what == "samples":
        return {label: given[label] for label in labels}
    example = "{'x': 16}" if what == "shapes" else "{'x': [0.5, -1.0, 2.0]}"
    raise TypeError(
        f"{what}: expected a dictionary with the names of arguments, such as {example}, got "
        f"{type(given).__qualname__}"
    )


def _as_shape(given: Any, name: str) -> tuple[int, ...]:
    try:
        if isinstance(given, bool):
            raise TypeError
        sizes = given if isinstance(given, tuple | list) else (given,)
        shape = tuple(map(operator.index, sizes))
        if any([size < 1 for size in shape]):
            raise TypeError
    except TypeError:
        raise ValueError(
            f"shapes: expected a length such as 16, or several such as (8, 16), for {name!r}, got "
            f"{given!r:.60}"
        ) from None
    return shape


def _as_sample(given: Any, name: str, shape: tuple[int, ...] | None) -> tuple[tuple[int, ...], Any]:
    """The shape of an argument, and rows of values for it."""
    what = f"samples of {name}"
    labels = column_names(given)
    if labels is not None:  # a DataFrame is an array, its columns in order
        shape = shape or (len(labels),)
    else:
        array = as_floats(given, what)
        if array.ndim == 0:
            given, array = [given], array.reshape(1)
        shape = array.shape[1:] if shape is None else shape
    argument = Argument(what, shape)
    rows = as_block(given, what, shape, input_names(argument))
    if not len(rows):
        raise ValueError(f"{what}: expected at least one value, got an empty list")
    if len(rows) > MOST:  # evenly spread
        rows = rows[np.linspace(0, len(rows) - 1, MOST).astype(int)]
    return shape, np.array(rows)
