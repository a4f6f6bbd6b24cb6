"""Keep the compiled machine on disk, so that it is built once and not in every process.

Numba's own cache writes into the package's folder, where files stay behind after an uninstall, and
fails if a file is damaged or cannot be written. Here each compiled function is one file in the
user's cache folder. Its name contains a checksum of everything the function depends on, and its
first bytes are a checksum of the rest: a damaged file counts as missing. The machine also works
without the cache, but is then built in every process.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy as np
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from autograd.files import find_cache_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEEP", "Cache", "announce_build", "cache_folder", "seal"]

KEEP = 64
"""How many files the folder may hold. The largest is the machine's, well below 1 MB."""
_NOTICE = (
    "autograd.compile: building the machine for this processor; this happens once and takes a "
    "minute or two ..."
)

_APART = {"function", "javascript"}  # packages of the compiler that the machine is not built from
_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path | None:
    """The folder for compiled functions; None if the user has no cache folder.

    It is in ``NUMBA_CACHE_DIR`` if that is set; otherwise in the user's cache folder.
    """
    if numba.config.CACHE_DIR:
        return Path(numba.config.CACHE_DIR) / "glassgrad"
    return find_cache_folder()


@cache
def announce_build() -> None:
    """Say, once, that building takes its time."""
    with contextlib.suppress(OSError, ValueError):  # stderr may be closed
        print(_NOTICE, file=sys.stderr, flush=True)


@cache
def _sources() -> bytes:
    """The source code that the machine is built from: the compiler and the table."""
    compiler = Path(__file__).parents[1]  # machine/, and all that it imports
    rows = sorted((compiler.parent / "ops").glob("*.py"))
    forward = [compiler.parent / name for name in ("ieee.py", "special.py", "pairs.py")]
    own = [file for file in sorted(compiler.rglob("*.py")) if _APART.isdisjoint(file.parts)]
    files = [*own, *rows, *forward]
    return b"".join([file.read_bytes() for file in files])


class Cache(NullCache):  # type: ignore[misc]  # numba is untyped
    """The compiled forms of one function. Numba loads from it before compiling, and saves after.

    Arguments:
        name: the function's name.
        build: called when no form was found, just before numba builds one.
    """

    def __init__(self, name: str, build: Callable[[], None] = lambda: None) -> None:
        self._name = name
        self._build = build
        self._problem = ""

    def load_overload(self, signature: Any, context: Any) -> Any:
        """The compiled form for this signature, or None if it has to be built."""
        rtsys.initialize(context)  # the symbols that the compiled form refers to
        with contextlib.suppress(Exception):  # whatever is wrong with the file, build again
            path = self._path(signature, context.codegen())
            data = path.read_bytes()
            if data == seal(payload := data[_DIGEST:]):
                form = CompileResult._rebuild(context, *pickle.loads(payload))
                with contextlib.suppress(OSError):
                    path.touch()  # so that files in use are among the newest
                return form
        self._build()
        return None

    def save_overload(self, signature: Any, form: Any) -> None:
        """Write a compiled form to disk; `warn` reports it if that fails."""
        try:
            path = self._path(signature, form.codegen)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(path, seal(dumps(_slim(form))))
            _remove_oldest(path.parent)
        except Exception as error:  # whatever is wrong with the disk, the form itself works
            self._problem = str(error)

    def warn(self) -> None:
        """Warn once if a compiled form could not be saved."""
        problem, self._problem = self._problem, ""
        if problem:
            warnings.warn(
                f"the compiled machine cannot be saved to disk ({problem}), so every process that "
                "compiles a program has to build it, which takes a minute or two. Set "
                "NUMBA_CACHE_DIR to a writable folder.",
                RuntimeWarning,
                stacklevel=2,
            )

    def _path(self, signature: Any, codegen: Any) -> Path:
        folder = cache_folder()
        if folder is None:
            raise FileNotFoundError("this user has no cache folder")
        config = numba.config
        made_from = (
            self._name, str(signature), codegen.magic_tuple(), sys.version, numba.__version__,
            llvmlite.__version__, np.__version__, config.OPT, config.BOUNDSCHECK,
        )  # fmt: skip
        checksum = hashlib.sha256(repr(made_from).encode() + _sources()).hexdigest()
        return folder / f"{self._name}-{checksum}.nbc"


def _slim(form: Any) -> tuple[Any, ...]:
    """The parts to save of a compiled form: machine code, without the bitcode it was made from.

    Numba keeps the bitcode so that other functions can inline this one, and parses it each time it
    loads the function. Only Python calls ours. What numba looks for in the bitcode is the name of
    the function that Python calls, so that is all that is left in it.
    """
    (name, kind, (machine_code, _)), description, *others = form._reduce()
    entry = f'define void @"{description.llvm_cpython_wrapper_name}"() {{ ret void }}'
    bitcode = llvm.parse_assembly(entry).as_bitcode()
    return (name, kind, (machine_code, bitcode)), description, *others


def seal(payload: bytes) -> bytes:
    """The contents of a file: the payload, preceded by its checksum."""
    return hashlib.sha256(payload).digest() + payload


def _remove_oldest(folder: Path) -> None:
    with contextlib.suppress(OSError):  # another process may be removing the same files
        kept = sorted(folder.glob("*.nbc"), key=lambda file: file.stat().st_mtime)
        for old in kept[:-KEEP]:
            old.unlink(missing_ok=True)
