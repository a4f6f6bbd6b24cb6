"""`operation` makes an operation of a plain function; wrong derivatives and errors are reported."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import (
    DetachedWarning,
    Value,
    gradcheck,
    greater,
    hessian,
    no_grad,
    operation,
    softmax,
    where,
)
from autograd.custom_operations import Operation
from viz import draw, step_through
from viz.stepping.formulas import plain

from .reference import close

if TYPE_CHECKING:
    from collections.abc import Callable


@operation(
    derivatives=[lambda a, b, y: a / y, lambda a, b, y: b / y],
    vector=lambda a, b: (a * a + b * b).sqrt(),
    check=[(3.0, 4.0), (-1.0, 0.5)],
    formula="y = √(a² + b²)",
)
def hypotenuse(a: float, b: float) -> float:
    """The long side of a right triangle."""
    return math.sqrt(a * a + b * b)


@operation(derivatives=[lambda a: a.cos()], vector=lambda a: a.sin())
def sine(a: float) -> float:
    return math.sin(a)


@operation(derivatives=[math.cos])
def plain_sine(a: float) -> float:
    return math.sin(a)


@operation(derivatives=lambda xs, y: [y / (len(xs) * x) for x in xs], check=[(1.0, 2.0), (2, 3, 5)])
def geometric_mean(*xs: float) -> float:
    return math.prod(xs) ** (1.0 / len(xs))


def texts_of(steps: Any) -> list[str]:
    return [plain(formula) for step in steps for formula in step.formulas]


# ── what it is ───────────────────────────────────────────────────────────────────────────────


def test_it_records_with_values_and_computes_with_numbers() -> None:
    a, b = Value(3.0), Value(4.0)
    y = hypotenuse(a, b)
    assert (y.data, y.operands, y.op) == (5.0, (a, b), "hypotenuse")
    y.backward()
    assert (a.grad, b.grad) == (0.6, 0.8)
    assert hypotenuse(3, 4) == 5.0
    assert hypotenuse(a, 4).data == hypotenuse(3, b).data == hypotenuse(b=4, a=a).data == 5.0
    assert hypotenuse(a, a).operands == (a, a)


def test_it_looks_like_the_function() -> None:
    assert hypotenuse.__doc__ == "The long side of a right triangle."
    assert hypotenuse.__name__ == "hypotenuse"
    assert str(inspect.signature(hypotenuse)) == "(a: 'float', b: 'float') -> 'float'"
    assert isinstance(hypotenuse, Operation)
    assert hypotenuse.function(3.0, 4.0) == 5.0


def test_it_is_differentiated_to_any_order() -> None:
    a, b = Value(3.0), Value(4.0)
    by_parts = (a * a + b * b).sqrt()
    assert close(hessian(hypotenuse(a, b) ** 3, [a, b]), hessian(by_parts**3, [a, b]))
    x = Value(0.7)
    y: Value = sine(x)
    for expected in (math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x)):
        assert close(y.data, expected(0.7))
        y = autograd.grad(y, x, create_graph=True)


def test_it_may_have_any_number_of_operands() -> None:
    for count in 1, 2, 4:
        xs = [Value(1.0 + k) for k in range(count)]
        y = geometric_mean(*xs)
        same = math.prod(xs, start=Value(1.0)) ** (1.0 / count)
        y.backward()
        assert close([x.grad for x in xs], autograd.grad(same, xs))
        assert close(hessian(y, xs), hessian(same, xs))


def test_a_derivative_may_be_a_number() -> None:
    twice = operation(derivatives=[2.0, -1])(lambda a, b: 2.0 * a - b)
    a, b = Value(3.0), Value(4.0)
    assert autograd.grad(twice(a, b), [a, b]) == [2.0, -1.0]


def test_a_derivative_of_floats_only_gives_first_derivatives_and_says_so() -> None:
    x = Value(0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert autograd.grad(plain_sine(x), x) == math.cos(0.5)
        with pytest.raises(TypeError) as refusal:
            hessian(plain_sine(x), x)
    assert str(refusal.value) == (
        "dplain_sine/da turned a Value into a plain number. To differentiate it again, or to run "
        "it in a program, write it with Values' operations: a.cos() instead of math.cos(a)."
    )


def test_a_branching_operation_gives_0_to_what_it_did_not_choose() -> None:
    slopes = [lambda a: 1.0 if a > 0 else 0.0]
    for branching, expected in ((True, 0.0), (False, math.nan)):
        ramp = operation(derivatives=slopes, branching=branching)(lambda a: max(a, 0.0))
        x = Value(-1.0)
        gradient = autograd.grad(ramp(x).sqrt(), x)
        assert gradient == expected or math.isnan(gradient) == math.isnan(expected)


def test_it_is_drawn_and_stepped_through_with_its_operands_names() -> None:
    width, height = Value(3.0, "w"), Value(4.0, "h")
    y = hypotenuse(width, height)
    y.label = "y"
    assert "hypotenuse" in draw(y).svg
    source = draw(y).source
    assert "[label=a]" in source
    assert "[label=b]" in source
    steps = step_through(y).steps
    assert any("y = hypotenuse(w, h) = hypotenuse(3, 4) = 5" in text for text in texts_of(steps))
    assert any("y = √(a² + b²)" in step.note for step in steps)


def test_it_is_pickled_by_its_name_and_copied() -> None:
    a, b = Value(3.0), Value(4.0)
    y = hypotenuse(a, b) * sine(a)
    for twin, leaf in (pickle.loads(pickle.dumps([y, a])), copy.deepcopy([y, a])):
        assert twin.operands[0].operation is hypotenuse
        assert autograd.grad(twin, leaf) == autograd.grad(y, a)
    assert pickle.loads(pickle.dumps(geometric_mean)) is geometric_mean
    local = operation(derivatives=[bell_slope], name="local")(bell_of)
    twin = pickle.loads(pickle.dumps(local))
    assert (twin.name, twin(0.5), twin.derivatives[0](0.5, 1.0)) == ("local", bell_of(0.5), -1.0)
    with pytest.raises(pickle.PicklingError, match="expected an operation that pickle can find"):
        pickle.dumps(operation(derivatives=[lambda a: 1.0])(lambda a: a))


def bell_of(a: float) -> float:
    return math.exp(-a * a)


def bell_slope(a: Any, y: Any) -> Any:
    return -2.0 * a * y


# ── in programs ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("passes", [None, ()], ids=["optimised", "as recorded"])
def test_a_program_runs_its_vector_form(passes: Any) -> None:
    w, x = Value(2.0), Value(1.0)
    loss = hypotenuse(w * x, 1.5) * sine(hypotenuse(x, w))
    program = autograd.compile(loss, params=[w], inputs=[x], passes=passes)
    numbers = [1.0, -0.5, 3.0]
    losses = []
    for number in numbers:
        leaf, x = Value(2.0), Value(number)
        losses.append((hypotenuse(leaf * x, 1.5) * sine(hypotenuse(x, leaf)), leaf))
    assert close(program(numbers).tolist(), [loss.data for loss, _ in losses])
    slopes = [autograd.grad(loss, leaf) for loss, leaf in losses]
    assert close(program.value_and_grad(numbers)[1].item(), sum(slopes) / 3)
    assert close(pickle.loads(pickle.dumps(program))(numbers).tolist(), program(numbers).tolist())
    assert "hypotenuse" not in program.listing()
    assert "sqrt" in program.listing()


def test_a_program_keeps_the_derivatives_that_were_given() -> None:
    """A straight-through estimator: a step forwards, a line backwards."""
    step = operation(derivatives=[1.0], vector=lambda a: where(greater(a, 0), 1, -1), name="step")(
        lambda a: 1.0 if a > 0 else -1.0
    )
    w, x = Value(-0.3), Value(1.0)
    program = autograd.compile(step(w * x) * 3, params=[w], inputs=[x])
    value, gradient = program.value_and_grad([1.0, -1.0, -2.0])
    assert close([value, gradient.item()], [1.0, 3 * (1.0 - 1.0 - 2.0) / 3])
    slopes = autograd.grad(step(w * x) * 3, [w], create_graph=True)
    assert autograd.compile(slopes, inputs=[x])([5.0]).item() == 15.0


def test_further_outputs_of_a_program_may_use_it() -> None:
    w = Value(2.0)
    program = autograd.compile(
        lambda x: (hypotenuse(w * x, 3.0) * 2, hypotenuse(x, 4.0) + 1), params=[w]
    )
    listed = program.listing()
    assert "hypotenuse" not in listed
    assert listed.count("sqrt(") == 2
    assert close(program.value_and_grad([2.0])[0], 10.0)


def test_a_vector_form_may_use_all_that_values_can_do_and_other_operations() -> None:
    def of_values(a: Any, b: Any) -> Any:
        return hypotenuse(softmax([a, b])[0], autograd.maximum(a, b)) + 2

    odd = operation(
        derivatives=[0.0, 0.0],
        vector=of_values,
        name="odd",
    )(lambda a, b: of_values(Value(a), Value(b)).data)
    a, b = Value(0.3), Value(-2.0)
    program = autograd.compile(odd(a, b), inputs=[a, b])
    assert close(program([1.0, 0.5], [2.0, 0.1]).tolist(), [odd(1.0, 2.0), odd(0.5, 0.1)])
    program = autograd.compile(geometric_vector(a + 2, 3, b * b), inputs=[a, b])
    assert close(program([1.0], [2.0]).tolist(), [36 ** (1 / 3)])


geometric_vector = operation(
    derivatives=lambda xs, y: [y / (len(xs) * x) for x in xs],
    vector=lambda *xs: math.prod(xs[1:], start=xs[0]) ** (1.0 / len(xs)),
)(geometric_mean.function)


@pytest.mark.parametrize(
    ("vector", "said"),
    [
        (lambda a: a if a > 0 else -a, "the vector form of f takes other steps for other numbers"),
        (lambda a: a * a.data, "the vector form of f takes other steps for other numbers"),
        (lambda a: a * math.exp(a), "the vector form of f turned a Value into a plain number"),
    ],
)
def test_a_vector_form_that_depends_on_its_data_is_refused(
    vector: Callable[[Any], Any], said: str
) -> None:
    x = Value(0.5)
    y = operation(derivatives=[1.0], vector=vector, name="f")(bell_of)(x)
    with pytest.raises((ValueError, TypeError), match=f"^{said}"):
        autograd.compile(y, inputs=[x])


def test_a_derivative_that_depends_on_its_data_is_refused_in_programs() -> None:
    bent = operation(
        derivatives=[lambda a: 1.0 if a > 0 else 0.0], vector=lambda a: a.relu(), name="bent"
    )(lambda a: max(a, 0.0))
    x = Value(0.5)
    assert autograd.compile(bent(x), inputs=[x])([2.0]).item() == 2.0
    with pytest.raises(ValueError, match=r"^dbent/da takes other steps for other numbers, which a"):
        autograd.compile(bent(x), params=[x])


def test_without_a_vector_form_a_program_refuses_it() -> None:
    x = Value(0.5)
    with pytest.raises(ValueError, match="'plain_sine' is not one of them; build it from those, o"):
        autograd.compile(plain_sine(x), params=[x])


def test_jax_gets_the_derivatives_that_were_given() -> None:
    jax = pytest.importorskip("jax", exc_type=ImportError)
    w = Value(2.0)
    steep = operation(derivatives=[7.0], vector=lambda a: a.sin(), name="steep")(math.sin)
    function = autograd.compile(steep(w) * hypotenuse(w, 1), params=[w]).to_jax()
    found = jax.grad(lambda theta: function(theta).sum())(jax.numpy.array([2.0]))
    expected = autograd.grad(steep(w) * hypotenuse(w, 1), w)
    assert np.allclose(found, expected, rtol=1e-5)


# ── what is reported ─────────────────────────────────────────────────────────────────────────


def cube_with(derivative: Any, **options: Any) -> Operation:
    def cube(a: float) -> float:
        return a**3

    return operation(derivatives=derivative, **options)(cube)


@pytest.mark.parametrize(
    ("attempt", "kind", "said"),
    [
        (
            lambda: operation(derivatives=[lambda a: 1.0], name="f")(lambda a, b: a),
            ValueError,
            "f has 2 operands (a, b): expected as many derivatives, got 1",
        ),
        (
            lambda: cube_with([]),
            ValueError,
            "cube has 1 operand (a): expected as many derivatives, got 0",
        ),
        (
            lambda: cube_with(lambda a: 3 * a * a),
            TypeError,
            "cube: expected `derivatives` to be a list with one function for each operand, got "
            "function; write derivatives=[...]",
        ),
        (
            lambda: operation(derivatives=[1.0], name="f")(lambda *xs: 1.0),
            TypeError,
            "f has any number of operands: expected `derivatives` to be one function that returns "
            "the list of all derivatives, got list",
        ),
        (
            lambda: cube_with([lambda a, b, c: 1.0]),
            ValueError,
            "dcube/da: expected a function of (a), or of (a, y) with the result y, got one of 3 "
            "arguments",
        ),
        (
            lambda: operation(derivatives=[1.0, None], name="f")(lambda a, b: a),
            TypeError,
            "df/db: expected a function, or a number if it is constant, got NoneType: None",
        ),
        (
            lambda: cube_with([lambda a: 3 * a * a], vector=lambda m, a: a * a * a),
            ValueError,
            "cube: expected `vector` to be a function of (a), got one of (m, a); write it with "
            "the operations of Values",
        ),
        (
            lambda: cube_with([lambda a: 3 * a * a], vector="a * a * a"),
            TypeError,
            "cube: expected `vector` to be a function of (a), got str",
        ),
        (
            lambda: operation(derivatives=[], name="f")(lambda: 1.0),
            ValueError,
            "f has 0 operands (none): expected as many derivatives, got 0",
        ),
        (
            lambda: operation(derivatives=[1.0], name="f")(lambda *, a: a),
            ValueError,
            "f: expected a function of operands only, got a; write f(a, b), or f(*operands) for "
            "any number",
        ),
        (
            lambda: operation(derivatives=[1.0])(3),  # type: ignore[arg-type]
            TypeError,
            "operation expects a function to decorate, got int",
        ),
        (
            lambda: cube_with([lambda a: 3 * a * a], vector=lambda a: a * a, check=[2.0]),
            ValueError,
            "cube(a = 2.0): expected the vector form to give 8.0, as the function does, got 4.0; "
            "correct `vector`",
        ),
        (
            lambda: hypotenuse(1),
            TypeError,
            "hypotenuse expects 2 operands (a, b), got 1: missing a required argument: 'b'",
        ),
        (
            lambda: operation(derivatives=[1.0], name="f")(lambda a: None)(Value(1.0)),
            TypeError,
            "f(a = 1.0): TypeError: expected a real number, got NoneType. Is a return statement "
            "missing?",
        ),
        (
            lambda: autograd.grad(
                operation(derivatives=lambda xs: [1.0], name="f")(lambda *xs: 1.0)(
                    x := Value(1.0), 2.0
                ),
                x,
            ),
            ValueError,
            "derivative of f: expected a list of 2 derivatives, one for each operand, got 1",
        ),
    ],
)
def test_a_mistake_in_a_definition_is_reported(
    attempt: Callable[[], Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert str(refusal.value).removeprefix("the ") == said


def test_a_wrong_derivative_is_reported_when_it_is_checked() -> None:
    said = (
        r"^cube\(a = 2.0\): expected the derivative with respect to a to be 12, by finite "
        "differences, got 4; correct `derivatives`$"
    )
    with pytest.raises(ValueError, match=said):
        cube_with([lambda a: 2 * a], check=[2.0])
    careless = cube_with([lambda a: 2 * a])
    with pytest.raises(ValueError, match=said):
        careless.check(2.0)
    assert not gradcheck(careless, 2.0)
    cube_with([lambda a: 3 * a * a], check=[2.0, -1.0, 0.0]).check(7)
    size = operation(derivatives=[lambda a: 1.0 if a > 0 else -1.0], name="size")(abs)
    size.check(0.5)
    with pytest.raises(ValueError, match=r"got -1; check at another point \(gradcheck .* a kink"):
        size.check(0.0)
    with pytest.raises(
        ValueError, match=r"with respect to b to be 0.8, by finite differences, got"
    ):
        operation(
            derivatives=[lambda a, b, y: a / y, lambda a, b, y: a / y], check=(3.0, 4.0), name="f"
        )(lambda a, b: math.hypot(a, b))


def test_errors_in_the_functions_name_the_operation_and_its_operands() -> None:
    root = operation(derivatives=[lambda a, y: 0.5 / y], name="root")(lambda a: math.sqrt(a))
    with pytest.raises(ValueError, match=r"^root\(a = -1.0\): ValueError: .*domain error|expected"):
        root(Value(-1.0))
    with pytest.raises(ZeroDivisionError, match=r"^droot/da\(a = 0.0\): ZeroDivisionError: float"):
        root(Value(0.0)).backward()

    class MyError(Exception):
        pass

    def fails(a: float, b: float) -> float:
        raise MyError("no")

    broken = operation(derivatives=[1.0, 1.0])(fails)
    with pytest.raises(MyError) as found:
        broken(Value(1.0), 2)
    assert found.value.__notes__ == ["in fails(a = 1.0, b = 2.0)"]


def test_a_function_that_uses_a_value_which_is_no_operand_does_not_lose_it_in_silence() -> None:
    w = Value(3.0, "w")
    scaled = operation(derivatives=[lambda a, y: w.data], name="scaled")(lambda a: a * w)
    with pytest.warns(DetachedWarning, match="function of scaled returned a Value") as told:
        y = scaled(Value(2.0))
    assert y.data == 6.0 and told[0].filename == __file__
    plain = operation(derivatives=[lambda a, y: w.data])(lambda a: a * w.data)
    assert plain(Value(2.0)).data == 6.0
    with no_grad():
        assert scaled(Value(2.0)).data == 6.0
