"""What a runner leaves in its campaign folder: where its ledger is, so that a halt needs no key."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from stormctl.ledger.place.locks import FileLock, is_free
from stormctl.places import make_folder
from stormctl.tracked import read_plain

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 4096
"""Bytes of a note."""


@dataclass(frozen=True, slots=True)
class RunnerNote:
    """Where a runner's ledger is.

    Attributes:
        address: the ledger's, without its password; a file's is absolute.
        folder: the campaign folder on the runner's machine.
    """

    address: str
    folder: str
    kind: str
    host: str
    pid: int

    @property
    def runner(self) -> str:
        """Who it is, for people."""
        return f"{self.kind} on {self.host} (process {self.pid})"


def leave_note(root: Path, runner_id: str, note: RunnerNote) -> FileLock | None:
    """Write where a runner's ledger is, locked as long as it lives; None where nothing can be written.

    It stays when the runner is gone, until another one comes: it tells who has a copy of the folder where to
    ask.
    """
    folder = root / ".stormctl" / "runners"
    with suppress(OSError):
        make_folder(folder)
        for path in folder.glob("*.where"):
            if is_free(path):
                path.unlink(missing_ok=True)
        lock = FileLock(folder / f"{runner_id}.where")
        lock.write(json.dumps(asdict(note)))
        return lock
    return None


def find_notes(root: Path) -> tuple[RunnerNote | None, RunnerNote | None]:
    """Return what the newest live runner of a folder left, and the newest one that is no longer live.

    Only what this user, root or the folder's owner has written counts, in a file that nobody else can write.
    """
    live: RunnerNote | None = None
    gone: RunnerNote | None = None
    for _, path in sorted(_list_notes(root), reverse=True):
        note = _read_note(path, root)
        if note is not None and not is_free(path):
            live = live or note
        elif note is not None:
            gone = gone or note
    return live, gone


def _list_notes(root: Path) -> list[tuple[int, Path]]:
    found = []
    with suppress(OSError):
        for path in (root / ".stormctl" / "runners").glob("*.where"):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime_ns, path))
    return found


def _read_note(path: Path, root: Path) -> RunnerNote | None:
    try:
        status, data = read_plain(path, LARGEST, skip=FileLock.BYTES)
        if os.name == "posix":
            us = os.geteuid()
            trusted = {us, 0} | ({root.stat().st_uid} if us == 0 else set())
            if status.st_uid not in trusted or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
        found = json.loads(data)
        words = {name: str(found[name]) for name in ("address", "folder", "kind", "host")}
        note = RunnerNote(**words, pid=int(found["pid"]))
    except (OSError, LookupError, ValueError, TypeError, RecursionError):
        return None
    return note if all(word.isprintable() for word in words.values()) else None
