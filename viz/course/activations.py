"""Lesson 8: activation functions, each with its derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import Value, grad, softmax

from .example import Example, Figure, Lesson, Progress, Scene, draw_with_derivatives

if TYPE_CHECKING:
    from collections.abc import Callable


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
        "Softmax turns the scores 1, 2, 3 into probabilities that sum to 1. The gradients shown "
        "are those of p3, which rises with its own score and falls with the others."
    )
    drawn = draw_with_derivatives(probabilities, "softmax of 1, 2, 3; gradients of p3")
    return Scene("softmax", caption, drawn, probabilities[-1])


def _activations(_: Progress) -> Example:
    sigmoid = {-2.0: 0.11920292202211755, 0.0: 0.5, 2.0: 0.8807970779778823}
    tanh = {-2.0: -0.9640275800758169, 0.0: 0.0, 2.0: 0.9640275800758169}
    relu = {-2.0: 0.0, 0.0: 0.0, 2.0: 2.0}
    # The textbook's formulas for the derivatives, which are not those of the table.
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
        scenes.append(Scene(name, caption, draw_with_derivatives(results[::-1])))
    softmax_scene = _softmax_scene(figures)
    return Example([*scenes, softmax_scene], figures, live=softmax_scene.loss)


ACTIVATIONS = Lesson(
    number=8,
    name="activations",
    title="Activation functions",
    teaches="sigmoid, ReLU, tanh, softmax",
    caption="Sigmoid, ReLU, tanh and softmax, each with its derivative.",
    idea=(
        "Sigmoid squeezes any number into (0, 1), tanh into (−1, 1); both are steepest at 0 and"
        " flat far out, where gradients fade. ReLU is 0 on one side and a straight line on the "
        "other. Softmax turns a list of scores into probabilities that sum to 1; raising one "
        "score lowers the probabilities of the others: ∂pᵢ/∂xⱼ = pᵢ(δᵢⱼ − pⱼ)."
    ),
    plainly=(
        "Three ways to make up your mind: gradually, not at all until there is enough, or by "
        "dividing your confidence among several answers."
    ),
    ask="Where is the sigmoid steepest, and how steep is it there?",
    answer="At 0, where its slope is 0.5·(1 − 0.5) = 0.25.",
    touch="Raise x3 slowly from 1 to 5. Where is the gradient of x3 largest, and what is p3 there?",
    found=(
        "At x3 = 2.31, where p3 = 0.5: the gradient p3·(1 − p3) is 0.25 there. The surer the "
        "answer, the smaller it gets."
    ),
    build=_activations,
)
