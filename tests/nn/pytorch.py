"""Optimisers beside PyTorch's own: the cases, and where PyTorch gets in 1,000 steps (kept).

`python -m tests.kept` runs PyTorch again if it is installed (``pip install torch==2.13.0``).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["CASES", "EVERY", "START", "STEPS", "Case", "forces", "kept", "loss_of", "pytorch"]

FILE = Path(__file__).with_suffix(".json")
START = (1.5, -0.7, 0.0, 4.0)
STEPS = 1000
EVERY = 50


class Case(NamedTuple):
    """An optimiser with its settings, and what else a training may use."""

    optimiser: str
    settings: dict[str, Any]
    groups: tuple[dict[str, Any], ...] = ()  # the first group is the first half of the parameters
    clip_norm: float | None = None
    norm_type: float = 2.0
    clip_value: float | None = None
    schedule: Callable[[Any], float] | None = None
    scheduler: tuple[str, dict[str, Any]] | None = None  # PyTorch's own for the same rates


CASES = {
    "SGD": Case("SGD", {"lr": 0.03}),
    "SGD, momentum": Case("SGD", {"lr": 0.01, "momentum": 0.9}),
    "SGD, Nesterov, decay": Case(
        "SGD", {"lr": 0.01, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}
    ),
    "Adam": Case("Adam", {"lr": 0.02}),
    "Adam, everything": Case(
        "Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}
    ),
    "AdamW": Case("AdamW", {"lr": 0.02}),
    "AdamW, decay": Case("AdamW", {"lr": 0.05, "betas": (0.7, 0.9), "weight_decay": 0.3}),
    "RMSprop": Case("RMSprop", {"lr": 0.01}),
    "RMSprop, momentum, decay": Case(
        "RMSprop", {"lr": 0.005, "alpha": 0.9, "momentum": 0.5, "weight_decay": 0.1}
    ),
    "RMSprop, centered": Case("RMSprop", {"lr": 0.01, "centered": True, "eps": 1e-4}),
    "two groups": Case(
        "AdamW", {"lr": 0.05}, ({"lr": 0.005, "weight_decay": 0.2}, {"weight_decay": 0.0})
    ),
    "clipped by norm": Case("SGD", {"lr": 0.05, "momentum": 0.5}, clip_norm=0.8),
    "clipped by largest": Case("Adam", {"lr": 0.05}, clip_norm=0.5, norm_type=math.inf),
    "clipped one by one": Case("SGD", {"lr": 0.05}, clip_value=0.4),
    "warmup and cosine": Case(
        "AdamW", {"lr": 0.1}, ({"lr": 0.01}, {}),
        schedule=nn.warmup_cosine(0.1, warmup=100, steps=900, end=0.001),
    ),
    "SGD, groups": Case(
        "SGD", {"lr": 0.02, "momentum": 0.6, "weight_decay": 0.01},
        ({"lr": 0.005, "nesterov": True}, {"momentum": 0.0, "weight_decay": 0.1}),
    ),
    "RMSprop, groups": Case(
        "RMSprop", {"lr": 0.01, "momentum": 0.3},
        ({"lr": 0.002, "alpha": 0.9, "momentum": 0.0}, {"centered": True, "weight_decay": 0.05}),
    ),
    "AdamW, clipped by norm": Case("AdamW", {"lr": 0.05, "weight_decay": 0.1}, clip_norm=0.7),
    "step": Case(
        "SGD", {"lr": 0.05, "momentum": 0.8},
        schedule=nn.step(0.05, every=150, factor=0.6),
        scheduler=("StepLR", {"step_size": 150, "gamma": 0.6}),
    ),
    "step, groups": Case(
        "Adam", {"lr": 0.04}, ({"lr": 0.01}, {}),
        schedule=nn.step(0.04, every=90, factor=0.7),
        scheduler=("StepLR", {"step_size": 90, "gamma": 0.7}),
    ),
    "linear": Case(
        "RMSprop", {"lr": 0.01},
        schedule=nn.linear(0.01, steps=800, end=0.001),
        scheduler=("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 800}),
    ),
    "cosine": Case(
        "AdamW", {"lr": 0.05}, ({"lr": 0.02}, {}),
        schedule=nn.warmup_cosine(0.05, warmup=0, steps=STEPS),
        scheduler=("CosineAnnealingLR", {"T_max": STEPS}),
    ),
}  # fmt: skip


def loss_of(p: Sequence[Any], forces: Sequence[Any]) -> Any:
    """A valley of four parameters, curved, coupled and lopsided, and forces that push along it."""
    valley = (p[0] - 1) ** 2 + 3 * (p[1] + p[0] * p[2]) ** 2 + (p[2] - 0.5) ** 4
    wide = (0.3 * p[3]).tanh() + 0.01 * p[3] ** 2
    return valley + wide + sum(f * x for f, x in zip(forces, p, strict=True))


def forces(step: int) -> list[float]:
    """The forces at a step. They change, so that no gradient fades into rounding errors."""
    return [0.5 * math.sin(0.7 * step + k) for k in range(4)]


def pytorch(torch: Any, case: Case) -> list[list[float]]:
    """PyTorch's parameters after every 50 steps."""
    params = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    halves = (params[:2], params[2:])
    trained: Any = params
    if case.groups:
        trained = [{"params": p, **s} for p, s in zip(halves, case.groups, strict=True)]
    optimiser = getattr(torch.optim, case.optimiser)(trained, **case.settings)
    first = [group["lr"] for group in optimiser.param_groups]
    scheduler: Any = None
    if case.scheduler:
        name, settings = case.scheduler
        scheduler = getattr(torch.optim.lr_scheduler, name)(optimiser, **settings)
    seen = []
    for step in range(STEPS):
        if case.schedule and not scheduler:
            for group, lr in zip(optimiser.param_groups, first, strict=True):
                group["lr"] = case.schedule(step) * lr / case.settings["lr"]
        optimiser.zero_grad()
        loss_of(params, forces(step)).backward()
        if case.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(params, case.clip_norm, case.norm_type)
        if case.clip_value is not None:
            torch.nn.utils.clip_grad_value_(params, case.clip_value)
        optimiser.step()
        if scheduler:
            scheduler.step()
        if (step + 1) % EVERY == 0:
            seen.append([p.item() for p in params])
    return seen


def kept() -> dict[str, list[list[float]]]:
    """PyTorch's parameters of all cases, as they were kept."""
    return dict(json.loads(FILE.read_text("utf-8"))["trajectories"])


def renew() -> None:
    """Run PyTorch again, if it is installed."""
    try:
        import torch
    except ImportError:
        print("  no PyTorch, so its numbers stay as they are")
        return
    version = torch.__version__.partition("+")[0]
    found = {name: pytorch(torch, case) for name, case in CASES.items()}
    # A line for each point keeps differences readable.
    cases = [
        f"{json.dumps(name)}: [\n" + ",\n".join(map(json.dumps, points)) + "\n]"
        for name, points in found.items()
    ]
    text = f'{{"PyTorch": "{version}", "trajectories": {{\n' + ",\n".join(cases) + "\n}}\n"
    FILE.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    renew()
