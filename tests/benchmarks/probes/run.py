"""Run the probes of one engine: ``python -m tests.benchmarks.probes.run ENGINE [FUNCTION]``.

Each probe runs in a child process, forked after the engine was imported, with limits on memory and
processor time: a crash or a hang is an answer, too, and does not affect the others, and a busy
machine changes no answer. Prints a line of JSON
per probe: the key, the mark, the note. With a function's name, it prints that function's result.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import time
import warnings
from typing import TYPE_CHECKING, Any

from .answers import Late, No, NotApplicable, Partly
from .questions import all_keys

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 90  # of processor time
PATIENCE = 900.0  # seconds, for a probe that waits for something
MEMORY = 8 * 2**30


def answer(probe: Callable[[], Any]) -> tuple[str, str]:
    """Run a probe in this process; return the mark and the note."""
    try:
        said = probe()
    except Partly as limit:
        return "partly", str(limit)
    except (No, Late, AssertionError) as no:
        return "no", str(no)
    except NotApplicable as reason:
        return "n/a", str(reason)
    except MemoryError:
        return "no", f"MemoryError at {MEMORY // 2**30} GiB"
    except Exception as error:
        message = str(error).strip().split("\n")[0]
        return "no", f"{type(error).__name__}: {message}".rstrip(": ")
    return "yes", said or ""


def answer_apart(probe: Callable[[], Any]) -> tuple[str, str]:
    """Run a probe in a child process, which may crash, hang or eat memory."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            with contextlib.suppress(ImportError, ValueError, OSError):
                import resource

                resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):  # libraries may print
                os.dup2(null, stream)
            os.write(writer, json.dumps(answer(probe)).encode()[:60_000])
        finally:
            os._exit(0)
    os.close(writer)
    said, end = b"", time.monotonic() + PATIENCE
    while select.select([reader], [], [], max(0.0, end - time.monotonic()))[0]:
        part = os.read(reader, 65_536)
        if not part:
            break
        said += part
    else:
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    if said:
        mark, note = json.loads(said)
        return mark, note
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number in (signal.SIGKILL, signal.SIGXCPU):
            return "no", f"not within {SECONDS} s"
        return "no", f"crashes: {signal.Signals(number).name}"
    return "no", "ends without an answer"


def main() -> None:
    warnings.simplefilter("ignore")
    name, *function = sys.argv[1:]
    module = importlib.import_module(name if "." in name else f"tests.benchmarks.probes.{name}")
    if function:
        print(getattr(module, function[0])())
        return
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # some write files
        for key in all_keys():
            start = time.perf_counter()
            mark, note = answer_apart(getattr(module, key))
            line = {"key": key, "mark": mark, "note": note, "seconds": time.perf_counter() - start}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
