"""Answers of probes, and helpers that several share."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib.metadata
import importlib.util
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tests.benchmarks.environment import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LENGTH = 1_000_000  # the length of the long chain


class Partly(Exception):
    """Yes, with a limitation that the message names."""


class No(Exception):
    """No; the message says what happened."""


class NotApplicable(Exception):
    """The question does not apply to this engine; the message says why."""


class Late(Exception):
    """Time is up."""


def close(found: Any, expected: float, tolerance: float = 1e-9) -> None:
    """Fail if a number is wrong; infinities and nan must match exactly."""
    x = float(found)
    same = math.isnan(x) if math.isnan(expected) else x == expected
    if not (same or abs(x - expected) <= tolerance * abs(expected)):
        form = ".17g" if tolerance == 0.0 else ".6g"
        raise AssertionError(f"gave {x:{form}}, not {expected:{form}}")


def is_single(found: Any, expected: float) -> None:
    """As `close`, in single precision."""
    close(found, expected, 1e-5)


def absent(package: str, pattern: str) -> NoReturn:
    """Answer no if an installed package has no function, class or module with such a name.

    Names come from the package's source, or from its stubs if it is compiled. If there is a match,
    the probe is wrong: it should try what it found.
    """
    names = _names(package)
    found = sorted(name for name in names if re.search(pattern, name, re.IGNORECASE))
    if found:
        raise RuntimeError(f"not tried, though there is {', '.join(found[:5])}")
    raise No(f"none of its {len(names):,} names is like “{pattern.replace('|', '”, “')}”")


def meaningless_without(probe: Callable[[], object], reason: str) -> None:
    """Answer that a question does not apply if another was answered with no."""
    try:
        probe()
    except No as no:
        raise NotApplicable(reason) from no
    raise RuntimeError("not tried")


def _names(package: str) -> set[str]:
    spec = importlib.util.find_spec(package)
    assert spec and spec.submodule_search_locations
    names: set[str] = set()
    for folder in spec.submodule_search_locations:
        for path in Path(folder).rglob("*.py*"):
            if path.suffix not in (".py", ".pyi") or "test" in str(path.relative_to(folder)):
                continue
            names.add(path.stem)
            # At module level or in a class; nobody can call what is nested deeper.
            text = path.read_text(encoding="utf-8", errors="replace")
            names.update(re.findall(r"^(?: {2,4})?(?:def|class) (\w+)", text, re.MULTILINE))
    return {name for name in names if not name.startswith("_")}


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `Late` if the block takes more processor time."""

    def ring(*_: object) -> NoReturn:
        raise Late(f"not within {seconds:.0f} s")

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def without_collector(run: Callable[[], object]) -> None:
    """Fail if a graph leaves objects that only the garbage collector can free."""
    run()
    gc.collect()
    gc.disable()
    for _ in range(10):
        run()
    left = gc.collect()
    gc.enable()
    if left > 10:
        raise No(f"ten small graphs left {left:,} objects")


def same_in_other_processes(module: str) -> None:
    """Fail if `dot_source()` of a probe's module differs between two fresh processes."""
    launch = Path(__file__).resolve().parents[1] / "launch.py"
    ours = module.endswith(".glassgrad")
    start = ["-m"] if ours else [str(launch)]
    digests = set()
    for seed in ("1", "2"):
        command = [sys.executable, *start, "tests.benchmarks.probes.run", module, "dot_source"]
        run = subprocess.run(
            command,
            capture_output=True,
            check=True,
            cwd=REPOSITORY if ours else None,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )
        digests.add(hashlib.sha256(run.stdout).hexdigest())
        assert run.stdout
    if len(digests) > 1:
        raise No("two runs gave different drawings")


def size_on_disk(distribution: str, *folders: Path) -> str:
    """The number of packages that an installation brings, and the size of all of them.

    The folders count, too; they are for a package that runs from its source.
    """
    sizes: dict[str, int] = {}
    waiting, seen = [(distribution, "")], set()
    while waiting:
        asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        name, extra = asked
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # meant for another system
        files = [Path(str(f.locate())) for f in found.files or ()]
        sizes[found.name.lower()] = _bytes(files)
        for requirement in found.requires or ():
            text, _, marker = requirement.partition(";")
            wanted = re.search(r"extra == ['\"](.*?)['\"]", marker)
            if wanted is None or wanted[1] == extra:
                name = re.split(r"[^\w.-]", text.strip(), maxsplit=1)[0]
                extras = re.search(r"\[(.*?)\]", text)
                waiting.append((name, extras[1] if extras else ""))
    others, size = len(sizes) - 1, size_of(*folders, more=sum(sizes.values()))
    return f"{others} more, {size}" if others else f"nothing else, {size}"


def size_of(*folders: Path, more: int = 0) -> str:
    """The size of the Python sources in some folders, plus `more` bytes."""
    total = more + _bytes(path for folder in folders for path in folder.rglob("*.py"))
    return f"{total / 1e6:,.0f} MB" if total >= 10e6 else f"{total / 1e3:,.0f} kB"


def _bytes(files: Iterable[Path]) -> int:
    return sum(f.stat().st_size for f in files if f.suffix != ".pyc" and f.is_file())


def licence(distribution: str) -> str:
    """The licence in the distribution's metadata."""
    data = importlib.metadata.metadata(distribution)
    said = (data["License-Expression"] or data["License"] or "").replace("UNKNOWN", "")
    classifiers = [c.rpartition(":: ")[2] for c in data.get_all("Classifier") or ()
                   if c.startswith("License ::")]  # fmt: skip
    said = re.sub(r".*\((\w+\+?)\)$", r"\1", said.strip())  # the short name, if any
    first, _, others = said.partition(" AND ")
    first = (
        f"{first} and others" if others else first.strip().splitlines()[0] if said.strip() else ""
    )
    return first if 0 < len(first) < 120 else (classifiers or ["not said in its metadata"])[0]


def typed(package: str) -> None:
    """Fail if a package ships no `py.typed`."""
    spec = importlib.util.find_spec(package)
    assert spec and spec.submodule_search_locations
    if not any((Path(p) / "py.typed").exists() for p in spec.submodule_search_locations):
        raise No("no py.typed")


def timed(run: Callable[[], object]) -> float:
    """Seconds of the second of two runs."""
    run()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
