"""The worked examples, each built once for all tests of a process: the last trains for seconds."""

from __future__ import annotations

from functools import cache

from viz.course.example import Example, Lesson, Progress
from viz.course.examples import LESSONS, build

NAMES = [lesson.name for lesson in LESSONS]


@cache
def built(name: str) -> Example:
    return build(name)


def chapters(*names: str) -> list[tuple[Lesson, Example]]:
    return [(each, built(each.name)) for each in LESSONS if not names or each.name in names]


def prepared(name: str, progress: Progress | None = None) -> Example:
    """In the place of `build`, for tests that are about something else."""
    return built(name)
