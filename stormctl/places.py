"""Files and folders as the system has them: looked at without a traceback, and left to whom they belong."""

from __future__ import annotations

import errno
import getpass
import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from stormctl.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

OWN_FOLDER = ".stormctl"
"""The folder of a campaign that holds what stormctl keeps."""

_NOTHING = {errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP}


def find_status(path: Path, *, follow: bool = True) -> os.stat_result | None:
    """Return what stands at a path; None if nothing does.

    `Path.exists` raises where nobody lets us look, or says that nothing is there: each Python does one of it.

    Args:
        follow: whether a link counts as what it leads to.

    Raises:
        OSError: nobody lets us look.
    """
    try:
        return path.stat(follow_symlinks=follow)
    except ValueError:  # a NUL, which no path has
        return None
    except OSError as error:
        if error.errno in _NOTHING:
            return None
        raise


def look(path: Path) -> os.stat_result | None:
    """Return what stands at a path; None if nothing does; UsageError if nobody lets us look."""
    try:
        return find_status(path)
    except OSError as error:
        message = f"{path} can't be accessed: {error.strerror}"
        raise UsageError(message, "It and the folders above it must be readable for you.") from None


def is_there(path: Path) -> bool:
    """Whether anything stands at a path; UsageError if nobody lets us look."""
    return look(path) is not None


def is_file(path: Path) -> bool:
    """Whether a path is a plain file, or leads to one; UsageError if nobody lets us look."""
    found = look(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder, or leads to one; UsageError if nobody lets us look."""
    found = look(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def is_guest(folder: Path) -> bool:
    """Whether we are root in a folder that is someone else's; False where that can't be found out."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return False
    try:
        return folder.stat().st_uid != 0
    except OSError:
        return False


def name_user(uid: int) -> str:
    """Return a user's name, or the number of one without a name."""
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def hand_over(descriptor: int, folder: Path) -> None:
    """Give what root has just made to the owner of the folder that it lies in; nobody else can.

    By its descriptor: a name might mean something else by now, in a folder that others write.
    """
    if sys.platform != "win32" and is_guest(folder):
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def open_or_make(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a file, which is made where none is; return its descriptor.

    Raises:
        OSError: it can't be opened or made.
    """
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return os.open(path, flags | os.O_CREAT, mode)  # never handed over: it may be anyone's
    hand_over(descriptor, path.parent)
    return descriptor


def write_text(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a text file, over what it held; OSError if it can't be written."""
    with os.fdopen(open_or_make(path, os.O_WRONLY | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)


def find_user() -> str:
    """Return who types, for the record."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, for their owner only; what is there already stays as it is.

    In a campaign's own folder Git is told to leave it alone: it neither publishes nor stashes a ledger.

    Raises:
        OSError: it can't be made.
    """
    missing = []
    for folder in (path, *path.parents):
        if find_status(folder) is not None:
            break
        missing.append(folder)
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        if is_guest(folder.parent):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                hand_over(descriptor, folder.parent)
            finally:
                os.close(descriptor)
    for folder in (path, *path.parents):
        if folder.name == OWN_FOLDER:
            hide_from_git(folder)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def hide_from_git(folder: Path) -> None:
    """Put a `.gitignore` of `*` into a folder that has none, if it can be written."""
    path = folder / ".gitignore"
    with suppress(OSError):
        if find_status(path, follow=False) is None:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                os.write(descriptor, b"*\n")
                hand_over(descriptor, folder)
            finally:
                os.close(descriptor)
