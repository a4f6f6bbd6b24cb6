"""What reads ≈ 0: rounding error, and what is nothing beside the numbers that it came from."""

from __future__ import annotations

import pytest

from autograd import Value
from viz import draw

from .reading import seen


def data_of(y: Value) -> str:
    (box,) = seen(draw(y)).of("output")
    return box.data


def test_what_rounding_left_of_a_difference_reads_as_zero() -> None:
    y = Value(0.1) + Value(0.2) - 0.3
    assert 0.0 < y.data < 1e-16
    assert data_of(y) == "≈ 0"
    assert data_of(y * 2.0) == "≈ 0"  # and what is made of it
    assert data_of(y * 1e20) == "5551"  # but not if it counts
    assert data_of(y + 1.0) == "1"


@pytest.mark.parametrize("x", [-100.0, -40.0])
def test_what_is_nothing_beside_its_operand_reads_as_zero(x: float) -> None:
    assert data_of(Value(x).exp()) == "≈ 0"
    assert data_of(Value(x).softplus()) == "≈ 0"
    assert data_of(Value(x).exp().log1p()) == "≈ 0"


def test_small_numbers_of_a_small_graph_stay_numbers() -> None:
    a = Value(1e-20, "a")
    assert data_of(a + 3e-20) == "4e−20"
    assert data_of(a * 3e-20) == "3e−40"
    assert data_of(-a) == "−1e−20"
    assert data_of(a**3) == "1e−60"
    assert data_of(a / 1e30) == "1e−50"
    assert data_of(a.sin()) == "1e−20"
    assert data_of(a * 1.0) == "1e−20"


def test_a_leaf_is_what_it_was_given() -> None:
    assert seen(draw(Value(1e-300, "a") + 1.0)).box("a").data == "1e−300"


def test_the_exact_number_is_in_the_tooltip() -> None:
    y = Value(0.1) + Value(0.2) - 0.3
    y.label = "y"
    y.backward()
    assert seen(draw(y)).box("y").tooltip == (
        "y (output), made by -: data 5.551115123125783e−17, grad 1"
    )
    third = Value(1.0 / 3.0, "x")
    assert "data 0.3333333333333333," in seen(draw(third)).box("x").tooltip


def test_the_alternative_text_says_it_too() -> None:
    y = Value(-100.0, "x").exp()
    y.label = "y"
    assert "of y ≈ 0, from x = −100" in draw(y)._repr_html_()


def test_a_gradient_beside_which_all_others_are_huge_sets_no_scale() -> None:
    w = Value(100.0, "w", role="parameter")
    y = (-w).softplus() * 1.0
    y.backward()
    found = seen(draw(y))
    assert found.box("w").grad == "≈ 0"
    assert "■" not in " ".join(found.below)


def test_a_local_derivative_reads_so_too_with_its_number_on_pointing() -> None:
    x, w = Value(-100.0, "x"), Value(2.0, "w")
    y = x.exp() * w + w
    y.label = "y"
    y.backward()
    drawn = draw(y, derivatives=True)
    assert drawn.source.count('label="∂ ≈ 0"') == 2  # of exp, and of the product by w
    assert drawn.svg.count('<a xlink:title="3.720075976020836e−44">') == 2
    tiny = Value(1e-30, "a") * Value(1e-30, "b")
    assert "≈" not in draw(tiny, derivatives=True).source
