"""Opening: what is created, what is refused, what is never touched."""

from __future__ import annotations

import hashlib
import sqlite3
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.clock import Moment
from stormctl.errors import ExitCode, LedgerError, LedgerGoneError
from stormctl.ledger.db.migrator import load_migrations
from stormctl.ledger.db.sqlite import SqliteDatabase
from stormctl.ledger.db.stores import find_store
from stormctl.ledger.ledger import Ledger, open_ledger
from tests.factories import bind_hosts_of

if TYPE_CHECKING:
    from pathlib import Path

URL = "sqlite:///.stormctl/ledger.db"
NOON = datetime(2026, 12, 18, 12, tzinfo=UTC)
NOW = Moment(NOON, NOON)


def execute(path: Path, *statements: str) -> None:
    """Change a ledger's file behind its back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_created_with_its_folder(tmp_path: Path) -> None:
    """It says where it is, relative to the campaign, and is kept by the next opening."""
    with closing(open_ledger(URL, root=tmp_path, create=True)) as ledger:
        bind_hosts_of(ledger, {"x": "api.x.com"})

    with closing(open_ledger(URL, root=tmp_path, create=True)) as again:
        assert (again.where, again.path) == ("sqlite: .stormctl/ledger.db", tmp_path / ".stormctl/ledger.db")
        assert again.bound_hosts() == {"x": "api.x.com"}


def test_found_without_opening(tmp_path: Path) -> None:
    """Where a ledger would lie can be told before there is one."""
    store = find_store(URL, tmp_path)
    before = store.exists()
    open_ledger(URL, root=tmp_path, create=True).close()

    assert (store.where, before, store.exists()) == ("sqlite: .stormctl/ledger.db", False, True)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_readable_for_its_owner_only(tmp_path: Path) -> None:
    """File 0600, its companions too, folder 0700."""
    with closing(open_ledger(URL, root=tmp_path, create=True)) as ledger:
        bind_hosts_of(ledger, {"x": "api.x.com"})
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / ".stormctl").iterdir()}

    assert stat.S_IMODE((tmp_path / ".stormctl").stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}


def test_absolute_path_outside_the_campaign(tmp_path: Path) -> None:
    """An absolute path is shown as it is."""
    path = tmp_path / "elsewhere" / "ledger.db"

    with closing(open_ledger(f"sqlite:///{path}", root=tmp_path / "campaign", create=True)) as ledger:
        assert (ledger.path, ledger.where) == (path, f"sqlite: {path.as_posix()}")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://ana:geheim@db.example.org", "names no database"),
        ("mysql://ana:geheim@db.example.org/storm", "starts with “mysql:”"),
        ("sqlite:///", "does not name a ledger"),
        ("ledger.db", "does not name a ledger"),
        ("sqlite:///.", "is a folder"),
    ],
)
def test_other_addresses_are_refused_without_their_passwords(tmp_path: Path, url: str, words: str) -> None:
    """What is not a file of ours stops in one line; no password is repeated."""
    with pytest.raises(LedgerError, match=words) as caught:
        open_ledger(url, root=tmp_path, create=True)

    assert "geheim" not in caught.value.message + caught.value.hint


def test_empty_file_becomes_a_ledger_only_if_asked(tmp_path: Path) -> None:
    """A creation that was cut off is finished by the next launch."""
    (tmp_path / "ledger.db").touch()

    with pytest.raises(LedgerError, match="is not a stormctl ledger"):
        open_ledger("sqlite:///ledger.db", root=tmp_path)

    open_ledger("sqlite:///ledger.db", root=tmp_path, create=True).close()


@pytest.mark.parametrize("create", [False, True])
def test_older_version_is_refused_and_left_alone(tmp_path: Path, *, create: bool) -> None:
    """No command changes the tables by the way: there is one that backs the ledger up before."""
    path = tmp_path / "old.db"
    execute(path, *load_migrations("sqlite")[0].statements)
    execute(path, "INSERT INTO meta VALUES ('schema_version', '1')")
    newest = len(load_migrations("sqlite"))

    with pytest.raises(LedgerError, match=rf"of version 1; .* works with version {newest}") as caught:
        open_ledger("sqlite:///old.db", root=tmp_path, create=create)

    assert "stormctl ledger migrate" in caught.value.hint
    assert caught.value.exit_code == ExitCode.MAINTENANCE
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT value FROM meta").fetchall() == [("1",)]


def test_migrating_gives_the_same_schema_as_creating(tmp_path: Path) -> None:
    """Step by step or at once, and what the ledger held is still there."""
    path = tmp_path / "old.db"
    first = load_migrations("sqlite")[0]
    execute(path, *first.statements, "INSERT INTO meta VALUES ('schema_version', '1')")
    execute(path, "INSERT INTO hosts VALUES ('x', 'api.x.com')")
    open_ledger("sqlite:///new.db", root=tmp_path, create=True).close()

    SqliteDatabase(path, "old.db").migrate(create=False)

    with closing(open_ledger("sqlite:///old.db", root=tmp_path)) as ledger:
        assert ledger.bound_hosts() == {"x": "api.x.com"}

    schemas = []
    for name in ("old.db", "new.db"):
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            schemas.append(connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall())
    assert schemas[0] == schemas[1]


def test_migration_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    """All steps are one transaction: half a migration never stays."""
    path = tmp_path / "old.db"
    first = load_migrations("sqlite")[0]
    execute(path, *first.statements, "INSERT INTO meta VALUES ('schema_version', '1')")
    database = SqliteDatabase(path, "old.db")
    *steps, last = load_migrations("sqlite")
    database._migrations = (*steps, replace(last, statements=(*last.statements, "CREATE TABLE meta (a)")))

    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        database.migrate(create=False)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT value FROM meta").fetchall() == [("1",)]
        triggers = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()
        assert triggers == (0,)


def test_a_ledger_with_a_trigger_of_others_is_not_migrated(tmp_path: Path) -> None:
    """The statements of a migration would set it off."""
    path = tmp_path / "old.db"
    execute(path, *load_migrations("sqlite")[0].statements, "INSERT INTO meta VALUES ('schema_version', '1')")
    execute(path, "CREATE TRIGGER evil AFTER UPDATE ON meta BEGIN DELETE FROM halts; END")

    with pytest.raises(LedgerError, match="contains things that stormctl did not create: trigger evil"):
        SqliteDatabase(path, "old.db").migrate(create=False)


def test_lock_folder_that_is_a_file(tmp_path: Path) -> None:
    """A runner that can't take its lock doesn't begin."""
    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path, create=True)) as ledger:
        (tmp_path / "runners").touch()

        with pytest.raises(LedgerError, match="can't lock"):
            ledger.runners.register("launch", "h", 1, NOW)

        assert ledger.overview.status(NOW, runner_timeout=NOON - NOON).runners == ()


def test_vanished_file(tmp_path: Path) -> None:
    """A ledger that was deleted under a process is not silently begun anew."""
    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path, create=True)) as ledger:
        (tmp_path / "ledger.db").unlink()

        with pytest.raises(LedgerGoneError, match="was deleted or replaced while it was in use"):
            ledger.sweeping.sweep(NOW)


def test_closing_in_a_transaction_closes_after_it(tmp_path: Path) -> None:
    """A connection in use is not torn away; it goes when its transaction ends."""
    open_ledger("sqlite:///ledger.db", root=tmp_path, create=True).close()
    database = SqliteDatabase(tmp_path / "ledger.db", "ledger.db")
    with database.transaction() as session:
        database.close()
        session.write("bind_host", place="x", host="api.x.com")

    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path)) as ledger:
        assert ledger.bound_hosts() == {"x": "api.x.com"}


def test_full_disk_undoes_the_transaction(tmp_path: Path) -> None:
    """What can't be written down is told in plain words, and the ledger goes on when there is room again."""
    with closing(open_ledger("sqlite:///ledger.db", root=tmp_path, create=True)) as ledger:
        bind_hosts_of(ledger, {"x": "api.x.com"})
        (connection,) = ledger._database._writer  # type: ignore[attr-defined]  # a disk of so many pages
        connection.execute("PRAGMA max_page_count = 1")
        content = b"x" * 10_000_000

        with pytest.raises(LedgerError, match="disk is full") as caught:
            ledger.media.store(hashlib.sha256(content).hexdigest(), "image/png", content, NOW)

        assert "Free some space" in caught.value.hint
        assert ledger.bound_hosts() == {"x": "api.x.com"}


def test_missing_row_is_a_bug(tmp_path: Path) -> None:
    """`get` raises where a row must be."""
    open_ledger("sqlite:///ledger.db", root=tmp_path, create=True).close()
    database = SqliteDatabase(tmp_path / "ledger.db", "ledger.db")

    with closing(database), database.reading() as session, pytest.raises(LookupError, match="receipt_of"):
        session.get("receipt_of", key="nowhere")


def test_opening_makes_no_room(tmp_path: Path) -> None:
    """What is not used is not there; what a room needs is made with it, once and of the class promised."""
    with closing(open_ledger(URL, root=tmp_path, create=True)) as ledger:
        rooms = Ledger.__annotations__
        before = rooms.keys() & vars(ledger).keys()
        halts = ledger.halts
        beside = rooms.keys() & vars(ledger).keys()

        assert (before, beside, ledger.halts) == (set(), {"halts", "runners", "fingerprint_check"}, halts)
        assert rooms == {name: type(getattr(ledger, name)).__name__ for name in rooms}
        assert {"outbox", "enrolment", "sweeping", "backlog", "overview"} <= rooms.keys()


def test_one_room_for_all_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that ask at the same time get the same one: it may hold what a claim stood on, or a lock."""
    both = threading.Barrier(2)

    class Slow:
        def __init__(self, *_needs: object) -> None:
            """Be made as slowly as it takes another thread to come in."""
            with suppress(threading.BrokenBarrierError):
                both.wait(0.2)

    monkeypatch.setattr("stormctl.ledger.delivery.outbox.Outbox", Slow)

    with (
        closing(open_ledger(URL, root=tmp_path, create=True)) as ledger,
        ThreadPoolExecutor(2) as threads,
    ):
        first, second = threads.map(lambda _: ledger.outbox, range(2))

    assert first is second
    assert both.broken
