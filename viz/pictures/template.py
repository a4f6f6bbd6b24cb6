"""Fills templates: HTML files in which ``{{name}}`` stands for a part."""

from __future__ import annotations

import re
from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["fill_template", "read_text"]


@cache
def read_text(package: str, name: str) -> str:
    """Read a text file that stands beside the modules of a package."""
    data = get_data(package, name)  # `importlib.resources` takes longer to import than all files
    assert data is not None
    return data.decode()


def fill_template(template: str, parts: Mapping[str, str]) -> str:
    """Replace every ``{{name}}`` by the part of that name.

    Parts are not filled in turn: a part that contains ``{{title}}`` keeps it.
    """
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)
