"""Holder: how a module knows its parameters and modules.

It searches its attributes (see `survey`), and reports parameters that got lost (see `lost`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autograd import Value

from .lost import cannot_be_trained, check_replaced, check_unsearched, report_replaced
from .survey import PLAIN, Survey, Surveyed, is_parameter, walk

__all__ = ["Holder"]


class Holder(Surveyed):
    """The half of `Module` that finds its parameters and the modules in it."""

    __slots__ = ()

    def parameters(self) -> list[Value]:
        """The parameters, each once, in the order in which the attributes were set.

        Raises:
            TypeError: a parameter was replaced by a computed value or a number, or is held in a
                set, which has no order.
        """
        leaves = _current_survey(self).leaves
        # What is_parameter says; v.role would take three times as long.
        return [v for v in leaves if v._mark is None or v._mark == "parameter"]

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """The parameters with their paths, such as ``("layers.0.neurons.3.w1", w1)``.

        A path joins the names of attributes, places in lists and keys of dictionaries with dots.
        A parameter held in two places appears once, with the first of its paths.
        The errors are those of `parameters`.
        """
        _current_survey(self)
        for path, thing, _ in walk(self):
            if thing.__class__ is Value and is_parameter(thing):
                yield path, thing

    def named_modules(self) -> Iterator[tuple[str, Any]]:
        """The module itself, with the path ``""``, and every module within, each once."""
        for path, thing, _ in walk(self):
            if isinstance(thing, Holder):
                yield path, thing

    def _path_of(self, module: Holder) -> str:
        """The path of a module in this one; ``""`` for itself, or if it is not in this one."""
        survey: Survey | None = getattr(self, "_survey", None)
        if survey is None or not survey.is_current(self) or not survey.names_are_current():
            return next((path for path, inner in self.named_modules() if inner is module), "")
        if survey.paths is None:
            survey.paths = {id(inner): path for path, inner in self.named_modules()}
        return survey.paths.get(id(module), "")

    def _take_first_survey(self) -> None:
        """Survey the module if that was not done before, to notice later what gets lost."""
        if not hasattr(self, "_survey"):
            _keep(self, Survey(self))

    if not TYPE_CHECKING:  # or type checkers would let anything be set on any module

        def __setattr__(self, name: str, value: Any) -> None:
            """Set an attribute, but do not replace a parameter by a computed value or a number.

            Raises:
                TypeError: that would happen; write ``p.data -= …`` to update a parameter.
            """
            old = self.__dict__.get(name)
            if old.__class__ not in PLAIN:
                self._take_first_survey()  # before the old value is gone
            super().__setattr__(name, value)
            if old.__class__ is Value and is_parameter(old) and cannot_be_trained(value):
                try:
                    if old not in Survey(self).leaves:  # it has no other place in the module
                        report_replaced(self, name, old, value)
                except BaseException:
                    super().__setattr__(name, old)
                    raise

    def __getstate__(self) -> Any:
        """Return the state for copies and pickles: no survey, since it fits only this object."""
        state = super().__getstate__()
        if not isinstance(state, tuple):
            return state
        attributes, slots = state
        slots.pop("_survey", None)
        return (attributes, slots) if slots else attributes


def _current_survey(root: Holder) -> Survey:
    """A survey of the module as it is now. If it changed, report parameters that got lost."""
    before: Survey | None = getattr(root, "_survey", None)
    if before is not None and before.checked and before.is_current(root):
        return before
    survey = Survey(root)
    for module in (root, *survey.modules):  # an inner module may have a survey, too
        earlier: Survey | None = getattr(module, "_survey", None)
        if earlier is not None and not earlier.is_current(module):
            check_replaced(module, earlier, survey)
            if module is not root:
                _keep(module, Survey(module))
    check_unsearched(root, survey)
    survey.checked = True
    _keep(root, survey)
    return survey


def _keep(module: Surveyed, survey: Survey) -> None:
    object.__setattr__(module, "_survey", survey)  # a frozen dataclass has its own __setattr__
