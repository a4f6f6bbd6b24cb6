"""`viz.plots`: the curves, points and words on the Axes."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import warnings
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

import autograd
import nn
from autograd import Value, no_grad
from viz import plots

from .labels import HARD, TRIED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

POINTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]
LABELS = [-1, -1, -1, 1]
CAT_AND_DOG = {"cat": [0.25, -0.1, 0.4], "dog": [0.3, -0.2, 0.5]}
STYLES = ["default", "dark_background", "ggplot", "grayscale"]


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    with mpl.rc_context():
        plt.switch_backend("Agg")
        yield
        plt.close("all")


def drawn(ax: Axes) -> Axes:
    """Draw the figure, so that anything matplotlib cannot draw fails; return the Axes."""
    ax.figure.canvas.draw()
    return ax


def curve(ax: Axes, k: int) -> tuple[NDArray[Any], NDArray[Any]]:
    x, y = ax.lines[k].get_data()
    return np.asarray(x), np.asarray(y)


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


# ── all of them ──────────────────────────────────────────────────────────────────────────────

EACH: dict[str, Callable[..., Axes]] = {
    "activation": lambda **ax: plots.plot_activation("relu", **ax),
    "losses": lambda **ax: plots.plot_losses([3.0, 2.0, 1.0], **ax),
    "boundary": lambda **ax: plots.plot_decision_boundary(
        lambda x: x[0] + x[1] - 3.0, POINTS, LABELS, resolution=5, **ax
    ),
    "embeddings": lambda **ax: plots.plot_embeddings(CAT_AND_DOG, **ax),
}


@pytest.mark.parametrize("plot", EACH.values(), ids=EACH)
def test_it_draws_on_the_axes_given_and_returns_them(plot: Callable[..., Axes]) -> None:
    figure, (one, other) = plt.subplots(1, 2)
    assert plot(ax=other) is other
    assert other.has_data() and not one.has_data()
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("plot", EACH.values(), ids=EACH)
def test_without_axes_it_makes_a_new_figure(plot: Callable[..., Axes]) -> None:
    assert plot().figure is not plot().figure


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("plot", EACH.values(), ids=EACH)
def test_the_style_chooses_the_colours(plot: Callable[..., Axes], style: str) -> None:
    with plt.style.context(style):
        ax = drawn(plot())
        first = plt.rcParams["axes.prop_cycle"].by_key()["color"][0]
        assert mpl.colors.same_color(ax.lines[0].get_color(), first)
        assert mpl.colors.same_color(ax.get_facecolor(), plt.rcParams["axes.facecolor"])


@pytest.mark.parametrize("plot", EACH.values(), ids=EACH)
def test_anything_but_axes_is_refused(plot: Callable[..., Axes]) -> None:
    with pytest.raises(
        TypeError, match=r"expected ax to be Axes, as plt.subplots\(\) returns them, got Figure"
    ):
        plot(ax=plt.figure())


@pytest.mark.parametrize("plot", EACH.values(), ids=EACH)
def test_without_matplotlib_the_error_says_what_to_install(
    plot: Callable[..., Axes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    words = 'plots need matplotlib; run: pip install "glassgrad[plots]"'
    with pytest.raises(ImportError, match=f"^{re.escape(words)}$"):
        plot()


def test_without_textalloc_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textalloc", None)
    with pytest.raises(ImportError, match="plots need textalloc; run: pip install"):
        plots.plot_embeddings(CAT_AND_DOG)


def test_importing_the_plots_loads_neither_matplotlib_nor_numpy() -> None:
    code = (
        "import sys, viz, viz.plots; from viz.plots import plot_losses; "
        "sys.exit(bool({'matplotlib', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# ── activations ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [n for n in nn.layers.ACTIVATIONS if n != "abs"])
def test_every_activation_that_a_layer_takes_can_be_plotted(name: str) -> None:
    ax = plots.plot_activation(name, low=0.5, high=1.25)
    assert legend(ax) == [f"{name}(x)", f"{name}′(x)"]
    f = (lambda x: x) if name == "linear" else getattr(Value, name)
    x, y = curve(ax, 0)
    np.testing.assert_array_equal(y, [f(Value(each)).data for each in x.tolist()])


def test_the_second_curve_is_the_derivative_by_the_engine() -> None:
    x, slope = curve(plots.plot_activation("tanh"), 1)
    np.testing.assert_allclose(slope, 1 - np.tanh(x) ** 2, rtol=1e-12)


def test_the_two_curves_differ_in_more_than_colour() -> None:
    ax = plots.plot_activation("relu")
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


@pytest.mark.parametrize(("low", "high"), [(-4.0, 4.0), (-1.0, 0.7), (-0.3, 5.0)])
def test_a_derivative_that_jumps_is_broken_there_and_not_smeared(low: float, high: float) -> None:
    x, slope = curve(plots.plot_activation("relu", low=low, high=high), 1)
    assert set(slope[np.isfinite(slope)]) == {0.0, 1.0}
    steps = np.diff(slope)
    assert not (steps[np.isfinite(steps)] > 0).any()  # nowhere a line from 0 to 1
    (gap,) = x[np.isnan(slope)]
    sample = (high - low) / 400
    assert 0.0 <= gap <= sample
    assert x[slope == 0.0].max() == 0.0
    assert 0.0 < x[slope == 1.0].min() <= 1.5 * sample


@pytest.mark.parametrize("at", [0.0, 0.123])
def test_a_derivative_may_have_a_value_in_the_middle_of_its_jump(at: float) -> None:
    """At 0 abs′ is 0, which could join both sides."""
    _, slope = curve(plots.plot_activation(lambda v: (v - at).abs(), low=-1.0, high=1.0), 1)
    assert (np.nanmin(slope), np.nanmax(slope)) == (-1.0, 1.0)
    steps = np.diff(slope)
    assert not steps[np.isfinite(steps)].any()


def test_every_jump_of_a_network_of_relus_is_a_gap() -> None:
    model = nn.MLP(1, [6, 1], seed=1)
    ax = plots.plot_activation(lambda v: model([v]))
    _, slope = curve(ax, 1)
    steps = np.diff(slope)
    assert np.abs(steps[np.isfinite(steps)]).max() < 1e-12
    y = curve(ax, 0)[1]
    assert np.isfinite(y).all()
    assert ax.get_ylim()[1] > y.max()  # and the axis is not cut, as it is at a pole


def test_the_function_itself_goes_on_through_a_kink() -> None:
    x, y = curve(plots.plot_activation(lambda v: (v - 0.123).abs(), low=-1.0, high=1.0), 0)
    assert np.isfinite(y).all()
    assert y.min() <= 2.0 / 400 and x[y.argmin()] == pytest.approx(0.123, abs=2.0 / 400)


def test_a_steep_slope_is_not_a_jump() -> None:
    _, slope = curve(plots.plot_activation(lambda v: (v * 100.0).sigmoid()), 1)
    assert np.isfinite(slope).all()


def test_a_narrow_peak_is_not_a_jump() -> None:
    _, slope = curve(plots.plot_activation(lambda v: (v * 1000.0).sigmoid()), 1)
    assert np.isfinite(slope).all() and slope.max() == 250.0


def test_a_jump_on_a_slope_is_a_gap() -> None:
    x, y = curve(plots.plot_activation(lambda v: v + (v - 0.123) / abs(v - 0.123)), 0)
    (gap,) = x[np.isnan(y)]
    assert gap == pytest.approx(0.123, abs=8.0 / 400)


def test_a_pole_is_not_joined_and_leaves_the_rest_readable() -> None:
    ax = plots.plot_activation(lambda v: 1.0 / (v - 0.123), low=-1.0, high=1.0)
    _, y = curve(ax, 0)
    assert np.isnan(y).any()
    joined = (y[:-1] < 0) & (y[1:] > 0)
    assert not joined.any()
    assert ax.get_ylim()[1] < 200


def test_an_infinite_value_leaves_the_rest_readable() -> None:
    _, slope = curve(ax := plots.plot_activation("log"), 1)
    assert np.nanmax(slope) == pytest.approx(50.0)
    assert ax.get_ylim()[1] < 20.0


def test_outside_its_domain_neither_a_function_nor_its_derivative_has_a_curve() -> None:
    ax = plots.plot_activation("log")
    for k in (0, 1):
        x, y = curve(ax, k)
        assert np.isnan(y[x < 0]).all() and np.isfinite(y[x > 0]).all()


def test_a_derivative_that_is_nan_everywhere_leaves_the_function() -> None:
    ax = drawn(plots.plot_activation(lambda v: (v * 0.0).sqrt()))
    assert not curve(ax, 0)[1].any()
    assert np.isnan(curve(ax, 1)[1]).all()


def test_huge_values_have_a_curve() -> None:
    _, y = curve(plots.plot_activation(lambda v: v * 1e306), 0)
    assert np.isfinite(y).all()


def test_gradients_of_values_that_the_function_uses_do_not_change() -> None:
    w = Value(2.0)
    w.grad = 5.0
    plots.plot_activation(lambda v: w * v)
    assert w.grad == 5.0


def test_within_no_grad_the_derivative_is_still_right() -> None:
    with no_grad():
        _, slope = curve(plots.plot_activation("sin", low=-0.1, high=0.1), 1)
    assert slope.min() > 0.99


def test_curves_have_the_name_of_the_function_which_may_be_a_neuron() -> None:
    def bump(v: Value) -> Value:
        return (-v * v).exp()

    assert legend(plots.plot_activation(bump)) == ["bump(x)", "bump′(x)"]
    assert legend(plots.plot_activation(lambda v: v)) == ["f(x)", "f′(x)"]
    neuron: Any = nn.Neuron(1, "tanh", seed=0)
    assert legend(plots.plot_activation(neuron)) == ["Neuron(x)", "Neuron′(x)"]


@pytest.mark.parametrize(
    ("given", "options", "error", "said"),
    [
        ("rleu", {}, ValueError, "unknown activation 'rleu'; choose one of linear, .*relu"),
        (
            3.0,
            {},
            TypeError,
            "expected a function of a Value, or its name, such as 'relu', got float: 3.0",
        ),
        (lambda _: 1.0, {}, TypeError, "expected the function to return a Value, got float: 1.0"),
        (
            "relu",
            {"low": 2, "high": 2},
            ValueError,
            "expected finite low < high, got low=2.0 and high=2.0",
        ),
        (
            "relu",
            {"high": math.inf},
            ValueError,
            "expected finite low < high, got low=-4.0 and high=inf",
        ),
        ("relu", {"low": "a"}, TypeError, "expected low to be a number, got str: 'a'"),
        ("log", {"low": -2, "high": -1}, ValueError, "log has no finite value from -2 to -1"),
    ],
)
def test_arguments_that_make_no_curve_are_refused(
    given: Any, options: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        plots.plot_activation(given, **options)


# ── losses ───────────────────────────────────────────────────────────────────────────────────


def test_losses_are_plotted_against_the_updates_before_each() -> None:
    ax = plots.plot_losses([Value(0.5), 0.25, np.float64(0.125), 0])
    x, y = curve(ax, 0)
    assert (x.tolist(), y.tolist()) == ([0, 1, 2, 3], [0.5, 0.25, 0.125, 0.0])
    assert (ax.get_xlabel(), ax.get_ylabel(), legend(ax)) == ("updates", "loss", [])


def test_runs_differ_in_name_and_in_dashes() -> None:
    ax = plots.plot_losses({"SGD": [2.0, 1.0], "Adam": [2.0, 1.5, 1.0]})
    assert legend(ax) == ["SGD", "Adam"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2


@pytest.mark.parametrize(
    ("losses", "scale"),
    [([1.0, 0.5], "linear"), ([1.0, 0.1, 0.001], "log"), ([100.0, 1.0, 0.0], "linear"),
     ([100.0, -1.0], "linear"), ([1.0, 100.0, math.inf], "log"), ([0.0], "linear")],
)  # fmt: skip
def test_the_scale_is_logarithmic_where_that_shows_more(losses: list[float], scale: str) -> None:
    assert drawn(plots.plot_losses(losses)).get_yscale() == scale


def test_the_scale_can_be_chosen() -> None:
    assert plots.plot_losses([1.0, 0.5], log=True).get_yscale() == "log"
    ax = plots.plot_losses([1.0, 0.001], log=False)
    assert ax.get_yscale() == "linear"


def test_a_second_curve_keeps_the_logarithmic_scale_of_the_first() -> None:
    ax = plots.plot_losses([1.0, 0.001], label="first")
    plots.plot_losses([1.0, 0.9], label="second", ax=ax)
    assert ax.get_yscale() == "log"
    assert legend(ax) == ["first", "second"]


def test_the_legend_says_where_the_losses_end() -> None:
    ax = drawn(plots.plot_losses([1.0, 10.0, math.inf, math.nan], label="lr = 9"))
    assert legend(ax) == ["lr = 9 (∞ from 2 on)"]


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([1.0, 0.5, math.nan, 0.2, math.inf, 0.1], "(nan at 2, ∞ at 4)"),
        ([math.nan, 1.0], "(nan at 0)"),
        ([1.0, -math.inf, 1.0, math.nan], "(−∞ at 1, nan at 3)"),
        ([1.0, math.nan], "(nan from 1 on)"),
        ([math.nan, math.nan], "(nan from 0 on)"),
        ([1.0, *[math.nan] * 4, 2.0], "(nan at 1, nan at 2, nan at 3, nan at 4)"),
        ([math.nan, 1.0] * 1_000, "(nan 1,000 times, first at 0)"),
        ([1.0, math.inf, math.nan] * 2 + [1.0] + [math.nan], "(∞ or nan 5 times, first at 1)"),
    ],
)  # fmt: skip
def test_the_legend_says_which_losses_have_no_point(losses: list[float], said: str) -> None:
    assert legend(drawn(plots.plot_losses(losses))) == [said]
    named = drawn(plots.plot_losses({"a": losses, "b": [1.0]}))
    assert legend(named) == [f"a {said}", "b"]


@pytest.mark.parametrize("between", [math.nan, math.inf])
def test_a_long_run_shows_points_that_no_line_reaches(between: float) -> None:
    """Matplotlib draws lines between neighbours, so a point without one would be invisible."""
    (lone,) = plots.plot_losses([*[1.0] * 99, between, 0.5, between, 0.2, 0.1]).lines
    (joined,) = plots.plot_losses([*[1.0] * 99, between, 0.2, 0.1]).lines
    assert lone.get_marker() == "."
    assert np.flatnonzero(np.asarray(lone.get_markevery())).tolist() == [100]
    assert joined.get_marker() in ("", "None")


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("name", [n for n in TRIED if n not in ("empty", "spaces")])
def test_hard_names_are_shown_unchanged(name: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph|Matplotlib currently")
        assert len(legend(drawn(plots.plot_losses({HARD[name]: [2, 1]})))) == 1


@pytest.mark.parametrize("name", [r"$\frac$", "$", "_hidden", "a_b^c", r"\$x$"])
def test_names_that_mean_something_to_matplotlib_are_shown(name: str) -> None:
    ax = drawn(plots.plot_losses({name: [2, 1]}))
    (shown,) = legend(ax)
    assert shown.replace(r"\$", "$").strip() == name


@pytest.mark.parametrize(
    ("given", "options", "error", "said"),
    [
        ([], {}, ValueError, "there is nothing to plot: losses is empty"),
        ({}, {}, ValueError, "there is nothing to plot: losses is empty"),
        ({"a": [1.0], "b": []}, {}, ValueError, r"nothing to plot: losses\['b'\] is empty"),
        (1.0, {}, TypeError, "expected losses to be a list of numbers or Values, got float: 1.0"),
        (Value(1.0), {}, TypeError, "expected losses to be a list of numbers or Values, got Value"),
        ("123", {}, TypeError, "expected losses to be a list of numbers or Values, got str: '123'"),
        ([1.0, "2"], {}, TypeError, r"expected losses\[1\] to be a number, got str: '2'"),
        ([[1.0], [2.0]], {}, TypeError, r"expected losses\[0\] to be a number, got list: \[1.0\]"),
        ({"a": None}, {}, TypeError, r"expected losses\['a'\] to be a list .* got NoneType"),
        ({"a": [1.0]}, {"label": "b"}, ValueError, "no label with several runs"),
        ([0.0, -1.0], {"log": True}, ValueError, "expected a loss above 0 for a logarithmic scale"),
    ],
)
def test_losses_that_make_no_curve_are_refused(
    given: Any, options: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        plots.plot_losses(given, **options)
    assert not plt.get_fignums()


# ── decision boundaries ──────────────────────────────────────────────────────────────────────


def boundary_of(ax: Axes) -> NDArray[Any]:
    """The points of the lines between the classes."""
    paths = [path for lines in ax.collections for path in lines.get_paths()]
    return np.concatenate([path.vertices for path in paths])


def shades_of(ax: Axes) -> NDArray[Any]:
    """The colours of the plane, by row from the bottom, by column, and red, green, blue, alpha."""
    (image,) = ax.images
    return np.asarray(image.get_array())


def test_each_class_has_its_colour_and_its_marker() -> None:
    ax = plots.plot_decision_boundary(lambda x: x[0], POINTS, LABELS, resolution=3)
    low, high = ax.lines
    assert legend(ax) == ["y = −1", "y = 1"]
    assert np.array_equal(low.get_xydata(), POINTS[:3])
    assert np.array_equal(high.get_xydata(), POINTS[3:])
    assert low.get_color() != high.get_color() and low.get_marker() != high.get_marker()


def test_the_line_is_where_the_score_is_zero() -> None:
    ax = plots.plot_decision_boundary(lambda x: x[0] + 2.0 * x[1] - 3.0, POINTS, LABELS)
    x, y = boundary_of(ax).T
    np.testing.assert_allclose(x + 2 * y, 3.0, atol=1e-9)


def test_probabilities_divide_at_a_half() -> None:
    ax = plots.plot_decision_boundary(
        lambda x: (x[0] - 1.5).sigmoid(), POINTS, LABELS, boundary=0.5, resolution=30
    )
    np.testing.assert_allclose(boundary_of(ax)[:, 0], 1.5, atol=0.01)


def test_the_side_of_a_high_score_has_the_colour_of_the_higher_class() -> None:
    ax = plots.plot_decision_boundary(lambda _: 7.0, POINTS, LABELS, resolution=3)
    assert not ax.collections
    for colour in shades_of(ax)[..., :3].reshape(-1, 3):
        assert mpl.colors.same_color(tuple(colour), ax.lines[1].get_color())


def three_outputs(x: list[Value]) -> list[Value]:
    return [-4.0 * x[0], 0.0 * x[0], 4.0 * x[0] - 8.0]


THREE = [3, 5, 5, 9]  # divided by x1 = 0 and x1 = 2


def test_with_an_output_for_each_class_the_largest_is_predicted() -> None:
    points = [[-1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [3.0, 1.0]]
    ax = drawn(plots.plot_decision_boundary(three_outputs, points, THREE))
    assert legend(ax) == ["y = 3", "y = 5", "y = 9"]
    assert len({line.get_marker() for line in ax.lines}) == 3
    x = boundary_of(ax)[:, 0]
    np.testing.assert_allclose(np.minimum(np.abs(x), np.abs(x - 2.0)), 0.0, atol=0.02)
    assert x.min() < 0.5 and x.max() > 1.5  # both lines
    left, middle, right = shades_of(ax)[0, [0, 39, -1], :3]
    for colour, line in zip((left, middle, right), ax.lines, strict=True):
        assert mpl.colors.same_color(tuple(colour), line.get_color())


@pytest.mark.parametrize("classes", [3, 10])
def test_the_legend_of_many_classes_is_beside_the_points(classes: int) -> None:
    angles = [2 * math.pi * k / classes for k in range(classes)]
    corners = [(math.cos(angle), math.sin(angle)) for angle in angles]
    ax = plots.plot_decision_boundary(
        lambda x: [x[0] * a + x[1] * b for a, b in corners], corners, range(classes)
    )
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    assert legend is not None
    extent = legend.get_window_extent()
    assert extent.overlaps(ax.get_window_extent()) == (classes == 3)
    assert ax.figure.bbox.containsx(extent.x1), "and is not cut off"


def test_the_colour_is_stronger_where_the_class_is_more_probable() -> None:
    row = shades_of(plots.plot_decision_boundary(lambda x: 9.0 * x[0] - 9.0, POINTS, LABELS))[0]
    strength = row[:, 3]
    half = len(strength) // 2
    assert (np.diff(strength[:half]) < 0.0).all() and (np.diff(strength[half:]) > 0.0).all()
    assert strength.max() > 3.5 * strength.min()


def test_outputs_and_the_probabilities_made_of_them_draw_the_same() -> None:
    both = [lambda x: x[0] - 0.9, lambda x: (x[0] - 0.9).sigmoid()]
    one, other = (
        plots.plot_decision_boundary(f, POINTS, LABELS, boundary=at, resolution=9)
        for f, at in zip(both, (0.0, 0.5), strict=True)
    )
    np.testing.assert_allclose(shades_of(other), shades_of(one), rtol=1e-12)
    several = plots.plot_decision_boundary(
        lambda x: autograd.softmax([0.0 * x[0], x[0] - 0.9]), POINTS, LABELS, resolution=9
    )
    np.testing.assert_allclose(shades_of(several), shades_of(one), rtol=1e-12)
    for ax in (other, several):
        np.testing.assert_allclose(boundary_of(ax), boundary_of(one), rtol=1e-9)


def test_a_model_and_its_program_of_several_outputs_draw_the_same() -> None:
    xs = [Value(0.0, "x1"), Value(0.0, "x2")]
    program = autograd.compile(three_outputs(xs), params=[], inputs=xs)
    eager, compiled = (
        plots.plot_decision_boundary(each, POINTS, THREE, resolution=9)
        for each in (three_outputs, program)
    )
    np.testing.assert_allclose(shades_of(compiled), shades_of(eager), rtol=1e-12)


def test_a_model_and_its_program_draw_the_same_line() -> None:
    model = nn.MLP(2, [4, 1], activation="tanh", seed=3)
    x1, x2 = Value(0.0, "x1"), Value(0.0, "x2")
    score = model([x1, x2])
    both: list[Any] = [
        model,
        autograd.compile(score, params=model.parameters(), inputs=[x1, x2]),
        autograd.compile([score], params=model.parameters(), inputs=[x1, x2]),
    ]
    shift = float(np.mean([model(point).data for point in POINTS]))
    eager, *programs = (
        boundary_of(
            plots.plot_decision_boundary(each, POINTS, LABELS, resolution=20, boundary=shift)
        )
        for each in both
    )
    for compiled in programs:
        np.testing.assert_allclose(compiled, eager, rtol=1e-9, atol=1e-9)


def test_the_model_does_not_change() -> None:
    model = nn.MLP(2, [2, 1], seed=0)
    model(POINTS[0]).backward()
    before = [(p.data, p.grad) for p in model.parameters()]
    plots.plot_decision_boundary(model, POINTS, LABELS, resolution=3)
    assert [(p.data, p.grad) for p in model.parameters()] == before


def test_points_and_labels_may_be_lists_arrays_or_values() -> None:
    given: list[tuple[Any, Any]] = [
        (np.array(POINTS), np.array(LABELS)),
        ([[Value(a), Value(b)] for a, b in POINTS], [Value(label) for label in LABELS]),
        (POINTS, [label > 0 for label in LABELS]),
    ]
    for X, y in given:  # noqa: N806
        ax = plots.plot_decision_boundary(lambda x: [x[0]], X, y, resolution=3)
        assert [np.asarray(line.get_xydata()).shape for line in ax.lines] == [(3, 2), (1, 2)]


def test_where_the_score_is_nan_the_plane_has_no_colour() -> None:
    ax = plots.plot_decision_boundary(lambda x: x[0].log() - 0.1, POINTS, LABELS)
    drawn(ax)
    known = np.linspace(*ax.get_xlim(), len(shades_of(ax))) > 0.0
    assert ((shades_of(ax)[..., 3] > 0.0) == known).all()
    assert boundary_of(ax)[:, 0] == pytest.approx(math.exp(0.1), abs=0.05)


def of_three_inputs() -> Any:
    xs = [Value(1.0, name) for name in ("x1", "x2", "y")]
    return autograd.compile(xs[0] + xs[1] + xs[2], params=[], inputs=xs)


def of_three_outputs() -> Any:
    xs = [Value(1.0, name) for name in ("x1", "x2")]
    return autograd.compile([*xs, xs[0]], params=[], inputs=xs)


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"model": 3}, TypeError, "a function of a list of two Values, or a program, got int: 3"),
        (
            {"model": lambda x: [*x, 0.0]},
            ValueError,
            "expected 1 or 2 outputs of the model, for 2 classes, got 3",
        ),
        (
            {"model": of_three_outputs},
            ValueError,
            "expected 1 or 2 outputs of the model, for 2 classes, got 3",
        ),
        (
            {"y": [0, 1, 2, 2]},
            ValueError,
            "expected 3 outputs of the model, for 3 classes, got 1",
        ),
        (
            {"model": lambda _: None},
            TypeError,
            r"expected model\(\[x1, x2\]\)\[0\] .* got NoneType: None",
        ),
        (
            {"model": lambda _: "high"},
            TypeError,
            r"expected model\(\[x1, x2\]\)\[0\] .* got str: 'high'",
        ),
        ({"model": lambda _: math.nan}, ValueError, "got nan everywhere"),
        ({"model": of_three_inputs}, ValueError, "expected 3 columns, one for each .* got 2"),
        ({"X": []}, ValueError, "nothing to plot: X is empty"),
        ({"X": 3}, TypeError, "expected X to be a list of points .x1, x2., got int: 3"),
        ({"X": [[1.0, 2.0, 3.0]] * 4}, ValueError, r"X\[0\] to have length 2, got length 3"),
        ({"X": np.array(POINTS).T}, ValueError, r"X\[0\] to have length 2, got length 4"),
        ({"X": [[1.0, math.nan]] * 4}, ValueError, r"X\[0\] to be finite, got \[1.0, nan\]"),
        ({"X": [["a", "b"]] * 4}, TypeError, r"X\[0\]\[0\] to be a number, got str: 'a'"),
        ({"y": [1, -1]}, ValueError, "expected 4 labels in y, one per point, got 2"),
        ({"y": [1, 1, 1, 1]}, ValueError, r"expected two classes or more in y, got \[1.0\]"),
        ({"y": [1, 1, 1, math.nan]}, ValueError, r"two classes or more in y, got \[1.0, nan\]"),
        ({"resolution": 1}, ValueError, "resolution to be a whole number, at least 2, got 1"),
        ({"boundary": None}, TypeError, "expected boundary to be a number, got NoneType: None"),
    ],
)
def test_arguments_that_make_no_boundary_are_refused(
    changed: dict[str, Any], error: type[Exception], said: str
) -> None:
    given: dict[str, Any] = {"model": lambda x: x[0], "X": POINTS, "y": LABELS, "resolution": 3}
    if changed.get("model") in (of_three_inputs, of_three_outputs):
        # Only now: whoever looks for tests should not wait until the machine is built.
        changed = {"model": changed["model"]()}
    with pytest.raises(error, match=said):
        plots.plot_decision_boundary(**(given | changed))
    assert not plt.get_fignums()


# ── embeddings ───────────────────────────────────────────────────────────────────────────────


def table_of(ax: Axes) -> Axes:
    (table,) = [other for other in ax.figure.axes if other.images]
    return table


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def tips(ax: Axes) -> NDArray[Any]:
    """Where the arrows end."""
    points = [line for line in ax.lines if line.get_marker() == "o"]
    return np.concatenate([np.asarray(line.get_xydata()) for line in points])


def test_two_dimensions_are_shown_unchanged() -> None:
    vectors = {"king": [3.0, 1.0], "queen": [2.0, 3.0]}
    ax = drawn(plots.plot_embeddings(vectors))
    assert words(ax) == ["king", "queen"]
    assert tips(ax).tolist() == list(vectors.values())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("dimension 0", "dimension 1")
    assert ax.get_aspect() == 1.0


def test_similarities_are_the_cosines_of_the_whole_vectors() -> None:
    ax = drawn(plots.plot_embeddings(CAT_AND_DOG))
    table = table_of(ax)
    image = np.asarray(table.images[0].get_array())
    assert image[0, 1] == pytest.approx(0.9924730876224214, rel=1e-12)
    assert words(table) == ["1", "0.992", "0.992", "1"]
    assert table.get_title() == "cosine similarity"
    assert [tick.get_text() for tick in table.get_yticklabels()] == ["cat", "dog"]


def test_more_dimensions_are_projected_and_the_axes_say_so() -> None:
    ax = plots.plot_embeddings(CAT_AND_DOG)
    assert ax.get_xlabel() == "direction 1 of 3: 99.6 %"
    assert ax.get_ylabel() == "direction 2 of 3: 0.354 %"


def test_two_words_keep_their_lengths_and_their_angle_in_the_projection() -> None:
    cat, dog = tips(plots.plot_embeddings(CAT_AND_DOG))
    true = np.array(list(CAT_AND_DOG.values()))
    assert np.hypot(*cat) == pytest.approx(np.linalg.norm(true[0]))
    assert np.hypot(*dog) == pytest.approx(np.linalg.norm(true[1]))
    assert cat @ dog == pytest.approx(0.295)


def test_in_a_projection_the_longest_arrow_points_right_whatever_the_sign_of_the_vectors() -> None:
    for sign in (1.0, -1.0):
        vectors = {word: [sign * x for x in v] for word, v in CAT_AND_DOG.items()}
        assert (tips(plots.plot_embeddings(vectors))[:, 0] > 0.4).all()


def test_the_projection_keeps_as_much_of_the_lengths_as_a_plane_can() -> None:
    embedding = nn.Embedding(6, 5, seed=0)
    places = tips(plots.plot_embeddings(embedding))
    matrix = np.array([[v.data for v in row] for row in embedding.rows])
    best = np.linalg.svd(matrix, compute_uv=False)[:2] ** 2
    assert (places**2).sum() == pytest.approx(best.sum())


def test_an_embedding_is_labelled_with_its_words_or_its_numbers() -> None:
    assert words(plots.plot_embeddings(nn.Embedding(["a", "b"], 2, seed=0))) == ["a", "b"]
    assert words(plots.plot_embeddings(nn.Embedding(3, 2, seed=0))) == ["0", "1", "2"]


def test_tokens_choose_which_and_in_which_order() -> None:
    embedding = nn.Embedding(["a", "b", "c"], 2, seed=0)
    ax = plots.plot_embeddings(embedding, tokens=["c", "a"])
    assert words(ax) == ["c", "a"]
    expected = [[v.data for v in embedding(word)] for word in ("c", "a")]
    assert tips(ax).tolist() == expected


def test_names_stay_within_the_axes() -> None:
    rng = np.random.default_rng(0)
    vectors = {f"a long word {k}": rng.normal(size=2).tolist() for k in range(12)}
    ax = drawn(plots.plot_embeddings(vectors))
    frame = ax.get_window_extent().padded(2.0)
    for text in filter(Text.get_text, ax.texts):
        box = Text.get_window_extent(text)
        assert frame.contains(box.x0, box.y0) and frame.contains(box.x1, box.y1)


def test_each_name_has_a_line_to_its_point() -> None:
    ax = plots.plot_embeddings({f"word{k}": [1.0, 1.0 + 0.1 * k] for k in range(12)})
    lines = [np.asarray(line.get_xydata()) for line in ax.lines if line.get_marker() == "None"]
    assert [line[1].tolist() for line in lines] == [pytest.approx(tip) for tip in tips(ax)]
    for line, text in zip(lines, filter(Text.get_text, ax.texts), strict=True):
        near = Text.get_window_extent(text).padded(4.0)
        assert near.contains(*ax.transData.transform(line[0]))


@pytest.mark.parametrize("similarities", [True, False])
@pytest.mark.parametrize("dimensions", [2, 5])
@pytest.mark.parametrize("word", ["word", "a long word "])
def test_thirty_names_do_not_cover_each_other(
    word: str, dimensions: int, similarities: bool
) -> None:
    rng = np.random.default_rng(0)
    vectors = {f"{word}{k}": rng.normal(size=dimensions).tolist() for k in range(30)}
    ax = drawn(plots.plot_embeddings(vectors, similarities=similarities))
    boxes = [Text.get_window_extent(text) for text in ax.texts]  # without the line to its point
    assert len(boxes) == 30
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_without_similarities_there_are_only_the_arrows() -> None:
    ax = plots.plot_embeddings(CAT_AND_DOG, similarities=False)
    assert ax.figure.axes == [ax]


@pytest.mark.parametrize("layout", [None, "tight", "constrained"])
def test_arrows_and_similarities_share_the_place_of_the_axes(layout: Any) -> None:
    figure, (left, right) = plt.subplots(1, 2, layout=layout, figsize=(14, 4))
    plots.plot_losses([2, 1], ax=left)
    plots.plot_embeddings(CAT_AND_DOG, ax=right)
    figure.canvas.draw()
    boxes = [axes.get_window_extent().extents for axes in (left, right, table_of(right))]
    for (_, _, end, _), (start, _, _, _) in pairwise(boxes):
        assert end < start


def test_axes_outside_a_grid_are_divided_too() -> None:
    ax = plt.figure().add_axes((0.1, 0.1, 0.8, 0.8))
    drawn(plots.plot_embeddings(CAT_AND_DOG, ax=ax))
    assert ax.get_position().x1 < table_of(ax).get_position().x0


def test_a_vector_of_zeros_is_similar_to_nothing() -> None:
    ax = drawn(plots.plot_embeddings({"a": [1.0, 0.0], "none": [0.0, 0.0]}))
    assert words(table_of(ax)) == ["1", "–", "–", "–"]


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_huge_and_tiny_vectors_have_their_similarity(scale: float) -> None:
    vectors = {word: [scale * x for x in v] for word, v in CAT_AND_DOG.items()}
    ax = plots.plot_embeddings(vectors)
    assert words(table_of(ax))[1] == "0.992"


@pytest.mark.parametrize("count", [1, 4, 12, 40])
@pytest.mark.slow
def test_one_word_or_many_can_be_drawn_in_one_dimension_or_more(count: int) -> None:
    for dimensions in (1, 2, 7):
        ax = drawn(plots.plot_embeddings(nn.Embedding(count, dimensions, seed=0)))
        assert len(words(ax)) == count


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("name", [n for n in TRIED if n not in ("empty", "spaces")])
def test_hard_words_are_drawn(name: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph|Matplotlib currently")
        drawn(plots.plot_embeddings({HARD[name]: [1.0, 2.0], "$x_{": [0.0, 1.0]}))


@pytest.mark.parametrize(
    ("given", "tokens", "error", "said"),
    [
        ([[1.0]], None, TypeError, "expected an nn.Embedding or a dict .* got list"),
        ({}, None, ValueError, "nothing to plot: embedding is empty"),
        ({"a": [1.0]}, [], ValueError, "nothing to plot: embedding is empty"),
        ({"a": []}, None, ValueError, r"nothing to plot: embedding\['a'\] is empty"),
        (
            {"a": [1.0], "b": [1.0, 2.0]},
            None,
            ValueError,
            r"expected embedding\['b'\] to have length 1, got length 2",
        ),
        ({"a": 1.0}, None, TypeError, r"expected embedding\['a'\] to be a list .* got float"),
        (
            {"a": [math.inf, 0.0]},
            None,
            ValueError,
            r"expected embedding\['a'\] to be finite, got \[inf, 0.0\]",
        ),
        (CAT_AND_DOG, "cat", TypeError, "expected tokens to be a list, got str: 'cat'"),
        (CAT_AND_DOG, ["cow"], KeyError, "no token 'cow' in this embedding of 'cat', 'dog'"),
        (
            nn.Embedding(61, 1, seed=0),
            None,
            ValueError,
            "expected at most 60 words, got 61; choose some with tokens=",
        ),
    ],
)
def test_embeddings_that_cannot_be_drawn_are_refused(
    given: Any, tokens: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        plots.plot_embeddings(given, tokens=tokens)
    assert not plt.get_fignums()


@pytest.mark.parametrize(("similarities", "share"), [(True, 1.7), (False, 1.0)])
def test_a_new_figure_has_room_for_the_similarities(similarities: bool, share: float) -> None:
    width, height = plt.rcParams["figure.figsize"]
    plots.plot_embeddings(CAT_AND_DOG, similarities=similarities)
    assert plt.gcf().get_size_inches().tolist() == pytest.approx([share * width, height])
