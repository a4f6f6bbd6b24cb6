"""Keeps the compiled Graphviz on disk, so that it is compiled once and not in every process.

The file is in the user's cache folder. Its first bytes are a checksum of the rest, because the
runtime would run a damaged file. The runtime itself refuses files from another version of it or
another processor. If anything fails here, Graphviz is silently compiled instead. The runtime has a
cache of its own, but that starts threads, which a fork loses.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from autograd.files import find_cache_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wasmtime import Engine, Module

__all__ = ["load", "save"]

KEEP = 4
"""How many files the folder may hold; each is 3 MB."""

_CHECKSUM = 4  # bytes; a cryptographic one would take as long as all else that a picture needs


def load(runtime: Any, engine: Engine, wasm: bytes, settings: Mapping[str, int]) -> Module | None:
    """Load what `save` wrote; None if there is nothing that this runtime can use."""
    with suppress(Exception):  # whatever is wrong with the file, it can be compiled again
        path = _path(runtime, wasm, settings)
        data = path.read_bytes()
        if data == _seal(code := data[_CHECKSUM:]):
            module: Module = runtime.Module.deserialize(engine, code)
            with suppress(OSError):
                path.touch()  # so that files in use are among the newest
            return module
    return None


def save(runtime: Any, module: Module, wasm: bytes, settings: Mapping[str, int]) -> None:
    """Write a compiled module to disk if that is possible, and remove the oldest files."""
    with suppress(Exception):  # whatever is wrong with the disk, the module itself works
        path = _path(runtime, wasm, settings)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, _seal(bytes(module.serialize())))
        kept = sorted(path.parent.glob("graphviz-*"), key=lambda file: file.stat().st_mtime)
        for old in kept[:-KEEP]:
            old.unlink(missing_ok=True)


def _path(runtime: Any, wasm: bytes, settings: Mapping[str, int]) -> Path:
    folder = find_cache_folder()
    if folder is None:
        raise FileNotFoundError("this user has no cache folder")
    # Each installed runtime has its own file, so that none overwrites another's.
    runs_with = crc32(repr((runtime.__file__, sorted(settings.items()))).encode())
    return folder / f"graphviz-{runs_with:08x}-{crc32(wasm):08x}-{len(wasm)}.cwasm"


def _seal(code: bytes) -> bytes:
    return crc32(code).to_bytes(_CHECKSUM, "little") + code
