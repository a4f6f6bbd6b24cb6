"""Module: the base of layers and models, with a forward pass and named parameters.

`holding` finds its parameters, `optim` trains them, and `storage` has the file format.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

from autograd import Value
from autograd.value import Number

from . import call as calls
from . import storage
from ._checks import describe
from .call import Call, mark, new_call, values_among
from .call import in_progress as _in_progress
from .holding import Holder
from .optim.optimiser import Optimiser

__all__ = ["Call", "Module", "Parameter"]


def Parameter(data: Number, label: str = "") -> Value:  # noqa: N802  (used like a class)
    """A leaf Value with the role of a parameter: a number that training may change.

    Arguments:
        data: its first value, any real number.
        label: its name in pictures and messages.
    """
    return Value(data, label, role="parameter")


class Module(Holder):
    """The base of layers and models: subclass it, and define ``forward``.

    A module holds the modules and Values in its attributes, also those within lists, tuples and
    dictionaries, at any depth. Its parameters are the leaf Values among them, if they are plain
    (``Value(0.5)``) or made by `Parameter`; a leaf with another role (``"input"``, ``"target"``, …)
    is not one. Attributes that are set later count, too.

    Calling a module runs ``forward`` and marks the Values that it returns with the call, so that
    pictures can group a graph by module.

    >>> from autograd import Value
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.height = Value(2.0), Value(1.0)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x + self.height
    >>> line = Line()
    >>> line(3).data, line.state_dict()
    (7.0, {'slope': 2.0, 'height': 1.0})
    """

    training = True
    """Whether it is in training, which `Dropout` asks. `train` and `eval` set it."""

    # True for a module that calls no other module and returns one new Value. Its calls have less to
    # keep track of, and a training step may call thousands of neurons.
    _innermost = False

    # True for a module that pictures by layer draw as one box, though it holds layers itself.
    _is_layer = False

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; every subclass defines how."""
        name = type(self).__name__
        raise NotImplementedError(
            f"{name} has no forward method; define forward(self, ...) in {name}"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``, and mark the Values that it returns with this `Call`."""
        parent = _in_progress.get()
        if parent is None:
            self._take_first_survey()
        # Holding the inputs until the end makes sure that no new Value gets the id of one.
        inputs = values_among((*args, *kwargs.values()) if kwargs else args)
        call = new_call(Call)
        call.module, call.given, call.parent = self, frozenset(map(id, inputs)), parent
        if self._innermost:
            output = self.forward(*args, **kwargs)
            if output.operation is not None:
                output.made_by = call
            return output
        try:  # the first line is inside, so that Ctrl-C cannot come between setting and resetting
            _in_progress.set(call)
            outputs = self.forward(*args, **kwargs)
        finally:
            _in_progress.set(parent)
        mark(outputs, call)
        return outputs

    def zero_grad(self) -> None:
        """Set ``grad`` of every parameter to 0."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode: bool = True) -> Self:
        """Put this module and all modules in it into training mode, and return it.

        Arguments:
            mode: False for evaluation instead, as `eval` does.
        """
        if not isinstance(mode, bool):
            raise TypeError(f"expected True or False for mode, got {describe(mode)}")
        for _, module in self.named_modules():
            if module.training is not mode:
                object.__setattr__(module, "training", mode)
        return self

    def eval(self) -> Self:
        """Put this module and all modules in it into evaluation mode, and return it.

        Only layers such as `Dropout` behave differently then. Operations are still recorded; wrap
        the call in `autograd.no_grad` to avoid that.
        """
        return self.train(False)

    # ── pictures ─────────────────────────────────────────────────────────────────────────────

    def _in_a_row(self) -> Sequence[Module]:
        """The modules that ``forward`` calls one after another; a subclass may list them.

        Pictures of the model draw an arrow from each to the next.
        """
        return ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, str]:
        """What Jupyter shows: a picture of its parts, or text if there is no renderer."""
        bundle = {"text/plain": repr(self)}
        try:
            from viz import draw  # only when displayed: nn does not depend on viz

            bundle = {**draw(self)._repr_mimebundle_(include, exclude), **bundle}
        except Exception as error:  # a broken renderer must not hide the model
            bundle["text/plain"] += f"\n(no picture: {error})"
        return bundle

    def _repr_html_(self) -> str | None:
        """The picture alone, for tools that ask for HTML, such as sphinx-gallery."""
        return self._repr_mimebundle_().get("text/html")

    # ── saving and loading ───────────────────────────────────────────────────────────────────

    def state_dict(self) -> dict[str, float]:
        """The data of every parameter by its path, in order.

        Raises:
            ValueError: two parameters have the same path, as dictionary keys with dots can cause.
        """
        return {path: parameter.data for path, parameter in self._by_path().items()}

    def load_state_dict(self, state: Mapping[str, Number]) -> None:
        """Set every parameter to the number that `state` has for its path.

        An error leaves the model unchanged.

        Arguments:
            state: a real number (or nan, or inf) for every path of `state_dict`.

        Raises:
            ValueError: a path is missing, or unknown to the model.
        """
        parameters = self._by_path()
        if not hasattr(state, "keys"):
            raise TypeError(
                "expected a dictionary of paths and numbers, such as state_dict() returns, got "
                f"{describe(state)}"
            )
        missing = [path for path in parameters if path not in state]
        extra = [path for path in state if path not in parameters]
        if missing or extra:
            problems = [f"missing {_some(missing)}"] if missing else []
            problems += [f"unexpected {_some(extra)}"] if extra else []
            raise ValueError(
                f"the state does not fit this {type(self).__name__}: {'; '.join(problems)}. "
                "Build the model with the sizes and words of the one that was saved."
            )
        numbers = {}
        for path in parameters:
            try:
                numbers[path] = Value(state[path]).data
            except TypeError as error:
                raise TypeError(f"state[{path!r}]: {error}") from None
        for path, parameter in parameters.items():
            parameter.data = numbers[path]

    def save(self, path: str | os.PathLike[str], optimiser: Optimiser | None = None) -> None:
        """Write the parameters to a JSON file, exactly, including nan and inf.

        With an optimiser, write its state to the same file, so that `load` can go on with the
        training. A program's theta goes to the model first, with ``program.write_back()``.

        Saving is atomic: whatever happens, the file is the old one or the new one, never half of
        one. It keeps its permissions. A symbolic link is followed; a device or a pipe, such as
        ``/dev/stdout``, is written to. Only a file that has other names (hard links), or is in a
        read-only folder, is overwritten in place.

        Raises:
            OSError: the folder is missing or cannot be written to, or the file is read-only.
            ValueError: two parameters have the same path.
        """
        state = None if optimiser is None else _state_to_save(optimiser)
        storage.write(path, type(self).__name__, self.state_dict(), state)

    def load(self, path: str | os.PathLike[str], optimiser: Optimiser | None = None) -> None:
        """Set the parameters to those in a file that `save` wrote, for a model of the same shape.

        With an optimiser, set its state, too, so that it goes on where the saved one stopped. An
        error leaves both unchanged.

        Raises:
            OSError: the file is missing or cannot be read.
            ValueError: the file is damaged or another kind of file, its paths do not fit, or it has
                no state for the optimiser, or one that does not fit.
        """
        saved = storage.read(path)
        before = self.state_dict()
        try:
            self.load_state_dict(saved.state)
            if optimiser is None:
                return
            _state_to_save(optimiser)
            if saved.optimiser is None:
                raise ValueError(
                    "it has no state of an optimiser. Write one with save(path, optimiser), or "
                    "load the parameters alone"
                )
            optimiser.load_state_dict(saved.optimiser)
        except (TypeError, ValueError) as error:
            self.load_state_dict(before)
            if isinstance(error, TypeError):
                raise
            where = f"cannot load {str(path)!r}, saved by {saved.saved_by}"
            raise ValueError(f"{where}: {error}") from None

    def _by_path(self) -> dict[str, Value]:
        by_path: dict[str, Value] = {}
        for path, parameter in self.named_parameters():
            if path in by_path:
                raise ValueError(
                    f"two parameters of this {type(self).__name__} have the path {path!r}; "
                    "rename an attribute or a key"
                )
            by_path[path] = parameter
        return by_path


# `call` needs Module only in annotations; typing.get_type_hints looks for it there.
vars(calls)["Module"] = Module


def _state_to_save(optimiser: Any) -> Any:
    if not isinstance(optimiser, Optimiser):
        raise TypeError(f"expected an optimiser such as nn.Adam, got {describe(optimiser)}")
    return optimiser.state_dict()


def _some(paths: list[str]) -> str:
    """The first three, and how many more there are."""
    few = ", ".join(map(storage.show, paths[:3]))
    return few if len(paths) <= 3 else f"{few} and {len(paths) - 3} more"
