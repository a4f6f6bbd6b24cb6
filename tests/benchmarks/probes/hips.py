"""What HIPS autograd can do."""

from __future__ import annotations

import importlib
import math
import pickle
from typing import Any

from tests.benchmarks.figures import duration

from .answers import (
    LENGTH,
    No,
    NotApplicable,
    Partly,
    absent,
    close,
    meaningless_without,
    size_on_disk,
    timed,
    typed,
    without_collector,
)
from .answers import licence as licence_of
from .questions import FUNCTIONS

# By name, so that type checkers do not look for it in ours, which is not on the path.
hips: Any = importlib.import_module("autograd")
np: Any = importlib.import_module("autograd.numpy")


def _loss(x: Any) -> Any:
    return np.log(x * x + 1.0) * x


def million() -> None:
    def chain(y: Any) -> Any:
        for _ in range(LENGTH):
            y = y + 1.0
        return y

    close(hips.grad(chain)(1.0), 1.0)


def second_pass() -> str:
    backward, _ = hips.make_vjp(_loss)(2.0)
    close(backward(1.0), float(backward(1.0)))
    close(backward(1.0), math.log(5.0) + 8.0 / 5.0)
    return "make_vjp"


def edited() -> None:
    a, b = np.array([2.0]), np.array([3.0])

    def product(b: Any) -> Any:
        return (a * b)[0]

    backward, _ = hips.make_vjp(product)(b)
    a[0] = 100.0
    close(backward(1.0)[0], 2.0)


def third_derivative() -> None:
    close(hips.grad(hips.grad(hips.grad(lambda x: x**4)))(2.0), 48.0)


def float64() -> None:
    close(np.add(0.1, 0.2), 0.1 + 0.2, 0.0)


def overflow() -> None:
    close(hips.value_and_grad(np.exp)(1000.0)[0], math.inf)


def log_negative() -> None:
    close(hips.value_and_grad(np.log)(-1.0)[0], math.nan)


def division_by_zero() -> None:
    try:
        close(hips.value_and_grad(lambda x: 1.0 / x)(0.0)[0], math.inf)
    except ZeroDivisionError as error:
        close(hips.value_and_grad(lambda x: 1.0 / x)(np.float64(0.0))[0], math.inf)
        raise Partly("of NumPy numbers; of floats ZeroDivisionError") from error


def softplus() -> str:
    value, slope = hips.value_and_grad(lambda x: np.logaddexp(0.0, x))(1000.0)
    close(value, 1000.0)
    close(slope, 1.0)
    return "logaddexp"


def checks() -> None:
    check_grads: Any = importlib.import_module("autograd.test_util").check_grads

    check_grads(np.tanh)(0.3)


def picture() -> None:
    absent("autograd", "draw|graphviz|svg|plot")


def same_picture() -> None:
    meaningless_without(picture, "it draws nothing")


def steps() -> None:
    absent("autograd", "html|walk")


def names_nan() -> None:
    with np.errstate(all="raise"):
        try:
            hips.grad(lambda x: np.log(x - 3.0))(2.0)
        except FloatingPointError as error:
            assert "log" in str(error)
            raise Partly("np.errstate, of NumPy's functions") from error
    raise No("no error")


def notebook() -> None:
    raise No(f"text, if it is printed within the function: {type(_boxed()).__name__}")


def _boxed() -> Any:
    seen: list[Any] = []

    def see(x: Any) -> Any:
        seen.append(x)
        return x * x

    hips.grad(see)(2.0)
    if any(hasattr(seen[0], f"_repr_{kind}_") for kind in ("svg", "html", "mimebundle")):
        raise RuntimeError("not tried, though it shows itself")
    return seen[0]


def listing() -> None:
    meaningless_without(compiles, "it compiles nothing")


def power() -> None:
    close(hips.value_and_grad(lambda x: 2.0**x)(3.0)[0], 8.0)


def branches() -> None:
    def f(y: Any) -> Any:
        while y < 10.0:
            y = y * 2.0 if y > 0.0 else y
        return y

    close(hips.grad(f)(0.3), 64.0)


def no_collector() -> None:
    without_collector(lambda: hips.grad(_loss)(2.0))


def pickles() -> None:
    backward, _ = hips.make_vjp(_loss)(2.0)
    pickle.loads(pickle.dumps(backward))(1.0)


def deepcopies() -> None:
    import copy

    backward, _ = hips.make_vjp(_loss)(2.0)
    copied = copy.deepcopy(backward)
    if copied is backward:
        raise NotApplicable("the graph is inside a closure, which Python does not copy")
    close(copied(1.0), math.log(5.0) + 8.0 / 5.0)


def own_operation() -> str:
    extend: Any = importlib.import_module("autograd.extend")
    defvjp, primitive = extend.defvjp, extend.primitive

    bell = primitive(lambda a: np.exp(-a * a))
    defvjp(bell, lambda y, a: lambda g: -2.0 * a * y * g)
    close(hips.grad(bell)(0.5), -math.exp(-0.25))
    hips.grad(hips.grad(bell))(0.5)
    return "of arrays, and its derivative differentiates too"


def layers() -> None:
    adam: Any = importlib.import_module("autograd.misc.optimizers").adam

    adam(lambda x, _: 2.0 * x, np.ones(2), num_iters=2)
    try:
        absent("autograd", "dense|^linear|mlp|layer")
    except No as no:
        raise Partly("optimisers, no layers") from no


def types() -> None:
    typed("autograd")


def brings() -> str:
    return size_on_disk("autograd")


def licence_() -> str:
    return licence_of("autograd")


def compiles() -> None:
    absent("autograd", "compile|jit$|^jit|program")


def follows() -> None:
    meaningless_without(compiles, "it compiles nothing")


def rows() -> None:
    assert hips.elementwise_grad(lambda x: x * x)(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]


def exports() -> None:
    absent("autograd", "export|onnx|generate")


def arrays() -> None:
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert hips.grad(lambda a: np.sum(a @ a))(a).tolist() == [[7.0, 11.0], [9.0, 13.0]]


def large_product() -> str:
    a, b = np.random.rand(400, 400), np.random.rand(400, 400)
    gradient = hips.grad(lambda ab: np.sum(ab[0] @ ab[1]))
    return duration(timed(lambda: gradient((a, b))))


def convolution() -> None:
    convolve: Any = importlib.import_module("autograd.scipy.signal").convolve

    x, w = np.ones((4, 4)), np.ones((2, 2))
    found = hips.grad(lambda w: np.sum(convolve(x, w, mode="valid")))(w)
    assert found[0, 0] == 9.0


def solve() -> None:
    f = hips.grad(lambda a: np.sum(np.linalg.solve(a, np.ones((1, 1)))))
    close(f(np.array([[2.0]]))[0, 0], -0.25)


def complex_() -> None:
    found = hips.grad(lambda z: np.abs(z * z))(1.0 + 2.0j)
    close(abs(found), 2.0 * abs(1.0 + 2.0j))


def forward_mode() -> str:
    close(hips.make_jvp(np.sin)(0.0)(1.0)[1], 1.0)
    return "make_jvp"


def hessian_() -> None:
    found = hips.hessian(lambda x: x[0] * x[0] * x[1])(np.array([2.0, 3.0]))
    assert found.tolist() == [[6.0, 4.0], [4.0, 0.0]]


def jacobian_() -> None:
    found = hips.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    assert found.tolist() == [[2.0, 0.0], [0.0, 4.0]]


def functions() -> str:
    special: Any = importlib.import_module("autograd.scipy.special")

    names = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}
    names |= {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "lgamma": "gammaln"}
    names |= {"sigmoid": "expit"}
    count, missing = 0, []
    for f in FUNCTIONS:
        name = names.get(f, f)
        function: Any = getattr(np, name, None) or getattr(special, name, None)
        try:
            at = 1.4 if f == "acosh" else 0.4
            two = f in ("atan2", "hypot", "maximum")
            assert hips.grad((lambda x, g=function: g(x, 0.3)) if two else function)(at)
            count += 1
        except (TypeError, NotImplementedError, AssertionError):
            missing.append(f)
    if missing:
        raise Partly(f"{count}; without {' '.join(missing)}")
    return f"all {count}"


def accelerators() -> None:
    absent("autograd", "cuda|gpu|metal")
