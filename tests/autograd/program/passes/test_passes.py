"""Each pass is optional: without it programs are longer, but their results are the same."""

from __future__ import annotations

import re
from itertools import product
from operator import neg
from typing import TYPE_CHECKING

import numpy as np
import pytest

import autograd
from autograd import Value, total
from autograd.program import PASSES
from autograd.program.gradient import differentiate
from autograd.program.machine.layout import Layout
from autograd.program.trace import trace
from tests.thorough import THOROUGH

from ..agreement import assert_agree, compile_loss, eager
from ..models import Example, many_operations, moons, softmax_classifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..agreement import Build, Floats

NAMES = list(PASSES)
CHOICES: dict[str, list[str] | None] = {
    "all": None,
    "none": [],
    **{f"without {name}": [other for other in NAMES if other != name] for name in NAMES},
    **{f"{name} alone": [name] for name in NAMES},
    "all by name": NAMES,
}

choices = pytest.mark.parametrize("passes", CHOICES.values(), ids=CHOICES)


@pytest.mark.slow
@choices
@pytest.mark.parametrize("make", [moons, softmax_classifier, many_operations])
def test_results_are_the_same_whatever_passes_run(
    make: Callable[[], Example], passes: list[str] | None
) -> None:
    example = make()
    program = example.compile(passes=passes)
    expected = example.eager()
    assert_agree(program(*example.columns), expected.values, np.abs(expected.values).max())
    expected.assert_mean_is(program.value_and_grad(*example.columns))


@choices
def test_several_outputs_are_the_same_whatever_passes_run(passes: list[str] | None) -> None:
    p, x = Value(0.3), Value(0.4)
    y = p * x + 1
    outputs = [y, x, y * y - y, p, Value(2.0), neg(neg(y))]
    found = autograd.compile(outputs, params=[p], inputs=[x], passes=passes)([0.4, 0.0, -1.0])
    for k, number in enumerate([0.4, 0.0, -1.0]):
        z = 0.3 * number + 1
        assert_agree(found[:, k], [z, number, z * z - z, 0.3, 2.0, z], 1.0)


# Tempting simplifications that are wrong: 0·x is not 0 if x is inf, nor is x − x if x is nan.
TRAPS: dict[str, Build] = {
    "x·0": lambda p, x: p[0] * (x[0] * 0),
    "x·−0": lambda p, x: p[0] * (x[0] * -0.0),
    "0·x": lambda p, x: p[0] * (0 * x[0]),
    "x − x": lambda p, x: p[0] * (x[0] - x[0]),
    "x + −x": lambda p, x: p[0] * (x[0] + -x[0]),
    "x / x": lambda p, x: p[0] * (x[0] / x[0]),
    "0 / x": lambda p, x: p[0] * (0 / x[0]),
    "x ** 0": lambda p, x: p[0] * x[0] ** 0,
    "x ** 1": lambda p, x: p[0] * x[0] ** 1,
    "x ** 2": lambda p, x: p[0] * x[0] ** 2,
    "x ** 3": lambda p, x: p[0] * x[0] ** 3,
    "x ** −1": lambda p, x: p[0] * x[0] ** -1,
    "x ** ½": lambda p, x: p[0] * x[0] ** 0.5,
    "x − 0": lambda p, x: p[0] * (x[0] - 0.0),
    "0 − x": lambda p, x: p[0] * (0 - x[0]),
    "x / 2": lambda p, x: p[0] * (x[0] / 2),
    "x / 3": lambda p, x: p[0] * (x[0] / 3),
    "x / 5e-324": lambda p, x: p[0] * (x[0] / 5e-324),
    "x / 2**1023": lambda p, x: p[0] * (x[0] / 2.0**1023),
    "x / inf": lambda p, x: p[0] * (x[0] / float("inf")),
    "1 / (x + 0)": lambda p, x: p[0] * (1 / (x[0] + 0.0)),
    "1 / (x + −0)": lambda p, x: p[0] * (1 / (x[0] + -0.0)),
    "1 / (x · 1)": lambda p, x: p[0] * (1 / (x[0] * 1)),
    "1 / (x · −1)": lambda p, x: p[0] * (1 / (x[0] * -1)),
    "1 / −−x": lambda p, x: p[0] * (1 / neg(neg(x[0]))),
    "1 / −(0 − x)": lambda p, x: p[0] * (1 / -(0 - x[0])),
    "1 / (relu x + 0)": lambda p, x: p[0] * (1 / (x[0].relu() + 0.0)),
    "1 / (x + 0 + 0)": lambda p, x: p[0] * (1 / (x[0] + 0.0 + 0.0)),
    "max(x, x)": lambda p, x: p[0] * x[0].maximum(x[0]),
    "max(x, −inf)": lambda p, x: p[0] * x[0].maximum(-float("inf")),
    "relu(relu x)": lambda p, x: p[0] * x[0].relu().relu(),
    "log(exp x)": lambda p, x: p[0] * x[0].exp().log(),
    "√x²": lambda p, x: p[0] * (x[0] * x[0]).sqrt(),
    "p·0 + x": lambda p, x: p[0] * 0 + x[0],
    "p·x − p·x": lambda p, x: p[0] * x[0] - p[0] * x[0],
    "x + x beside x + x + x": lambda p, x: p[0] * ((x[0] + x[0]) * total([x[0]] * 3)),
    "x + p + p beside x + x + p": lambda p, x: (
        total([x[0], p[0], p[0]]) / total([x[0], x[0], p[0]]) * total([x[0], p[0]])
    ),
    "p − x beside x − p": lambda p, x: (p[0] - x[0]) * 3 + (x[0] - p[0]),
    "inf constant": lambda p, x: p[0] * x[0] + Value(float("inf")) * 0,
}  # fmt: skip
NUMBERS = [
    0.0, -0.0, 1.0, -1.0, 0.75, -3.0, 1e-5, 40.0, 5e-324, -1e-310, 1e308, -1e308, float("inf"),
    -float("inf"), float("nan"),
]  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("trap", TRAPS)
def test_no_pass_loses_a_nan_or_an_inf_or_the_sign_of_a_zero(trap: str) -> None:
    for passes in CHOICES.values():
        for theta in ([0.5], [-0.0], [float("inf")], [float("nan")])[:: 1 if THOROUGH else 3]:
            program = compile_loss(TRAPS[trap], theta, 1, passes=passes)
            expected = eager(TRAPS[trap], theta, [NUMBERS])
            assert_agree(program(NUMBERS), expected.values)
            for k, x in enumerate(NUMBERS):
                _, gradient = program.value_and_grad([x])
                assert_agree(gradient, expected.gradients[k])


def test_sums_and_products_of_all_signs_are_the_same() -> None:
    """Minus signs move through sums into products and constants."""
    rng = np.random.default_rng(0)
    columns = [rng.normal(size=9) for _ in range(2)]
    for signs in product((1, -1), repeat=7):

        def build(
            params: list[Value], inputs: list[Value], signs: tuple[int, ...] = signs
        ) -> Value:
            def signed(v: Value) -> Value:
                return v if next(sign) > 0 else -v

            sign = iter(signs)
            (a, b), (x, y) = params, inputs
            inner = signed(b * a) - signed(y - signed(x * b) * 3) + signed(x * y)
            return signed(a * x) - signed(inner) - signed(x * y) * y

        for passes in (None, [], ["simplify", "prune"], ["fuse"]):
            program = compile_loss(build, [0.7, -1.3], 2, passes=passes)
            expected = eager(build, [0.7, -1.3], columns)
            assert_agree(program(*columns), expected.values, 10.0)
            expected.assert_mean_is(program.value_and_grad(*columns))


# ── each pass does something ─────────────────────────────────────────────────────────────────


def instructions(passes: list[str] | None, build: Build, params: int, inputs: int) -> int:
    program = compile_loss(build, [0.5, 0.25, 2.0][:params], inputs, passes=passes)
    found = re.search(r"([\d,]+) instructions left", repr(program))
    assert found, repr(program)
    return int(found[1].replace(",", ""))


FOR: dict[str, Build] = {
    "fold": lambda p, x: (Value(2.0) * Value(3.0)).exp() * p[0] * x[0],
    "simplify": lambda p, x: ((p[0] * 1) * neg(neg(x[0]))) ** 1 / 1,
    "share": lambda p, x: (p[0] * x[0]).tanh() * (x[0] * p[0]).tanh(),
    "prune": lambda p, x: neg(neg(p[0] * x[0])),
    "fuse": lambda p, x: p[0] * x[0] + p[1] * x[1] + p[2],
}


@pytest.mark.parametrize("name", FOR)
def test_a_pass_makes_a_program_shorter(name: str) -> None:
    without = instructions([other for other in NAMES if other != name], FOR[name], 3, 2)
    assert instructions(None, FOR[name], 3, 2) < without
    assert instructions([], FOR[name], 3, 2) >= without


def test_grouping_makes_the_machine_decide_less_often() -> None:
    """It changes only the order: the same instructions, in fewer loops."""
    example = moons()
    inputs = [Value(x) for x in example.at]
    code = differentiate(trace([example.loss(inputs)], example.params, inputs), len(example.params))
    for name, optimise in PASSES.items():
        if name != "group":
            code = optimise(code)
    grouped = PASSES["group"](code)
    assert sorted(str(op) for op, _, _ in grouped) == sorted(str(op) for op, _, _ in code)
    words, fewer = (
        Layout(one, len(example.params), 3, rowwise=False).bytecode(2).size
        for one in (code, grouped)
    )
    assert fewer < 0.8 * words


def test_every_pass_has_its_test() -> None:
    assert {*FOR, "group"} == set(NAMES)


def test_passes_are_named_in_any_order() -> None:
    data: Floats = np.linspace(-1.0, 1.0, 20)
    build = FOR["share"]
    forward = compile_loss(build, [0.5], 1, passes=NAMES)
    backward = compile_loss(build, [0.5], 1, passes=reversed(NAMES))
    assert (forward(data) == backward(data)).all()
    assert repr(forward) == repr(backward)
