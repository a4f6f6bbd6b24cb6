"""The compiled engine gives what Python gives, bit for bit, and is as safe."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import weakref
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
from autograd import Value, detect_anomaly, engines, no_grad, ops
from autograd.value import record
from tests.blocks import blocks_in_use
from tests.thorough import THOROUGH

from .engines import EDGES

ROOT = Path(__file__).parents[2]
needs_native = pytest.mark.skipif(
    engines.native is None, reason=f"the compiled engine is not used: {engines.why_not}"
)


def run(
    *arguments: str, pure: bool, given: bytes = b"", variables: dict[str, str] | None = None
) -> bytes:
    """What Python prints, on one of the engines."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), **(variables or {}), "GLASSGRAD_PURE": "01"[pure]
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, *arguments], input=given, env=environment, capture_output=True,
        cwd=environment["PYTHONPATH"],  # where Python looks first
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    return done.stdout


# ── which one ────────────────────────────────────────────────────────────────────────────────


def test_the_environment_chooses_python() -> None:
    code = "import autograd; print(autograd.engine)"
    assert run("-c", code, pure=True).strip() == b"python"
    built = find_spec("autograd._native") is not None
    assert run("-c", code, pure=False).strip() == (b"native" if built else b"python")


@pytest.mark.skipif(
    os.environ.get("GLASSGRAD_NATIVE") != "1" or engines.why_not == "GLASSGRAD_PURE is set",
    reason="this run may do without the compiled engine",
)
def test_where_the_compiled_engine_had_to_be_built_it_is_used() -> None:
    """Otherwise its tests would be skipped, without a word, if it cannot be loaded."""
    assert autograd.engine == "native", engines.why_not


def test_a_library_of_another_version_is_left_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "autograd", tmp_path / "autograd")
    for library in (tmp_path / "autograd").glob("_native.*"):
        library.unlink()
    (tmp_path / "autograd" / "_native.py").write_text("INTERFACE = 0\n")
    code = "from autograd import engines; print(engines.name, '-', engines.why_not)"
    said = run("-c", code, pure=False, variables={"PYTHONPATH": str(tmp_path)}).decode()
    assert said.startswith("python - it was built for another version of glassgrad")


# ── the same bits ────────────────────────────────────────────────────────────────────────────


@needs_native
@pytest.mark.parametrize("row", [r for r in ops.TABLE if 1 <= r.arity <= 2], ids=lambda r: r.name)
def test_the_compiled_row_is_the_row_of_the_table(row: ops.Op) -> None:
    for numbers in product(EDGES, repeat=row.arity):
        leaves = [Value(x) for x in numbers]
        y = record(row, tuple(leaves))
        assert repr(y.data) == repr(float(row.forward(*numbers))), numbers
        if row.selects:  # in `graph`, for both engines
            continue
        for gradient in (1.0, -3.0, float("inf")):
            for leaf in leaves:
                leaf.grad = 0.0
            (y * gradient).backward()
            for leaf, derivative in zip(leaves, row.derivatives, strict=True):
                slope = derivative(*numbers, y.data)
                passed = slope != 0.0 or not row.branching
                expected = 0.0 + gradient * slope if passed else 0.0
                assert repr(leaf.grad) == repr(expected), (numbers, gradient)


@needs_native
@pytest.mark.slow
def test_random_graphs_come_out_the_same_bit_for_bit() -> None:
    count = 100_000 if THOROUGH else 2_000
    arguments = ["-m", "tests.autograd.engines", "0", str(count)]
    ours, theirs = run(*arguments, pure=False), run(*arguments, pure=True)
    assert ours.count(b"\n") == count
    assert ours == theirs


WRITE = """
import pickle, sys
from autograd import Value, total, node, no_grad
x, w = Value(0.5, label="x", role="input"), Value(-2.0)
with no_grad():
    z = w * 2
y = (x * w + 1).tanh() / 3 + total([x, w, 2.0, z]) ** 2 + node(1.0, [x], [2.0])
y.backward()
sys.stdout.buffer.write(pickle.dumps([y, x, w, z, Value.relu]))
"""
READ = """
import pickle, sys
from autograd.graph import topological
y, x, w, z, relu = pickle.load(sys.stdin.buffer)
print([(v.op, v.data, v.grad, v.label, v.role, v.inputs, len(v.operands)) for v in topological(y)])
y.backward()
print(x.grad, w.grad, relu(x).op)
"""


@needs_native
def test_each_engine_reads_the_pickles_of_the_other() -> None:
    texts = {
        run("-c", READ, pure=reader, given=run("-c", WRITE, pure=writer))
        for writer in (False, True)
        for reader in (False, True)
    }
    assert len(texts) == 1


def test_operators_are_those_of_python_even_if_they_are_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Value, "__mul__", lambda a, b: "mine")
    assert Value(1.0) * 2 == "mine"  # type: ignore[comparison-overlap]
    monkeypatch.undo()
    assert (Value(1.0) * 2).data == 2.0
    assert Value(1.0).__mul__(2).op == Value(1.0).__rmul__(2).op == "*"
    with pytest.raises(TypeError):
        pow(Value(2.0), 2, 3)  # type: ignore[call-overload]


def test_a_watched_step_is_checked_in_either_engine() -> None:
    x = Value(-1.0)
    with detect_anomaly(), pytest.raises(autograd.AnomalyError, match="log"):
        x.log()
    y = Value(0.0).log()
    with detect_anomaly(), pytest.raises(autograd.AnomalyError, match="backward"):
        y.backward()
    with no_grad():
        assert (-x).operation is abs(x).operation is (x**2).operation is (2 - x).operation is None


# ── as safe as Python ────────────────────────────────────────────────────────────────────────


class Mark:
    """What a user may hang on a value."""

    held: Any = None


@pytest.mark.parametrize("consumed_first", [False, True])
def test_cycles_through_attributes_are_collected(consumed_first: bool) -> None:
    mark = Mark()
    y = Value(2.0) * 3
    z = y + 1 if consumed_first else None
    y.made_by = mark
    mark.held = [z or y + 1, Value(1.0) > y]
    gone = weakref.ref(mark)
    del mark, y, z
    gc.collect()
    assert gone() is None


def test_a_leaf_that_remembers_what_was_computed_from_it_is_collected() -> None:
    mark = Mark()
    x = Value(1.0)
    with detect_anomaly():
        y = x * 2
        y.made_by = mark
        assert y > 1
    gone = weakref.ref(mark)
    del x, y, mark
    gc.collect()
    assert gone() is None


def test_an_error_in_a_derivative_leaves_the_graph_usable() -> None:
    failing = True

    def slope(a: Any, y: Any) -> Any:
        if failing:
            raise KeyboardInterrupt
        return 2.0

    twice = ops.Op("twice", "2a", lambda a: 2.0 * a, slope)
    x = Value(1.5)
    y = record(twice, (x * 1.0,)) * 3.0
    with pytest.raises(KeyboardInterrupt):
        y.backward()
    failing = False
    y.backward()
    assert (x.grad, y.grad) == (6.0, 1.0)


def test_a_derivative_may_take_the_graph_apart() -> None:
    held: list[Value] = [Value(1.5) * 2.0]

    def slope(a: Any, y: Any) -> Any:
        for v in (held[0], result):
            v._a = 1.0
        held.clear()
        gc.collect()
        return 1.0

    same = ops.Op("same", "same", lambda a: a, slope)
    result = record(same, (held[0],))
    result.backward()
    assert result.grad == 1.0


@needs_native
def test_a_value_under_construction_breaks_nothing() -> None:
    blank = Value.__new__(Value)
    with pytest.raises(AttributeError):
        blank._a  # noqa: B018
    y = blank + Value(1.0)
    y.backward()
    assert y.operands[0] is blank
    gc.collect()


def step(model: nn.MLP) -> float:
    model.zero_grad()
    loss = nn.mse_loss([model([0.5, x]).sigmoid() for x in (-1.0, 0.3)], [0.0, 1.0])
    (loss + sum(p * p for p in model.parameters()) / 3 - abs(loss) ** 2).backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    return loss.data


def test_a_training_step_keeps_no_references() -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    shared = [None, "", *ops.TABLE, Value, *model.parameters()]

    def counts() -> list[int]:
        return [sys.getrefcount(thing) for thing in shared]

    step(model)
    gc.collect()
    before = counts()
    for _ in range(200):
        step(model)
    gc.collect()
    assert max(abs(a - b) for a, b in zip(counts(), before, strict=True)) < 100
    blocks = blocks_in_use()
    for _ in range(200):
        step(model)
    gc.collect()
    assert blocks_in_use() - blocks < 100


@needs_native
def test_steps_that_make_the_same_objects_again_do_not_wake_the_garbage_collector() -> None:
    model = nn.MLP(2, [16, 16, 1], seed=0)

    def made() -> int:
        """How many objects are new to the garbage collector in 20 calls of 33 neurons."""
        before = gc.get_count()[0]
        losses = [model([0.5, 0.1 * k]) for k in range(20)]
        return gc.get_count()[0] - before + 0 * len(losses)

    gc.collect()
    gc.disable()
    try:
        made()
        assert made() < 300
    finally:
        gc.enable()


MEMORY = """
import gc, tracemalloc
from autograd import Value, engines

def traced():
    return tracemalloc.get_traced_memory()[0]

tracemalloc.start()
before = traced()
kept = [None] * 20_000
for i in range(20_000):
    kept[i] = Value(1.0)
taken = traced() - before
for _ in range(3):  # half of the places in every chunk are used again
    for i in range(0, 20_000, 2):
        kept[i] = None
    for i in range(0, 20_000, 2):
        kept[i] = Value(2.0)
again = traced() - before
del kept
engines.native.trim()
left = traced() - before
tracemalloc.stop()

gc.set_threshold(50)
for _ in range(200_000):
    x = Value(1.0)
    x.made_by = x
print(96 <= taken / 20_000 <= 112, again < 1.1 * taken, left, engines.native.count())
"""


@needs_native
def test_memory_of_freed_values_is_used_again_and_given_back() -> None:
    no_larger, used_again, left, count = run("-c", MEMORY, pure=False).split()
    assert no_larger == used_again == b"True"
    assert int(left) < 100_000  # of 2 MB: a chunk, and what tracemalloc itself needs
    assert int(count) < 100_000  # values that refer to themselves are collected as others are


LONG = """
import pickle, sys, threading
threading.stack_size(256 * 1024)
from autograd import Value, total

def work():
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    z = total([x] * 1_000_000) + y
    z.backward()
    assert x.grad == 1_000_001.0
    twin = pickle.loads(pickle.dumps(y))
    twin.backward()
    del y, z, twin
    mixed = x
    for _ in range(100_000):
        mixed = total([mixed, 1.0, 2.0]) * 1.0
        mixed.made_by = [mixed.operands[0]]
    mixed.backward()
    del mixed
    print("done")

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.slow
@pytest.mark.parametrize("pure", [False, True])
def test_a_million_operations_fit_a_small_stack(pure: bool) -> None:
    assert run("-c", LONG, pure=pure).strip() == b"done"


LIMITED = """
import resource
from autograd import Value
x = Value(1.0)
y = x
for _ in range(200_000):
    y = y * 1.0
held = int(open("/proc/self/statm").read().split()[0]) * 4096
for room in range(0, 40_000_000, 500_000):
    resource.setrlimit(resource.RLIMIT_AS, (held + room, -1))
    try:
        more = y
        for _ in range(100_000):
            more = more + y
        more.backward()
    except MemoryError:
        pass
    more = None
resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
x.grad = 0.0
y.backward()
print(x.grad)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_running_out_of_memory_is_an_exception() -> None:
    assert run("-c", LIMITED, pure=False).strip() == b"1.0"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_goes_on_with_the_graphs_of_its_parent() -> None:
    code = """
import os
from autograd import Value
x = Value(2.0)
y = sum([x * x for _ in range(100)])
child = os.fork()
y.backward()
assert x.grad == 400.0
if child:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run("-c", code, pure=False).strip() == b"0"


def test_threads_may_share_a_graph() -> None:
    x = Value(1.0)
    shared = x * 2.0
    results: list[float] = []

    def work(seed: int) -> None:
        for k in range(200):
            y = shared
            for i in range(20):
                y = y * 1.5 if (seed + i + k) % 2 else y + x
            results.append(y.data)
            y.backward()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert len(results) == 800


# ── with the compiler's checks ───────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The engine compiled with the sanitizer of addresses: variables that make Python use it."""
    compiler = shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs gcc on Linux")
    folder = tmp_path_factory.mktemp("checked")
    for package in ("autograd", "nn"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("*.so", "__pycache__")
        )
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    built = subprocess.run(
        [
            compiler, "-g", "-O1", "-fPIC", "-shared", "-fsanitize=address,undefined",
            "-ffp-contract=off", "-DEACH_ALONE", f"-I{sysconfig.get_path('include')}",
            *map(str, (folder / "autograd" / "native").glob("*.c")),
            "-o", str(folder / "autograd" / f"_native{suffix}"),
        ],
        capture_output=True, text=True,
    )  # fmt: skip
    if built.returncode != 0:
        pytest.skip(f"the sanitizer or Python's headers are missing: {built.stderr[-300:]}")
    (folder / "tests" / "autograd").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("engines.py"), folder / "tests" / "autograd")
    found = [
        subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True)
        for name in ("libasan.so", "libubsan.so", "libstdc++.so")
    ]
    return {
        "PYTHONPATH": str(folder),
        "PYTHONMALLOC": "malloc",
        "LD_PRELOAD": " ".join(one.stdout.strip() for one in found),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "halt_on_error=1",
    }


CHECKED = """
import gc
from autograd import Value, engines, no_grad, detect_anomaly
import nn
assert engines.name == "native" and {folder!r} in engines.native.__file__
model = nn.MLP(2, [4, 1], activation="tanh", seed=0)
for k in range(30):
    model.zero_grad()
    loss = nn.mse_loss([model([0.1 * k, x]) for x in (-1.0, 0.3)], [0.0, 1.0])
    loss.made_by = [loss, model]
    loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    with detect_anomaly():
        model([0.0, 1.0]).backward()
    with no_grad():
        model([0.0, 1.0])
gc.collect()
y = x = Value(1.0)
for _ in range(100_000):
    y = y + 1.0
y.backward()
del y
print("done")
"""


@pytest.mark.slow
def test_the_sanitizer_finds_nothing(checked: dict[str, Any]) -> None:
    code = CHECKED.format(folder=checked["PYTHONPATH"])
    assert run("-c", code, pure=False, variables=checked).strip() == b"done"
    lines = run(
        "-m", "tests.autograd.engines", "0", "300", pure=False, variables=checked
    ).splitlines()
    assert len(lines) == 300
