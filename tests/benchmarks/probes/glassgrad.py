"""What glassgrad can do."""

from __future__ import annotations

import copy
import math
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import autograd
import nn
import viz
from autograd import Value, grad, gradcheck, hessian, jacobian, jvp
from tests.benchmarks.figures import duration

from .answers import (
    LENGTH,
    No,
    Partly,
    absent,
    close,
    is_single,
    same_in_other_processes,
    size_of,
    size_on_disk,
    timed,
    typed,
    without_collector,
)
from .answers import licence as licence_of
from .questions import FUNCTIONS


def _loss() -> tuple[Value, Value]:
    x = Value(2.0, label="x")
    return x, (x * x + 1.0).log() * x


def million() -> None:
    x = y = Value(1.0)
    for _ in range(LENGTH // 2):
        y = y * 0.5 + 1.0
    y.backward()
    close(y.data, 2.0)
    close(x.grad, 0.0)
    x = y = Value(1.0)
    for _ in range(LENGTH):
        y = y + 1.0
    y.backward()
    close(x.grad, 1.0)


def second_pass() -> None:
    x, y = _loss()
    y.backward()
    once = x.grad
    y.backward()
    close(x.grad, 2 * once)


def edited() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * b
    a.data = 100.0
    y.backward()
    close(b.grad, 2.0)


def third_derivative() -> None:
    x = Value(2.0)
    y = x**4
    for _ in range(3):
        y = grad(y, x, create_graph=True)
    close(y, 48.0)


def float64() -> None:
    close((Value(0.1) + Value(0.2)).data, 0.1 + 0.2, 0.0)


def overflow() -> None:
    close(Value(1000.0).exp(), math.inf)


def log_negative() -> None:
    close(Value(-1.0).log(), math.nan)


def division_by_zero() -> None:
    close(1.0 / Value(0.0), math.inf)


def softplus() -> None:
    x = Value(1000.0)
    y = x.softplus()
    y.backward()
    close(y, 1000.0)
    close(x.grad, 1.0)


def checks() -> None:
    assert gradcheck(lambda a: a.tanh(), 0.3)


def picture() -> None:
    x, y = _loss()
    y.backward()
    svg = viz.draw(y).svg
    assert "<svg" in svg and f"{x.grad:.4g}" in svg and f"{y.data:.4g}" in svg


def dot_source() -> str:
    _, y = _loss()
    y.backward()
    return viz.draw(y).source + viz.draw(y).svg


def same_picture() -> None:
    same_in_other_processes(__name__)


def steps() -> None:
    _, y = _loss()
    y.backward()
    assert "<html" in viz.step_through(y).html


def names_nan() -> None:
    with autograd.detect_anomaly():
        try:
            (Value(2.0) - 3.0).log()
        except autograd.AnomalyError as error:
            assert "log" in str(error)
            return
    raise No("no error")


def notebook() -> None:
    assert "image/svg+xml" in str(_loss()[1]._repr_mimebundle_()) or "<img" in str(
        _loss()[1]._repr_mimebundle_()
    )


def listing() -> None:
    x, y = _loss()
    assert "log" in autograd.compile(y, params=[x]).listing()


def power() -> None:
    close(2.0 ** Value(3.0), 8.0)


def branches() -> None:
    x = y = Value(0.3)
    while y < 10.0:
        y = y * 2.0 if y > 0.0 else y
    y.backward()
    close(x.grad, 64.0)


def no_collector() -> None:
    without_collector(lambda: _loss()[1].backward())


def pickles() -> None:
    y = pickle.loads(pickle.dumps(_loss()[1]))
    y.backward()
    close(y, math.log(5.0) * 2.0)


def deepcopies() -> None:
    x, y = copy.deepcopy(_loss())
    y.backward()
    close(x.grad, math.log(5.0) + 8.0 / 5.0)


def own_operation() -> str:
    @autograd.operation(derivatives=[lambda a, y: -2.0 * a * y])
    def bell(a: float) -> float:
        return math.exp(-a * a)

    x = Value(0.5)
    slope = grad(bell(x), x, create_graph=True)
    close(slope, -math.exp(-0.25))
    return "of scalars, and its derivative differentiates too"


def layers() -> None:
    model = nn.MLP(2, [4, 1], seed=0)
    adam = nn.Adam(model.parameters(), lr=0.01)
    nn.mse_loss([model([1.0, 2.0])], [3.0]).backward()
    adam.step()


def types() -> None:
    typed("autograd")


def brings() -> str:
    root = Path(autograd.__file__).parents[1]
    alone = size_of(root / "autograd")
    everything = size_on_disk("glassgrad", *(root / name for name in ("autograd", "nn", "viz")))
    return f"{everything}; {alone} without pictures"


def licence_() -> str:
    return licence_of("glassgrad")


def compiles() -> None:
    import numpy as np

    x, y = _loss()
    value, gradient = autograd.compile(y, params=[x]).value_and_grad()
    close(value, math.log(5.0) * 2.0)
    close(gradient[0], math.log(5.0) + 8.0 / 5.0)
    assert isinstance(gradient, np.ndarray)


def follows() -> None:
    def chosen(x: Value) -> Value:
        return autograd.where(autograd.greater(x, 0.0), 2.0 * x, 3.0 * x)

    def branching(x: Value) -> Value:
        return 2.0 * x if x > 0.0 else 3.0 * x

    assert autograd.compile(chosen)([1.0, -1.0]).tolist() == [2.0, -3.0]
    try:
        values = autograd.compile(branching)([1.0, -1.0])
    except ValueError as error:
        assert "branch on data in line" in str(error)
        raise Partly(
            "where, maximum and pick do; a function with an if is refused by line"
        ) from None
    assert values.tolist() == [2.0, -3.0]


def rows() -> str:
    x = Value(1.0)
    values = autograd.compile(x * x, inputs=[x])([1.0, 2.0, 3.0])
    assert values.tolist() == [1.0, 4.0, 9.0]
    return "compiled"


def exports() -> None:
    sys.path.append(os.environ["PEERS_PACKAGES"])  # JAX is there
    x, y = _loss()
    values = autograd.compile(y, params=[x]).to_jax()([2.0])
    is_single(values[0], math.log(5.0) * 2.0)
    raise Partly("as a function for JAX")


def arrays() -> None:
    import numpy as np

    x = Value(1.0)
    a = np.array([[x, x * 2.0], [x * 3.0, x * 4.0]])
    y: Any = (a @ a).sum()
    y.backward()
    close(x.grad, 2 * 54.0)
    raise Partly("NumPy's object arrays, number by number")


def large_product() -> None:
    n = 40
    a, b = ([[Value(0.1) for _ in range(n)] for _ in range(n)] for _ in range(2))

    def product() -> None:
        columns = list(zip(*b, strict=True))
        autograd.total([autograd.dot(row, column) for row in a for column in columns]).backward()

    raise No(f"scalar by scalar; one of {n} × {n} takes {duration(timed(product))}")


def convolution() -> None:
    absent("nn", "conv")


def solve() -> None:
    absent("autograd", "solve|linalg|inverse")


def complex_() -> None:
    z: Any = 1j
    Value(z)


def forward_mode() -> None:
    close(jvp(lambda x: x.sin(), 0.0, 1.0)[1], 1.0)


def hessian_() -> None:
    x, y = Value(2.0), Value(3.0)
    assert hessian(x * x * y, [x, y]) == [[6.0, 4.0], [4.0, 0.0]]


def jacobian_() -> None:
    x, y = Value(1.0), Value(2.0)
    assert jacobian([x * x, y * y], [x, y]) == [[2.0, 0.0], [0.0, 4.0]]


def functions() -> str:
    has = [f for f in FUNCTIONS if hasattr(Value, f)]
    missing = [f for f in FUNCTIONS if f not in has]
    for f in has:
        x = Value(1.4 if f == "acosh" else 0.4)
        method = getattr(x, f)
        y = method(0.3) if f in ("maximum", "atan2", "hypot") else method()
        y.backward()
        assert math.isfinite(x.grad) and x.grad != 0.0
    if missing:
        raise Partly(f"{len(has)}; without {' '.join(missing)}")
    return f"all {len(has)}"


def accelerators() -> None:
    absent("autograd", "cuda|gpu|device|metal")
