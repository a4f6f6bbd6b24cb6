"""The peers' environment, set up once in the user's cache.

HIPS autograd installs a package with the name of ours. That does no harm: `launch` keeps this
checkout off that environment's path.
"""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

REPOSITORY = Path(__file__).resolve().parents[2]
PEERS = {
    "numpy": "numpy==2.4.6",
    "jax": "jax==0.10.2",
    "torch": "torch==2.13.0",
    "casadi": "casadi==3.8.2",
    "micrograd": "micrograd==0.1.0",
    "autograd": "autograd==1.9.1",
    "xad": "xad==1.5.2",
    "tinygrad": "tinygrad==0.14.0",
    "graphviz": "graphviz==0.21",
    "torchviz": "torchviz==0.0.3",
    "pydot": "pydot==4.0.1",  # for the graphs of CasADi
}
TORCH_FOR_CPUS = "https://download.pytorch.org/whl/cpu"


def peers_python(wanted: Container[str] = PEERS) -> str:
    """Set up or complete the peers' environment and return its interpreter.

    Arguments:
        wanted: install only these peers; those already there stay.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache / "glassgrad-benchmarks" / f"peers-python{version}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    there = installed(str(python))
    for name, requirement in PEERS.items():
        if name not in wanted or requirement == f"{name}=={there.get(name, '').partition('+')[0]}":
            continue
        print(f"installing {requirement} in {folder}", file=sys.stderr)
        install = [*pip, "install", "-q", requirement]
        if name == "torch":  # without gigabytes of libraries for graphics cards
            without = ["--no-deps", "--retries", "1", "--extra-index-url", TORCH_FOR_CPUS]
            subprocess.run([*install, *without], check=False)
        if subprocess.run(install, check=False).returncode:
            print(f"{requirement} could not be installed; its row stays empty", file=sys.stderr)
    return str(python)


def installed(python: str) -> dict[str, str]:
    """The version of each distribution in an environment."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "list", "--format=freeze"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return dict(line.split("==", 1) for line in lines if "==" in line)


def packages_of(python: str) -> str:
    """The folder with an environment's packages."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    run = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def machine() -> str:
    """The processor, its cores and the system."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {platform.system()}"


def today() -> str:
    return datetime.date.today().isoformat()
