"""How many small faults the tests notice: ``python -m tests.mutation``.

    python -m tests.mutation                        all that is not known to be killed: some hours
    python -m tests.mutation 'autograd.ops.*'       mutants by pattern: minutes
    python -m tests.mutation 'viz.*' --sample 0.1   a tenth of them, chosen by lot

Each mutant is tried with the tests that reach its function, the quick ones first, until one fails.
It prints those that no test noticed, with what they change, and a table. `explained.toml` says of
some why they change nothing that a test could see. What is known is kept in the folder `mutants`; a
function that has changed is tried anew, and so is what lived on.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import random
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from .mutants import (
    FOLDER,
    KILLED,
    PACKAGES,
    SURVIVED,
    TIMEOUT,
    UNREACHED,
    Mutant,
    keep,
    known,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

REACH = FOLDER / "reach.json"
TESTS = ("tests/autograd", "tests/nn", "tests/viz", "tests/faults")
STRONG = "tests/viz/test_kept"
"""Tests that compare all of a thing, and so notice most: they come first, but for the quickest."""


class Reach(NamedTuple):
    durations: dict[str, float]
    tests: dict[str, list[str]]
    """By function, the quick ones first."""
    imported: frozenset[str]
    """Functions that run when tests are collected."""


def served(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the server says of a job, as it says it."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(job, file)
        file.flush()
        with subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.server", file.name],
            cwd=FOLDER,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as server:
            assert server.stdout
            for line in server.stdout:
                yield json.loads(line)
    if server.returncode != 0:
        log = (FOLDER / "server.log").read_text(encoding="utf-8")
        raise SystemExit(f"{log[-3000:]}\nthe server of mutants ended with {server.returncode}")


def reach() -> Reach:
    """Which tests reach which function, and how long each takes.

    Asked of the tests, and kept: again only of files of tests that are new or have changed.
    """
    kept = json.loads(REACH.read_text(encoding="utf-8")) if REACH.exists() else {}
    files = kept.get("files", {})
    now = {}
    for path in sorted((FOLDER / "tests").rglob("test_*.py")):
        name = path.relative_to(FOLDER).as_posix()
        if any(name.startswith(folder) for folder in TESTS):
            now[name] = crc32(path.read_bytes())
    files = {name: known for name, known in files.items() if known["crc"] == now.get(name)}
    if changed := [name for name in now if name not in files]:
        files |= {name: {"crc": now[name], "tests": {}} for name in changed}
        for count, said in enumerate(served({"work": "reach", "paths": changed})):
            if "imported" in said:
                kept["imported"] = sorted({*kept.get("imported", ()), *said["imported"]})
            else:
                test = said.pop("test")
                files[test.partition("::")[0]]["tests"][test] = said
            progress(f"{count} tests: what they reach")
        print(file=sys.stderr)
        text = json.dumps({"imported": kept["imported"], "files": files})
        REACH.write_text(text, encoding="utf-8")
    tests = {name: said for known in files.values() for name, said in known["tests"].items()}
    failed = [name for name, said in tests.items() if "failed" in said]
    for name in failed:
        print(f"left out, for it fails without a mutant: {name}", file=sys.stderr)
    if len(failed) > len(tests) // 20:
        raise SystemExit("too many tests fail without a mutant")
    durations = {name: said["seconds"] for name, said in tests.items() if "seconds" in said}
    reaching: dict[str, list[str]] = defaultdict(list)
    for name in sorted(durations, key=lambda each: durations[each]):
        for function in tests[name]["reached"]:
            reaching[function].append(name)
    return Reach(durations, reaching, frozenset(kept["imported"]))


def affordable(tests: Iterable[str], durations: dict[str, float], seconds: float) -> list[str]:
    """As many of them as take so long together; one, if it alone takes longer."""
    total, those = 0.0, list[str]()
    for test in tests:
        total += durations[test]
        if total > seconds and those:
            break
        those.append(test)
    return those


def tried(mutants: Sequence[Mutant], seconds: float) -> Iterator[tuple[Mutant, int, str]]:
    """Each mutant with its verdict, and the test that killed it."""
    durations, tests, imported = reach()
    quick = sorted(
        (name for name in durations if name.startswith("tests/autograd/test_")),
        key=lambda name: durations[name],
    )
    jobs: list[dict[str, Any]] = []
    for mutant in mutants:
        reaching = tests.get(mutant.function, [])
        at_import = mutant.function in imported
        if mutant.edit:
            reaching = quick
        elif at_import:
            reaching = list(dict.fromkeys([*reaching, *quick]))
        if not reaching:
            yield mutant, UNREACHED, ""
            continue
        strong = affordable([t for t in reaching if t.startswith(STRONG)], durations, seconds)
        others = affordable([t for t in reaching if t not in strong], durations, seconds)
        jobs.append(
            {
                "name": mutant.name,
                "function": mutant.function,
                "tests": [*others[:5], *strong, *others[5:]],
                "imported": at_import,
                "edit": mutant.edit and (mutant.edit.row, mutant.edit.place, mutant.edit.after),
            }
        )
    by_name = {mutant.name: mutant for mutant in mutants}
    paths = sorted({test.partition("::")[0] for job in jobs for test in job["tests"]})
    job = {"work": "try", "paths": paths, "durations": durations, "mutants": jobs}
    for said in served(job) if jobs else ():
        code = int(said["exit_code"])
        # Whatever ends the process otherwise is noticed too; a signal is a test that hangs, or
        # asks for too much memory, or a crash.
        verdict = SURVIVED if code == 0 else TIMEOUT if code < 0 else KILLED
        yield by_name[said["mutant"]], verdict, said["killer"]


def progress(text: str) -> None:
    print(f"\r{text}  ", end="", file=sys.stderr, flush=True)


def explanations() -> list[dict[str, str]]:
    files = sorted(Path(__file__).parent.glob("explained*.toml"))
    return [row for file in files for row in tomllib.loads(file.read_text("utf-8"))["mutant"]]


def explanation(mutant: Mutant, change: Iterable[str], known: list[dict[str, str]]) -> str:
    """Why no test can tell, or nothing."""
    changed = " ".join(" ".join(change).split())
    for each in known:
        if fnmatch.fnmatchcase(mutant.function, each["function"]) and each["change"] in changed:
            return each["why"]
    return ""


def chosen(patterns: Sequence[str], sample: float, seed: int) -> list[Mutant]:
    wanted = [
        mutant
        for mutant in known()
        if not patterns or any(fnmatch.fnmatchcase(mutant.name, each) for each in patterns)
    ]
    if not wanted:
        raise SystemExit(f"no mutant is called like {' or '.join(patterns)}")
    if sample < 1.0:
        wanted = random.Random(seed).sample(wanted, max(1, round(sample * len(wanted))))
    return wanted


def report(mutants: Sequence[Mutant]) -> str:
    """What lived on, and the table."""
    codes, reasons = known(), explanations()
    counts: dict[str, Counter[str]] = {name: Counter() for name in PACKAGES}
    lines = []
    for mutant in sorted(mutants, key=lambda each: each.name):
        code = codes[mutant]
        if code in (KILLED, TIMEOUT):
            counts[mutant.package]["killed"] += 1
            continue
        change = mutant.change()
        if explanation(mutant, change, reasons):
            counts[mutant.package]["explained"] += 1
            continue
        kind = {SURVIVED: "lived", UNREACHED: "unreached"}.get(code, "untried")  # type: ignore[arg-type]
        counts[mutant.package][kind] += 1
        if kind != "untried":
            lines += [f"{mutant.name}: {kind}", *(f"    {line}" for line in change)]
    lines += [
        "",
        "| package | tried | killed | explained | lived | unreached | killed, % | untried |",
    ]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for package, count in counts.items():
        total = sum(count.values()) - count["untried"]
        if total:
            share = 100 * count["killed"] / total
            lines.append(
                f"| {package} | {total:,} | {count['killed']:,} | {count['explained']:,} "
                f"| {count['lived']:,} | {count['unreached']:,} | {share:.1f} "
                f"| {count['untried']:,} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("pattern", nargs="*", help="names of mutants, such as 'nn.optim.*'")
    parser.add_argument("--sample", type=float, default=1.0, help="try a share of them, by lot")
    parser.add_argument("--seed", type=int, default=0, help="which lot")
    parser.add_argument("--again", action="store_true", help="those known to be killed, too")
    parser.add_argument("--report", action="store_true", help="try nothing, tell what is known")
    parser.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        help="of tests for one mutant, of each kind; default 60",
    )
    options = parser.parse_args()
    if not options.report:
        write()
    mutants = chosen(options.pattern, options.sample, options.seed)
    if not options.report:
        codes, reasons = known(), explanations()
        open_ = [
            m
            for m in mutants
            if options.again
            or (codes[m] not in (KILLED, TIMEOUT) and not explanation(m, m.change(), reasons))
        ]
        found: dict[Mutant, int] = {}
        start = time.perf_counter()
        try:
            for mutant, verdict, _ in tried(open_, options.seconds):
                found[mutant] = verdict
                lived = sum(code in (SURVIVED, UNREACHED) for code in found.values())
                minutes = (time.perf_counter() - start) / 60
                progress(f"{len(found)} of {len(open_)} tried, {lived} live, {minutes:.1f} min")
                if len(found) % 200 == 0:
                    keep(found)
        finally:
            keep(found)
            print(file=sys.stderr)
    print(report(mutants))


if __name__ == "__main__":
    main()
