"""A ledger on a PostgreSQL server: transactions behind one gate, migrations, errors in plain words."""

from __future__ import annotations

import re
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg

from stormctl.errors import LedgerError, LedgerUnreachableError
from stormctl.ledger.connections import READ, WRITE, Connections, first_line, read_wall_clock
from stormctl.ledger.engines import (
    MARKS,
    Session,
    UniqueViolation,
    load_queries,
    refuse_changed_version,
    refuse_newer_version,
)
from stormctl.ledger.migrator import load_migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from stormctl.ledger.addresses import Address
    from stormctl.ledger.connections import Connection

READERS = 8
"""Connections at most for reading; one more writes."""

_VERSION = "SELECT value FROM meta WHERE key = 'schema_version'"
_GATE = f"{_VERSION} FOR UPDATE"
_TABLES = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND pg_table_is_visible(oid)"
_MIGRATING = 0x73746F726D
"""The advisory lock under which a ledger is created or brought to another version."""

_CREATED = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)
_SHAPES_TABLE = re.compile(r"^(CREATE|ALTER) TABLE", re.MULTILINE)

_PASSING = {"25P03"}
"""SQLSTATEs of what passes, beside psycopg's operational errors: a transaction that was idle too long."""

_REMEDIES = {
    "25006": "It can't be written: name the server that accepts writing, not its standby.",
    "28000": "The server doesn't let this user in.",
    "28P01": "Look at user and password in STORMCTL_LEDGER_URL.",
    "3D000": "The database must exist: createdb, or ask who runs the server.",
    "42501": "Its user must be allowed to create tables, and to read and write them.",
    "53100": "Free some space on its disk: nothing is posted that can't be written down.",
}
_UNKNOWN = (
    "Nobody knows whether the last change was written. Nothing is posted blindly for that: claims are found "
    "again by their leases, doubts by reading the account. A command may be repeated."
)


class PostgresDatabase:
    """A ledger on a PostgreSQL server, for any number of threads, processes and machines.

    The row of the schema's version is the gate between processes; a lock in memory spares threads from
    waiting for it on a connection each. Every statement after the gate sees what was committed before it
    opened.

    A connection that is lost in a transaction undoes it, and the next transaction connects anew. Only one
    that is lost while it commits leaves open whether the transaction was committed. Nothing is repeated
    for that but the recording of an answer, which is written once. A claim, or the moment of sending, that
    was written unknown to its runner lapses with its lease, and is planned again or reconciled.
    """

    def __init__(self, address: Address, wall: Callable[[], datetime] = read_wall_clock) -> None:
        self._shown = address.shown
        self._connections = Connections(address, wall)
        self._turn = threading.Lock()
        self._readers = threading.BoundedSemaphore(READERS)
        self._migrations = load_migrations("postgresql")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open the one writing transaction; see `Database`.

        Raises:
            UniqueViolation: if a row would break a unique index.
            LedgerUnreachableError: if the server doesn't answer, or another process holds the gate.
            LedgerError: if the ledger cannot be written, or another version migrated it meanwhile.
        """
        with self._turn, self._errors_explained(), self._connections.lend(WRITE) as connection:
            refuse_changed_version(_get_version(connection, _GATE), len(self._migrations), self._shown)
            yield Session(load_queries("psycopg"), connection)
            self._commit(connection)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads; see `Database`."""
        with self._readers, self._errors_explained(), self._connections.lend(READ) as connection:
            refuse_changed_version(_get_version(connection, _VERSION), len(self._migrations), self._shown)
            yield Session(load_queries("psycopg"), connection)
            connection.execute("COMMIT")

    def clock_offset(self) -> timedelta:
        """Return how far the server's clock is ahead of this machine's; every transaction measures it."""
        return self._connections.offset.value

    def close(self) -> None:
        """Close every connection; those in use are closed when their transaction ends."""
        self._connections.close()

    def exists(self) -> bool:
        """Whether the database holds a ledger.

        Raises:
            LedgerError: if the server can't be reached, or doesn't let us in.
        """
        with self._opening_explained(), closing(self._connections.connect()) as connection:
            return self._read_version(connection, create=True) > 0

    def migrate(self, *, create: bool) -> None:
        """Bring the database to this version, each step in a transaction of its own.

        Args:
            create: whether a database without our tables may become a ledger.

        Raises:
            LedgerError: if the server can't be reached, or what is there is no ledger, of a newer version,
                or can't be read and written.
        """
        with self._opening_explained(), closing(self._connections.connect()) as connection:
            current = self._read_version(connection, create=create)
            for migration in self._migrations[current:]:
                self._apply(connection, migration.version, migration.statements)

    def _apply(self, connection: Connection, version: int, statements: tuple[str, ...]) -> None:
        """Apply a migration unless it is already there: two processes may be at it at the same time."""
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
            if self._read_version(connection, create=True) < version:
                for statement in statements:
                    connection.execute(_sort_as_sqlite(statement).encode())
                Session(load_queries("psycopg"), connection).write("set_schema_version", value=str(version))

    def _read_version(self, connection: Connection, *, create: bool) -> int:
        """Return the ledger's version; 0 where there is none yet, and one may be created."""
        tables = {row["relname"] for row in connection.execute(_TABLES)}
        if tables >= MARKS:
            version = _get_version(connection, _VERSION)
            refuse_newer_version(version, len(self._migrations), self._shown)
            return version
        ours = {name for m in self._migrations for s in m.statements for name in _CREATED.findall(s)}
        if taken := sorted(ours & tables):
            message = f"the database {self._shown} is not a stormctl ledger, but has tables of these names: "
            raise LedgerError(message + ", ".join(taken), "Use another database or schema.")
        if not create:
            message = f"there is no ledger in the database {self._shown}"
            hint = "`stormctl launch` creates it; STORMCTL_LEDGER_URL says where it lies."
            raise LedgerError(message, hint)
        return 0

    def _commit(self, connection: Connection) -> None:
        try:
            connection.execute("COMMIT")
        except psycopg.OperationalError as error:
            message = f"the ledger {self._shown} was lost while it was written: {first_line(error)}"
            raise LedgerUnreachableError(message, _UNKNOWN) from error

    @contextmanager
    def _opening_explained(self) -> Iterator[None]:
        """Turn whatever keeps a ledger from being opened into an error that won't mend itself."""
        try:
            with self._errors_explained():
                yield
        except LedgerUnreachableError as error:
            hint = "Look at STORMCTL_LEDGER_URL, and whether the server runs and lets you in."
            raise LedgerError(error.message, hint) from error

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        """Turn what a person can mend into LedgerError; mistakes of our own statements stay as they are."""
        try:
            yield
        except psycopg.errors.UniqueViolation as error:
            raise UniqueViolation(first_line(error)) from error
        except psycopg.Error as error:
            text = first_line(error)
            if error.sqlstate in _REMEDIES:
                message = f"the ledger {self._shown} cannot be used: {text}"
                raise LedgerError(message, _REMEDIES[error.sqlstate]) from error
            if isinstance(error, psycopg.OperationalError) or error.sqlstate in _PASSING:
                message = f"the ledger {self._shown} does not answer: {text}"
                raise LedgerUnreachableError(message, "Is the server running, and the network up?") from error
            raise


def _get_version(connection: Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return 0 if row is None else int(row["value"])


def _sort_as_sqlite(statement: str) -> str:
    """Have texts compared by code point, as SQLite does: no locale's order, nor a later version of it."""
    if _SHAPES_TABLE.search(statement) is None:
        return statement
    return re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', statement)
