"""What micrograd can do."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

from micrograd import nn
from micrograd.engine import Value

from .answers import (
    LENGTH,
    No,
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


def _loss() -> tuple[Any, Any]:
    x = Value(2.0)
    return x, (x * x + 1.0).relu() * x


def million() -> None:
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
    y.backward()
    for _ in range(2):
        x.grad.backward()


def float64() -> None:
    close((Value(0.1) + Value(0.2)).data, 0.1 + 0.2, 0.0)


def overflow() -> None:
    close(Value(1000.0).exp().data, math.inf)


def log_negative() -> None:
    close(Value(-1.0).log().data, math.nan)


def division_by_zero() -> None:
    close((1.0 / Value(0.0)).data, math.inf)


def softplus() -> None:
    absent("micrograd", "softplus|logaddexp|logsumexp")


def checks() -> None:
    absent("micrograd", "gradcheck|check_grad|numerical")


def picture() -> None:
    absent("micrograd", "draw|plot|graphviz|svg")


def same_picture() -> None:
    meaningless_without(picture, "it draws nothing")


def steps() -> None:
    absent("micrograd", "step|html|walk")


def names_nan() -> None:
    absent("micrograd", "anomaly|nan|debug")


def notebook() -> None:
    if not any(n.startswith("_repr_") for n in dir(Value)):
        raise No("text")


def listing() -> None:
    meaningless_without(compiles, "it compiles nothing")


def power() -> None:
    close((2.0 ** Value(3.0)).data, 8.0)


def branches() -> None:
    x = y = Value(0.3)
    try:
        while y < 10.0:
            y = y * 2.0
    except TypeError as error:
        while y.data < 10.0:
            y = y * 2.0
        y.backward()
        close(x.grad, 64.0)
        raise Partly("on value.data; values do not compare") from error


def no_collector() -> None:
    without_collector(lambda: _loss()[1].backward())


def pickles() -> None:
    pickle.loads(pickle.dumps(_loss()[1])).backward()


def deepcopies() -> None:
    x, y = copy.deepcopy(_loss())
    y.backward()
    close(x.grad, 13.0)


def own_operation() -> str:
    x = Value(0.5)
    y = Value(math.exp(-(x.data**2)), (x,), "bell")

    def backward() -> None:
        x.grad += -2.0 * x.data * y.data * y.grad

    y._backward = backward
    y.backward()
    close(x.grad, -math.exp(-0.25))
    return "of scalars"


def layers() -> None:
    model: Any = nn.MLP(2, [4, 1])
    model([1.0, 2.0]).backward()
    try:
        absent("micrograd", "sgd|adam|optim")
    except No as no:
        raise Partly("layers, no optimiser") from no


def types() -> None:
    typed("micrograd")


def brings() -> str:
    return size_on_disk("micrograd")


def licence_() -> str:
    return licence_of("micrograd")


def compiles() -> None:
    absent("micrograd", "compile|jit|program")


def follows() -> None:
    meaningless_without(compiles, "it compiles nothing")


def rows() -> None:
    x = Value([1.0, 2.0, 3.0])
    y = x * x
    assert y.data == [1.0, 4.0, 9.0]


def exports() -> None:
    absent("micrograd", "export|onnx|generate|to_")


def arrays() -> None:
    a = Value([[1.0, 2.0], [3.0, 4.0]])
    (a @ a).backward()  # type: ignore[operator, unused-ignore]


def large_product() -> None:
    absent("micrograd", "matmul|tensor")


def convolution() -> None:
    absent("micrograd", "conv")


def solve() -> None:
    absent("micrograd", "solve|linalg")


def complex_() -> None:
    z = Value(1.0 + 2.0j)
    y = z * z
    y.backward()
    # In any convention the derivative of z² is 2z or its conjugate.
    assert z.grad in (2.0 * z.data, 2.0 * z.data.conjugate())
    try:
        y.relu()
    except TypeError as error:
        raise Partly("+ and ×, not relu") from error


def forward_mode() -> None:
    absent("micrograd", "jvp|forward_mode|dual|tangent")


def hessian_() -> None:
    absent("micrograd", "hessian")


def jacobian_() -> None:
    absent("micrograd", "jacobian")


def functions() -> None:
    has = [f for f in FUNCTIONS if hasattr(Value, f)]
    raise No(f"{len(has)}; only + − × ÷, powers by a number, and relu")


def accelerators() -> None:
    absent("micrograd", "cuda|gpu|device|metal")
