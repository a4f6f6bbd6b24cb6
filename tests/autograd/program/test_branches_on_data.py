"""A function that branches on data, or makes a constant of it, is refused by the line."""

from __future__ import annotations

import bisect
import math
import random
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
import nn
from autograd import AnomalyError, Value, detect_anomaly

if TYPE_CHECKING:
    from collections.abc import Callable

w, b = Value(0.5, "w"), Value(0.1, "b")
LIMIT = 37.5
ENTRIES = [Value(0.0), Value(1.0), Value(2.0)]


def if_(x: Value, y: Value) -> Value:
    z = y
    if x > 0:  # here
        z = x * w
    return z - y


def order(x: Value, y: Value) -> Value:
    z = w * x
    if x < y:  # here
        z = z * 2
    return z


def parameter(x: Value) -> Value:
    return x * w if w > 0 else x * b  # here


def threshold_on_data(x: Value) -> Value:
    z = w * x
    if z.data > LIMIT:  # here
        return z * 2
    return z


def far_away(x: Value, y: Value) -> Value:
    s = x + 2 * y
    if s > 123456:  # here
        return s * w
    return s * b


def zero(x: Value) -> Value:
    if x.data == 0:  # here
        return w * 3.0
    return w * x


def special(x: Value) -> Value:
    if x.data == 17.25:  # here
        return w * 3.0
    return w * x


def narrow(x: Value) -> Value:
    if 0.123 < x.data < 0.125:  # here
        return w * 3.0
    return w * x


def early(x: Value) -> Any:
    if x < 0:  # here
        return 0.0
    return w * x


def remembered(x: Value) -> Value:
    positive = x > 3  # here
    y = x * w
    y = y + b
    if positive:
        y = y * 2
    return y


def constant_by_branch(x: Value) -> Value:
    k = 2.0 if x > 0 else 3.0  # here
    return w * x * k


def constant_by_branch_on_data(x: Value) -> Value:
    k = 2.0 if x.data > 0 else 3.0  # here
    return w * x * k


def absolute(x: Value) -> Value:
    return w * (x if x > 0 else -x)  # here


def nested(x: Value, y: Value) -> Value:
    return absolute(x) + y


def while_(x: Value) -> Value:
    y = x
    while y < 100:  # here
        y = y * y + 3
    return y * w


def for_(x: Value) -> Value:
    y = w * x
    for _ in range(int(abs(x.data)) + 1):  # here
        y = y * x
    return y


def endless(x: Value) -> Value:
    y = x * w
    while y < 100:  # here
        y = y * 2
    return y


def max_(x: Value, y: Value) -> Value:
    return max(x, y) * w  # here


def min_of_list(x: list[Value]) -> Value:
    z = w * x[0]
    return z + min(x)  # here


def clipped(x: Any) -> Any:
    return w * min(max(x, -1), 1)  # here


def clipped_by_numpy(x: Any) -> Any:
    return w * np.clip(x, -1, 1)  # here


def smallest_by_key(x: Value, y: Value) -> Value:
    return min([x, y], key=lambda v: v.data) * w  # here


def bool_as_a_factor(x: Value) -> Value:
    return (x > 0) * x * w  # here


def caught(x: Value) -> Value:
    try:
        t = math.log(x.data)  # here
    except ValueError:
        t = 0.0
    return w * t


def by_position(x: Value) -> Value:
    return [w, b, w * 2][bisect.bisect([0.0, 1.0], x.data)] * x  # here


class Gate(nn.Module):
    def __init__(self) -> None:
        self.w = Value(1.5)

    def forward(self, x: Value) -> Value:
        if x > self.w:  # here
            return x - self.w
        return x * 0


def sorted_(x: Value, y: Value) -> Value:
    return sorted([x, y])[0] * w  # here


def entry(token: Value) -> Value:
    return ENTRIES[int(token.data)] * w  # here


def harmless_before(x: Value) -> Value:
    if x > 100:
        str(x)
    z = x * w
    if x > 1:  # here
        z = z + 1
    return z


WHERE = r"where\(condition, a, b\), where a condition is autograd.greater\(a, b\), less\(a, b\)"


def with_an_index(x: Value) -> Value:
    return [w, b][0] * (1.0 if x.data.is_integer() else x)  # here


def loop_in_a_line(x: Value) -> Value:
    return autograd.total([w * x for _ in range(int(abs(x.data)))])  # here


BRANCHES: list[tuple[Callable[..., Any], str, str]] = [
    (with_an_index, r"\(x was ", WHERE),
    (loop_in_a_line, r"\(x was ", r"fixed number of steps: .*autograd.where"),
    (if_, r"\(1.37\d+ > 0 is True, but -1.37\d+ > 0 is False\)", WHERE),
    (order, r"\(.* < .* is (True|False), but .* < .* is (True|False)\)", WHERE),
    (parameter, r"\(0.5 > 0 is True, but -.* > 0 is False\)", WHERE),
    (threshold_on_data, r"\(a Value was .*, then .*\)", WHERE),
    (far_away, r"> 123456 is False, but .* > 123456 is True\)", WHERE),
    (zero, r"\(x was 1.37\d+, then 0\)", WHERE),
    (special, r"\(x was 1.37\d+, then 17.25\)", WHERE),
    (narrow, r"\(x was 1.37\d+, then 0.12[34]\d*\)", WHERE),
    (early, r"< 0 is False, but .* < 0 is True", WHERE),
    (remembered, r"> 3 is False, but .* > 3 is True", WHERE),
    (constant_by_branch, r"> 0 is True, but .* > 0 is False", WHERE),
    (constant_by_branch_on_data, r"\(x was ", WHERE),
    (absolute, r"> 0 is True, but .* > 0 is False", WHERE),
    (nested, r"> 0 is True, but .* > 0 is False", WHERE),
    (while_, r"< 100 is True, but .* < 100 is False", r"fixed number of steps: .*autograd.where"),
    (endless, r"< 100 is False, but .* < 100 is True", r"fixed number of steps: .*where"),
    (for_, r"\(x was ", r"fixed number of steps: .*autograd.where\(condition, new, old\)"),
    (max_, r"> .* is ", r"Write autograd.maximum\(a, b\) instead of max\(a, b\)"),
    (min_of_list, r"< .* is ", r"Write autograd.minimum\(a, b\) instead of min\(a, b\)"),
    (clipped, r"> |<", r"autograd.maximum\(a, b\) instead of max\(a, b\) and autograd.minimum\("),
    (clipped_by_numpy, r"is True, but", r"Write x.clamp\(low, high\)"),
    (smallest_by_key, r"\([xy] was", r"Write autograd.minimum\(a, b\) instead of min\(a, b\)"),
    (bool_as_a_factor, r"> 0 is True, but .* > 0 is False", WHERE),
    (caught, r"\(x was", WHERE),
    (by_position, r"\(x was", r"autograd.pick\(values, index\)"),
    (Gate(), r"> 1.5 is False, but .* > 1.5 is True", WHERE),
    (sorted_, r"< .* is ", "Which entry comes first cannot depend on data"),
    (harmless_before, r"> 1 is .*, but .* > 1 is ", WHERE),
]


def test_a_loop_that_does_not_end_for_other_data_is_named() -> None:
    def squares(x: Value) -> Value:
        y = x
        while not y.data > 1e6:
            y = y * y
        return y

    told = refusal(squares)
    assert "got a call that went on and on for other data in line" in told
    assert "while not y.data > 1e6:" in told or "y = y * y" in told
    assert "fixed number of steps" in told


def line_here(function: Callable[..., Any]) -> int:
    """The line marked 'here' in a function, or in the one that it calls."""
    if function is nested:
        function = absolute
    with open(__file__, encoding="utf-8") as file:  # noqa: PTH123
        lines = file.read().splitlines()
    function = getattr(function, "forward", function)
    first = function.__code__.co_firstlineno
    return next(n for n, text in enumerate(lines, 1) if n >= first and text.endswith("# here"))


def refusal(function: Callable[..., Any], **options: Any) -> str:
    with pytest.raises(ValueError, match=": expected") as caught:
        autograd.compile(function, [w, b], **options)
    assert (w.data, b.data) == (0.5, 0.1)
    return str(caught.value)


@pytest.mark.parametrize(("function", "seen", "advice"), BRANCHES)
def test_a_branch_on_data_is_named(function: Callable[..., Any], seen: str, advice: str) -> None:
    told = refusal(function, **({"shapes": {"x": 3}} if function is min_of_list else {}))
    place = f"got a branch on data in line {line_here(function)} of {__file__}, `"
    assert place in told
    assert re.search(seen, told)
    assert re.search(advice, told)


def exponential(x: Value) -> Value:
    t = math.exp(x.data)  # here
    u = w * 2
    return u * t


def numpy_exponential(x: Value) -> Value:
    return w * float(np.exp(x.data))  # here


def converted(x: Value) -> Value:
    return w * float(x)  # here


def number(x: Value) -> Value:
    t = x.data * 2  # here
    return t * w


def sign_by_numpy(x: Value) -> Value:
    return w * float(np.sign(x.data))  # here


def floor(x: Value) -> Value:
    return w * math.floor(x)  # here


def rounded(x: Value) -> Value:
    return w * round(x)  # here


def integer(x: Value) -> Value:
    return w * int(x)  # here


def from_text(x: Value) -> Value:
    return w * float(f"{x:.3f}")  # here


def new_leaf(x: Value) -> Value:
    return Value(x.data) * w  # here


def shifted_by_hand(x: Value, y: Value) -> Value:
    m = max(x.data, y.data)  # here
    return (x - m).exp() + (y - m).exp() + w


def of_a_parameter(x: Value) -> Value:
    return x * w.data  # here


def index_beside(x: Value) -> Value:
    return [w, b][0] * x.data  # here


CONSTANTS: list[tuple[Callable[..., Any], str]] = [
    (exponential, r"Write x.exp\(\) instead of math.exp\(x\)"),
    (numpy_exponential, r"Write x.exp\(\) instead of np.exp\(x\)"),
    (converted, r"Leave out float\(\)"),
    (number, r"Leave out .data: compute with the Value itself"),
    (sign_by_numpy, r"Write x.sign\(\) instead of np.sign\(x\)"),
    (floor, r"Write x.floor\(\) instead of math.floor\(x\)"),
    (rounded, r"Write x.round\(\)"),
    (integer, r"Write x.floor\(\) or x.round\(\) instead of int\(x\)"),
    (from_text, "Compute with the Value itself"),
    (new_leaf, r"Leave out .data"),
    (shifted_by_hand, r"Write autograd.maximum\(a, b\) instead of max\(a, b\); .*logsumexp"),
    (entry, r"autograd.pick\(values, index\)"),
    (of_a_parameter, r"Leave out .data"),
    (index_beside, r"Leave out .data"),
]


@pytest.mark.parametrize(("function", "advice"), CONSTANTS)
def test_a_constant_computed_from_data_is_named(function: Callable[..., Any], advice: str) -> None:
    told = refusal(function)
    place = f"got a number computed from data in line {line_here(function)} of {__file__}, `"
    assert place in told
    assert re.search(r"It was \S+ for one row and \S+ for another", told)
    assert re.search(advice, told)


def test_where_a_constant_enters_the_graph_is_named_too() -> None:
    at = exponential.__code__.co_firstlineno + 3
    assert f", which enters the graph in line {at} of {__file__}, `return u * t`" in refusal(
        exponential
    )


def test_a_value_as_an_index_is_python_s_own_error_with_a_note() -> None:
    with pytest.raises(TypeError, match="indices") as caught:
        autograd.compile(lambda x: [w, b][x] * w, [w, b])
    assert "autograd.pick(values, index)" in caught.value.__notes__[0]


# ── kinds of numbers ─────────────────────────────────────────────────────────────────────────

model = nn.MLP(2, [3, 3], seed=0)


def token(i: Value, x: Value) -> Value:
    if i.data not in (0, 1, 2):
        raise IndexError(f"no token {i.data}")
    return w * i * x


ACCEPTED: list[tuple[Callable[..., Any], dict[str, int]]] = [
    (lambda x, y: nn.hinge_loss(w * x, y), {}),
    (lambda x, y: nn.binary_cross_entropy(w * x, y, from_logits=True), {}),
    (lambda p, y: nn.binary_cross_entropy(p, y) * w, {}),
    (lambda x, y: nn.cross_entropy(model(x), y), {"x": 2, "y": 3}),
    (lambda y, x: nn.cross_entropy(model(x), y), {"x": 2, "y": 3}),
    (lambda a, c, d, y: nn.hinge_loss(w * a + c * d, y), {}),
    (token, {}),
]


@pytest.mark.parametrize(("function", "shapes"), ACCEPTED)
def test_numbers_that_a_function_accepts_are_found(
    function: Callable[..., Any], shapes: dict[str, int]
) -> None:
    autograd.compile(function, [w, b], shapes=shapes)


def test_branches_are_found_among_numbers_of_such_a_kind() -> None:
    def loss(x: Value, y: Value) -> Value:
        margin = nn.hinge_loss(w * x, y)
        return margin * 2 if y > 0 else margin

    assert "got a branch on data" in refusal(loss)


def test_if_no_number_is_accepted_samples_are_asked_for() -> None:
    def picky(x: Value) -> Value:
        if x.data != 17.25:
            raise KeyError("not 17.25")
        return w * x

    told = refusal(picky)
    assert "got KeyError each time" in told and "samples={'x': [0, 1, 2]}" in told
    autograd.compile(picky, [w, b], samples={"x": 17.25})


def test_samples_are_the_only_values_tried_for_an_argument() -> None:
    seen: set[float] = set()

    def loss(x: Value, y: Value) -> Value:
        seen.add(x.data)
        return w * x * y if x > 0 else x * y

    autograd.compile(loss, [w, b], samples={"x": [1.0, 2.5]})
    assert seen == {1.0, 2.5}
    assert "branch on data" in refusal(loss, samples={"x": [1.0, -2.5]})


# ── calls that are not alike ─────────────────────────────────────────────────────────────────


def dropout(x: Value) -> Value:
    return w * x if random.random() < 0.5 else x * 0.0  # here


def noise(x: Value) -> Value:
    return w * x * random.gauss(0.0, 1.0)  # here


def rare_dropout(x: Value) -> Value:
    return w * x if random.random() < 0.8 else x * 0.0  # here


class Counter:
    count = 0

    def __call__(self, x: Value) -> Value:
        self.count += 1
        return w * x * self.count


@pytest.mark.parametrize("function", [dropout, noise, rare_dropout])
def test_randomness_is_named(function: Callable[..., Any]) -> None:
    for _ in range(5):
        told = refusal(function)
        assert "expected the same operations and constants from every call" in told
        assert f"in line {line_here(function)} of {__file__}" in told
        assert "a dropout mask" in told and "pass those numbers as an input" in told


@pytest.mark.parametrize("seed", range(8))
def test_randomness_of_a_generator_of_its_own_is_named(seed: int) -> None:
    """Also if the first calls happen to be alike."""
    rng = random.Random(seed)

    def noisy(x: Value) -> Value:
        return w * x if rng.random() < 0.7 else x * 0.0

    assert "expected the same operations and constants from every call" in refusal(noisy)


def test_state_that_changes_is_named() -> None:
    assert "or counts its calls" in refusal(Counter())


def test_a_function_may_not_change_its_parameters() -> None:
    def training(x: Value) -> Value:
        loss = w * x
        w.data -= 0.1
        return loss

    told = refusal(training)
    assert "got a call that changed parameter 'w' from 0.5 to 0.4" in told


# ── data that the compiler did not think of ──────────────────────────────────────────────────


def test_within_detect_anomaly_a_row_that_records_otherwise_is_named() -> None:
    program = autograd.compile(if_, [w, b], samples={"x": [1.0, 2.0], "y": [0.0, -5.0]})
    calls = (program, program.value_and_grad)
    for call in calls:
        call([1.0, 2.0, -3.0], [0.0, 0.0, 0.0])
        with detect_anomaly():
            call([1.0, 2.0], [0.0, 0.0])
            with pytest.raises(AnomalyError, match=r"^program, row 2: .*got a branch on data"):
                call([1.0, 2.0, -3.0], [0.0, 0.0, 0.0])


def test_within_detect_anomaly_other_parameters_are_checked() -> None:
    def loss(x: Value) -> Value:
        return w * x if w < 1e9 else x

    with pytest.raises(ValueError, match="branch on data"):
        autograd.compile(loss, [w])
    limit = [1e9]
    program = autograd.compile(lambda x: w * x if w.data < limit[0] * 1e90 else x, [w])
    program.theta[:] = 1e100
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"row 0: .*branch on data"):
        program([1.0])


def test_within_detect_anomaly_a_check_of_the_function_is_repeated() -> None:
    program = autograd.compile(token, [w])
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"row 1: .*IndexError: no token 7"):
        program([1.0, 7.0], [1.0, 1.0])
