"""Write the API reference from the docstrings: ``python -m tests.api_reference [FOLDER]``.

Each version has a folder, ``build/api/0.1.0/`` for example, and an index lists them all: the
references of old versions stay. pdoc's warnings (a docstring that it cannot read, a link that leads
nowhere) are errors.
"""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from html import escape
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from viz.pictures.palette import INK, PAPER, QUIET

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
FRONT = """{% extends "default/index.html.jinja2" %}
{% block title %}glassgrad RELEASE{% endblock %}
{% block logo %}
<h1>glassgrad RELEASE</h1> <p style="margin: 0 2rem"><a href="../index.html">all versions</a></p>
{% endblock %}
"""
"""The first page of a version: our title in place of pdoc's logo."""


def write(folder: Path, release: str) -> Path:
    """Write the reference of the packages that Python imports here, and return its folder.

    Raises:
        RuntimeError: a public name is missing from the reference.
        UserWarning: pdoc objects to a docstring.
    """
    import pdoc  # from the extra `docs`, which the tests do not need
    from pdoc.render import configure

    here = folder / release
    for kind in _classes():
        _hand_down(kind)
    with TemporaryDirectory() as templates, warnings.catch_warnings():
        front = Path(templates) / "index.html.jinja2"
        front.write_text(FRONT.replace("RELEASE", release), encoding="utf-8")
        configure(
            docformat="google",  # this style has headings "Arguments:" and "Raises:"
            footer_text=f"glassgrad {release}",
            template_directory=front.parent,
        )
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


def _classes() -> list[type]:
    named = [getattr(importlib.import_module(m), n) for m in PACKAGES for n in _public(m)]
    return [thing for thing in named if isinstance(thing, type)]


def _public(module: str) -> list[str]:
    return list(importlib.import_module(module).__all__)


def _hand_down(kind: type) -> None:
    """Give a class the members that it inherits from private bases.

    pdoc leaves out private bases with all their members: `SGD` would have no `step`.
    """
    for base in kind.__mro__[1:]:
        if base.__name__.startswith("_"):
            for name, member in vars(base).items():
                if not name.startswith("_") and name not in vars(kind):
                    setattr(kind, name, member)


def _check(here: Path) -> None:
    """Check that every public name is there, with every public method and property of a class."""
    for name in PACKAGES:
        page = (here / f"{name.replace('.', '/')}.html").read_text("utf-8")
        wanted = _public(name)
        for kind in map(importlib.import_module(name).__dict__.get, _public(name)):
            if isinstance(kind, type):
                wanted += [
                    f"{kind.__name__}.{part}"
                    for part, member in vars(kind).items()
                    if not part.startswith("_") and (callable(member) or hasattr(member, "fget"))
                ]
        missing = [part for part in wanted if f'id="{part}"' not in page]
        if missing:
            raise RuntimeError(f"not in the reference of {name}: {', '.join(missing)}")


if __name__ == "__main__":
    made = write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, version("glassgrad"))
    print(made / "index.html")
