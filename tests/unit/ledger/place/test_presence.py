"""A ledger's file that was deleted or replaced under a process is not written on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode, LedgerGoneError
from stormctl.ledger.ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.ledger.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that is in use."""
    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path, create=True)) as made:
        made.bind_hosts({"x": "api.x.com"})
        yield made


def _refused(ledger: Ledger) -> LedgerGoneError:
    with pytest.raises(LedgerGoneError) as caught, ledger._database.transaction():
        pytest.fail("a transaction began")
    return caught.value


def test_a_deleted_file_is_not_written_on(ledger: Ledger, tmp_path: Path) -> None:
    """The system would let us: what is written to it is lost."""
    (tmp_path / "ledger.db").unlink()

    error = _refused(ledger)

    assert error.exit_code is ExitCode.MAINTENANCE
    assert "--adopt" in error.hint


def test_a_replaced_file_is_not_written_on(ledger: Ledger, tmp_path: Path) -> None:
    """Another ledger lies there now, and this process still has the old one open."""
    shutil.copy(tmp_path / "ledger.db", tmp_path / "other.db")
    (tmp_path / "other.db").rename(tmp_path / "ledger.db")

    assert "ledger.db was deleted or replaced while it was in use" in _refused(ledger).message


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_companion_that_was_deleted_stops_everything(ledger: Ledger, tmp_path: Path, ending: str) -> None:
    """Whoever opens the ledger next would make new ones, and the two would overwrite each other."""
    (tmp_path / f"ledger.db{ending}").unlink()

    assert f"ledger.db{ending} was deleted or replaced" in _refused(ledger).message


def test_a_file_that_vanishes_in_a_transaction_is_told_after_its_commit(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Nobody may take what was committed to it for written: no request follows."""
    with pytest.raises(LedgerGoneError), ledger._database.transaction():
        (tmp_path / "ledger.db").unlink()


def test_a_file_that_was_put_back_can_be_used_again(ledger: Ledger, tmp_path: Path) -> None:
    """It is the same file."""
    path = tmp_path / "ledger.db"
    path.rename(tmp_path / "aside.db")
    _refused(ledger)

    (tmp_path / "aside.db").rename(path)

    assert ledger.bound_hosts() == {"x": "api.x.com"}


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_backup_in_a_ledgers_place_is_kept_with_a_log(tmp_path: Path, ending: str) -> None:
    """A backup has none: whoever only looks leaves it so, and the first to write gives it one."""
    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path, create=True)) as made:
        made.bind_hosts({"x": "api.x.com"})
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as backup:
        backup.execute("PRAGMA journal_mode = DELETE")
    companion = tmp_path / f"ledger.db{ending}"

    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path)) as ledger:
        ledger.bound_hosts()
        was_there = companion.exists()
        ledger.bind_hosts({"facebook": "graph.facebook.com"})
        companion.unlink()

        assert not was_there
        assert f"ledger.db{ending} was deleted or replaced" in _refused(ledger).message
