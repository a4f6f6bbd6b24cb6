"""The derivatives of ten functions, beside JAX's: gradients, Hessians, Jacobians and products."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, hessian, hvp, jacobian, jvp, value_and_grad, vjp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

if os.environ.get("GLASSGRAD_NEEDS_JAX"):  # where CI has installed it, nothing is skipped
    import jax
    import jax.numpy as jnp
else:
    jax = pytest.importorskip("jax", exc_type=ImportError)
    jnp = pytest.importorskip("jax.numpy", exc_type=ImportError)


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


class Ours:
    """The functions that are written differently in the two libraries; these are ours."""

    softmax = staticmethod(autograd.softmax)
    logsumexp = staticmethod(autograd.logsumexp)
    maximum = staticmethod(autograd.maximum)

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        return lambda v: getattr(v, name)()


class Theirs:
    """And these are JAX's."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        for namespace in (jnp, jax.nn):
            if hasattr(namespace, name):
                return getattr(namespace, name)  # type: ignore[no-any-return]
        raise AttributeError(name)


def rosenbrock(m: Any, p: Any) -> Any:
    return sum(100 * (p[i + 1] - p[i] ** 2) ** 2 + (1 - p[i]) ** 2 for i in range(len(p) - 1))


def pendulum(m: Any, p: Any) -> Any:
    """The energy after 20 steps of a swinging pendulum."""
    angle, speed, length, weight = p
    for _ in range(20):
        speed = speed - 0.05 * 9.81 / length * m.sin(angle)
        angle = angle + 0.05 * speed
    return weight * (0.5 * (length * speed) ** 2 - 9.81 * length * m.cos(angle))


def network(m: Any, p: Any) -> Any:
    a, b, c, d = p
    hidden = [m.tanh(a * x + b) for x in (-1.0, 0.0, 2.0)]
    return sum((m.sigmoid(c * h + d) - 0.3) ** 2 for h in hidden)


def attention(m: Any, p: Any) -> Any:
    shares = m.softmax(p if m.__class__ is Ours else jnp.stack(list(p)))
    return sum(shares[i] * p[i] ** 2 for i in range(4))


def likelihood(m: Any, p: Any) -> Any:
    return m.logsumexp(p if m.__class__ is Ours else jnp.stack(list(p))) - p[2] * p[0]


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "Rosenbrock": rosenbrock,
    "pendulum": pendulum,
    "network": network,
    "attention": attention,
    "likelihood": likelihood,
    "powers": lambda m, p: (p[0] ** 2 + 1) ** p[1] / p[3] ** 3 + 2 ** p[2],
    "logarithms": lambda m, p: m.log(p[3]) * m.log1p(p[0] ** 2) + m.expm1(p[1]) * m.sqrt(p[3]),
    "activations": lambda m, p: m.softplus(p[0]) * m.silu(p[1]) + m.relu(p[2]) * m.exp(p[3] * p[2]),
    "kinks": lambda m, p: m.maximum(p[0] * p[1], p[2] ** 2) * m.abs(p[1] - p[3]) + m.tan(p[0]),
    "loop": lambda m, p: newton(p[3] + p[0] ** 2) * p[1] + newton(2 + p[2] ** 2),
}
POINT = [0.31, -0.72, 0.93, 1.64]
DIRECTION = [0.5, 1.25, -0.75, 0.4]


def newton(a: Any) -> Any:
    x = 1.0
    for _ in range(7):
        x = 0.5 * (x + a / x)
    return x


def agree(found: Any, theirs: Any) -> bool:
    theirs = np.asarray(theirs)
    assert theirs.dtype == np.float64
    size = float(np.max(np.abs(theirs)))
    return bool(
        np.all(
            np.abs(np.asarray(found) - theirs) <= 1e-12 * np.maximum(1e-2 * size, np.abs(theirs))
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_derivatives_agree_with_jax(name: str) -> None:
    def f(p: Any) -> Any:
        return FUNCTIONS[name](Ours(), p)

    def g(p: Any) -> Any:
        return FUNCTIONS[name](Theirs(), p)

    at, along = jnp.array(POINT), jnp.array(DIRECTION)
    value, gradient = value_and_grad(f)(POINT)
    assert agree(value, g(at))
    assert agree(gradient, jax.grad(g)(at))
    assert agree(jvp(f, POINT, DIRECTION), jax.jvp(g, (at,), (along,)))
    assert agree(vjp(f, POINT)[1](0.7), jax.vjp(g, at)[1](0.7)[0])
    second = jax.hessian(g)(at)
    leaves = [Value(x) for x in POINT]
    assert agree(hessian(f(leaves), leaves), second)
    assert agree(hvp(f, POINT, DIRECTION), second @ along)
    twice = jvp(lambda p: jvp(f, p, DIRECTION)[1], POINT, DIRECTION)[1]
    assert agree(twice, along @ second @ along)


@pytest.mark.slow
def test_a_jacobian_and_its_products_agree_with_jax() -> None:
    def f(p: Any) -> Any:
        return [g(Ours(), p) for g in FUNCTIONS.values()]

    def theirs(p: Any) -> Any:
        return jnp.stack([g(Theirs(), p) for g in FUNCTIONS.values()])

    at, along = jnp.array(POINT), jnp.array(DIRECTION)
    leaves = [Value(x) for x in POINT]
    expected = np.asarray(jax.jacobian(theirs)(at))
    found = np.asarray(jacobian(f(leaves), leaves))
    assert all(agree(row, exact) for row, exact in zip(found, expected, strict=True))
    value, tangent = jvp(f, POINT, DIRECTION)
    assert agree(value, theirs(at))
    assert agree(tangent, jax.jvp(theirs, (at,), (along,))[1])
    cotangents = [0.1 * i for i in range(len(value))]
    pulled = jax.vjp(theirs, at)[1](jnp.array(cotangents))[0]
    assert agree(vjp(f, POINT)[1](cotangents), pulled)
