"""``python -m viz``: render the worked examples, check their figures and write the gallery.

The pages to step through and to change numbers in go beside the pictures.
"""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from autograd import engines

from .course.examples import LESSONS
from .course.gallery import join
from .course.rendering import render
from .pictures.files import write_file
from .pictures.render import FORMATS, RenderError
from .pictures.text import quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


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
        rendered = render(lessons, asked.out, asked.format, asked.steps)
        chapters = [each.chapter for each in rendered]
        write_file(index, join(chapters, steps=asked.steps), "the gallery")
    except KeyboardInterrupt:
        return _fail("\nstopped; the pictures drawn so far are written, index.html is not", 130)
    except RenderError as error:
        return _fail(f"\n{error}")
    except OSError as error:
        where, why = error.filename or asked.out, error.strerror or error
        return _fail(f"\ncannot write to {where}: {why}; choose another folder with --out")
    wrong = [line for each in rendered for line in each.wrong]
    for line in wrong:
        print(line, file=sys.stderr)
    made = quantity(sum(each.pictures for each in rendered), "picture")
    if asked.steps:
        made += f" and {quantity(sum(each.pages for each in rendered), 'page')}"
    print(f"\nWrote {made} for {quantity(len(rendered), 'example')}. Open {index}")
    chosen = engines.native or "GLASSGRAD_PURE" in engines.why_not
    if sys.stderr.isatty() and not chosen:  # a hint for people
        print(
            "The engine runs on Python. Where pip finds a C compiler, it builds one that is "
            f"several times as fast; here {engines.why_not}.",
            file=sys.stderr,
        )
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
        "--no-steps", dest="steps", action="store_false", help="write pictures only, no pages"
    )
    parser.add_argument("--open", action="store_true", help="open the gallery in a browser")
    return parser


if __name__ == "__main__":
    sys.exit(main())
