"""Writing files: whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["written"]


def written(path: str | Path, text: str | bytes, what: str) -> Path:
    """Write the file beside its place and then move it there, so that nobody ever sees half of it.

    Raises:
        OSError: it cannot be written; the error says `what` was to be, and a file that was there
            is as it was.
    """
    path = Path(path)
    data = text.encode() if isinstance(text, str) else text
    target = Path(os.path.realpath(path))  # behind a link: the file, not the link
    draft = target.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        if target.exists() and not target.is_file():  # a device or a pipe: /dev/stdout
            target.write_bytes(data)
            return path
        try:
            with draft.open("xb") as file:
                file.write(data)
            # Who may read it stays as it was. (On Windows a mode says no more than "read-only", and
            # such a file could be neither put in place nor taken away.)
            if os.name == "posix" and target.exists():
                draft.chmod(target.stat().st_mode & 0o777)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OSError(error.errno, f"cannot write {what}: {error.strerror}", str(path)) from error
    return path
