"""Module: what every layer and model is: a forward pass, and parameters that have names.

What a particular layer computes is in `layers`; how its parameters learn, in `optim`; the file that
keeps them, in `storage`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Value
from autograd.value import Number

from . import call as calls
from . import storage
from ._checks import describe
from .call import Call, mark, new_call, values_among
from .call import in_progress as _in_progress
from .holding import Holder

__all__ = ["Call", "Module", "Parameter"]


def Parameter(data: Number, label: str = "") -> Value:  # noqa: N802  (it stands where a class would)
    """A leaf Value with the role of a parameter: a number that training may change.

    Arguments:
        data: its first value, any real number.
        label: its name in pictures and messages.

    Raises:
        TypeError: `data` is not a real number.
    """
    return Value(data, label, role="parameter")


class Module(Holder):
    """The base of layers and models: subclass it, and define ``forward``.

    Whatever a module holds in its attributes belongs to it: other modules, and Values, also within
    lists, tuples and dictionaries, at any depth. Its parameters are the leaf Values among them,
    those that are plain (``Value(0.5)``) and those made by `Parameter`; a leaf with any other role
    (``"input"``, ``"target"``, …) is not one. An attribute set later counts as well.

    Calling a module runs ``forward``, and marks the Values it returns with the call, so that
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

    # Set by a module that calls no other and always returns one new Value (a neuron, called
    # thousands of times in a step): then there is less to keep track of.
    _innermost = False

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass defines its own.

        Raises:
            NotImplementedError: the subclass does not.
        """
        name = type(self).__name__
        raise NotImplementedError(
            f"{name} has no forward method; define forward(self, ...) in {name}"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``, and mark the Values that it returns with this `Call`."""
        parent = _in_progress.get()
        if parent is None:
            self._look()
        # The inputs are held until the end, so that no Value made meanwhile can have their ids.
        inputs = values_among((*args, *kwargs.values()) if kwargs else args)
        call = new_call(Call)
        call.module, call.given, call.parent = self, frozenset(map(id, inputs)), parent
        if self._innermost:
            output = self.forward(*args, **kwargs)
            if output.operation is not None:
                output.made_by = call
            return output
        try:  # with all within it, so that Ctrl-C cannot come between setting and resetting
            _in_progress.set(call)
            outputs = self.forward(*args, **kwargs)
        finally:
            _in_progress.set(parent)
        mark(outputs, call)
        return outputs

    def zero_grad(self) -> None:
        """Forget all gradients: ``grad`` of every parameter becomes 0."""
        for parameter in self.parameters():
            parameter.zero_grad()

    # ── being seen ───────────────────────────────────────────────────────────────────────────

    def _in_a_row(self) -> Sequence[Module]:
        """The modules that ``forward`` calls one after the other, where a subclass says so.

        Pictures of the model draw arrows from each to the next.
        """
        return ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, str]:
        """What Jupyter shows: a picture of its parts, or the text where there is no renderer."""
        bundle = {"text/plain": repr(self)}
        try:
            from viz import draw  # at display time only: layers know nothing of viz

            bundle = {**draw(self)._repr_mimebundle_(include, exclude), **bundle}
        except Exception as error:  # a broken renderer must not hide the model itself
            bundle["text/plain"] += f"\n(no picture: {error})"
        return bundle

    def _repr_html_(self) -> str | None:
        """The picture alone, for tools that ask for HTML, such as sphinx-gallery."""
        return self._repr_mimebundle_().get("text/html")

    # ── keeping what it has learnt ───────────────────────────────────────────────────────────

    def state_dict(self) -> dict[str, float]:
        """The data of every parameter by its path, in order.

        Raises:
            ValueError: two parameters have the same path (keys of a dictionary can bring it about).
        """
        return {path: parameter.data for path, parameter in self._by_path().items()}

    def load_state_dict(self, state: Mapping[str, Number]) -> None:
        """Set every parameter to the number that `state` has for its path.

        Everything is checked first: after an error the model is as it was.

        Arguments:
            state: one real number (nan and inf are numbers here) for every path of `state_dict`.

        Raises:
            ValueError: a path is missing, or one is there that the model does not have.
            TypeError: `state` is not a mapping, or an entry is not a real number.
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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file, exactly, nan and inf included.

        The file is written beside its place and then put there in one go: whatever happens, there
        is the old file or the new one, never half of one. An existing file keeps its permissions; a
        symbolic link is followed; a device or a pipe, such as ``/dev/stdout``, is written to. Only
        a file with other names (hard links), or in a folder that cannot be written to, is
        overwritten in its place.

        Raises:
            OSError: the folder is missing or cannot be written to, or the file is read-only.
            ValueError: two parameters have the same path.
        """
        storage.write(path, type(self).__name__, self.state_dict())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Set the parameters to those of a file that `save` wrote, by a model of the same shape.

        After an error the model is as it was.

        Raises:
            OSError: there is no such file, or it cannot be read.
            ValueError: it is no such file, or damaged, or the model's paths are others.
        """
        saved_by, state = storage.read(path)
        try:
            self.load_state_dict(state)
        except ValueError as error:
            raise ValueError(f"cannot load {str(path)!r}, saved by {saved_by}: {error}") from None

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


# `call` is imported above, and names Module in annotations only; typing.get_type_hints looks there.
vars(calls)["Module"] = Module


def _some(paths: list[str]) -> str:
    """The first few of them, in words."""
    few = ", ".join(map(storage.shown, paths[:3]))
    return few if len(paths) <= 3 else f"{few} and {len(paths) - 3} more"
