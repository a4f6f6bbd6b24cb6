"""Custom operations are copied and pickled like functions, and never mistaken for others."""

from __future__ import annotations

import copy
import math
import operator
import pickle
import subprocess
import sys
import types
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import autograd
from autograd import Value, grad, ops
from autograd.ops import Op
from autograd.value import record

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def bell_of(a: float) -> float:
    return math.exp(-a * a)


def bell_slope(a: Any, y: Any) -> Any:
    return -2.0 * a * y


def hypotenuse_slope(a: Any, b: Any, y: Any) -> Any:
    return a / y


def other_hypotenuse_slope(a: Any, b: Any, y: Any) -> Any:
    return b / y


def first_chosen(a: float, b: float, y: float) -> float:
    return float(a > b)


def second_chosen(a: float, b: float, y: float) -> float:
    return float(a <= b)


bell = Op("bell", "bell", lambda a: math.exp(-a * a), lambda a, y: -2.0 * a * y, formula="e^(-a²)")
louder = Op("bell", "bell", lambda a: 2.0 * math.exp(-a * a), lambda a, y: -2.0 * a * y)
exp = Op("exp", "exp", lambda a: 2.0**a, lambda a, y: math.log(2.0) * y)  # not the table's


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


both_ways = pytest.mark.parametrize("copied", [pickled, copy.deepcopy])


@both_ways
@pytest.mark.parametrize("op", [bell, louder, exp])
def test_an_operation_with_a_name_in_a_module_stays_the_same_object(
    op: Op, copied: Callable[[Any], Any]
) -> None:
    assert copied(op) is op
    x = Value(0.5)
    twin, leaf = copied([op(x * 2.0), x])
    assert twin.operation is op
    assert twin.data == op.forward(1.0)
    assert grad(twin, leaf) == 2.0 * op.derivatives[0](1.0, twin.data)


@both_ways
def test_every_row_of_the_table_stays_the_same_object(copied: Callable[[Any], Any]) -> None:
    for row in ops.TABLE:
        assert copied(row) is row
    assert copy.copy(ops.EXP) is ops.EXP


@pytest.mark.parametrize("name", [row.name for row in ops.OPERATIONS])
def test_an_operation_named_like_a_row_of_the_table_does_not_become_it(name: str) -> None:
    own = Op(name, name, bell_of, bell_slope)
    twin = pickled(own)
    assert twin is not ops.find(name)
    assert (twin.name, twin.forward, twin.derivatives) == (name, bell_of, (bell_slope,))
    assert copy.deepcopy(own) is own


def test_an_operation_made_within_a_function_is_pickled_as_its_parts() -> None:
    ramp = Op("ramp", "ramp", max, first_chosen, second_chosen, branching=True)
    unnamed = Op("bell", "bell", bell_of, bell_slope, formula="y = e^(-a²)")
    hypotenuse = Op("hyp", "hyp", math.hypot, hypotenuse_slope, other_hypotenuse_slope)
    doubled = Op("double", "2Σ", operator.add, 2.0)
    sloped = Op("slope", "slope", math.hypot, hypotenuse_slope, hypotenuse_slope, default=0.5)
    shown = Op(
        "hyp", "hyp", math.hypot, hypotenuse_slope, other_hypotenuse_slope, commutative=True,
        drawn="a ∟ b", written=("{a} / {y}", "{b} / {y}"), infix=ops.Infix("∟", "∟"), binds=1,
    )  # fmt: skip
    for op in (ramp, unnamed, hypotenuse, doubled, sloped, shown):
        twin, again = pickled([op, op])
        assert twin is again
        for part in Op.__slots__:
            if part != "over":  # rebuilt from `forward` by default
                assert getattr(twin, part) == getattr(op, part)
    # The row's optional settings are pickled, too: the gradient of the branch that was not
    # chosen is 0, and not 0 · inf; 1e16 + 1 − 1e16 is 1 where the sum is math.fsum.
    x = Value(-1.0)
    y, x_twin = pickled([ramp(x, Value(0.0)).sqrt(), x])
    assert grad(y, x_twin) == 0.0
    exact = Op("fsum", "Σ", operator.add, 1.0, over=math.fsum)
    assert pickled(exact)(1e16, 1.0, -1e16) == 1.0
    a, b = Value(3.0), Value(4.0)
    y, a_twin, b_twin = pickled([record(hypotenuse, (a, b)), a, b])
    assert (y.data, grad(y, [a_twin, b_twin])) == (5.0, [0.6, 0.8])


def test_an_operation_accepts_numbers_of_any_kind_as_any_operand() -> None:
    hypotenuse = Op("hyp", "hyp", math.hypot, hypotenuse_slope, other_hypotenuse_slope)
    x = Value(4.0)
    for y in (hypotenuse(3, x), hypotenuse(Fraction(3), x), hypotenuse(x, True + 2)):
        assert (y.data, grad(y, x)) == (5.0, 0.8)
    assert hypotenuse(3, 4) == 5.0
    with pytest.raises(TypeError, match="expected a real number, got str"):
        hypotenuse("3", x)


def test_two_operations_with_the_same_name_stay_apart_in_one_pickle() -> None:
    x = Value(0.0)
    first, second = pickled([bell(x), louder(x)])
    assert (first.operation, second.operation) == (bell, louder)
    assert (first.data, second.data) == (1.0, 2.0)


def test_an_operation_that_pickle_could_not_find_again_is_refused_and_deepcopy_works() -> None:
    for op in (
        Op("cube", "³", lambda a: a**3, lambda a, y: 3.0 * a * a),
        Op("bell", "bell", bell_of, lambda a, y: -2.0 * a * y),
        Op("exp", "exp", lambda a: 2.0**a, lambda a, y: math.log(2.0) * y),
    ):
        x = Value(2.0)
        y = op(x)
        for thing in (op, y, [x, y]):
            with pytest.raises(pickle.PicklingError) as refusal:
                pickle.dumps(thing)
            said = str(refusal.value)
            assert f"expected an operation that pickle can find again, got {op.name!r}" in said
            assert (
                "Assign the operation to a name at the top level of a module, or define its" in said
            )
        twin, leaf = copy.deepcopy([y, x])
        assert twin.operation is op
        assert grad(twin, leaf) == grad(y, x)
        assert pickled(x).data == 2.0  # nothing is left half-done


def test_an_operation_that_is_no_longer_found_is_named_in_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = types.ModuleType("a_module_of_mine")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(
        "from autograd.ops import Op\nbell = Op('b', 'b', lambda a: a, lambda a, y: 1.0)",
        vars(module),
    )
    written = pickle.dumps(module.bell)
    assert pickle.loads(written) is module.bell
    module.bell = 3  # type: ignore[attr-defined]
    with pytest.raises(pickle.UnpicklingError) as refusal:
        pickle.loads(written)
    assert str(refusal.value) == (
        "expected the operation 'bell' in the module 'a_module_of_mine', got 3. Define it there "
        "as it was when it was pickled."
    )


NOTEBOOK = """
import math, pickle, sys
from autograd import Value, grad
from autograd.ops import Op
import cloudpickle

bell = Op("bell", "bell", lambda a: math.exp(-a * a), lambda a, y: -2.0 * a * y)
_ = bell  # as a notebook does with a cell's result

def local():
    return Op("cube", "³", lambda a: a**3, lambda a, y: 3.0 * a * a)

x = Value(0.5)
assert pickle.loads(pickle.dumps(bell(x))).operation is bell
sys.stdout.buffer.write(cloudpickle.dumps([bell(x), local()(x), x]))
"""

WORKER = """
import pickle, sys
from autograd import grad
bell, cube, x = pickle.load(sys.stdin.buffer)
print(grad(bell, x), grad(cube, x))
"""


@pytest.mark.slow
def test_cloudpickle_takes_operations_of_a_notebook_to_another_process() -> None:
    pytest.importorskip("cloudpickle")
    sent = subprocess.run(
        [sys.executable, "-c", NOTEBOOK], cwd=ROOT, capture_output=True, check=True
    )
    got = subprocess.run(
        [sys.executable, "-c", WORKER], cwd=ROOT, input=sent.stdout, capture_output=True, check=True
    )
    assert got.stdout.split() == [repr(-2 * 0.5 * math.exp(-0.25)).encode(), b"0.75"]


def test_a_program_refuses_an_operation_named_like_a_row() -> None:
    x = Value(1.0)
    with pytest.raises(ValueError, match="'exp' is not one of them"):
        autograd.compile(exp(x), params=[x])
