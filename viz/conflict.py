"""Raises ImportError where Python finds another project's `autograd` before ours.

This happens with an editable install beside HIPS autograd, and with two environments of which one
sees the other's packages. `autograd.conflict` cannot notice it, because it is not found either.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

_spec = find_spec("autograd")  # which runs nothing: the other project may lack what it needs
if _spec is not None and _spec.origin is not None:
    _folder = os.path.dirname(_spec.origin)
    if not os.path.exists(os.path.join(_folder, "conflict.py")):
        raise ImportError(
            "two projects are mixed in this environment: glassgrad and HIPS autograd (the package "
            "'autograd' of the package index) both install a package called 'autograd', and Python "
            f"finds the other one first, in {_folder}. Keep them apart: run 'pip uninstall "
            "glassgrad autograd', then install the one you want here, and the other in a virtual "
            "environment of its own."
        )
