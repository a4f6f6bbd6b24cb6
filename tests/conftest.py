"""Settings for all tests, and a summary of what the proofs of gradients found (`test_proof`).

The summary cannot move to a conftest beside `test_proof`: where tests are spread over processes,
the one that writes the summary loads this file only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import settings

from tests.thorough import examples

if TYPE_CHECKING:
    import pytest

PROOF = "proof of gradients"

settings.register_profile("glassgrad", max_examples=examples(100, 20))
settings.load_profile("glassgrad")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found: list[Any] = [
        figures
        for report in terminalreporter.getreports("passed")
        for name, figures in report.user_properties
        if name == PROOF
    ]
    if found:
        terminalreporter.section(PROOF)
        for line in summarise(found):
            terminalreporter.write_line(line)


def summarise(found: list[dict[str, Any]]) -> list[str]:
    """The figures of all tests in one: the sums of counts, the maxima of errors."""
    graphs, numbers, compared = (
        sum(figures[what] for figures in found) for what in ("graphs", "numbers", "compared")
    )
    kinds = sorted({kind for figures in found for kind in figures["relative"]})

    def worst(what: str, kind: str) -> float:
        return max(float(figures[what].get(kind, 0.0)) for figures in found)

    return [
        f"{graphs} graphs, up to {max(figures['depth'] for figures in found)} deep",
        f"{numbers} numbers; {compared / numbers:.1%} of them have enough digits to be compared "
        "relative to their size, too",
        *(
            f"{kind + ':':32} worst relative error {worst('relative', kind):.1e}, "
            f"{worst('roundings', kind):.1f} times its bound"
            for kind in kinds
        ),
    ]
