"""The file format of models: human-readable JSON, written atomically.

A file names its format and carries a checksum, so that one that is cut short, altered or of another
kind is refused rather than misread.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any, NamedTuple

from autograd.files import write_atomically

__all__ = ["read", "show", "write"]

FORMAT = "glassgrad parameters"
VERSION = 1


class Saved(NamedTuple):
    """What is in a file: the class of the model, its state, and that of the optimiser or None."""

    saved_by: str
    state: dict[str, float]
    optimiser: Any


def write(
    path: str | os.PathLike[str], saved_by: str, state: dict[str, float], optimiser: Any = None
) -> None:
    """Write the states of a model, and of an optimiser if any, replacing an existing file."""
    content: dict[str, Any] = {"format": FORMAT, "version": VERSION, "class": saved_by}
    content["parameters"] = _encode(state)
    if optimiser is not None:
        content["optimiser"] = _encode(optimiser)
    text = json.dumps({**content, "checksum": _checksum(content)}, indent=1, allow_nan=False)
    try:
        write_atomically(path, f"{text}\n".encode())
    except OSError as error:
        raise _explain(error, "save to", path) from None


def read(path: str | os.PathLike[str]) -> Saved:
    """What is in a file.

    Raises:
        ValueError: the file is damaged, or `write` did not write it.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise _explain(error, "load", path) from None
    try:
        content = json.loads(data, parse_constant=_refuse, object_pairs_hook=_as_dict)
    except _RepeatedKeyError as error:
        raise _refusal(path, f"the key {show(error.args[0])} is repeated") from None
    except (ValueError, RecursionError):  # not JSON, or not even text
        raise _refusal(path, "it is not JSON: cut short, or another kind of file") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _refusal(path, f"its format is not {FORMAT!r}")
    version = content.get("version")
    if version != VERSION:
        raise _refusal(path, f"its version is {show(version)}, but this release reads {VERSION}")
    checksum = content.pop("checksum", None)
    try:
        as_saved = checksum == _checksum(content)
    except RecursionError:  # nothing that `write` wrote is nested so deeply
        as_saved = False
    if not as_saved:
        raise _refusal(path, "it was altered after it was saved (its checksum does not match)")
    entries = content.get("parameters")
    if not isinstance(entries, dict) or not all(map(_is_entry, entries.values())):
        raise _refusal(path, "its parameters are not a dictionary of paths and numbers")
    saved_by = content.get("class")
    if not (isinstance(saved_by, str) and saved_by.isidentifier() and len(saved_by) <= _LONGEST):
        saved_by = show(saved_by)
    parameters = {name: float(x) for name, x in entries.items()}
    return Saved(saved_by, parameters, _decode(content.get("optimiser")))


_SPECIAL = ("nan", "inf", "-inf")


# JSON has no nan or inf, so they are strings. Python writes any other float with as many digits as
# it takes to read back the same float.


def _encode(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {name: _encode(x) for name, x in thing.items()}
    if isinstance(thing, list):
        return list(map(_encode, thing))
    return repr(thing) if isinstance(thing, float) and not math.isfinite(thing) else thing


def _decode(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {name: _decode(x) for name, x in thing.items()}
    if isinstance(thing, list):
        return list(map(_decode, thing))
    return float(thing) if isinstance(thing, str) and thing in _SPECIAL else thing


class _RepeatedKeyError(ValueError):
    """A key is repeated, so it is unclear which of its values is meant."""


def _as_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dictionary, or an error if a key is repeated."""
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        raise _RepeatedKeyError(next(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
    return content


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_entry(x: Any) -> bool:
    return math.isfinite(x) if isinstance(x, float) else x in _SPECIAL


_LONGEST = 80


def show(thing: Any) -> str:
    """Something from a file, as an error shows it: on one line, escaped, and short."""
    if isinstance(thing, str):
        short = repr(thing[: _LONGEST + 1])
    elif thing is None or isinstance(thing, (bool, int, float)):
        short = repr(thing)
    else:
        return f"a {type(thing).__name__}"
    return short if len(short) <= _LONGEST else f"{short[: _LONGEST - 3]}..."


def _checksum(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _refusal(path: str | os.PathLike[str], reason: str) -> ValueError:
    return ValueError(f"cannot load {os.fspath(path)!r}: {reason}. Pass a file that save() wrote")


def _explain(error: OSError, attempt: str, path: str | os.PathLike[str]) -> OSError:
    """The same kind of error, in a sentence that says which file and why."""
    folder = Path(path).parent
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError) and not folder.exists():
        reason = f"the folder {str(folder)!r} does not exist; create it first"
    clear = type(error)(f"cannot {attempt} {os.fspath(path)!r}: {reason}")
    clear.errno = error.errno
    return clear
