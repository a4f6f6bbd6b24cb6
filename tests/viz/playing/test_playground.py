"""What `playground` makes of a model and its points, and what it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from itertools import islice
from typing import Any

import pytest

import autograd
import nn
from autograd import Value
from viz import playground
from viz.playing.draws import Draws, draw_batches
from viz.playing.optimiser import describe

from .problems import curve, four_inputs, logistic, moons, three_classes

POINTS, TARGETS = [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [0.5, 0.5]], [-1, 1, 1, -1]


def plan_of(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', html)
    assert found
    return json.loads(found[1])


def mlp(*sizes: int, nin: int = 2) -> nn.MLP:
    return nn.MLP(nin, sizes or (3, 1), activation="tanh", seed=0)


def test_it_knows_what_there_is_to_learn() -> None:
    page, model = moons(held_out=0.25)
    plan = plan_of(page.html)
    assert (plan["kind"], plan["classes"], plan["inputs"]) == ("classes", [-1, 1], ["x1", "x2"])
    assert plan["theta"] == [p.data for p in model.parameters()]
    assert plan["names"] == [path for path, _ in model.named_parameters()]
    assert len(page.training) == 30 and len(page.held_out) == 10
    assert sorted(page.training + page.held_out) == list(range(40))
    assert (
        repr(page)
        == "<Playground: 17 parameters, 30 points to learn from; .html, .save('train.html')>"
    )
    assert plan_of(three_classes()[0].html)["classes"] == [0, 1, 2]
    assert plan_of(curve()[0].html)["kind"] == "curve"
    assert len(plan_of(four_inputs()[0].html)["inputs"]) == 4


def test_it_finds_the_neurons_and_their_weights() -> None:
    model = mlp(3, 2, 1)
    neurons = plan_of(playground(model, POINTS, TARGETS, logistic).html)["neurons"]
    assert [(n["layer"], n["place"]) for n in neurons] == [
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 1),
        (2, 2),
        (3, 1),
    ]
    assert [n.get("output") for n in neurons] == [None] * 5 + [0]
    index = {p: k for k, p in enumerate(model.parameters())}
    second = model.layers[1].neurons[0]
    assert neurons[3]["w"] == [[2 + k, index[w]] for k, w in enumerate(second.w)]
    assert neurons[3]["b"] == index[second.b] and neurons[3]["f"] == "tanh"


def test_neurons_are_not_drawn_if_they_are_not_all_of_the_model() -> None:
    class Squares(nn.Module):
        def __init__(self) -> None:
            self.inner = mlp(3, 1)

        def forward(self, x: list[Value]) -> Any:
            return self.inner([x[0] ** 2, x[1]])

    assert plan_of(playground(Squares(), POINTS, TARGETS, logistic).html)["neurons"] == []


def test_the_model_and_its_graph_are_left_alone() -> None:
    model = mlp()
    before = [(p.data, p.grad) for p in model.parameters()]
    playground(model, POINTS, TARGETS, logistic)
    assert [(p.data, p.grad) for p in model.parameters()] == before


def test_the_page_of_two_moons_is_small_and_loads_nothing() -> None:
    page, _ = moons((16, 16, 1), count=100)
    assert len(page.html.encode()) < 400_000
    addresses = re.findall(r"https?://[^\s\"'`)]+", page.html)
    assert [a for a in addresses if not a.startswith("http://www.w3.org/")] == []


def test_it_needs_neither_numpy_nor_numba() -> None:
    code = (
        "import sys; sys.modules['numpy'] = sys.modules['numba'] = None\n"
        "import nn; from viz import playground\n"
        "m = nn.MLP(2, [2, 1], seed=0)\n"
        "page = playground(m, [[0, 1], [1, 0]], [-1, 1], nn.hinge_loss)\n"
        "assert 'valueAndGrad' in page.html"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_of_users_are_text_in_the_page() -> None:
    hostile = "</script><script>alert(1)</script>"
    model = mlp()
    model.layers[0].neurons[0].w[0].label = hostile
    page = playground(model, POINTS, TARGETS, logistic, title=hostile, inputs=[hostile, "b"])
    assert hostile not in page.html
    assert plan_of(page.html)["inputs"][0].startswith("</script>")


def test_arrays_serve_as_well_as_lists() -> None:
    np = pytest.importorskip("numpy")
    model = mlp()
    lists = playground(model, POINTS, TARGETS, logistic)
    assert playground(model, np.array(POINTS), np.array(TARGETS), logistic).html == lists.html
    one = playground(mlp(nin=1), np.array([0.0, 1.0, 2.0]), [0.0, 1.5, 2.0], nn.mse_loss)
    assert plan_of(one.html)["rows"] == [[0.0], [1.0], [2.0]]


def test_batches_take_every_point_once_before_any_comes_again() -> None:
    rounds = list(islice(draw_batches(10, 4, seed=3), 6))
    assert [len(batch) for batch in rounds] == [4, 4, 2, 4, 4, 2]
    for start in (0, 3):
        assert Counter(k for batch in rounds[start : start + 3] for k in batch) == Counter(
            range(10)
        )
    assert rounds[:3] != rounds[3:]
    page, _ = moons(batch=8)
    (first,) = islice(page.batches(), 1)
    assert len(first) == 8 and set(first) <= set(page.training)
    (everything,) = islice(moons()[0].batches(), 1)
    assert everything == moons()[0].training


def test_random_numbers_are_those_that_were_published_with_the_generator() -> None:
    draws = Draws(0)
    assert [draws() * 2**32 for _ in range(3)] == [1144304738, 1416247, 958946056]


def test_an_optimiser_goes_on_where_it_is() -> None:
    model = mlp()
    params = model.parameters()
    optimiser = nn.SGD(params[:3], lr=0.5, momentum=0.9)
    params[0].grad = 2.0
    optimiser.step()
    found = describe(optimiser, params)
    assert found["rule"] == "SGD" and found["settings"]["lr"] == 0.5 and found["steps"] == 1
    assert found["trained"] == [0, 1, 2]
    assert found["slots"]["v"][:3] == [2.0, 0.0, 0.0]


def branching(x: Any, y: Value) -> Value:
    loss: Value = y - x if x.data > 0.0 else y + 2.0 * x
    return loss


class Fixed(nn.Module):
    def forward(self, x: list[Value]) -> Value:
        return x[0]


@pytest.mark.parametrize(
    ("name", "loss", "targets", "sizes"),
    [
        ("mse", nn.mse_loss, TARGETS, (3, 1)),
        ("MSE_loss", nn.mse_loss, TARGETS, (3, 1)),
        ("half_squared_error", nn.half_squared_error, TARGETS, (3, 1)),
        ("hinge", nn.hinge_loss, TARGETS, (3, 1)),
        ("cross_entropy", nn.cross_entropy, [0, 1, 2, 1], (3, 3)),
    ],
)
def test_a_loss_by_its_name_is_that_of_nn(
    name: str, loss: Any, targets: list[int], sizes: tuple[int, ...]
) -> None:
    by_name = playground(mlp(*sizes), POINTS, targets, name)
    assert by_name.html == playground(mlp(*sizes), POINTS, targets, loss).html


def test_binary_cross_entropy_by_name_takes_logits_unless_the_model_ends_in_a_sigmoid() -> None:
    class Sure(nn.Module):
        def __init__(self) -> None:
            self.inner = mlp()

        def forward(self, x: list[Value]) -> Any:
            return self.inner(x).sigmoid()

    classes = [0, 1, 1, 0]
    for model, from_logits in ((mlp(), True), (Sure(), False)):
        by_name = playground(model, POINTS, classes, "binary_cross_entropy")
        given = playground(
            model, POINTS, classes,
            lambda p, y: nn.binary_cross_entropy(p, y, from_logits=from_logits),  # noqa: B023
        )  # fmt: skip
        assert by_name.html == given.html


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("sgd", lambda params: nn.SGD(params, lr=0.1)),
        ("Adam", lambda params: nn.Adam(params, lr=0.01)),
        ("adamw", lambda params: nn.AdamW(params, lr=0.01)),
        ("rmsprop", nn.RMSprop),
    ],
)
def test_an_optimiser_by_its_name_has_the_usual_settings(name: str, make: Any) -> None:
    model = mlp()
    by_name = plan_of(playground(model, POINTS, TARGETS, "hinge", name).html)["optimiser"]
    given = plan_of(playground(model, POINTS, TARGETS, "hinge", make(model.parameters())).html)
    assert by_name == given["optimiser"]
    assert plan_of(playground(model, POINTS, TARGETS, "hinge").html)["optimiser"]["rule"] == "SGD"


REFUSALS: dict[str, tuple[Any, type[Exception], str]] = {
    "no model": (
        lambda: playground(3, POINTS, TARGETS, logistic),  # type: ignore[arg-type]
        TypeError, "expected a model with the method parameters(), such as an nn.MLP, got int: 3",
    ),
    "no parameters": (
        lambda: playground(Fixed(), POINTS, TARGETS, logistic),
        ValueError, "expected a model with parameters to train, got one without any",
    ),
    "a number for the loss": (
        lambda: playground(mlp(), POINTS, TARGETS, 3.0),  # type: ignore[arg-type]
        TypeError, "such as nn.hinge_loss, or one of the names 'mse', 'half_squared_error', "
        "'hinge', 'cross_entropy', 'binary_cross_entropy', got float: 3.0",
    ),
    "an unknown loss": (
        lambda: playground(mlp(), POINTS, TARGETS, "l2"),
        ValueError, "expected loss to be a function or one of the names 'mse', "
        "'half_squared_error', 'hinge', 'cross_entropy', 'binary_cross_entropy', got 'l2'",
    ),
    "an unknown optimiser": (
        lambda: playground(mlp(), POINTS, TARGETS, "mse", "lion\u00e9"),
        ValueError, "expected an optimiser or one of the names 'sgd', 'adam', 'adamw', 'rmsprop', "
        "got 'lion\\xe9'",
    ),
    "a loss of numbers": (
        lambda: playground(mlp(), POINTS, TARGETS, lambda p, y: 1.0),
        TypeError, "expected the loss to be a function that returns a Value",
    ),
    "one target too few": (
        lambda: playground(mlp(), POINTS, TARGETS[1:], logistic),
        ValueError, "expected one target in y for each point, got 4 points and 3 targets",
    ),
    "uneven rows": (
        lambda: playground(mlp(), [[0.0, 1.0], [1.0]], [-1, 1], logistic),
        ValueError, "expected as many inputs in each row of X, got 2 in row 0 and 1 in row 1",
    ),
    "nan": (
        lambda: playground(mlp(), [[0.0, float("nan")], [1.0, 1.0]], [-1, 1], logistic),
        ValueError, "expected a finite number for X[0], got nan",
    ),
    "words": (
        lambda: playground(mlp(), "points", TARGETS, logistic),
        TypeError, "expected a list or an array for X, got str: 'points'",
    ),
    "all held out": (
        lambda: playground(mlp(), POINTS, TARGETS, logistic, held_out=1.0),
        ValueError, "expected held_out to be a share from 0 to below 1, got 1.0",
    ),
    "an empty batch": (
        lambda: playground(mlp(), POINTS, TARGETS, logistic, batch=0),
        ValueError, "expected batch to be at least 1, got 0",
    ),
    "half a seed": (
        lambda: playground(mlp(), POINTS, TARGETS, logistic, seed=0.5),  # type: ignore[arg-type]
        TypeError, "expected seed to be a whole number, got float: 0.5",
    ),
    "a class too many": (
        lambda: playground(mlp(3, 2), POINTS, [0, 1, 2, 0], lambda p, y: p[0] + p[1] * y),
        ValueError, "expected targets from 0 to 1 in y, the number of a class for each point",
    ),
    "a branch on data": (
        lambda: playground(mlp(), [[-3.0, 1.0], [3.0, 1.0]], [0.0, 5.0], branching),
        ValueError, "expected the same graph for every point, got another for X[1] than for X[0]",
    ),
    "an optimiser's class": (
        lambda: playground(mlp(), POINTS, TARGETS, logistic, nn.Adam),
        TypeError, "expected an optimiser, such as nn.Adam(model.parameters(), lr=0.05), or one of "
        "the names 'sgd', 'adam', 'adamw', 'rmsprop', got type",
    ),
    "an optimiser of something else": (
        lambda: playground(mlp(), POINTS, TARGETS, logistic, nn.Adam([Value(1.0, "w")])),
        ValueError, "expected an optimiser of the model's parameters, got one of",
    ),
    "one name for two inputs": (
        lambda: playground(mlp(), POINTS, TARGETS, logistic, inputs=["a"]),
        ValueError, "expected 2 names in inputs, one for each input, got 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attempt", REFUSALS)
def test_it_refuses(attempt: str) -> None:
    make, kind, said = REFUSALS[attempt]
    with pytest.raises(kind) as raised:
        make()
    assert said in str(raised.value)
    assert str(raised.value).isascii()


def test_groups_with_settings_of_their_own_are_refused() -> None:
    model = mlp()
    params = model.parameters()
    groups = nn.SGD([{"params": params[:2]}, {"params": params[2:], "lr": 0.1}], lr=1.0)
    with pytest.raises(ValueError, match="the same settings for all parameters"):
        playground(model, POINTS, TARGETS, logistic, groups)


def test_a_choice_by_where_is_no_branch() -> None:
    def loss(p: Any, y: Value) -> Value:
        return autograd.where(autograd.greater(p, 0.0), (p - y) ** 2, -p)

    playground(mlp(), [[-3.0, 1.0], [3.0, 1.0]], [0.0, 5.0], loss)
