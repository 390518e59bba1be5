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
        message = f"the ledger's file {path} was replaced, and {path.name}-wal belongs to the one before it"
        raise DamagedLedgerError(message, _HINT)
