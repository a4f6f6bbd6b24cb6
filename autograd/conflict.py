"""Raise ImportError if HIPS autograd, another package called `autograd`, is mixed in."""

from __future__ import annotations

import os  # pathlib would take as long to load as the engine itself

_here = os.path.dirname(os.path.abspath(__file__))

# A file that HIPS autograd has and this project does not.
if os.path.exists(os.path.join(_here, "tracer.py")):
    raise ImportError(
        "two projects are mixed in this environment: glassgrad and HIPS autograd (the package "
        "'autograd' on the package index) both install a package called 'autograd', and their "
        f"files are together in {_here}. Keep them apart: run 'pip uninstall glassgrad autograd', "
        "then install the one you want here, and the other one in another virtual environment."
    )
