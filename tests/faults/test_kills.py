"""A process killed at a random moment while saving leaves the old file or the new one, whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS = 200

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL"),
]

# Two things that are saved to one path, alternating.
THINGS = {
    "model": """
import nn
turns = [nn.MLP(8, [16, 1], seed=seed) for seed in (1, 2)]
path = folder / "model.json"
""",
    "page": """
from autograd import Value
from viz import step_through
turns = [step_through(Value(x, "w") * 2.0) for x in (1.0, 3.0)]
path = folder / "page.html"
""",
    "picture": """
from autograd import Value
from viz import draw
turns = [draw([Value(x) * 2.0 for _ in range(20)]) for x in (1.0, 3.0)]
[picture.svg for picture in turns]
path = folder / "picture.svg"
""",
}

KILLER = """
import itertools, json, os, pathlib, random, signal, sys, time
folder, kills = pathlib.Path(sys.argv[1]), int(sys.argv[2])
{things}
contents = []
for thing in turns:
    thing.save(path)
    contents.append(path.read_bytes())
assert contents[0] != contents[1]

rng = random.Random(0)
broken, drafts, seen = 0, 0, set()
for kill in range(kills):
    ready, child_ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        turns[kill % 2].save(path)
        os.write(child_ready, b"!")
        for k in itertools.count(kill + 1):
            turns[k % 2].save(path)
    os.read(ready, 1)
    os.close(ready), os.close(child_ready)
    time.sleep(rng.uniform(0.0, 0.003))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    found = path.read_bytes()
    if found in contents:
        seen.add(found)
    else:
        broken += 1
    for file in folder.iterdir():  # what the killed process could not delete
        if file != path:
            drafts += 1
            file.unlink()
print(json.dumps({{"broken": broken, "drafts": drafts, "seen": len(seen)}}))
"""


@pytest.mark.parametrize("thing", ["model", "page", "picture"])
def test_a_file_is_never_half_written(thing: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLER.format(things=THINGS[thing]), str(tmp_path), str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["broken"] == 0
    assert found["seen"] == 2, "both contents were seen"
    assert found["drafts"] > KILLS / 20, "many kills came while saving"
