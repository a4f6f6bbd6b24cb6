"""Runs a module of the tests without this checkout on the path: ``launch.py MODULE ARGUMENTS``.

The checkout has packages called `autograd` and `nn`, and the peers' environment has HIPS autograd.
So the package `tests` is loaded from where it is, and nothing else of the checkout can be imported.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys
from pathlib import Path


def main() -> None:
    sys.path.pop(0)  # the folder of this file
    folder = Path(__file__).resolve().parents[1]
    spec = importlib.util.spec_from_file_location(
        "tests", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec
    sys.modules["tests"] = importlib.util.module_from_spec(spec)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
