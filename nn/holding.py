"""What a module holds: the parameters and modules to be reached from its attributes.

A module that is asked for its parameters looks through everything that it holds, and keeps what it
found as a `Survey`, together with a copy of every list and dictionary on the way. As long as these
are what they were, the survey serves again: looking at a model that has not changed takes a few
microseconds. Two surveys also show what got lost between them.
"""

from __future__ import annotations

import gc
import sys
import warnings
from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import (
    Collection,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    Set,
    ValuesView,
)
from dataclasses import is_dataclass
from itertools import chain, islice
from numbers import Real
from operator import attrgetter, is_
from types import (
    FrameType,
    FunctionType,
    GeneratorType,
    MappingProxyType,
    ModuleType,
    NoneType,
    SimpleNamespace,
)
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value

__all__ = ["Holder"]


class Holder:
    """What `Module` does to know its parts."""

    # The survey describes the dictionary of attributes, and so it is not kept in there.
    __slots__ = ("__dict__", "__weakref__", "_survey")

    _survey: Survey

    def parameters(self) -> list[Value]:
        """Its parameters, each once, in the order in which the attributes were set.

        Raises:
            TypeError: a parameter was replaced by a computed value or a number, or is held in a
                set, which has no order.
        """
        leaves = _checked_survey(self).leaves
        return [v for v in leaves if v._mark is None or v._mark == "parameter"]

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Its parameters with their paths, such as ``("layers.0.neurons.3.w1", w1)``.

        A path joins the names of attributes, places in lists and keys of dictionaries with dots.
        What is held in two places is given once, with the first of its paths.

        Raises:
            TypeError: as for `parameters`.
        """
        _checked_survey(self)
        for path, thing in _walk(self):
            if thing.__class__ is Value and _is_parameter(thing):
                yield path, thing

    def named_modules(self) -> Iterator[tuple[str, Any]]:
        """The module itself, with the path ``""``, and every module within, each once."""
        for path, thing in _walk(self):
            if isinstance(thing, Holder):
                yield path, thing

    def _item_names(self) -> Mapping[str, Iterable[str]]:
        """The attributes whose items have names of their own, and these names, in order.

        Without them the items of ``w`` are ``w.0``, ``w.1``, ….
        """
        return {}

    def _path_of(self, module: Holder) -> str:
        """The path of a module within; ``""`` for itself, and for one that it does not hold."""
        survey: Survey | None = getattr(self, "_survey", None)
        if survey is None or not survey.is_current(self) or not survey.names_are_current():
            return next((path for path, inner in self.named_modules() if inner is module), "")
        if survey.paths is None:
            survey.paths = {id(inner): path for path, inner in self.named_modules()}
        return survey.paths.get(id(module), "")

    def _look(self) -> None:
        """Remember what it holds, if nobody asked for it yet, to notice what gets lost."""
        if not hasattr(self, "_survey"):
            _keep(self, _survey_of(self))

    if not TYPE_CHECKING:  # or type checkers would let anything be set on any module

        def __setattr__(self, name: str, value: Any) -> None:
            """Set an attribute; a parameter is not replaced by a computed value or a number.

            Raises:
                TypeError: it was about to be; ``p.data -= …`` is how a parameter is updated.
            """
            old = self.__dict__.get(name)
            if old.__class__ not in _PLAIN:
                self._look()  # to notice what is about to be lost
            super().__setattr__(name, value)
            if old.__class__ is Value and _is_parameter(old) and _cannot_be_trained(value):
                try:
                    if old not in _survey_of(self).leaves:  # it has no other place in the module
                        _report_loss(self, name, old, value)
                except BaseException:
                    super().__setattr__(name, old)
                    raise

    def __getstate__(self) -> Any:
        """What copies and pickles keep: all but the survey, which is of this object alone."""
        state = super().__getstate__()
        if not isinstance(state, tuple):
            return state
        attributes, slots = state
        slots.pop("_survey", None)
        return (attributes, slots) if slots else attributes


class Survey:
    """What was found in a module, and what it was found in.

    Attributes:
        leaves: every leaf Value, in order, each once.
        modules: every module within, in order, each once.
        elsewhere: what might hold parameters and is not looked through, such as a set.
        containers: what was opened: lists, dictionaries, dictionaries of attributes.
        names: the keys of each, if it has keys.
        items: a copy of what was in each. Of a computed value there is no copy: it would keep the
            graph behind it alive.
        checked: whether it was looked at for parameters that are lost or out of reach.
        paths: the paths of modules, by id, once somebody asked.
    """

    def __init__(self) -> None:
        self.leaves: list[Value] = []
        self.modules: list[Holder] = []
        self.elsewhere: list[Any] = []
        self.containers: list[Any] = []
        self.names: list[Sequence[Any]] = []
        self.items: list[Sequence[Any]] = []
        self.checked = False
        self.paths: dict[int, str] | None = None
        self._lasting = True  # whether a change would show in the containers
        self._lengths: list[int] = []
        self._views: list[Collection[Any]] = []
        self._attributes: list[dict[str, Any]] = []  # of the modules

    def add(self, thing: Any, opened: _Opened) -> Sequence[Any]:
        """Note what a container holds."""
        items = tuple(opened.items)
        if not opened.lasting:
            self._lasting = False
        kept = items
        if any(v.__class__ is Value and v.operation is not None for v in items):
            self._lasting = False
            kept = tuple(
                None if v.__class__ is Value and v.operation is not None else v for v in items
            )
            if isinstance(thing, tuple):
                return items
        self.containers.append(_container(thing))
        self.names.append(tuple(opened.names))
        self.items.append(kept)
        self._lengths.append(len(items))
        self._views.append(opened.items)
        if isinstance(thing, Holder):
            self._attributes.append(thing.__dict__)
        return items

    def is_current(self, root: Holder) -> bool:
        """Whether all containers hold the very things that they held, in the same order."""
        return (
            self._lasting
            and root.__dict__ is self._attributes[0]
            and list(map(len, self._views)) == self._lengths
            and all(map(is_, chain.from_iterable(self._views), chain.from_iterable(self.items)))
            and all(map(is_, map(_attributes_of, self.modules), islice(self._attributes, 1, None)))
        )

    def names_are_current(self) -> bool:
        """Whether the keys are what they were, too."""
        return all(
            not names or tuple(container) == names
            for container, names in zip(self.containers, self.names, strict=True)
        )


class _Opened(NamedTuple):
    """What is in a container.

    ``names`` are its keys, empty if it has none. ``lasting`` says that ``items`` is the container
    itself, or a view of it, which shows any change.
    """

    names: Collection[Any]
    items: Collection[Any]
    lasting: bool


# Kinds of which there may be very many, and which hold nothing.
_PLAIN = frozenset((float, int, str, bool, NoneType, bytes, bytearray, complex, range))
_DICTIONARIES = (dict, OrderedDict, defaultdict)
_READ_ONCE = (GeneratorType, map, filter, zip)
_attributes_of = attrgetter("__dict__")


def _opened(thing: Any) -> _Opened | None:
    """What is in a container of a kind that is looked through; None for anything else."""
    kind = thing.__class__
    if isinstance(thing, (list, tuple, deque)):
        lasting = kind in (list, deque) or kind.__iter__ is tuple.__iter__
        return _Opened((), thing, lasting)
    if isinstance(thing, (dict, UserDict, ChainMap, MappingProxyType)):
        return _Opened(thing.keys(), thing.values(), kind in _DICTIONARIES)
    if isinstance(thing, Holder) or _has_fields(kind):
        attributes = getattr(thing, "__dict__", {})
        slots = [name for name in _slots(kind) if hasattr(thing, name)]
        if not slots:
            return _Opened(attributes.keys(), attributes.values(), lasting=True)
        values = [getattr(thing, name) for name in slots]
        return _Opened([*slots, *attributes], [*values, *attributes.values()], lasting=False)
    if getattr(getattr(thing, "dtype", None), "hasobject", False) is True:  # NumPy, pandas
        items = thing.tolist()
        return _Opened((), items if isinstance(items, list) else [items], lasting=False)
    if isinstance(thing, (UserList, ValuesView, KeysView, ItemsView)):
        return _Opened((), list(thing), lasting=False)
    return None


def _has_fields(kind: type) -> bool:
    return is_dataclass(kind) or kind is SimpleNamespace or hasattr(kind, "__attrs_attrs__")


def _slots(kind: type) -> Iterator[str]:
    """The names of a class's own slots."""
    for base in reversed(kind.__mro__):
        slots = base.__dict__.get("__slots__", ()) if base is not Holder else ()
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__"):
                yield name
            elif not name.endswith("__"):
                yield f"_{base.__name__.lstrip('_')}{name}"


def _container(thing: Any) -> Any:
    return getattr(thing, "__dict__", thing) if _has_attributes(thing) else thing


def _has_attributes(thing: Any) -> bool:
    return isinstance(thing, Holder) or _has_fields(thing.__class__)


def _is_parameter(v: Value) -> bool:
    return v.operation is None and v.role in ("", "parameter")


def _cannot_be_trained(thing: Any) -> bool:
    """Whether it is a computed value, a number, or a list or an array of nothing else."""
    return all(
        v.operation is not None if v.__class__ is Value else isinstance(v, Real)
        for v in _items_of(thing) or (thing,)
    )


def _items_of(thing: Any) -> Sequence[Any]:
    """What is in a list, a tuple or an array of anything."""
    if hasattr(thing, "tolist"):
        thing = [thing.tolist()] if getattr(thing, "ndim", 1) == 0 else thing.tolist()
    return thing if isinstance(thing, (list, tuple)) else ()


# ── looking ──────────────────────────────────────────────────────────────────────────────────


def _survey_of(root: Holder) -> Survey:
    survey = Survey()
    seen: dict[int, Any] = {}  # by id; it holds the thing, so that the id stays its own
    stack: list[Any] = [root]
    while stack:
        thing = stack.pop()
        kind = thing.__class__
        if kind in _PLAIN or id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if kind is Value:
            if thing.operation is None:
                survey.leaves.append(thing)
            continue
        opened = _opened(thing)
        if opened is None:
            survey.elsewhere.append(thing)
            continue
        if isinstance(thing, Holder) and thing is not root:
            survey.modules.append(thing)
        stack.extend(reversed(survey.add(thing, opened)))
        if opened.names and any(isinstance(name, (Value, Holder)) for name in opened.names):
            survey.elsewhere.append(thing.keys())
    return survey


def _walk(root: Holder) -> Iterator[tuple[str, Value | Holder]]:
    """Every Value and module to be reached from here, with its path; depth first."""
    seen: dict[int, Any] = {}
    stack: list[tuple[str, Any, Sequence[str]]] = [("", root, ())]
    while stack:
        path, thing, names = stack.pop()
        if id(thing) in seen:
            continue
        if thing.__class__ is Value:
            seen[id(thing)] = thing
            yield path, thing
            continue
        opened = _opened(thing)
        if opened is None:
            continue
        seen[id(thing)] = thing
        own: Mapping[str, Iterable[str]] = {}
        if isinstance(thing, Holder):
            yield path, thing
            own = thing._item_names()
        prefix = f"{path}." if path else ""
        parts: list[tuple[str, Any, Sequence[str]]] = []
        for name, part in zip(
            names or opened.names or range(len(opened.items)), opened.items, strict=True
        ):
            if part.__class__ in _PLAIN:
                continue
            if name in own and isinstance(part, (list, tuple)):
                known = list(islice(own[name], len(part)))
                rest = [f"{name}.{i}" for i in range(len(known), len(part))]
                parts.append((path, part, known + rest))
            else:
                parts.append((f"{prefix}{name}", part, ()))
        stack.extend(reversed(parts))


# ── what is lost, or out of reach ────────────────────────────────────────────────────────────


def _checked_survey(root: Holder) -> Survey:
    """What the module holds now.

    Raises:
        TypeError: a parameter was replaced, since the last survey, by what cannot be trained, or is
            held in a set.
    """
    before: Survey | None = getattr(root, "_survey", None)
    if before is not None and before.checked and before.is_current(root):
        return before
    survey = _survey_of(root)
    for module in (root, *survey.modules):  # a module within may have been looked at on its own
        earlier: Survey | None = getattr(module, "_survey", None)
        if earlier is not None and not earlier.is_current(module):
            _check_for_losses(module, earlier, survey)
            if module is not root:
                _keep(module, _survey_of(module))
    _check_elsewhere(root, survey)
    survey.checked = True
    _keep(root, survey)
    return survey


def _keep(module: Holder, survey: Survey) -> None:
    object.__setattr__(module, "_survey", survey)  # a frozen dataclass has a __setattr__ of its own


def _check_for_losses(root: Holder, before: Survey, survey: Survey) -> None:
    """Compare two surveys, place by place, and report parameters that were replaced."""
    missing = set(filter(_is_parameter, before.leaves)).difference(survey.leaves)
    if not missing:
        return
    known = {
        id(container): (names or range(len(items)), items)
        for container, names, items in zip(
            before.containers, before.names, before.items, strict=True
        )
    }
    stack: list[tuple[str, Any, Any]] = [("", root, root)]
    while stack:
        place, old, new = stack.pop()
        entry = known.pop(id(_container(old)), None)
        if entry is None:
            continue
        opened = _opened(new) or _Opened((), _items_of(new), lasting=False)
        now = dict(zip(opened.names or range(len(opened.items)), opened.items, strict=True))
        if isinstance(new, Real):
            now = dict.fromkeys(entry[0], new)
        for name, part in zip(*entry, strict=True):
            there = _place(place, old, name)
            if part.__class__ is Value:
                if part in missing and _cannot_be_trained(now.get(name)):
                    _report_loss(root, there, part, now[name])
            elif part.__class__ not in _PLAIN and name in now:
                stack.append((there, part, now[name]))


def _report_loss(root: Holder, place: str, old: Value, new: Any) -> None:
    """Raise an error for what was made to be a parameter, and a warning for another leaf."""
    module = type(root).__name__
    what = f"a {type(new).__name__} of numbers or computed values"
    if new.__class__ is Value:
        what = "a computed value"
    elif isinstance(new, Real):
        what = f"the number {new!r:.40}"
    if old.role:
        raise TypeError(
            f"expected a leaf in the place of the parameter {place} of this {module}, got {what}, "
            "which cannot be trained or saved. To change the parameter, assign its data, as in "
            f"{place}.data -= 0.1"
        )
    _warn(
        f"{place} of this {module} was a parameter, and is replaced by {what}, which is none: it "
        f"is no longer trained or saved. To change a parameter, assign its data, as in "
        f"{place}.data -= 0.1. If it is a state and not a parameter, give its first Value another "
        "role, such as Value(0.0, role='state')"
    )


def _check_elsewhere(root: Holder, survey: Survey) -> None:
    """Report parameters that are held only where they are not looked for."""
    model = f"this {type(root).__name__}"
    modules = (root, *survey.modules)
    found: set[int] = set()

    def holds_more(thing: Any) -> bool:
        hidden = [v for v in _parts_of(thing) if _is_parameter_or_module(v)]
        if hidden and not found:
            found.update(map(id, survey.leaves), map(id, modules))
        return any(id(v) not in found for v in hidden)

    for thing in survey.elsewhere:
        kind = type(thing).__name__
        if type(thing).__module__.startswith(("autograd.", "nn.", "viz.")):
            continue  # programs, optimisers and pictures hold others' parameters
        if isinstance(thing, _READ_ONCE):
            _warn(
                f"{_place_of(thing, root)} of {model} is a {kind}, which can be read only once: "
                "parameters in it are not found. If it gives any, make it a list"
            )
        elif not holds_more(thing):
            continue
        elif isinstance(thing, Set):
            raise TypeError(
                f"expected parameters and modules in an ordered container, got a {kind} in "
                f"{_place_of(thing, root)} of {model}. Use a list"
            )
        else:
            _warn(
                f"{_place_of(thing, root)} of {model} is a {kind}, in which parameters are not "
                "looked for, and it holds some. Make that class a Module or a dataclass, or put "
                "them in a list"
            )
    survey.elsewhere.clear()
    bases = dict.fromkeys(
        chain.from_iterable(kind.__mro__ for kind in dict.fromkeys(map(type, modules)))
    )
    for base in bases:
        if not issubclass(base, Holder) or base.__module__.startswith("nn."):
            continue
        for name, thing in vars(base).items():
            own = any(name in vars(m) for m in modules if isinstance(m, base))
            is_method = hasattr(type(thing), "__get__")
            if not own and not is_method and holds_more(thing):
                _warn(
                    f"the class {base.__name__} has the attribute {name}, which all its objects "
                    f"share and which is no parameter of any. Set it in __init__, as self.{name}"
                )


def _parts_of(thing: Any) -> Iterator[Any]:
    """The Values and modules that a thing leads to: a set, any object, a bound function, …

    Not through a few thousand things, nor those that lead to everything: classes, modules of
    Python, loggers, the globals of functions.
    """
    seen: dict[int, Any] = {}
    stack = [thing]
    while stack and len(seen) < _FAR_ENOUGH:
        part = stack.pop()
        kind = part.__class__
        if kind in _PLAIN or id(part) in seen or isinstance(part, _LEADS_EVERYWHERE):
            continue
        if kind.__module__ == "logging":
            continue
        seen[id(part)] = part
        if kind is Value or isinstance(part, Holder):
            yield part
        elif isinstance(part, FunctionType):
            stack += (part.__closure__, part.__defaults__, part.__kwdefaults__)
        elif getattr(getattr(part, "dtype", None), "hasobject", False) is True:
            stack.append(part.tolist())
        else:
            stack += gc.get_referents(part)


_FAR_ENOUGH = 5_000
_LEADS_EVERYWHERE = (type, ModuleType, FrameType)


def _is_parameter_or_module(thing: Any) -> bool:
    return _is_parameter(thing) if thing.__class__ is Value else isinstance(thing, Holder)


def _place(place: str, container: Any, name: Any) -> str:
    """The way to an item, as Python writes it: ``layers[0].neurons[3].w[0]``."""
    if _has_attributes(container):
        return f"{place}.{name}" if place else str(name)
    return f"{place}[{name!r:.80}]"


def _place_of(wanted: Any, root: Holder) -> str:
    """Where the module holds something that is not looked through."""
    seen = set()
    stack: list[tuple[str, Any]] = [("", root)]
    while stack:
        place, thing = stack.pop()
        opened = _opened(thing)
        if thing is wanted or (isinstance(thing, dict) and thing.keys() == wanted):
            return place
        if opened is None or id(thing) in seen:
            continue
        seen.add(id(thing))
        names = opened.names or range(len(opened.items))
        stack.extend(
            (_place(place, thing, name), part)
            for name, part in zip(names, opened.items, strict=True)
            if part.__class__ not in _PLAIN
        )
    return "an attribute"


def _warn(message: str) -> None:
    """A warning that points at the line outside this package that brought it about."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("nn."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
