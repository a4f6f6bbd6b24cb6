"""What the lessons say one finds in their live graphs is what the engine computes."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest

import nn
from autograd import Value, mean
from autograd.graph import topological
from autograd.value import record
from viz.course.examples import LESSONS, build
from viz.course.more_data import SIZES, _noisy_rule, _play
from viz.live.explore import explore

if TYPE_CHECKING:
    from collections.abc import Callable

LESSON = {lesson.name: lesson for lesson in LESSONS}


class Live:
    """A lesson's live graph, computed again after every change."""

    def __init__(self, name: str) -> None:
        live = build(name).live
        assert isinstance(live, Value)
        self.order = topological(live)
        self.leaves = [v for v in self.order if v.operation is None]
        self.named = {v.label: v for v in self.leaves}
        self.learned = [v for v in self.leaves if v.role == "parameter"]
        self.changed = {v: v.data for v in self.leaves}
        self.compute()

    def compute(self) -> None:
        now: dict[Value, Value] = {}
        for v in self.order:
            if v.operation is None:
                now[v] = Value(self.changed[v], v.label, role=v.role)
            else:
                operands = [p if isinstance(p, float) else now[p] for p in v.operands]
                now[v] = record(v.operation, tuple(operands))
        self.result = now[self.order[-1]]
        self.now = {v.label: now[v] for v in self.order if v.label}
        self.twin = now
        self.result.backward()

    def set(self, **numbers: float) -> float:
        for name, data in numbers.items():
            self.changed[self.named[name]] = data
        self.compute()
        return self.result.data

    def grad(self, name: str) -> float:
        return self.now[name].grad

    def update(self, lr: float = 0.1) -> float:
        for v in self.learned:
            self.changed[v] -= lr * self.twin[v].grad
        self.compute()
        return self.result.data

    def updates_until(self, below: float, lr: float = 0.1) -> int:
        return next(k for k in range(1, 100) if self.update(lr) < below)


def perfect_guess() -> None:
    live = Live("perfect-guess")
    assert live.set(y_true=2.5) > 0.0 and live.set(w=0.75) == 0.0
    assert {v.grad for v in live.now.values() if v is not live.result} == {0.0}


def target_moves() -> None:
    live = Live("target-moves")
    assert live.set(w=1.0) == 0.0 and live.grad("w") == 0.0
    live.set(w=1.2)
    assert live.grad("w") > 0.0


def one_update() -> None:
    live = Live("one-update")
    assert [v.label for v in live.learned] == ["w"]
    before = live.result.data
    assert live.update() == pytest.approx(0.36 * before)
    assert Live("one-update").updates_until(0.01) == 4


def both_update() -> None:
    live = Live("both-update")
    assert live.update() == pytest.approx(0.25 * 0.5)
    assert Live("both-update").updates_until(0.01) == 3


def relu_neuron() -> None:
    live = Live("relu-neuron")
    live.set(b=-1.0)
    assert live.grad("w") == 0.0
    live.set(b=-1.0 + 1e-9)
    assert live.grad("w") == pytest.approx(-6.0)


def dead_relu() -> None:
    live = Live("dead-relu")
    assert live.update() == 4.5
    live.set(b=-1.0)
    assert live.grad("w") == 0.0
    live.set(b=-0.9)
    guess = live.now["y_pred"].data
    live.update()
    assert live.now["y_pred"].data > guess + 1.0


def iterative_improvement() -> None:
    live = Live("iterative-improvement")
    assert live.update(1.0) == pytest.approx(9.0 * 0.5)
    live = Live("iterative-improvement")
    assert live.update(0.5) == pytest.approx(0.5) and live.update(0.5) == pytest.approx(0.5)
    live = Live("iterative-improvement")
    assert [live.update() for _ in range(4)][-1] == pytest.approx(0.00839808)  # picture 07-4


def activations() -> None:
    live = Live("activations")
    at = math.log(math.e + math.e**2)
    assert f"{at:.2f}" == "2.31"
    assert live.set(x3=at) == pytest.approx(0.5) and live.grad("x3") == pytest.approx(0.25)
    for x3 in (at - 0.1, at + 0.1):
        live.set(x3=x3)
        assert live.grad("x3") < 0.25


def embeddings() -> None:
    found = {}
    for name, data in (("dog1", -0.3), ("dog2", 0.2), ("dog3", -0.5)):
        found[name] = Live("embeddings").set(**{name: data})
    assert [name for name, cosine in found.items() if cosine < 0.0] == ["dog3"]
    assert f"{found['dog3']:.2f}" == "-0.35"


def learn_cat() -> None:
    assert math.exp(-0.105) == pytest.approx(0.9, abs=1e-3)
    assert Live("learn-cat").updates_until(0.105, lr=1.0) == 4
    assert Live("learn-cat").updates_until(0.105) == 41


def learn_from_a_mistake() -> None:
    live = Live("learn-from-a-mistake")
    assert live.grad("dog3") == 0.0
    live.update()
    steps = {f"dog{i}": abs(live.grad(f"dog{i}")) for i in (1, 2, 3)}
    assert max(steps, key=steps.__getitem__) == "dog3"


def more_data() -> None:
    page = _play()
    points = _noisy_rule(SIZES[-1], random.Random(4))
    y = [math.copysign(1.0, truth) for _, truth in points]

    def train(numbers: list[int]) -> tuple[float, list[int]]:
        """The loss of these points in the end, and which of the held-out ones are wrong."""
        model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
        optimiser = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(300):
            loss = mean([nn.hinge_loss(model(points[k][0]), y[k]) for k in numbers])
            model.zero_grad()
            loss.backward()
            optimiser.step()
        guesses = {k: model(points[k][0]).data for k in page.held_out}
        return loss.data, [k for k, guess in guesses.items() if guess * y[k] <= 0.0]

    assert (len(page.training), len(page.held_out)) == (6, 58)
    loss, wrong = train(page.training)
    assert loss < 1e-6 and f"{1.0 - len(wrong) / 58:.0%}" == "76%"
    _, still = train([*page.training, *wrong[:6]])
    assert len(still) < 0.1 * 58


ANSWERS: list[Callable[[], None]] = [
    perfect_guess, target_moves, one_update, both_update, relu_neuron, dead_relu,
    iterative_improvement, activations, embeddings, learn_cat, learn_from_a_mistake,
]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.__name__)
def test_one_finds_what_the_lesson_says(answer: Callable[[], None]) -> None:
    answer()


@pytest.mark.slow
def test_one_finds_what_the_last_lesson_says() -> None:
    more_data()


def test_every_lesson_has_a_question() -> None:
    assert {answer.__name__.replace("_", "-") for answer in (*ANSWERS, more_data)} == set(LESSON)
    for lesson in LESSONS:
        assert lesson.touch and lesson.found


@pytest.mark.parametrize("name", [name for name in LESSON if name != "more-data"])
def test_every_live_page_is_small(name: str) -> None:
    live = build(name).live
    assert isinstance(live, Value)
    assert len(explore(live).html.encode()) < 400_000
