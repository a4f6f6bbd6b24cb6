"""Renders the worked examples to files, several at a time where there are several processors."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from signal import SIG_IGN, SIGINT, SIGTERM, signal
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, NamedTuple

from autograd import Value

from ..live.explore import explore
from ..stepping.steps import step_through
from .examples import LESSONS, build
from .gallery import Chapter, live_file, pictures, steps_file, training_file, write_chapter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .example import Example, Lesson

__all__ = ["Rendered", "render"]

FEW = 3  # lessons that are rendered in this process: starting others takes longer
MOST = 4  # processes; the last lesson takes as long as a third of the others
_BY_NAME = {lesson.name: lesson for lesson in LESSONS}


class Rendered(NamedTuple):
    """What is left to do with an example whose files are written."""

    row: str  # of the table
    chapter: Chapter
    pictures: int
    pages: int
    wrong: list[str]  # figures


def render(lessons: Sequence[Lesson], out: Path, kind: str, steps: bool) -> list[Rendered]:
    """Compute and save the examples, and print a row of a table after each.

    Arguments:
        lessons: their lessons, in the order of the table.
        out: the folder for pictures and pages.
        kind: the format of the pictures, one of `render.FORMATS`.
        steps: whether to write the pages, to step through and live.

    Raises:
        RenderError, OSError: a picture could not be drawn, or a file not written.
    """
    out.mkdir(parents=True, exist_ok=True)
    print(f"{'':2}  {'example':<22}  {'pictures':>8}  {'pages':>5}  {'figures':>7}  {'seconds':>7}")
    render_one = partial(_render_lesson, [lesson.name for lesson in lessons], out, kind, steps)
    processes = min(os.cpu_count() or 1, MOST) if len(lessons) > FEW else 1
    done = []
    with _map_over(processes) as map_over:
        for rendered in map_over(render_one, range(len(lessons))):
            _report("")
            print(rendered.row, flush=True)
            done.append(rendered)
            if processes > 1 and len(done) < len(lessons):
                _report(f"{lessons[len(done)].number:2}  {lessons[len(done)].name:<22}")
    return done


@contextmanager
def _map_over(processes: int) -> Iterator[Callable[..., Iterable[Rendered]]]:
    """Make a function like `map`, which calls in other processes if there are to be several.

    The last call is made first: the last lesson trains for seconds.
    """
    if processes == 1:
        yield map
        return
    own = set(active_children())
    pool = ProcessPoolExecutor(
        processes, get_context(_choose_start()), initializer=_prepare_to_stop
    )

    def map_over(call: Callable[[int], Rendered], numbers: range) -> Iterator[Rendered]:
        last = pool.submit(call, numbers[-1])
        others = [pool.submit(call, number) for number in numbers[:-1]]
        return (each.result() for each in [*others, last])

    try:
        yield map_over
    except BaseException:
        with _no_interrupt():
            for process in set(active_children()) - own:
                process.terminate()
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def _prepare_to_stop() -> None:
    """In a new process: leave Ctrl-C, which reaches all processes of a terminal, to the first one.

    That one says so and tells the others to stop: what they are doing ends in an exception, which
    also removes a file that is half written.
    """
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, lambda *_: sys.exit())


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Ignore a second Ctrl-C, which would leave processes behind that wait for work."""
    if current_thread() is not main_thread():  # Ctrl-C does not reach it
        yield
        return
    before = signal(SIGINT, SIG_IGN)
    try:
        yield
    finally:
        signal(SIGINT, before)


def _choose_start() -> str:
    """Choose how processes start: as copies of this one, which need no imports, if that is safe.

    A copy lacks the other threads of this process, and what they have locked stays locked. Python
    does not know of every thread, so the system is asked. Only Linux answers.
    """
    try:
        threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return "spawn"
    return "fork" if threads == 1 else "spawn"


def _render_lesson(
    names: Sequence[str], out: Path, kind: str, steps: bool, number: int
) -> Rendered:
    """Compute and save one example, the one of that number among the names."""
    lesson, *rest = [_BY_NAME[name] for name in names[number:]]
    start = time.perf_counter()
    row = f"{lesson.number:2}  {lesson.name:<22}"
    example = build(lesson.name, partial(_report_progress, row))
    for i, scene in enumerate(example.scenes, start=1):
        _report(f"{row}  {i:>8}")
        for file, picture in pictures(lesson, scene, kind).items():
            (out / file).parent.mkdir(exist_ok=True)
            picture.save(out / file)
    pages = _step_pages(lesson, example) if steps else []
    title = f"{lesson.number}. {lesson.title}"
    links = _links(lesson, rest[0] if rest else None)
    for i, (file, losses) in enumerate(pages, start=1):
        _report(f"{row}  {len(example.scenes):>8}  {i:>5}")
        step_through(losses, title=title, links=links).save(out / file)
    count = len(pages)
    if steps and example.live is not None:
        count += 1
        _report(f"{row}  {len(example.scenes):>8}  {count:>5}")
        make = partial(explore, example.live) if isinstance(example.live, Value) else example.live
        make(title=title, links=links).save(out / live_file(lesson))
    wrong = [figure for figure in example.figures if not figure.agrees]
    verdict = f"  {len(wrong)} WRONG" if wrong else "  ok"
    row += (
        f"  {len(example.scenes):>8}  {count:>5}  {len(example.figures):>7}"
        f"  {time.perf_counter() - start:>7.2f}{verdict}"
    )
    return Rendered(
        row,
        write_chapter(lesson, example, kind, steps=steps),
        len(example.scenes),
        count,
        [
            f"{lesson.name}: expected {figure.name} to be {figure.expected!r}, got {figure.value!r}"
            for figure in wrong
        ],
    )


def _step_pages(lesson: Lesson, example: Example) -> list[tuple[str, Value | Sequence[Value]]]:
    """The pages that step through an example: the name of each, and what it shows."""
    pages: list[tuple[str, Value | Sequence[Value]]] = [
        (steps_file(lesson, scene), scene.loss)
        for scene in example.scenes
        if scene.loss is not None
    ]
    if example.training:
        pages.append((training_file(lesson), example.training))
    return pages


def _links(lesson: Lesson, following: Lesson | None) -> list[tuple[str, str]]:
    """What a page of steps leads to: its lesson in the gallery, and the next one."""
    links = [(f"Back to lesson {lesson.number}", f"index.html#{lesson.name}")]
    if following is not None:
        title = f"Lesson {following.number}: {following.title}"
        links.append((title, f"index.html#{following.name}"))
    return links


def _report(line: str) -> None:
    """Show progress on the current line of a terminal, and nothing in a file."""
    if sys.stdout.isatty() and parent_process() is None:
        print(f"\r{line:<60}\r", end="", flush=True)


def _report_progress(row: str, done: int, of: int) -> None:
    _report(f"{row}  {done} of {of}")
