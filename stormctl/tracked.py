"""Whether Git tracks a file, or anything in a folder: its index is read here, and Git is never run.

Git runs what the repository that it finds configures, and whoever may write above us may bring one
(decision 0028).
"""

from __future__ import annotations

import os
import shlex
import stat
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from stormctl.errors import CredentialsError

LARGEST_INDEX = 64 * 1024**2
"""Bytes; half a million files. A neighbour's is read in seconds, whatever it holds."""

LONGEST_NAME = 8 * 1024
"""Bytes of a path in an index; no system opens one of more than half of it."""

LARGEST_LINK = 8 * 1024
"""Bytes of a `.git` that is a file: a path, and the word before it."""

_BROKEN = (IndexError, ValueError, struct.error)
"""What reading an index raises that is none."""

_COMPRESSED = 4
"""The version in which each name is said by what differs from the one before."""

_EXTENDED, _NAME_LENGTH = 0x4000, 0xFFF
"""Of an entry's flags: whether two more bytes follow, and the name's length, which stops at this number."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """Something that Git tracks.

    Attributes:
        top: the folder of the repository's files.
        name: its path in there, as the index has it, which may differ from ours in capitals.
    """

    top: Path
    name: str

    @property
    def untrack(self) -> str:
        """What to type so that Git tracks it no longer; the file stays."""
        return f"git -C {shlex.quote(str(self.top))} rm --cached {shlex.quote(self.name)}"


def find_tracked(path: Path) -> Tracked | None:
    """Return what Git tracks at a path: the file itself, or the first thing in the folder; None if nothing.

    Every repository in the folder and above it is asked, not just the nearest, as the path is written and
    where links lead. Git's variables (`GIT_DIR`) don't count. Capitals make no difference: on some systems
    they name the same file. What a repository has in its index counts, whether it is committed or not.

    Raises:
        CredentialsError: a repository can't be read, so that nobody knows.
    """
    written = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    real_folder = Path(os.path.realpath(written.parent))
    places = dict.fromkeys((written, real_folder / written.name, Path(os.path.realpath(written))))
    for place, top in dict.fromkeys((one, top) for one in places for top in (one, *one.parents)):
        try:
            found = _search(top, _fold(os.fsencode("/".join(place.relative_to(top).parts))))
        except (OSError, *_BROKEN) as error:
            reason = getattr(error, "strerror", None) or "its index can't be read"
            raise CredentialsError(
                f"whether Git tracks {path} can't be found out: {top / '.git'}: {reason}",
                f"Let this user read it, remove it if nobody needs it, or move the campaign out of {top}.",
            ) from None
        if found is not None:
            return found
    return None


def read_plain(path: Path, limit: int, *, skip: int = 0) -> tuple[os.stat_result, bytes]:
    """Return what a file is, and what is in it, without ever waiting for a pipe or a device.

    Args:
        limit: bytes that it may have.
        skip: bytes at its beginning that are not read.

    Raises:
        OSError: it can't be read, is no plain file, or has more bytes than the limit.
    """
    _refuse_odd(path.stat(), limit)  # looked at before it is opened: that alone may move a device
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        _refuse_odd(status, limit)
        file.seek(skip)
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(0, f"it has more than {limit:,} bytes")
    return status, data


def _refuse_odd(status: os.stat_result, limit: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise OSError(0, "Is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if status.st_size > limit:
        raise OSError(0, f"it has more than {limit:,} bytes")


def _search(top: Path, wanted: bytes) -> Tracked | None:
    """Look for a path, or what lies below it, in the repository of a folder; None too if it has none.

    Raises:
        OSError, or one of `_BROKEN`: it can't be read.
        CredentialsError: it is written in a way that doesn't tell.
    """
    git = _find_git(top)
    if git is None:
        return None
    try:
        _, data = read_plain(git / "index", LARGEST_INDEX)
    except FileNotFoundError:
        return None  # nothing was ever added
    found, hidden, shared = _read_index(data, wanted)
    if found is None and hidden:
        raise _refuse(top, hidden, "is sparse", "sparse-checkout reapply --no-sparse-index")
    if found is None and shared:
        _, data = read_plain(git / f"sharedindex.{shared}", LARGEST_INDEX)
        maybe, hidden, _ = _read_index(data, wanted)
        if maybe is not None or hidden:
            raise _refuse(top, maybe or hidden, "is split", "update-index --no-split-index")
    return Tracked(top, found) if found is not None else None


def _refuse(top: Path, name: str | None, state: str, command: str) -> CredentialsError:
    return CredentialsError(
        f"whether Git tracks {top / (name or '')} can't be known: the index of {top / '.git'} {state}",
        f"Run: git -C {shlex.quote(str(top))} {command}",
    )


def _find_git(top: Path) -> Path | None:
    """Return the folder with a repository's index: `.git`, or where it leads (worktrees, submodules)."""
    git = top / ".git"
    try:
        is_folder = stat.S_ISDIR(git.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if is_folder:
        return git
    _, data = read_plain(git, LARGEST_LINK)
    if not data.startswith(b"gitdir: "):
        raise OSError(0, "it is not a repository")
    folder = top / os.fsdecode(data.removeprefix(b"gitdir: ").rstrip(b"\r\n"))
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise OSError(0, "it leads to no repository")
    return folder


def _read_index(data: bytes, wanted: bytes) -> tuple[str | None, str | None, str]:
    """Look for a path in an index, whichever of Git's two hashes it is made with."""
    try:
        return _scan(data, wanted, 20)
    except _BROKEN:
        return _scan(data, wanted, 32)


def _scan(data: bytes, wanted: bytes, id_size: int) -> tuple[str | None, str | None, str]:
    """Read a whole index (source: Git's Documentation/gitformat-index.txt, versions 2 to 4).

    Returns:
        The first name that is the wanted one or lies below it; the folder above it that a sparse index has
        in place of its files; and the id of the index that this one adds to. None or empty if there is none.
    """
    signature, version, count = struct.unpack_from(">4sII", data)
    if signature != b"DIRC" or version not in {2, 3, 4}:
        raise ValueError
    entry = struct.Struct(f">24xI12x{id_size}xH")  # the mode, and the flags behind the id
    found: bytes | None = None
    hidden: bytes | None = None
    at, name, below = struct.calcsize(">4sII"), b"", wanted and wanted + b"/"
    for _ in range(count):
        mode, flags = entry.unpack_from(data, at)
        start = at + entry.size + (2 if flags & _EXTENDED else 0)
        kept = b""
        if version == _COMPRESSED:
            cut, start = _read_number(data, start)
            if cut > len(name):
                raise ValueError
            kept = name[: len(name) - cut]
        end = data.index(b"\0", start)
        name = kept + data[start:end]
        if min(len(name), _NAME_LENGTH) != flags & _NAME_LENGTH or len(name) > LONGEST_NAME:
            raise ValueError
        at = end + 1 if version == _COMPRESSED else at + (end - at + 8 & ~7)
        folded = _fold(name)
        if name and (folded == wanted or folded.startswith(below)):
            found = found or name
        elif stat.S_ISDIR(mode) and wanted.startswith(folded):
            hidden = name
    shared = _read_extensions(data, at, len(data) - id_size, id_size)
    return _decode(found) if found else None, _decode(hidden) if hidden else None, shared


def _read_extensions(data: bytes, at: int, end: int, id_size: int) -> str:
    """Return the id of the index that this one adds to, in hexadecimal; empty if it stands alone.

    Raises:
        ValueError: there is something that must be understood and isn't, or it doesn't end where it should.
    """
    shared = b""
    while at < end:
        kind, size = struct.unpack_from(">4sI", data, at)
        at += 8 + size
        if kind == b"link":
            shared = data[at - size :][:id_size]
        elif not kind[:1].isupper() and kind != b"sdir":  # capitals: may be left out
            raise ValueError
    if at != end:
        raise ValueError
    return shared.hex() if any(shared) else ""


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable length, as pack files have it; return it and where it ends."""
    number = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        number = (number + 1 << 7) + (data[at] & 0x7F)
    return number, at + 1


def _fold(name: bytes) -> bytes:
    """Make equal what some file system takes for equal: capitals and composed letters."""
    if name.isascii():
        return name.lower()
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", _decode(name)).casefold())
    return text.encode("utf-8", "surrogateescape")


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
