"""A ledger on a PostgreSQL server: transactions behind one gate, migrations, whole tables."""

from __future__ import annotations

import re
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from stormctl.errors import LedgerError
from stormctl.ledger.db.connections import (
    CLOCK,
    READ,
    WRITE,
    WRITE_SOON,
    Connections,
    commit,
    explain_errors,
    explain_opening,
    read_wall_clock,
)
from stormctl.ledger.db.migrator import (
    MARKS,
    list_tables,
    load_migrations,
    pass_all,
    refuse_newer_version,
    refuse_older_version,
    refuse_unusable,
)
from stormctl.ledger.db.sessions import Seen, Session, Snapshot, load_queries
from stormctl.ledger.db.tables import PostgresTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from stormctl.ledger.db.connections import Connection
    from stormctl.ledger.db.sessions import Row
    from stormctl.ledger.place.addresses import ServerAddress

READERS = 8
"""Connections at most for reading; one more writes."""

_VERSION = (
    "SELECT value, (SELECT m.value FROM meta m WHERE m.key = 'moved_to') AS moved_to "
    "FROM meta WHERE key = 'schema_version'"
)
_GATE = f"{_VERSION} FOR UPDATE"
_COUNT = """INSERT INTO meta (key, value) VALUES ('passes', '1')
ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)"""
_STANDING = """SELECT v.value, (SELECT m.value FROM meta m WHERE m.key = 'moved_to') AS moved_to,
    (SELECT CAST(m.value AS BIGINT) FROM meta m WHERE m.key = 'pulse') AS pulse,
    (SELECT CAST(m.value AS BIGINT) FROM meta m WHERE m.key = 'passes') AS passes
FROM meta v WHERE v.key = 'schema_version'"""
_PASS = f"{_GATE}; {_COUNT}; {_STANDING}"
"""Waits for the gate, counts who has passed it, and reads what is there then, in one journey."""
_LOOK = f"{_STANDING}; {CLOCK}"
_NO_GATE: dict[str, Any] = {"value": "0", "moved_to": None, "pulse": 0, "passes": 0}
_TABLES = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND pg_table_is_visible(oid)"
_UNHURRIED = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
_CHANGE = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {_UNHURRIED}"
_SNAPSHOT = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_UNHURRIED}"
"""What begins a transaction over whole tables, however long it takes to read or write them."""

_MIGRATING = 0x73746F726D
"""The advisory lock under which a ledger is created or brought to another version."""

_SHAPES_TABLE = re.compile(r"^(CREATE|ALTER) TABLE", re.MULTILINE)


class PostgresDatabase:
    """A ledger on a PostgreSQL server, for any number of threads, processes and machines.

    The row of the schema's version is the gate between processes; a lock in memory spares threads from
    waiting for it on a connection each. Every statement after the gate sees what was committed before it
    opened.

    A connection that is lost in a transaction undoes it, and the next transaction connects again. Only one
    that is lost while it commits leaves open whether the transaction was committed. Nothing is repeated
    for that but the recording of an answer, which is written once. A claim, or the moment of sending, that
    was written unknown to its runner lapses with its lease, and is planned again or reconciled.
    """

    def __init__(self, address: ServerAddress, wall: Callable[[], datetime] = read_wall_clock) -> None:
        self._address, self._shown = address, address.shown
        self.seen, self.snapshot = Seen(), Snapshot()
        self._passes = -1
        self._signs = 0
        self._connections = Connections(address, wall)
        self._turn = threading.Lock()
        self._readers = threading.BoundedSemaphore(READERS)
        self._migrations = load_migrations("postgresql")

    @contextmanager
    def transaction(self, *, durable: bool = True, renewing: bool = False) -> Iterator[Session]:
        """Open the one writing transaction; see `Database`.

        Raises:
            UniqueViolation: if a row would break a unique index.
            LedgerRewoundError: if the ledger is older than what was seen of it: its server failed over.
            LedgerUnreachableError: if the server doesn't answer, or another process holds the gate.
            LedgerError: if the ledger cannot be written, or another version migrated it in the meantime.
        """
        begin = WRITE if durable else WRITE_SOON
        with self._turn, explain_errors(self._address), self._connections.lend(begin) as connection:
            gate = _pass_gate(connection, _PASS)
            refuse_unusable(gate, len(self._migrations), self._shown)
            self.seen.look(gate["pulse"] or 0, self._shown, renewing=renewing)
            session = _session(connection)
            self.seen.begin(session, is_alone=gate["passes"] == self._passes + 1)
            yield session
            commit(connection, self._address)
            self._passes = gate["passes"]
            self._signs += not session.is_news
            self.seen.keep(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads; see `Database`."""
        if self.snapshot.session is not None:
            yield self.snapshot.session
            return
        with self._readers, explain_errors(self._address), self._connections.lend(READ) as connection:
            refuse_unusable(_pass_gate(connection, _VERSION), len(self._migrations), self._shown)
            yield _session(connection)
            connection.execute("COMMIT")

    def changes(self) -> object:
        """Return what is another thing once anyone has written news; see `Ledger.changes`.

        Raises:
            LedgerRewoundError: if the ledger is older than what was seen of it: its server failed over.
            LedgerUnreachableError: if the server doesn't answer.
            LedgerError: if another version migrated it in the meantime.
        """
        # nobody of ours writes in the meantime, and one journey keeps nobody waiting for long
        with self._turn, explain_errors(self._address), self._connections.lend(_LOOK) as connection:
            gate = connection.begun.set_result(0).fetchone() or _NO_GATE
            refuse_unusable(gate, len(self._migrations), self._shown)
            self.seen.look(gate["pulse"] or 0, self._shown, renewing=False)
            return (gate["passes"] or 0) - self._signs

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
        with explain_opening(self._address), closing(self._connections.connect()) as connection:
            return self._read_version(connection, create=True) > 0

    def prepare(self, *, create: bool) -> None:
        """Make sure that the database holds a ledger of this version.

        Raises:
            LedgerError: if the server can't be reached, or what is there is no ledger, of another version,
                or can't be read and written.
        """
        with explain_opening(self._address), closing(self._connections.connect()) as connection:
            version = self._read_version(connection, create=create)
        if version:
            refuse_older_version(version, len(self._migrations), self._shown)
        else:
            self.migrate(create=True)

    def migrate(self, *, create: bool, check: Callable[[Session], None] = pass_all) -> None:
        """Bring the database to this version, in one transaction.

        Args:
            check: called in the transaction before an older ledger is changed; stops it by raising.

        Raises:
            LedgerError: if the server can't be reached, or what is there is no ledger, of a newer version,
                or can't be read and written.
        """
        with explain_opening(self._address), self._begin_whole(_CHANGE) as connection:
            version = self._lock_version(connection, create=create)
            if 0 < version < len(self._migrations):
                check(_session(connection))
            self._apply(connection, version)

    @contextmanager
    def whole(self, *, writing: bool = False) -> Iterator[PostgresTables]:
        """Open a transaction over all tables, also of an older version, or of a ledger that is out of use.

        Args:
            writing: whether it holds the ledger's gate until it is committed; otherwise it sees one snapshot.

        Raises:
            LedgerError: if there is no ledger, or it is of a newer version.
            LedgerUnreachableError: if the server doesn't answer.
        """
        begin = _CHANGE if writing else _SNAPSHOT
        with explain_errors(self._address), self._begin_whole(begin) as connection:
            version = self._read_version(connection, create=False)
            if writing:
                version = int(_pass_gate(connection, _GATE)["value"])
            yield PostgresTables(connection, _session(connection), self._migrations[:version])

    @contextmanager
    def founding(self, *, over: Callable[[Session], None] | None = None) -> Iterator[PostgresTables]:
        """Make the database an empty ledger of this version in one transaction, and fill it there.

        Args:
            over: lets a ledger that is there be emptied, once this was called in the transaction; stops it
                by raising. None refuses where there is one.

        Raises:
            LedgerError: if there is a ledger, or tables of another program have our names.
            LedgerUnreachableError: if the server doesn't answer.
        """
        with explain_errors(self._address), self._begin_whole(_CHANGE) as connection:
            version = self._lock_version(connection, create=True)
            if version and over is None:
                raise LedgerError(f"there is a ledger already: {self._shown}")
            if version and over is not None:
                over(_session(connection))
            self._apply(connection, version)
            tables = PostgresTables(connection, _session(connection), self._migrations)
            if version:
                tables.clear()
            yield tables

    @contextmanager
    def _begin_whole(self, begin: str) -> Iterator[Connection]:
        """Begin a transaction that may take its time, on a connection of its own; commit it at its end."""
        with closing(self._connections.connect()) as connection:
            connection.execute(begin.encode())
            yield connection
            commit(connection, self._address)

    def _lock_version(self, connection: Connection, *, create: bool) -> int:
        """Return the version with the gate held; 0 where there is no ledger yet, and one may be created."""
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
        if version := self._read_version(connection, create=create):
            _pass_gate(connection, _GATE)
        return version

    def _apply(self, connection: Connection, after: int) -> None:
        for migration in self._migrations[after:]:
            for statement in migration.statements:
                connection.execute(_sort_as_sqlite(statement).encode())
            _session(connection).write("set_schema_version", value=str(migration.version))

    def _read_version(self, connection: Connection, *, create: bool) -> int:
        """Return the ledger's version; 0 where there is none yet, and one may be created."""
        tables = {row["relname"] for row in connection.execute(_TABLES)}
        if tables >= MARKS:
            version = int(_pass_gate(connection, _VERSION)["value"])
            refuse_newer_version(version, len(self._migrations), self._shown)
            return version
        if taken := sorted(set(list_tables(self._migrations)) & tables):
            message = f"the database {self._shown} is not a stormctl ledger, but has tables of these names: "
            raise LedgerError(message + ", ".join(taken), "Use another database or schema.")
        if not create:
            message = f"there is no ledger in the database {self._shown}"
            hint = "`stormctl launch` creates it; STORMCTL_LEDGER_URL says where it is."
            raise LedgerError(message, hint)
        return 0


def _session(connection: Connection) -> Session:
    return Session(load_queries("psycopg"), connection)


def _pass_gate(connection: Connection, query: str) -> Row:
    """Read what `pass_gate` does, holding the gate if the query says so."""
    found = connection.execute(query.encode()).set_result(-1).fetchone()
    return found or _NO_GATE


def _sort_as_sqlite(statement: str) -> str:
    """Have texts compared by code point, as SQLite does: no locale's order, nor a later version of it."""
    if _SHAPES_TABLE.search(statement) is None:
        return statement
    return re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', statement)
