"""What the code shows, as texts that are kept, and compared with what it shows today.

`python -m tests.viz.kept` writes them anew; the difference to what was kept is what changed. Each
folder of them is the work of the module of its name: `told` (pages of steps), `sources` (pictures),
`plotted` (plots).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import plotted, sources, told

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
GIVEN = HERE / "told" / "drawn_by_graphviz.svg"
"""Kept so that what is made of it does not depend on the release of Graphviz."""


def _drawn_for_the_page() -> str:
    return told.drawn(GIVEN.read_text("utf-8"))[1]


TEXTS: dict[Path, Callable[[], str]] = {
    **{HERE / "told" / f"{name}.txt": partial(told.told, name) for name in told.PAGES},
    HERE / "told" / "drawn_for_the_page.svg": _drawn_for_the_page,
    **{HERE / "sources" / f"{name}.dot": partial(sources.dot, name) for name in sources.PICTURES},
    **{HERE / "plotted" / f"{name}.txt": partial(plotted.told, name) for name in plotted.PLOTS},
}


if __name__ == "__main__":
    for file in (GIVEN, *TEXTS):
        file.parent.mkdir(exist_ok=True)
        text = told.drawn()[0] if file == GIVEN else TEXTS[file]()
        file.write_text(text, encoding="utf-8", newline="\n")
