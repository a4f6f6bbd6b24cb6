"""Write a file completely or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a new file beside the old one, then rename it, so that nobody ever sees half a file.

    A symbolic link is followed. An existing file keeps its owner and permissions, and nobody else
    can read the new one while it is written. A device or a pipe, such as ``/dev/stdout``, is
    written to directly. A file with several names (hard links), or in a folder that cannot be
    written to, can only be overwritten; if that fails, the old content is restored.

    Raises:
        OSError: the file cannot be written, or is read-only; an existing file is unchanged.
    """
    path = os.fspath(path)
    try:
        there = Path(path).stat()
    except FileNotFoundError:
        there = None
    stream = None if there is None else _open_stream(path)
    if there is not None and (stream is not None or not _is_file_or_folder(there)):
        # A duplicate of an open stream continues where the stream is.
        _write_on(os.open(path, os.O_WRONLY) if stream is None else os.dup(stream), data)
        return
    target = Path(os.path.realpath(path))
    if there is not None:
        if stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        os.close(os.open(target, os.O_WRONLY))  # an error if it is read-only
        if there.st_nlink > 1:
            _overwrite(target, data)
            return
    draft = target.with_name(f".{secrets.token_hex(8)}.draft")
    mode = 0o666 if there is None else 0o600  # less the umask
    try:
        try:
            with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except PermissionError:
            if there is None:
                raise
            _overwrite(target, data)
            return
        # On Windows a mode can only mean "read-only", and such a file could be neither moved nor
        # deleted.
        if os.name == "posix" and there is not None:
            _make_alike(draft, there)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _write_on(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _open_stream(path: str) -> int | None:
    """The descriptor of the open stream that the path leads to, through links and all its names."""
    place = Path(path)
    for _ in range(_MOST_LINKS):
        place = Path(os.path.realpath(place.parent), place.name)
        if stream := re.fullmatch(
            rf"/(?:dev|proc/{os.getpid()}(?:/task/\d+)?)/fd/(\d+)", os.fspath(place)
        ):
            return int(stream[1])
        if not place.is_symlink():
            break
        place = place.parent / place.readlink()
    return None


_MOST_LINKS = 40  # as in Linux


def _is_file_or_folder(there: os.stat_result) -> bool:
    return stat.S_ISREG(there.st_mode) or stat.S_ISDIR(there.st_mode)


def _make_alike(draft: Path, there: os.stat_result) -> None:
    """Give the draft the owner and the permissions of the file it replaces."""
    mode = there.st_mode & 0o777
    try:
        os.chown(draft, there.st_uid, there.st_gid)
    except OSError:
        if draft.stat().st_gid != there.st_gid:
            mode &= 0o707  # another group must not inherit the permissions of the old one
    draft.chmod(mode)


def _overwrite(target: Path, data: bytes) -> None:
    old = target.read_bytes()
    try:
        target.write_bytes(data)
    except BaseException:
        target.write_bytes(old)
        raise
