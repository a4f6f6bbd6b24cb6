"""The file that keeps a model's parameters: JSON that a person can read, and that cannot be half.

It says what it is, and carries a checksum, so that a file that is cut short, altered or something
else altogether is refused and not misread.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
from pathlib import Path
from typing import Any

__all__ = ["read", "write"]

FORMAT = "glassgrad parameters"
VERSION = 1


def write(path: str | os.PathLike[str], saved_by: str, state: dict[str, float]) -> None:
    """Write `state` to `path`, in place of what is there.

    Raises:
        OSError: it cannot be written.
    """
    # JSON has no nan or inf: they are kept as strings. Python writes any other float in as many
    # digits as it takes to read the same float again.
    entries = {name: x if math.isfinite(x) else repr(x) for name, x in state.items()}
    content = {"format": FORMAT, "version": VERSION, "class": saved_by, "parameters": entries}
    text = json.dumps({**content, "checksum": _checksum(content)}, indent=1, allow_nan=False)
    target = Path(os.path.realpath(path))  # behind a link: the file, not the link
    draft = target.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        try:
            with draft.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            # Who may read it stays as it was. (On Windows a mode says no more than "read-only", and
            # such a file could be neither put in place nor taken away.)
            if os.name == "posix" and target.exists():
                draft.chmod(target.stat().st_mode & 0o777)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _in_words(error, "save to", path) from None


def read(path: str | os.PathLike[str]) -> tuple[str, dict[str, float]]:
    """The class that saved the file, and the state in it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a file that `write` wrote, or not as it was written.
    """
    try:
        written = Path(path).read_bytes()
    except OSError as error:
        raise _in_words(error, "load", path) from None
    try:
        content = json.loads(written)
    except (ValueError, RecursionError):  # no JSON, no text
        raise _refusal(path, "it is not JSON: cut short, or another kind of file") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _refusal(path, f"it does not say that its format is {FORMAT!r}")
    if content.get("version") != VERSION:
        raise _refusal(
            path, f"its version is {content.get('version')!r}, and this release reads {VERSION}"
        )
    checksum = content.pop("checksum", None)
    if checksum != _checksum(content):
        raise _refusal(path, "it was altered after it was saved (its checksum does not fit)")
    entries = content.get("parameters")
    if not isinstance(entries, dict) or not all(map(_is_entry, entries.values())):
        raise _refusal(path, "its parameters are not numbers by path")
    return str(content.get("class")), {name: float(x) for name, x in entries.items()}


def _is_entry(x: Any) -> bool:
    return isinstance(x, float) or x in ("nan", "inf", "-inf")


def _checksum(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _refusal(path: str | os.PathLike[str], reason: str) -> ValueError:
    return ValueError(f"cannot load {os.fspath(path)!r}: {reason}. Give a file that save() wrote")


def _in_words(error: OSError, attempt: str, path: str | os.PathLike[str]) -> OSError:
    """The same kind of error, in a sentence that says which file, and why."""
    folder = Path(path).parent
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError) and not folder.exists():
        reason = f"the folder {str(folder)!r} does not exist; create it first"
    worded = type(error)(f"cannot {attempt} {os.fspath(path)!r}: {reason}")
    worded.errno = error.errno
    return worded
