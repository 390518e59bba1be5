"""A ledger's tables whole, of any version: poured from one database into another, and compared."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from stormctl.domain.base.amounts import count
from stormctl.errors import DamagedLedgerError, LedgerError
from stormctl.ledger.db.migrator import list_tables
from stormctl.ledger.db.schemas import refuse_strangers
from stormctl.ledger.place.presence import FILED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stormctl.ledger.db.migrator import Migration
    from stormctl.ledger.db.sessions import Session

SCHEMA_VERSION = "schema_version"

OF_ONE_LIFE = (
    SCHEMA_VERSION,
    "backed_up_at",
    "copied_from",
    FILED,
    "last_backup",
    "last_backup_at",
    "ledger_id",
    "moved_to",
    "passes",
    "pulse",
    "pulse_at",
)
"""What `meta` says of one database and not of its storms: another one says it of itself."""


class Tables(ABC):
    """Every table of a ledger within one transaction of an engine.

    Attributes:
        session: the named queries, on the same transaction.
        names: its tables; what others refer to comes first.
    """

    def __init__(self, connection: Any, session: Session, migrations: Sequence[Migration]) -> None:
        self._connection = connection
        self.session = session
        self.version = len(migrations)
        self.names = list_tables(migrations)

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of a table's columns."""
        cursor = self._connection.execute(_select(table, "LIMIT 0"))
        return tuple(column[0] for column in cursor.description)

    @abstractmethod
    def rows(self, table: str) -> Iterator[tuple[Any, ...]]:
        """Iterate over a table's rows in any order, one in memory at a time."""

    @abstractmethod
    def add(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows to a table, one in memory at a time."""

    @abstractmethod
    def size(self) -> int:
        """Return how many bytes the ledger takes."""


class SqliteTables(Tables):
    """The tables of a SQLite file."""

    def rows(self, table: str) -> Iterator[tuple[Any, ...]]:
        """Iterate over a table's rows; see `Tables`."""
        for row in self._connection.execute(_select(table)):
            yield tuple(row)

    def add(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows to a table; see `Tables`."""
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {_name(table, columns)} VALUES ({marks})"  # noqa: S608 - our own tables' names
        self._connection.executemany(statement, rows)

    def size(self) -> int:
        """Return how many bytes the file has, what waits in its log left aside."""
        pages, size = (self._connection.execute(f"PRAGMA {what}").fetchone()[0] for what in _PAGES)
        return int(pages * size)

    def refuse_strangers(self, shown: str) -> None:
        """Make sure that the schema is that of our migrations; LedgerError names what is not."""
        refuse_strangers(self._connection, self.version, shown)

    def refuse_damage(self, shown: str) -> None:
        """Make sure that every table is one, and that the file is whole.

        Raises:
            DamagedLedgerError: it is not.
        """
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
        lacking = set(self.names) - {name for (name,) in map(tuple, self._connection.execute(query))}
        found = f"it has no table {min(lacking)}" if lacking else self._check_integrity()
        if found != "ok":
            raise DamagedLedgerError(f"{shown} is damaged: {found}", "Take another backup.")

    def _check_integrity(self) -> str:
        return str(self._connection.execute("PRAGMA integrity_check(1)").fetchone()[0])

    def copy_pages(self, connection: Any) -> None:
        """Copy the file as this transaction sees it into an empty one, whoever else writes meanwhile."""
        self._connection.backup(connection)


class PostgresTables(Tables):
    """The tables of a PostgreSQL schema."""

    def rows(self, table: str) -> Iterator[tuple[Any, ...]]:
        """Iterate over a table's rows; see `Tables`."""
        with self._connection.cursor() as cursor:
            for row in cursor.stream(_select(table)):
                yield tuple(row.values())

    def add(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows to a table; see `Tables`."""
        statement = f"COPY {_name(table, columns)} FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def clear(self) -> None:
        """Remove every row but the gate's: whoever waits there must find it again."""
        for table in reversed(self.names):
            kept = f" WHERE key <> '{SCHEMA_VERSION}'" if table == "meta" else ""
            self._connection.execute(f"DELETE FROM {table}{kept}")  # noqa: S608 - our own tables' names

    def size(self) -> int:
        """Return how many bytes the tables take, indexes included."""
        sizes = " + ".join(f"pg_total_relation_size('{table}')" for table in self.names)
        return int(self._connection.execute(f"SELECT {sizes} AS value").fetchone()["value"])


_PAGES = ("page_count", "page_size")


def pour(source: Tables, target: Tables, *, without: Collection[str] = OF_ONE_LIFE) -> None:
    """Add every row of one ledger to another, empty one of the same version.

    Args:
        without: the keys of `meta` that stay behind.

    Raises:
        DamagedLedgerError: a table has other columns than ours.
    """
    for table in source.names:
        columns = source.columns(table)
        if set(columns) != set(target.columns(table)):
            message = f"the table {table} is not one of a stormctl ledger: it has other columns"
            raise DamagedLedgerError(message, "Take another backup.")
        target.add(table, columns, _rows(source, table, without))


def compare(source: Tables, target: Tables, *, without: Collection[str] = OF_ONE_LIFE) -> int:
    """Make sure that two ledgers hold the same rows, by number and digest of each table.

    Returns:
        How many rows each of them holds.

    Raises:
        LedgerError: they differ; the message names the table.
    """
    total = 0
    for table in source.names:
        ours, theirs = (_sum_up(tables, table, without) for tables in (source, target))
        if ours != theirs:
            raise LedgerError(
                f"the copy differs from the original: {table} has {count(theirs[0], 'row')} there, "
                f"{ours[0]} here",
                "It was not used. Check the disks, and try again.",
            )
        total += ours[0]
    return total


def is_same(source: Tables, target: Tables) -> bool:
    """Whether two ledgers are of one version and hold the same rows."""
    return source.version == target.version and all(
        _sum_up(source, table, OF_ONE_LIFE) == _sum_up(target, table, OF_ONE_LIFE) for table in source.names
    )


def _rows(tables: Tables, table: str, without: Collection[str]) -> Iterator[tuple[Any, ...]]:
    if table != "meta":
        return tables.rows(table)
    at = tables.columns(table).index("key")
    return (row for row in tables.rows(table) if row[at] not in without)


def _sum_up(tables: Tables, table: str, without: Collection[str]) -> tuple[int, int]:
    count = digest = 0
    columns = sorted(enumerate(tables.columns(table)), key=lambda column: column[1])
    order = [index for index, _ in columns]
    for row in _rows(tables, table, without):
        text = repr([_plain(row[index]) for index in order])
        count += 1
        digest += int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return count, digest


def _plain(value: Any) -> Any:
    """Write a value the same for both engines: PostgreSQL can't store a NUL in a text."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value


def _select(table: str, more: str = "") -> str:
    return f"SELECT * FROM {table} {more}"  # noqa: S608 - our own tables' names


def _name(table: str, columns: Sequence[str]) -> str:
    return f"{table} ({', '.join(columns)})"
