"""Writes the step-through pages of the gallery in another process, beside the pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from typing import TYPE_CHECKING, TypeAlias

from ..stepping.steps import step_through

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from autograd import Value

    from .example import Progress

__all__ = ["Links", "PageWriter", "page_writer"]

Links: TypeAlias = list[tuple[str, str]]
PageWriter: TypeAlias = "Callable[[Value | Sequence[Value], str, Links, Path], object]"
"""Writes a page: what to step through, its title, what it links to, and the file."""


@contextmanager
def page_writer(report: Progress, *, alone: bool) -> Iterator[PageWriter]:
    """Make a function that writes pages.

    It writes them in another process: that takes about as long as all other work of the gallery.
    On leaving, all pages are written, or the error of the first that failed is raised.

    Arguments:
        report: called on leaving, with the pages done so far and all pages.
        alone: write them in this process; for few pages, starting another takes longer.
    """
    if alone or (os.cpu_count() or 1) < 2:
        yield _write_page
        return
    pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_ignore_interrupts)
    written: list[Future[None]] = []
    try:
        yield lambda *page: written.append(pool.submit(_write_page, *page))
        for done, each in enumerate(written):
            report(done, len(written))
            each.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _write_page(losses: Value | Sequence[Value], title: str, links: Links, path: Path) -> None:
    step_through(losses, title=title, links=links).save(path)


def _ignore_interrupts() -> None:
    signal(SIGINT, SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the first one reports it
