"""How a file appears whole, over nothing that is there, and how it is told that it can't."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import LedgerError
from stormctl.ledger.care.restoring import _set_aside
from stormctl.ledger.db.stores import FileStore, making_file, put_new, put_over, refuse_existing

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_appears_whole(tmp_path: Path) -> None:
    """With what was written aside, and nothing is left beside it."""
    path = tmp_path / "ledger.db"

    with making_file(path) as part:
        part.write_text("whole")
        put_new(part, path)

    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("ledger.db", "whole")]


def test_what_was_not_put_in_place_is_removed(tmp_path: Path) -> None:
    """With the companions that SQLite may have left."""
    with making_file(tmp_path / "ledger.db") as part:
        part.with_name(f"{part.name}-wal").touch()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """The path is named, and what to do."""
    (tmp_path / "folder").touch()

    with (
        pytest.raises(LedgerError, match="can't write beside") as caught,
        making_file(tmp_path / "folder" / "b"),
    ):
        pass

    assert "must be writable" in caught.value.hint


def test_a_place_that_cannot_be_taken(tmp_path: Path) -> None:
    """What can't be replaced is told in plain words."""
    (tmp_path / "taken").mkdir()

    with making_file(tmp_path / "b") as part, pytest.raises(LedgerError, match="can't write"):
        put_over(part, tmp_path / "taken")


def test_a_failure_at_the_last_step_leaves_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is taken just before it is filled; if that fails, it is free again."""
    with making_file(tmp_path / "b") as part:
        monkeypatch.setattr(type(part), "replace", _fail)

        with pytest.raises(LedgerError, match="can't write"):
            put_new(part, tmp_path / "b")

    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_second_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory sticks know none: the file is renamed."""
    monkeypatch.setattr(os, "link", _fail)
    (tmp_path / "ledger.db").write_text("old")

    _set_aside(tmp_path / "ledger.db", tmp_path / "aside.db")

    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("aside.db", "old")]


def _fail(*_arguments: object) -> None:
    raise PermissionError(1, "not permitted")


def test_a_place_that_can_not_be_looked_at(tmp_path: Path) -> None:
    """Another person's folder, or a name that no system takes: one line, and no bug."""
    store = FileStore(path=tmp_path / ("long" * 100), shown="long")

    with pytest.raises(LedgerError, match="can't be used: File name too long") as caught:
        store.exists()

    assert caught.value.hint == "The file and its folder must be readable and writable for you."


def test_a_folder_that_nobody_lets_us_look_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root has left there, such as backups, is told in a line, on every Python."""
    real = type(tmp_path).stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path.parent == tmp_path:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **options)

    monkeypatch.setattr(type(tmp_path), "stat", refuse)

    for use in (lambda: refuse_existing(tmp_path / "b.db"), FileStore(tmp_path / "b.db", "b.db").exists):
        with pytest.raises(LedgerError, match="Permission denied"):
            use()
