"""What tinygrad can do. Numbers are tensors without dimensions, mostly float64."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import tinygrad
import tinygrad.nn
from tinygrad import Tensor, TinyJit, dtypes

from tests.benchmarks.figures import duration

from .answers import (
    LENGTH,
    No,
    Partly,
    absent,
    close,
    is_single,
    same_in_other_processes,
    size_on_disk,
    timed,
    typed,
    without_collector,
)
from .answers import licence as licence_of
from .questions import FUNCTIONS


def _value(x: Any) -> Any:
    return Tensor(x, dtype=dtypes.float64).contiguous().realize()


def _loss() -> tuple[Any, Any]:
    x = _value(2.0)
    return x, (x * x + 1.0).log() * x


def _slope(y: Any, x: Any) -> Any:
    return y.gradient(x)[0]


def million() -> None:
    x = y = _value(1.0)
    for _ in range(LENGTH):
        y = y + x
    close(_slope(y, x).item(), LENGTH + 1.0)


def second_pass() -> None:
    x, y = _loss()
    is_single(_slope(y, x).item(), math.log(5.0) + 8.0 / 5.0)
    is_single(_slope(y, x).item(), math.log(5.0) + 8.0 / 5.0)


def edited() -> None:
    a, b = _value(2.0), _value(3.0)
    y = a * b
    a.assign(_value(100.0)).realize()
    close(_slope(y, b).item(), 2.0)


def third_derivative() -> None:
    x = _value(2.0)
    y = x * x * x * x
    for _ in range(3):
        y = _slope(y, x)
    close(y.item(), 48.0)


def float64() -> None:
    close((Tensor(0.1) + Tensor(0.2)).item(), 0.1 + 0.2, 0.0)


def overflow() -> None:
    close(_value(1000.0).exp().item(), math.inf)


def log_negative() -> None:
    close(_value(-1.0).log().item(), math.nan)


def division_by_zero() -> None:
    close((1.0 / _value(0.0)).item(), math.inf)


def softplus() -> None:
    x = _value(1000.0)
    y = x.softplus()
    close(y.item(), 1000.0)
    close(_slope(y, x).item(), 1.0)


def checks() -> None:
    absent("tinygrad", "gradcheck|check_grad|numerical_grad")


def dot_source() -> str:
    from tinygrad.viz import serve

    return str(serve.uop_to_json(serve.VizData(), _loss()[1].uop))


def picture() -> None:
    assert "MUL" in dot_source()
    raise Partly("a page served by VIZ=1: operations and types, no values, no gradients")


def same_picture() -> None:
    same_in_other_processes(__name__)


def steps() -> None:
    absent("tinygrad", "step_through|walk_?through")


def names_nan() -> None:
    absent("tinygrad", "anomaly|debug_nan|detect_nan|check_nan")


def notebook() -> None:
    if not any(hasattr(Tensor, f"_repr_{kind}_") for kind in ("svg", "html", "mimebundle")):
        raise No("text")


def listing() -> str:
    _, y = _loss()
    assert "LOG2" in str(y.uop) or "log" in str(y.uop)
    return "the graph of operations"


def power() -> None:
    close((2.0 ** _value(3.0)).item(), 8.0)


def branches() -> None:
    x = y = _value(0.3)
    while bool((y < 10.0).item()):
        y = y * 2.0
    close(_slope(y, x).item(), 64.0)
    y = _value(0.3)
    try:
        if y < 10.0:
            return
    except Exception as error:
        raise Partly("on .item()") from error


def no_collector() -> None:
    def run() -> None:
        x, y = _loss()
        Tensor.realize(y, _slope(y, x))

    without_collector(run)


def pickles() -> None:
    x, y = pickle.loads(pickle.dumps(_loss()))
    is_single(_slope(y, x).item(), math.log(5.0) + 8.0 / 5.0)


def deepcopies() -> None:
    x, y = copy.deepcopy(_loss())
    is_single(_slope(y, x).item(), math.log(5.0) + 8.0 / 5.0)


def own_operation() -> str:
    from tinygrad import UOp
    from tinygrad.uop.ops import KernelInfo

    def bell(y: Any, a: Any) -> Any:
        i = UOp.range(a.numel(), 0)
        y, a = y.flatten(), a.flatten()
        value = (a[i] * a[i] * (-1.0 / math.log(2.0))).exp2()
        return y[i].store(value).end(i).sink(arg=KernelInfo(name="bell"))

    def backward(slope: Any, kernel: Any) -> Any:
        a = Tensor(kernel.src[-1])
        return None, (Tensor(slope) * -2.0 * a * (-a * a).exp()).uop

    x = Tensor([0.5]).clone().realize()
    y = Tensor.custom_kernel(Tensor.empty(1), x, fxn=bell, grad_fxn=backward)[0]
    is_single(_slope(y.sum(), x).item(), -math.exp(-0.25))
    return "custom_kernel"


def layers() -> None:
    class Model:
        def __init__(self) -> None:
            self.a, self.b = tinygrad.nn.Linear(2, 4), tinygrad.nn.Linear(4, 1)

    model = Model()
    adam = tinygrad.nn.optim.Adam(tinygrad.nn.state.get_parameters(model), lr=0.01)
    with tinygrad.Context(TRAINING=1):
        model.b(model.a(Tensor.ones(1, 2)).tanh()).sum().backward()
        adam.step()


def types() -> None:
    typed("tinygrad")


def brings() -> str:
    return size_on_disk("tinygrad")


def licence_() -> str:
    return licence_of("tinygrad")


def compiles() -> str:
    @TinyJit
    def f(x: Any) -> Any:
        return ((x * x + 1.0).log() * x).realize()

    for at in (2.0, 3.0, 4.0, 5.0):
        is_single(f(_value(at).clone().realize()).item(), math.log(at * at + 1.0) * at)
    return "TinyJit"


def follows() -> None:
    @TinyJit
    def f(x: Any) -> Any:
        return (x > 0.0).where(2.0 * x, 3.0 * x).realize()

    for at in (1.0, 2.0, 3.0):
        close(f(_value(at).clone().realize()).item(), 2.0 * at)
    close(f(_value(-1.0).clone().realize()).item(), -3.0)
    raise Partly("where, which computes both sides")


def rows() -> None:
    assert (Tensor([1.0, 2.0, 3.0]) ** 2).tolist() == [1.0, 4.0, 9.0]


def exports() -> None:
    absent("tinygrad", "^export|to_onnx|stablehlo")


def arrays() -> None:
    a = _value([[1.0, 2.0], [3.0, 4.0]])
    assert _slope((a @ a).sum(), a).tolist() == [[7.0, 11.0], [9.0, 13.0]]


def large_product() -> str:
    a, b = (Tensor.rand(400, 400).cast(dtypes.float64).realize() for _ in range(2))

    def run() -> None:
        y = (a @ b).sum()
        Tensor.realize(y, *y.gradient(a, b))

    return duration(timed(run))


def convolution() -> None:
    x, w = Tensor.ones(1, 1, 4, 4), _value([[[[1.0, 1.0], [1.0, 1.0]]]])
    close(_slope(x.conv2d(w).sum(), w)[0, 0, 0, 0].item(), 9.0)


def solve() -> None:
    absent("tinygrad", "^solve$|lstsq|^inv$|inverse$|cholesky")


def complex_() -> None:
    z: Any = 1.0 + 2.0j
    Tensor(z)


def forward_mode() -> None:
    absent("tinygrad", "jvp|forward_mode|tangent")


def hessian_() -> None:
    absent("tinygrad", "hessian")


def jacobian_() -> None:
    absent("tinygrad", "jacobian|jacrev")


def functions() -> str:
    count, missing = 0, []
    for f in FUNCTIONS:
        x = _value(1.4 if f == "acosh" else 0.4)
        try:
            method = getattr(x, f)
            y = method(_value(0.3)) if f in ("atan2", "hypot", "maximum") else method()
            assert _slope(y, x).item()
            count += 1
        except (AttributeError, AssertionError):
            missing.append(f)
    if missing:
        raise Partly(f"{count}; without {' '.join(missing)}")
    return f"all {count}"


def accelerators() -> str:
    try:
        Tensor.ones(1, device="CUDA").contiguous().realize()
    except Exception as error:
        if "device" not in str(error).lower() and "cuda" not in str(error).lower():
            raise
        return "CUDA, Metal, AMD and others; none here to run on"
    return "ran on CUDA"
