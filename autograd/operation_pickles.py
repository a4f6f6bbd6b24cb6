"""Pickling of operations that are not rows of the table.

Pickle stores a function as its name in a module, and an operation likewise if it has a name at the
top level of a module. Any other operation is stored as its parts, if pickle can store its
functions. `Op.name` is never used for this, because two operations may share it.
"""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .ops import Op

if TYPE_CHECKING:
    from types import FrameType

    from .custom_operations import Operation

# Picklers that store functions without a name and functions of ``__main__`` as their code.
_BY_CODE = ("cloudpickle", "_dill")

# Not the vector form: programs refuse custom operations.
_OPTIONS = (
    "formula", "default", "branching", "selects", "variadic", "commutative", "drawn", "written",
    "names", "infix", "binds", "over",
)  # fmt: skip


def reduce_custom(op: Op) -> tuple[Any, ...]:
    """Reduce a custom operation for pickle.

    Raises:
        PicklingError: it has no name in a module, and pickle cannot store its functions.
    """
    functions = (op.forward, *op.derivatives)
    options = {name: getattr(op, name) for name in _OPTIONS}
    remade = (_make, (op.name, op.symbol, functions, options))
    return _by_name(op) or _by_parts(op, (functions, op.over), remade)


def reduce_operation(op: Operation) -> tuple[Any, ...]:
    """Reduce an operation made by the decorator, for pickle.

    Raises:
        PicklingError: it has no name in a module, and pickle cannot store its functions.
    """
    remade = (_remake, (op.parts, op.name, op.symbol, op.formula, op.branching))
    return _by_name(op) or _by_parts(op, op.parts, remade)


def _by_name(op: Op) -> tuple[Any, ...] | None:
    """The operation as its name in a module, if the pickler can find it there again."""
    found = _find_name(op)
    if found is None or (found[0] == "__main__" and _stores_by_code()):
        return None
    return (find_custom, found)


def _by_parts(op: Op, functions: tuple[Any, ...], remade: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operation as its parts; a PicklingError if pickle cannot store its functions."""
    if _stores_by_code():
        return remade
    try:
        pickle.dumps(functions)
    except Exception as error:
        raise pickle.PicklingError(
            f"expected an operation that pickle can find again, got {op.name!r}, made of "
            f"functions that have no name ({error}). Assign the operation to a name at the top "
            "level of a module, or define its functions there with def."
        ) from error
    return remade


def find_custom(module: str, name: str) -> Op:
    """The operation with this name in the module; UnpicklingError if there is none."""
    op = getattr(import_module(module), name, None)
    if not isinstance(op, Op):
        raise pickle.UnpicklingError(
            f"expected the operation {name!r} in the module {module!r}, got {op!r}. Define it "
            "there as it was when it was pickled."
        )
    return op


def _make(name: str, symbol: str, functions: tuple[Any, ...], options: dict[str, Any]) -> Op:
    return Op(name, symbol, *functions, **options)


def _remake(
    parts: tuple[Any, ...], name: str, symbol: str, formula: str, branching: bool
) -> Operation:
    from .custom_operations import Operation

    return Operation(*parts, name=name, symbol=symbol, formula=formula, branching=branching)


def _find_name(op: Op) -> tuple[str, str] | None:
    """A module of one of its functions and the operation's name there, or None."""
    for function in (getattr(op, "function", op.forward), *op.derivatives):
        module = getattr(function, "__module__", None)
        names = [
            name
            for name, thing in list(vars(sys.modules.get(module or "", object)).items())
            if thing is op
        ]
        if names:  # notebooks also bind results to names such as _ and _12
            return str(module), min(names, key=lambda name: (name.startswith("_"), name != op.name))
    return None


def _stores_by_code() -> bool:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__")).rpartition(".")[2] in _BY_CODE:
            return True
        frame = frame.f_back
    return False
