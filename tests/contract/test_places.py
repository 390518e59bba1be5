"""A ledger as a place: what stops its use on each engine, and those on PostgreSQL that tests are lent."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from stormctl.domain.base.clock import Moment
from stormctl.errors import LedgerError
from stormctl.ledger.db.migrator import load_migrations
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.places import Place
    from tests.postgres import Server

    NewPlace = Callable[..., Place]

ROWS = (
    "INSERT INTO hosts (platform, host) VALUES ('x', 'api.x.com')",
    "INSERT INTO meta (key, value) VALUES ('pulse', '7')",
    "INSERT INTO channels (id, platform) VALUES ('x:migrants-day', 'x')",
)


def test_rows_are_gone_before_it_is_lent_again(postgres: Server) -> None:
    """Only the schema's version stays; the tables are the same ones."""
    with postgres.ledger() as first:
        for row in ROWS:
            postgres.execute(row, first)

    with postgres.ledger() as second:
        left = [
            postgres.execute(rows, second)
            for rows in ("SELECT id FROM channels", "SELECT host FROM hosts", "SELECT key FROM meta")
        ]

    assert first == second
    assert left == [[], [], [("schema_version",)]]


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER attempts_sent_once ON attempts",
        "ALTER TABLE attempts DISABLE TRIGGER attempts_sent_once",
        "ALTER TABLE alerts ADD COLUMN more TEXT",
        "ALTER TABLE alerts DROP COLUMN tried_wall_at",
        "DROP INDEX deliveries_text",
        "DROP TABLE notices",
        "CREATE TABLE mine (id INTEGER)",
        "UPDATE meta SET value = '3' WHERE key = 'schema_version'",
    ],
)
def test_what_was_rebuilt_is_not_lent_again(postgres: Server, change: str) -> None:
    """It is dropped, and what is lent next is whole."""
    with postgres.ledger() as spoilt:
        postgres.execute(change, spoilt)

    with postgres.ledger() as another:
        version = postgres.execute("SELECT value FROM meta", another)

    assert another != spoilt
    assert version == [(str(len(load_migrations("postgresql"))),)]
    assert postgres.execute(f"SELECT FROM pg_namespace WHERE nspname = '{spoilt}'") == []


def test_a_version_that_changed_meanwhile_stops_the_next_transaction(new_place: NewPlace) -> None:
    """A migration under a running process is noticed at its next step, reading or writing."""
    place = new_place(founded=True)
    with closing(place.open()) as ledger:
        place.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")

        for use in (ledger.bound_hosts, lambda: ledger.sweeping.sweep(Moment(NOON, NOON))):
            with pytest.raises(LedgerError, match="changed to version 99 in the meantime"):
                use()


def test_a_statement_of_ours_that_is_wrong_is_a_bug(new_place: NewPlace) -> None:
    """A mistake in our SQL keeps its traceback, it is not the user's to mend."""
    place = new_place(founded=True)
    with closing(place.open()) as ledger:
        place.execute("DROP TABLE hosts")

        with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
            ledger.bound_hosts()


def test_a_closed_ledger_says_so(new_place: NewPlace) -> None:
    """Using it after its end is a mistake of ours."""
    ledger = new_place(founded=True).open()
    ledger.close()

    with pytest.raises(RuntimeError, match="was closed"):
        ledger.bound_hosts()
