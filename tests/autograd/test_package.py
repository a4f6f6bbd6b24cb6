"""The package: what it imports, where dependencies point, and the project it conflicts with."""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

ROOT = Path(__file__).parents[2]


def python(code: str, *, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=path,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
    )


def imports_of(file: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    return imported_in(ast.parse(file.read_text(encoding="utf-8")))


def imported_in(code: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module).split(".")[0])
    return names


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_importing_the_engine_pulls_in_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules); import autograd; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    result = python(code, path=ROOT)
    assert result.returncode == 0, result.stderr
    new = set(result.stdout.split())
    assert "autograd" in new
    assert new - sys.stdlib_module_names == {"autograd"}


def test_importing_the_engine_leaves_slow_modules_for_when_they_are_needed() -> None:
    code = "import sys, autograd; print(*sys.modules)"
    # without `site`, which imports what editable installs need
    arguments = [sys.executable, "-S", "-c", code]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    slow = {"inspect", "dataclasses", "pathlib", "pickle", "threading", "tempfile", "numpy"}
    assert not slow & set(done.stdout.split())


def test_all_public_names_exist_and_are_sorted() -> None:
    assert all(hasattr(autograd, name) for name in autograd.__all__)
    assert autograd.__all__ == sorted(autograd.__all__)


@pytest.mark.parametrize("file", sources("autograd"), ids=lambda file: file.name)
def test_the_engine_knows_nothing_of_nn_and_viz_but_for_a_value_asked_for_its_picture(
    file: Path,
) -> None:
    allowed = {"viz"} if file.name == "protocols.py" else set()
    assert imports_of(file) & {"nn", "viz"} == allowed
    if allowed:
        for statement in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                assert "viz" not in ast.unparse(statement)


@pytest.mark.parametrize("file", sources("nn"), ids=lambda file: file.name)
def test_layers_know_nothing_of_pictures_but_for_a_module_asked_for_its_own(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if file.name == "module.py":
        (asked,) = (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == "_repr_mimebundle_"
        )
        assert "viz" in imported_in(asked)
        asked.body = []
    assert "viz" not in imported_in(tree)


def test_a_first_picture_waits_for_nothing_that_only_pages_need() -> None:
    code = (
        "import sys; from viz import draw; print(any('stepping' in name for name in sys.modules))"
    )
    assert python(code, path=ROOT).stdout.strip() == "False"
    code = "from viz import *; print(step_through.__module__, Walkthrough.__module__)"
    assert python(code, path=ROOT).stdout.split() == ["viz.stepping.steps"] * 2


ROOMS = {
    "pictures": {"pictures"},
    "stepping": {"pictures", "stepping"},
    "live": {"live", "pictures", "stepping"},
    "playing": {"live", "pictures", "playing", "stepping"},
    "plots": {"pictures", "plots"},
    "speaking": {"live", "pictures", "playing", "speaking", "stepping"},
    "course": {"course", "live", "pictures", "playing", "stepping"},
    "__init__.py": {"conflict", "live", "pictures", "playing", "speaking", "stepping"},
    "__main__.py": {"course", "pictures"},
    "conflict.py": set[str](),
}
"""What each folder and file of `viz` may import of the others."""


@pytest.mark.parametrize(
    "file", sources("viz"), ids=lambda file: file.relative_to(ROOT / "viz").as_posix()
)
def test_pictures_know_layers_only_in_the_course_but_for_a_loss_asked_for_by_its_name(
    file: Path,
) -> None:
    room = file.relative_to(ROOT / "viz").parts[0]
    assert rooms_used_by(file) <= ROOMS[room]
    if file.relative_to(ROOT / "viz").as_posix() == "playing/losses.py":  # by name, when asked
        assert "nn" in imports_of(file)
        top = ast.parse(file.read_text(encoding="utf-8")).body
        assert not any("nn" in imported_in(statement) for statement in top[:-1])
    elif room != "course":
        assert "nn" not in imports_of(file)


def rooms_used_by(file: Path) -> set[str]:
    """The folders and files of `viz` that a file in it imports, anywhere in it."""
    here = file.relative_to(ROOT).parent.parts
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (package, node.module)))
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("viz.")}


# ── the other project of the same name ───────────────────────────────────────────────────────


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a copy of the engine, as pip would install it."""
    shutil.copytree(
        ROOT / "autograd", tmp_path / "autograd", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def add_the_other_project(package: Path) -> None:
    """The files of HIPS autograd that matter here."""
    (package / "tracer.py").write_text("def primitive(f): return f\n")
    (package / "core.py").write_text("from .tracer import primitive\n")
    (package / "numpy").mkdir()
    (package / "numpy" / "__init__.py").write_text("")


def assert_both_projects_are_named(result: subprocess.CompletedProcess[str], site: Path) -> None:
    assert result.returncode != 0
    assert "ImportError: two projects are mixed in this environment" in result.stderr
    assert "glassgrad" in result.stderr
    assert "HIPS autograd" in result.stderr
    assert f"their files are together in {site / 'autograd'}" in result.stderr
    assert "pip uninstall glassgrad autograd" in result.stderr


def test_a_copy_alone_imports(site: Path) -> None:
    result = python("import autograd, autograd.tracer; print(autograd.__file__)", path=site)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(site))


def test_installed_over_the_other_project_the_import_says_so(site: Path) -> None:
    add_the_other_project(site / "autograd")
    assert_both_projects_are_named(python("import autograd", path=site), site)


def test_with_the_other_project_installed_over_it_the_import_says_so_too(site: Path) -> None:
    add_the_other_project(site / "autograd")
    init = "from autograd.core import primitive\nfrom . import numpy\n"
    (site / "autograd" / "__init__.py").write_text(init)
    assert_both_projects_are_named(python("import autograd", path=site), site)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """All packages in a separate folder, as with an editable install."""
    for package in ("autograd", "nn", "viz"):
        shutil.copytree(
            ROOT / package,
            tmp_path / "checkout" / package,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return tmp_path / "checkout"


@pytest.mark.parametrize("module", ["nn", "nn.layers", "viz", "viz.plots"])
@pytest.mark.parametrize("init", ["from .core import primitive\n", "import missing_numpy\n"])
def test_an_editable_install_beside_the_other_project_says_so(
    checkout: Path, tmp_path: Path, module: str, init: str
) -> None:
    site = tmp_path / "site-packages"  # which comes before the path of an editable install
    (site / "autograd").mkdir(parents=True)
    add_the_other_project(site / "autograd")
    (site / "autograd" / "__init__.py").write_text(init)
    search = f"import sys; sys.path[1:1] = [{str(site)!r}, {str(checkout)!r}]; "
    result = python(search + f"import {module}", path=tmp_path)
    assert result.returncode != 0
    said = result.stderr.splitlines()[-1]
    assert said.startswith("ImportError: two projects are mixed in this environment: glassgrad and")
    assert "HIPS autograd" in said
    assert f"Python finds the other one first, in {site / 'autograd'}. Keep them apart" in said
    assert "pip uninstall glassgrad autograd" in said


def test_inside_the_checkout_ours_is_found_first(checkout: Path) -> None:
    result = python("import nn, viz; print(nn.__file__)", path=checkout)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(checkout))


def test_nn_and_viz_look_for_the_other_project_in_the_same_way() -> None:
    checks = {(ROOT / package / "conflict.py").read_text("utf-8") for package in ("nn", "viz")}
    assert len(checks) == 1


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("autograd.exp", r"; write x\.exp\(\) for a Value x$"),
        ("autograd.backward", r"; write x\.backward\(\) for a Value x$"),
        ("autograd.sum", r"; write autograd\.total\(values\)$"),
        ("autograd.tensor", r"; write Value\(0\.5\), with a Value for each number$"),
        ("autograd.parents", "$"),
        ("autograd.item", "$"),
        ("nn.Linear", r"; write nn\.Layer\(nin, nout, activation='linear'\)$"),
        ("nn.LeakyReLU", "; write its name, 'leaky_relu', as in "),
        ("nn.CrossEntropyLoss", r"; write nn\.cross_entropy\(logits, target\)$"),
        ("nn.ModuleList", r"; keep modules in a list .*: self\.layers = \["),
        ("nn.tanh", "$"),
    ],
)
def test_a_name_that_other_libraries_have_says_what_to_write(name: str, advice: str) -> None:
    package, attribute = name.split(".")
    module = importlib.import_module(package)
    expected = f"^module '{package}' has no attribute '{attribute}'{advice}"
    with pytest.raises(AttributeError, match=expected):
        getattr(module, attribute)


def test_a_misspelt_name_gets_a_suggestion_from_python() -> None:
    run = python("import autograd; autograd.logsumexpo", path=ROOT)
    assert run.stderr.rstrip().endswith("Did you mean: 'logsumexp'?")
