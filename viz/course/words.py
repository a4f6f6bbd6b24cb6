"""Lessons 9 to 11: words become numbers, and learn what they mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import nn
from autograd import Value, dot, softmax

from ..pictures.draw import draw
from .example import (
    LR,
    Example,
    Figure,
    Lesson,
    Progress,
    Scene,
    draw_with_derivatives,
    rises,
    say_after,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


WIDE = 2400  # px
CAT = (0.25, -0.1, 0.4)
DOG = (0.3, -0.2, 0.5)


def _embeddings(_: Progress) -> Example:
    cat = [Value(v, f"cat{i}", role="parameter") for i, v in enumerate(CAT, start=1)]
    dog = [Value(v, f"dog{i}", role="parameter") for i, v in enumerate(DOG, start=1)]
    alone = dot(cat, dog)
    alone.label = "cat·dog"
    alone.backward()
    first = draw_with_derivatives(alone, "the dot product of two words")
    for v in (*cat, *dog):
        v.zero_grad()
    cat_length, dog_length = dot(cat, cat).sqrt(), dot(dog, dog).sqrt()
    cat_length.label, dog_length.label = "|cat|", "|dog|"
    product = dot(cat, dog)
    product.label = "cat·dog"
    cosine = product / (cat_length * dog_length)
    cosine.label = "cosine"
    cosine.backward()
    second = draw_with_derivatives(cosine, "the cosine of the angle between two words")
    figures = [
        *(Figure(f"cat{i}", v.data, e) for i, (v, e) in enumerate(zip(cat, CAT, strict=True), 1)),
        *(Figure(f"dog{i}", v.data, e) for i, (v, e) in enumerate(zip(dog, DOG, strict=True), 1)),
        Figure("dot", product.data, 0.295),
        Figure("cosine", cosine.data, 0.9924730876224214),
    ]
    scenes = [
        Scene("dot", "cat·dog = 0.295: multiply entry by entry, then add.", first, alone),
        Scene(
            "cosine",
            "Divided by both lengths, it is the cosine of the angle between them: 0.992, nearly 1. "
            "The two words point nearly the same way.",
            second,
            cosine,
        ),
    ]
    return Example(scenes, figures, live=cosine)


EMBEDDINGS = Lesson(
    number=9,
    name="embeddings",
    title="Words become numbers",
    teaches="embedding, dot product, cosine",
    caption=(
        "“cat” and “dog” as three numbers each: their cosine is 0.99, nearly the same direction."
    ),
    idea=(
        "An embedding gives each word a vector. The dot product adds up what two words have in "
        "common; divided by both lengths, it is the cosine of the angle between them: 1 for the "
        "same direction, 0 for nothing in common. The entries are parameters, learned like any "
        "weight."
    ),
    plainly=(
        "To a baby, a word is at first a handful of impressions: furry, small, makes a noise. "
        "Words that leave similar impressions are close to each other."
    ),
    ask="What happens to the cosine if every number of “dog” is doubled?",
    answer="Nothing: the vector is twice as long but points the same way.",
    touch="Change the sign of a single number of “dog”. Which one makes the cosine negative?",
    found="dog3, the largest: the cosine becomes −0.35. With dog1 or dog2 it stays positive.",
    build=_embeddings,
)


class WordClassifier(nn.Module):
    """A word → its embedding → one score for each answer."""

    def __init__(
        self, answers: Sequence[str], biases: Sequence[float], *, learn_words: bool
    ) -> None:
        self.embedding = nn.Embedding(["cat", "dog"], 3)
        words = zip(("cat", "dog"), self.embedding.rows, (CAT, DOG), strict=True)
        for name, word, vector in words:
            for i, (entry, value) in enumerate(zip(word, vector, strict=True), start=1):
                # As in lesson 9, and as the weights w1, w2, w3 that they are multiplied by.
                entry.label = f"{name}{i}"
                entry.data = value
                entry.role = "parameter" if learn_words else "input"
        self.scores = nn.Layer(3, len(answers), activation="linear")
        for neuron, bias in zip(self.scores.neurons, biases, strict=True):
            for weight in neuron.w:
                weight.data = 0.0
            neuron.b.data = bias
        self._answers = tuple(answers)

    def forward(self, word: int) -> list[Value]:
        """Compute the scores of the answers, before softmax."""
        scores = self.scores(self.embedding(word))
        for score, answer in zip(scores, self._answers, strict=True):
            score.label = f"score({answer})"
        return list(scores)


def _look_at_word(model: WordClassifier, word: int, answer: int, name: str) -> tuple[Value, Value]:
    """Compute the loss and the probability of the answer, with gradients."""
    scores = model(word)
    p = softmax(scores)[answer]
    loss = nn.cross_entropy(scores, answer)
    loss.label = "L"
    p.label = f"p({name})"
    model.zero_grad()
    loss.backward()
    return loss, p


def _scenes_after(captions: Sequence[str], losses: Sequence[Value]) -> list[Scene]:
    """The pictures after 0, 1, … updates.

    The first whose weights are not 0 can be stepped through.
    """
    scenes = []
    for k, (caption, loss) in enumerate(zip(captions, losses, strict=True)):
        # A place this wide has room for every number; the gallery lays it out for narrower ones.
        picture = draw(loss, sequence=losses, width=WIDE)
        scenes.append(Scene(str(k), caption, picture, loss if k == 1 else None))
    return scenes


def _cat_classifier() -> WordClassifier:
    return WordClassifier(("animal", "not animal"), (0.0, 0.0), learn_words=False)


def _learn_cat(_: Progress) -> Example:
    model = _cat_classifier()
    optimiser = nn.SGD(model.parameters(), lr=LR)
    captions, curve, losses = [], [], []
    for k in range(6):
        loss, p = _look_at_word(model, 0, 0, "animal")
        captions.append(f"{say_after(k, 'update')}: p(animal) = {p.data:.4f}, L = {loss.data:.4f}.")
        curve.append((str(k), p.data))
        losses.append(loss)
        optimiser.step()
    ps = [p for _, p in curve]
    figures = [
        Figure("p_0", ps[0], 0.5),
        Figure("p(animal) rises at every step", rises(ps), True),
        Figure("L_5", loss.data, -math.log(ps[-1])),
    ]
    scenes = _scenes_after(captions, losses)
    live = _look_at_word(_cat_classifier(), 0, 0, "animal")[0]  # a model that has learned nothing
    return Example(scenes, figures, curve, "p(animal) after k updates", losses, live)


LEARN_CAT = Lesson(
    number=10,
    name="learn-cat",
    title="Learning that a cat is an animal",
    teaches="classification, cross-entropy",
    caption=(
        "The answer “animal” is confirmed again and again; its probability rises from one half."
    ),
    idea=(
        "“cat” becomes its embedding; a layer of weights and biases turns it into two scores; "
        "softmax turns these into probabilities; and the loss is the cross-entropy, L = −ln "
        "p(animal). While all weights are 0, both answers have probability ½. Each confirmation "
        "moves the weights and biases. The numbers of “cat” are inputs here: they stay as they are."
    ),
    plainly="Each time somebody nods, the baby is a little surer.",
    ask="Why is p(animal) exactly one half at first?",
    answer=(
        "All weights and biases are 0, so both scores are 0, and softmax gives equal scores "
        "equal probabilities."
    ),
    touch=(
        "With a learning rate of 1, how many updates does it take until L is below 0.105, which "
        "is where p(animal) is above 0.9?"
    ),
    found="4. With 0.1 it takes 41: try ×10.",
    build=_learn_cat,
)


def _dog_classifier() -> WordClassifier:
    return WordClassifier(("cat", "dog"), (1.0, 0.0), learn_words=True)


def _learn_from_a_mistake(_: Progress) -> Example:
    model = _dog_classifier()
    heard = model.embedding.rows[1]
    at_first = [entry.data for entry in heard]
    optimiser = nn.SGD(model.parameters(), lr=LR)
    losses: list[Value] = []
    captions, curve, guess = [], [], "cat"
    while guess == "cat" and len(losses) < 50:
        loss, p = _look_at_word(model, 1, 1, "dog")
        guess = "dog" if p.data > 0.5 else "cat"
        k = len(losses)
        captions.append(
            f"{say_after(k, 'correction')}: p(dog) = {p.data:.4f}, so the network says “{guess}”."
        )
        curve.append((str(k), p.data))
        losses.append(loss)
        optimiser.step()
    ps = [p for _, p in curve]
    moved = any(entry.data != value for entry, value in zip(heard, at_first, strict=True))
    figures = [
        Figure("first guess is cat", ps[0] < 0.5, True),
        Figure("p(dog) rises at every update", rises(ps), True),
        Figure("the guess flips to dog", guess == "dog", True),
        Figure("the embedding of dog has moved", moved, True),
    ]
    scenes = _scenes_after(captions, losses)
    live = _look_at_word(_dog_classifier(), 1, 1, "dog")[0]
    return Example(scenes, figures, curve, "p(dog) after k corrections", losses, live)


LEARN_FROM_A_MISTAKE = Lesson(
    number=11,
    name="learn-from-a-mistake",
    title="Learning from a mistake",
    teaches="embeddings that learn",
    caption="The network hears “dog” and says “cat”, until corrections flip its guess.",
    idea=(
        "At first, the bias of 1 in favour of “cat” wins. Each correction changes the weights, "
        "the biases and the embedding of “dog” itself: the gradient flows through the layer into "
        "the word. The embedding’s first gradient is 0, because the weights are 0; it starts to "
        "move once they have moved."
    ),
    plainly=(
        "“No, that is a dog.” After a few corrections the baby says dog, and the word itself "
        "has come to mean something slightly different."
    ),
    ask="Why does the word itself not move at the first correction?",
    answer="Its gradient comes back through the weights, and those are all 0 at first.",
    touch="Update twice. Which number of “dog” moves most at the second update, and why that one?",
    found=(
        "dog3, the largest. The weights have moved in proportion to the numbers of “dog”, and now "
        "the numbers move in proportion to the weights."
    ),
    build=_learn_from_a_mistake,
)
