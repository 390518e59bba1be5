"""A ledger in one SQLite file: connections, transactions, errors in plain words."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.errors import LedgerError
from stormctl.ledger.engines import (
    BUSY_TIMEOUT_S,
    MARKS,
    Session,
    UniqueViolation,
    load_queries,
    refuse_changed_version,
    refuse_newer_version,
)
from stormctl.ledger.migrator import load_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
_OUR_MISTAKES = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE}
_PRIMARY_CODE = 0xFF
_REMEDIES = {
    sqlite3.SQLITE_BUSY: "Another program holds it locked: close it, and try again.",
    sqlite3.SQLITE_FULL: "Free some space on the disk: nothing is posted that can't be written down.",
    sqlite3.SQLITE_READONLY: "The file and its folder must be writable for you.",
    sqlite3.SQLITE_CANTOPEN: "The file and its folder must exist and be writable for you.",
    sqlite3.SQLITE_CORRUPT: "Restore it from a backup, or choose another with STORMCTL_LEDGER_URL.",
    sqlite3.SQLITE_NOTADB: "Choose another file with STORMCTL_LEDGER_URL.",
}


class SqliteDatabase:
    """A ledger in one SQLite file, for any number of threads and processes of one machine.

    Connections are lent for the length of a transaction, so that no thread keeps one. SQLite's own write
    lock is the gate between processes; a lock in memory spares threads from waiting for it by polling.
    """

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        self._shown = shown
        self._idle: deque[sqlite3.Connection] = deque()
        self._turn = threading.Lock()
        self._closed = threading.Event()
        self._migrations = load_migrations("sqlite")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open the one writing transaction; see `Database`.

        Raises:
            UniqueViolation: if a row would break a unique index.
            LedgerError: if the file cannot be written, or another version migrated it meanwhile.
        """
        with self._turn, self._begin("BEGIN IMMEDIATE") as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads; see `Database`."""
        with self._begin("BEGIN") as session:
            yield session

    @contextmanager
    def _begin(self, begin: str) -> Iterator[Session]:
        with (
            self._errors_explained(),
            self._borrow() as connection,
            _all_or_nothing(connection, begin) as session,
        ):
            refuse_changed_version(int(session.value("pass_gate")), len(self._migrations), self._shown)
            yield session

    @contextmanager
    def _borrow(self) -> Iterator[sqlite3.Connection]:
        if self._closed.is_set():
            message = "the ledger was closed"
            raise RuntimeError(message)
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            if self._closed.is_set():
                connection.close()
            else:
                self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def clock_offset(self) -> timedelta:
        """Return zero: the file's clock is this machine's."""
        return timedelta()

    def close(self) -> None:
        """Close every connection; those in use are closed when their transaction ends."""
        self._closed.set()
        while self._idle:
            self._idle.pop().close()

    def create_file(self) -> None:
        """Create the empty file, readable for its owner only; what already stands there is left alone.

        Raises:
            LedgerError: if the folder cannot be written.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            message = f"cannot create the ledger {self._path}: {error.strerror}"
            raise LedgerError(message, "Its folder must be writable for you.") from error

    def migrate(self, *, create: bool) -> None:
        """Bring the file to this version, each step in a transaction of its own.

        Args:
            create: whether an empty file may become a ledger.

        Raises:
            LedgerError: if it is not a ledger, of a newer version, or cannot be read or written.
        """
        with self._errors_explained(), closing(self._connect()) as connection:
            if self._read_version(connection, create=create) < len(self._migrations):
                connection.execute("PRAGMA journal_mode = WAL")
            for migration in self._migrations:
                self._apply(connection, migration.version, migration.statements, create=create)

    def _apply(
        self, connection: sqlite3.Connection, version: int, statements: tuple[str, ...], *, create: bool
    ) -> None:
        """Apply a migration unless it is already there: two processes may be at it at the same time."""
        with _all_or_nothing(connection, "BEGIN IMMEDIATE") as session:
            if self._read_version(connection, create=create) < version:
                for statement in statements:
                    connection.execute(statement)
                session.write("set_schema_version", value=str(version))

    def _read_version(self, connection: sqlite3.Connection, *, create: bool) -> int:
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if not tables and create:
            return 0
        if not tables >= MARKS:
            message = f"{self._path} is not a stormctl ledger"
            raise LedgerError(
                message, "Choose another file with STORMCTL_LEDGER_URL; this one was left alone."
            )
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        version = 0 if row is None else int(row[0])
        refuse_newer_version(version, len(self._migrations), str(self._path))
        return version

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        """Turn what a person can mend into LedgerError; mistakes of our own statements stay as they are."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
            if code in _UNIQUE:
                raise UniqueViolation(str(error)) from error
            primary = code & _PRIMARY_CODE
            if primary in _OUR_MISTAKES:
                raise
            message = f"the ledger {self._path} cannot be used: {error}"
            raise LedgerError(message, _REMEDIES.get(primary, "Look after the disk it lies on.")) from error


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection, begin: str) -> Iterator[Session]:
    connection.execute(begin)
    try:
        yield Session(load_queries("sqlite3"), connection)
        connection.execute("COMMIT")
    except BaseException:
        # A full disk and the like have already undone the transaction.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
