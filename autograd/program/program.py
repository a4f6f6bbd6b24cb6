"""Program: a compiled graph, as its user holds it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import graph, modes
from autograd.console import cut, printable
from autograd.ops import Op
from autograd.value import Value

from .anomaly import Recorded, check_means, check_rows
from .columns import column_of, theta_of
from .gradient import differentiate
from .ir import Code, Kind, needed, varying
from .listing import abridged, listing, names_of
from .machine.layout import Layout
from .machine.run import Machine
from .passes import choose, lower, optimise
from .trace import trace

__all__ = ["Program"]

_FLOAT64, _ARRAY = np.dtype(np.float64), np.ndarray


class Program:
    """A recorded graph as a program; made by `autograd.compile`, which says what the arguments are.

    Attributes:
        gradient: what the latest `value_and_grad` gave; optimisers follow it.
        threads: how many threads to spread the rows over.

    >>> import autograd
    >>> w, x = autograd.Value(3.0, label="w"), autograd.Value(1.0, label="x")
    >>> program = autograd.compile(w * x, params=[w], inputs=[x])
    >>> value, gradient = program.value_and_grad([1.0, 2.0, 3.0])
    >>> program.theta -= 0.5 * gradient
    >>> program.theta.tolist(), w.data
    ([2.0], 3.0)
    >>> program.write_back()
    >>> w.data
    2.0
    """

    def __init__(
        self,
        outputs: Value | Sequence[Value],
        params: Iterable[Value],
        inputs: Iterable[Value],
        *,
        passes: Iterable[str] | None,
        threads: int,
    ) -> None:
        several = not isinstance(outputs, Value)
        roots = _values(outputs if several else [outputs], "output")
        if not roots:
            raise ValueError("a program computes something, and the list of outputs is empty")
        self._params = _leaves(params, "parameter")
        columns = _leaves(inputs, "input")
        for v in set(self._params) & set(columns):
            raise ValueError(
                f"{_called(v)} is both a parameter and an input: a parameter is an entry of theta, "
                "an input a column; leave it out of one of the two lists"
            )
        self._passes = choose(passes)
        self._traced = trace(roots, self._params, columns)
        self._joint: Code | None = None
        if not several:
            self._joint = optimise(differentiate(self._traced, len(self._params)), self._passes)
        self._outputs = len(roots) if several else 0
        self._inputs = len(columns)
        self._names = names_of(roots, self._params, columns)
        order = graph.topological(*roots)
        self._recorded = len(order)
        made = [v for v in order if v.operation is not None]
        labels = {k: v.label for k, v in enumerate(made) if v.label}
        self._as_recorded = Recorded(self._traced, self._names, labels)
        used = {
            (op, detail)
            for (op, _, detail), need in zip(self._traced, needed(self._traced), strict=True)
            if need
        }
        self._unused = [k for k in range(len(self._params)) if (Kind.PARAMETER, k) not in used]
        self._ignored = [k for k in range(self._inputs) if (Kind.INPUT, k) not in used]
        self._theta = np.array([p.data for p in self._params], np.float64)
        self.gradient: NDArray[np.float64] | None = None
        self.threads = threads
        self._lay_out()

    def _lay_out(self) -> None:
        # What computes values alone is made when it is first wanted.
        self._evaluation: Machine | None = None
        self._training: Machine | None = None
        if self._joint is not None:
            self._training = self._machine(self._joint, rowwise=False)

    def _machine(self, code: Code, *, rowwise: bool) -> Machine:
        code = lower(code, self._passes)
        layout = Layout(code, len(self._params), self._inputs, rowwise=rowwise)
        return Machine(layout, self._inputs + (self._outputs or 1) * rowwise)

    # ── running it ───────────────────────────────────────────────────────────────────────────

    @property
    def theta(self) -> NDArray[np.float64]:
        """The parameters, float64, shape (P,), in the order in which they were given.

        It is the program's own array: change it in place, or assign another of its shape, which is
        copied into it. The Values that it began from change with `write_back` only.
        """
        return self._theta

    @theta.setter
    def theta(self, theta: ArrayLike) -> None:
        if theta is not self._theta:
            self._theta[:] = theta_of(theta, self._theta.shape)

    @property
    def threads(self) -> int:
        """How many threads the rows are spread over, where there are enough of them."""
        return self._threads

    @threads.setter
    def threads(self, threads: int) -> None:
        try:
            number = operator.index(threads)
        except TypeError:
            raise TypeError(
                f"threads is a whole number, and got {type(threads).__qualname__}: {threads!r}"
            ) from None
        if number < 1:
            raise ValueError(f"a program needs at least one thread, and got threads={threads!r}")
        self._threads = number

    def write_back(self) -> None:
        """Give every parameter's Value what theta holds for it as its data.

        A program that was pickled by itself has Values of its own: to write back elsewhere, assign
        its theta to the original program, or pickle it together with the model.
        """
        for p, x in zip(self._params, self._theta.tolist(), strict=True):
            p.data = x

    def __call__(self, *columns: ArrayLike) -> NDArray[np.float64]:
        """The outputs for each row.

        Arguments:
            columns: one for each input, in their order, each of B numbers; integers are converted.

        Returns:
            float64, of shape (B,), or (K, B) if the program was compiled for a list of K outputs.
            Without inputs B is 1.

        Raises:
            TypeError: a column does not hold real numbers.
            ValueError: there are too few columns or too many, they are not of one length, or empty.
            AnomalyError: an output is nan or inf, within `autograd.detect_anomaly`.
        """
        arrays, rows = self._columns(columns)
        if self._evaluation is None:
            self._evaluation = self._machine(optimise(self._traced, self._passes), rowwise=True)
        outputs = np.empty((self._outputs or 1, rows))
        self._evaluation.run(self._theta, [*arrays, *outputs], rows, self._threads)
        if modes.open_blocks and modes.watching.get():
            check_rows(outputs, self._as_recorded, self._theta, arrays)
        return outputs if self._outputs else outputs[0]

    def value_and_grad(
        self, *columns: ArrayLike, theta: ArrayLike | None = None
    ) -> tuple[float, NDArray[np.float64]]:
        """The mean of the loss over the rows, and its gradient: ``∂(Σ_row L_row / B) / ∂theta``.

        Arguments:
            columns: one for each input, in their order, each of B numbers; integers are converted.
            theta: parameters to use this once, in place of the program's own.

        Returns:
            The mean, and the gradient, float64 of shape (P,). The gradient by a parameter that the
            loss does not depend on is 0.

        Raises:
            TypeError: a column or theta does not hold real numbers.
            ValueError: there are too few columns or too many, they are not of one length, or empty;
                theta has another shape; or the program was compiled for a list of outputs.
            AnomalyError: the mean or the gradient is nan or inf, within `autograd.detect_anomaly`.
        """
        if self._training is None:
            raise ValueError(
                f"value_and_grad differentiates one loss, and this program was compiled for a list "
                f"of {self._outputs} outputs; compile the loss alone: autograd.compile(loss, ...)"
            )
        point = self._theta if theta is None else theta_of(theta, self._theta.shape)
        results = self._training.run_as_given(point, columns) if self._threads == 1 else None
        if results is None:
            arrays, rows = self._columns(columns)
            results = self._training.run(point, arrays, rows, self._threads)
        if modes.open_blocks and modes.watching.get():
            arrays, rows = self._columns(columns)
            run = partial(self._training.run, point, threads=1)
            check_means(results, run, self._as_recorded, point, arrays, rows)
        self.gradient = gradient = results[1:]
        return results.item(0), gradient

    def _columns(self, columns: tuple[ArrayLike, ...]) -> tuple[list[NDArray[np.float64]], int]:
        """The columns as float64 arrays of one length, and that length."""
        if len(columns) != self._inputs:
            names = ", ".join(self._names.inputs) or "none"
            raise ValueError(
                f"this program takes {_counted(self._inputs, 'column')}, one for each input "
                f"({names}), and got {len(columns)}" + _spread(columns, self._inputs)
            )
        arrays: list[Any] = []
        for column in columns:
            if column.__class__ is _ARRAY and column.dtype is _FLOAT64 and column.ndim == 1:
                arrays.append(column)
            else:
                arrays.append(column_of(column, self._names.inputs[len(arrays)]))
        if not arrays:
            return arrays, 1
        rows = len(arrays[0])
        for array in arrays:
            if len(array) != rows:
                self._refuse_lengths(arrays)
        if not rows:
            raise ValueError("a program runs over at least one row, and got columns without any")
        return arrays, rows

    def _refuse_lengths(self, columns: Sequence[Any]) -> NoReturn:
        lengths = zip(self._names.inputs, map(len, columns), strict=True)
        told = ", ".join(f"{name} {length}" for name, length in lengths)
        raise ValueError(f"columns have one number for each row, and got different lengths: {told}")

    # ── showing it ───────────────────────────────────────────────────────────────────────────

    def __repr__(self) -> str:
        code = optimise(self._traced, self._passes) if self._joint is None else self._joint
        varies = varying(code)
        for_each_row = [
            each or (op is Kind.MEAN and any([varies[i] for i in operands]))
            for (op, operands, _), each in zip(code, varies, strict=True)
            if isinstance(op, Op) or op in (Kind.DOT, Kind.MEAN)
        ]
        left, rowwise = len(for_each_row), sum(for_each_row)
        lines = [
            f"Program: {_counted(self._recorded, 'value')} recorded, "
            f"{_counted(left, 'instruction')} left",
            f"  {left - rowwise:,} uniform (run once), {rowwise:,} varying (for each row)",
            f"  inputs: {abridged(self._names.inputs)}",
            f"  parameters: {abridged(self._names.params)}",
        ]
        if self._outputs:
            lines.append(f"  outputs: {self._outputs}, without gradients")
        if self._ignored:
            ignored = abridged([self._names.inputs[k] for k in self._ignored])
            lines.append(f"  not in the graph, so without effect: {ignored}")
        if self._unused:
            names = self._names.params
            unused = abridged([names[k] for k in self._unused])
            lines.append(f"  not used, so with gradient 0: {unused}")
        return printable("\n".join(lines))

    def listing(self) -> str:
        """The optimised program as lines that one can read, the gradient's included.

        In the order in which they run: once, for each row, and again once with means over the rows.
        """
        code = optimise(self._traced, self._passes) if self._joint is None else self._joint
        return listing(code, self._names)

    # ── handing it on ────────────────────────────────────────────────────────────────────────

    def to_jax(self) -> Callable[..., Any]:
        """The program as a function that JAX can trace: ``f(theta, *columns)``.

        It gives what ``program(*columns)`` gives, the outputs for each row, and can be passed to
        ``jax.jit``, ``jax.grad``, ``jax.vmap`` and so on; derivatives are those of the table.
        Theta and columns may be lists or arrays, of JAX or of NumPy. Integers become floats. Inside
        ``jax.vmap`` over the rows each column is one number.

        JAX computes in float32, with 7 digits, unless ``jax.config.update("jax_enable_x64", True)``
        comes first. What float32 would lose altogether is refused: numbers beyond its range, and,
        while JAX traces the function (as in ``jax.jit``), columns of 32-bit integers, to which JAX
        cuts longer ones down; convert them with ``.astype(float)``.

        Raises:
            ImportError: JAX is not installed.

        The function raises TypeError and ValueError as a call of the program does, and
        OverflowError for a number that is too large or too small for JAX's floats.
        """
        from .to_jax import to_jax

        code = optimise(self._traced, self._passes)
        params, inputs = len(self._params), self._names.inputs
        return to_jax(code, params, inputs, several=bool(self._outputs))

    def __getstate__(self) -> dict[str, Any]:
        # How code is laid out depends on the processor: each lays it out for itself.
        state = self.__dict__.copy()
        del state["_evaluation"], state["_training"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lay_out()


def _values(things: Any, what: str) -> list[Value]:
    try:
        if isinstance(things, Value | str | Mapping) or callable(things):
            raise TypeError
        values = list(things)
    except TypeError:
        kinds = "a Value or a list of Values" if what == "output" else "a list of Values"
        raise TypeError(
            f"compile takes its {what}s as {kinds}, and got {type(things).__qualname__}"
            + _remedy(things, what)
        ) from None
    for v in values:
        if not isinstance(v, Value):
            raise TypeError(
                f"a program's {what} is a Value, and got {type(v).__qualname__}: {v!r:.60}"
                + _remedy(v, what)
            )
    return values


def _remedy(thing: Any, what: str) -> str:
    """What to write instead, where that can be guessed."""
    if isinstance(thing, Value):
        return "; put it in a list"
    if isinstance(thing, Mapping):
        return "; give its values: list(d.values())"
    if what == "output" and callable(thing):
        return (
            "; call it with Values and compile what it returns: "
            "x = Value(1.0); autograd.compile(f(x), inputs=[x])"
        )
    if what == "parameter" and hasattr(thing, "parameters"):
        return "; give its parameters: params=model.parameters()"
    if callable(thing) and not hasattr(thing, "parameters"):
        return "; call it, and give what it returns"
    if isinstance(thing, np.ndarray) and thing.ndim == 0:
        return "; give what it holds: array.item()"
    if isinstance(thing, Iterable) and not isinstance(thing, str):
        if any([isinstance(v, Value) for v in thing]):
            return "; put all of them in one flat list"
        if what == "input":
            return "; inputs are the Values that columns replace, and columns go to the program"
    return ""


def _leaves(things: Any, what: str) -> list[Value]:
    leaves = _values(things, what)
    for v in leaves:
        if v.operation is not None:
            raise ValueError(
                f"a program's {what} is a leaf, and {_called(v)} was computed by {v.op!r}; "
                "give the Values that it was computed from"
            )
    if len(set(leaves)) < len(leaves):
        twice = next(v for k, v in enumerate(leaves) if v in leaves[:k])
        raise ValueError(f"{_called(twice)} stands twice in the list of {what}s; name each once")
    return leaves


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _spread(columns: Sequence[Any], inputs: int) -> str:
    """What to write instead, where one table was given for all columns."""
    if len(columns) != 1 or inputs < 2:
        return ""
    table = columns[0]
    if getattr(table, "ndim", 0) == 2 and table.shape[1] == inputs:
        return "; spread the table: program(*X.T)"
    if isinstance(table, list | tuple) and len(table) == inputs:
        return "; spread the list: program(*columns)"
    return ""


def _called(v: Value) -> str:
    return repr(cut(v.label)) if v.label else repr(v)
