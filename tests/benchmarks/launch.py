"""Run a module of `tests` without this checkout on the path: ``launch.py MODULE ARGUMENTS``.

The checkout has a package called `autograd`, and so has the peers' environment, from HIPS. So this
loads the package `tests` from its file, and nothing else in the checkout can be imported.
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
