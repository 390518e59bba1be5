"""The ledgers on PostgreSQL that tests are lent: each is as new, whatever a test before did to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.ledger.db.migrator import load_migrations

if TYPE_CHECKING:
    from tests.postgres import Server
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
