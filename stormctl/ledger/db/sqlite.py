"""A ledger in one SQLite file, for many threads and processes: transactions behind one gate."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.ledger.db.migrator import refuse_unusable
from stormctl.ledger.db.sessions import Seen, Session, Snapshot, load_queries
from stormctl.ledger.db.sqlite_files import SqliteFile, all_or_nothing, explain_errors
from stormctl.ledger.place.presence import Presence

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.ledger.db.sessions import Row


class SqliteDatabase(SqliteFile):
    """A ledger in one SQLite file, for any number of threads and processes of one machine.

    Connections are lent for the length of a transaction, so that no thread keeps one. SQLite's own write
    lock is the gate between processes, and a lock of ours between threads: they queue without asking again.
    All that writes here uses one connection, which SQLite tells whether anyone else has written.
    """

    def __init__(self, path: Path, shown: str) -> None:
        super().__init__(path, shown)
        self.seen, self.snapshot = Seen(), Snapshot()
        self._data_version = -1
        self._writer: deque[sqlite3.Connection] = deque()
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = threading.Event()
        self._presence = Presence(path)
        self._has_log = False
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self, *, durable: bool = True, renewing: bool = False) -> Iterator[Session]:
        """Open the one writing transaction; see `Database`.

        Raises:
            UniqueViolation: if a row would break a unique index.
            LedgerGoneError: if the file was deleted or replaced since it was opened.
            LedgerRewoundError: if it is older than what was seen of it.
            LedgerError: if the file cannot be written, or another version migrated it in the meantime.
        """
        with self._turn:
            if not self._has_log:
                self._keep_log()
            with explain_errors(self._path), self._borrow(self._writer) as connection:
                # FULL waits for the disk at every commit, NORMAL only before the log goes into the file
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                with all_or_nothing(connection, "BEGIN IMMEDIATE") as session:
                    self._look(connection, session, renewing=renewing)
                    yield session
                self.seen.keep(session)
                if durable:  # what was committed to a file that is gone is lost: no request may follow
                    self._presence.check()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads; see `Database`."""
        if self.snapshot.session is not None:
            yield self.snapshot.session
            return
        with explain_errors(self._path), self._borrow(self._idle) as connection:
            with all_or_nothing(connection, "BEGIN") as session:
                self._pass_gate(session)
                yield session
            self._presence.check()

    def changes(self) -> object:
        """Return what is another thing once anyone has written news; see `Ledger.changes`.

        Raises:
            LedgerGoneError: if the file was deleted or replaced since it was opened.
            LedgerRewoundError: if it is older than what was seen of it.
            LedgerError: if it can't be read, or another version migrated it in the meantime.
        """
        with self._turn, explain_errors(self._path), self._borrow(self._writer) as connection:
            # a connection's own commits leave it as it is
            (data_version,) = connection.execute("PRAGMA data_version").fetchone()
            if data_version != self._data_version:
                gate = self._pass_gate(Session(load_queries("sqlite3"), connection))
                self.seen.look(gate["pulse"] or 0, self._shown, renewing=False)
            return data_version, self.seen.written

    def clock_offset(self) -> timedelta:
        """Return zero: the file's clock is this machine's."""
        return timedelta()

    def close(self) -> None:
        """Close every connection; those in use are closed when their transaction ends."""
        self._closed.set()
        for connections in (self._idle, self._writer):
            while connections:
                connections.pop().close()

    def _keep_log(self) -> None:
        """Give a backup that was put here by hand the log that every ledger in use has.

        Without one, whoever writes waits for whoever reads, and what a killed runner leaves beside the file
        does not tell whose it is.
        """
        with explain_errors(self._path), self._borrow(self._idle) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        self._has_log = True

    def _look(self, connection: sqlite3.Connection, session: Session, *, renewing: bool) -> None:
        """Pass the gate, unless nobody has written since this connection did: then it stands as it was."""
        (data_version,) = connection.execute("PRAGMA data_version").fetchone()
        is_alone = data_version == self._data_version and not self.seen.is_rewound
        if not is_alone:
            gate = self._pass_gate(session)
            self.seen.look(gate["pulse"] or 0, self._shown, renewing=renewing)
            self._data_version = data_version
        self.seen.begin(session, is_alone=is_alone)

    def _pass_gate(self, session: Session) -> Row:
        gate = session.get("pass_gate")
        refuse_unusable(gate, len(self._migrations), self._shown)
        self._presence.note_companions()
        return gate

    @contextmanager
    def _borrow(self, idle: deque[sqlite3.Connection]) -> Iterator[sqlite3.Connection]:
        if self._closed.is_set():
            raise RuntimeError("the ledger was closed")
        try:
            connection = idle.pop()
        except IndexError:
            self._presence.check()
            connection = self._connect()
        try:
            self._presence.check()
            yield connection
        finally:
            if self._closed.is_set():
                connection.close()
            else:
                idle.append(connection)
