"""Every text can be printed on any console: our own words are ASCII, labels are escaped."""

from __future__ import annotations

import ast
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import autograd
from autograd import AnomalyError, Value, detect_anomaly, ops
from autograd.console import LONGEST, printable
from nn import MLP

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program

ROOT = Path(__file__).parents[2]
SOURCES = sorted(file for name in ("autograd", "nn", "viz") for file in (ROOT / name).rglob("*.py"))

encodings = pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8"])


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_errors_and_warnings_are_written_in_ascii(source: Path) -> None:
    """Printed texts, too: a console that cannot show a character would raise another error."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        speaks = isinstance(node, ast.Raise) or (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("warnings.warn", "print", "_report")
        )
        for part in ast.walk(node) if speaks else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                assert part.value.isascii(), f"line {part.lineno}: {part.value!r}"


def program_of(name: str) -> Program:
    """Many operations, means, a matrix, more names than are shown, and an unused parameter."""
    model, x, y = MLP(2, [3, 1], "tanh", seed=0), Value(1.0, name), Value(1.0, "y")
    unused = [Value(1.0, f"{name}{k}") for k in range(9)]
    out = model([x, y])
    assert isinstance(out, Value)
    loss = (out.gelu() - y).abs() + out.sqrt() * out.maximum(y) ** x
    return autograd.compile(loss, params=[*model.parameters(), *unused], inputs=[x, y])


def anomaly_of(name: str) -> AnomalyError:
    x = Value(-1.0, name)
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        x.log()
    return caught.value


def anomaly_of_a_gradient(name: str) -> AnomalyError:
    x = Value(0.0, name)
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        (x.sqrt() * 2.0).backward()
    return caught.value


def anomaly_of_a_derivative(name: str) -> AnomalyError:
    """A helper that occurs in recorded derivatives; pictures show it as aᵇ·ln a."""
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        ops.POW_LOG(Value(5.0), Value(500.0, name))
    assert "pow_log(5.0, " in str(caught.value)
    return caught.value


def anomaly_of_a_program(name: str) -> AnomalyError:
    x, w = Value(1.0, name), Value(1.0, "w")
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        autograd.compile(w * x.log(), params=[w], inputs=[x]).value_and_grad([1.0, -1.0])
    return caught.value


SAID: dict[str, Callable[[str], Any]] = {
    "listing": lambda name: program_of(name).listing(),
    "program": program_of,
    "value": lambda name: Value(1.0, name),
    "anomaly": anomaly_of,
    "anomaly of a gradient": anomaly_of_a_gradient,
    "anomaly of a derivative": anomaly_of_a_derivative,
    "anomaly of a program": anomaly_of_a_program,
}
said = pytest.mark.parametrize("say", SAID.values(), ids=SAID)


@encodings
@said
def test_every_text_can_be_printed_to_any_stream(say: Callable[[str], Any], encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print(say("w"), file=stream)


@encodings
@said
@pytest.mark.parametrize("name", ["η", "ŷ", "θ₁", "重み", "é", "🙂", "\ud800"])
def test_names_can_be_printed_to_standard_output(
    name: str, say: Callable[[str], Any], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escaped where it cannot show them; in full where it can."""
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding=encoding))
    print(say(name), flush=True)
    shown = name.encode(encoding, "backslashreplace").decode(encoding)
    assert shown in buffer.getvalue().decode(encoding).replace("\\\\", "\\")


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_without_an_encoding_nothing_is_escaped(
    stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    assert printable("η = 0.1") == "η = 0.1"


@pytest.mark.parametrize("row", ops.TABLE, ids=lambda row: row.name)
def test_every_operation_can_be_printed(row: ops.Op, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    print(row)


def test_text_shows_the_start_of_a_very_long_label() -> None:
    x, other = (Value(-1.0, f"{'x' * 20_000_000}{end}") for end in "ab")
    listing = autograd.compile(x * other, params=[x, other]).listing()
    start = "x" * (LONGEST - 3) + "..."
    assert repr(x) == f"Value(data=-1.0, grad=0.0, label='{start}')"
    assert f"L = {start}#0 * {start}#1" in listing, "their names differ nevertheless"
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        x.log()
    assert str(caught.value) == f"forward pass: log({start} = -1.0) gave nan"


def test_control_characters_in_labels_are_written_as_escapes() -> None:
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        Value(-1.0, "a\x1b[2J\n").log()
    assert str(caught.value) == r"forward pass: log(a\x1b[2J\n = -1.0) gave nan"
