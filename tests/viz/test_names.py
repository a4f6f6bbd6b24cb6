"""One name in a picture never stands for two values."""

from __future__ import annotations

import nn
from autograd import Value, mean
from viz import draw

from .reading import seen


def titles(picture: object) -> list[str]:
    found = seen(picture)  # type: ignore[arg-type]
    return [box.heading.partition(" · ")[0] for box in found.boxes if box.heading]


def test_values_that_the_user_named_alike_are_counted() -> None:
    w, xs = Value(0.5, "w"), [Value(0.1 * i, "x") for i in range(3)]
    loss = sum((w * x for x in xs), Value(0.0, "start"))
    drawn = draw(loss)
    assert {"x⁽¹⁾", "x⁽²⁾", "x⁽³⁾", "w"} <= set(titles(drawn))
    assert "x⁽¹⁾: one of several values called x" in seen(drawn).below
    assert "x⁽²⁾ = 0.1, x⁽³⁾ = 0.2" in str(drawn.words)


def test_a_frame_tells_apart_what_it_holds() -> None:
    model = nn.MLP(2, [2, 1], seed=0)
    drawn = draw(model([Value(1.0, "x1"), Value(2.0, "x2")]), detail="scalar")
    assert titles(drawn).count("w1") == 3
    assert "called" not in " ".join(seen(drawn).below)


def test_parameters_outside_of_frames_say_their_module() -> None:
    model = nn.MLP(1, [2, 1], seed=0)
    drawn = draw([model([Value(0.1 * i, f"x{i}")]) for i in range(2)], detail="scalar")
    found = titles(drawn)
    assert {"w1⁽⁰·⁰⁾", "w1⁽⁰·¹⁾", "w1⁽¹·⁰⁾"} <= set(found)
    assert len(set(found) - {"output"}) == len([t for t in found if t != "output"])
    assert "w1⁽⁰·⁰⁾: the w1 of layers.0.neurons.0" in seen(drawn).below


def test_names_that_differ_are_left_as_they_are() -> None:
    drawn = draw(Value(1.0, "a") * Value(2.0, "b") + Value(3.0, "a1"))
    assert {"a", "b", "a1"} <= set(titles(drawn))


def test_results_of_functions_with_one_name_are_counted() -> None:
    xs = [Value(0.1 * i, f"x{i}") for i in range(9)]
    parts = [mean(xs[i : i + 3]) for i in range(0, 9, 3)]
    for part in parts:
        part.label = "part"
    found = titles(draw(parts[0] * parts[1] + parts[2].exp()))
    assert {"part⁽¹⁾", "part⁽²⁾", "part⁽³⁾"} <= set(found)
