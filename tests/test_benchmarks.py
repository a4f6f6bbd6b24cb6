"""The parts of the benchmark work; its figures are not asserted."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ET
from itertools import islice
from pathlib import Path

import pytest

import autograd
from tests.benchmarks import figures, patterns
from tests.benchmarks.bars import Bar, draw_bars
from tests.benchmarks.engine import difference
from tests.benchmarks.patterns_compiled import REWRITTEN
from tests.benchmarks.patterns_engines import Patterns
from tests.benchmarks.probes import answers, glassgrad
from tests.benchmarks.probes.questions import ENGINES, all_keys
from tests.benchmarks.probes.run import answer
from tests.benchmarks.worker import Data
from tests.micrograd.run import PATTERNS, steps_of

HERE = Path(__file__).parent
PROBES = HERE / "benchmarks" / "probes"
# These take seconds, or need the peers' environment.
LONG = {"million", "same_picture", "listing", "compiles", "follows", "rows", "exports"}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(2.0, "2.00 s"), (0.9996, "1.00 s"), (0.0123, "12.3 ms"), (7.4e-6, "7.40 µs"), (0.0, "0 ns")],
)
def test_a_duration_has_three_digits_and_a_unit(seconds: float, told: str) -> None:
    assert figures.duration(seconds) == told


def test_a_table_is_markdown() -> None:
    table = figures.Table("Title", [("", "a"), ("row", "1|2")], "note")
    lines = ["Title", "", "|     |    a |", "| --- | ---: |", "| row | 1\\|2 |", "", "note"]
    assert str(table).splitlines() == lines


def test_a_picture_of_bars_is_xml_and_grows_with_the_logarithm() -> None:
    bars = [Bar("<slow>", 1.0, "1 s", "10 ×", "peer"), Bar("quick", 0.1, "100 ms", "", "ours")]
    root = ET.fromstring(draw_bars(bars, title="a & b", subtitle="s", footnote="f"))
    widths = [float(r.get("width", "")) for r in root.findall(".//{*}rect") if r.get("class")]
    assert widths[0] > widths[1] > 0.0


def test_a_difference_is_relative_and_keeps_nan() -> None:
    ours = {"value": 2.0, "gradient": [0.0, 4.0]}
    assert difference(ours, {"value": 2.0, "gradient": [0.0, 5.0]}) == 0.25
    assert not difference(ours, {"value": 2.0, "gradient": [float("nan"), 4.0]}) <= 1e9


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_is_asked_every_question(engine: str) -> None:
    tree = ast.parse((PROBES / f"{engine}.py").read_text(encoding="utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(all_keys()) <= there


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(set(all_keys()) - LONG))
def test_a_probe_of_ours_answers(key: str) -> None:
    mark, note = answer(getattr(glassgrad, key))
    assert mark in ("yes", "partly", "no")
    assert "not tried" not in note


def test_exceptions_are_answers() -> None:
    def wrong() -> None:
        answers.close(1.0, 2.0)

    def broken() -> None:
        raise ValueError("first line\nsecond line")

    assert answer(wrong) == ("no", "gave 1, not 2")
    assert answer(broken) == ("no", "ValueError: first line")
    assert answer(lambda: answers.absent("autograd", "^backward_pass_of_nobody$"))[0] == "no"
    assert "not tried" in answer(lambda: answers.absent("autograd", "^softmax$"))[1]


def test_the_table_of_patterns_has_a_row_for_each_and_programs_but_for_drawing() -> None:
    assert set(patterns.NEVER) == {"draw_dot"}
    assert set(patterns.REWRITTEN) == {*REWRITTEN, "gpt"} < set(PATTERNS)
    times = {"micrograd": 0.03, "glassgrad": 0.01}
    compiled = {"program": 0.001, "compiling": 0.5}
    found = {name: times | ({} if name in patterns.NEVER else compiled) for name in PATTERNS}
    (table,) = patterns.tables(found)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows[PATTERNS["draw_dot"]] == ("30.0 ms", "10.0 ms", "3.0", "", "", "")
    assert rows[PATTERNS["iris"]] == ("30.0 ms", "10.0 ms", "3.0", "1.00 ms", "30.0", "500 ms")
    assert len(rows) == len(PATTERNS) + 1


@pytest.mark.slow
def test_a_program_of_a_pattern_is_the_second_step() -> None:
    step = Patterns(Data([], [], [])).program("xor")
    losses = [step.run() for _ in range(3)]
    assert losses == sorted(losses, reverse=True)
    _, (loss, _) = islice(steps_of("xor"), 2)
    assert losses[0] == pytest.approx(loss.data, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", REWRITTEN)
def test_a_rewritten_pattern_has_the_loss_and_the_gradient_of_the_original(name: str) -> None:
    steps = steps_of(name)
    _, params = next(steps)
    before = [p.data for p in params]
    loss, params = next(steps)
    pattern = REWRITTEN[name]()
    program = autograd.compile(pattern.loss, pattern.params, shapes=pattern.shapes or None)
    value, gradient = program.value_and_grad(*next(pattern.batches), theta=before)
    assert value == pytest.approx(loss.data, rel=1e-12)
    assert pattern.clip(gradient) == pytest.approx([p.grad for p in params], rel=1e-9, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt", "regression"])
def test_a_compiled_step_trains(name: str) -> None:
    step = Patterns(Data([], [], [])).program(name)
    losses = [step.run() for _ in range(3000)]
    assert sum(losses[-300:]) < 0.9 * sum(losses[:300])
