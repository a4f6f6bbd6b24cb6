"""Program: the compiled graph that `autograd.compile` returns."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import graph, modes
from autograd.value import Value

from .anomaly import Recorded, check_means, check_rows
from .arguments import check_distinct, check_leaves, check_outputs
from .columns import as_column, as_theta, check_count, refuse_shapes
from .gradient import differentiate
from .ir import Code
from .listing import listing, names_of, summarise
from .lookups import check_lookups, code_of_indices, find_lookups
from .machine.layout import Layout
from .machine.run import Machine
from .passes import choose, lower, optimise
from .trace import trace

__all__ = ["Program"]

_FLOAT64, _ARRAY = np.dtype(np.float64), np.ndarray


class Program:
    """A recorded graph as a program. `autograd.compile` makes one and documents the arguments.

    Attributes:
        gradient: the gradient from the latest `value_and_grad`; optimisers use it.
        threads: how many threads share the rows.

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
        roots = check_outputs(outputs)
        self._params = check_leaves(params, "parameters")
        columns = check_leaves(inputs, "inputs")
        check_distinct(self._params, columns)
        self._passes = choose(passes)
        self.threads = threads

        self._names = names_of(roots, self._params, columns)
        self._inputs = len(columns)
        self._outputs = 0 if isinstance(outputs, Value) else len(roots)  # 0: one loss, no list
        self._traced = trace(roots, self._params, columns)
        self._joint: Code | None = None  # loss and gradient
        if not self._outputs:
            self._joint = optimise(differentiate(self._traced, len(self._params)), self._passes)

        order = graph.topological(*roots)
        self._size = len(order)
        computed = [v for v in order if v.operation is not None]
        labels = {k: v.label for k, v in enumerate(computed) if v.label}
        self._recorded = Recorded(self._traced, self._names, labels)
        self._lookups = find_lookups(self._traced, self._names.inputs, labels)
        self._theta = np.array([p.data for p in self._params], np.float64)
        self.gradient: NDArray[np.float64] | None = None
        self._make_machines()

    def _make_machines(self) -> None:
        self._training: Machine | None = None
        if self._joint is not None:
            self._training = self._machine_for(self._joint, rowwise=0)
        self._evaluation: Machine | None = None  # made by the first call
        self._indices: Machine | None = None  # made by the first check of computed indices

    def _machine_for(self, code: Code, *, rowwise: int) -> Machine:
        """The machine for this code; `rowwise` says how many outputs are columns."""
        code = lower(code, self._passes)
        layout = Layout(code, len(self._params), self._inputs, rowwise=bool(rowwise))
        return Machine(layout, self._inputs + rowwise)

    def _forward_code(self) -> Code:
        """The optimised code of the outputs alone."""
        return optimise(self._traced, self._passes)

    def _shown_code(self) -> Code:
        """The optimised code, with the gradient if there is one."""
        return self._forward_code() if self._joint is None else self._joint

    # ── running it ───────────────────────────────────────────────────────────────────────────

    @property
    def theta(self) -> NDArray[np.float64]:
        """The parameters, float64, shape (P,), in the order of ``params``.

        This is the program's own array. Change it in place, or assign another array of its shape,
        which is copied into it. The parameters' Values change only with `write_back`.
        """
        return self._theta

    @theta.setter
    def theta(self, theta: ArrayLike) -> None:
        if theta is not self._theta:
            self._theta[:] = as_theta(theta, self._theta.shape)

    @property
    def threads(self) -> int:
        """How many threads share the rows, if there are enough of them."""
        return self._threads

    @threads.setter
    def threads(self, threads: int) -> None:
        try:
            number = operator.index(threads)
        except TypeError:
            raise TypeError(
                f"threads: expected a whole number, got {type(threads).__qualname__}: {threads!r}"
            ) from None
        if number < 1:
            raise ValueError(f"threads: expected at least one thread, got {threads!r}")
        self._threads = number

    def write_back(self) -> None:
        """Copy theta to the parameters: ``p.data`` of each Value becomes its entry.

        A program that was unpickled alone has its own copies of the Values. To update the original
        ones, assign its theta to the original program, or pickle it together with the model.
        """
        for p, x in zip(self._params, self._theta.tolist(), strict=True):
            p.data = x

    def __call__(self, *columns: ArrayLike) -> NDArray[np.float64]:
        """The outputs for each row.

        Arguments:
            columns: one for each input, in order, each of B numbers; integers are converted.

        Returns:
            float64, of shape (B,), or (K, B) if the program was compiled for a list of K outputs.
            Without inputs B is 1.

        Raises:
            AnomalyError: an output is nan or inf, within `autograd.detect_anomaly`.
            IndexError: an index of `autograd.pick` is not a position in its list.
        """
        arrays, rows = self._check_columns(columns)
        if self._lookups:
            self._check_lookups(self._theta, arrays, rows)
        if self._evaluation is None:
            rowwise = self._outputs or 1
            self._evaluation = self._machine_for(self._forward_code(), rowwise=rowwise)
        outputs = np.empty((self._outputs or 1, rows))
        self._evaluation.run(self._theta, [*arrays, *outputs], rows, self._threads)
        if modes.open_blocks and modes.watching.get():
            check_rows(outputs, self._recorded, self._theta, arrays)
        return outputs if self._outputs else outputs[0]

    def value_and_grad(
        self, *columns: ArrayLike, theta: ArrayLike | None = None
    ) -> tuple[float, NDArray[np.float64]]:
        """The mean of the loss over the rows, and its gradient: ``∂(Σ_row L_row / B) / ∂theta``.

        Arguments:
            columns: one for each input, in order, each of B numbers; integers are converted.
            theta: parameters for this call only, in place of the program's own.

        Returns:
            The mean, and the gradient, float64 of shape (P,). The gradient with respect to a
            parameter that the loss does not depend on is 0.

        Raises:
            ValueError: the program was compiled for a list of outputs.
            AnomalyError: the mean or the gradient is nan or inf, within `autograd.detect_anomaly`.
            IndexError: an index of `autograd.pick` is not a position in its list.
        """
        if self._training is None:
            raise ValueError(
                f"value_and_grad differentiates one loss, but this program was compiled for a list "
                f"of {self._outputs} outputs; compile the loss alone: autograd.compile(loss, ...)"
            )
        point = self._theta if theta is None else as_theta(theta, self._theta.shape)
        if self._lookups:
            columns = tuple(self._check_lookups(point, *self._check_columns(columns)))
        results = self._training.run_directly(point, columns) if self._threads == 1 else None
        if results is None:
            arrays, rows = self._check_columns(columns)
            results = self._training.run(point, arrays, rows, self._threads)
        if modes.open_blocks and modes.watching.get():
            arrays, rows = self._check_columns(columns)
            run = partial(self._training.run, point, threads=1)
            check_means(results, run, self._recorded, point, arrays, rows)
        self.gradient = gradient = results[1:]
        return results.item(0), gradient

    def _check_columns(
        self, columns: tuple[ArrayLike, ...]
    ) -> tuple[list[NDArray[np.float64]], int]:
        """Check the columns; return them as float64 arrays of one length, and that length."""
        names = self._names.inputs
        check_count(columns, names)
        arrays: list[Any] = []
        for column in columns:
            if column.__class__ is _ARRAY and column.dtype is _FLOAT64 and column.ndim == 1:
                arrays.append(column)
            else:
                arrays.append(as_column(column, names[len(arrays)]))
        if not arrays:
            return arrays, 1
        rows = len(arrays[0])
        for array in arrays:
            if len(array) != rows:
                refuse_shapes(names, [len(array) for array in arrays], "lengths")
        if not rows:
            raise ValueError("columns: expected at least one row, got empty columns")
        return arrays, rows

    def _check_lookups(
        self, theta: NDArray[np.float64], arrays: list[NDArray[np.float64]], rows: int
    ) -> list[NDArray[np.float64]]:
        """Check the indices of all picks, and return the columns as they are."""

        def compute() -> NDArray[np.float64]:
            count = sum([lookup.column is None for lookup in self._lookups])
            if self._indices is None:
                code = optimise(code_of_indices(self._traced, self._lookups), self._passes)
                self._indices = self._machine_for(code, rowwise=count)
            indices = np.empty((count, rows))
            self._indices.run(theta, [*arrays, *indices], rows, 1)
            return indices

        check_lookups(self._lookups, arrays, compute)
        return arrays

    # ── showing it ───────────────────────────────────────────────────────────────────────────

    def __repr__(self) -> str:
        code = self._shown_code()
        return summarise(code, self._traced, self._names, self._size, outputs=self._outputs)

    def listing(self) -> str:
        """The optimised program, with its gradient, as readable lines of arithmetic.

        They are in the order in which they run: first what runs once, then what runs for each row,
        and last the means over the rows and what follows from them.
        """
        return listing(self._shown_code(), self._names)

    # ── exporting it ─────────────────────────────────────────────────────────────────────────

    def to_jax(self) -> Callable[..., Any]:
        """The program as a function that JAX can trace: ``f(theta, *columns)``.

        It computes what ``program(*columns)`` computes, the outputs for each row, and works with
        ``jax.jit``, ``jax.grad``, ``jax.vmap`` and so on; its derivatives are those of the table.
        Theta and columns may be lists or arrays, of JAX or of NumPy. Integers become floats. Inside
        ``jax.vmap`` over the rows, each column is one number.

        JAX computes in float32, with 7 digits, unless you call
        ``jax.config.update("jax_enable_x64", True)`` first. The function refuses what float32 would
        destroy: numbers beyond its range and, while JAX traces it (as in ``jax.jit``), columns of
        32-bit integers, because JAX truncates longer ones to that; convert them with
        ``.astype(float)``.

        Raises:
            ImportError: JAX is not installed.
            OverflowError: raised by the function, for a number beyond the range of JAX's floats.
        """
        from .to_jax import to_jax

        names, several = self._names.inputs, bool(self._outputs)
        return to_jax(self._forward_code(), len(self._params), names, several=several)

    def __getstate__(self) -> dict[str, Any]:
        # A layout depends on the processor, so each process makes its own.
        state = self.__dict__.copy()
        del state["_evaluation"], state["_training"], state["_indices"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._make_machines()
