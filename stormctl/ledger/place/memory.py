"""What this machine remembers of ledgers: which files it has made itself, and how far it has seen them.

It lies outside of every campaign folder: what a pull request or a copy brings can't speak for itself
(decision 0029).
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from stormctl.errors import LedgerError, UsageError
from stormctl.places import find_status
from stormctl.tracked import find_tracked

VARIABLE = "STORMCTL_STATE_DIR"

FALLBACK = Path("/var/lib/stormctl")
"""For a user without a home, as services and containers often have."""

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class LedgerFingerprint:
    """What was seen of a ledger.

    Attributes:
        pulse: how often its runners had shown themselves by then.
        inode: the file's, which a copy does not share; None for a ledger on a server.
    """

    ledger_id: str
    pulse: int
    inode: int | None


def find_state_folder() -> Path:
    """Return the folder in which this machine remembers: the user's own, unless the environment names one.

    The variable counts in the environment and never in `.env`, which lies in the campaign folder itself.

    Raises:
        UsageError: the environment names no absolute path.
    """
    if named := os.environ.get(VARIABLE, "").strip():
        if not Path(named).is_absolute():
            raise UsageError(f"{VARIABLE} is not an absolute path: {named}", "Write an absolute path.")
        return Path(named)
    import platformdirs

    if sys.platform != "win32" and not os.environ.get("XDG_STATE_HOME", "").strip():
        home = _find_home()
        if home is None:
            return FALLBACK
        if sys.platform != "darwin":
            return home / ".local" / "state" / "stormctl"
    found = platformdirs.user_state_path("stormctl", appauthor=False)
    return found if found.is_absolute() else FALLBACK


def _find_home() -> Path | None:
    """Return the user's home: HOME if it is the user's own, else that of the password database.

    Under sudo, HOME may be that of whoever has typed it, where root must leave nothing.
    """
    assert sys.platform != "win32"  # noqa: S101 - tells mypy
    import pwd

    named = [os.environ.get("HOME", "")]
    with suppress(KeyError):
        named.append(pwd.getpwuid(os.geteuid()).pw_dir)
    for home in map(Path, filter(os.path.isabs, named)):
        status = _look(home)
        if status is not None and stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
            return home
    return None


class Memory:
    """The files in which this machine remembers ledgers, one for each."""

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder

    @cached_property
    def folder(self) -> Path:
        """Where the files lie."""
        return (self._given or find_state_folder()) / "ledgers"

    def load(self, ledger_id: str) -> LedgerFingerprint | None:
        """Return what was seen of a ledger; None if nothing was, or nothing that can be read."""
        return _read(self._path(ledger_id))

    def keep(self, fingerprint: LedgerFingerprint) -> None:
        """Write down what was seen, whole at every instant; OSError if it can't be written."""
        path = self._path(fingerprint.ledger_id)
        aside = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(fingerprint), file)
            aside.replace(path)
        except OSError:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise

    def name(self, path: Path) -> str:
        """Remember a ledger's file that we are making, before it is one; return the ledger's new id.

        Raises:
            LedgerError: it can't be remembered.
        """
        fingerprint = LedgerFingerprint(uuid.uuid4().hex, 0, path.stat().st_ino)
        self.remember(fingerprint)
        return fingerprint.ledger_id

    def remember(self, fingerprint: LedgerFingerprint) -> None:
        """Write down what must be known later; LedgerError if it can't be."""
        try:
            self.keep(fingerprint)
        except OSError as error:
            raise self._unwritable(error) from None

    def knows(self, ledger_id: str | None, inode: int) -> bool:
        """Whether a ledger's file was made, restored, copied or accepted here.

        Raises:
            LedgerError: someone else may write what is remembered.
        """
        status = _look(self.folder)
        if status is not None and sys.platform != "win32":
            if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                message = f"{self.folder}, where this machine remembers its ledgers, can be written by others"
                raise LedgerError(message, f"Set {VARIABLE} to a folder that only you can write to.")
        seen = None if ledger_id is None else self.load(ledger_id)
        return seen is not None and seen.inode == inode

    def take_over(self, ledger_id: str, old: Path, inode: int | None) -> None:
        """Take over what an earlier version kept beside the runners' locks; then that file is removed.

        It counts only if it names this very file, is our own, and did not come by Git.

        Args:
            inode: of the ledger's file; None for a server.

        Raises:
            LedgerError: it can't be remembered.
            CredentialsError: it can't be found out whether Git tracks it.
        """
        if _ID.fullmatch(ledger_id) is None or self.load(ledger_id) is not None:
            return
        path = old / f"{ledger_id}.witness"
        seen, status = _read(path), _look(path)
        if seen is None or status is None or (seen.ledger_id, seen.inode) != (ledger_id, inode):
            return
        if sys.platform != "win32" and status.st_uid != os.geteuid():
            return
        if find_tracked(path) is not None:
            return
        self.remember(seen)
        with suppress(OSError):
            path.unlink()

    def _path(self, ledger_id: str) -> Path:
        """Return a ledger's file; its id is what the ledger says, and may be anything."""
        is_plain = _ID.fullmatch(ledger_id) is not None
        name = ledger_id if is_plain else sha256(ledger_id.encode(errors="replace")).hexdigest()
        return self.folder / f"{name}.json"

    def _unwritable(self, error: OSError) -> LedgerError:
        message = f"this machine can't remember its ledgers in {self.folder}: {error.strerror}"
        hint = (
            f"Set {VARIABLE} to a folder that is writable for you and outlives this machine's restarts; "
            "under systemd, print the unit again: stormctl daemon --print systemd."
        )
        return LedgerError(message, hint)


def _read(path: Path) -> LedgerFingerprint | None:
    try:
        return LedgerFingerprint(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _look(path: Path) -> os.stat_result | None:
    try:
        return find_status(path, follow=False)
    except OSError:
        return None
