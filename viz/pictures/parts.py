"""The parts of a module: its modules, their settings, and the parameters that each holds itself."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from autograd import Value

from .once import once
from .text import class_name, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LISTED", "Part", "Structured", "find_parts", "list_choices", "list_settings"]

LISTED = 24  # parameters, words or parts that a picture lists one by one
NESTED = 8  # dimensions of a shape


class Structured(Protocol):
    """A module, such as `nn.Module`."""

    def named_modules(self) -> Iterator[tuple[str, Any]]: ...  # noqa: D102
    def named_parameters(self) -> Iterator[tuple[str, Value]]: ...  # noqa: D102


class Part:
    """A module in the model: its parts, and the parameters that belong to none of them."""

    def __init__(self, module: Any, path: str) -> None:
        self.module, self.path = module, path
        self.parts: list[Part] = []
        self.own: list[tuple[str, Value]] = []

    @property
    def name(self) -> str:
        """Its class."""
        return class_name(self.module)

    @once
    def count(self) -> int:
        """The number of parameters in it and its parts."""
        return len(self.own) + sum(part.count for part in self.parts)

    @once
    def kind(self) -> tuple[Any, ...]:
        """Equal for parts that look the same in a picture."""
        return (self.name, *list_settings(self.module), *(part.kind for part in self.parts))

    @once
    def runs(self) -> list[list[Part]]:
        """Its parts; those that are alike and next to each other together."""
        return [list(alike) for _, alike in groupby(self.parts, key=lambda part: part.kind)]

    @property
    def itself(self) -> Part:
        """Only the parameters that belong to none of its parts."""
        alone = Part(self.module, self.path)
        alone.own = self.own
        return alone

    def walk(self) -> Iterator[Part]:
        """The part and everything within."""
        yield self
        for part in self.parts:
            yield from part.walk()


def find_parts(module: Structured) -> Part:
    """Find the modules within, and the parameters that belong to none of a module's parts."""
    root = Part(module, "")
    around = [root]
    parts = [root]
    for path, inner in module.named_modules():
        if not path:
            continue
        while around[-1].path and not path.startswith(f"{around[-1].path}."):
            around.pop()
        part = Part(inner, path)
        around[-1].parts.append(part)
        around.append(part)
        parts.append(part)
    by_path = {part.path: part for part in parts}
    for path, parameter in module.named_parameters():
        owner = path
        while owner:
            owner = owner.rpartition(".")[0]
            if owner in by_path:
                break
        own = by_path[owner]
        own.own.append((path[len(own.path) + 1 :] if own.path else path, parameter))
    return root


def list_settings(module: Any) -> tuple[str, ...]:
    """The settings of a module, and the shapes of its parameters, from its attributes."""
    lines = list(list_choices(module))
    for name, thing in vars(module).items():
        shape = _shape(thing)
        if shape is not None:
            size = " × ".join(f"{n:,}" for n in shape) or "1"
            lines.append(f"{shortened(name)}: {size} number{'' if size == '1' else 's'}")
    return tuple(lines)


def list_choices(module: Any) -> Iterator[str]:
    """The public attributes that are text, a number, or a list of texts."""
    for name, thing in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(thing, str | int | float):
            yield f"{shortened(name)}: {shortened(_setting_text(thing))}"
        elif isinstance(thing, list | tuple) and thing and all(isinstance(x, str) for x in thing):
            words = ", ".join(shortened(word) for word in thing[:LISTED])
            yield f"{shortened(name)}: {shortened(words)}"


def _setting_text(setting: str | float) -> str:
    try:
        return str(setting)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "a very large number"


def _shape(thing: Any, depth: int = 0) -> tuple[int, ...] | None:
    """The shape of a parameter or of nested lists of them; None for anything else.

    A list that is nested too deeply, or contains itself, has none.
    """
    if isinstance(thing, Value):
        return () if thing.operation is None and thing.role in ("", "parameter") else None
    if isinstance(thing, dict):
        thing = list(thing.values())
    if not isinstance(thing, list | tuple) or not thing or depth == NESTED:
        return None
    inner = _shape(thing[0], depth + 1)
    # It stops at the first that differs, so a list that contains itself many times is quick, too.
    if inner is None or any(_shape(x, depth + 1) != inner for x in thing[1:]):
        return None
    return (len(thing), *inner)
