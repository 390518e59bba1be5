"""The named queries: each name once, nothing that only one database understands, no scan where it is hot."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from stormctl.ledger.db.migrator import load_migrations
from stormctl.ledger.db.sessions import QUERIES, load_queries

TEXTS = {path.name: path.read_text(encoding="utf-8") for path in QUERIES.glob("*.sql")}
HOT = (
    "channel_gate",
    "terms_of_channel",
    "terms_of_delivery",
    "ceilings_of",
    "sends_between",
    "coming",
    "candidates",
    "claim_delivery",
    "claimed_row",
    "lapsed_claims",
    "claims_of",
    "expired_now",
    "missed_now",
    "in_flight_counts",
    "next_decisions",
    "next_media_slot",
    "unarranged_follow_up",
    "first_unread_at_age",
    "to_prepare",
    "open_doubts",
    "unread_at_age",
    "same_text",
    "record_delivered",
    "known_post_ids",
    "other_with_receipt",
)


def test_each_name_is_used_once() -> None:
    """Of two queries with one name the second would silently win."""
    names = Counter(
        name for text in TEXTS.values() for name in re.findall(r"^-- name: (\w+)", text, re.MULTILINE)
    )

    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_queries_do_the_same() -> None:
    """Whoever mends one of them would leave the other."""
    parts = [part for text in TEXTS.values() for part in re.split(r"^-- name: ", text, flags=re.MULTILINE)]
    bodies = [re.sub(r"^--.*$", "", part.partition("\n")[2], flags=re.MULTILINE) for part in parts]
    counts = Counter(" ".join(body.split()) for body in bodies)

    assert [body for body, number in counts.items() if body and number > 1] == []


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_word_of_one_database_alone(name: str) -> None:
    """The same file serves SQLite and PostgreSQL; neither asks the database for the time."""
    forbidden = (
        r"%|\bifnull\b|\browid\b|\bINSERT OR\b|\bstrftime\b|\bdatetime\(|\bnow\(\)|\bCURRENT_|\bISNULL\b"
    )

    assert re.findall(forbidden, TEXTS[name], re.IGNORECASE) == []


@pytest.mark.parametrize("name", HOT)
def test_hot_query_reads_no_whole_table(name: str) -> None:
    """What every claim and every second's tick runs finds its rows by an index, however many there are.

    Two indexes may be read whole: of what is claimed there is one row a channel, and little is in doubt.
    """
    tables = r"SCAN (d|b|a|o|deliveries|attempts|storms|s)\b(?! USING INDEX deliveries_in_(flight|doubt)\b)"

    assert [step for step in plan_of(name) if re.match(tables, step)] == []


@pytest.mark.parametrize("name", ["due_since", "late_counts", "open_channels"])
def test_a_start_reads_no_whole_backlog(name: str) -> None:
    """A runner that comes back asks storm by storm or channel by channel, of which there are few."""
    assert [step for step in plan_of(name) if re.match(r"SCAN (d|deliveries|attempts)\b", step)] == []


def plan_of(name: str) -> list[str]:
    """Return the steps by which SQLite would answer a query."""
    sql = getattr(load_queries("sqlite3"), name).sql
    values = dict.fromkeys(re.findall(r":(\w+)", sql), 0)
    with closing(sqlite3.connect(":memory:")) as connection:
        for migration in load_migrations("sqlite"):
            for statement in migration.statements:
                connection.execute(statement)
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def test_every_query_is_used() -> None:
    """A query that nobody runs any more goes."""
    code = "".join(path.read_text(encoding="utf-8") for path in QUERIES.parents[1].rglob("*.py"))

    assert [name for name in load_queries("sqlite3").names if f'"{name}"' not in code] == []
