"""Errors of `viz` say what was expected, what they got and what to do, word for word as kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kept import RENEW
from .refusals import ATTEMPTS, refusal, text

KEPT = Path(__file__).with_name("refusals.txt").read_text("utf-8")


@pytest.mark.parametrize("name", ATTEMPTS)
def test_bad_input_is_refused_word_for_word(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"── {name}\n{refusal(ATTEMPTS[name])}\n" in KEPT, RENEW
    assert list(tmp_path.iterdir()) == []


def test_no_other_refusals_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert text() == KEPT, RENEW
