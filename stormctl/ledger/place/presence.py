"""Whether a ledger's file is still the one that was opened, and the log beside it its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stormctl.errors import DamagedLedgerError, LedgerGoneError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILED = "filed"
"""What `meta` knows of the file alone: the pulse that had come into it, at a runner's last sign."""

_COMPANIONS = ("-wal", "-shm")
"""What SQLite keeps beside a file in use: its newest transactions, and who locks what."""

_PUT_BACK = (
    "Nothing more is posted. Put the file back where it was; or, if it is lost, launch again with --adopt: "
    "the accounts are read first."
)

_RESTORE = (
    "Run: stormctl ledger restore FILE, with a backup; what is there is set aside completely. "
    "If the backup itself was moved here, move it away first."
)


class Presence:
    """The identity of a file that is in use, and of its companions.

    A system lets a process write on in a file that was deleted: what is written there is lost, and
    whoever opens the path meets another ledger, with locks of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._file: tuple[int, int] | None = None
        self._companions: dict[str, tuple[int, int]] = {}

    def check(self) -> None:
        """Make sure that nothing was deleted or replaced since it was first looked at.

        Raises:
            LedgerGoneError: if the file, or what SQLite keeps beside it, is not the one that was opened.
        """
        file = _identify(self._path)
        if self._file is None:
            self._file = file
        if file is None or file != self._file:
            raise self._gone(self._path)
        for path, identity in self._companions.items():
            if _identify(path) != identity:
                raise self._gone(path)

    def note_companions(self) -> None:
        """Remember the companions once they are there: they stay while a connection is open that has read."""
        if not self._companions:
            paths = [self._path + ending for ending in _COMPANIONS]
            found = {path: _identify(path) for path in paths}
            self._companions = {path: identity for path, identity in found.items() if identity is not None}

    @staticmethod
    def _gone(path: str) -> LedgerGoneError:
        return LedgerGoneError(
            f"the ledger's file {path} was deleted or replaced while it was in use", _PUT_BACK
        )


def _identify(path: str) -> tuple[int, int] | None:
    """Return what tells a file from every other one; None if it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - asked a dozen times a post, and a Path takes thrice as long
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def refuse_stray_log(path: Path, filed: Mapping[str, str], seen: Mapping[str, str]) -> None:
    """Make sure that file and log belong together: SQLite would mix any two of them without a word.

    A file that was put in another one's place by hand lacks what went from that one's log into the file
    before. Its pulse is lower then than what the log remembers of the file, or it is a backup of its own.

    Args:
        filed: `meta` as the file alone has it; empty where that can't be found out.
        seen: `meta` as file and log have it together; empty where there is none.

    Raises:
        DamagedLedgerError: they don't belong together.
    """
    if not filed or not seen:
        return
    is_stranger = filed.get("ledger_id") not in {None, seen.get("ledger_id")}
    is_other_backup = filed.get("backed_up_at") != seen.get("backed_up_at")
    is_older = int(filed.get("pulse", 0)) < int(seen.get(FILED, 0))
    if is_stranger or is_other_backup or is_older:
        raise _stray(path)


def refuse_log_of_another(path: Path) -> None:
    """Make sure that the file was ever kept with a log: a backup was not, whatever lies beside it.

    Bytes 18 and 19 are 2 in a file with a log, and 1 in every other (sqlite.org, file format, 1.3).

    Raises:
        DamagedLedgerError: it was not, so that the log is another file's.
    """
    with path.open("rb") as file:
        if file.read(20)[18:] == b"\x01\x01":
            raise _stray(path)


def _stray(path: Path) -> DamagedLedgerError:
    message = f"the ledger's file {path} was replaced, and {path.name}-wal belongs to the one before it"
    return DamagedLedgerError(message, _RESTORE)
