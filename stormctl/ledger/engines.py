"""What the ledger needs of a database, whichever it is: transactions behind one gate, named queries."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stormctl.errors import LedgerError

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
        rows: Iterator[Row] = getattr(self._queries, name)(self._connection, **values)
        return rows

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        """Return all rows of a query."""
        return list(self.each(name, **values))

    def find(self, name: str, /, **values: Any) -> Row | None:
        """Return the only row of a query, None without one."""
        row: Row | None = getattr(self._queries, name)(self._connection, **values)
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
        touched: int = getattr(self._queries, name)(self._connection, **values)
        return touched


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
def load_queries(driver: str) -> Any:
    """Load `queries/` for a driver known to aiosql."""
    import aiosql

    return aiosql.from_path(QUERIES, driver)


def refuse_newer_version(version: int, known: int, shown: str) -> None:
    """Make sure that a ledger is not of a version that this stormctl doesn't know; LedgerError if it is."""
    if version > known:
        message = f"the ledger {shown} is of version {version}; this stormctl knows versions up to {known}"
        raise LedgerError(message, "Use the newer stormctl that wrote it, or another ledger.")


def refuse_changed_version(version: int, known: int, shown: str) -> None:
    """Make sure that a ledger is still of the version that it had at its opening; LedgerError if not."""
    if version != known:
        message = (
            f"the ledger {shown} was changed to version {version} meanwhile; "
            f"this stormctl knows version {known}"
        )
        raise LedgerError(message, "Start this command again with the stormctl that changed it.")
