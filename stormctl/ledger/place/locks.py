"""A file lock of the operating system: it goes with its process, however that ends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from stormctl.places import open_or_make

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":  # pragma: no cover - each system runs one of the two
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        # Not lockf: its locks are the process's own and vanish when any descriptor of the file is closed.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FileLock:
    """A lock that is held from its making until `release` or the end of the process.

    Attributes:
        BYTES: so many at its beginning are locked, and on some systems can't be read by others.
    """

    BYTES = 1

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = open_or_make(path, os.O_RDWR)
        if not _try_lock(self._descriptor):
            os.close(self._descriptor)
            raise BlockingIOError(f"{path} is locked by another process")

    def write(self, text: str) -> None:
        """Write a text behind what is locked."""
        os.lseek(self._descriptor, self.BYTES, os.SEEK_SET)
        os.write(self._descriptor, text.encode())

    def release(self) -> None:
        """Let go of the lock; the file stays, free for everyone to see."""
        os.close(self._descriptor)


def is_free(path: Path) -> bool:
    """Whether a lock file exists that nobody holds; one that is missing or someone else's proves nothing."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except (FileNotFoundError, PermissionError):
        return False
    try:
        return _try_lock(descriptor)
    finally:
        os.close(descriptor)
