"""Build the compiled engine into the wheel, or for an editable install beside its sources.

Without a C compiler, glassgrad is installed all the same: its engine is then Python. These
environment variables decide otherwise: ``GLASSGRAD_PURE=1`` builds nothing, and with
``GLASSGRAD_NATIVE=1`` an engine that cannot be built is an error.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Fused multiply-adds would round once where Python rounds twice.
OPTIONS = ["-O2", "-g0", "-ffp-contract=off", "-fvisibility=hidden"]
if sys.platform == "win32":  # where the compiler does not fuse them, and takes other options
    OPTIONS = []


class CustomBuildHook(BuildHookInterface[Any]):
    """What hatchling calls before and after it makes a wheel."""

    work: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the engine, and add it to what the wheel holds."""
        if os.environ.get("GLASSGRAD_PURE", "") not in ("", "0"):
            return
        root = Path(self.root)
        self.work = work = Path(tempfile.mkdtemp(prefix="glassgrad-"))
        try:
            library = compile_engine(root, work)
        except BaseException as error:  # whatever setuptools or the compiler raise, also SystemExit
            if isinstance(error, KeyboardInterrupt) or os.environ.get("GLASSGRAD_NATIVE") == "1":
                raise
            self.app.display_warning(
                f"glassgrad's compiled engine could not be built, so it will run on Python: {error}"
            )
            return
        if version == "editable":
            place = root / "autograd" / library.name
            draft = place.with_suffix(f".{os.getpid()}.draft")
            draft.write_bytes(library.read_bytes())
            draft.replace(place)  # other processes may use the old one
        else:
            build_data["force_include"][str(library)] = f"autograd/{library.name}"
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clean up, once the wheel holds the library."""
        if self.work is not None:
            shutil.rmtree(self.work, ignore_errors=True)


def compile_engine(root: Path, work: Path) -> Path:
    """Compile ``autograd/native`` in the folder `work`, and return the library."""
    from setuptools import Distribution, Extension

    folder = root / "autograd" / "native"
    extension = Extension(
        "_native",
        [str(file) for file in sorted(folder.glob("*.c"))],
        include_dirs=[str(folder)],
        depends=[str(folder / "value.h")],
        extra_compile_args=OPTIONS,
    )
    command = Distribution({"ext_modules": [extension]}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(work), str(work / "objects")
    command.ensure_finalized()
    command.run()
    return Path(command.get_ext_fullpath("_native"))
