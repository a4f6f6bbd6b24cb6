"""Cross-entropy with ignored targets, smoothed labels, and targets as inputs of programs."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, gradcheck
from nn import cross_entropy

ROWS = [[0.3, -1.2, 2.0], [1.5, 0.0, -0.5], [-0.7, 0.1, 0.4]]

# torch.nn.functional.cross_entropy of ROWS, float64, PyTorch 2.13.0
PYTORCH: list[tuple[Any, dict[str, Any], float]] = [
    ([2, 1, 0], {}, 1.2791187502477246),
    ([2, -100, 0], {"ignore_index": -100}, 1.0155002692570136),
    ([2, 1, 0], {"ignore_index": 1}, 1.0155002692570136),
    ([2, 1, 0], {"label_smoothing": 0.1}, 1.3013409724699467),
    ([2, 1, -1], {"label_smoothing": 0.3, "ignore_index": -1}, 1.1990134785909685),
    ([2, 1, 0], {"label_smoothing": 1.0}, 1.5013409724699467),
    (
        [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75]],
        {"label_smoothing": 0.1},
        0.9338409724699468,
    ),
]


@pytest.mark.parametrize(("target", "settings", "expected"), PYTORCH)
def test_losses_are_those_of_pytorch(target: Any, settings: Any, expected: float) -> None:
    assert cross_entropy(ROWS, target, **settings).data == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("target", "settings", "expected"), PYTORCH[:6])
def test_targets_may_be_values(target: Any, settings: Any, expected: float) -> None:
    values = [Value(t) for t in target]
    assert cross_entropy(ROWS, values, **settings).data == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("target", "settings", "expected"), PYTORCH)
def test_what_was_kept_is_what_pytorch_computes(
    target: Any, settings: Any, expected: float
) -> None:
    torch: Any = pytest.importorskip("torch")
    kind = torch.float64 if isinstance(target[0], list) else torch.long
    loss = torch.nn.functional.cross_entropy(
        torch.tensor(ROWS, dtype=torch.float64), torch.tensor(target, dtype=kind), **settings
    )
    assert loss.item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("target", "settings"),
    [(1, {"label_smoothing": 0.2}), (Value(1), {}), (Value(1), {"label_smoothing": 0.2}),
     (Value(1), {"ignore_index": 0}), ([0.5, 0.25, 0.25], {"label_smoothing": 0.2})],
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(target: Any, settings: Any) -> None:
    assert gradcheck(lambda *x: cross_entropy(list(x), target, **settings), *ROWS[0])


def test_an_ignored_row_gets_no_gradient_even_if_it_is_nan() -> None:
    for target in (-1, Value(-1)):
        rows = [[Value(x) for x in row] for row in ROWS]
        for v in rows[1]:
            v.data = math.nan
        cross_entropy(rows, [2, target, 0], ignore_index=-1).backward()
        assert [v.grad for v in rows[1]] == [0.0] * 3
        assert all(math.isfinite(v.grad) and v.grad for v in rows[0] + rows[2])


def test_a_single_ignored_row_has_loss_0() -> None:
    assert cross_entropy(ROWS[0], -1, ignore_index=-1).data == 0.0
    assert cross_entropy(ROWS[0], Value(-1), ignore_index=-1).data == 0.0


def test_a_program_takes_targets_as_a_column() -> None:
    w = [Value(x, role="parameter") for x in ROWS[0]]
    target = Value(0, label="target")
    loss = cross_entropy(w, target, label_smoothing=0.1, ignore_index=-1)
    program = autograd.compile(loss, w, [target])
    settings: Any = {"label_smoothing": 0.1, "ignore_index": -1}
    expected = [cross_entropy(ROWS[0], t, **settings).data for t in (2, 0, -1)]
    assert program([2, 0, -1]) == pytest.approx(expected, rel=1e-13)
    _, gradient = program.value_and_grad([2, -1])
    cross_entropy(w, 2, **settings).backward()
    assert gradient == pytest.approx([v.grad / 2 for v in w], rel=1e-12)
    with pytest.raises(IndexError, match="expected a whole number from 0 to 2, got 3"):
        program([3])


@pytest.mark.parametrize("settings", [{}, {"label_smoothing": 0.1}, {"ignore_index": -1}])
def test_a_wrong_target_in_a_column_is_named_as_the_target_of_the_loss(settings: Any) -> None:
    def loss(t: Any) -> Value:
        return cross_entropy(ROWS[0], t, **settings)

    for program in autograd.compile(loss), pickle.loads(pickle.dumps(autograd.compile(loss))):
        for call in program, program.value_and_grad:
            with pytest.raises(IndexError) as caught:
                call([1, 7])
            where, said = str(caught.value).split(": ")
            assert where == "target of cross_entropy, row 1, column t"
            assert said == "expected a whole number from 0 to 2, got 7"


def test_a_wrong_token_in_a_column_is_named_as_the_token_of_the_embedding() -> None:
    embedding = nn.Embedding(4, 3, seed=0)
    program = autograd.compile(lambda token, after: cross_entropy(embedding(token), after))
    said = "^token of Embedding, row 0, column token: .* from 0 to 3, got 9"
    with pytest.raises(IndexError, match=said):
        program([9], [0])
    with pytest.raises(IndexError, match=r"^target of cross_entropy, row 0, column after"):
        program([0], [3])


def test_a_program_averages_over_what_is_not_ignored() -> None:
    targets = [Value(0.0) for _ in ROWS]
    w = [[Value(x, role="parameter") for x in row] for row in ROWS]
    loss = cross_entropy(w, targets, ignore_index=-100)
    program = autograd.compile(loss, [v for row in w for v in row], targets)
    assert program([2.0], [-100.0], [0.0]).item() == pytest.approx(PYTORCH[1][2], rel=1e-13)


def test_a_bigram_model_trains_on_columns_of_tokens() -> None:
    embedding = nn.Embedding(4, 4, seed=0)
    token, after = Value(0, label="token"), Value(1, label="after")
    loss = cross_entropy(embedding(token), after)
    program = autograd.compile(loss, embedding.parameters(), [token, after])
    tokens = np.array([0, 1, 2, 3, 0, 1])
    adam = nn.AdamW(program, lr=0.3, weight_decay=0.0)
    for _ in range(60):
        program.value_and_grad(tokens, (tokens + 1) % 4)
        adam.step()
    assert program(tokens, (tokens + 1) % 4).max() < 0.02
    with pytest.raises(IndexError, match="token"):
        program([4], [0])


@pytest.mark.parametrize(
    ("act", "kind", "text"),
    [
        (lambda: cross_entropy(ROWS, [-1, -1, -1], ignore_index=-1), ValueError,
         "expected at least one target that is not -1, which is ignored"),
        (lambda: cross_entropy(ROWS[0], 1, label_smoothing=1.5), ValueError,
         "expected label_smoothing to be from 0 to 1, got 1.5"),
        (lambda: cross_entropy(ROWS[0], 1, ignore_index=0.5), TypeError,  # type: ignore[arg-type]
         "expected an int for ignore_index, got float: 0.5"),
        (lambda: cross_entropy(ROWS[0], -1, ignore_index=-2), IndexError,
         "expected a class from 0 to 2, one for each logit, got -1; if it stands for "
         "padding, pass ignore_index=-1"),
        (lambda: cross_entropy(ROWS[0], 1.0), TypeError,  # type: ignore[arg-type]
         "expected an int, a Value or a list for target, got float: 1.0; the number of a class is "
         "an int, so write int(target)"),
        (lambda: cross_entropy(ROWS[0], Value(0.5)), IndexError,
         "expected a class from 0 to 2, one for each logit, got 0.5"),
        (lambda: cross_entropy(ROWS[0], Value(5, "y"), ignore_index=-1), IndexError,
         "expected a class from 0 to 2, one for each logit, got 5 as the target 'y'"),
        (lambda: cross_entropy(ROWS[0], Value(-1, "y")), IndexError,
         "expected a class from 0 to 2, one for each logit, got -1 as the target 'y'; "
         "if it stands for padding, pass ignore_index=-1"),
        (lambda: cross_entropy([], 0), ValueError,
         "expected at least one logit, got an empty list"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(act: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value) == text
