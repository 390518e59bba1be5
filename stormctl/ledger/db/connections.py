"""Connections to a PostgreSQL server: lent for a transaction, replaced when lost, given up when silent."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.string import StrDumperUnknown

from stormctl.domain.base.clock import from_micros
from stormctl.errors import LedgerError, LedgerUnreachableError
from stormctl.ledger.db.offsets import ServerOffset
from stormctl.ledger.db.sessions import BUSY_TIMEOUT_S, UniqueViolation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.ledger.place.addresses import ServerAddress

CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_S = 15
"""How long the server may work at one statement."""

ANSWER_TIMEOUT_S = 20
"""How long we wait for an answer, before the connection to a server that hangs or is cut off is given up."""

IDLE_TIMEOUT_S = 5
"""How long a runner that was suspended in a transaction keeps the gate closed for the others."""

SILENCE_S = 5
"""What took so long and then failed would keep everyone behind it waiting as long, one after the other."""

SILENCE_REST_S = 5
"""For how long nobody else waits for a server that has just been waited for in vain."""

OLDEST_SERVER = 13_00_00
"""PostgreSQL 13, as libpq writes versions."""

_DEFAULTS = {
    "connect_timeout": str(CONNECT_TIMEOUT_S),
    "application_name": "stormctl",
    "client_encoding": "UTF8",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
}
CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS micros"
_PREPARE = (
    f"SET lock_timeout = '{BUSY_TIMEOUT_S:.0f}s'; SET statement_timeout = '{STATEMENT_TIMEOUT_S}s'; "
    # A moment of sending that a crashed server forgets would be published twice.
    "SELECT set_config('synchronous_commit', 'on', false)"
    f" WHERE current_setting('synchronous_commit') = 'off'; {CLOCK}"
)
WRITE = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
    f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_TIMEOUT_S}s'; {CLOCK}"
)
WRITE_SOON = f"{WRITE.removesuffix(CLOCK)}SET LOCAL synchronous_commit = off; {CLOCK}"
READ = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {CLOCK}"
"""What begins a transaction; every beginning reads the server's clock, without a journey of its own."""

_PASSING = {"25P03"}
"""SQLSTATEs of what passes, beside psycopg's operational errors: a transaction that was idle too long."""

_REMEDIES = {
    "25006": "It can't be written: name the server that accepts writing, not its standby.",
    "28000": "The server doesn't let this user in.",
    "28P01": "Check user and password in STORMCTL_LEDGER_URL.",
    "3D000": "The database must exist: createdb, or ask who runs the server.",
    "42501": "Its user must be allowed to create tables, and to read and write them.",
    "53100": "Free some space on its disk: nothing is posted that can't be recorded.",
}


_UNKNOWN = (
    "It is not known whether the last change was written. Nothing is posted blindly because of it: claims "
    "are found again by their leases, doubts by reading the account. A command can be repeated."
)


def read_wall_clock() -> datetime:
    """Return this machine's time, to be compared with the server's."""
    return datetime.now(UTC)  # noqa: TID251 - what is measured is the very difference to the caller's Clock


class _TextDumper(StrDumperUnknown):
    """Texts of platforms may hold a NUL, which PostgreSQL can't store."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))


class Connection(psycopg.Connection[dict[str, Any]]):
    """A connection whose patience ends: a server that hangs keeps no time limit of its own.

    Attributes:
        begun: the answers to what it was lent with.
    """

    patience_s = ANSWER_TIMEOUT_S
    begun: psycopg.Cursor[dict[str, Any]]

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer; OperationalError if none comes in time."""
        return super().wait(gen, interval, self.patience_s if timeout is None else timeout)


class Connections:
    """The connections of a process to its ledger's server.

    Attributes:
        offset: how far the server's clock is ahead of this machine's.
    """

    def __init__(self, address: ServerAddress, wall: Callable[[], datetime]) -> None:
        self.offset = ServerOffset()
        self._address = address
        self._wall = wall
        self._idle: deque[Connection] = deque()
        self._closed = threading.Event()
        self._silence: tuple[float, str] | None = None

    @contextmanager
    def lend(self, begin: str) -> Iterator[Connection]:
        """Lend a connection with a transaction begun; undo it unless it was committed.

        Where someone has just waited long for the server, and in vain, nothing is tried: a line of many
        channels would else wait for minutes, and with it the sweep or the end of the process.

        Args:
            begin: `WRITE` or `READ`, or what needs no transaction, with `CLOCK` at its end.

        Raises:
            psycopg.OperationalError: if the server can't be reached.
        """
        if self._closed.is_set():
            raise RuntimeError("the ledger was closed")
        began_s = time.monotonic()
        if self._silence is not None and began_s - self._silence[0] < SILENCE_REST_S:
            raise psycopg.OperationalError(self._silence[1])
        try:
            connection = self._begin(begin)
            try:
                yield connection
            finally:
                self._take_back(connection)
        except psycopg.OperationalError as error:
            now_s = time.monotonic()
            if now_s - began_s >= SILENCE_S:
                self._silence = now_s, self._address.redact(first_line(error))
            raise

    def connect(self) -> Connection:
        """Make a connection that the caller closes.

        Raises:
            LedgerError: if the address has options that don't exist, the server is too old, or the database
                can't hold every text.
            psycopg.OperationalError: if the server can't be reached, or doesn't let us in.
        """
        try:
            where = make_conninfo("", **(_DEFAULTS | self._address.parameters))
            connection = Connection.connect(where, autocommit=True, row_factory=dict_row)
        except psycopg.ProgrammingError as error:
            message = f"STORMCTL_LEDGER_URL can't be used: {self._address.redact(first_line(error))}"
            hint = "After the ? come options of libpq, such as sslmode=require."
            raise LedgerError(message, hint) from None
        try:
            _check_server(connection, self._address.shown)
            connection.adapters.register_dumper(str, _TextDumper)
            self._execute_timed(connection, _PREPARE)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close every connection; those in use are closed when their transaction ends."""
        self._closed.set()
        while self._idle:
            self._idle.pop().close()

    def _begin(self, begin: str) -> Connection:
        """Begin a transaction; an idle connection that the server has closed meanwhile is replaced."""
        try:
            connection, is_fresh = self._idle.pop(), False
        except IndexError:
            connection, is_fresh = self.connect(), True
        try:
            self._execute_timed(connection, begin)
        except BaseException as error:
            was_cut = connection.closed and isinstance(error, psycopg.OperationalError)
            connection.close()
            if is_fresh or not was_cut:
                raise
            return self._begin(begin)
        return connection

    def _execute_timed(self, connection: Connection, statements: str) -> None:
        """Execute statements of which the last one is `CLOCK`, and take note of its answer."""
        before = self._wall()
        connection.begun = connection.execute(statements.encode(), prepare=False)
        after = self._wall()
        ((micros,),) = (row.values() for row in connection.begun.set_result(-1))
        self.offset.note(before, from_micros(micros), after)

    def _take_back(self, connection: Connection) -> None:
        status = connection.info.transaction_status
        if status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
            try:
                connection.execute("ROLLBACK")
            except psycopg.OperationalError:
                connection.close()  # which makes the server undo it
        elif status is not TransactionStatus.IDLE:
            connection.close()
        if self._closed.is_set():
            connection.close()
        elif not connection.closed:
            self._idle.append(connection)


@contextmanager
def explain_errors(address: ServerAddress) -> Iterator[None]:
    """Turn what a person can fix into LedgerError; mistakes of our own statements stay as they are."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise UniqueViolation(first_line(error)) from error
    except psycopg.Error as error:
        text = address.redact(first_line(error))
        if error.sqlstate in _REMEDIES:
            message = f"the ledger {address.shown} can't be used: {text}"
            raise LedgerError(message, _REMEDIES[error.sqlstate]) from error
        if isinstance(error, psycopg.OperationalError) or error.sqlstate in _PASSING:
            message = f"the ledger {address.shown} does not answer: {text}"
            raise LedgerUnreachableError(message, "Is the server running, and the network up?") from error
        raise


@contextmanager
def explain_opening(address: ServerAddress) -> Iterator[None]:
    """Turn whatever keeps a ledger from being opened into an error that won't go away by itself."""
    try:
        with explain_errors(address):
            yield
    except LedgerUnreachableError as error:
        hint = "Check STORMCTL_LEDGER_URL, and whether the server runs and lets you in."
        raise LedgerError(error.message, hint) from error


def commit(connection: Connection, address: ServerAddress) -> None:
    """Commit a transaction; LedgerUnreachableError if the server is lost meanwhile."""
    try:
        connection.execute("COMMIT")
    except psycopg.OperationalError as error:
        message = (
            f"the ledger {address.shown} was lost while it was written: {address.redact(first_line(error))}"
        )
        raise LedgerUnreachableError(message, _UNKNOWN) from error


def first_line(error: psycopg.Error) -> str:
    """Return what the server or the driver says, in one line."""
    text = error.diag.message_primary or str(error)
    return " ".join(text.split()) or type(error).__name__


def _check_server(connection: Connection, shown: str) -> None:
    info = connection.info
    if info.server_version < OLDEST_SERVER:
        raise LedgerError(f"the server of the ledger {shown} is older than PostgreSQL 13", "Use a newer one.")
    encoding = info.parameter_status("server_encoding")
    if encoding != "UTF8":
        message = f"the database {shown} is encoded in {encoding}: not every post could be stored"
        raise LedgerError(message, "Create it again: createdb --encoding=UTF8 --template=template0.")
