"""The machine is built once and kept on disk; if that fails, it still works."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
import numba
import pytest

from autograd.program.machine import cache
from autograd.program.machine.cache import Cache, cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[4]
posix = pytest.mark.skipif(sys.platform == "win32", reason="made with the means of POSIX")


# ── one small function in place of the machine, which takes long to build ────────────────────


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path / "glassgrad"


class Function:
    """``2a + 1``, compiled as in a new process, and a count of how often it was built."""

    def __init__(self, name: str = "small") -> None:
        self.built = 0
        self.cache = Cache(name, build=self.count)
        self.compiled = numba.njit(lambda a: 2.0 * a + 1.0)
        self.compiled._cache = self.cache

    def count(self) -> None:
        self.built += 1

    def __call__(self, a: float) -> float:
        result: float = self.compiled(a)
        return result


def was_built() -> bool:
    function = Function()
    assert function(3.0) == 7.0
    function.cache.warn()  # warnings are errors in these tests
    return bool(function.built)


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_function_is_built_once_and_then_read(folder: Path) -> None:
    assert was_built()
    assert re.fullmatch(r"small-[0-9a-f]{64}\.nbc", only_file(folder).name)
    assert not was_built()


def test_a_file_keeps_only_machine_code_and_the_name_to_call(folder: Path) -> None:
    assert was_built()
    (_, _, (machine_code, bitcode)), *_ = pickle.loads(only_file(folder).read_bytes()[32:])
    (function,) = llvm.parse_bitcode(bitcode).functions
    assert machine_code
    assert [str(one).strip() for block in function.blocks for one in block.instructions] == [
        "ret void"
    ]


def test_each_function_and_signature_has_its_own_file(folder: Path) -> None:
    function = Function()
    assert (function(3.0), function(3)) == (7.0, 7.0)
    assert Function("other")(3.0) == 7.0
    assert function.built == 2 and len(list(folder.iterdir())) == 3


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut in its checksum": lambda data: data[:10],
    "cut after its checksum": lambda data: data[:32],
    "half": lambda data: data[: len(data) // 2],
    "one byte short": lambda data: data[:-1],
    "a bit of the checksum": lambda data: flipped(data, 0),
    "a bit of the code": lambda data: flipped(data, len(data) // 2),
    "the last bit": lambda data: flipped(data, len(data) - 1),
    "longer": lambda data: data + b"\0",
    "zeros": lambda data: bytes(len(data)),
    "text": lambda data: b"not what was here",
    "another pickle": lambda data: cache.seal(pickle.dumps(["nothing", "that", "runs"])),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_rebuilt_and_replaced(
    damage: Callable[[bytes], bytes], folder: Path
) -> None:
    assert was_built()
    file = only_file(folder)
    file.write_bytes(damage(file.read_bytes()))
    assert was_built()
    assert not was_built()
    assert only_file(folder) == file


def test_a_missing_file_is_rebuilt(folder: Path) -> None:
    assert was_built()
    only_file(folder).unlink()
    assert was_built()


@pytest.mark.parametrize("change", ["_sources", "OPT", "__version__"])
def test_a_form_built_from_anything_else_is_not_used(
    change: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert was_built()
    with monkeypatch.context() as other:
        if change == "_sources":
            other.setattr(cache, "_sources", lambda: b"another compiler")
        elif change == "OPT":
            other.setattr(numba.config, "OPT", 1)
        else:
            other.setattr(numba, "__version__", "0.0")
        assert was_built()
    assert not was_built()


def test_the_machine_is_built_again_if_any_row_changes() -> None:
    table = list((ROOT / "autograd" / "ops").rglob("*.py"))
    assert len(table) > 1
    assert all(file.read_bytes() in cache._sources() for file in table)


def test_the_oldest_files_go_when_there_are_too_many(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "KEEP", 2)
    for age, name in enumerate(["small", "second", "third"]):
        Function(name)(3.0)
        for file in folder.glob(f"{name}-*"):
            os.utime(file, (age, age))
    assert sorted(file.name[:5] for file in folder.iterdir()) == ["secon", "third"]
    assert was_built()
    Function("second")(3.0)  # in use now
    assert sorted(file.name[:5] for file in folder.iterdir()) == ["secon", "small"]


ADVICE = "Set NUMBA_CACHE_DIR to a writable folder."


def works_with_a_warning(reason: str) -> None:
    function = Function()
    assert function(3.0) == 7.0 and function.built == 1
    with pytest.warns(RuntimeWarning, match=rf"cannot be saved .*{reason}") as warned:
        function.cache.warn()
    assert str(warned[0].message).endswith(ADVICE)
    function.cache.warn()  # it warns once


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ("/dev/null", "Not a directory|No such file"),
        ("/dev/null/deep/er", "Not a directory|No such file"),
        ("/proc/no/such/folder", "No such file"),
        ("x" * 5000, "File name too long"),
        ("nul\0l", "null"),
        ("\ud800", "encode|invalid|surrogates"),
    ],
)
@posix
def test_an_impossible_folder_gives_one_warning(
    chosen: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", chosen)
    works_with_a_warning(reason)


def test_a_file_in_place_of_the_folder_gives_one_warning(folder: Path) -> None:
    folder.write_text("mine")
    works_with_a_warning("")
    assert folder.read_text() == "mine"


@posix
def test_a_full_disk_gives_one_warning_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, target: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    works_with_a_warning("No space left")
    assert not list(folder.iterdir())


def test_no_folder_gives_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "cache_folder", lambda: None)
    works_with_a_warning("no cache folder")


# ── which folder ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"HOME": "/home/a"}, "/home/a/.cache/glassgrad"),
        ("linux", {"HOME": "/home/a", "XDG_CACHE_HOME": "/big"}, "/big/glassgrad"),
        # The XDG specification: a relative path is to be ignored.
        ("linux", {"HOME": "/home/a", "XDG_CACHE_HOME": "big"}, "/home/a/.cache/glassgrad"),
        ("linux", {"HOME": "/home/a", "XDG_CACHE_HOME": ""}, "/home/a/.cache/glassgrad"),
        ("linux", {"HOME": "here"}, None),
        ("darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Caches/glassgrad"),
        ("win32", {"LOCALAPPDATA": "/c/local"}, "/c/local/glassgrad"),
        ("win32", {}, None),
    ],
)
@posix
def test_the_folder_is_the_user_s_cache(
    platform: str,
    environment: dict[str, str],
    expected: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = cache_folder()
    assert (found and str(found)) == expected
    monkeypatch.setattr(numba.config, "CACHE_DIR", "/chosen")
    assert cache_folder() == Path("/chosen/glassgrad")


@posix
def test_without_a_home_the_folder_is_never_one_called_tilde(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as for a user of no name
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() is None


# ── the machine itself ───────────────────────────────────────────────────────────────────────

PROGRAM = """
import os
import sys
import numba
import autograd
from autograd import Value
{before}
w, x = Value(3.0), Value(1.0)
for _ in range(2):
    program = autograd.compile(w * x, params=[w], inputs=[x])
print(*program.value_and_grad([1.0, 2.0]))
"""
NOTICE = "autograd.compile: building the machine for this processor; this happens once"


def run_program(before: str = "", **environment: str) -> list[str]:
    """The stderr of a process that compiles and gets the mean 4.5 and the gradient 1.5."""
    around = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_OPT": "0",  # built in a third of the time; what is said and kept is the same
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before)],
        cwd="/", env={**around, **environment}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "4.5 [1.5]\n"
    return done.stderr.splitlines()


def assert_said(lines: Iterable[str], *, built: bool, warned: bool) -> None:
    lines = list(lines)
    assert sum(line.startswith(NOTICE) for line in lines) == built
    assert sum(ADVICE in line for line in lines) == warned
    assert len(lines) == built + 2 * warned  # a warning also shows its line of code


@posix
@pytest.mark.slow
def test_the_machine_is_built_once_in_the_user_s_folder(tmp_path: Path) -> None:
    """Nothing is written to the package's folder, where it would survive an uninstall."""
    before = set((ROOT / "autograd").rglob("*.nb?"))
    assert_said(run_program(HOME=str(tmp_path)), built=True, warned=False)
    assert_said(run_program(HOME=str(tmp_path)), built=False, warned=False)
    (file,) = (tmp_path / ".cache" / "glassgrad").glob("run-*")
    file.write_bytes(file.read_bytes()[:100_000])
    assert_said(run_program(HOME=str(tmp_path)), built=True, warned=False)
    assert_said(run_program(HOME=str(tmp_path)), built=False, warned=False)
    assert set((ROOT / "autograd").rglob("*.nb?")) == before


@posix
@pytest.mark.slow
def test_a_disk_too_full_for_the_machine_gives_one_warning(tmp_path: Path) -> None:
    """Files may not grow beyond 100 kB, as on a full disk; the machine takes more."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    assert_said(run_program(full, HOME=str(tmp_path)), built=True, warned=True)
    assert not list((tmp_path / ".cache" / "glassgrad").glob("run-*"))


@posix
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="becomes another user")
def test_a_user_without_a_home_gets_one_warning() -> None:
    # Import what numba needs to compile first: the user "nobody" may not be allowed to read it.
    nobody = """
import pwd, autograd.program.program
numba.njit(lambda a: a + 1.0)(2.0)
os.setuid(pwd.getpwnam("nobody").pw_uid)
"""
    assert_said(run_program(nobody), built=True, warned=True)


@pytest.mark.slow
def test_a_machine_on_disk_is_loaded_without_the_rest_of_numba() -> None:
    """All that numba can compile, with SciPy for its BLAS, takes longer to import than this."""
    code = PROGRAM.format(before="") + "print('numba.np.linalg' in sys.modules)"
    for _ in range(2):  # the first may have to build it
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
    assert done.stdout == "4.5 [1.5]\nFalse\n"


def test_numba_s_compiler_switched_off_gives_a_clear_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before="")],
        cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == (
        "RuntimeError: compiled programs need numba's compiler, which is switched off; "
        "unset NUMBA_DISABLE_JIT and restart Python"
    )
