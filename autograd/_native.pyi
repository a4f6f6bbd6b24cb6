from collections.abc import Callable, Sequence
from typing import Any

from .ops import Op
from .value import Value

INTERFACE: int

class Core: ...

def install(
    value: type,
    kind_of_property: type,
    open_blocks: set[Any],
    table: tuple[Op, ...],
    operators: tuple[Op, ...],
    check_leaf: Callable[..., None],
    finish_backward: Callable[..., None],
    pass_on: Callable[..., None],
    /,
) -> None: ...
def record(operation: Op, operands: tuple[Any, ...], /) -> Value | None: ...
def weighted_sum(weights: Sequence[Any], values: Sequence[Any], bias: Value, /) -> Value | None: ...
def backward(v: Value, /) -> bool: ...
def trim() -> None: ...
