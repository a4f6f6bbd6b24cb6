"""Raise ImportError if Python finds another project's `autograd` before ours.

This happens with an editable install beside HIPS autograd, and if one environment sees the packages
of another. `autograd.conflict` cannot notice it, because Python does not find that one, either.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

_spec = find_spec("autograd")  # imports nothing: the other project may lack its dependencies
if _spec is not None and _spec.origin is not None:
    _folder = os.path.dirname(_spec.origin)
    if not os.path.exists(os.path.join(_folder, "conflict.py")):
        raise ImportError(
            "two projects are mixed in this environment: glassgrad and HIPS autograd (the package "
            "'autograd' on the package index) both install a package called 'autograd', and Python "
            f"finds the other one first, in {_folder}. Keep them apart: run 'pip uninstall "
            "glassgrad autograd', then install the one you want here, and the other one in another "
            "virtual environment."
        )
