"""What Python, Jupyter and NumPy call on a Value: comparisons, conversions, its picture, copies."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, overload

from ._operators import comparison
from .comparisons import comparing
from .console import cut, printable
from .detached import warn_detached
from .engines import FIELDS

if TYPE_CHECKING:
    from .value import Value


class _Protocols:
    """Special methods of Python, Jupyter and NumPy."""

    __slots__ = ()

    # ── comparing ────────────────────────────────────────────────────────────────────────────
    # These compare data; == and hash are by identity, so that Values can be keys.

    __lt__ = comparison(comparing(operator.lt))
    __le__ = comparison(comparing(operator.le))
    __gt__ = comparison(comparing(operator.gt))
    __ge__ = comparison(comparing(operator.ge))

    # ── as a number ──────────────────────────────────────────────────────────────────────────

    def __float__(self: Any) -> float:
        warn_detached(self)
        return self._datum  # type: ignore[no-any-return]

    def __int__(self: Any) -> int:
        warn_detached(self)
        return int(self._datum)

    @overload
    def __round__(self: Any, digits: None = None) -> int: ...
    @overload
    def __round__(self: Any, digits: int) -> float: ...

    def __round__(self: Any, digits: int | None = None) -> float:
        warn_detached(self)
        return round(self._datum, digits)  # type: ignore[no-any-return]

    def __floor__(self: Any) -> int:
        warn_detached(self)
        return math.floor(self._datum)  # type: ignore[no-any-return]

    def __ceil__(self: Any) -> int:
        warn_detached(self)
        return math.ceil(self._datum)  # type: ignore[no-any-return]

    def __trunc__(self: Any) -> int:
        warn_detached(self)
        return math.trunc(self._datum)  # type: ignore[no-any-return]

    if not TYPE_CHECKING:  # type checkers know that these are missing

        def __mod__(self, other):
            raise TypeError("Values have no operation a % b. Write a - b * (a / b).floor().")

        def __rmod__(self, other):
            return self.__mod__(other)

        def __floordiv__(self, other):
            raise TypeError("Values have no operation a // b. Write (a / b).floor().")

        def __rfloordiv__(self, other):
            return self.__floordiv__(other)

    def __format__(self: Any, spec: str) -> str:
        """``f"{loss:.4f}"`` formats the number."""
        return format(self._datum, spec) if spec else str(self)

    def __repr__(self: Any) -> str:
        label = f", label={printable(repr(cut(self._label)))}" if self._label else ""
        return f"Value(data={self._datum!r}, grad={self._grad!r}{label})"

    # ── as a picture, in a notebook ──────────────────────────────────────────────────────────

    def _repr_mimebundle_(self: Any, include: Any = None, exclude: Any = None) -> Mapping[str, str]:
        """What Jupyter shows: a picture of the graph, or the text where there is no renderer."""
        bundle = {"text/plain": repr(self)}
        try:
            from viz import draw  # only when a picture is wanted: the engine does not need viz

            bundle = {**draw(self)._repr_mimebundle_(include, exclude), **bundle}
        except Exception as error:  # a broken renderer must not hide the number itself
            bundle["text/plain"] += f"\n(no picture: {error})"
        return bundle

    def _repr_html_(self: Any) -> str | None:
        """The picture alone, for tools that ask for HTML, such as sphinx-gallery."""
        return self._repr_mimebundle_().get("text/html")  # type: ignore[no-any-return]

    # ── as a copy ────────────────────────────────────────────────────────────────────────────

    def __copy__(self: Any) -> Value:
        """Copy this value alone: the copy has the same operands."""
        kind: Any = type(self)
        twin = kind.__new__(kind)
        for field in FIELDS:
            if field != "_compared" and hasattr(self, field):
                setattr(twin, field, getattr(self, field))
        return twin  # type: ignore[no-any-return]

    def __reduce_ex__(self: Any, protocol: Any) -> tuple[Any, ...]:
        from .snapshot import reduce_value  # only pickle and deepcopy need it

        return reduce_value(self)

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Value:
        from .snapshot import copy_value

        return copy_value(self, memo)

    # ── as an operand of NumPy ───────────────────────────────────────────────────────────────

    def __array_ufunc__(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """What NumPy calls for ``np.exp(v)``, and for v beside its arrays and scalars."""
        global _apply_ufunc
        if _apply_ufunc is None:  # the first time: importing the engine does not import NumPy
            from .arrays import apply_ufunc

            _apply_ufunc = apply_ufunc
        return _apply_ufunc(ufunc, method, inputs, options)


_apply_ufunc: Callable[..., Any] | None = None
