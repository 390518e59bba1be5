"""What `stormctl ledger` does with files: names, refusals, and a ledger that can't be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.engine.operate.maintenance import LedgerMaintenance
from stormctl.errors import ExitCode, LedgerError
from stormctl.ledger.ledger import open_ledger
from stormctl.settings import Settings
from tests.factories import bind_hosts_of, make_delivery, make_terms
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

URL = "sqlite:///.stormctl/ledger.db"
HOST = Settings().host
"""Where the platforms are, by default."""


def make_upkeep(root: Path, url: str = URL, clock: FakeClock | None = None) -> LedgerMaintenance:
    """Look after a ledger with a clock that stands still."""
    return LedgerMaintenance(url, root, timedelta(seconds=15), clock=clock or FakeClock())


def make_ledger(root: Path, url: str = URL, host: str = "api.x.com") -> None:
    """Make a ledger with one delivery, due at noon."""
    with closing(open_ledger(url, root=root, create=True)) as ledger:
        bind_hosts_of(ledger, {"x": host})
        ledger.enrolment.enroll(make_terms(), [make_delivery()], FakeClock().moment())


def execute(path: Path, statement: str) -> None:
    """Change a file behind the ledger's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_backup_is_named_by_storm_and_time(tmp_path: Path) -> None:
    """In the campaign's own folder, in UTC."""
    make_ledger(tmp_path)

    done = make_upkeep(tmp_path).back_up(None)

    assert done.path == tmp_path / ".stormctl" / "backups" / "storm-20261218T170000Z.db"
    assert [storm.storm_id for storm in done.facts.storms] == ["storm"]


def test_backups_of_one_second_have_a_number(tmp_path: Path) -> None:
    """One that was cut off behind its backup is repeated at once."""
    make_ledger(tmp_path)

    done = [make_upkeep(tmp_path).back_up(None).path.name for _ in range(3)]

    stem = "storm-20261218T170000Z"
    assert done == [f"{stem}.db", f"{stem}-2.db", f"{stem}-3.db"]


def test_restores_of_one_second_set_each_ledger_aside(tmp_path: Path) -> None:
    """One that was killed behind that step is repeated at once, and neither ledger is lost."""
    make_ledger(tmp_path)
    make_upkeep(tmp_path).back_up(tmp_path / "early.db")

    aside = [make_upkeep(tmp_path).restore(tmp_path / "early.db").aside for _ in range(2)]

    stem = "ledger-before-restore-20261218T170000Z"
    assert [path.name for path in aside if path is not None and path.exists()] == [
        f"{stem}.db",
        f"{stem}-2.db",
    ]


def test_backup_into_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """A disk that is not mounted must not become a folder."""
    make_ledger(tmp_path)

    with pytest.raises(LedgerError, match="there is no folder"):
        make_upkeep(tmp_path).back_up(tmp_path / "stick" / "b.db")

    assert not (tmp_path / "stick").exists()


def test_without_a_ledger(tmp_path: Path) -> None:
    """Every use case says where there is none."""
    upkeep = make_upkeep(tmp_path)

    for use in (upkeep.describe, upkeep.migrate, lambda: upkeep.back_up(None), lambda: upkeep.copy(URL)):
        with pytest.raises(
            LedgerError, match=r"there is no ledger at sqlite: \.stormctl/ledger\.db"
        ) as caught:
            use()
        assert caught.value.exit_code == ExitCode.MAINTENANCE
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_ledger_is_set_aside_with_its_companions(tmp_path: Path) -> None:
    """Nothing of it is thrown away, and nothing of it touches the new one."""
    make_ledger(tmp_path)
    upkeep = make_upkeep(tmp_path)
    file = upkeep.back_up(tmp_path / "b.db").path
    ledger = tmp_path / ".stormctl" / "ledger.db"
    ledger.write_bytes(b"rubbish " * 1000)
    ledger.with_name("ledger.db-shm").write_bytes(b"more rubbish")

    exchange = upkeep.look_at(file, HOST)
    done = upkeep.restore(file)

    aside = tmp_path / ".stormctl" / "ledger-before-restore-20261218T170000Z.db"
    assert (exchange.present, exchange.is_damaged) == (None, True)
    assert done.aside == aside
    assert aside.read_bytes() == b"rubbish " * 1000
    assert aside.with_name(f"{aside.name}-shm").read_bytes() == b"more rubbish"
    with closing(open_ledger(URL, root=tmp_path)) as opened:
        assert list(opened.history.storms()) == ["storm"]


def test_a_damaged_ledger_with_a_live_runner_stays(tmp_path: Path) -> None:
    """Who it is can't be read, but its lock is held."""
    make_ledger(tmp_path)
    upkeep = make_upkeep(tmp_path)
    file = upkeep.back_up(tmp_path / "b.db").path
    with closing(open_ledger(URL, root=tmp_path)) as ledger:
        ledger.runners.register("launch", "h", 1, FakeClock().moment())
        (tmp_path / ".stormctl" / "ledger.db").write_bytes(b"rubbish " * 1000)

        with pytest.raises(LedgerError, match="a runner of this machine is alive"):
            upkeep.look_at(file, HOST)


def test_an_empty_file_is_no_ledger_to_lose(tmp_path: Path) -> None:
    """A creation that was cut off is replaced like a missing one."""
    make_ledger(tmp_path)
    upkeep = make_upkeep(tmp_path)
    file = upkeep.back_up(tmp_path / "b.db").path
    for path in (tmp_path / ".stormctl").glob("ledger.db*"):
        path.unlink()
    (tmp_path / ".stormctl" / "ledger.db").touch()

    assert upkeep.look_at(file, HOST).present is None
    upkeep.restore(file)

    assert upkeep.describe().hosts == {"x": "api.x.com"}


def test_a_server_s_rows_are_backed_up_before_they_are_replaced(tmp_path: Path, postgres: Server) -> None:
    """The file lies with the other backups; the server's ledger is the backup's."""
    with postgres.schema() as schema:
        url = postgres.url_of(schema)
        make_ledger(tmp_path, url)
        upkeep = make_upkeep(tmp_path, url)
        file = upkeep.back_up(tmp_path / "b.db").path
        postgres.execute("UPDATE hosts SET host = 'newer.example.org'", schema)

        done = upkeep.restore(file)

        assert done.aside == tmp_path / ".stormctl/backups/ledger-before-restore-20261218T170000Z.db"
        assert make_upkeep(tmp_path, f"sqlite:///{done.aside}").describe().hosts == {"x": "newer.example.org"}
        assert upkeep.describe().hosts == {"x": "api.x.com"}


def test_practice_is_never_taken_for_the_day(tmp_path: Path) -> None:
    """The hosts of the ledger that is there count; without one, those of the settings."""
    make_ledger(tmp_path, "sqlite:///practice.db", "127.0.0.1:8080")
    file = make_upkeep(tmp_path, "sqlite:///practice.db").back_up(tmp_path / "b.db").path
    upkeep = make_upkeep(tmp_path)

    with pytest.raises(LedgerError, match=r"belongs to 127\.0\.0\.1:8080, but x is api\.x\.com here"):
        upkeep.look_at(file, HOST)
    make_ledger(tmp_path)
    with pytest.raises(LedgerError, match=r"belongs to 127\.0\.0\.1:8080, but x is api\.x\.com here"):
        upkeep.look_at(file, lambda _: "127.0.0.1:8080")


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    """A missing file, another program's, a newer one, the ledger itself."""
    make_ledger(tmp_path)
    upkeep = make_upkeep(tmp_path)
    execute(tmp_path / "songs.db", "CREATE TABLE songs (title)")
    (tmp_path / "text.db").write_text("My thesis. " * 200)
    newer = upkeep.back_up(tmp_path / "newer.db").path
    execute(newer, "UPDATE meta SET value = '99' WHERE key = 'schema_version'")

    for name, words in (
        ("missing.db", "there is no ledger at"),
        ("songs.db", "is not a stormctl ledger"),
        ("text.db", "file is not a database"),
        ("newer.db", "of version 99"),
        (".stormctl/ledger.db", "is the ledger itself"),
    ):
        with pytest.raises(LedgerError, match=words):
            upkeep.look_at(tmp_path / name, HOST)
    assert upkeep.describe().gaps == ()


def test_a_ledger_in_use_is_not_replaced(tmp_path: Path) -> None:
    """Another command has it open at that moment: it could still write into what is set aside."""
    make_ledger(tmp_path)
    upkeep = make_upkeep(tmp_path)
    file = upkeep.back_up(tmp_path / "b.db").path

    with closing(open_ledger(URL, root=tmp_path)) as ledger:
        ledger.bound_hosts()
        with pytest.raises(LedgerError, match="database is locked"):
            upkeep.restore(file)

    assert upkeep.describe().gaps == ()
    assert sorted(path.name for path in (tmp_path / ".stormctl").glob("[!.]*")) == ["ledger.db"]


def test_a_copied_ledger_is_not_restored_over(tmp_path: Path) -> None:
    """Its storms live elsewhere by now."""
    make_ledger(tmp_path)
    upkeep = make_upkeep(tmp_path)
    file = upkeep.back_up(tmp_path / "b.db").path
    with closing(open_ledger(URL, root=tmp_path)) as ledger:
        ledger.halts.halt("all", None, "it moves", "ana", FakeClock().moment())
    upkeep.copy("sqlite:///new.db")

    with pytest.raises(LedgerError, match=r"was copied to sqlite: new\.db"):
        upkeep.look_at(file, HOST)

    assert upkeep.describe().moved_to == "sqlite: new.db"
    assert upkeep.describe().known_until == NOON


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["ALTER TABLE halts ADD COLUMN evil TEXT DEFAULT 'x'"], "halts is not one of a stormctl ledger"),
        (["DROP TABLE quiet", "CREATE VIEW quiet AS SELECT 1 AS storm_id"], "it has no table quiet"),
    ],
)
def test_a_backup_with_other_tables_is_refused(tmp_path: Path, statements: list[str], said: str) -> None:
    """What is no table of ours has no rows for us; the ledger that is there stays."""
    make_ledger(tmp_path)
    file = make_upkeep(tmp_path).back_up(tmp_path / "b.db").path
    for statement in statements:
        execute(file, statement)

    with pytest.raises(LedgerError, match=said):
        make_upkeep(tmp_path).restore(file)

    assert make_upkeep(tmp_path).describe().gaps == ()


def test_a_backup_with_rows_that_no_ledger_has_is_refused(tmp_path: Path) -> None:
    """Its own tables let them in; ours do not."""
    make_ledger(tmp_path)
    file = make_upkeep(tmp_path).back_up(tmp_path / "b.db").path
    execute(file, "DROP INDEX deliveries_text")
    execute(file, "CREATE TABLE twice AS SELECT * FROM deliveries")
    execute(file, "UPDATE twice SET key = key || '2'")
    execute(file, "INSERT INTO deliveries SELECT * FROM twice")

    with pytest.raises(LedgerError, match="contains rows that no ledger has"):
        make_upkeep(tmp_path).restore(file)

    assert make_upkeep(tmp_path).describe().gaps == ()


@pytest.mark.parametrize("way", ["restore", "copy"])
def test_what_is_restored_or_copied_is_known_here(tmp_path: Path, way: str) -> None:
    """Under a new id: nobody need accept what this machine has made itself."""
    make_ledger(tmp_path)
    upkeep = make_upkeep(tmp_path)
    before = read_id(tmp_path, URL)
    if way == "restore":
        upkeep.restore(upkeep.back_up(tmp_path / "b.db").path)
        url = URL
    else:
        url = "sqlite:///copy.db"
        with closing(open_ledger(URL, root=tmp_path)) as ledger:
            ledger.halts.halt("all", None, "it moves", "ana", FakeClock().moment())
        upkeep.copy(url)

    open_ledger(url, root=tmp_path, publishing=True).close()

    assert read_id(tmp_path, url) != before
    assert make_upkeep(tmp_path, url).introduce() is None


def read_id(root: Path, url: str) -> str:
    """Return a ledger's id."""
    with closing(open_ledger(url, root=root)) as ledger:
        return ledger.get_id()
