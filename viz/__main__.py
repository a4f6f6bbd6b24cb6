"""``python -m viz``: render the worked examples, check their figures and write the gallery.

The step-through pages go beside the pictures.
"""

from __future__ import annotations

import argparse
import sys
import time
import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .course.example import Example, Lesson
from .course.examples import LESSONS, build
from .course.gallery import page, pictures, steps_file, training_file
from .course.pages import page_writer
from .pictures.files import write_file
from .pictures.render import FORMATS, RenderError
from .pictures.text import quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd import Value

    from .course.pages import Links, PageWriter

__all__ = ["main"]

FEW = 3  # lessons whose pages are written in this process


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 if every figure is as expected."""
    for stream in (sys.stdout, sys.stderr):  # a terminal without − or “ shows ? instead
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    asked = _parser().parse_args(arguments)
    if asked.list:
        for lesson in LESSONS:
            print(f"{lesson.number:2}  {lesson.name:<22}  {lesson.caption}")
        return 0
    names = {lesson.name for lesson in LESSONS}
    for name in asked.only or ():
        if name not in names:
            return _fail(f"there is no example {name!r}; `python -m viz --list` lists them all", 2)
    lessons = [lesson for lesson in LESSONS if not asked.only or lesson.name in asked.only]
    index = asked.out / "index.html"
    try:
        chapters = _render(lessons, asked.out, asked.format, asked.steps)
        write_file(index, page(chapters, asked.format, steps=asked.steps), "the gallery")
    except KeyboardInterrupt:
        return _fail("\nstopped; the pictures drawn so far are written, index.html is not", 130)
    except RenderError as error:
        return _fail(f"\n{error}")
    except OSError as error:
        where, why = error.filename or asked.out, error.strerror or error
        return _fail(f"\ncannot write to {where}: {why}; choose another folder with --out")
    wrong = _report_wrong_figures(chapters)
    made = quantity(sum(len(example.scenes) for _, example in chapters), "picture")
    if asked.steps:
        pages = sum(len(_step_pages(*chapter)) for chapter in chapters)
        made += f" and {quantity(pages, 'step-through page')}"
    print(f"\nWrote {made} for {quantity(len(chapters), 'example')}. Open {index}")
    if asked.open:
        webbrowser.open(index.resolve().as_uri())
    return 1 if wrong else 0


def _fail(message: str, code: int = 1) -> int:
    print(message, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m viz",
        description="Render the worked examples, check their figures and write the gallery.",
    )
    parser.add_argument("--list", action="store_true", help="list the examples and exit")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="render only this example; may be repeated"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("renders"), metavar="DIR", help="default: renders/"
    )
    parser.add_argument("--format", choices=FORMATS, default="svg", help="default: svg")
    parser.add_argument(
        "--no-steps", dest="steps", action="store_false", help="write no step-through pages"
    )
    parser.add_argument("--open", action="store_true", help="open the gallery in a browser")
    return parser


def _render(
    lessons: Sequence[Lesson], out: Path, kind: str, steps: bool
) -> list[tuple[Lesson, Example]]:
    """Compute and save the examples, and print a row of a table after each."""
    out.mkdir(parents=True, exist_ok=True)
    report = partial(_report_progress, "step-through pages:")
    with page_writer(report, alone=len(lessons) <= FEW) as write:
        chapters = _render_all(lessons, out, kind, steps, write)
    _report("")
    return chapters


def _render_all(
    lessons: Sequence[Lesson], out: Path, kind: str, steps: bool, write: PageWriter
) -> list[tuple[Lesson, Example]]:
    print(f"{'':2}  {'example':<22}  {'pictures':>8}  {'pages':>5}  {'figures':>7}  {'seconds':>7}")
    chapters = []
    for lesson, following in zip(lessons, [*lessons[1:], None], strict=True):
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
        for i, (file, losses) in enumerate(pages, start=1):
            _report(f"{row}  {len(example.scenes):>8}  {i:>5}")
            write(losses, title, _links(lesson, following), out / file)
        wrong = sum(not figure.agrees for figure in example.figures)
        verdict = f"  {wrong} WRONG" if wrong else "  ok"
        _report("")
        print(
            f"{row}  {len(example.scenes):>8}  {len(pages):>5}  {len(example.figures):>7}"
            f"  {time.perf_counter() - start:>7.2f}{verdict}",
            flush=True,
        )
        chapters.append((lesson, example))
    return chapters


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


def _links(lesson: Lesson, following: Lesson | None) -> Links:
    """What a page of steps leads to: its lesson in the gallery, and the next one."""
    links = [(f"Back to lesson {lesson.number}", f"index.html#{lesson.name}")]
    if following is not None:
        title = f"Lesson {following.number}: {following.title}"
        links.append((title, f"index.html#{following.name}"))
    return links


def _report(line: str) -> None:
    """Show progress on the current line of a terminal, and nothing in a file."""
    if sys.stdout.isatty():
        print(f"\r{line:<60}\r", end="", flush=True)


def _report_progress(row: str, done: int, of: int) -> None:
    _report(f"{row}  {done} of {of}")


def _report_wrong_figures(chapters: Sequence[tuple[Lesson, Example]]) -> int:
    """Print the figures that are not as expected, and count them."""
    wrong = [
        f"{lesson.name}: expected {figure.name} to be {figure.expected!r}, got {figure.value!r}"
        for lesson, example in chapters
        for figure in example.figures
        if not figure.agrees
    ]
    for line in wrong:
        print(line, file=sys.stderr)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
