"""Named queries are found in their files, and parsed one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiosql
import pytest

from stormctl.ledger.db.sessions import QUERIES, Statements, load_queries

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("driver", ["sqlite3", "psycopg"])
def test_each_is_what_aiosql_makes_of_the_whole_folder(driver: str) -> None:
    """Parameters included, in the driver's own way."""
    whole = aiosql.from_path(QUERIES, driver)

    statements = Statements(QUERIES, driver)

    assert {name for name in whole.available_queries if not name.endswith("_cursor")} == set(statements.names)
    assert {name: getattr(statements, name).sql for name in statements.names} == {
        name: getattr(whole, name).sql for name in statements.names
    }


def test_a_query_is_parsed_once(tmp_path: Path) -> None:
    """The same one is handed out again."""
    (tmp_path / "one.sql").write_text("-- name: first(a)^\n-- Why.\nSELECT :a AS value;\n", encoding="utf-8")
    statements = Statements(tmp_path, "sqlite3")

    assert statements.first is statements.first


def test_an_unknown_name_is_our_own_mistake() -> None:
    """It is a bug, and says which query was meant."""
    with pytest.raises(AttributeError, match="there is no query never_written"):
        _ = load_queries("sqlite3").never_written
