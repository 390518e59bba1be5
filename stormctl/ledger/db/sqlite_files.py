"""A SQLite file: opened, created, brought to this version, copied whole; errors in plain words."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from stormctl.errors import DamagedLedgerError, LedgerError
from stormctl.ledger.db.migrator import (
    MARKS,
    load_migrations,
    pass_all,
    refuse_newer_version,
    refuse_older_version,
)
from stormctl.ledger.db.schemas import refuse_strangers
from stormctl.ledger.db.sessions import BUSY_TIMEOUT_S, Session, UniqueViolation, load_queries
from stormctl.ledger.db.tables import SCHEMA_VERSION, SqliteTables, pour
from stormctl.ledger.place.presence import refuse_log_of_another, refuse_stray_log
from stormctl.places import find_status, make_folder, open_or_make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stormctl.ledger.db.tables import Tables

_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
_OUR_MISTAKES = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE}
_DAMAGES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_CODE = 0xFF
_REMEDIES = {
    sqlite3.SQLITE_BUSY: "Another program holds it locked: close it, and try again.",
    sqlite3.SQLITE_FULL: "Free some space on the disk: nothing is posted that can't be recorded.",
    sqlite3.SQLITE_READONLY: "The file and its folder must be writable for you.",
    sqlite3.SQLITE_CANTOPEN: "The file and its folder must exist and be writable for you.",
    sqlite3.SQLITE_CORRUPT: "stormctl ledger restore FILE takes a backup in its place, and keeps this one.",
    sqlite3.SQLITE_NOTADB: "Choose another file with STORMCTL_LEDGER_URL.",
}


class SqliteFile:
    """A file that is a ledger or is to become one; each step opens it and closes it again."""

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        self._shown = shown
        self._is_paired = False
        self._migrations = load_migrations("sqlite")

    def read_filed(self) -> dict[str, str]:
        """Return `meta` as the file alone has it, whatever the log adds; empty if that can't be told now."""
        try:
            return self._read_meta("mode=ro&immutable=1")
        except sqlite3.DatabaseError:
            return {}  # the log holds everything yet, or the file is just being written

    def create_file(self) -> None:
        """Create the empty file, readable for its owner only; what already stands there is left alone.

        Raises:
            LedgerError: if the folder cannot be written.
        """
        try:
            make_folder(self._path.parent)
            os.close(open_or_make(self._path, os.O_RDWR))
        except OSError as error:
            message = f"can't create the ledger {self._path}: {error.strerror}"
            raise LedgerError(message, "Its folder must be writable for you.") from error

    def prepare(self, *, create: bool, name: Callable[[], str] | None = None) -> None:
        """Make sure that the file is a ledger of this version.

        Raises:
            LedgerError: if it is not a ledger, of another version, or cannot be read or written.
        """
        with explain_errors(self._path), closing(self._connect()) as connection:
            version = self._read_version(connection, create=create)
        if version:
            refuse_older_version(version, len(self._migrations), self._shown)
        else:
            self.migrate(create=True, name=name)

    def migrate(
        self,
        *,
        create: bool,
        check: Callable[[Session], None] = pass_all,
        name: Callable[[], str] | None = None,
    ) -> None:
        """Bring the file to this version, in one transaction.

        Args:
            check: called in the transaction before an older ledger is changed; stops it by raising.

        Raises:
            LedgerError: if it is not a ledger, of a newer version, or cannot be read or written.
        """
        with explain_errors(self._path), closing(self._connect()) as connection:
            if self._read_version(connection, create=create) == len(self._migrations):
                return
            connection.execute("PRAGMA journal_mode = WAL")
            with all_or_nothing(connection, "BEGIN IMMEDIATE") as session:
                version = self._read_version(connection, create=create)
                if version:
                    check(session)
                    refuse_strangers(connection, version, self._shown)
                self._apply(connection, session, version, len(self._migrations))
                if not version and name is not None:
                    session.write("set_meta", key="ledger_id", value=name())

    @contextmanager
    def whole(self, *, writing: bool = False) -> Iterator[SqliteTables]:
        """Open a transaction over all tables, also of an older version, or of a ledger that is out of use.

        Args:
            writing: whether it holds the ledger's gate until it is committed.

        Raises:
            LedgerError: if it is not a ledger, of a newer version, or cannot be read or written.
        """
        begin = "BEGIN IMMEDIATE" if writing else "BEGIN"
        with (
            explain_errors(self._path),
            closing(self._connect()) as connection,
            all_or_nothing(connection, begin) as session,
        ):
            version = self._read_version(connection, create=False)
            yield SqliteTables(connection, session, self._migrations[:version])

    @contextmanager
    def founding(self, version: int | None = None) -> Iterator[SqliteTables]:
        """Make an empty file a ledger in one transaction, and fill it there.

        Raises:
            LedgerError: if something is there already, or it cannot be written.
        """
        with (
            explain_errors(self._path),
            closing(self._connect()) as connection,
            all_or_nothing(connection, "BEGIN IMMEDIATE") as session,
        ):
            if self._read_version(connection, create=True):
                raise LedgerError(f"there is a ledger already: {self._shown}")
            migrations = self._migrations[:version]
            self._apply(connection, session, 0, len(migrations))
            yield SqliteTables(connection, session, migrations)

    def fill(self, source: Tables) -> None:
        """Make this empty file a ledger with the rows of another one, in tables of our own.

        Raises:
            DamagedLedgerError: no ledger has such rows.
            LedgerError: something is there already, or it cannot be written.
        """
        try:
            with self.founding(source.version) as tables:
                pour(source, tables, without={SCHEMA_VERSION})
        except (UniqueViolation, sqlite3.IntegrityError) as error:
            message = f"{self._shown} contains rows that no ledger has: {error}"
            raise DamagedLedgerError(message, "Take another backup.") from None

    def save(self, tables: SqliteTables) -> None:
        """Copy another file's pages into this empty one, as a transaction there sees them."""
        with explain_errors(self._path), closing(self._connect()) as connection:
            tables.copy_pages(connection)
            connection.execute("PRAGMA journal_mode = DELETE")
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise DamagedLedgerError(f"the copy of the ledger is damaged: {found}", "Check the disk.")

    def close_log(self) -> None:
        """Bring everything into the one file, without companions, until somebody opens it again.

        Raises:
            LedgerError: if another process has it open, or it cannot be written.
        """
        with explain_errors(self._path), closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # which needs the file for itself
            connection.execute("PRAGMA journal_mode = WAL")

    def _apply(self, connection: sqlite3.Connection, session: Session, after: int, until: int) -> None:
        for migration in self._migrations[after:until]:
            for statement in migration.statements:
                connection.execute(statement)
            session.write("set_schema_version", value=str(migration.version))

    def _connect(self) -> sqlite3.Connection:
        if not self._is_paired:
            log = self._path.with_name(f"{self._path.name}-wal")
            found = find_status(log)
            if found is not None and found.st_size:  # before a connection could write it into the file
                refuse_log_of_another(self._path)
                refuse_stray_log(self._path, self.read_filed(), self._read_meta("mode=ro"))
            self._is_paired = True
        connection = self._open("mode=rw")
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA trusted_schema = OFF")  # what a file brings calls no function
            connection.execute("PRAGMA cell_size_check = ON")
            if sys.version_info >= (3, 12):
                connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")  # also of what migrates and restores
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _open(self, options: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?{options}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )

    def _read_meta(self, options: str) -> dict[str, str]:
        """Return `meta`, on a connection of its own that can't write; empty where there is none."""
        with closing(self._open(options)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                return {}
            return dict(connection.execute("SELECT key, value FROM meta").fetchall())

    def _read_version(self, connection: sqlite3.Connection, *, create: bool) -> int:
        return _read_version(connection, self._path, known=len(self._migrations), create=create)


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
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
        message = f"the ledger {path} can't be used: {error}"
        kind = DamagedLedgerError if primary in _DAMAGES else LedgerError
        raise kind(message, _REMEDIES.get(primary, "Check the disk that it is on.")) from error


@contextmanager
def all_or_nothing(connection: sqlite3.Connection, begin: str) -> Iterator[Session]:
    """Open a transaction of a connection; it is undone if anything is raised in it."""
    connection.execute(begin)
    try:
        yield Session(load_queries("sqlite3"), connection)
        connection.execute("COMMIT")
    except BaseException:
        # A full disk and the like have already undone the transaction.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _read_version(connection: sqlite3.Connection, path: Path, *, known: int, create: bool) -> int:
    """Return the version of the ledger in a file; 0 where there is none yet, and one may be created."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables and create:
        return 0
    if not tables >= MARKS:
        message = f"{path} is not a stormctl ledger"
        raise LedgerError(message, "Choose another file with STORMCTL_LEDGER_URL; this one was left alone.")
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    version = 0 if row is None else int(row[0])
    refuse_newer_version(version, known, str(path))
    return version
