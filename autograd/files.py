"""Atomic writing (a file is the old one or the new one, never half), and the cache folder.

Callers word the errors.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from pathlib import Path

__all__ = ["find_cache_folder", "write_atomically"]


def write_atomically(path: str | os.PathLike[str], data: bytes, *, durable: bool = True) -> None:
    """Write a draft beside the file and move it into place, so that nobody ever sees half a file.

    A symbolic link is followed. An existing file keeps its owner and permissions, and nobody else
    can read the draft. A device or a pipe, such as ``/dev/stdout``, is written to. A file with
    several names (hard links), or in a read-only folder, can only be overwritten; if that fails,
    the old content is restored.

    Arguments:
        path: the file.
        data: all that it will hold.
        durable: wait until the disk has the draft, so that a power cut leaves no empty file either.

    Raises:
        OSError: the file cannot be written, or is read-only; an existing file is unchanged.
    """
    path = os.fspath(path)
    try:
        old = Path(path).stat()
    except FileNotFoundError:
        old = None
    stream = None if old is None else _find_stream(path)
    if old is not None and (stream is not None or not _is_file_or_folder(old)):
        # A duplicate of an open stream continues where the stream is.
        _write_to(os.open(path, os.O_WRONLY) if stream is None else os.dup(stream), data)
        return
    target = Path(os.path.realpath(path))
    if old is not None:
        if stat.S_ISDIR(old.st_mode):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        os.close(os.open(target, os.O_WRONLY))  # fails if the file is read-only
        if old.st_nlink > 1:
            _overwrite(target, data)
            return
    draft = target.with_name(f".{os.urandom(8).hex()}.draft")
    mode = 0o666 if old is None else 0o600  # less what the umask forbids
    try:
        try:
            with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
        except PermissionError:
            if old is None:
                raise
            _overwrite(target, data)
            return
        # On Windows a mode can only say "read-only", and such a draft could be neither moved nor
        # deleted.
        if os.name == "posix" and old is not None:
            _copy_permissions(old, draft)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _write_to(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _find_stream(path: str) -> int | None:
    """The number of the open stream that a path names, by any of its names or through links."""
    link = Path(path)
    for _ in range(_MOST_LINKS):
        link = Path(os.path.realpath(link.parent), link.name)
        if stream := re.fullmatch(
            rf"/(?:dev|proc/{os.getpid()}(?:/task/\d+)?)/fd/(\d+)", os.fspath(link)
        ):
            return int(stream[1])
        if not link.is_symlink():
            break
        link = link.parent / link.readlink()
    return None


_MOST_LINKS = 40  # as many as Linux follows


def _is_file_or_folder(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)


def _copy_permissions(old: os.stat_result, draft: Path) -> None:
    """Give the draft the owner and the permissions of the file that it replaces."""
    mode = old.st_mode & 0o777
    try:
        os.chown(draft, old.st_uid, old.st_gid)
    except OSError:
        if draft.stat().st_gid != old.st_gid:
            mode &= 0o707  # permissions for the old group are not for another one
    draft.chmod(mode)


def _overwrite(target: Path, data: bytes) -> None:
    old = target.read_bytes()
    try:
        target.write_bytes(data)
    except BaseException:
        target.write_bytes(old)
        raise


def find_cache_folder() -> Path | None:
    """The folder for what can be made again, such as compiled code; it need not exist yet.

    It is in the user's cache folder, by the conventions of each system (XDG on Linux). None if the
    user has no cache folder.
    """
    if sys.platform == "win32":
        candidates = [os.environ.get("LOCALAPPDATA", "")]
    elif sys.platform == "darwin":
        candidates = [str(Path("~", "Library", "Caches"))]
    else:
        candidates = [os.environ.get("XDG_CACHE_HOME", ""), str(Path("~", ".cache"))]
    for candidate in candidates:
        folder = os.path.expanduser(candidate)  # noqa: PTH111  (pathlib raises without a home)
        if Path(folder).is_absolute():
            return Path(folder, "glassgrad")
    return None
