"""A ledger's schema is compared with that of the migrations, to the last default."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import LedgerError
from stormctl.ledger.db.migrator import load_migrations
from stormctl.ledger.db.schemas import refuse_strangers
from stormctl.ledger.ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEWEST = len(load_migrations("sqlite"))


@pytest.fixture
def file() -> Iterator[sqlite3.Connection]:
    """A ledger's file, as its migrations make it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for migration in load_migrations("sqlite"):
            for statement in migration.statements:
                connection.execute(statement)
        yield connection


def rewrite(file: sqlite3.Connection, before: str, after: str) -> None:
    """Write something into the schema itself, as whoever owns the file can."""
    file.execute("PRAGMA writable_schema = ON")
    changed = file.execute(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE instr(sql, ?)", (before, after, before)
    )
    assert changed.rowcount


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE TRIGGER evil AFTER INSERT ON attempts BEGIN SELECT 1; END", "trigger evil"),
        ("CREATE TEMP TRIGGER evil AFTER INSERT ON main.attempts BEGIN SELECT 1; END", None),
        ("CREATE VIEW evil AS SELECT 1", "view evil"),
        ("CREATE TABLE evil (a)", "table evil"),
        ("CREATE INDEX evil ON attempts (id)", "index evil"),
        ("ALTER TABLE halts ADD COLUMN evil TEXT DEFAULT 'x'", "table halts"),
        ("ALTER TABLE halts ADD COLUMN evil TEXT AS (reason || 'x')", "table halts"),
        ("DROP TRIGGER attempts_sent_once", "no trigger attempts_sent_once"),
        ("ANALYZE", None),
    ],
)
def test_what_is_not_ours_is_named(file: sqlite3.Connection, statement: str, named: str | None) -> None:
    """Whatever runs when a row is written; what SQLite keeps for itself is nobody's."""
    file.execute(statement)

    if named is None:
        refuse_strangers(file, NEWEST, "here")
    else:
        with pytest.raises(LedgerError, match=f"here contains things that stormctl did not create: {named}"):
            refuse_strangers(file, NEWEST, "here")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("why TEXT NOT NULL DEFAULT ''", "why TEXT NOT NULL DEFAULT '--\n'"),
        ("why TEXT NOT NULL DEFAULT ''", "why TEXT NOT NULL DEFAULT ' '"),
        ("'an attempt is sent once'", "'an  attempt is sent once'"),
        ("RAISE(ABORT", "RAISE(IGNORE"),
    ],
)
def test_what_was_rewritten_is_named(file: sqlite3.Connection, before: str, after: str) -> None:
    """Also inside quotes, where every sign matters."""
    rewrite(file, before, after)

    with pytest.raises(LedgerError, match="things that stormctl did not create"):
        refuse_strangers(file, NEWEST, "here")


def test_spaces_and_comments_are_no_difference(file: sqlite3.Connection) -> None:
    """A migration may be commented anew."""
    rewrite(file, "name TEXT NOT NULL,\n", "name TEXT /* of it */ NOT NULL, -- the storm's\n\n")

    refuse_strangers(file, NEWEST, "here")


def test_a_ledger_calls_no_function_that_its_schema_names(tmp_path: Path) -> None:
    """SQLite trusts no schema: what a view would have called is refused when it is read."""
    with (
        closing(open_ledger("sqlite:///ledger.db", root=tmp_path, create=True)) as ledger,
        ledger._database.reading() as session,
    ):
        (trusted,) = session._connection.execute("PRAGMA trusted_schema").fetchone()

    assert trusted == 0
