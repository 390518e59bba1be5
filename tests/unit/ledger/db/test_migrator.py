"""Migrations are numbered files, read for one dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.ledger.db.migrator import load_migrations

if TYPE_CHECKING:
    from pathlib import Path


def test_dialects_share_files_and_have_their_own(tmp_path: Path) -> None:
    """A file without a dialect serves all, one with a dialect only its own; triggers stay whole."""
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE a (x);\n\nCREATE TABLE b (x);\n", encoding="utf-8")
    trigger = "CREATE TRIGGER t\nBEGIN\n    SELECT 1;\n    SELECT 2;\nEND;"
    (tmp_path / "0002_guards.sqlite.sql").write_text(trigger, encoding="utf-8")
    (tmp_path / "0002_guards.other.sql").write_text("SELECT 'other';", encoding="utf-8")

    first, second = load_migrations("sqlite", tmp_path)

    assert (first.version, first.name) == (1, "first")
    assert first.statements == ("CREATE TABLE a (x);", "CREATE TABLE b (x);")
    assert second.statements == (trigger,)


@pytest.mark.parametrize("name", ["first.sql", "1_first.sql", "0001-first.sql", "0001_First.sql"])
def test_misnamed_file_is_refused(tmp_path: Path, name: str) -> None:
    """A file that would never be applied can't lie there unnoticed."""
    (tmp_path / name).write_text("SELECT 1;", encoding="utf-8")

    with pytest.raises(ValueError, match="is not named like"):
        load_migrations("sqlite", tmp_path)


@pytest.mark.parametrize(
    "names", [["0002_a.sql"], ["0001_a.sql", "0001_b.sql"], ["0001_a.sql", "0003_c.sql"]]
)
def test_gaps_and_repeats_are_refused(tmp_path: Path, names: list[str]) -> None:
    """Versions are 1, 2, 3 and so on."""
    for name in names:
        (tmp_path / name).write_text("SELECT 1;", encoding="utf-8")

    with pytest.raises(ValueError, match="not numbered from 1 without gaps"):
        load_migrations("sqlite", tmp_path)


def test_ours_can_be_loaded() -> None:
    """The package's own migrations are in order, and hold statements only."""
    migrations = load_migrations("sqlite")

    assert [migration.version for migration in migrations] == list(range(1, len(migrations) + 1))
    assert all(statement.endswith(";") for m in migrations for statement in m.statements)
