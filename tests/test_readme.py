"""The README stays short, its code runs, and its code prints what the comments say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^```sh\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_it_stays_short_enough_to_read() -> None:
    assert len(README.splitlines()) <= 160
    assert len(README.split()) <= 1300


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_of_code_runs(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    printed = capsys.readouterr().out.splitlines()
    shown = re.findall(r"^print\(.*?# (.*)$", code, flags=re.MULTILINE)
    for comment, line in zip(shown, printed[: len(shown)], strict=True):
        if comment.startswith("below "):
            assert float(line) < float(comment.removeprefix("below "))
        else:
            assert line == comment


def test_the_two_commands_install_and_render_then_test() -> None:
    assert len(BLOCKS) == 4
    assert "python3 -m venv .venv" in COMMANDS[0] and COMMANDS[0].endswith("-m viz\n")
    assert ".[test]" in COMMANDS[1] and COMMANDS[1].endswith("pytest\n")


def test_the_program_prints_the_listing_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = [block for block in BLOCKS if ".listing()" in block]
    (shown,) = re.findall(r"^```text\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out == shown


def test_every_linked_file_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 5
    for link in links:
        assert (Path(__file__).parents[1] / link).exists(), link
