"""Whether a ledger's file is the one that the log beside it was written for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.errors import DamagedLedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILED = "filed"
"""What `meta` knows of the file alone: the pulse that had come into it, at a runner's last sign."""

_HINT = (
    "Type: stormctl ledger restore FILE, with a backup; what stands there is set aside whole. "
    "If the backup itself was moved here, move it away first."
)


def refuse_stray_log(path: Path, filed: Mapping[str, str], seen: Mapping[str, str]) -> None:
    """Make sure that file and log belong together: SQLite would mix any two of them without a word.

    A file that was put in another one's place by hand lacks what went from that one's log into the file
    before. Its pulse is lower then than what the log remembers of the file, or it is a backup of its own.

    Args:
        path: the file's.
        filed: `meta` as the file alone has it; empty where that can't be told.
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
    return DamagedLedgerError(message, _HINT)
