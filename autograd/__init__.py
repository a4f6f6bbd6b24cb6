"""A scalar autograd engine you can see through: `Value` records a graph and differentiates it."""

from __future__ import annotations

from . import conflict  # noqa: F401  (raises where another project's autograd is mixed in)
from .detached import DetachedWarning
from .differentiate import grad, hessian, value_and_grad
from .finite_differences import GradcheckResult, gradcheck
from .functions import dot, log_softmax, logsumexp, maximum, mean, minimum, softmax, total
from .modes import AnomalyError, detect_anomaly, no_grad
from .program import compile  # noqa: A004  (the name is part of the design)
from .value import Value

__all__ = [
    "AnomalyError",
    "DetachedWarning",
    "GradcheckResult",
    "Value",
    "compile",
    "detect_anomaly",
    "dot",
    "grad",
    "gradcheck",
    "hessian",
    "log_softmax",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "softmax",
    "total",
    "value_and_grad",
]
