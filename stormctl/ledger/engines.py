"""What the ledger needs of a database, whichever it is: transactions behind one gate, named queries."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stormctl.errors import LedgerError
from stormctl.ledger.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import timedelta

QUERIES = Path(__file__).parent / "queries"
BUSY_TIMEOUT_S = 10.0
"""How long a transaction waits for another process's; each takes a few milliseconds."""

MARKS = {"meta", "deliveries", "attempts"}
"""The tables that make a database a ledger."""


class UniqueViolation(Exception):  # noqa: N818 - an answer of the database that callers handle
    """A row would break a unique index; the transaction was undone."""


class Row(Protocol):
    """A row of an answer, read by column name."""

    def __getitem__(self, name: str, /) -> Any:
        """Get a column's value."""
        ...


class Session:
    """The named queries of `queries/`, on the connection of one transaction."""

    def __init__(self, queries: Any, connection: Any) -> None:
        self._queries = queries
        self._connection = connection

    def each(self, name: str, /, **values: Any) -> Iterator[Row]:
        """Iterate over a query's rows as they come; nothing may be written meanwhile."""
        return iter(self._execute(name, values))

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        """Return all rows of a query."""
        found: list[Row] = self._execute(name, values).fetchall()
        return found

    def find(self, name: str, /, **values: Any) -> Row | None:
        """Return the only row of a query, None without one."""
        row: Row | None = self._execute(name, values).fetchone()
        return row

    def get(self, name: str, /, **values: Any) -> Row:
        """Return the only row of a query; LookupError without one."""
        row = self.find(name, **values)
        if row is None:
            message = f"{name} found nothing for {values}"
            raise LookupError(message)
        return row

    def value(self, name: str, /, **values: Any) -> Any:
        """Return the column `value` of a query's only row."""
        return self.get(name, **values)["value"]

    def write(self, name: str, /, **values: Any) -> int:
        """Run a writing query; return how many rows it touched."""
        touched: int = self._execute(name, values).rowcount
        return touched

    def _execute(self, name: str, values: dict[str, Any]) -> Any:
        # Not by aiosql's own methods: their cursors and contexts cost more than most of our statements.
        return self._connection.execute(getattr(self._queries, name).sql, values)


class Database(Protocol):
    """What the ledger's rooms need of a database."""

    def transaction(self) -> AbstractContextManager[Session]:
        """Open the one writing transaction: it holds the ledger's gate until it is committed or undone."""
        ...

    def reading(self) -> AbstractContextManager[Session]:
        """Open a transaction that only reads, from one snapshot, without the gate."""
        ...

    def clock_offset(self) -> timedelta:
        """Return how far the ledger's clock is ahead of this machine's; zero where they are one."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


@cache
def load_queries(driver: str) -> Statements:
    """Load `queries/` for a driver known to aiosql."""
    return Statements(QUERIES, driver)


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
    """Make sure that a ledger may be worked with, in each transaction anew.

    Args:
        gate: what `pass_gate` found.

    Raises:
        LedgerError: it is of another version than at its opening, or was copied to another place.
    """
    version = int(gate["value"])
    if gate["moved_to"] is not None:
        message = f"the ledger {shown} was copied to {gate['moved_to']}, and is not used any more"
        raise LedgerError(message, "Set STORMCTL_LEDGER_URL to the new one; stormctl ledger shows this one.")
    if version != known:
        message = (
            f"the ledger {shown} was changed to version {version} meanwhile; "
            f"this stormctl knows version {known}"
        )
        raise LedgerError(message, "Start this command again with the stormctl that changed it.")
