"""Whether a ledger's file has our tables and nothing else: what others put there would run at our hands."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

from stormctl.errors import LedgerError
from stormctl.ledger.db.migrator import load_migrations

if TYPE_CHECKING:
    from typing import Any

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master"
_TOKENS = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(?:--[^\n]*|/\*.*?\*/|\s)+""", re.DOTALL)
"""What is quoted, whose every sign matters, beside comments and spaces, which don't."""

_OF_SQLITE = re.compile(r"sqlite_(stat\d|sequence)\Z")
"""What SQLite keeps for itself: what ANALYZE found, and numbers that were given out."""

Object = tuple[str, str, str, str]


def find_strangers(connection: Any, version: int) -> list[str]:
    """Return what a file's schema has beside or in place of that of our migrations, for people.

    Triggers, views, tables, indexes, and defaults, checks or generated columns of ours that were changed.
    """
    ours = _read_ours(version)
    found = _read(connection)
    strange = [f"{kind} {name}" for kind, name, *_ in sorted(found - ours)]
    missing = [f"{kind} {name}" for kind, name, *_ in sorted(ours - found)]
    return list(dict.fromkeys([*strange, *(f"no {one}" for one in missing if one not in strange)]))


def refuse_strangers(connection: Any, version: int, shown: str) -> None:
    """Make sure that a file's schema is ours alone; LedgerError names what is not."""
    if strangers := find_strangers(connection, version):
        raise LedgerError(
            f"the ledger {shown} contains things that stormctl did not create: {', '.join(strangers[:3])}",
            "Someone has changed it. Check it: stormctl status. To keep only its rows, run: "
            "stormctl ledger backup FILE; then: stormctl ledger restore FILE.",
        )


@cache
def _read_ours(version: int) -> frozenset[Object]:
    with closing(_make(version)) as connection:
        return _read(connection)


def _make(version: int) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for migration in load_migrations("sqlite")[:version]:
        for statement in migration.statements:
            connection.execute(statement)
    return connection


def _read(connection: Any) -> frozenset[Object]:
    """Read a schema; how it is spaced, quoted and commented does not matter."""
    rows = [tuple(row) for row in connection.execute(_SCHEMA)]
    return frozenset(
        (str(kind), str(name), str(table), _plain(sql or ""))
        for kind, name, table, sql in rows
        if not _OF_SQLITE.match(str(name))
    )


def _plain(sql: str) -> str:
    return _TOKENS.sub(lambda match: match[1] or " ", sql).strip()
