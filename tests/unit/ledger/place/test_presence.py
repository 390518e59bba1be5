"""A ledger's file that was deleted, replaced, or put beside another one's log is not written on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.clock import Moment
from stormctl.errors import DamagedLedgerError, ExitCode, LedgerGoneError
from stormctl.ledger.care.maintenance import Occasion, back_up
from stormctl.ledger.care.restoring import find_present, restore
from stormctl.ledger.db.stores import FileStore
from stormctl.ledger.ledger import open_ledger
from stormctl.ledger.place.presence import refuse_log_of_another, refuse_stray_log
from tests.factories import bind_hosts_of, make_delivery, make_terms
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.ledger.ledger import Ledger

SECOND = timedelta(seconds=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that is in use."""
    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path, create=True)) as made:
        bind_hosts_of(made, {"x": "api.x.com"})
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
        bind_hosts_of(made, {"x": "api.x.com"})
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as backup:
        backup.execute("PRAGMA journal_mode = DELETE")
    companion = tmp_path / f"ledger.db{ending}"

    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path)) as ledger:
        ledger.bound_hosts()
        was_there = companion.exists()
        bind_hosts_of(ledger, {"facebook": "graph.facebook.com"})
        companion.unlink()

        assert not was_there
        assert f"ledger.db{ending} was deleted or replaced" in _refused(ledger).message


def now(seconds: float = 0) -> Moment:
    """Return a moment so many seconds after noon."""
    at = NOON + seconds * SECOND
    return Moment(at, at)


def occasion(seconds: float = 0) -> Occasion:
    """Make an occasion so many seconds after noon."""
    return Occasion(now(seconds), 15 * SECOND, lambda _point: None)


@dataclass
class Crash:
    """A folder with a ledger's file and log as a killed runner leaves them.

    Attributes:
        early: the file as it was after some seconds, without its log.
        backup: made by stormctl at the same time.
    """

    root: Path
    early: Path
    backup: Path

    @property
    def file(self) -> Path:
        """The ledger's file."""
        return self.root / "ledger.db"

    @property
    def log(self) -> Path:
        """The log beside it."""
        return self.root / "ledger.db-wal"

    def put(self, file: Path) -> None:
        """Put a file in the place of the ledger's, as `cp` does."""
        shutil.copyfile(file, self.file)

    def open(self) -> Ledger:
        """Open what lies there."""
        return open_ledger("sqlite:///ledger.db", root=self.root)

    def refuse(self) -> str:
        """Make sure that it is refused, and left as it is; return what is said."""
        before = self.file.read_bytes(), self.log.read_bytes()
        with pytest.raises(DamagedLedgerError) as refused:
            self.open()
        assert (self.file.read_bytes(), self.log.read_bytes()) == before
        return refused.value.message


def _empty_log(path: Path) -> None:
    """Write the log into the file, as SQLite does by itself every thousand pages."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)


def _live(ledger: Ledger, path: Path, crash: Crash) -> None:
    """Run on a ledger for some seconds, and leave its files in another folder as they are then."""
    runner = ledger.runners.register("launch", "here", 1, now())
    _empty_log(path)
    shutil.copyfile(path, crash.early)
    back_up(FileStore(path, path.name), crash.backup, occasion())
    for second in range(1, 4):
        ledger.runners.beat(runner, now(second), channels=[])
        _empty_log(path)
    ledger.runners.beat(runner, now(5), channels=[])
    shutil.copyfile(path, crash.file)
    shutil.copyfile(path.with_name("life.db-wal"), crash.log)


@pytest.fixture
def crash(tmp_path: Path) -> Crash:
    """A runner was killed five seconds after noon."""
    crash = Crash(tmp_path / "dead", tmp_path / "early.db", tmp_path / "backup.db")
    crash.root.mkdir()
    with closing(open_ledger("sqlite:///life.db", root=tmp_path, create=True)) as ledger:
        ledger.enrolment.enroll(make_terms(), [make_delivery()], now())
        _live(ledger, tmp_path / "life.db", crash)
    return crash


def test_what_a_killed_runner_leaves_is_opened(crash: Crash) -> None:
    """File and log are one ledger, with all that was committed."""
    with closing(crash.open()) as ledger:
        assert ledger.runners.last_seen() == now(5).at


def test_a_backup_over_the_file_is_refused(crash: Crash) -> None:
    """Mixed with the log it would look like the newest ledger, and lack what it had published."""
    crash.put(crash.backup)

    message = crash.refuse()

    assert message.endswith("ledger.db was replaced, and ledger.db-wal belongs to the one before it")


def test_an_older_file_of_the_same_ledger_is_refused(crash: Crash) -> None:
    """Other programs keep copies too: the file alone is older than what the log remembers of it."""
    crash.put(crash.early)

    assert "was replaced" in crash.refuse()


def test_another_ledgers_file_is_refused(crash: Crash, tmp_path: Path) -> None:
    """It has a name of its own."""
    with closing(open_ledger("sqlite:///other.db", root=tmp_path, create=True)) as other:
        other.runners.register("launch", "here", 1, now())
    crash.put(tmp_path / "other.db")

    assert "was replaced" in crash.refuse()


@pytest.mark.parametrize(
    ("filed", "seen"),
    [
        ({"ledger_id": "a", "pulse": "8"}, {"ledger_id": "a", "pulse": "9", "filed": "9"}),
        ({"ledger_id": "a", "pulse": "9", "backed_up_at": "5"}, {"ledger_id": "a", "filed": "9"}),
        ({"ledger_id": "a", "backed_up_at": "5"}, {"ledger_id": "a", "backed_up_at": "4"}),
        ({"ledger_id": "a"}, {"ledger_id": "b"}),
        ({"pulse": "8"}, {"ledger_id": "a", "filed": "9"}),
    ],
)
def test_what_does_not_belong_together(filed: dict[str, str], seen: dict[str, str]) -> None:
    """The file lacks what had come into it, is a backup of its own, or is another ledger's."""
    with pytest.raises(DamagedLedgerError):
        refuse_stray_log(Path("ledger.db"), filed, seen)


@pytest.mark.parametrize(
    ("filed", "seen"),
    [
        ({"ledger_id": "a", "pulse": "9"}, {"ledger_id": "a", "pulse": "12", "filed": "9"}),
        ({"ledger_id": "a", "pulse": "10"}, {"ledger_id": "a", "pulse": "12", "filed": "9"}),
        ({"pulse": "1", "backed_up_at": "5"}, {"ledger_id": "a", "pulse": "2", "backed_up_at": "5"}),
        ({"schema_version": "3"}, {"ledger_id": "a", "pulse": "2"}),
        ({}, {"ledger_id": "a", "pulse": "2", "filed": "1"}),
        ({"ledger_id": "a", "pulse": "2"}, {}),
    ],
)
def test_what_may_belong_together(filed: dict[str, str], seen: dict[str, str]) -> None:
    """The log goes on from what the file knows; of what can't be read nothing is concluded."""
    refuse_stray_log(Path("ledger.db"), filed, seen)


def test_a_restore_sets_file_and_log_aside(crash: Crash) -> None:
    """The command that the hint names ends it, and throws nothing away."""
    crash.put(crash.backup)
    store, aside = FileStore(crash.file, "ledger.db"), crash.root / "aside.db"
    log = crash.log.read_bytes()

    present = find_present(store, occasion(10))
    restore(store, FileStore(crash.backup, "backup.db"), aside, occasion(10))

    with closing(crash.open()) as ledger:
        assert ledger.history.storms() == ["storm"]
    assert present is None
    assert aside.with_name("aside.db-wal").read_bytes() == log
    assert not crash.log.exists()


def test_a_log_without_its_file_is_not_read_into_a_restored_one(crash: Crash) -> None:
    """Somebody moved the file away, and left the log."""
    crash.file.unlink()
    store, aside = FileStore(crash.file, "ledger.db"), crash.root / "aside.db"

    restore(store, FileStore(crash.backup, "backup.db"), aside, occasion(10))

    with closing(crash.open()) as ledger:
        assert ledger.history.storms() == ["storm"]
    assert aside.with_name("aside.db-wal").exists()


@pytest.mark.parametrize(("mode", "is_refused"), [("delete", True), ("wal", False)])
def test_a_file_that_never_had_a_log_has_none_beside_it(tmp_path: Path, mode: str, is_refused: bool) -> None:
    """A backup says so of itself, also before anything in the log could tell whose it is."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("CREATE TABLE meta (key TEXT)")

    with pytest.raises(DamagedLedgerError) if is_refused else nullcontext():
        refuse_log_of_another(path)
