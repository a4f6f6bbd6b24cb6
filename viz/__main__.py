"""``python -m viz``: render every worked example, check its figures, and write the gallery.

The pages that step through the examples go beside the pictures.
"""

from __future__ import annotations

import argparse
import sys
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from .course.example import Example, Lesson
from .course.examples import LESSONS, build
from .course.gallery import file_name, page, steps_file, training_file
from .pictures.files import written
from .pictures.render import FORMATS, RenderError
from .stepping.steps import step_through

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd import Value

__all__ = ["main"]

DIGITS = 6  # of the numbers on a page of steps; the figures of the examples are told by as many


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is the exit code: 0 if all went well and every figure agrees."""
    for stream in (sys.stdout, sys.stderr):  # a terminal without − or “ shows ? and goes on
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
            print(
                f"no example is called {name!r}; `python -m viz --list` names them all",
                file=sys.stderr,
            )
            return 2
    lessons = [lesson for lesson in LESSONS if not asked.only or lesson.name in asked.only]
    try:
        chapters = _rendered(lessons, asked.out, asked.format, asked.steps)
        index = asked.out / "index.html"
        html = page(chapters, asked.format, steps=asked.steps)
        written(index, html, "the gallery")
    except KeyboardInterrupt:
        print(
            "\nstopped; the pictures drawn so far are in place, index.html is not", file=sys.stderr
        )
        return 130
    except RenderError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = error.filename or asked.out
        print(
            f"\ncannot write to {where}: {error.strerror or error}; "
            "choose another folder with --out",
            file=sys.stderr,
        )
        return 1
    wrong = _departures(chapters)
    pictures = sum(len(example.scenes) for _, example in chapters)
    pages = sum(len(_walks(*chapter)) for chapter in chapters) if asked.steps else 0
    made = f"{_count(pictures, 'picture')}" + (
        f" and {_count(pages, 'page')} of steps" if pages else ""
    )
    examples = "one example" if len(chapters) == 1 else f"{len(chapters)} examples"
    print(f"\n{made} of {examples}: open {index}")
    if asked.open:
        webbrowser.open(index.resolve().as_uri())
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m viz",
        description="Render the worked examples, check their figures, write the gallery.",
    )
    parser.add_argument("--list", action="store_true", help="name the examples and stop")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="this example alone; may be repeated"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("renders"), metavar="DIR", help="default: renders/"
    )
    parser.add_argument("--format", choices=FORMATS, default="svg", help="default: svg")
    parser.add_argument(
        "--no-steps",
        dest="steps",
        action="store_false",
        help="pictures alone, without the pages that step through them",
    )
    parser.add_argument("--open", action="store_true", help="open the gallery in a browser")
    return parser


def _rendered(
    lessons: Sequence[Lesson], out: Path, kind: str, steps: bool
) -> list[tuple[Lesson, Example]]:
    """Build and save each example, one row of the table as soon as it is done."""
    out.mkdir(parents=True, exist_ok=True)
    print(f"{'':2}  {'example':<22}  {'pictures':>8}  {'pages':>5}  {'figures':>7}  {'seconds':>7}")
    chapters = []
    for lesson in lessons:
        start = time.perf_counter()
        row = f"{lesson.number:2}  {lesson.name:<22}"
        example = build(lesson.name, _Progress(row))
        for i, scene in enumerate(example.scenes, start=1):
            _report(f"{row}  {i:>8}")
            scene.picture.save(out / file_name(lesson, scene, kind))
        walks = _walks(lesson, example) if steps else []
        title = f"{lesson.number}. {lesson.title}"
        for i, (file, losses) in enumerate(walks, start=1):
            _report(f"{row}  {len(example.scenes):>8}  {i:>5}")
            step_through(losses, digits=DIGITS, title=title).save(out / file)
        wrong = sum(not figure.agrees for figure in example.figures)
        verdict = f"  {wrong} DEPART" if wrong else "  ok"
        _report("")
        print(
            f"{row}  {len(example.scenes):>8}  {len(walks):>5}  {len(example.figures):>7}"
            f"  {time.perf_counter() - start:>7.2f}{verdict}",
            flush=True,
        )
        chapters.append((lesson, example))
    return chapters


def _walks(lesson: Lesson, example: Example) -> list[tuple[str, Value | Sequence[Value]]]:
    """The pages that step through an example: their file names, and what they show."""
    walks: list[tuple[str, Value | Sequence[Value]]] = [
        (steps_file(lesson, scene), scene.loss)
        for scene in example.scenes
        if scene.loss is not None
    ]
    if example.training:
        walks.append((training_file(lesson), example.training))
    return walks


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _report(line: str) -> None:
    """Progress on the terminal's current line; nothing where the output goes to a file."""
    if sys.stdout.isatty():
        print(f"\r{line:<60}\r", end="", flush=True)


class _Progress:
    """Shows how far a long example has come."""

    def __init__(self, row: str) -> None:
        self.row = row

    def __call__(self, done: int, of: int) -> None:
        _report(f"{self.row}  {done} of {of}")


def _departures(chapters: Sequence[tuple[Lesson, Example]]) -> int:
    wrong = 0
    for lesson, example in chapters:
        for figure in example.figures:
            if not figure.agrees:
                wrong += 1
                print(
                    f"{lesson.name}: {figure.name} is {figure.value!r}, and should be "
                    f"{figure.expected!r}",
                    file=sys.stderr,
                )
    return wrong


if __name__ == "__main__":
    sys.exit(main())
