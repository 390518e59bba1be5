"""What goes wrong with machines, networks, clocks and the ledger: a scene for each of those sections."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from stormctl.ledger.migrator import load_migrations
from tests.acceptance.conftest import PATIENCE_S
from tests.acceptance.runbook import FACEBOOK, QUICK, X, scene
from tests.acceptance.scenes_posts import holding
from tests.acceptance.skewed import write_skew
from tests.acceptance.test_weather import Road, _join
from tests.receiver import receiving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.runbook import Person

ALL = sorted(f"{channel}/{message}" for channel in (X, FACEBOOK) for message in ("dignity", "noon-statement", "sign-on"))
HOURS_5 = 5 * 3600


class SocketRoad(Road):
    """A port on loopback that leads to a PostgreSQL server's Unix socket.

    Args:
        path: the socket's.
    """

    def __init__(self, path: str) -> None:
        super().__init__("http://127.0.0.1:1")
        self._path = path

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._path)
                threading.Thread(target=_join, args=(near, far), daemon=True).start()


def publish_some(person: Person, ending: signal.Signals, count: int = 2) -> None:
    """Launch, and end the runner in mid-storm."""
    process = person.start("launch", "--yes", "--plain")
    person.read(process, "  delivered  ", count)
    process.send_signal(ending)
    person.see(process.communicate(timeout=PATIENCE_S)[0])


def lose_machine(person: Person) -> None:
    """Take another machine: the campaign's files are there, the ledger is not."""
    shutil.rmtree(person.root / ".stormctl")


def assert_each_once(person: Person) -> None:
    """Make sure that everything stands on the accounts once, and that the ledger knows."""
    assert person.posts() == ALL
    assert person.counts() == {"delivered": 6}


@contextmanager
def on_postgres(person: Person) -> Iterator[str]:
    """Have a schema on a PostgreSQL server; yield its address."""
    server = person.get_postgres()
    with server.schema() as schema:
        yield server.url_of(schema)


@scene("Nothing is running")
def play_nobody(person: Person) -> None:
    """Everything is due, and somebody forgot to start a runner."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    while person.run("status", expect=None).returncode != 11:
        pass

    person.type(11, 0)

    assert_each_once(person)


@scene("The machine died")
def play_death(person: Person) -> None:
    """kill -9 in mid-storm, and the same launch again."""
    person.write_day(every="2s", lasts=6)
    publish_some(person, signal.SIGKILL)

    person.type(0)

    assert_each_once(person)


@scene("The laptop slept")
def play_sleep(person: Person) -> None:
    """Five hours with the lid closed: what was due is missed, and one post is brought back."""
    person.module = "tests.acceptance.skewed"
    person.write_midday(late="skip")
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  delivered  ", 2)
        write_skew(person.root, wall_s=HOURS_5, steady_s=HOURS_5)
        person.read(launch, "  missed  ", 4)
        person.type(7, 0)
        person.read(launch, "  delivered  ")

    assert person.posts() == [f"{FACEBOOK}/noon-statement", f"{X}/dignity", f"{X}/noon-statement"]


@scene("The laptop is lost, with a backup")
def play_loss(person: Person) -> None:
    """The backup knows of the first post; what went out after it is read from the accounts."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    person.run("ledger", "backup", "noon.db")
    publish_some(person, signal.SIGTERM)
    lose_machine(person)

    person.type(0, 0)

    assert_each_once(person)


@scene("The laptop is lost, without a backup")
def play_loss_without(person: Person) -> None:
    """Another machine has the campaign's files and keys only."""
    person.write_day()
    publish_some(person, signal.SIGKILL)
    lose_machine(person)

    person.type(2, 0)

    assert_each_once(person)


@scene("The laptop is lost, the ledger is on a server")
def play_loss_postgres(person: Person) -> None:
    """Another machine launches on the same ledger."""
    person.write_day()
    with on_postgres(person) as url:
        person.environment["STORMCTL_LEDGER_URL"] = url
        publish_some(person, signal.SIGKILL)
        lose_machine(person)

        person.type(None, 0)

        assert_each_once(person)


@scene("The network is gone, or a platform is down")
def play_network(person: Person) -> None:
    """Nothing is reached; a person looks, and waits; then everything goes out by itself."""
    road = Road(person.emulator_url).open()
    person.environment |= {f"STORMCTL_{name}_BASE_URL": road.url for name in ("X", "FACEBOOK")}
    person.write_day(("noon-statement",), starts_in=3)
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "enrolled in")
        road.close()
        person.read(launch, "the connection was refused", 2)

        person.type(0)

        road.open()
        person.read(launch, "  delivered  ", 2)
    road.close()
    assert person.counts() == {"delivered": 2}


@scene("The disk is full")
def play_full(person: Person) -> None:
    """A runner can write nothing, and publishes nothing, until there is room."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    person.environment["STORMCTL_TEST_DISK"] = "full"
    with person.running("daemon") as daemon:
        pass
    assert daemon


@scene("The ledger is locked")
def play_locked(person: Person) -> None:
    """Another program holds the file; it is closed, and the storm goes on."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    with holding(person.ledger):
        person.run("tick", expect=10)

    person.type(0, 0)

    assert_each_once(person)


@scene("The ledger was deleted")
def play_deleted(person: Person) -> None:
    """The runner ends at once; a new ledger takes the storm over."""
    person.write_day(every="2s", lasts=6)
    process = person.start("launch", "--yes", "--plain")
    person.read(process, "  delivered  ", 2)
    person.ledger.unlink()
    person.see(process.communicate(timeout=PATIENCE_S)[0])
    assert process.returncode == 10

    person.type(0)

    assert_each_once(person)


@scene("The ledger was copied or restored by hand")
def play_copied(person: Person) -> None:
    """An older copy lies over the ledger: what went out since is not sent again."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    shutil.copy(person.ledger, person.root / "copy.db")
    publish_some(person, signal.SIGTERM)
    shutil.copy(person.root / "copy.db", person.ledger)

    person.type(0, None)

    assert_each_once(person)


@scene("The ledger is damaged")
def play_damaged(person: Person) -> None:
    """The file is no database any more; the backup takes its place."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    person.run("ledger", "backup", "noon.db")
    person.ledger.write_bytes(b"not a ledger at all " * 500)
    for name in ("ledger.db-wal", "ledger.db-shm"):
        person.ledger.with_name(name).unlink(missing_ok=True)

    person.type(10, 0, 0)

    assert_each_once(person)


@scene("The ledger is of another version")
def play_older(person: Person) -> None:
    """The ledger was made by the version before."""
    person.write_day()
    person.ledger.parent.mkdir()
    statements = [text for migration in load_migrations("sqlite")[:2] for text in migration.statements]
    with closing(sqlite3.connect(person.ledger, isolation_level=None)) as file:
        for statement in (*statements, "INSERT INTO meta VALUES ('schema_version', '2')"):
            file.execute(statement)
    person.run("launch", "--yes", "--plain", expect=10)

    person.type(0, 0)

    assert_each_once(person)


@scene("The database server is away")
def play_server_away(person: Person) -> None:
    """The road to the server is cut under a daemon, and is there again."""
    person.write_day(starts_in=5)
    with on_postgres(person) as url:
        folder = person.get_postgres().uri.partition("host=")[2].partition("&")[0]
        road = SocketRoad(f"{folder}/.s.PGSQL.5432").open()
        person.environment["STORMCTL_LEDGER_URL"] = url.replace(f"host={folder}", f"host=127.0.0.1&port={road.port}")
        with person.running("launch", "--yes", "--plain") as launch:
            person.read(launch, "enrolled in")
            road.close()
            person.read(launch, "does not answer")

            person.type(10)

            road.open()
            person.read(launch, "  delivered  ", 6)
            assert_each_once(person)
        road.close()


@scene("The clock is wrong")
def play_clock(person: Person) -> None:
    """The clock leaps five hours ahead; nothing goes out and nothing is missed until it is right."""
    person.module = "tests.acceptance.skewed"
    person.write_midday(late="skip")
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  delivered  ", 2)
        write_skew(person.root, wall_s=HOURS_5, steady_s=0)
        person.read(launch, "set it right")
        write_skew(person.root, wall_s=0, steady_s=0)
        person.read(launch, "going on")
        person.type(0)

    assert person.counts() == {"delivered": 2, "planned": 4}


@scene("Alerts do not arrive")
def play_alerts(person: Person) -> None:
    """Nobody listens at the address; it is corrected, and tried."""
    person.write_midday()
    person.environment["STORMCTL_ALERT_URLS"] = "json://127.0.0.1:9/"
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  delivered  ", 2)
        person.run("halt", "--reason", "test")
    person.run("resume", "--yes")
    with receiving() as receiver:
        person.environment["STORMCTL_ALERT_URLS"] = receiver.url("json")

        person.type(11, 0)

        assert {"stormctl: halted", "stormctl: resumed"} <= {alert["title"] for alert in receiver.alerts}


@scene("The program has a bug")
def play_bug(person: Person) -> None:
    """What stands in the ledger can't be understood: the program says so, and goes on once it can."""
    person.write_day(("noon-statement",))
    person.run("launch", "--yes", "--detach")
    with closing(sqlite3.connect(person.ledger)) as file:
        (kept,) = file.execute("SELECT post FROM deliveries WHERE channel = ?", (X,)).fetchone()
        with file:
            file.execute("UPDATE deliveries SET post = 'none' WHERE channel = ?", (X,))
        person.run("launch", "--yes", "--plain", expect=1)
        with file:
            file.execute("UPDATE deliveries SET post = ? WHERE channel = ?", (kept, X))

    person.type(None, 0, 0)

    assert person.counts() == {"delivered": 2}


@scene("Move to a server in mid-storm")
def play_move(person: Person) -> None:
    """Halt, copy, and go on there."""
    person.write_day(("noon-statement", "dignity"), every="10s", lasts=20)
    with on_postgres(person) as url:
        with person.running("launch", "--yes", "--plain") as launch:
            person.read(launch, "  delivered  ", 2)
            person.type(0)
        person.words["postgresql://storm@db.example.org/storm"] = url
        person.type(0)
        person.environment["STORMCTL_LEDGER_URL"] = url
        person.type(0, 0)
        assert person.counts() == {"delivered": 4}
        assert len(set(person.posts())) == len(person.posts()) == 4


@scene("The daemon does not run")
def play_daemon(person: Person) -> None:
    """Others can read .env: the service fails until that is mended."""
    person.write_midday()
    person.run("launch", "--yes", "--detach")
    person.write_env(person.take_credentials(), 0o644)
    person.run("daemon", expect=5)

    person.type(0, 11)
    with person.leave_running() as daemon:
        person.read(daemon, "  delivered  ", 2)
    assert person.counts() == {"delivered": 2, "planned": 4}


