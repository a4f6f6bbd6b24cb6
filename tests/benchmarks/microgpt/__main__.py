"""Compare the engines of a tiny GPT: ``python -m tests.benchmarks.microgpt``.

Sets up the peers' environment (once, in the user's cache), times all engines, and prints the
tables. ``--keep`` writes them beside this module. ``--large`` takes the model 4 times as wide with
2 blocks.
"""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

from tests.benchmarks.environment import machine, peers_python, today

from .bench import NAMES, PARTS, STEPS, Benchmark
from .model import LARGE, SMALL
from .tables import table

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.microgpt")
    parser.add_argument("--quick", action="store_true", help="take few turns")
    parser.add_argument(
        "--own-steps",
        type=int,
        metavar="N",
        default=None,
        help="train so many steps with the engine of its own, and scale its time to 1,000",
    )
    parser.add_argument("--large", action="store_true", help="4 times as wide, with 2 blocks")
    parser.add_argument("--keep", action="store_true", help="write the tables beside this module")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter with the peers")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be repeated")
    parser.add_argument("--skip", choices=NAMES, action="append", default=[])
    options = parser.parse_args()
    benchmark = Benchmark(
        options.peers or peers_python(("numpy", "jax")),
        shape=LARGE if options.large else SMALL,
        quick=options.quick,
        own_steps=options.own_steps or (3 if options.large else 50 if options.quick else STEPS),
        skip=options.skip,
    )
    shape, found = benchmark.shape, []
    try:
        for part in PARTS:
            if not options.only or part in options.only:
                found.append(str(table(part, getattr(benchmark, part)(), shape)))
                print(found[-1], end="\n\n", flush=True)
    finally:
        benchmark.stop()
    versions = {"Python": platform.python_version(), **benchmark.versions}
    heading = (
        f"`python -m tests.benchmarks.microgpt{' --large' if options.large else ''}`, {today()}, "
        f"{machine()}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ". Medians; all engines interleaved in one run. Processor time, except for compiling."
    )
    model = (
        f"{shape.parameters():,} parameters: {shape.width} wide, {shape.heads} heads, "
        f"{shape.blocks} block{'s' if shape.blocks > 1 else ''}, {shape.positions} positions."
    )
    document = "\n\n".join(["# microgpt", heading, model, *found]) + "\n"
    print(heading)
    if options.keep:
        name = "results-large.md" if options.large else "results.md"
        (HERE / name).write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
