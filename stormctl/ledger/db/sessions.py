"""What the ledger needs of a database, whichever it is: transactions behind one gate, named queries."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stormctl.errors import LedgerRewoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import timedelta

QUERIES = Path(__file__).parent / "queries"
_NAME = re.compile(r"^-- name: (?=(\w+))", re.MULTILINE)
BUSY_TIMEOUT_S = 10.0
"""How long a transaction waits for another process's; each takes a few milliseconds."""


class Statements:
    """The queries of a folder's files, as attributes by their names, each parsed when it is first asked for.

    Most commands need few of them.
    """

    def __init__(self, folder: Path, driver: str) -> None:
        self._driver = driver
        self._texts: dict[str, str] = {}
        for path in sorted(folder.glob("*.sql")):
            _, *parts = _NAME.split(path.read_text(encoding="utf-8"))
            self._texts |= dict(zip(parts[::2], parts[1::2], strict=True))

    @property
    def names(self) -> list[str]:
        """The names of all queries."""
        return list(self._texts)

    def __getattr__(self, name: str) -> Any:
        """Parse a query that was not asked for before; AttributeError if there is none of that name."""
        import aiosql

        if name not in self._texts:
            raise AttributeError(f"there is no query {name}")
        query = getattr(aiosql.from_str(f"-- name: {self._texts[name]}", self._driver), name)
        setattr(self, name, query)
        return query


class UniqueViolation(Exception):  # noqa: N818 - an answer of the database that callers handle
    """A row would break a unique index; the transaction was undone."""


class Row(Protocol):
    """A row of an answer, read by column name."""

    def __getitem__(self, name: str, /) -> Any:
        """Get a column's value."""


class Session:
    """The named queries of `queries/`, on the connection of one transaction.

    Attributes:
        stamp: what was read under the same stamp still holds, but for what steps have changed since.
        is_step: set by a transaction that changes nothing but one delivery on its way to its receipt, and
            what is kept of that delivery's channel and of its storm's money.
        is_news: unset by a transaction that writes nothing that a runner asks about: a sign of life.
        pulse: the ledger's pulse, set by a transaction that raises it.
        memory: what `recall` has read under this stamp.
    """

    def __init__(self, queries: Any, connection: Any) -> None:
        self._queries = queries
        self._connection = connection
        self.stamp = self.pulse = 0
        self.is_step = False
        self.is_news = True
        self.memory: dict[Any, list[Row]] = {}

    def each(self, name: str, /, **values: Any) -> Iterator[Row]:
        """Iterate over a query's rows as they come; nothing may be written in the meantime."""
        return iter(self._execute(name, values))

    def rows(self, name: str, /, **values: Any) -> list[Row]:
        """Return all rows of a query."""
        found: list[Row] = self._execute(name, values).fetchall()
        return found

    def recall(self, name: str, /, **values: Any) -> list[Row]:
        """Return all rows of a query about what no step changes, read once under one stamp."""
        key = name, *values.values()
        if key not in self.memory:
            self.memory[key] = self.rows(name, **values)
        return self.memory[key]

    def find(self, name: str, /, **values: Any) -> Row | None:
        """Return the only row of a query, None without one."""
        row: Row | None = self._execute(name, values).fetchone()
        return row

    def get(self, name: str, /, **values: Any) -> Row:
        """Return the only row of a query; LookupError without one."""
        row = self.find(name, **values)
        if row is None:
            raise LookupError(f"{name} found nothing for {values}")
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


class Seen:
    """What a process has seen of its ledger at the gate, from one writing transaction to the next.

    Attributes:
        pulse: the highest. It is raised by every runner's sign of life and by every moment of sending, and
            these are on the disk before anyone sees them: a ledger in which it is lower has lost some.
        is_rewound: whether the ledger was found to be older than what was seen, and that is not noted yet.
        written: how many transactions of our own have written news.
    """

    def __init__(self) -> None:
        self.pulse = self.written = 0
        self.is_rewound = False
        self._stamp = 0
        self._memory: dict[Any, list[Row]] = {}

    def look(self, pulse: int, shown: str, *, renewing: bool) -> None:
        """Compare the ledger's pulse with the highest.

        Raises:
            LedgerRewoundError: it is lower; raised for everyone but who notes just that.
        """
        self.is_rewound = pulse < self.pulse
        if self.is_rewound and not renewing:
            message = f"the ledger {shown} is older than what was seen of it: a copy has taken its place"
            raise LedgerRewoundError(message, "Nothing is posted until what was due is in doubt.")
        self.pulse = max(self.pulse, pulse)

    def begin(self, session: Session, *, is_alone: bool) -> None:
        """Tell a transaction what still holds.

        Args:
            is_alone: whether nobody else has written since the last transaction of this process.
        """
        if not is_alone:
            self._stamp, self._memory = self._stamp + 1, {}
        session.stamp, session.memory = self._stamp, self._memory
        self._stamp, self._memory = self._stamp + 1, {}  # unless it is committed as a step

    def keep(self, session: Session) -> None:
        """Take in what a transaction of our own has written, once it is committed."""
        self.pulse = max(self.pulse, session.pulse)
        self.written += session.is_news
        if session.is_step:
            self._stamp, self._memory = session.stamp, session.memory


class Snapshot(threading.local):
    """The reading transaction in which a thread asks several questions, while it does."""

    session: Session | None = None

    @contextmanager
    def share(self, session: Session) -> Iterator[None]:
        """Let what this thread reads meanwhile be read in one transaction."""
        self.session = session
        try:
            yield
        finally:
            self.session = None


class Database(Protocol):
    """What the ledger's rooms need of a database.

    Attributes:
        seen: by this process, at the gate.
        snapshot: what the readings of a thread share.
    """

    seen: Seen
    snapshot: Snapshot

    def transaction(self, *, durable: bool = True, renewing: bool = False) -> AbstractContextManager[Session]:
        """Open the one writing transaction: it holds the ledger's gate until it is committed or undone.

        Args:
            durable: whether it is on the disk when it is committed. Otherwise it gets there with the next
                one that is, or is lost with the machine, or with the server.
            renewing: whether it notes what a ledger lacks that is older than what was seen of it; until
                then all others raise LedgerRewoundError.
        """

    def reading(self) -> AbstractContextManager[Session]:
        """Open a transaction that only reads, without the gate; or join the thread's `snapshot`."""

    def changes(self) -> object:
        """Return what is another thing once anyone has written news; see `Ledger.changes`."""

    def clock_offset(self) -> timedelta:
        """Return how far the ledger's clock is ahead of this machine's; zero where they are one."""

    def close(self) -> None:
        """Close every connection."""


@cache
def load_queries(driver: str) -> Statements:
    """Load `queries/` for a driver known to aiosql."""
    return Statements(QUERIES, driver)
