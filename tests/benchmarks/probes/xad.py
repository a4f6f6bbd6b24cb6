"""What XAD can do, through its Python bindings."""

from __future__ import annotations

import copy
import math
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any

import xad.math as xmath
from xad.adj_1st import Real, Tape
from xad.fwd_1st import Real as Forward

from .answers import (
    LENGTH,
    No,
    NotApplicable,
    Partly,
    absent,
    close,
    meaningless_without,
    size_on_disk,
    typed,
    without_collector,
)
from .answers import licence as licence_of
from .questions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable


def _value_and_grad(f: Callable[[Any], Any], at: float) -> tuple[float, float]:
    with Tape() as tape:
        x = Real(at)
        tape.registerInput(x)
        tape.newRecording()
        y = f(x)
        tape.registerOutput(y)
        y.derivative = 1.0
        tape.computeAdjoints()
        return float(y.value), float(x.derivative)


def _loss(x: Any) -> Any:
    return xmath.log(x * x + 1.0) * x


def million() -> None:
    def chain(y: Any) -> Any:
        for _ in range(LENGTH):
            y = y + 1.0
        return y

    close(_value_and_grad(chain, 1.0)[1], 1.0)


def second_pass() -> None:
    with Tape() as tape:
        x = Real(2.0)
        tape.registerInput(x)
        tape.newRecording()
        y = _loss(x)
        tape.registerOutput(y)
        y.derivative = 1.0
        tape.computeAdjoints()
        once = float(x.derivative)
        y.derivative = 1.0
        tape.computeAdjoints()
        if float(x.derivative) not in (once, 2 * once):
            close(x.derivative, 2 * once)


def edited() -> None:
    raise NotApplicable("a Real cannot be changed, only replaced")


def third_derivative() -> None:
    absent("xad", "_2nd|_3rd|second|higher|adj_adj|fwd_adj")


def float64() -> None:
    close((Real(0.1) + Real(0.2)).value, 0.1 + 0.2, 0.0)


def overflow() -> None:
    close(_value_and_grad(xmath.exp, 1000.0)[0], math.inf)


def log_negative() -> None:
    close(_value_and_grad(xmath.log, -1.0)[0], math.nan)


def division_by_zero() -> None:
    close(_value_and_grad(lambda x: 1.0 / x, 0.0)[0], math.inf)


def softplus() -> None:
    absent("xad", "softplus|logaddexp|logsumexp")


def checks() -> None:
    absent("xad", "gradcheck|check_grad|numerical")


def picture() -> None:
    absent("xad", "draw|graphviz|svg|plot")


def same_picture() -> None:
    meaningless_without(picture, "it draws nothing")


def steps() -> None:
    absent("xad", "html|walk")


def names_nan() -> None:
    absent("xad", "anomaly|debug|trap")


def notebook() -> None:
    if not any(hasattr(Real, f"_repr_{kind}_") for kind in ("svg", "html", "mimebundle")):
        raise No("text")


def listing() -> None:
    meaningless_without(compiles, "it compiles nothing")


def power() -> None:
    close(_value_and_grad(lambda x: 2.0**x, 3.0)[0], 8.0)


def branches() -> None:
    def f(y: Any) -> Any:
        while y < 10.0:
            y = y * 2.0 if y > 0.0 else y
        return y

    close(_value_and_grad(f, 0.3)[1], 64.0)


def no_collector() -> None:
    without_collector(lambda: _value_and_grad(_loss, 2.0))


def pickles() -> None:
    if pickle.loads(pickle.dumps(Real(2.0))).value != 2.0:
        raise No("no exception, but the value is lost")


def deepcopies() -> None:
    if copy.deepcopy(Real(2.0)).value != 2.0:
        raise No("no exception, but the value is lost")


def own_operation() -> None:
    absent("xad", "callback|external|custom|primitive")


def layers() -> None:
    absent("xad", "layer|linear|mlp|sgd|adam|optim")


def types() -> None:
    try:
        typed("xad")
    except No as no:
        raise Partly("stubs, but no py.typed") from no


def brings() -> str:
    return size_on_disk("xad")


def licence_() -> str:
    return licence_of("xad")


def compiles() -> None:
    absent("xad", "compile|jit|program")


def follows() -> None:
    meaningless_without(compiles, "it compiles nothing")


def rows() -> None:
    x: Any = [1.0, 2.0]
    Real(x)


def exports() -> None:
    absent("xad", "export|onnx|generate")


def arrays() -> None:
    import numpy as np

    found: list[Any] = []

    def f(x: Any) -> Any:
        a = np.array([[x, x * 2.0], [x * 3.0, x * 4.0]])
        found.append(a.dtype)
        return (a @ a).sum()

    close(_value_and_grad(f, 1.0)[1], 2 * 54.0)
    raise Partly("NumPy's object arrays, number by number")


def large_product() -> None:
    absent("xad", "matmul|tensor|matrix")


def convolution() -> None:
    absent("xad", "conv")


def solve() -> None:
    absent("xad", "solve|linalg")


def complex_() -> None:
    z: Any = 1.0 + 2.0j
    Real(z)


def forward_mode() -> str:
    x = Forward(0.0)
    x.derivative = 1.0
    close(xmath.sin(x).derivative, 1.0)
    return "fwd_1st"


def hessian_() -> None:
    absent("xad", "hessian")


def jacobian_() -> None:
    absent("xad", "jacobian")


def _with(function: Any, others: tuple[float, ...], x: Any) -> Any:
    return function(x, *others)


def functions() -> str:
    count, missing = 0, []
    for f in FUNCTIONS:
        function: Any = getattr(xmath, {"maximum": "max"}.get(f, f), None)
        at = 1.4 if f == "acosh" else 0.4
        others = (0.3,) if f in ("atan2", "hypot", "maximum") else ()
        try:
            assert _value_and_grad(partial(_with, function, others), at)[1]
            count += 1
        except (TypeError, AssertionError):
            missing.append(f)
    if missing:
        raise Partly(f"{count}; without {' '.join(missing)}")
    return f"all {count}"


def accelerators() -> None:
    absent("xad", "cuda|gpu|device|metal")
