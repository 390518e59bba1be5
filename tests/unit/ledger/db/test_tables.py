"""Whole tables: a row that was lost, changed or added on the way is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.errors import LedgerError
from stormctl.ledger.db.sqlite import SqliteDatabase
from stormctl.ledger.db.tables import compare, is_same, pour

if TYPE_CHECKING:
    from pathlib import Path


def make(path: Path, *hosts: str) -> SqliteDatabase:
    """Make a ledger that is bound to some hosts."""
    database = SqliteDatabase(path, path.name)
    database.create_file()
    with database.founding() as tables:
        tables.add("hosts", ("platform", "host"), [(host, host) for host in hosts])
    return database


def test_poured_is_the_same(tmp_path: Path) -> None:
    """Every row, in whatever order, and nothing that is the database's own."""
    one = make(tmp_path / "one.db", "b", "a")
    two = SqliteDatabase(tmp_path / "two.db", "two.db")
    two.create_file()
    with one.whole(writing=True) as source:
        source.session.write("set_meta", key="ledger_id", value="one")
        source.session.write("set_meta", key="motto", value="once")

    with one.whole() as source, two.founding() as target:
        pour(source, target)
        rows = compare(source, target)

    with one.whole() as source, two.whole() as target:
        assert is_same(source, target)
        assert {row["key"] for row in target.session.rows("all_meta")} == {"schema_version", "motto"}
    assert rows == 3


@pytest.mark.parametrize(
    ("there", "words"),
    [(("a",), "hosts has 1 row there, 2 here"), (("a", "c"), "hosts has 2 rows there, 2 here")],
    ids=["a row is missing", "a row is another"],
)
def test_a_difference_is_found(tmp_path: Path, there: tuple[str, ...], words: str) -> None:
    """By number or by digest, and the table is named."""
    one, two = make(tmp_path / "one.db", "a", "b"), make(tmp_path / "two.db", *there)

    with one.whole() as source, two.whole() as target:
        with pytest.raises(LedgerError, match=words):
            compare(source, target)
        assert not is_same(source, target)


def test_versions_are_never_the_same(tmp_path: Path) -> None:
    """A ledger of another version is another ledger."""
    one, two = make(tmp_path / "one.db"), SqliteDatabase(tmp_path / "two.db", "two.db")
    two.create_file()
    with two.founding(version=2):
        pass

    with one.whole() as source, two.whole() as target:
        assert not is_same(source, target)


def test_a_ledger_is_founded_only_where_there_is_none(tmp_path: Path) -> None:
    """What is there stays."""
    one = make(tmp_path / "one.db", "a")

    with pytest.raises(LedgerError, match="there is a ledger already"), one.founding():
        pass

    with one.whole() as tables:
        assert list(tables.rows("hosts")) == [("a", "a")]
