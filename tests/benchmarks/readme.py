"""The README's tables, put in the place of those from the last run.

A table stands between ``<!-- benchmark: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .figures import Table


def replaced(text: str, tables: Mapping[str, Table]) -> str:
    """The text with these tables in their places; notes stay what they are in the text."""
    for name, table in tables.items():
        place = re.compile(rf"(<!-- benchmark: {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        new = str(table._replace(title="", note="")).replace("\\", r"\\")
        text = place.sub(rf"\1\n{new}\n\2", text)
    return text


def replace(path: Path, tables: Mapping[str, Table]) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(replaced(text, tables), encoding="utf-8")
