"""What `viz` shows, kept as text: `python -m tests.kept` renews it.

Each folder of texts belongs to the module of its name: `pages` (pages of steps), `sources`
(pictures), `plotted` (plots). The pictures of the worked examples are in `notebooks/renders`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from viz.__main__ import main
from viz.course.gallery import pictures

from . import pages, plotted, refusals, sources
from .built import chapters

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GIVEN", "HERE", "RENDERS", "RENEW", "TEXTS", "renew"]

HERE = Path(__file__).parent
RENDERS = HERE.parents[1] / "notebooks" / "renders"
GIVEN = HERE / "pages" / "drawn_by_graphviz.svg"
"""Kept so that what the page makes of it does not depend on the release of Graphviz."""
RENEW = "if this change is meant, run python -m tests.kept"


def _draw_for_the_page() -> str:
    return pages.draw_with(GIVEN.read_text("utf-8"))[1]


TEXTS: dict[Path, Callable[[], str]] = {
    **{HERE / "pages" / f"{name}.txt": partial(pages.describe, name) for name in pages.PAGES},
    HERE / "pages" / "drawn_for_the_page.svg": _draw_for_the_page,
    **{HERE / "sources" / f"{name}.dot": partial(sources.dot, name) for name in sources.PICTURES},
    **{HERE / "plotted" / f"{name}.txt": partial(plotted.told, name) for name in plotted.PLOTS},
    HERE / "refusals.txt": refusals.text,
}


def renew() -> None:
    """Write all texts and pictures again."""
    for file in (GIVEN, *TEXTS):
        text = pages.draw_with()[0] if file == GIVEN else TEXTS[file]()
        file.write_text(text, encoding="utf-8", newline="\n")
    for kind in ("dot", "svg"):
        assert main(["--no-steps", "--out", str(RENDERS), "--format", kind]) == 0
    for lesson, example in chapters():
        for scene in example.scenes:
            for name, picture in pictures(lesson, scene, "svg").items():
                # Still: with the viewer they would be three times as large.
                (RENDERS / name).write_text(picture.svg, encoding="utf-8", newline="\n")
