"""Writing pictures and pages to files."""

from __future__ import annotations

from pathlib import Path

from autograd.files import write_atomically

__all__ = ["written"]


def written(path: str | Path, text: str | bytes, what: str) -> Path:
    """Write the file whole or not at all; see `autograd.files.write_atomically`.

    Raises:
        OSError: it cannot be written; the error says `what` was to be, and a file that was there
            is as it was.
    """
    try:
        write_atomically(path, text.encode() if isinstance(text, str) else text)
    except OSError as error:
        raise OSError(error.errno, f"cannot write {what}: {error.strerror}", str(path)) from error
    return Path(path)
