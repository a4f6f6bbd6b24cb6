"""Lessons 1 to 7: a single neuron, its loss, its gradients and its updates."""

from __future__ import annotations

from typing import NamedTuple

import nn
from autograd import Value, grad

from .example import LR, Example, Figure, Lesson, Progress, Scene, draw_with_derivatives, say_after


class _Line(NamedTuple):
    """``L = ½(y_pred − y_true)²`` for ``y_pred = w·x + b``, or ``ReLU(w·x + b)``."""

    w: Value
    x: Value
    b: Value
    y_true: Value
    z: Value
    y_pred: Value
    loss: Value


def _compute_line(
    *,
    w: float = 0.5,
    x: float = 2.0,
    b: float = 1.0,
    y_true: float = 3.0,
    relu: bool = False,
    learn_b: bool = True,
) -> _Line:
    """Compute the line and its gradients."""
    weight = Value(w, "w", role="parameter")
    given = Value(x, "x", role="input")
    bias = Value(b, "b", role="parameter" if learn_b else "")
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
    line = _compute_line(y_true=2.0)
    expected = {
        "x": 2, "w": 0.5, "b": 1, "y_true": 2,
        "y_pred": 2, "L": 0, "dL_dw": 0, "dL_db": 0, "dL_dx": 0,
    }  # fmt: skip
    caption = "The guess 2 meets the target 2: the loss is 0, and w, b and x have gradient 0."
    return Example(
        [Scene("", caption, draw_with_derivatives(line.loss), line.loss)],
        _figures_of_line(line, expected),
        live=line.loss,
    )


PERFECT_GUESS = Lesson(
    number=1,
    name="perfect-guess",
    title="A perfect guess",
    teaches="forward pass, loss",
    caption="The guess equals the target: the loss is 0, and there is nothing to learn.",
    idea=(
        "A network works with numbers: here one input, x = 2. A weight w and a bias b make a "
        "guess, y_pred = w·x + b. The loss L = ½(y_pred − y_true)² measures the mistake. Computing "
        "all this along the arrows is the forward pass. The gradient dL/dw says how L changes if "
        "w changes. Here it is 0, because a loss of 0 is as low as L can go."
    ),
    plainly=(
        "A cook tastes the soup and finds it exactly right. There is nothing to change in the "
        "recipe."
    ),
    ask="If the target were 2.5, which way would the guess have to move? And the weight?",
    answer="Up: 2 is too low by 0.5. The input is positive, so a larger w makes a larger guess.",
    touch="Drag y_true to 2.5. Then drag w until the loss is 0 again. Where does it end up?",
    found="At w = 0.75: the guess 0.75·2 + 1 is 2.5. Every gradient is 0 there, as before.",
    build=_perfect_guess,
)


def _target_moves(_: Progress) -> Example:
    line = _compute_line()
    expected = {
        "x": 2, "w": 0.5, "b": 1, "y_true": 3,
        "y_pred": 2, "L": 0.5, "dL_dy_pred": -1, "dL_dw": -2, "dL_db": -1, "dL_dx": -0.5,
    }  # fmt: skip
    caption = (
        "The guess is 2, the target 3. Read the gradients against the arrows: each box has one."
    )
    return Example(
        [Scene("", caption, draw_with_derivatives(line.loss), line.loss)],
        _figures_of_line(line, expected),
        live=line.loss,
    )


TARGET_MOVES = Lesson(
    number=2,
    name="target-moves",
    title="The target moves",
    teaches="gradient, chain rule, backward pass",
    caption="The target is 3, the guess is 2: now every gradient says how to do better.",
    idea=(
        "The chain rule carries the mistake back: dL/dy_pred = y_pred − y_true = −1. Each box "
        "passes its gradient on, multiplied by the local derivative on the line (∂), so dL/dw = "
        "−1 · x = −2 and dL/db = −1. The minus sign means that the loss falls if the value rises. "
        "This is the backward pass."
    ),
    plainly=(
        "The soup is too mild today. Each ingredient gets its share of the blame, so the cook "
        "knows which way to change each one, and which change matters most."
    ),
    ask="Why is dL/dw twice as large as dL/db?",
    answer="Because x = 2: a little more w moves the guess by twice as much as a little more b.",
    touch=(
        "Drag w until the loss is 0. Which w is it, and what becomes of the gradients on the way?"
    ),
    found=(
        "w = 1. All gradients shrink towards 0; further on they change sign, and now say “lower w”."
    ),
    build=_target_moves,
)


_BEFORE = "Before: the guess is 2, the target 3, the loss 0.5, and dL/dw = −2."


def _scenes_of_update(
    before: _Line, after: _Line, of: str, captions: tuple[str, str]
) -> list[Scene]:
    """The pictures before and after an update, on one scale."""
    both = (before.loss, after.loss)
    titles = ("before the update", f"after the update of {of}")
    return [
        Scene(name, caption, draw_with_derivatives(loss, title, both))
        for name, caption, loss, title in zip(
            ("before", "after"), captions, both, titles, strict=True
        )
    ]


def _one_update(_: Progress) -> Example:
    before = _compute_line()
    after = _compute_line(w=before.w.data - LR * before.w.grad)
    expected = {"x": 2, "w": 0.7, "b": 1, "y_true": 3, "y_pred": 2.4, "L": 0.18}
    moved = "After: w ← 0.5 − 0.1 · (−2) = 0.7. The guess moves to 2.4, the loss falls to 0.18."
    scenes = _scenes_of_update(before, after, "w", (_BEFORE, moved))
    return Example(
        scenes,
        _figures_of_line(after, expected),
        training=(before.loss, after.loss),
        live=_compute_line(learn_b=False).loss,
    )


ONE_UPDATE = Lesson(
    number=3,
    name="one-update",
    title="One update",
    teaches="gradient descent, learning rate",
    caption="One step against the gradient: w ← w − η·dL/dw, and the loss falls from 0.5 to 0.18.",
    idea=(
        "Gradient descent moves each weight a little, against its gradient. The learning rate "
        "η = 0.1 says how little: w ← 0.5 − 0.1·(−2) = 0.7. This time the bias stays as it is. "
        "The same forward pass then gives y_pred = 2.4."
    ),
    plainly=(
        "A little more salt, not the whole jar: the next spoonful is closer to what it should be."
    ),
    ask="Why not take a step ten times as long, with η = 1?",
    answer=(
        "w would become 2.5 and the guess 6: far past the target, with a loss of 4.5 instead "
        "of 0.5."
    ),
    touch="Update again and again. How many updates does it take until the loss is below 0.01?",
    found="4: each one multiplies the loss by 0.36. Undo takes you back if you lose count.",
    build=_one_update,
)


def _both_update(_: Progress) -> Example:
    before = _compute_line()
    w, b = before.w, before.b
    after = _compute_line(w=w.data - LR * w.grad, b=b.data - LR * b.grad)
    expected = {"x": 2, "w": 0.7, "b": 1.1, "y_true": 3, "y_pred": 2.5, "L": 0.125}
    moved = (
        "After: w ← 0.7 and b ← 1 − 0.1 · (−1) = 1.1. The guess is 2.5, the loss 0.125: lower "
        "than by w alone."
    )
    scenes = _scenes_of_update(before, after, "w and b", (_BEFORE, moved))
    return Example(
        scenes,
        _figures_of_line(after, expected),
        training=(before.loss, after.loss),
        live=before.loss,
    )


BOTH_UPDATE = Lesson(
    number=4,
    name="both-update",
    title="Weight and bias together",
    teaches="many parameters at once",
    caption="Both parameters move at once: the loss falls further, to 0.125.",
    idea=(
        "Every parameter has its own gradient, so all of them can move in one step: w ← 0.7 and "
        "b ← 1 − 0.1·(−1) = 1.1, which gives y_pred = 2.5. A network with a billion parameters "
        "does exactly this."
    ),
    plainly=(
        "The cook adjusts the salt and the cooking time in one go. The bias is a habit: what "
        "the cook would do before even looking at the ingredients."
    ),
    ask=(
        "Both gradients are negative here. What would an update do to a parameter whose gradient "
        "is positive?"
    ),
    answer="Lower it: an update goes against the gradient, whichever way it points.",
    touch="Here w and b both move. How many updates does it take until the loss is below 0.01?",
    found=(
        "3 instead of 4: each one multiplies the loss by 0.25. The guess is as good, with other w "
        "and b."
    ),
    build=_both_update,
)


def _relu_neuron(_: Progress) -> Example:
    before = _compute_line(relu=True)
    w_after = before.w.data - LR * before.w.grad
    after = _compute_line(w=w_after, relu=True)
    expected = {
        "x": 2, "w": 0.5, "b": 1, "y_true": 3,
        "z": 2, "y_pred": 2, "dy_dz": 1, "L": 0.5, "dL_dw": -2,
    }  # fmt: skip
    figures = [*_figures_of_line(before, expected), Figure("w_after", after.w.data, 0.7)]
    captions = (
        "Before: z = 2 is above 0, so ReLU lets it through, and lets the gradient back: "
        "ReLU′(z) = 1.",
        "After: w ← 0.7, exactly as without the activation.",
    )
    first, second = _scenes_of_update(before, after, "w", captions)
    scenes = [first._replace(loss=before.loss), second]
    return Example(scenes, figures, training=(before.loss, after.loss), live=before.loss)


RELU_NEURON = Lesson(
    number=5,
    name="relu-neuron",
    title="A neuron with ReLU",
    teaches="neuron, activation function",
    caption="The activation function ReLU lets positive numbers through, and their gradients back.",
    idea=(
        "A neuron computes z = w·x + b and then an activation, here ReLU(z) = max(0, z). "
        "Without activations, any number of layers would collapse into one straight line. Where "
        "z > 0, ReLU′(z) = 1, so the gradient passes unchanged: dL/dw = −2, as before."
    ),
    plainly=(
        "A baby weighs the sounds it hears. Only when they add up to enough does it decide to "
        "speak."
    ),
    ask="Which numbers in this picture differ from those in example 3, which has no ReLU?",
    answer=(
        "None: z = 2 is above 0, where ReLU(z) = z and its slope is 1. The next example shows "
        "the other side."
    ),
    touch="Lower b slowly. At which b does the gradient of w become 0, all at once?",
    found="At b = −1, where z = 0. Just before, it is at its largest: dL/dw = −6.",
    build=_relu_neuron,
)


def _dead_relu(_: Progress) -> Example:
    line = _compute_line(b=-2.0, relu=True)
    expected = {
        "x": 2, "w": 0.5, "b": -2, "y_true": 3,
        "z": -1, "y_pred": 0, "dy_dz": 0, "L": 4.5, "dL_dw": 0, "dL_db": 0, "dL_dx": 0,
    }  # fmt: skip
    caption = (
        "z = −1 is below 0: ReLU gives 0 and ReLU′(z) = 0. The gradient of the loss comes back as "
        "far as y_pred, where it is −3, and stops there: z, w, b and x have gradient 0."
    )
    return Example(
        [Scene("", caption, draw_with_derivatives(line.loss), line.loss)],
        _figures_of_line(line, expected),
        live=line.loss,
    )


DEAD_RELU = Lesson(
    number=6,
    name="dead-relu",
    title="A dead ReLU",
    teaches="gradients that vanish",
    caption="The loss is large, yet w and b have gradient 0: a neuron that cannot learn.",
    idea=(
        "With b = −2 the sum z = −1 is below 0, where ReLU is flat: ReLU′(z) = 0. Every "
        "gradient behind it is multiplied by that 0. The mistake is large, dL/dy_pred = −3, but no "
        "word of it gets through to w and b. In example 1 their gradients are 0 as well, but there "
        "a small change of w makes the loss rise; here it changes nothing."
    ),
    plainly=(
        "The baby has decided not to speak, so nobody corrects it, and it does not learn. What "
        "teaches is not the size of a mistake, but whether the correction gets through."
    ),
    ask="How could this neuron be brought back to life?",
    answer=(
        "By anything that lifts z above 0, such as b = 0. But no gradient suggests it: "
        "somebody has to choose another starting point, or an activation that is flat nowhere."
    ),
    touch=(
        "Press “Update once”: nothing happens. Raise b until an update does something again. "
        "Where is that?"
    ),
    found=(
        "Anywhere above b = −1, where z is above 0. Try b = −0.9: one update, and the guess jumps."
    ),
    build=_dead_relu,
)


def _iterative_improvement(_: Progress) -> Example:
    expected_losses = [0.5, 0.18, 0.0648, 0.023328, 0.00839808]
    expected_weights = [0.5, 0.7, 0.82, 0.892, 0.9352]
    captions, figures, curve, losses, w = [], [], [], [], 0.5
    for k, (loss, weight) in enumerate(zip(expected_losses, expected_weights, strict=True)):
        line = _compute_line(w=w)
        captions.append(
            f"{say_after(k, 'update')}: w = {line.w.data:.4g}, L = {line.loss.data:.4g}."
        )
        figures += [Figure(f"L_{k}", line.loss.data, loss), Figure(f"w_{k}", line.w.data, weight)]
        curve.append((str(k), line.loss.data))
        losses.append(line.loss)
        w -= LR * line.w.grad
    scenes = [
        Scene(str(k), caption, draw_with_derivatives(loss, sequence=losses))
        for k, (caption, loss) in enumerate(zip(captions, losses, strict=True))
    ]
    live = _compute_line(learn_b=False).loss
    return Example(scenes, figures, curve, "loss after k updates", losses, live)


ITERATIVE_IMPROVEMENT = Lesson(
    number=7,
    name="iterative-improvement",
    title="Again and again",
    teaches="iteration, convergence",
    caption="Repeat the update: the loss shrinks by the same factor, 0.36, each time.",
    idea=(
        "Each update of w multiplies the error y_pred − y_true by 1 − η·x² = 0.6, and the loss "
        "by 0.6² = 0.36. So after k updates L = 0.5·0.36ᵏ, and w approaches 1, where the guess "
        "is perfect. Nothing new is needed: the same three steps, forward, backward, update."
    ),
    plainly="Taste, adjust, taste again. The changes grow smaller as the soup gets better.",
    ask="After how many updates is the loss below 0.001?",
    answer="After 7, when it is 0.5·0.36⁷ ≈ 0.0004. After 6 it is still 0.0011.",
    touch=(
        "Set the learning rate to 1 and update ten times. Then find the rate at which the loss "
        "neither falls nor rises."
    ),
    found=(
        "With 1, each update triples the error: training diverges. At 0.5 the error only changes "
        "its sign, for ever. Below that, training converges."
    ),
    build=_iterative_improvement,
)
