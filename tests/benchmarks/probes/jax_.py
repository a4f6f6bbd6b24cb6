"""What JAX can do, in float64 unless a question is about precision."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import jax
import jax.numpy as jnp

from tests.benchmarks.figures import duration

from .answers import (
    LENGTH,
    Late,
    No,
    NotApplicable,
    Partly,
    absent,
    close,
    size_on_disk,
    timed,
    typed,
    within,
    without_collector,
)
from .answers import licence as licence_of
from .questions import FUNCTIONS


def _exact() -> None:
    jax.config.update("jax_enable_x64", True)


def _loss(x: Any) -> Any:
    return jnp.log(x * x + 1.0) * x


def million() -> None:
    def chain(y: Any) -> Any:
        for _ in range(LENGTH):
            y = y + 1.0
        return y

    try:
        with within(40):
            close(jax.grad(chain)(1.0), 1.0)
    except Late as late:
        with_loop = jax.grad(lambda y: jax.lax.fori_loop(0, LENGTH, lambda _, y: y + 1.0, y))
        close(with_loop(1.0), 1.0)
        raise Partly("by lax.fori_loop; a Python loop is not done in 40 s") from late


def second_pass() -> str:
    _exact()
    _, backward = jax.vjp(_loss, 2.0)
    close(backward(1.0)[0], float(backward(1.0)[0]))
    close(backward(1.0)[0], math.log(5.0) + 8.0 / 5.0)
    return "jax.vjp"


def edited() -> None:
    a = jnp.array(2.0)
    try:
        a[...] = 100.0
    except TypeError as error:
        raise NotApplicable("arrays cannot be changed, only replaced") from error


def third_derivative() -> None:
    close(jax.grad(jax.grad(jax.grad(lambda x: x**4)))(2.0), 48.0)


def float64() -> None:
    close(jnp.array(0.1) + jnp.array(0.2), 0.1 + 0.2, 0.0)


def overflow() -> None:
    close(jax.value_and_grad(jnp.exp)(1000.0)[0], math.inf)


def log_negative() -> None:
    close(jax.value_and_grad(jnp.log)(-1.0)[0], math.nan)


def division_by_zero() -> None:
    close(jax.value_and_grad(lambda x: 1.0 / x)(0.0)[0], math.inf)


def softplus() -> None:
    value, slope = jax.value_and_grad(jax.nn.softplus)(1000.0)
    close(value, 1000.0)
    close(slope, 1.0)


def checks() -> None:
    from jax.test_util import check_grads

    _exact()
    check_grads(jnp.tanh, (0.3,), order=1)


def dot_source() -> str:
    lowered = jax.jit(jax.value_and_grad(_loss)).lower(2.0)
    return str(lowered.compiler_ir("hlo").as_hlo_dot_graph())


def picture() -> None:
    assert "digraph" in dot_source()
    raise Partly("the compiler's graph as DOT: no values, no gradients")


def same_picture() -> None:
    from .answers import same_in_other_processes

    same_in_other_processes(__name__)


def steps() -> None:
    absent("jax", "step_through|walk_?through")


def names_nan() -> None:
    jax.config.update("jax_debug_nans", True)
    try:
        jax.grad(lambda x: jnp.log(x - 3.0))(2.0)
    except FloatingPointError as error:
        assert "log" in str(error), str(error)
        return
    raise No("no error")


def notebook() -> None:
    if not any(hasattr(jnp.ones(()), f"_repr_{k}_") for k in ("svg", "html", "mimebundle")):
        raise No("text")


def listing() -> str:
    assert "log" in str(jax.make_jaxpr(jax.grad(_loss))(2.0))
    return "make_jaxpr"


def power() -> None:
    close(jax.value_and_grad(lambda x: 2.0**x)(3.0)[0], 8.0)


def branches() -> None:
    def f(y: Any) -> Any:
        while y < 10.0:
            y = y * 2.0
        return y

    _exact()
    close(jax.grad(f)(0.3), 64.0)
    try:
        jax.jit(f)(0.3)
    except jax.errors.TracerBoolConversionError as error:
        raise Partly("not under jit: TracerBoolConversionError") from error


def no_collector() -> None:
    without_collector(lambda: jax.grad(_loss)(2.0))


def pickles() -> None:
    _, backward = jax.vjp(_loss, 2.0)
    pickle.loads(pickle.dumps(backward))(1.0)


def deepcopies() -> None:
    _exact()
    _, backward = jax.vjp(_loss, 2.0)
    close(copy.deepcopy(backward)(1.0)[0], math.log(5.0) + 8.0 / 5.0)


def own_operation() -> str:
    _exact()

    @jax.custom_vjp
    def bell(a: Any) -> Any:
        return jnp.exp(-a * a)

    bell.defvjp(lambda a: (bell(a), (a, bell(a))), lambda kept, g: (-2.0 * kept[0] * kept[1] * g,))
    close(jax.grad(bell)(0.5), -math.exp(-0.25))
    jax.grad(jax.grad(bell))(0.5)
    return "of arrays, and its derivative differentiates too"


def layers() -> None:
    from jax.example_libraries import optimizers, stax

    start, model = stax.serial(stax.Dense(4), stax.Tanh, stax.Dense(1))
    _, params = start(jax.random.key(0), (1, 2))
    slope = jax.grad(lambda params: jnp.sum(model(params, jnp.ones((1, 2)))))(params)
    begin, update, _ = optimizers.adam(0.01)
    update(0, slope, begin(params))
    raise Partly("as examples, jax.example_libraries")


def types() -> None:
    typed("jax")


def brings() -> str:
    return size_on_disk("jax")


def licence_() -> str:
    return licence_of("jax")


def compiles() -> str:
    _exact()
    close(jax.jit(_loss)(3.0), math.log(10.0) * 3.0)
    return "jit"


def follows() -> str:
    f = jax.jit(lambda x: jax.lax.cond(x > 0.0, lambda x: 2.0 * x, lambda x: 3.0 * x, x))
    close(f(1.0), 2.0)
    close(f(-1.0), -3.0)
    return "lax.cond"


def rows() -> str:
    assert jax.vmap(jax.grad(lambda x: x * x))(jnp.array([1.0, 2.0])).tolist() == [2.0, 4.0]
    return "vmap"


def exports() -> str:
    from jax import export

    exported = export.export(jax.jit(_loss))(jax.ShapeDtypeStruct((), jnp.float32))
    assert "stablehlo" in exported.mlir_module()
    return "StableHLO"


def arrays() -> None:
    a = jnp.array([[1.0, 2.0], [3.0, 4.0]])
    assert jax.grad(lambda a: jnp.sum(a @ a))(a).tolist() == [[7.0, 11.0], [9.0, 13.0]]


def large_product() -> str:
    _exact()
    a, b = (jax.random.uniform(jax.random.key(k), (400, 400)) for k in range(2))
    gradient = jax.jit(jax.grad(lambda a, b: jnp.sum(a @ b), argnums=(0, 1)))
    return duration(timed(lambda: jax.block_until_ready(gradient(a, b))))


def convolution() -> None:
    x, w = jnp.ones((4, 4)), jnp.ones((2, 2))
    found = jax.grad(lambda w: jnp.sum(jax.scipy.signal.convolve(x, w, mode="valid")))(w)
    close(found[0, 0], 9.0)


def solve() -> None:
    f = jax.grad(lambda a: jnp.sum(jnp.linalg.solve(a, jnp.ones((1, 1)))))
    close(f(jnp.array([[2.0]]))[0, 0], -0.25)


def complex_() -> None:
    found = jax.grad(lambda z: jnp.abs(z * z))(1.0 + 2.0j)
    close(abs(found), 2.0 * abs(1.0 + 2.0j), 1e-5)


def forward_mode() -> None:
    close(jax.jvp(jnp.sin, (0.0,), (1.0,))[1], 1.0)


def hessian_() -> None:
    found = jax.hessian(lambda x: x[0] * x[0] * x[1])(jnp.array([2.0, 3.0]))
    assert found.tolist() == [[6.0, 4.0], [4.0, 0.0]]


def jacobian_() -> None:
    found = jax.jacrev(lambda x: x * x)(jnp.array([1.0, 2.0]))
    assert found.tolist() == [[2.0, 0.0], [0.0, 4.0]]


def functions() -> str:
    count, missing = 0, []
    for f in FUNCTIONS:
        function: Any = getattr(jnp, f, None) or getattr(jax.lax, f, None)
        function = function or getattr(jax.nn, f, None)
        at = 1.4 if f == "acosh" else 0.4
        two = f in ("atan2", "hypot", "maximum")
        try:
            assert jax.grad((lambda x, g=function: g(x, 0.3)) if two else function)(at)
            count += 1
        except (TypeError, AssertionError):
            missing.append(f)
    if missing:
        raise Partly(f"{count}; without {' '.join(missing)}")
    return f"all {count}"


def accelerators() -> str:
    try:
        jax.devices("gpu")
    except RuntimeError:
        return "CUDA, TPU and others; none here to run on"
    return "found a GPU"
