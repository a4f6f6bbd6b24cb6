"""Examples of different lengths, such as words, share a box as examples of one length do."""

from __future__ import annotations

import nn
from autograd import Value, mean
from viz import draw
from viz.pictures.folds import Repeat
from viz.pictures.plan import offer_plans

from .reading import seen

WORDS = ("cat", "giraffe", "horse")


def recurrent(words: tuple[str, ...] = WORDS) -> Value:
    """The loss of a recurrent network over words, one of letters that are inputs."""
    w, u, b = (Value(0.3, name, role="parameter") for name in "wub")
    losses = []
    for word in words:
        h = Value(0.0, "h0")
        for letter in word:
            h = (w * h + u * Value((ord(letter) - 96) / 26, letter, role="input") + b).tanh()
        losses.append((h - 0.1 * len(word)) ** 2)
    loss = mean(losses)
    loss.label = "L"
    loss.backward()
    return loss


def test_words_of_different_lengths_are_one_box_beside_the_parameters() -> None:
    loss = recurrent()
    found = seen(draw(loss))
    box = found.box("× 3 examples")
    assert box.lines[1] == "each  3 … 7 × (Σ a·b + c, tanh), −, ^2"
    assert len(found.boxes) == 5
    assert all(found.lines_between(p, box) for p in found.of("parameter"))
    assert "folded: × 3 examples, mean;" in " ".join(found.below)


def test_a_word_of_one_letter_is_an_example_too() -> None:
    box = seen(draw(recurrent((*WORDS, "a")))).box("× 4 examples")
    assert box.lines[1] == "each  1 … 7 × (Σ a·b + c, tanh), −, ^2"


def test_the_box_names_only_what_all_of_them_have() -> None:
    lines = seen(draw(recurrent())).box("× 3 examples").lines
    assert "h0  0" in lines and not any(line.startswith(("c  ", "g  ")) for line in lines)


def test_a_model_that_reads_words_is_drawn_with_the_parameters_of_its_layers() -> None:
    embed = nn.Embedding(list("abcdefghijklmnopqrstuvwxyz"), 3, seed=0)
    cell, head = nn.Layer(6, 3, "tanh", seed=1), nn.Layer(3, 4, "linear", seed=2)
    losses = []
    for word in WORDS:
        h = [Value(0.0) for _ in range(3)]
        for letter in word:
            h = cell([*h, *embed(letter)])
        losses.append(nn.cross_entropy(head(h), 2))
    loss = mean(losses)
    loss.backward()
    found = seen(draw(loss))
    assert found.box("× 3 examples").lines[1] == "each  4 … 8 × Layer, cross-entropy"
    assert {"Layer · 21 parameters", "Layer · 16 parameters"} <= {b.heading for b in found.boxes}


def test_powers_of_different_degrees_are_no_examples() -> None:
    x = Value(0.5, "x")
    terms = []
    for degree in range(2, 14):
        term = Value(0.1, f"w{degree}", role="parameter").tanh()
        for _ in range(degree):
            term = (term * x).tanh()
        terms.append(term)
    for plan in offer_plans((mean(terms),)):
        assert not [b for b in plan.collapsed if isinstance(b, Repeat) and b.what == "examples"]
