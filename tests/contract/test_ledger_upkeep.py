"""What every ledger engine promises of backups, restores, migrations and copies: no row lost, none new."""

from __future__ import annotations

import hashlib
import itertools
import json
import socket
import sqlite3
import stat
import sys
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.base.clock import to_micros
from stormctl.domain.delivery.delivery import InDoubt, State
from stormctl.domain.platforms.channel import Platform
from stormctl.errors import ExitCode, LedgerError
from stormctl.ledger.care import maintenance as upkeep
from stormctl.ledger.care import restoring
from stormctl.ledger.db.migrator import list_tables, load_migrations
from stormctl.ledger.db.stores import FileStore, find_store
from stormctl.ledger.db.tables import OF_ONE_LIFE
from stormctl.ledger.ledger import open_ledger
from tests.contract.places import File, Schema
from tests.factories import bind_hosts_of, release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from stormctl.ledger.db.stores import Store
    from tests.contract.conftest import Bench
    from tests.contract.places import Place
    from tests.postgres import Server

    Plan = Callable[..., PlannedDelivery]

TIMEOUT = timedelta(seconds=15)
NEWEST = len(load_migrations("sqlite"))
TABLES = list_tables(load_migrations("sqlite"))
SINCE = 1_797_590_000_000_000
"""Storm time, in microseconds, before every slot of the filled ledger."""

PICTURE = bytes(range(256)) * 8_000


COLUMNS = (
    "storm_id, channel, platform, message_id, follows, post, has_media, plan_digest, slot_at, storm_on, "
    "kind, rank, priority, late, grace, price_usd_micros, state"
)
COUNT_TO = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)"
MANY = f"SELECT {COLUMNS}, key || i, text_digest || i FROM deliveries CROSS JOIN n"  # noqa: S608 - our own words


@pytest.fixture
def crowd() -> tuple[str, ...]:
    """Nobody else: what is looked at here is all that a ledger holds."""
    return ()


class Died(Exception):  # noqa: N818 - an end, not an error
    """The process ended there, as far as the ledger can tell."""


@dataclass
class Script:
    """What happens at the checkpoints: something, or death."""

    dies_at: str = ""
    acts: dict[str, Callable[[], object]] = field(default_factory=dict)

    def __call__(self, point: str, /) -> None:
        """Pass a point, act, or die."""
        self.acts.get(point, lambda: None)()
        if point == self.dies_at:
            raise Died


def at(bench: Bench, minutes: float = 0, **script: Any) -> upkeep.Occasion:
    """Make an occasion so many minutes after noon."""
    return upkeep.Occasion(bench.at(minutes), TIMEOUT, Script(**script))


def store_of(place: Place) -> Store:
    """Find the place as the commands do."""
    return find_store(place.url, place.root)


def dump(place: Place, *, meta: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, without what is one database's own unless it is asked for."""
    own = "" if meta else " WHERE key NOT IN ('" + "', '".join(OF_ONE_LIFE) + "')"
    return {
        table: sorted(
            place.execute(f"SELECT * FROM {table}{own if table == 'meta' else ''}"),  # noqa: S608 - our own words
            key=repr,
        )
        for table in TABLES
    }


def read_rows(place: Place, version: int) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of a version."""
    tables = list_tables(load_migrations("sqlite")[:version])
    return {table: sorted(place.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}  # noqa: S608 - our own words


def make_old(place: Place) -> None:
    """Make a ledger of version 2, as an older stormctl left it, with one delivery."""
    dialect = "sqlite" if isinstance(place, File) else "postgresql"
    for migration in load_migrations(dialect)[:2]:
        for statement in migration.statements:
            place.execute(statement)
    place.execute("INSERT INTO meta (key, value) VALUES ('schema_version', '2')")
    place.execute("INSERT INTO hosts (platform, host) VALUES ('x', 'api.x.com')")
    place.execute(
        "INSERT INTO storms (id, name, timezone, spacing, per_15min, per_day, enrolled_wall_at) "
        "VALUES ('imd', 'A day', 'UTC', 0, 5, 45, 1)"
    )


def fill_old(place: Place, version: int) -> None:
    """Make a ledger of version 4 or later: two storms on two channels, something in each table and state."""
    migrations = load_migrations("sqlite" if isinstance(place, File) else "postgresql")
    filling = (Path(__file__).parent / "ledger_4.sql").read_text(encoding="utf-8").split(";\n\n")
    steps = [migration.statements for migration in migrations[:version]]
    for statement in itertools.chain(*steps[:4], filling, *steps[4:]):
        place.execute(statement)
    place.execute(f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'")  # noqa: S608 - our own words


def read_kept(place: Place, version: int) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of a version but `meta`, in the columns that are there to this day."""
    columns: list[dict[str, list[str]]] = []
    for migrations in (load_migrations("sqlite")[:version], load_migrations("sqlite")):
        with closing(sqlite3.connect(":memory:")) as connection:
            for statement in itertools.chain(*(migration.statements for migration in migrations)):
                connection.execute(statement)
            tables = {t: connection.execute(f"PRAGMA table_info({t})") for t in list_tables(migrations)}
            columns.append({table: [row[1] for row in rows] for table, rows in tables.items()})
    old, new = columns
    kept = {table: [name for name in old[table] if name in new[table]] for table in old if table != "meta"}
    return {
        table: sorted(place.execute(f"SELECT {', '.join(names)} FROM {table}"), key=repr)  # noqa: S608 - our own words
        for table, names in kept.items()
    }


def fill_unread(place: Place) -> None:
    """Suspend the channels of a ledger of version 5, with what nobody has looked for there."""
    facebook = "imd/facebook:migrants-day/imd"
    unread = {
        "facebook:migrants-day": [
            [[f"{facebook}-planned/en", f"{facebook}-late/en"], SINCE + 9, "♥"],
            [[f"{facebook}-planned/en", f"{facebook}-missed/en"], SINCE, "it's left out"],
        ],
        "x:migrants-day": [[["vigil/x:migrants-day/vigil-planned/en"], SINCE, "left out"]],
    }
    place.execute("INSERT INTO meta (key, value) VALUES ('noticed_event', '3')")
    place.execute("UPDATE channels SET suspended_why = 'left out at launch'")
    for channel, value in unread.items():
        text = json.dumps(value).replace("'", "''")
        place.execute(f"INSERT INTO meta (key, value) VALUES ('unread/{channel}', '{text}')")  # noqa: S608 - our own words


@pytest.fixture
def rich(bench: Bench, plan: Plan) -> Bench:
    """A ledger with something in every table, odd texts and a picture of two megabytes."""
    ledger = bench.ledger
    bind_hosts_of(ledger, {"x": "api.x.com"})
    bench.enroll(
        plan("a", -30, text="Un cœur 💜 pour tous"),
        plan("b", -20),
        plan("c", -10),
        plan("d", 60),
        plan("e", 70, channel="facebook:migrants-day"),
        quiet=((bench.at(100).at, bench.at(101).at),),
    )
    bench.deliver(-30)
    bench.answer(bench.send(-20), InDoubt(reason="timed\0out 🕊"), -20)
    (doubt,) = ledger.doubts.open(["x:migrants-day"])
    ledger.doubts.record_reading(doubt, bench.at(-19), complete=True, reason="")
    ledger.media.store(hashlib.sha256(PICTURE).hexdigest(), "image/png", PICTURE, bench.at(-60))
    ledger.halts.halt("all", None, "practice", "ana", bench.at(-18))
    ledger.halts.resume(bench.at(-17), "ana", scope="platform", target="facebook")
    runner = ledger.runners.register("launch", "h", 1, bench.at(-16))
    ledger.runners.stop(runner, bench.at(-15))
    key = "imd/x:migrants-day/a/en"
    empty = "'', '', ''"
    for table, values in {
        "snapshots (key, metric, read_at, value)": f"'{key}', 'likes', 1, 9223372036854775807",
        "limits (channel, name, remaining, learnt_at)": "'x:migrants-day', 'app', NULL, 5",
        "uploads (channel, digest, alt_digest, media_id)": "'x:migrants-day', 'd', 'a', 'm'",
        "alerts (id, written_wall_at, tried_wall_at)": "1, 7, 8",
        "notices (id, kind, subject, text, happened_at, noted_wall_at, ripe_wall_at)": f"1, {empty}, 1, 2, 3",
        "meta (key, value)": "'motto', 'once'",
        "gaps (id, from_at, until_at, why, noted_wall_at)": "1, 1, 2, 'a copy', 3",
        "follow_ups (attempt_id, channel, due_at, at_end)": "1, 'x:migrants-day', 1, 0",
        "copies (channel, post_id, key, url, found_wall_at)": f"'x:migrants-day', '9', '{key}', 'u', 1",
        "unread (key, since_at, why)": f"'{key}', 1, 'it was left out'",
    }.items():
        bench.execute(f"INSERT INTO {table} VALUES ({values})")  # noqa: S608 - our own words
    return bench


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Another place without a ledger, of either engine."""
    if request.param == "sqlite":
        yield File(tmp_path)
    else:
        server: Server = request.getfixturevalue("postgres")
        with server.schema() as schema:
            yield Schema(server, schema, tmp_path)


class TestBackup:
    """One file, of one instant, with every row."""

    def test_every_row_is_in_the_file(self, rich: Bench, tmp_path: Path) -> None:
        """Table by table, media bytes and odd texts included; and it says since when it may not know."""
        before = dump(rich.place)

        done = upkeep.back_up(store_of(rich.place), tmp_path / "ledger.db", at(rich, 5))

        copied = File(tmp_path)
        assert all(before.values()), "a table is empty: the test would prove nothing of it"
        assert before == dump(copied)
        assert done.facts.backed_up_at == rich.at(5).at
        assert done.facts.version == NEWEST
        assert copied.execute("PRAGMA journal_mode") == [("delete",)]
        assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]

    @pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
    def test_readable_for_its_owner_only(self, bench: Bench, tmp_path: Path) -> None:
        """A backup holds what is not public yet."""
        upkeep.back_up(store_of(bench.place), tmp_path / "backups" / "b.db", at(bench))

        assert stat.S_IMODE((tmp_path / "backups" / "b.db").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "backups").stat().st_mode) == 0o700

    def test_what_is_written_meanwhile_is_not_in_it(self, bench: Bench, plan: Plan, tmp_path: Path) -> None:
        """A runner posts on while the ledger is backed up, and nobody waits."""
        bench.enroll(plan("a"))

        upkeep.back_up(
            store_of(bench.place), tmp_path / "ledger.db", at(bench, acts={"saved": lambda: bench.deliver(1)})
        )

        assert bench.states() == {"a": "delivered"}
        assert File(tmp_path).execute("SELECT state FROM deliveries") == [("planned",)]

    def test_nothing_is_overwritten(self, bench: Bench, tmp_path: Path) -> None:
        """Neither what was there before, nor what appears while the backup is made."""
        path = tmp_path / "b.db"
        appear: Callable[[], object] = lambda: path.write_text("mine")  # noqa: E731 - one line of a script

        with pytest.raises(LedgerError, match="already exists") as caught:
            upkeep.back_up(store_of(bench.place), path, at(bench, acts={"saved": appear}))
        with pytest.raises(LedgerError, match="already exists"):
            upkeep.back_up(store_of(bench.place), path, at(bench))

        assert caught.value.exit_code == ExitCode.MAINTENANCE
        assert (path.read_text(), [p.name for p in tmp_path.iterdir()]) == ("mine", ["b.db"])

    def test_death_leaves_no_half_file(self, bench: Bench, tmp_path: Path) -> None:
        """What is not whole never has the backup's name."""
        with pytest.raises(Died):
            upkeep.back_up(store_of(bench.place), tmp_path / "b.db", at(bench, dies_at="saved"))

        assert list(tmp_path.iterdir()) == []

    def test_the_ledger_remembers_its_last_backup(self, bench: Bench, tmp_path: Path) -> None:
        """With time and place, for those who ask."""
        upkeep.back_up(store_of(bench.place), tmp_path / "b.db", at(bench, 3))

        facts = upkeep.describe(store_of(bench.place), at(bench, 4))
        assert (facts.last_backup_at, facts.last_backup) == (bench.at(3).wall_at, str(tmp_path / "b.db"))


class TestRestore:
    """The backup takes the ledger's place, and what it may not know is in doubt."""

    def test_what_was_due_since_is_in_doubt(self, bench: Bench, plan: Plan, tmp_path: Path) -> None:
        """Delivered stays delivered, what comes stays planned, what lies between is in doubt."""
        bench.enroll(plan("a", -30), plan("b", 10), plan("c", 60))
        bench.deliver(-30)
        bench.ledger.runners.register("launch", "elsewhere", 1, bench.at(-1))  # alive when it was backed up
        file = FileStore(tmp_path / "b.db", "b.db")
        upkeep.back_up(store_of(bench.place), file.path, at(bench, 0))
        bench.deliver(10)
        bench.ledger.close()

        done = restoring.restore(store_of(bench.place), file, tmp_path / "aside.db", at(bench, 20))

        with closing(bench.place.open()) as ledger:
            states = {view.message_id: view.state.value for view in ledger.history.deliveries("imd")}
            (gap,) = ledger.gaps.list()
            (doubt,) = ledger.doubts.open(["x:migrants-day"])
        assert states == {"a": "delivered", "b": "in_doubt", "c": "planned"}
        assert (done.in_doubt, done.since) == (1, bench.at(0).at)
        assert (gap.since, gap.until, gap.in_doubt) == (bench.at(0).at, bench.at(20).at, 1)
        assert doubt.sending_at == bench.at(0).at  # the account is read from there on
        assert bench.execute("SELECT id FROM runners WHERE stopped_wall_at IS NULL") == []

    def test_every_other_row_is_the_backup_s(self, rich: Bench, tmp_path: Path) -> None:
        """Table by table; only what the gap touched differs."""
        file = FileStore(tmp_path / "b.db", "b.db")
        upkeep.back_up(store_of(rich.place), file.path, at(rich))
        before = dump(rich.place)
        rich.execute("UPDATE hosts SET host = 'lost.example.org'")
        rich.ledger.close()

        restoring.restore(store_of(rich.place), file, tmp_path / "aside.db", at(rich, 5))

        after = dump(rich.place)
        touched = {"deliveries", "attempts", "events", "gaps", "storms"}
        assert {t for t in TABLES if before[t] != after[t]} == touched - {"storms"}

    def test_the_present_ledger_is_kept_whole(self, rich: Bench, tmp_path: Path) -> None:
        """Under a name that can be restored again."""
        file = FileStore(tmp_path / "b.db", "b.db")
        upkeep.back_up(store_of(rich.place), file.path, at(rich))
        rich.execute("UPDATE hosts SET host = 'newer.example.org'")
        rich.ledger.close()
        before = dump(rich.place)

        done = restoring.restore(store_of(rich.place), file, tmp_path / "ledger.db", at(rich, 5))

        assert done.aside == tmp_path / "ledger.db"
        assert before == dump(File(tmp_path))

    def test_a_live_runner_keeps_it_from_happening(self, bench: Bench, tmp_path: Path) -> None:
        """Nobody may be posting from what is taken away; a suspended runner counts, hours later too."""
        file = FileStore(tmp_path / "b.db", "b.db")
        upkeep.back_up(store_of(bench.place), file.path, at(bench))
        bench.ledger.runners.register("launch", socket.gethostname(), 17, bench.at(0))

        with pytest.raises(LedgerError, match=r"alive: launch on .* \(process 17\)"):
            restoring.find_present(store_of(bench.place), at(bench, 300))

        bench.ledger.runners.close()  # its end, as the system tells it
        assert restoring.find_present(store_of(bench.place), at(bench, 300)) is not None

    def test_a_lost_ledger_is_no_hindrance(self, bench: Bench, plan: Plan, tmp_path: Path) -> None:
        """The laptop was lost: the backup begins on an empty place."""
        bench.enroll(plan("a", 10))
        file = FileStore(tmp_path / "b.db", "b.db")
        upkeep.back_up(store_of(bench.place), file.path, at(bench))
        fresh = File(tmp_path / "new")

        done = restoring.restore(store_of(fresh), file, tmp_path / "aside.db", at(bench, 20))

        assert (done.aside, done.in_doubt) == (None, 1)
        assert fresh.execute("SELECT state FROM deliveries") == [("in_doubt",)]

    def test_a_backup_without_its_moment_counts_from_what_it_knows(
        self, bench: Bench, plan: Plan, tmp_path: Path
    ) -> None:
        """A file that was copied by hand: the newest thing in it says how far it goes."""
        bench.enroll(plan("a", -30), plan("b", 10))
        bench.deliver(-29)
        bench.ledger.close()
        file = FileStore(tmp_path / "b.db", "b.db")
        upkeep.back_up(store_of(bench.place), file.path, at(bench))
        with closing(sqlite3.connect(file.path, isolation_level=None)) as connection:
            connection.execute("DELETE FROM meta WHERE key = 'backed_up_at'")

        done = restoring.restore(store_of(bench.place), file, tmp_path / "aside.db", at(bench, 20))

        assert done.since == bench.at(-29).at

    def test_an_older_backup_is_migrated_on_the_way(self, bench: Bench, tmp_path: Path) -> None:
        """A file of version 2 becomes a ledger of this one, and stays as it is."""
        old = File(tmp_path)
        make_old(old)
        bench.ledger.close()

        restoring.restore(
            store_of(bench.place), FileStore(tmp_path / "ledger.db", ""), tmp_path / "a.db", at(bench)
        )

        with closing(bench.place.open()) as ledger:
            assert ledger.bound_hosts() == {"x": "api.x.com"}
        assert old.execute("SELECT value FROM meta WHERE key = 'schema_version'") == [("2",)]

    @pytest.mark.parametrize("point", ["prepared", "set aside", "poured"])
    def test_death_leaves_the_old_ledger(self, bench: Bench, plan: Plan, tmp_path: Path, point: str) -> None:
        """Or the new one: there is no instant without a whole ledger."""
        bench.enroll(plan("a", 10))
        file = FileStore(tmp_path / "b.db", "b.db")
        upkeep.back_up(store_of(bench.place), file.path, at(bench))
        bench.deliver(10)
        bench.ledger.close()
        steps = {"prepared", "set aside"} if isinstance(bench.place, File) else {"prepared", "poured"}
        if point not in steps:
            pytest.skip("a step of the other engine")

        with pytest.raises(Died):
            restoring.restore(store_of(bench.place), file, tmp_path / "a.db", at(bench, 20, dies_at=point))

        with closing(bench.place.open()) as ledger:
            assert [view.state.value for view in ledger.history.deliveries("imd")] == ["delivered"]


class TestMigrate:
    """An older ledger is brought to this version, once nobody posts from it."""

    def test_backed_up_first(self, new_place: Callable[[], Place], bench: Bench, tmp_path: Path) -> None:
        """The backup is of the old version, the ledger of the new one, with what it held."""
        place = new_place()
        make_old(place)

        done = upkeep.migrate(store_of(place), tmp_path / "ledger.db", at(bench))

        backup = File(tmp_path)
        assert done is not None
        assert (done.before, done.after, done.backup) == (2, NEWEST, tmp_path / "ledger.db")
        assert backup.execute("SELECT value FROM meta WHERE key = 'schema_version'") == [("2",)]
        assert backup.execute("SELECT host FROM hosts") == [("api.x.com",)]
        with closing(place.open()) as ledger:
            assert ledger.bound_hosts() == {"x": "api.x.com"}

    @pytest.mark.parametrize("version", range(4, NEWEST))
    def test_a_filled_ledger_keeps_every_row(
        self, new_place: Callable[[], Place], bench: Bench, tmp_path: Path, version: int
    ) -> None:
        """What it held is there, is worked with, and what it had sent again is looked at again."""
        place = new_place()
        fill_old(place, version)
        before = read_kept(place, version)

        upkeep.migrate(store_of(place), tmp_path / "ledger.db", at(bench))

        with closing(place.open()) as ledger:
            after, whole = read_kept(place, version), dump(place)
            states = [view.state for storm in ("imd", "vigil") for view in ledger.history.deliveries(storm)]
            ledger.sweeping.sweep(bench.at(0))
            follow_ups = [one.key for one in ledger.follow_ups.open("facebook:migrants-day")]
        assert after == before
        assert whole["follow_ups"] == whole["copies"] == []
        assert set(whole["ceilings"]) == {
            *((storm, None, 500, 900_000_000) for storm in ("imd", "vigil")),
            *((storm, None, 900, 86_400_000_000) for storm in ("imd", "vigil")),
            (None, "x:migrants-day", 100, 900_000_000),
            (None, "x:migrants-day", 50, 86_400_000_000),
        }
        assert set(states) == set(State)
        assert sorted(follow_ups) == [
            f"{storm}/facebook:migrants-day/{storm}-absent/en" for storm in ("imd", "vigil") for _ in range(3)
        ]

    def test_what_nobody_looked_for_is_kept(
        self, new_place: Callable[[], Place], bench: Bench, tmp_path: Path
    ) -> None:
        """What version 5 kept as JSON is rows: each delivery once, from the earliest moment on."""
        place = new_place()
        fill_old(place, 5)
        fill_unread(place)
        before = read_kept(place, 5)

        upkeep.migrate(store_of(place), tmp_path / "ledger.db", at(bench))

        after = dump(place)
        assert read_kept(place, 5) == before
        assert after["meta"] == [("noticed_event", "3")]
        assert after["unread"] == [
            ("imd/facebook:migrants-day/imd-late/en", SINCE + 9, "♥"),
            ("imd/facebook:migrants-day/imd-missed/en", SINCE, "it's left out"),
            ("imd/facebook:migrants-day/imd-planned/en", SINCE, "it's left out"),
            ("vigil/x:migrants-day/vigil-planned/en", SINCE, "left out"),
        ]

    def test_what_nobody_looked_for_is_looked_for_after_it(
        self, new_place: Callable[[], Place], bench: Bench, tmp_path: Path
    ) -> None:
        """On the channel that is released: what is planned there, each from its own moment on."""
        place = new_place()
        fill_old(place, 5)
        fill_unread(place)
        upkeep.migrate(store_of(place), tmp_path / "ledger.db", at(bench))

        with closing(place.open()) as ledger:
            asked = {doubt.key for doubt in ledger.doubts.open(["facebook:migrants-day"])}
            release(ledger, "facebook:migrants-day", bench.at(0))
            doubts = ledger.doubts.open(["facebook:migrants-day", "x:migrants-day"])

        since = {
            doubt.key.split("/", 2)[2]: to_micros(doubt.sending_at)
            for doubt in doubts
            if doubt.key not in asked and doubt.channel.platform is Platform.FACEBOOK
        }
        assert since == {"imd-planned/en": SINCE, "imd-late/en": SINCE + 9}
        assert place.execute("SELECT key FROM unread ORDER BY key") == [
            ("imd/facebook:migrants-day/imd-missed/en",),
            ("vigil/x:migrants-day/vigil-planned/en",),
        ]

    def test_nothing_to_do(self, bench: Bench, tmp_path: Path) -> None:
        """A ledger of this version is left alone, and no backup is made."""
        done = upkeep.migrate(store_of(bench.place), tmp_path / "b.db", at(bench))

        assert (done, list(tmp_path.iterdir())) == (None, [])

    def test_a_live_runner_of_the_older_version_is_named(
        self, new_place: Callable[[], Place], bench: Bench, tmp_path: Path
    ) -> None:
        """One on another machine that beats; nothing is changed or backed up."""
        place = new_place()
        make_old(place)
        beat = to_micros(bench.at(0).wall_at)
        place.execute(
            "INSERT INTO runners (id, kind, host, pid, channels, started_wall_at, beat_wall_at) "  # noqa: S608 - our own words
            f"VALUES ('r', 'daemon', 'elsewhere', 12, '[]', {beat}, {beat})"
        )

        with pytest.raises(LedgerError, match=r"alive: daemon on elsewhere \(process 12\)"):
            upkeep.migrate(store_of(place), tmp_path / "b.db", at(bench))

        assert place.execute("SELECT value FROM meta WHERE key = 'schema_version'") == [("2",)]
        assert list(tmp_path.iterdir()) == []
        assert upkeep.migrate(store_of(place), tmp_path / "b.db", at(bench, 1)) is not None

    @pytest.mark.parametrize("point", ["backed up", "migrating"])
    def test_death_leaves_the_old_version(
        self, new_place: Callable[[], Place], bench: Bench, tmp_path: Path, point: str
    ) -> None:
        """And the next attempt succeeds."""
        place = new_place()
        make_old(place)

        with pytest.raises(Died):
            upkeep.migrate(store_of(place), tmp_path / "one.db", at(bench, dies_at=point))

        assert place.execute("SELECT value FROM meta WHERE key = 'schema_version'") == [("2",)]
        assert upkeep.migrate(store_of(place), tmp_path / "two.db", at(bench)) is not None

    def test_every_command_refuses_until_then(self, new_place: Callable[[], Place]) -> None:
        """With both versions and the command that mends it."""
        place = new_place()
        make_old(place)

        with pytest.raises(
            LedgerError, match=rf"of version 2; this stormctl works with version {NEWEST}"
        ) as caught:
            open_ledger(place.url, root=place.root)

        assert "stormctl ledger migrate" in caught.value.hint


class TestCopy:
    """From any engine to any engine, whole, and only once."""

    def test_every_row_arrives(self, rich: Bench, elsewhere: Place) -> None:
        """Table by table; PostgreSQL can't store a NUL, which is replaced; the source is out of use."""
        rich.ledger.halts.halt("all", None, "the ledger moves", "ana", rich.at(0))
        before = dump(rich.place)

        done = upkeep.copy(store_of(rich.place), store_of(elsewhere), elsewhere.url, at(rich, 1))

        nul, replaced = "\0", "\N{REPLACEMENT CHARACTER}"
        shown = repr(dump(elsewhere)).replace(repr(nul)[1:-1], replaced)
        assert shown == repr(before).replace(repr(nul)[1:-1], replaced)
        assert done.rows == sum(len(rows) for rows in before.values())
        with pytest.raises(LedgerError, match="was copied to") as caught:
            rich.ledger.halts.resume(rich.at(2), "ana")
        assert caught.value.exit_code == ExitCode.MAINTENANCE
        with closing(elsewhere.open()) as ledger:
            assert [halt.scope for halt in ledger.halts.active()] == ["all", "all"]

    def test_ten_thousand_deliveries(self, bench: Bench, elsewhere: Place, plan: Plan) -> None:
        """In one transaction, row by row."""
        bench.enroll(plan("a"))
        bench.execute(f"{COUNT_TO} INSERT INTO deliveries ({COLUMNS}, key, text_digest) {MANY}")
        bench.ledger.halts.halt("all", None, "the ledger moves", "ana", bench.at(0))

        upkeep.copy(store_of(bench.place), store_of(elsewhere), elsewhere.url, at(bench))

        assert elsewhere.execute("SELECT count(*) FROM deliveries") == [(10_000,)]

    def test_what_keeps_it_from_happening(self, bench: Bench, elsewhere: Place, plan: Plan) -> None:
        """No halt, a halt with an exception, a claim without its runner, a live runner: each is named."""
        bench.enroll(plan("a"))
        refusals = []

        def attempt(minutes: float) -> None:
            with pytest.raises(LedgerError) as caught:
                upkeep.copy(store_of(bench.place), store_of(elsewhere), elsewhere.url, at(bench, minutes))
            refusals.append(caught.value.message)
            assert caught.value.exit_code == ExitCode.MAINTENANCE

        attempt(0)
        bench.claim(0)
        bench.ledger.halts.halt("all", None, "the ledger moves", "ana", bench.at(0))
        attempt(0)
        bench.ledger.halts.resume(bench.at(0), "ana", scope="platform", target="x")
        attempt(0)
        bench.ledger.halts.halt("all", None, "the ledger moves", "ana", bench.at(0))
        runner = bench.ledger.runners.register("daemon", socket.gethostname(), 17, bench.at(0))
        attempt(0)
        bench.ledger.runners.stop(runner, bench.at(0))
        bench.ledger.sweeping.sweep(bench.at(1))
        upkeep.copy(store_of(bench.place), store_of(elsewhere), elsewhere.url, at(bench, 1))

        words = [
            "could be published in the meantime",
            "claimed",
            "could be published in the meantime",
            "process 17",
        ]
        assert [word for word, refusal in zip(words, refusals, strict=True) if word not in refusal] == []

    def test_the_second_time_says_what_happened(self, bench: Bench, elsewhere: Place) -> None:
        """The place is named; nothing happens."""
        bench.ledger.halts.halt("all", None, "the ledger moves", "ana", bench.at(0))
        target = store_of(elsewhere)
        upkeep.copy(store_of(bench.place), target, elsewhere.url, at(bench))

        with pytest.raises(LedgerError) as caught:
            upkeep.copy(store_of(bench.place), target, elsewhere.url, at(bench))

        assert f"was copied to {target.where}" in caught.value.message
        assert "STORMCTL_LEDGER_URL" in caught.value.hint

    def test_another_ledger_is_never_overwritten(self, bench: Bench, elsewhere: Place) -> None:
        """Not even an empty one; nor is the ledger copied onto itself."""
        elsewhere.open().close()
        bench.ledger.halts.halt("all", None, "the ledger moves", "ana", bench.at(0))

        for place in (elsewhere, bench.place):
            with pytest.raises(LedgerError, match="there is a ledger already"):
                upkeep.copy(store_of(bench.place), store_of(place), place.url, at(bench))

        assert bench.ledger.halts.active()

    @pytest.mark.parametrize("point", ["poured", "copied"])
    def test_death_is_made_good_by_the_same_command(
        self, bench: Bench, elsewhere: Place, plan: Plan, point: str
    ) -> None:
        """Before the last step the source is still the ledger, and halted; then the copy is recognised."""
        bench.enroll(plan("a"))
        bench.ledger.halts.halt("all", None, "the ledger moves", "ana", bench.at(0))
        source, target = store_of(bench.place), store_of(elsewhere)
        with pytest.raises(Died):
            upkeep.copy(source, target, elsewhere.url, at(bench, dies_at=point))
        halted = [halt.scope for halt in bench.ledger.halts.active()]

        done = upkeep.copy(source, target, elsewhere.url, at(bench))

        assert (halted, done.was_there) == (["all"], point == "copied")
        assert elsewhere.execute("SELECT state FROM deliveries") == [("planned",)]
