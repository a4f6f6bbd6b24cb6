"""detect_anomaly reports rows for which Python would have chosen otherwise while recording."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import TYPE_CHECKING

import pytest

import autograd
from autograd import AnomalyError, Value, detect_anomaly
from autograd.comparisons import comparisons_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program


def compiled(function: Callable[..., Value], *, watched: bool = False) -> Program:
    """The program of a graph recorded at x = 1, y = 2, w = 3."""
    x, y, w = Value(1.0, "x"), Value(2.0, "y"), Value(3.0, "w")
    if watched:
        with detect_anomaly():
            loss = function(x, y, w)
    else:
        loss = function(x, y, w)
    return autograd.compile(loss, [w], [x, y])


def told(program: Program, x: float, y: float) -> str:
    """What a run says whose first row is the recorded one, and its second is (x, y)."""
    said = []
    for call in (program, program.value_and_grad):
        with detect_anomaly(), pytest.raises(AnomalyError) as caught:
            call([1.0, x], [2.0, y])
        said.append(str(caught.value))
    assert said[0] == said[1]
    return said[0]


def rectified(x: Value, y: Value, w: Value) -> Value:
    z = w * x + y
    z.label = "z"
    return z if z > 0 else 0.1 * z


def clipped(x: Value, y: Value, w: Value) -> Value:
    return w * (Value(1.5) if x >= 1.5 else x) + y


BRANCHES: dict[str, tuple[Callable[..., Value], tuple[float, float], str]] = {
    "max": (lambda x, y, w: w * max(x, y), (3.0, 1.0), "y > x was True"),
    "min": (lambda x, y, w: w * min(x, y), (3.0, 1.0), "y < x was False"),
    "if, of an input": (lambda x, y, w: w * x if x > 0 else w * y, (-1.0, 1.0), "x > 0.0 was True"),
    "if, of a result": (rectified, (-3.0, 1.0), "z > 0.0 was True"),
    "if, a clip": (clipped, (1.6, 1.0), "x >= 1.5 was False"),
    "sorted": (lambda x, y, w: sorted([x, y])[0] * w, (3.0, 1.0), "x > y was False"),
    "reflected": (lambda x, y, w: x * w if x > 0 else y * w, (-1.0, 0.0), "x > 0.0 was True"),
    "nan": (lambda x, y, w: x * w if y > 0 else y * w, (1.0, float("nan")), "y > 0.0 was True"),
}


@pytest.mark.parametrize(("function", "row", "what"), BRANCHES.values(), ids=BRANCHES)
def test_a_comparison_that_would_come_out_otherwise_is_named(
    function: Callable[..., Value], row: tuple[float, float], what: str
) -> None:
    program = compiled(function)
    text = told(program, *row)
    assert text.startswith("program, row 1: ") and what in text
    assert "test_branches_of_graphs.py" in text and "autograd.where" in text
    assert told(pickle.loads(pickle.dumps(program)), *row) == text
    with detect_anomaly():
        program([1.0, 1.25], [2.0, 2.5])  # as recorded
    program([row[0]], [row[1]])  # nothing is checked outside detect_anomaly


def test_the_line_is_named() -> None:
    text = told(compiled(rectified), -3.0, 1.0)
    assert "(`return z if z > 0 else 0.1 * z`), but here -8.0 > 0.0 is False" in text


def test_a_parameter_that_moved_to_the_other_side_is_named() -> None:
    program = compiled(lambda x, y, w: x * w if w > 1 else y * w)
    program.theta[:] = 0.5
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"row 0: w > 1\.0 was True"):
        program([1.0], [2.0])


WATCHED: dict[str, Callable[..., Value]] = {
    "two results": lambda x, y, w: w * max(w * x, w * y),
    "a number computed for the test": lambda x, y, w: w * x if x - y < 0 else w * y,
}


@pytest.mark.parametrize("function", WATCHED.values(), ids=WATCHED)
def test_a_graph_recorded_within_detect_anomaly_remembers_every_comparison(
    function: Callable[..., Value],
) -> None:
    program = compiled(function, watched=True)
    assert "was True when the graph was recorded" in told(program, 3.0, 1.0)
    program = compiled(function)
    with detect_anomaly():
        program([3.0], [1.0])  # not seen


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y, w: w * x if x.data > 0 else w * y,
        lambda x, y, w: w * autograd.maximum(x, y) + x.relu() + abs(y),
        lambda x, y, w: autograd.softmax([x, y, w])[0],
        lambda x, y, w: autograd.where(autograd.greater(x, y), x, y) * w,
    ],
)
def test_what_chooses_anew_or_is_not_seen_is_left_alone(function: Callable[..., Value]) -> None:
    program = compiled(function)
    with detect_anomaly():
        program([1.0, -3.0], [2.0, -4.0])


def test_the_latest_answer_counts() -> None:
    x, w = Value(1.0, "x"), Value(3.0, "w")

    def loss() -> Value:
        return w * x if x > 0 else w - x

    loss()
    x.data = -1.0
    program = autograd.compile(loss(), [w], [x])
    with detect_anomaly():
        program([-2.0])
        with pytest.raises(AnomalyError, match=r"x > 0\.0 was False"):
            program([2.0])


def test_comparisons_keep_no_graph_alive() -> None:
    """Training loops do this: ``best = min(best, loss)``."""

    class Witness:
        """Something that Values hold, and that can be referred to weakly."""

    gc.disable()
    try:
        best, gone = Value(9.0) * 1.0, []
        for k in range(5):
            loss = Value(5.0 - k) * 2.0
            loss.made_by = Witness()
            gone.append(weakref.ref(loss.made_by))
            best = min(best, loss)
            assert loss > 0.5
        del loss
        assert [witness() is None for witness in gone] == [True] * 4 + [False]
    finally:
        gc.enable()


def test_leaves_that_are_compared_one_after_another_do_not_keep_each_other_alive() -> None:
    """Loops do this: ``if now > before: ...``, ``before = now``."""

    class Witness:
        """Something that Values hold, and that can be referred to weakly."""

    before = Value(0.0)
    before.made_by = Witness()
    first = weakref.ref(before.made_by)
    for k in range(10_000):
        now = Value(float(k))
        assert now >= before
        before = now
    assert first() is None


def test_sorting_keeps_little_however_many_values_are_compared() -> None:
    """What it keeps, the garbage collector looks at: a sort once took ten times as long."""
    values = [Value(float(k * 7919 % 2003)) for k in range(2003)]
    _ = [v < 0.5 for v in values]
    before = len(gc.get_objects())
    assert [v.data for v in sorted(values)] == sorted(float(k) for k in range(2003))
    assert len(gc.get_objects()) - before < 3 * 4096


def test_a_value_remembers_few_comparisons_and_its_copies_none() -> None:
    x = Value(0.5)
    for k in range(1000):
        assert (x > k) == (k == 0)
    found = comparisons_of([x])
    assert len(found) == 32 and found[-1].right == 999.0
    assert comparisons_of([copy.copy(x)]) == comparisons_of([copy.deepcopy(x)]) == []


def test_no_first_comparison_looks_for_what_is_not_there() -> None:
    """Python makes an AttributeError for a missing attribute, which takes longer than comparing."""
    x = Value(1.0)
    made = [x, Value(2.0, "y", role="input"), x + 1, 1 - x, x * x, -x, autograd.total([x, x, x])]
    assert [v._compared for v in made] == [None] * len(made)
