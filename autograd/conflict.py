"""Raises ImportError where HIPS autograd, which installs the same package name, is mixed in."""

from __future__ import annotations

import os  # pathlib would take as long to load as the engine itself

_here = os.path.dirname(os.path.abspath(__file__))

# HIPS autograd's files, of names that this project does not use.
if os.path.exists(os.path.join(_here, "tracer.py")):
    raise ImportError(
        "two projects are mixed in this environment: glassgrad and HIPS autograd (the package "
        "'autograd' of the package index) both install a package called 'autograd', and their "
        f"files lie together in {_here}. Keep them apart: run 'pip uninstall glassgrad autograd', "
        "then install the one you want here, and the other in a virtual environment of its own."
    )
