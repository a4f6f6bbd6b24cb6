"""A scalar autograd engine you can see through: `Value` records a graph and differentiates it.

What happens between ``y = Value(2.0) * w`` and ``w.grad``:

1. `Value.__init__` stores 2.0 as a leaf; `Value.__mul__` passes `ops.MUL` to `Value._binary`.
2. `Value._binary` computes ``MUL.forward`` and records the result: operation, operands, their data.
3. `Value.backward`, called on y, gets the values to visit from `graph.interior`, operands first.
4. It goes through them in reverse: ``w._grad += y._grad * ∂y/∂w``. The local derivative comes from
   the operation's ``derivatives``; for a product it is the other factor, which y has stored.
5. ``w.grad`` returns the sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import conflict  # noqa: F401  (raises if another project's autograd is mixed in)
from .choices import equal, greater, less, pick, where
from .custom_operations import operation
from .detached import DetachedWarning
from .differentiate import grad, value_and_grad, vjp
from .engines import name as engine
from .finite_differences import GradcheckResult, gradcheck
from .forward_mode import hvp, jvp
from .functions import (
    atan2,
    dot,
    hypot,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    minimum,
    softmax,
    total,
)
from .given import node
from .matrices import hessian, jacobian
from .modes import AnomalyError, detect_anomaly, no_grad
from .program import compile  # noqa: A004  (the name is part of the design)
from .value import Value

if not TYPE_CHECKING:  # with it, type checkers would accept every name
    from .compat import lookup as __getattr__  # noqa: F401  (advice for names of other libraries)

__all__ = [
    "AnomalyError",
    "DetachedWarning",
    "GradcheckResult",
    "Value",
    "atan2",
    "compile",
    "detect_anomaly",
    "dot",
    "engine",
    "equal",
    "grad",
    "gradcheck",
    "greater",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "less",
    "log_softmax",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "node",
    "operation",
    "pick",
    "softmax",
    "total",
    "value_and_grad",
    "vjp",
    "where",
]
