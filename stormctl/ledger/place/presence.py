"""Whether a ledger's file is still the one that was opened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stormctl.errors import LedgerGoneError

if TYPE_CHECKING:
    from pathlib import Path

_COMPANIONS = ("-wal", "-shm")
"""What SQLite keeps beside a file in use: its newest transactions, and who locks what."""

_HINT = (
    "Nothing more is posted. Put the file back where it was; or, if it is lost, launch again with --adopt: "
    "the accounts are read first."
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
        return LedgerGoneError(f"the ledger's file {path} was deleted or replaced while it was in use", _HINT)


def _identify(path: str) -> tuple[int, int] | None:
    """Return what tells a file from every other one; None if it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - asked a dozen times a post, and a Path takes thrice as long
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
