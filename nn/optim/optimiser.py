"""Optimiser: the base of all optimisers. It knows what is trained, and makes the steps.

Values are trained one by one, and a program through ``theta``, as arrays. The rule is the same: it
is in `Optimiser._update`, which takes floats and arrays alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar, cast

from autograd import Value
from autograd.value import Number

from .._checks import check_parameters, check_program, check_range
from . import states
from .groups import Checks, Group, check_settings, is_groups, make_groups

if TYPE_CHECKING:
    from autograd.program.program import Program
else:
    Program = Any  # for typing.get_type_hints: the real one would import NumPy and numba


__all__ = ["Optimiser", "Params", "Setting", "check_lr"]

Params: TypeAlias = Iterable[Value | Mapping[str, Any]] | Program
"""What to train: a list of parameters, a list of groups, or a program."""

T = TypeVar("T")

_ATTRIBUTES = ("params", "param_groups", "program")

check_lr = partial(check_range, name="lr", low=0.0)


class Setting(Generic[T]):
    """A setting of an optimiser, as an attribute; setting it checks it.

    Groups that have a setting of their own keep it.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, optimiser: Optimiser, owner: type | None = None) -> T:
        return cast("T", optimiser._settings[self._name] if optimiser is not None else self)

    def __set__(self, optimiser: Optimiser, value: T) -> None:
        checked = check_settings(type(optimiser), {self._name: value}, "")
        for group in optimiser.param_groups:
            optimiser._check_together({**optimiser._settings, **checked, **group._own})
        optimiser._settings.update(checked)


class Optimiser:
    """The base of optimisers.

    Attributes:
        params: the parameters, each once; empty for a program that is trained as a whole.
        param_groups: the groups of parameters; one if none were given.
        program: the program, or None.
    """

    _checks: ClassVar[Checks] = {"lr": check_lr}
    """The settings, in the order of the arguments, and how each is checked."""

    _slots: ClassVar[tuple[str, ...]] = ()
    """What a rule remembers of each parameter: the letters in its formula. All start at 0."""

    _squares: ClassVar[tuple[str, ...]] = ()
    """Those of them that are means of squares, so never below 0."""

    def __init__(self, params: Any, program: Program | None, **settings: Any) -> None:
        kind = type(self).__name__
        check_range(settings["lr"], "lr", 0.0, above=True)
        self._settings = check_settings(type(self), settings, "")
        self._check_together(self._settings)
        if not isinstance(params, Value) and hasattr(params, "theta"):
            if program is not None:
                raise TypeError(f"{kind} got two programs; pass program= only with parameters")
            params, program = [], params
            groups = [Group([], {}, type(self), self._settings)]
            count = cast("Any", program).theta.size
        else:
            program = program and check_program(program, kind)
            if is_groups(params):
                groups = make_groups(params, type(self), self._settings)
            else:
                groups = [Group(check_parameters(params, kind), {}, type(self), self._settings)]
            params = [p for group in groups for p in group.params]
            count = len(params)
        if not count:
            raise ValueError(f"{kind} expected at least one parameter to train, got none")
        self.program: Program | None = program
        self.params: list[Value] = params
        self.param_groups: list[Group] = groups
        if program is not None and params:
            self._find_places(program)
        for group in groups:
            entries = len(group.params) if program is None else 1
            group._state = [(0.0,) * len(self._slots)] * entries
        self._steps = 0

    def _find_places(self, program: Program) -> None:
        """Find the parameters of each group in the program's theta."""
        places = {p: i for i, p in enumerate(program._params)}
        for group in self.param_groups:
            for p in group.params:
                if p not in places:
                    raise ValueError(
                        f"expected parameters of the program, got {p!r}, which it was not compiled "
                        "for; pass it to autograd.compile, in params"
                    )
            group._where = [places[p] for p in group.params]

    def __setattr__(self, name: str, value: Any) -> None:
        known = name in _ATTRIBUTES or name.startswith("_") or hasattr(type(self), name)
        ours = type(self).__module__.startswith(f"{__package__}.")  # a subclass may have others
        if ours and not known:
            raise AttributeError(
                f"{type(self).__name__} has no setting {name!r}; it has {', '.join(self._checks)}. "
                "Keep data of your own in a variable."
            )
        super().__setattr__(name, value)

    # ── the rule, which subclasses define ────────────────────────────────────────────────────

    @classmethod
    def _check_together(cls, settings: Mapping[str, Any]) -> None:
        """Raise a ValueError if settings that are right one by one contradict each other."""

    def _update(self, x: Any, g: Any, state: Any, t: int, s: Mapping[str, Any]) -> tuple[Any, Any]:
        """The parameter x after step number t, and its new state.

        Arguments:
            x: the parameter, a float; or many, as an array.
            g: its gradient.
            state: what it remembers of earlier steps, an entry for each of ``_slots``.
            t: the number of this step, from 1.
            s: the settings, by name.
        """
        raise NotImplementedError

    # ── training ─────────────────────────────────────────────────────────────────────────────

    def step(self, gradient: Any = None) -> None:
        """Move every parameter one step against its gradient.

        Arguments:
            gradient: for a program only: an array such as `value_and_grad` returns; by default the
                last one that it returned. Values hold their gradients themselves.
        """
        t = self._steps + 1
        if self.program is not None:
            self._step_program(self.program, gradient, t)
            return
        if gradient is not None:
            raise TypeError(
                "step() takes a gradient only if it trains a program; backward() leaves the "
                "gradients of Values in their grad"
            )
        updated = []
        for group in self.param_groups:
            s, update = group.settings(), self._update
            pairs = zip(group.params, group._state, strict=True)
            updated.append([update(p.data, p.grad, state, t, s) for p, state in pairs])
        # Nothing can fail from here on, so a step moves all parameters or none.
        for group, results in zip(self.param_groups, updated, strict=True):
            for p, (x, _) in zip(group.params, results, strict=True):
                p.data = x
            group._state = [state for _, state in results]
        self._steps = t

    def _step_program(self, program: Program, gradient: Any, t: int) -> None:
        theta = program.theta
        if gradient is None:
            gradient = program.gradient
        if gradient is None:
            raise ValueError(
                "step() expected a gradient, got none; call program.value_and_grad(...) first"
            )
        if getattr(gradient, "shape", None) != theta.shape:
            raise ValueError(
                f"expected a gradient of shape {theta.shape}, an entry for each parameter, got "
                f"{getattr(gradient, 'shape', gradient)!r}"
            )
        import numpy as np  # there is a program, so there is NumPy

        with np.errstate(all="ignore"):  # nan and inf give no warnings, as with floats
            updated = [
                self._update(theta[g._where], gradient[g._where], g._state[0], t, g.settings())
                for g in self.param_groups
            ]
        for group, (x, state) in zip(self.param_groups, updated, strict=True):
            theta[group._where] = x
            group._state = [state]
        self._steps = t

    @property
    def lr(self) -> float:
        """The learning rate η, 0 or more. Set it between steps to follow a schedule.

        A group with a learning rate of its own keeps its proportion: if it started with a tenth of
        the optimiser's, it always has a tenth.
        """
        return cast("float", self._settings["lr"])

    @lr.setter
    def lr(self, lr: Number) -> None:
        self._settings["lr"] = check_lr(lr)
        for group in self.param_groups:
            if "lr" in group._own:
                group._own["lr"] = self._settings["lr"] * group._lr_factor

    def zero_grad(self) -> None:
        """Set ``grad`` of every parameter to 0. (A program accumulates no gradients.)"""
        for p in self.params:
            p.zero_grad()

    # ── stopping and going on ────────────────────────────────────────────────────────────────

    def state_dict(self) -> dict[str, Any]:
        """The settings, and what the steps so far have left behind, as plain data for JSON.

        A training that is stopped, and goes on with the parameters and this state, is the same, to
        the last bit, as one that was never stopped. `nn.Module.save` writes both to one file. The
        state does not depend on whether Values are trained or a program.
        """
        return states.state_of(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where the optimiser of that state stopped; its settings come back, too.

        An error leaves the optimiser unchanged.

        Raises:
            ValueError: it is the state of another kind of optimiser, or of one with other groups or
                another number of parameters; or an entry is missing, unknown or out of range.
            TypeError: an entry is of the wrong type.
        """
        states.restore(self, state)

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={x!r}" for name, x in self._settings.items())
        count = len(self.params) if self.program is None or self.params else "a program's"
        return f"<{type(self).__name__} of {count} parameters: {inner}>"


# `states` needs Optimiser only in annotations; typing.get_type_hints looks for it there.
vars(states)["Optimiser"] = Optimiser
