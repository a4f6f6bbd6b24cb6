"""Code is held as arrays of numbers, but reads, pickles and grows as a list of instructions."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np

import autograd
from autograd import Value, ops
from autograd.program import ir
from autograd.program.gradient import differentiate
from autograd.program.ir import Code, Instruction, Kind, renumbered
from autograd.program.trace import trace

from .notation import read, write

if TYPE_CHECKING:
    import pytest

TEXT = """
v0 = parameter 0
v1 = input 0
v2 = constant -0.0
v3 = add(v0, v1, v2)
v4 = dot([v0, v1], [v1, v3], v2)
output 0 = v4
"""


def test_code_is_a_sequence_of_the_instructions_it_was_made_of() -> None:
    code = read(TEXT)
    assert len(code) == 6
    assert code[3] == Instruction(ops.ADD, (0, 1, 2), None)
    assert code[4] == Instruction(Kind.DOT, (0, 1, 1, 3, 2), 2)
    assert repr(code[2].detail) == "-0.0"
    assert [type(detail) for _, _, detail in code[:3]] == [int, int, float]
    assert Code.of(code) is code
    assert write(Code.of(list(code))) == TEXT.strip()


def test_code_keeps_operations_that_are_not_in_the_table() -> None:
    cube = autograd.operation(derivatives=[lambda a: 3 * a * a])(lambda a: a**3)
    code = Code.of([Instruction(Kind.INPUT, (), 0), Instruction(cube, (0,))])
    assert code.custom == (cube,)
    assert code[1].op is cube and renumbered(code, np.arange(2))[1].op is cube


def test_pickled_code_names_its_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version may have another table, in which operations have other numbers."""
    data = pickle.dumps(read(TEXT))
    shuffled = ir.OPERATIONS[::-1]
    numbers = {op: i for i, op in enumerate(shuffled)}
    monkeypatch.setattr(ir, "OPERATIONS", shuffled)
    monkeypatch.setattr(ir, "NUMBER", numbers)
    monkeypatch.setattr(ir, "_KINDS", frozenset(numbers[kind] for kind in Kind))
    monkeypatch.setattr(ir, "_CONSTANT", numbers[Kind.CONSTANT])
    assert write(pickle.loads(data)) == TEXT.strip()


def test_code_from_another_process_is_like_any_other() -> None:
    """It may arrive in read-only memory, for which numba would build every pass again."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(read(TEXT), protocol=5, buffer_callback=buffers.append)
    code = pickle.loads(data, buffers=[bytes(buffer) for buffer in buffers])
    assert buffers and write(code) == TEXT.strip()
    assert all(array.flags.writeable and array.flags.c_contiguous for array in code.arrays)


def test_a_derivative_may_be_much_longer_than_the_code() -> None:
    """The gradient gets room for a few instructions per operand, and more when that is used up."""

    def derivative(a: Value) -> Value:
        total = a
        for k in range(3, 1000):
            total = total + a**k
        return total

    long = autograd.operation(derivatives=[derivative], vector=lambda a: a)(lambda a: a)
    w = Value(0.5)
    code = differentiate(trace([long(w)], [w], []), 1)
    names = [op.name for op, _, _ in code]
    assert (names.count("pow"), names.count("add")) == (997, 997)
    assert code[-1].op is Kind.GRADIENT and code[code[-1].operands[0]].op is ops.ADD


def test_a_derivative_may_use_another_operation_of_one_s_own() -> None:
    cube = autograd.operation(derivatives=[lambda a: 3 * a * a], vector=lambda a: a * a * a)(
        lambda a: a**3
    )
    fourth = autograd.operation(
        derivatives=[lambda a: 4 * cube(a)], vector=lambda a: (a * a) * (a * a)
    )(lambda a: a**4)
    w, x = Value(0.5), Value(2.0)
    program = autograd.compile(fourth(w * x), [w], [x])
    value, gradient = program.value_and_grad([2.0, 3.0])
    assert (value, gradient.tolist()) == ((1.0 + 1.5**4) / 2, [(4 * 2 + 4 * 1.5**3 * 3) / 2])


def test_constants_that_need_no_instructions_of_their_own_are_told_apart() -> None:
    """The gradient of w · c is c times another; but no factor of 1 or −1 is written."""
    w, x = Value(0.5), Value(2.0)
    terms = [(w * c).exp() for c in (1.0, -1.0, 2.0, 3.0, 0.0, float("inf"), float("nan"))]
    loss = terms[0]
    for term in terms[1:]:
        loss = loss * x + term
    code = differentiate(trace([loss], [w], [x]), 1)
    factors = [
        repr(code[i].detail)
        for op, operands, _ in code[len(trace([loss], [w], [x])) - 1 :]
        if op is ops.MUL
        for i in operands
        if code[i].op is Kind.CONSTANT
    ]
    assert factors == ["nan", "inf", "0.0", "3.0", "2.0"]
