"""Report lost parameters: replaced by what cannot be trained, or held where no search looks.

Training would go on without them and show nothing, so `Module.parameters` raises an error or warns.
"""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Iterator, Sequence, Set
from itertools import chain
from numbers import Real
from types import FrameType, FunctionType, GeneratorType, ModuleType
from typing import Any

from autograd import Value

from .survey import (
    PLAIN,
    Contents,
    Survey,
    Surveyed,
    contents,
    has_attributes,
    is_parameter,
)

__all__ = ["cannot_be_trained", "check_replaced", "check_unsearched", "report_replaced"]

_READ_ONCE = (GeneratorType, map, filter, zip)
_LEAD_EVERYWHERE = (type, ModuleType, FrameType)
_FAR_ENOUGH = 5_000


# ── parameters that were replaced ────────────────────────────────────────────────────────────


def check_replaced(root: Surveyed, before: Survey, now: Survey) -> None:
    """Compare two surveys, place by place, and report parameters that were replaced."""
    missing = set(filter(is_parameter, before.leaves)).difference(now.leaves)
    if not missing:
        return
    records = {id(record.storage): record for record in before.records}
    stack: list[tuple[str, Any, Any]] = [("", root, root)]
    while stack:
        place, old, new = stack.pop()
        opened = contents(old)
        record = None if opened is None else records.pop(id(opened.storage), None)
        if record is None:
            continue
        names = record.names or range(len(record.items))
        if isinstance(new, Real):  # it replaced all items at once
            present = dict.fromkeys(names, new)
        else:
            found = contents(new) or Contents(new, (), _items_of(new), live=False)
            numbers = range(len(found.items))
            present = dict(zip(found.names or numbers, found.items, strict=True))
        for name, part in zip(names, record.items, strict=True):
            there = _locate_item(place, old, name)
            if part.__class__ is Value:
                if part in missing and cannot_be_trained(present.get(name)):
                    report_replaced(root, there, part, present[name])
            elif part.__class__ not in PLAIN and name in present:
                stack.append((there, part, present[name]))


def cannot_be_trained(thing: Any) -> bool:
    """Whether it is a computed value, a number, or a list or an array of only these."""
    return all(
        v.operation is not None if v.__class__ is Value else isinstance(v, Real)
        for v in _items_of(thing) or (thing,)
    )


def _items_of(thing: Any) -> Sequence[Any]:
    """What is in a list, a tuple or an array of any type."""
    if hasattr(thing, "tolist"):
        thing = [thing.tolist()] if getattr(thing, "ndim", 1) == 0 else thing.tolist()
    return thing if isinstance(thing, (list, tuple)) else ()


def report_replaced(root: Surveyed, place: str, old: Value, new: Any) -> None:
    """Raise an error for a leaf with the role of a parameter, and warn about a plain one."""
    module = type(root).__name__
    if new.__class__ is Value:
        what = "a computed value"
    elif isinstance(new, Real):
        what = f"the number {new!r:.40}"
    else:
        what = f"a {type(new).__name__} of numbers or computed values"
    advice = f"To change a parameter, assign its data, as in {place}.data -= 0.1."
    if old.role:
        raise TypeError(
            f"expected a leaf for the parameter {place} of this {module}, got {what}, which cannot "
            f"be trained or saved. {advice}"
        )
    _warn(
        f"{place} of this {module} was a parameter and is now {what}, so it is no longer trained "
        f"or saved. {advice} If it is a state rather than a parameter, give its first Value "
        "another role, such as Value(0.0, role='state')."
    )


# ── parameters that are out of reach ─────────────────────────────────────────────────────────


def check_unsearched(root: Surveyed, survey: Survey) -> None:
    """Report parameters held only where no search looks: in a set, an object, or the class."""
    model = f"this {type(root).__name__}"
    modules = (root, *survey.modules)
    reached: set[int] = set()

    def holds_more(thing: Any) -> bool:
        hidden = [part for part in _parts_of(thing) if _is_parameter_or_module(part)]
        if hidden and not reached:
            reached.update(map(id, survey.leaves), map(id, modules))
        return any(id(part) not in reached for part in hidden)

    for thing in survey.unsearched:
        kind = type(thing).__name__
        if type(thing).__module__.startswith(("autograd.", "nn.", "viz.")):
            continue  # programs, optimisers and pictures hold the parameters of others
        if isinstance(thing, _READ_ONCE):
            _warn(
                f"{_find_location(thing, root)} of {model} is a {kind}, which can be read only "
                "once, so parameters in it are not found. If it yields any, make it a list."
            )
        elif not holds_more(thing):
            continue
        elif isinstance(thing, Set):
            raise TypeError(
                f"expected parameters and modules in an ordered container, got a {kind} in "
                f"{_find_location(thing, root)} of {model}. Use a list."
            )
        else:
            _warn(
                f"{_find_location(thing, root)} of {model} is a {kind}. It holds parameters, which "
                "are not found there. Make that class a Module or a dataclass, or put them in a "
                "list."
            )
    survey.unsearched.clear()
    classes = dict.fromkeys(map(type, modules))
    for base in dict.fromkeys(chain.from_iterable(kind.__mro__ for kind in classes)):
        if not issubclass(base, Surveyed) or base.__module__.startswith("nn."):
            continue
        for name, thing in vars(base).items():
            overridden = any(name in vars(m) for m in modules if isinstance(m, base))
            is_method = hasattr(type(thing), "__get__")
            if not overridden and not is_method and holds_more(thing):
                _warn(
                    f"the class {base.__name__} has the attribute {name}, which all its instances "
                    f"share and none has as a parameter. Set it in __init__, as self.{name}."
                )


def _parts_of(thing: Any) -> Iterator[Any]:
    """The Values and modules that a thing refers to, whatever it is: a set, a bound method, ….

    The search stops after a few thousand objects, and leaves out those that lead everywhere:
    classes, Python modules, loggers, the globals of functions.
    """
    seen: dict[int, Any] = {}
    stack = [thing]
    while stack and len(seen) < _FAR_ENOUGH:
        part = stack.pop()
        kind = part.__class__
        if kind in PLAIN or id(part) in seen or isinstance(part, _LEAD_EVERYWHERE):
            continue
        if kind.__module__ == "logging":
            continue
        seen[id(part)] = part
        if kind is Value or isinstance(part, Surveyed):
            yield part
        elif isinstance(part, FunctionType):
            stack += (part.__closure__, part.__defaults__, part.__kwdefaults__)
        elif getattr(getattr(part, "dtype", None), "hasobject", False) is True:
            stack.append(part.tolist())
        else:
            stack += gc.get_referents(part)


def _is_parameter_or_module(thing: Any) -> bool:
    return is_parameter(thing) if thing.__class__ is Value else isinstance(thing, Surveyed)


# ── what the messages say ────────────────────────────────────────────────────────────────────


def _locate_item(place: str, container: Any, name: Any) -> str:
    """Where an item is, as Python code: ``layers[0].neurons[3].w[0]``."""
    if has_attributes(container):
        return f"{place}.{name}" if place else str(name)
    return f"{place}[{name!r:.80}]"


def _find_location(wanted: Any, root: Surveyed) -> str:
    """Where the module holds a thing that is not searched, or a dictionary with these keys."""
    seen = set()
    stack: list[tuple[str, Any]] = [("", root)]
    while stack:
        place, thing = stack.pop()
        if thing is wanted or (isinstance(thing, dict) and thing.keys() == wanted):
            return place
        found = contents(thing)
        if found is None or id(thing) in seen:
            continue
        seen.add(id(thing))
        names = found.names or range(len(found.items))
        stack.extend(
            (_locate_item(place, thing, name), part)
            for name, part in zip(names, found.items, strict=True)
            if part.__class__ not in PLAIN
        )
    return "an attribute"


def _warn(message: str) -> None:
    """Warn at the line outside this package that led here."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("nn."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
