"""Which version a ledger is of, and the numbered migrations that lead there; the engine applies them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.ledger.db.sessions import Row, Session

FOLDER = Path(__file__).parent / "migrations"
MARKS = {"meta", "deliveries", "attempts"}
"""The tables that make a database a ledger."""

_NAME = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)(?:\.(?P<dialect>[a-z]+))?\.sql")
_END_OF_STATEMENT = re.compile(r"(?<=;)\s*\n\s*\n")
_CREATED = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from the version before it to its own, applied in one transaction."""

    version: int
    name: str
    statements: tuple[str, ...]


def load_migrations(dialect: str, folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Load the migrations of a dialect, in order.

    `0001_first.sql` serves every dialect, `0002_guards.sqlite.sql` only SQLite. A statement ends with a
    semicolon and an empty line, so that triggers stay whole.

    Raises:
        ValueError: if a file is misnamed, or the versions are not 1, 2, 3 and so on.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"{path.name} is not named like 0001_first.sql or 0002_guards.sqlite.sql")
        if match["dialect"] in {None, dialect}:
            statements = _END_OF_STATEMENT.split(path.read_text(encoding="utf-8").strip())
            found.append(Migration(int(match["version"]), match["name"], tuple(statements)))
    versions = [migration.version for migration in found]
    if versions != list(range(1, len(found) + 1)):
        raise ValueError(f"the migrations of {dialect} are not numbered from 1 without gaps: {versions}")
    return tuple(found)


def list_tables(migrations: Sequence[Migration]) -> tuple[str, ...]:
    """Return the tables that migrations create, in their order: what others refer to comes first."""
    return tuple(name for m in migrations for text in m.statements for name in _CREATED.findall(text))


def pass_all(session: Session) -> None:
    """Find nothing wrong: what is checked where nothing is asked for."""


def refuse_newer_version(version: int, known: int, shown: str) -> None:
    """Make sure that a ledger is not of a version that this stormctl doesn't know; LedgerError if it is."""
    if version > known:
        message = f"the ledger {shown} is of version {version}; this stormctl knows versions up to {known}"
        raise LedgerError(message, "Use the newer stormctl that wrote it, or another ledger.")


def refuse_older_version(version: int, known: int, shown: str) -> None:
    """Make sure that a ledger is not of an older version than this stormctl's; LedgerError if it is."""
    if version < known:
        message = f"the ledger {shown} is of version {version}; this stormctl works with version {known}"
        raise LedgerError(message, "stormctl ledger migrate backs it up and brings it to this version.")


def refuse_unusable(gate: Row, known: int, shown: str) -> None:
    """Make sure that a ledger may be worked with, anew in each transaction.

    Raises:
        LedgerError: it is of another version than at its opening, or was copied to another place.
    """
    version = int(gate["value"])
    if gate["moved_to"] is not None:
        message = f"the ledger {shown} was copied to {gate['moved_to']}, and is not used any more"
        raise LedgerError(message, "Set STORMCTL_LEDGER_URL to the new one; stormctl ledger shows this one.")
    if version != known:
        message = (
            f"the ledger {shown} was changed to version {version} in the meantime; "
            f"this stormctl knows version {known}"
        )
        raise LedgerError(message, "Start this command again with the stormctl that changed it.")
