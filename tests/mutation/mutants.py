"""The mutants that `mutmut` writes: where they are, what they change, what came of them.

`mutmut` keeps them in the folder `mutants`, which is a copy of the project whose functions have all
their mutants beside them, and their verdicts in files that end in ``.meta``. Verdicts are kept
there too, so that `mutmut browse` and `mutmut show` work, and a function that has changed since is
tried anew. `mutmut` has no command that only writes mutants; so this uses what its own does.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, walk_source_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

from .table import TableMutant, table_mutants

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path("mutants")
PACKAGES = ("autograd", "nn", "viz")
KILLED, TIMEOUT, SURVIVED, UNREACHED = 1, 36, 0, 33  # as mutmut writes them


TABLE = FOLDER / "table.json"


@dataclass(frozen=True)
class Mutant:
    name: str
    path: Path
    edit: TableMutant | None = None
    """Where it stands in the table of operations and not in a function."""

    @property
    def function(self) -> str:
        """The function that it is a mutant of, as mutmut spells it."""
        return str(mangled_name_from_mutant_name(self.name))

    @property
    def package(self) -> str:
        return self.name.split(".", 1)[0]

    def change(self) -> list[str]:
        """The lines that differ, beginning with ``-`` and ``+``."""
        if self.edit:
            return [f"-{self.edit.before}", f"+{self.edit.after}"]
        lines = get_diff_for_mutant(self.name, path=self.path).splitlines()
        return [line for line in lines if line[:1] in ("-", "+") and line[:3] not in ("---", "+++")]


def write() -> None:
    """Write the mutants of all functions that have changed; copy the tests as they are now."""
    set_mutant_under_test("mutant_generation")
    FOLDER.mkdir(exist_ok=True)
    shutil.rmtree(FOLDER / "tests", ignore_errors=True)
    copy_src_dir()
    copy_also_copy_files()
    for package in PACKAGES:
        for file in Path(package).rglob("*"):
            if file.is_file() and file.suffix not in (".py", ".pyc"):
                shutil.copy2(file, FOLDER / file)
    with contextlib.redirect_stdout(io.StringIO()):
        mutmut.create_mutants(os.cpu_count() or 1)


def known() -> dict[Mutant, int | None]:
    """Every mutant, and what came of it; None if nothing yet."""
    found: dict[Mutant, int | None] = {}
    for data in _files():
        for name, code in data.exit_code_by_key.items():
            found[Mutant(name, Path(data.path))] = code
    kept = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    for edit in table_mutants():
        found[Mutant(edit.name, Path("autograd/ops.py"), edit)] = kept.get(_key(edit))
    return found


def keep(found: dict[Mutant, int]) -> None:
    """Write verdicts down: where mutmut has its own, and those of the table beside them."""
    codes = {mutant.name: code for mutant, code in found.items()}
    for data in _files():
        new = {name: codes[name] for name in data.exit_code_by_key if name in codes}
        if new:
            data.exit_code_by_key.update(new)
            data.save()
    kept = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    kept |= {_key(m.edit): code for m, code in found.items() if m.edit}
    TABLE.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def _key(edit: TableMutant) -> str:
    return f"{edit.row} {edit.place}: {edit.before} -> {edit.after}"


def _files() -> Iterator[SourceFileMutationData]:
    for path in sorted(walk_source_files()):
        if config().should_mutate(path) and Path(f"{FOLDER / path}.meta").exists():
            data = SourceFileMutationData(path=path)
            data.load()
            yield data
