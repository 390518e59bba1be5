"""What was found out about a bank's pictures, so that looking again takes no time; nothing is sent by it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from stormctl.places import OWN_FOLDER, is_guest, make_folder, write_text
from stormctl.tracked import read_plain

if TYPE_CHECKING:
    from pathlib import Path

RULES = 2
"""To be raised with every change of what is done with a picture: what was examined by others is forgotten."""

MAX_FILE_BYTES = 16_000_000
"""Bytes of what is remembered; ten thousand pictures need a fifth of it."""


class ExaminedPictures:
    """What was found out about a bank's pictures, by path, size, times and the rules of that day.

    It lies in `.stormctl/pictures/`. What can't be read is examined again. The time of a file's last change
    counts beside that of its content: nobody can set it, as a copy or a pull request might.

    Args:
        root: the campaign folder.
        bank: the bank's name.
    """

    def __init__(self, root: Path, bank: str) -> None:
        self._root = root
        self._path = root / OWN_FOLDER / "pictures" / f"{bank}.json"
        self._rules = f"{RULES}, Pillow {version('pillow')}"
        self._known = self._read()
        self._used: dict[str, Any] = {}

    def recall(self, name: str, stamp: os.stat_result) -> Any:
        """Return what was stored under a name for a file that has not changed since; else None."""
        entry = self._known.get(name)
        if not isinstance(entry, dict) or entry.get("stamp") != _describe(stamp):
            return None
        self._used[name] = entry
        return entry.get("facts")

    def store(self, name: str, stamp: os.stat_result, facts: Any) -> None:
        """Store what JSON can hold, for a file as it was before it was examined."""
        self._used[name] = {"stamp": _describe(stamp), "facts": facts}

    def save(self) -> None:
        """Write what was recalled and stored, if that changes anything and the folder can be written."""
        folder = self._path.parent
        # a link, which a pull request can bring, would lead the writing elsewhere
        is_led_away = folder.is_symlink() or folder.parent.is_symlink()
        if self._used == self._known or is_led_away or is_guest(self._root):
            return
        draft = self._path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            make_folder(folder)
            write_text(draft, json.dumps({"rules": self._rules, "pictures": self._used}), 0o600)
            draft.replace(self._path)

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError, RecursionError):
            told = json.loads(read_plain(self._path, MAX_FILE_BYTES)[1])
            if isinstance(told, dict) and told.get("rules") == self._rules:
                return dict(told["pictures"]) if isinstance(told.get("pictures"), dict) else {}
        return {}


def _describe(stamp: os.stat_result) -> list[int]:
    return [stamp.st_size, stamp.st_mtime_ns, stamp.st_ctime_ns]
