"""An attribute that is computed when it is first read, and then kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ["once"]

Result = TypeVar("Result")


class once(Generic[Result]):  # noqa: N801 - a decorator, like property
    """Compute an attribute by the decorated method when it is first read, and keep it.

    `functools.cached_property` does the same, but up to Python 3.11 each property has one lock for
    all objects. A fork while another thread computes leaves the child with a lock that nobody
    releases, and the child's first picture waits for ever. Without a lock, two threads may both
    compute the attribute, and both get the same.
    """

    def __init__(self, compute: Callable[[Any], Result]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owned: None, owner: type) -> once[Result]: ...

    @overload
    def __get__(self, owned: object, owner: type) -> Result: ...

    def __get__(self, owned: object | None, owner: type) -> once[Result] | Result:
        if owned is None:
            return self
        # From now on Python finds the result in the object itself, without coming here.
        result = owned.__dict__[self._name] = self._compute(owned)
        return result
