"""Program: the compiled graph that `autograd.compile` returns."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import modes
from autograd.ops import TABLE

from .anomaly import check_constants, check_means, check_rows
from .branches import check_branches
from .columns import as_column, as_theta, refuse_shapes
from .gradient import differentiate
from .inline import inline
from .ir import Code, Instruction, Kind
from .listing import listing, summarise
from .lookups import check_lookups, code_of_indices, find_lookups, sizes_of
from .machine.interpreter import all_finite
from .machine.layout import Layout
from .machine.run import Columns, Machine
from .passes import choose, lower, optimise
from .source import Source
from .structure import build
from .tables import gather

__all__ = ["Program"]

_FLOAT64, _ARRAY = np.dtype(np.float64), np.ndarray


_SELECTING = [op for op in TABLE if op.selects]


def _may_be_table(column: Any) -> bool:
    return column.__class__ is not list and getattr(column, "ndim", 2) != 1


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

    def __init__(self, source: Source, *, passes: Iterable[str] | None, threads: int) -> None:
        self._passes = choose(passes)
        self.threads = threads
        self._source = source
        self._params = source.params
        self._traced = source.recorded.code
        self._names = source.recorded.names
        self._inputs = len(self._names.inputs)
        self._has_arrays = any([argument.shape for argument in source.arguments])
        self._joint: Code | None = None  # loss and gradient
        if source.loss:
            self._joint = self._joint_code()
        self._chooses = self._traced.has(*_SELECTING)
        self._lookups = find_lookups(source.recorded)
        self._sizes = sizes_of(self._lookups, self._inputs)
        self._theta = np.array([p.data for p in self._params], np.float64)
        self.gradient: NDArray[np.float64] | None = None
        self._make_machines()

    def _joint_code(self, further: Sequence[Instruction] = (), *, masked: bool = False) -> Code:
        """The optimised code of the loss, its gradient, and further outputs of the traced code.

        `masked` is as in `differentiate`.
        """
        joint = differentiate(self._traced, len(self._params), masked=masked)
        if further:
            joint = Code.of([*joint, *further])
        return optimise(inline(joint), self._passes)

    def _make_machines(self) -> None:
        self._training: Machine | None = None
        self._masked: Machine | None = None  # made by the first nan or inf behind a choice,
        self._disturbed = False  # which is then expected to come again
        if self._joint is not None:
            self._training = self._machine_for(self._joint, rowwise=0)
        self._evaluation: Machine | None = None  # made by the first call
        self._indices: Machine | None = None  # made by the first check of computed indices

    def _exact_machine(self) -> Machine:
        """The machine that nan and inf behind a choice do not disturb; slower, if it differs."""
        if not self._chooses:
            assert self._training is not None
            return self._training
        if self._masked is None:
            self._masked = self._machine_for(self._joint_code(masked=True), rowwise=0)
        return self._masked

    def _machine_for(self, code: Code, *, rowwise: int) -> Machine:
        """The machine for this code; `rowwise` says how many outputs are columns."""
        code = lower(code, self._passes)
        layout = Layout(code, len(self._params), self._inputs, rowwise=bool(rowwise))
        return Machine(layout, self._inputs + rowwise)

    def _forward_code(self) -> Code:
        """The optimised code of the outputs alone."""
        return optimise(inline(self._traced), self._passes)

    def _shown_code(self) -> Code:
        """The optimised code of all outputs, with the gradient if there is one."""
        if self._joint is None:
            return self._forward_code()
        further = [i for i in self._traced if i.op is Kind.OUTPUT and i.detail > 0]
        if not further:
            return self._joint
        return self._joint_code(further)

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

    def __call__(self, *columns: ArrayLike | Mapping[str, ArrayLike], **named: ArrayLike) -> Any:
        """The outputs for each row.

        Arguments:
            columns: one for each input, in order, each of B numbers; integers are converted. Or all
                of them at once: an array of shape (B, inputs), a list of columns, or a table whose
                columns are called as the inputs are (a DataFrame of pandas or polars, a dictionary,
                a structured array). For an argument that is a list, an array of shape (B, length).
            named: columns by the names of the inputs.

        Returns:
            float64, of shape (B,), or (K, B) if the program was compiled for a list of K outputs.
            Without inputs B is 1. If it was compiled from a function, what the function returned,
            with an array of shape (B,) in place of each Value, and one of shape (B, K) in place of
            a list of K Values.

        Raises:
            AnomalyError: an output is nan or inf, within `autograd.detect_anomaly`.
            IndexError: an index of `autograd.pick` is not a position in its list.
        """
        arrays, rows = self._check_columns(columns, named)
        if self._lookups:
            self._check_lookups(self._theta, arrays, rows)
        if self._evaluation is None:
            rowwise = self._source.outputs
            self._evaluation = self._machine_for(self._forward_code(), rowwise=rowwise)
        outputs = np.empty((self._source.outputs, rows))
        self._evaluation.run(self._theta, arrays, rows, self._threads, outputs)
        if modes.open_blocks and modes.watching.get():
            arrays = list(arrays)
            self._check_recording(self._theta, arrays)
            check_rows(outputs, self._source.recorded, self._theta, arrays)
        template = self._source.template
        return outputs[0] if template == 0 else build(template, outputs, np)

    def value_and_grad(
        self,
        *columns: ArrayLike | Mapping[str, ArrayLike],
        theta: ArrayLike | None = None,
        **named: ArrayLike,
    ) -> tuple[float, NDArray[np.float64]]:
        """The mean of the loss over the rows, and its gradient: ``∂(Σ_row L_row / B) / ∂theta``.

        Arguments:
            columns, named: as for a call of the program.
            theta: parameters for this call only, in place of the program's own.

        Returns:
            The mean, and the gradient, float64 of shape (P,). The gradient with respect to a
            parameter that the loss does not depend on is 0. Further outputs of a function are not
            computed; call the program for them.

        Raises:
            ValueError: the program has no loss: it was compiled for a list of outputs.
            AnomalyError: the mean or the gradient is nan or inf, within `autograd.detect_anomaly`.
            IndexError: an index of `autograd.pick` is not a position in its list.
        """
        if self._training is None:
            raise ValueError(self._why_no_loss())
        point = self._theta if theta is None else as_theta(theta, self._theta.shape)
        arrays: Columns | None = None
        results = None
        if self._lookups:
            arrays, rows = self._check_columns(columns, named)
            self._check_lookups(point, arrays, rows)
        machine = self._exact_machine() if self._disturbed else self._training
        if self._threads == 1 and not (named or self._has_arrays or arrays.__class__ is _ARRAY):
            results = machine.run_directly(point, columns if arrays is None else (*arrays,))
        if results is None:
            if arrays is None:
                arrays, rows = self._check_columns(columns, named)
            results = machine.run(point, arrays, rows, self._threads)
        if self._chooses and not self._disturbed and not all_finite(results):
            self._disturbed = True
            arrays, rows = self._check_columns(columns, named)
            results = self._exact_machine().run(point, arrays, rows, self._threads)
        if modes.open_blocks and modes.watching.get():
            arrays, rows = self._check_columns(columns, named)
            arrays = list(arrays)
            self._check_recording(point, arrays)
            run = partial(self._exact_machine().run, point, threads=1)
            check_means(results, run, self._source.recorded, point, arrays, rows)
        self.gradient = gradient = results[1:]
        return results.item(0), gradient

    def _why_no_loss(self) -> str:
        if not self._source.function:
            return (
                f"value_and_grad differentiates one loss, but this program was compiled for a list "
                f"of {self._source.outputs} outputs; compile the loss alone: "
                "autograd.compile(loss, ...)"
            )
        return (
            f"value_and_grad differentiates one loss, but {self._source.function} returns none; "
            "return the loss alone, first (return loss, y_pred), or as the entry 'loss' of a "
            "dictionary"
        )

    def _check_columns(
        self, columns: tuple[Any, ...], named: Mapping[str, Any]
    ) -> tuple[Columns, int]:
        """Check the columns; return them as float64 arrays of one length, and that length."""
        names = self._names.inputs
        arrays: list[Any] = []
        if named or self._has_arrays or len(columns) != len(names):
            if len(columns) == 1 and not named and self._is_block(columns[0]):
                return columns[0].T, len(columns[0])
            arrays = gather(columns, named, self._source.arguments, names)
        else:
            for column in columns:
                if column.__class__ is _ARRAY and column.dtype is _FLOAT64 and column.ndim == 1:
                    arrays.append(column)
                elif len(columns) == 1 and _may_be_table(column):
                    arrays = gather(columns, named, self._source.arguments, names)
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

    def _check_lookups(self, theta: NDArray[np.float64], arrays: Columns, rows: int) -> None:
        """Raise IndexError if an index of a pick is not a position in its list."""

        def compute() -> NDArray[np.float64]:
            count = sum([lookup.column is None for lookup in self._lookups])
            if self._indices is None:
                code = inline(code_of_indices(self._traced, self._lookups))
                self._indices = self._machine_for(optimise(code, self._passes), rowwise=count)
            indices = np.empty((count, rows))
            self._indices.run(theta, arrays, rows, 1, indices)
            return indices

        check_lookups(self._lookups, self._sizes, arrays, compute)

    def _is_block(self, given: Any) -> bool:
        """Whether it is an array of all columns that needs no conversion."""
        return (
            given.__class__ is _ARRAY
            and given.dtype is _FLOAT64
            and given.ndim == 2
            and given.shape[1] == self._inputs > 0
            and len(given) > 0
            and given.flags.aligned
            and all([len(argument.shape) < 2 for argument in self._source.arguments])
        )

    def _check_recording(
        self, theta: NDArray[np.float64], columns: list[NDArray[np.float64]]
    ) -> None:
        """Raise AnomalyError if the recording is not right for a row: see `detect_anomaly`."""
        if self._source.check is not None:
            self._source.check(theta, columns)
        else:
            check_branches(self._source.branches, theta, columns)
            check_constants(self._source.recorded, theta, columns)

    # ── showing it ───────────────────────────────────────────────────────────────────────────

    def __repr__(self) -> str:
        outputs = ""
        if self._source.template != 0:
            count = self._source.outputs
            outputs = f"{count}, the first with its gradient" if self._joint is not None else (
                f"{count}, without gradients"
            )  # fmt: skip
        code, size = self._shown_code(), self._source.size
        return summarise(code, self._traced, self._names, size, outputs=outputs)

    def listing(self) -> str:
        """The optimised program, with its gradient, as readable lines of arithmetic.

        They are in the order in which they run: first what runs once, then what runs for each row,
        and last the means over the rows and what follows from them.
        """
        return listing(self._shown_code(), self._names)

    # ── exporting it ─────────────────────────────────────────────────────────────────────────

    def to_jax(self) -> Callable[..., Any]:
        """The program as a function that JAX can trace: ``f(theta, *columns)``.

        An argument that is a list takes an array of shape (B, length), as in a call of the program.

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

        # Not inlined: operations of one's own keep their derivatives.
        return to_jax(optimise(self._traced, self._passes), len(self._params), self._source)

    def to_js(self) -> str:
        """The program as a module of JavaScript, for a web page: source with no dependency.

        ::

            from pathlib import Path
            Path("model.js").write_text(program.to_js())

        It exports ``value(theta, columns)``, which computes the output of each row (of several
        outputs, an array of them, in the order of ``outputs``), and for a loss
        ``valueAndGrad(theta, columns)``, which returns the mean over the rows and its gradient, as
        ``{value, gradient}``. It also exports ``theta``, the program's own at this moment, and the
        names ``parameters``, ``columns`` and ``outputs``.

        Theta and columns are arrays or typed arrays. Columns are an object by their names or an
        array in order; an argument that is a list takes an array for each row. The results agree
        with the graph's to 12 digits; they are ``NaN`` and ``Infinity`` where it has nan and inf.
        """
        from .to_js import to_js

        return to_js(self._source, self._theta.tolist())

    def __getstate__(self) -> dict[str, Any]:
        # A layout depends on the processor, so each process makes its own.
        state = self.__dict__.copy()
        del state["_evaluation"], state["_training"], state["_masked"], state["_indices"]
        state["_source"] = self._source._replace(check=None)  # few functions can be pickled
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._make_machines()
