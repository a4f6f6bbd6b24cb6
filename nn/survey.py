"""Survey: what was found in a module, kept so that an unchanged module is not searched again.

`walk` searches a module: its attributes, and whatever lists, tuples, dictionaries, dataclasses and
modules they hold. A `Survey` keeps the result, and a copy of what was in each container. While
every container still holds the same objects, the survey is current, and checking that takes a
few microseconds. Comparing two surveys shows which parameters got lost between them: see `lost`.
"""

from __future__ import annotations

from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import (
    Collection,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from dataclasses import is_dataclass
from itertools import chain, islice
from operator import attrgetter, is_
from types import MappingProxyType, NoneType, SimpleNamespace
from typing import Any, NamedTuple

from autograd import Value

__all__ = [
    "PLAIN",
    "Contents",
    "Record",
    "Survey",
    "Surveyed",
    "contents",
    "has_attributes",
    "is_parameter",
    "walk",
]

PLAIN = frozenset((float, int, str, bool, NoneType, bytes, bytearray, complex, range))
"""Types that cannot hold a Value. A module may hold very many of them."""


class Surveyed:
    """The base of modules: an object whose attributes are searched and which keeps the survey."""

    # The survey describes the dictionary of attributes, so it is stored outside of it.
    __slots__ = ("__dict__", "__weakref__", "_survey")

    _survey: Survey

    def _item_names(self) -> Mapping[str, Iterable[str]]:
        """The attributes whose items have special names, and these names, in order.

        Without them the items of ``w`` are ``w.0``, ``w.1``, ….
        """
        return {}


def is_parameter(v: Value) -> bool:
    """Whether a Value in a module is one of its parameters: a leaf, with no other role."""
    return v.operation is None and v.role in ("", "parameter")


# ── what is in a container ───────────────────────────────────────────────────────────────────


class Contents(NamedTuple):
    """What is in a container.

    ``storage`` is where it keeps its items: a dictionary of attributes, or the container itself.
    ``names`` are its keys or attributes; empty if the items are numbered. ``live`` says that
    ``items`` is the storage, or a view of it, and so shows any change.
    """

    storage: Any
    names: Collection[Any]
    items: Collection[Any]
    live: bool


_DICTIONARIES = (dict, OrderedDict, defaultdict)


def contents(thing: Any) -> Contents | None:
    """What is in a container; None if it is not of a type that is searched."""
    kind = thing.__class__
    if isinstance(thing, (list, tuple, deque)):
        return Contents(thing, (), thing, kind in (list, deque) or kind.__iter__ is tuple.__iter__)
    if isinstance(thing, (dict, UserDict, ChainMap, MappingProxyType)):
        return Contents(thing, thing.keys(), thing.values(), kind in _DICTIONARIES)
    if has_attributes(thing):
        attributes = getattr(thing, "__dict__", {})
        slots = [name for name in _slots(kind) if hasattr(thing, name)]
        if not slots:
            return Contents(attributes, attributes.keys(), attributes.values(), live=True)
        items = [*(getattr(thing, name) for name in slots), *attributes.values()]
        return Contents(thing, [*slots, *attributes], items, live=False)
    if getattr(getattr(thing, "dtype", None), "hasobject", False) is True:  # NumPy, pandas
        items = thing.tolist()
        return Contents(thing, (), items if isinstance(items, list) else [items], live=False)
    if isinstance(thing, (UserList, ValuesView, KeysView, ItemsView)):
        return Contents(thing, (), list(thing), live=False)
    return None


def has_attributes(thing: Any) -> bool:
    """Whether the attributes of an object are searched: those of modules and dataclasses are."""
    kind = thing.__class__
    return (
        isinstance(thing, Surveyed)
        or is_dataclass(kind)
        or kind is SimpleNamespace
        or hasattr(kind, "__attrs_attrs__")
    )


def _slots(kind: type) -> Iterator[str]:
    """The slots that a class defines, mangled as Python mangles private names."""
    for base in reversed(kind.__mro__):
        slots = base.__dict__.get("__slots__", ()) if base is not Surveyed else ()
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__"):
                yield name
            elif not name.endswith("__"):
                yield f"_{base.__name__.lstrip('_')}{name}"


# ── the search ───────────────────────────────────────────────────────────────────────────────


def walk(root: Surveyed) -> Iterator[tuple[str, Any, Contents | None]]:
    """Yield everything in a module except plain data: its path, the thing, and what is in it.

    Depth first; the module itself comes first, with the path ``""``. A thing that is held in two
    places appears once, with the first of its paths.
    """
    seen: dict[int, Any] = {}  # by id; it holds the thing, so that no other can take its id
    stack: list[tuple[str, Any, Iterable[Any]]] = [("", root, ())]
    while stack:
        path, thing, names = stack.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if thing.__class__ is Value:
            yield path, thing, None
            continue
        found = contents(thing)
        yield path, thing, found
        if found is None:
            continue
        named = thing._item_names() if isinstance(thing, Surveyed) else {}
        prefix = f"{path}." if path else ""
        parts: list[tuple[str, Any, Iterable[Any]]] = []
        names = names or found.names or range(len(found.items))
        for name, part in zip(names, found.items, strict=True):
            if part.__class__ in PLAIN:
                continue
            if name in named and isinstance(part, (list, tuple)):
                known = list(islice(named[name], len(part)))
                rest = [f"{name}.{i}" for i in range(len(known), len(part))]
                parts.append((path, part, known + rest))
            else:
                parts.append((f"{prefix}{name}", part, ()))
        stack.extend(reversed(parts))


# ── what was found ───────────────────────────────────────────────────────────────────────────


class Record(NamedTuple):
    """What was in a container when it was searched.

    ``items`` has None in the place of a computed value, whose graph it would keep alive.
    """

    storage: Any
    names: Sequence[Any]
    items: Sequence[Any]


class Survey:
    """What a search found in a module, and in which containers.

    Attributes:
        leaves: every leaf Value, in order, each once.
        modules: every module within, in order, each once.
        paths: the path of each of these modules, by its id; None until first needed.
        unsearched: anything else that might hold parameters, such as a set.
        records: what was in each container.
        checked: whether it was checked for parameters that are lost or out of reach.
    """

    def __init__(self, root: Surveyed) -> None:
        self.leaves: list[Value] = []
        self.modules: list[Surveyed] = []
        self.paths: dict[int, str] | None = None
        self.unsearched: list[Any] = []
        self.records: list[Record] = []
        self.checked = False
        self._live = True  # whether a change would show in the views
        self._items: list[Sequence[Any]] = []  # those of the records
        self._views: list[Collection[Any]] = []
        self._lengths: list[int] = []
        self._attributes: list[dict[str, Any]] = []
        # This search is `walk` without the paths, which would take most of the time.
        seen: dict[int, Any] = {}
        stack: list[Any] = [root]
        while stack:
            thing = stack.pop()
            if thing.__class__ in PLAIN or id(thing) in seen:
                continue
            seen[id(thing)] = thing
            if thing.__class__ is Value:
                if thing.operation is None:
                    self.leaves.append(thing)
                continue
            found = contents(thing)
            if found is None:
                self.unsearched.append(thing)
                continue
            if isinstance(thing, Surveyed):
                self._attributes.append(thing.__dict__)
                if thing is not root:
                    self.modules.append(thing)
            items = tuple(found.items)
            self._record(thing, found, items)
            stack.extend(reversed(items))
            if found.names and any(isinstance(name, (Value, Surveyed)) for name in found.names):
                self.unsearched.append(thing.keys())

    def _record(self, thing: Any, found: Contents, items: tuple[Any, ...]) -> None:
        self._live = self._live and found.live
        if any(v.__class__ is Value and v.operation is not None for v in items):
            self._live = False
            if isinstance(thing, tuple):
                return  # it keeps the graph alive itself
            items = tuple(
                None if v.__class__ is Value and v.operation is not None else v for v in items
            )
        self.records.append(Record(found.storage, tuple(found.names), items))
        self._items.append(items)
        self._views.append(found.items)
        self._lengths.append(len(items))

    def is_current(self, root: Surveyed) -> bool:
        """Whether every container still holds the same items, in the same order."""
        return (
            self._live
            and root.__dict__ is self._attributes[0]
            and list(map(len, self._views)) == self._lengths
            and all(map(is_, chain.from_iterable(self._views), chain.from_iterable(self._items)))
            and all(map(is_, map(_attributes_of, self.modules), islice(self._attributes, 1, None)))
        )

    def names_are_current(self) -> bool:
        """Whether the items also have the same names as before."""
        return all(not r.names or tuple(r.storage) == r.names for r in self.records)


_attributes_of = attrgetter("__dict__")
