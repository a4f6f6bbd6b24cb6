"""The worked examples: twelve small computations that teach how a network learns.

Each builds its real graph with the real engine, draws it (before and after an update, or step by
step), keeps what is worth stepping through, and states figures to compare with those expected.
Nothing in a picture is written by hand. `python -m viz` renders them all, and `gallery` puts them
on a page.
"""

from __future__ import annotations

import math
import random
from itertools import cycle, islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import nn
from autograd import Value, dot, grad, no_grad, softmax

from ..pictures.draw import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..pictures.render import Picture

__all__ = ["Example", "Figure", "Progress", "Scene", "build"]

LR = 0.1  # η, the learning rate of every example but the last


class Scene(NamedTuple):
    """One picture of an example."""

    name: str  # part of the file name, such as "after"; "" where there is only one
    caption: str
    picture: Picture
    loss: Value | None = None  # to step through; None where that would show nothing new


class Figure(NamedTuple):
    """One figure of an example: what came out, and what should."""

    name: str
    value: float | bool
    expected: float | bool

    @property
    def agrees(self) -> bool:
        """Equal to 1e-9 (absolute and relative): what rounding may do, and no more."""
        return math.isclose(self.value, self.expected, rel_tol=1e-9, abs_tol=1e-9)


class Example(NamedTuple):
    """An example, built: its pictures and its figures."""

    scenes: list[Scene]
    figures: list[Figure]
    curve: list[tuple[str, float]] = []  # noqa: RUF012  (a sequence in numbers, for a chart)
    curve_of: str = ""
    training: Sequence[Value] = ()  # the losses before and after each update, to step through


# ── the neuron of examples 1 to 7 ────────────────────────────────────────────────────────────


class _Line(NamedTuple):
    """``L = ½(y_pred − y_true)²`` for ``y_pred = w·x + b``, or ``ReLU(w·x + b)``."""

    w: Value
    x: Value
    b: Value
    y_true: Value
    z: Value
    y_pred: Value
    loss: Value


def _line(
    *, w: float = 0.5, x: float = 2.0, b: float = 1.0, y_true: float = 3.0, relu: bool = False
) -> _Line:
    """The line, with its gradients computed."""
    weight = Value(w, "w", role="parameter")
    given = Value(x, "x", role="input")
    bias = Value(b, "b", role="parameter")
    target = Value(y_true, "y_true", role="target")
    z = weight * given + bias
    y_pred = z.relu() if relu else z
    if relu:
        z.label = "z"
    y_pred.label = "y_pred"
    loss = nn.half_squared_error(y_pred, target)
    loss.label = "L"
    loss.backward()
    return _Line(weight, given, bias, target, z, y_pred, loss)


def _drawn(root: Value | Sequence[Value], title: str, **options: Any) -> Picture:
    return draw(root, title=title, digits=6, derivatives=True, **options)


def _after(k: int, event: str) -> str:
    return f"After {k} {event}" if k == 1 else f"After {k} {event}s"


def _drawn_downwards(root: Value, title: str) -> Picture:
    """For graphs that are too long to go from left to right across a page."""
    return draw(root, title=title, detail="scalar", direction="TB")


def _figures(expected: dict[str, float], found: dict[str, float]) -> list[Figure]:
    return [Figure(name, found[name], value) for name, value in expected.items()]


def _figures_of_line(line: _Line, expected: dict[str, float]) -> list[Figure]:
    found = {
        "x": line.x.data,
        "w": line.w.data,
        "b": line.b.data,
        "y_true": line.y_true.data,
        "z": line.z.data,
        "y_pred": line.y_pred.data,
        "L": line.loss.data,
        "dL_dy_pred": line.y_pred.grad,
        "dL_dw": line.w.grad,
        "dL_db": line.b.grad,
        "dL_dx": line.x.grad,
        "dy_dz": 1.0 if line.z is line.y_pred else grad(line.y_pred, line.z),
    }
    return _figures(expected, found)


def _perfect_guess(_: Progress) -> Example:
    line = _line(y_true=2.0)
    expected = {
        "x": 2, "w": 0.5, "b": 1, "y_true": 2,
        "y_pred": 2, "L": 0, "dL_dw": 0, "dL_db": 0, "dL_dx": 0,
    }  # fmt: skip
    caption = "The guess 2 meets the target 2: the loss is 0, and w, b and x have gradient 0."
    return Example(
        [Scene("", caption, _drawn(line.loss, caption), line.loss)],
        _figures_of_line(line, expected),
    )


def _target_moves(_: Progress) -> Example:
    line = _line()
    expected = {
        "x": 2, "w": 0.5, "b": 1, "y_true": 3,
        "y_pred": 2, "L": 0.5, "dL_dy_pred": -1, "dL_dw": -2, "dL_db": -1, "dL_dx": -0.5,
    }  # fmt: skip
    caption = (
        "The guess is 2, the target 3. Read the gradients from right to left: each box has one."
    )
    return Example(
        [Scene("", caption, _drawn(line.loss, caption), line.loss)],
        _figures_of_line(line, expected),
    )


def _one_update(_: Progress) -> Example:
    before = _line()
    after = _line(w=before.w.data - LR * before.w.grad)
    expected = {"x": 2, "w": 0.7, "b": 1, "y_true": 3, "y_pred": 2.4, "L": 0.18}
    scenes = [
        _before(before),
        Scene(
            "after",
            "After: w ← 0.5 − 0.1 · (−2) = 0.7. The guess moves to 2.4, the loss falls to 0.18.",
            _drawn(after.loss, "after the update of w"),
        ),
    ]
    return Example(scenes, _figures_of_line(after, expected), training=(before.loss, after.loss))


def _both_update(_: Progress) -> Example:
    before = _line()
    after = _line(w=before.w.data - LR * before.w.grad, b=before.b.data - LR * before.b.grad)
    expected = {"x": 2, "w": 0.7, "b": 1.1, "y_true": 3, "y_pred": 2.5, "L": 0.125}
    scenes = [
        _before(before),
        Scene(
            "after",
            "After: w ← 0.7 and b ← 1 − 0.1 · (−1) = 1.1. The guess is 2.5, the loss 0.125: lower "
            "than by w alone.",
            _drawn(after.loss, "after the update of w and b"),
        ),
    ]
    return Example(scenes, _figures_of_line(after, expected), training=(before.loss, after.loss))


def _before(line: _Line) -> Scene:
    return Scene(
        "before",
        "Before: the guess is 2, the target 3, the loss 0.5, and dL/dw = −2.",
        _drawn(line.loss, "before the update"),
    )


def _relu_neuron(_: Progress) -> Example:
    before = _line(relu=True)
    w_after = before.w.data - LR * before.w.grad
    after = _line(w=w_after, relu=True)
    expected = {
        "x": 2, "w": 0.5, "b": 1, "y_true": 3,
        "z": 2, "y_pred": 2, "dy_dz": 1, "L": 0.5, "dL_dw": -2,
    }  # fmt: skip
    figures = [*_figures_of_line(before, expected), Figure("w_after", after.w.data, 0.7)]
    scenes = [
        Scene(
            "before",
            "Before: z = 2 is above 0, so ReLU lets it through, and lets the gradient back: "
            "ReLU′(z) = 1.",
            _drawn(before.loss, "before the update"),
            before.loss,
        ),
        Scene(
            "after",
            "After: w ← 0.7, exactly as without the activation.",
            _drawn(after.loss, "after the update of w"),
        ),
    ]
    return Example(scenes, figures, training=(before.loss, after.loss))


def _dead_relu(_: Progress) -> Example:
    line = _line(b=-2.0, relu=True)
    expected = {
        "x": 2, "w": 0.5, "b": -2, "y_true": 3,
        "z": -1, "y_pred": 0, "dy_dz": 0, "L": 4.5, "dL_dw": 0, "dL_db": 0, "dL_dx": 0,
    }  # fmt: skip
    caption = (
        "z = −1 is below 0: ReLU gives 0 and ReLU′(z) = 0. The loss is 4.5, and no gradient "
        "comes back."
    )
    return Example(
        [Scene("", caption, _drawn(line.loss, caption), line.loss)],
        _figures_of_line(line, expected),
    )


def _iterative_improvement(_: Progress) -> Example:
    expected_losses = [0.5, 0.18, 0.0648, 0.023328, 0.00839808]
    expected_weights = [0.5, 0.7, 0.82, 0.892, 0.9352]
    scenes, figures, curve, losses, w = [], [], [], [], 0.5
    for k, (loss, weight) in enumerate(zip(expected_losses, expected_weights, strict=True)):
        line = _line(w=w)
        caption = f"{_after(k, 'update')}: w = {line.w.data:.6g}, L = {line.loss.data:.6g}."
        scenes.append(Scene(str(k), caption, _drawn(line.loss, caption)))
        figures += [Figure(f"L_{k}", line.loss.data, loss), Figure(f"w_{k}", line.w.data, weight)]
        curve.append((str(k), line.loss.data))
        losses.append(line.loss)
        w -= LR * line.w.grad
    return Example(scenes, figures, curve, "loss after k updates", losses)


# ── activations ──────────────────────────────────────────────────────────────────────────────


def _activations(_: Progress) -> Example:
    sigmoid = {-2.0: 0.11920292202211755, 0.0: 0.5, 2.0: 0.8807970779778823}
    tanh = {-2.0: -0.9640275800758169, 0.0: 0.0, 2.0: 0.9640275800758169}
    relu = {-2.0: 0.0, 0.0: 0.0, 2.0: 2.0}
    # Each derivative by the textbook's formula, which is not how the table writes it.
    slopes: dict[str, Callable[[float], float]] = {
        "sigmoid": lambda x: sigmoid[x] * (1.0 - sigmoid[x]),
        "tanh": lambda x: 1.0 - tanh[x] ** 2,
        "relu": lambda x: 1.0 if x > 0.0 else 0.0,
    }
    scenes, figures = [], []
    for name, expected in (("sigmoid", sigmoid), ("relu", relu), ("tanh", tanh)):
        results = []
        for at, value in expected.items():
            x = Value(at, "x", role="input")
            y = getattr(x, name)()
            y.label = f"{name}(x)"
            y.backward()
            results.append(y)
            figures += [
                Figure(f"{name}({at:g})", y.data, value),
                Figure(f"{name}′({at:g})", x.grad, slopes[name](at)),
            ]
        caption = f"{name} at −2, 0 and 2. The gradient of x is the derivative {name}′(x)."
        scenes.append(Scene(name, caption, _drawn(results[::-1], caption)))
    return Example([*scenes, _softmax_scene(figures)], figures)


def _softmax_scene(figures: list[Figure]) -> Scene:
    scores = [Value(s, f"x{i}", role="input") for i, s in enumerate((1.0, 2.0, 3.0), start=1)]
    probabilities = softmax(scores)
    expected = [0.09003057317038046, 0.24472847105479764, 0.6652409557748218]
    for i, (p, value) in enumerate(zip(probabilities, expected, strict=True), start=1):
        p.label = f"p{i}"
        figures.append(Figure(f"softmax_{i}", p.data, value))
        for j, slope in enumerate(grad(p, scores), start=1):
            same = 1.0 if i == j else 0.0
            by_formula = value * (same - expected[j - 1])  # ∂pᵢ/∂xⱼ = pᵢ(δᵢⱼ − pⱼ)
            figures.append(Figure(f"dp{i}_dx{j}", slope, by_formula))
    probabilities[-1].backward()
    caption = (
        "softmax turns the scores 1, 2, 3 into probabilities that sum to 1. The gradients are "
        "those of p3: it rises with its own score, and falls with the others."
    )
    drawn = _drawn(probabilities, "softmax of 1, 2, 3; gradients of p3")
    return Scene("softmax", caption, drawn, probabilities[-1])


# ── words as numbers ─────────────────────────────────────────────────────────────────────────

CAT = (0.25, -0.1, 0.4)
DOG = (0.3, -0.2, 0.5)


def _embeddings(_: Progress) -> Example:
    cat = [Value(v, f"cat{i}", role="parameter") for i, v in enumerate(CAT, start=1)]
    dog = [Value(v, f"dog{i}", role="parameter") for i, v in enumerate(DOG, start=1)]
    alone = dot(cat, dog)
    alone.label = "cat·dog"
    alone.backward()
    first = _drawn(alone, "the dot product of two words")
    for v in (*cat, *dog):
        v.zero_grad()
    cat_length, dog_length = dot(cat, cat).sqrt(), dot(dog, dog).sqrt()
    cat_length.label, dog_length.label = "|cat|", "|dog|"
    product = dot(cat, dog)
    product.label = "cat·dog"
    cosine = product / (cat_length * dog_length)
    cosine.label = "cosine"
    cosine.backward()
    second = _drawn(cosine, "the cosine of the angle between two words")
    figures = [
        *(Figure(f"cat{i}", v.data, e) for i, (v, e) in enumerate(zip(cat, CAT, strict=True), 1)),
        *(Figure(f"dog{i}", v.data, e) for i, (v, e) in enumerate(zip(dog, DOG, strict=True), 1)),
        Figure("dot", product.data, 0.295),
        Figure("cosine", cosine.data, 0.9924730876224214),
    ]
    scenes = [
        Scene("dot", "cat·dog = 0.295: multiply entry by entry and add.", first, alone),
        Scene(
            "cosine",
            "Divided by both lengths it is the cosine of the angle between them: 0.992, nearly 1. "
            "The two words point the same way.",
            second,
            cosine,
        ),
    ]
    return Example(scenes, figures)


class WordClassifier(nn.Module):
    """word → embedding → one score for each answer → probabilities."""

    def __init__(
        self, answers: Sequence[str], biases: Sequence[float], *, learn_words: bool
    ) -> None:
        self.embedding = nn.Embedding(["cat", "dog"], 3)
        for word, vector in zip(self.embedding.rows, (CAT, DOG), strict=True):
            for entry, value in zip(word, vector, strict=True):
                entry.data = value
                entry.role = "parameter" if learn_words else "input"
        self.scores = nn.Layer(3, len(answers), activation="linear")
        for neuron, bias in zip(self.scores.neurons, biases, strict=True):
            for weight in neuron.w:
                weight.data = 0.0
            neuron.b.data = bias
        self._answers = tuple(answers)

    def forward(self, word: int) -> list[Value]:
        scores = self.scores(self.embedding(word))
        for score, answer in zip(scores, self._answers, strict=True):
            score.label = f"score({answer})"
        return list(scores)


def _lesson_in_words(
    model: WordClassifier, word: int, answer: int, name: str
) -> tuple[Value, Value]:
    """One look at a word: the loss, and the probability of the answer, with gradients."""
    scores = model(word)
    p = softmax(scores)[answer]
    loss = nn.cross_entropy(scores, answer)
    loss.label = "L"
    p.label = f"p({name})"
    model.zero_grad()
    loss.backward()
    return loss, p


def _look(k: int, caption: str, loss: Value) -> Scene:
    """The picture after k updates; the one to step through is the first with weights that count."""
    return Scene(str(k), caption, _drawn_downwards(loss, caption), loss if k == 1 else None)


def _learn_cat(_: Progress) -> Example:
    model = WordClassifier(("animal", "not animal"), (0.0, 0.0), learn_words=False)
    optimiser = nn.SGD(model.parameters(), lr=LR)
    scenes, curve, losses = [], [], []
    for k in range(6):
        loss, p = _lesson_in_words(model, 0, 0, "animal")
        caption = f"{_after(k, 'update')}: p(animal) = {p.data:.4f}, L = {loss.data:.4f}."
        scenes.append(_look(k, caption, loss))
        curve.append((str(k), p.data))
        losses.append(loss)
        optimiser.step()
    ps = [p for _, p in curve]
    figures = [
        Figure("p_0", ps[0], 0.5),
        Figure("p(animal) rises at every step", _rises(ps), True),
        Figure("L falls as −ln p", loss.data, -math.log(ps[-1])),
    ]
    return Example(scenes, figures, curve, "p(animal) after k updates", losses)


def _learn_from_a_mistake(_: Progress) -> Example:
    model = WordClassifier(("cat", "dog"), (1.0, 0.0), learn_words=True)
    heard = model.embedding.rows[1]
    at_first = [entry.data for entry in heard]
    optimiser = nn.SGD(model.parameters(), lr=LR)
    scenes: list[Scene] = []
    curve, losses, guess = [], [], "cat"
    while guess == "cat" and len(scenes) < 50:
        loss, p = _lesson_in_words(model, 1, 1, "dog")
        guess = "dog" if p.data > 0.5 else "cat"
        k = len(scenes)
        caption = (
            f"{_after(k, 'correction')}: p(dog) = {p.data:.4f}, so the network says “{guess}”."
        )
        scenes.append(_look(k, caption, loss))
        curve.append((str(k), p.data))
        losses.append(loss)
        optimiser.step()
    ps = [p for _, p in curve]
    moved = any(entry.data != value for entry, value in zip(heard, at_first, strict=True))
    figures = [
        Figure("first guess is cat", ps[0] < 0.5, True),
        Figure("p(dog) rises at every update", _rises(ps), True),
        Figure("the guess flips to dog", guess == "dog", True),
        Figure("the embedding of dog has moved", moved, True),
    ]
    return Example(scenes, figures, curve, "p(dog) after k corrections", losses)


def _rises(numbers: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(numbers))


# ── more data ────────────────────────────────────────────────────────────────────────────────

SIZES = (1, 2, 4, 8, 16, 32, 64)
SEEDS = 20
UPDATES, BATCH = 60, 4
"""An update looks at four examples, in turn: as good as all of them, and three times as fast."""


def _noisy_rule(n: int, rng: random.Random) -> list[tuple[list[float], float]]:
    """n examples of ``y = tanh(x1 − x2)``, seen through noise of standard deviation 0.2."""
    points = [[rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)] for _ in range(n)]
    return [(x, math.tanh(x[0] - x[1]) + rng.gauss(0.0, 0.2)) for x in points]


def _mean_loss(model: nn.MLP, examples: Iterable[tuple[list[float], float]]) -> Value:
    predictions, targets = [], []
    for x, y in examples:
        predictions.append(model(x))
        targets.append(y)
    return nn.mse_loss(predictions, targets)


def _trained(examples: Sequence[tuple[list[float], float]], seed: int) -> nn.MLP:
    model = nn.MLP(2, [3, 1], activation="tanh", seed=seed)
    optimiser = nn.SGD(model.parameters(), lr=0.1)
    in_turn = cycle(examples)
    for _ in range(UPDATES):
        model.zero_grad()
        _mean_loss(model, islice(in_turn, min(BATCH, len(examples)))).backward()
        optimiser.step()
    return model


def _more_data(progress: Progress) -> Example:
    losses = dict.fromkeys(SIZES, 0.0)
    shown: dict[int, nn.MLP] = {}
    for seed in range(SEEDS):
        rng = random.Random(seed)
        training, test = _noisy_rule(SIZES[-1], rng), _noisy_rule(200, rng)
        for size in SIZES:
            model = _trained(training[:size], seed)
            with no_grad():
                losses[size] += _mean_loss(model, test).data / SEEDS
            if seed == 0:
                shown[size] = model
        progress(seed + 1, SEEDS)
    scenes = []
    for size, model in shown.items():
        x = [Value(1.0, "x1", role="input"), Value(-0.5, "x2", role="input")]
        y_pred = model(x)
        y_pred.label = "y_pred"
        loss = nn.half_squared_error(y_pred, Value(math.tanh(1.5), "y_true", role="target"))
        loss.label = "L"
        model.zero_grad()
        loss.backward()
        caption = (
            f"Trained on {size} example{'' if size == 1 else 's'}: y_pred = {y_pred.data:.3f} "
            f"for a true {math.tanh(1.5):.3f}. Mean test loss of {SEEDS} such networks: "
            f"{losses[size]:.3f}."
        )
        picture = draw(loss, title=caption, detail="neuron")
        scenes.append(Scene(str(size), caption, picture, loss if size == SIZES[-1] else None))
    curve = [(str(size), loss) for size, loss in losses.items()]
    figures = [
        Figure(
            "mean test loss is lower with 64 examples than with 1", losses[64] < losses[1], True
        ),
        Figure("and falls at every doubling", _rises([-loss for loss in losses.values()]), True),
    ]
    return Example(scenes, figures, curve, "mean test loss after n examples")


# ── all of them ──────────────────────────────────────────────────────────────────────────────

Progress: TypeAlias = "Callable[[int, int], None]"
"""Called with how much of a long computation is done, and out of how much."""

_BUILDERS: dict[str, Callable[[Progress], Example]] = {
    "perfect-guess": _perfect_guess,
    "target-moves": _target_moves,
    "one-update": _one_update,
    "both-update": _both_update,
    "relu-neuron": _relu_neuron,
    "dead-relu": _dead_relu,
    "iterative-improvement": _iterative_improvement,
    "activations": _activations,
    "embeddings": _embeddings,
    "learn-cat": _learn_cat,
    "learn-from-a-mistake": _learn_from_a_mistake,
    "more-data": _more_data,
}


def build(name: str, progress: Progress | None = None) -> Example:
    """Compute the example of that name: its pictures and its figures.

    Raises:
        KeyError: there is no example of that name.
    """
    return _BUILDERS[name](progress or (lambda done, of: None))
