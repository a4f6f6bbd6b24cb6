"""DetachedWarning: code that loses a gradient warns once for each line; other code does not."""

from __future__ import annotations

import cmath
import logging
import math
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import DetachedWarning, Value, no_grad

ROOT = Path(__file__).parents[2]

LOSING: list[Callable[[Any], Any]] = [
    float,
    int,
    complex,
    round,
    lambda v: round(v, 2),
    math.exp,
    math.floor,
    math.ceil,
    math.trunc,
    lambda v: np.floor(np.array([v, v])),
    math.isnan,
    lambda v: math.pow(v, 2),
    lambda v: math.fsum([v, v]),
    lambda v: cmath.sqrt(v),
    lambda v: statistics.fmean([v, v]),
    np.float64,
    np.float32,
    lambda v: np.array([v, v], dtype=float),
    lambda v: np.array([v, v]).astype(np.float64),
    lambda v: np.zeros(2).fill(v),
]


@pytest.mark.parametrize("lose", LOSING)
def test_a_value_that_becomes_a_plain_number_warns(lose: Callable[[Any], Any]) -> None:
    w = Value(2.0)
    for v in (w, nn.Parameter(2.0), w * 1.0):
        with pytest.warns(DetachedWarning, match=r"Write v\.data .* v\.exp\(\) instead of math"):
            lose(v)


def test_math_exp_loses_a_gradient_that_the_method_keeps() -> None:
    """d(w·eʷ)/dw = (1 + w)·eʷ, which is 3e² at 2; with eʷ taken as a constant it is e²."""
    w = Value(2.0)
    with pytest.warns(DetachedWarning):
        (w * math.exp(w)).backward()
    assert w.grad == math.exp(2.0)
    w.zero_grad()
    (w * w.exp()).backward()
    assert math.isclose(w.grad, 3 * math.exp(2.0), rel_tol=1e-15)


def test_adding_into_an_array_of_floats_warns() -> None:
    k, sums = Value(2.0), np.zeros(1)
    with pytest.warns(DetachedWarning):
        sums[0] += k * 3.0
    assert sums[0] == 6.0


def test_it_warns_once_for_each_line_and_names_the_line() -> None:
    v = Value(2.0) * 3
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            math.exp(v)
            math.log(v)
    assert len(caught) == 2
    assert {Path(warning.filename).name for warning in caught} == {Path(__file__).name}
    assert caught[1].lineno == caught[0].lineno + 1


def test_the_warning_is_shown_by_default() -> None:
    code = "import math, autograd\nv = autograd.Value(2.0)\nfor _ in range(3): math.exp(v)\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.count("DetachedWarning") == 1
    assert "<string>:3:" in done.stderr


@pytest.mark.parametrize(
    "ask",
    [
        lambda v: np.full(2, v, dtype=float),
        lambda v: np.interp(v, [0.0, 9.0], [0.0, 9.0]),
        lambda v: np.add.at(np.zeros(2), [0], v),
        lambda v: statistics.fmean([v]),
        lambda v: sum(map(float, [v])),
    ],
)
def test_if_a_library_converts_the_value_the_warning_names_the_line_that_called_it(
    ask: Callable[[Any], Any],
) -> None:
    with pytest.warns(DetachedWarning) as caught:
        ask(Value(2.0))
    assert {warning.filename for warning in caught} == {__file__}


def test_it_warns_even_if_there_is_no_line_of_user_code() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.warns(DetachedWarning):
        assert list(pool.map(float, [Value(2.0)])) == [2.0]


def test_it_warns_even_if_no_python_code_is_running() -> None:
    code = "import atexit, autograd; atexit.register(float, autograd.Value(2.0))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def in_place(text: str, v: Any) -> str:
    text %= v
    return text


def silent(v: Any) -> list[Any]:
    """Formatting, comparing, printing: none of them computes with the number."""
    logging.getLogger("silent").warning("%.3f", v)
    return [
        f"{v:.3f}", f"{v}", f"{v!r}",
        format(v, "e"), "%.4f" % v, "%d" % v,
        "%s %g" % (v, v), in_place("%.1f", v), "{:.1f}".format(v), str(v),
        v < 3, v >= 1.0, max(v, 1.0), sorted([v, v]), v.data, np.array([v, v]), np.array([v]) > 1,
        sum([v, v]),
    ]  # fmt: skip


def test_comparing_and_formatting_do_not_warn() -> None:
    w = Value(2.0)
    for v in (w, nn.Parameter(2.0), w * 1.0):
        silent(v)


def test_a_value_without_a_gradient_to_lose_does_not_warn() -> None:
    w = Value(2.0)
    with no_grad():
        unrecorded = w * 3
        assert (float(w), float(w * 2), round(w), math.exp(w)) == (2.0, 4.0, 2, math.exp(2.0))
    assert float(unrecorded) == 6.0
    for role in ("input", "target", "constant"):
        assert int(Value(3.0, role=role)) == 3


def test_the_warning_can_be_turned_into_an_error() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DetachedWarning)
        with pytest.raises(DetachedWarning):
            float(Value(1.0))
