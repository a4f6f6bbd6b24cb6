"""SciPy's optimisers, with our gradients, Hessians and Hessian-vector products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, root, rosen, rosen_der, rosen_hess, rosen_hess_prod

from autograd import Value, hessian, hvp, jacobian, jvp, value_and_grad, vjp


def rosenbrock(x: Any) -> Any:
    return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


def hessian_at(x: Any) -> Any:
    leaves = np.array([Value(entry) for entry in x], dtype=object)
    return hessian(rosenbrock(leaves), leaves)


POINT = np.array([1.3, 0.7, 0.8, 1.9, 1.2])


def test_derivatives_of_rosenbrock_are_scipys() -> None:
    value, gradient = value_and_grad(rosenbrock)(POINT)
    assert np.isclose(value, rosen(POINT), rtol=1e-14)
    assert np.allclose(gradient, rosen_der(POINT), rtol=1e-13)
    assert np.allclose(hessian_at(POINT), rosen_hess(POINT), rtol=1e-13)
    direction = np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    found = hvp(rosenbrock, POINT, direction)
    assert isinstance(found, np.ndarray)
    assert np.allclose(found, rosen_hess_prod(POINT, direction), rtol=1e-13)
    assert np.isclose(jvp(rosenbrock, POINT, direction)[1], rosen_der(POINT) @ direction)


@pytest.mark.parametrize(
    "method", ["BFGS", "Newton-CG", "trust-ncg", "trust-exact", "trust-krylov"]
)
def test_minimize_finds_the_minimum_with_every_kind_of_derivative(method: str) -> None:
    second: dict[str, Any] = {}
    if method == "trust-exact":
        second = {"hess": hessian_at}
    elif method != "BFGS":
        second = {"hessp": lambda x, p: hvp(rosenbrock, x, p)}
    found = minimize(value_and_grad(rosenbrock), POINT, jac=True, method=method, **second)
    assert found.success
    assert np.allclose(found.x, 1.0, atol=1e-3)


def test_minimize_takes_the_gradient_as_a_function_of_its_own() -> None:
    found = minimize(
        lambda x: jvp(rosenbrock, x, np.zeros_like(x))[0],
        POINT,
        jac=lambda x: vjp(rosenbrock, x)[1](1.0),
        hess=hessian_at,
        method="trust-exact",
    )
    assert found.success
    assert np.allclose(found.x, 1.0, atol=1e-6)


def test_root_takes_a_jacobian() -> None:
    def f(p: Any) -> Any:
        return [p[0] ** 2 + p[1] ** 2 - 4.0, p[0] * p[1] - 1.0]

    def values_and_matrix(x: Any) -> tuple[list[float], Any]:
        leaves = [Value(entry) for entry in x]
        ys = f(leaves)
        return [y.data for y in ys], jacobian(ys, leaves)

    found = root(values_and_matrix, [2.0, 0.3], jac=True)
    assert found.success
    assert np.allclose(f(found.x), 0.0, atol=1e-9)
