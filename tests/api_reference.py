"""The API reference, made of the docstrings: ``python -m tests.api_reference [FOLDER]``.

A folder for each version, ``build/api/0.1.0/`` say, and beside them an index of the versions that
are there; so references of old versions stay where they are when a new one is made. What pdoc
warns of (a docstring that it cannot read, a name that leads nowhere) is an error here.
"""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from html import escape
from importlib.metadata import version
from pathlib import Path

from autograd import Value, ops
from viz.palette import INK, PAPER, QUIET

__all__ = ["write"]

PACKAGES = "autograd", "autograd.program", "autograd.program.program", "nn", "viz", "viz.plots"
FOLDER = Path(__file__).parents[1] / "build" / "api"
INDEX = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>glassgrad: API reference</title>
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem;
       color: {INK}; background: {PAPER} }}
li:first-child::after {{ content: " · the newest"; color: {QUIET} }}
</style>
<h1>glassgrad: API reference</h1>
<ul>
VERSIONS
</ul>
</html>
"""


def write(folder: Path, release: str) -> Path:
    """Write the reference of the packages as they are imported here; the folder it is in.

    Raises:
        RuntimeError: a public name is missing from it.
        UserWarning: pdoc had something to say against a docstring.
    """
    import pdoc  # of the extra `docs`, which those who run the tests need not have
    from pdoc.render import configure

    # "Arguments:" and "Raises:" are headings of lists in that format.
    configure(docformat="google", footer_text=f"glassgrad {release}", search=True, math=False)
    here = folder / release
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        pdoc.pdoc(*PACKAGES, output_directory=here)
    _check(here)
    releases = [path.name for path in folder.iterdir() if (path / "index.html").is_file()]
    releases.sort(key=lambda name: [int(n) for n in re.findall(r"\d+", name)], reverse=True)
    links = [f'<li><a href="{escape(r)}/index.html">{escape(r)}</a>' for r in releases]
    (folder / "index.html").write_text(
        INDEX.replace("VERSIONS", "\n".join(links)), encoding="utf-8"
    )
    return here


def _check(here: Path) -> None:
    """See that every public name is there, and every method that Value has from the table."""
    for name in PACKAGES:
        page = (here / f"{name.replace('.', '/')}.html").read_text("utf-8")
        wanted = list(importlib.import_module(name).__all__)
        if name == "autograd":
            methods = (row.name for row in ops.OPERATIONS)
            wanted += [f"Value.{method}" for method in methods if method in vars(Value)]
        missing = [part for part in wanted if f'id="{part}"' not in page]
        if missing:
            raise RuntimeError(f"not in the reference of {name}: {', '.join(missing)}")


if __name__ == "__main__":
    made = write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, version("glassgrad"))
    print(made / "index.html")
