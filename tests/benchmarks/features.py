"""The feature table: every cell comes from a probe that tried it.

Each engine's probes run in one process, and each probe in a child of that (see `probes.run`). If
the process dies, its remaining questions stay unanswered, and a message says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from .engine import progress
from .environment import REPOSITORY, packages_of
from .figures import Table
from .probes.questions import ENGINES, QUESTIONS, all_keys

Answers: TypeAlias = dict[str, dict[str, tuple[str, str]]]
"""By engine and question: the mark and the note."""

MARKS = {"yes": "✓", "partly": "(✓)", "no": "–", "n/a": "n/a"}


def ask(name: str, peers: str) -> dict[str, tuple[str, str]]:
    """Run an engine's probes and return their answers."""
    ours = name == "glassgrad"
    launch = ["-m"] if ours else [str(Path(__file__).with_name("launch.py"))]
    run = subprocess.run(
        [sys.executable if ours else peers, *launch, "tests.benchmarks.probes.run", name],
        capture_output=True,
        text=True,
        cwd=REPOSITORY if ours else None,
        env=os.environ | {"PEERS_PACKAGES": packages_of(peers)},
        check=False,
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    if len(lines) < len(all_keys()):
        error = run.stderr.strip().rpartition("\n")[2]
        print(f"{ENGINES[name]} left questions unanswered: {error}", file=sys.stderr)
    return {line["key"]: (line["mark"], line["note"]) for line in lines}


def answers(peers: str) -> Answers:
    """Run the probes of all engines, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        waiting = {name: pool.submit(ask, name, peers) for name in ENGINES}
        return {name: waiting[name].result() for name in progress(ENGINES, "features")}


def tables(found: Answers) -> list[Table]:
    """A table for each group of questions."""
    return [
        Table(f"**{group}**", [_head(), *(_row(found, key, asked) for key, asked in rows.items())])
        for group, rows in QUESTIONS.items()
    ]


def _head() -> tuple[str, ...]:
    return ("", *ENGINES.values())


def _row(found: Answers, key: str, asked: str) -> tuple[str, ...]:
    return (asked, *(_cell(key, *found[name].get(key, ("", ""))) for name in ENGINES))


def _cell(key: str, mark: str, note: str) -> str:
    if key == "functions":  # their number
        return note.removeprefix("all ").partition(";")[0] if mark in ("yes", "partly") else "0"
    if key == "brings":  # their size
        return note.partition(";")[0].rpartition(", ")[2]
    if key == "licence_" or (key == "large_product" and mark == "yes"):
        return note
    return MARKS.get(mark, "not answered")


def notes(found: Answers) -> str:
    """The notes of the probes."""
    lines = []
    for group, rows in QUESTIONS.items():
        lines.append(f"### {group}\n")
        for key, asked in rows.items():
            told = {ENGINES[name]: found[name].get(key, ("", "")) for name in ENGINES}
            told = {name: answer for name, answer in told.items() if answer[1]}
            if told and key != "licence_":
                lines.append(f"* {asked}")
                lines += [f"  * {name}: {m}, {_cut(note)}" for name, (m, note) in told.items()]
        lines.append("")
    return "\n".join(lines).rstrip()


def _cut(note: str) -> str:
    return note if len(note) <= 160 else note[:157].rstrip() + "…"


def document(found: Answers, heading: str) -> str:
    """The tables and notes as Markdown."""
    legend = (
        "✓ yes, (✓) partly, – no, n/a not applicable. Every cell comes from one of the "
        "[`probes`](probes), which runs in a process with limits of 90 seconds of processor time "
        "and 8 GiB."
    )
    parts = ["# Features", heading, legend, *map(str, tables(found))]
    return "\n\n".join([*parts, "## Notes", notes(found)]) + "\n"
