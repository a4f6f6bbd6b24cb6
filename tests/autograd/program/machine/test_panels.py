"""Panels of rows get places in memory that do not overlap while both are needed."""

from __future__ import annotations

import random

import pytest

from autograd.program.machine.memory import WIDTH
from autograd.program.machine.panels import Panels


def random_panels(seed: int, *, tallest: int) -> tuple[Panels, list[tuple[int, int, int]]]:
    """Panels, and from when to when each is needed."""
    rng = random.Random(seed)
    panels, needed = Panels(), []
    live: dict[int, int] = {}
    for time in range(120):
        if live and rng.random() < 0.45:
            panel = rng.choice(list(live))
            panels.free(panel)
            needed.append((panel, live.pop(panel), time))
        elif rng.random() < 0.1:
            panel = panels.fixed()
            panels.widen(panel, rng.randint(1, tallest))
            needed.append((panel, 0, 120))
        else:
            live[panels.new(rng.randint(1, tallest))] = time
    needed += [(panel, begin, 120) for panel, begin in live.items()]
    return panels, needed


@pytest.mark.parametrize("tallest", [1, 9])
@pytest.mark.parametrize("numbers", [1, 2, 3, WIDTH, 3 * WIDTH])
def test_panels_that_are_needed_at_one_time_do_not_overlap(tallest: int, numbers: int) -> None:
    for seed in range(20):
        panels, needed = random_panels(seed, tallest=tallest)
        at, end = panels.place(numbers)
        # A vector that begins in the last row of a panel ends where it ends, at most.
        sizes = [(rows - 1) * numbers + -(-numbers // WIDTH) * WIDTH for rows in panels.rows]
        for panel, begin, stop in needed:
            assert 0 <= at[panel] <= end - sizes[panel]
            for other, other_begin, other_stop in needed:
                if panel < other and begin < other_stop and other_begin < stop:
                    apart = at[panel] + sizes[panel] <= at[other]
                    assert apart or at[other] + sizes[other] <= at[panel]


def test_room_is_used_again() -> None:
    """Two panels that meet make room for a larger one."""
    panels = Panels()
    first, second = panels.new(3), panels.new(4)
    panels.new(1)
    panels.free(first)
    panels.free(second)
    large = panels.new(7)
    at, end = panels.place(WIDTH)
    assert at[large] == at[first]
    assert end == 8 * WIDTH


def test_the_memory_of_single_rows_is_used_last_in_first_out() -> None:
    panels = Panels()
    a, b = panels.new(1), panels.new(1)
    panels.free(a)
    panels.free(b)
    c, d = panels.new(1), panels.new(1)
    at, end = panels.place(2 * WIDTH)
    assert [at[c], at[d]] == [at[b], at[a]]
    assert end == 4 * WIDTH
