"""Writes pictures and pages to files."""

from __future__ import annotations

from pathlib import Path

from autograd.files import write_atomically

__all__ = ["write_file"]


def write_file(path: str | Path, text: str | bytes, what: str) -> Path:
    """Write a file atomically (see `autograd.files.write_atomically`), and return its path.

    It does not wait for the disk: after a power cut, a picture can be drawn again.

    Raises:
        OSError: the file cannot be written. The error names `what` was to be saved, and a file that
            was there is unchanged.
    """
    try:
        write_atomically(path, text.encode() if isinstance(text, str) else text, durable=False)
    except OSError as error:
        raise OSError(error.errno, f"cannot write {what}: {error.strerror}", str(path)) from error
    return Path(path)
