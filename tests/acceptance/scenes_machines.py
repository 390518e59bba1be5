"""What goes wrong with machines, networks, clocks and the ledger: a scene for each of those sections."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from stormctl.domain.platforms.channel import Platform
from tests.acceptance.conftest import PATIENCE_S, make_old_ledger
from tests.acceptance.runbook import FACEBOOK, Scenes, X
from tests.acceptance.scenes_posts import holding
from tests.acceptance.test_weather import Road, _join
from tests.acceptance.unwell import make_unwell
from tests.acceptance.warm import UNWELL, WarmProcess
from tests.receiver import receiving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.runbook import Person

ALL = sorted(
    f"{channel}/{message}"
    for channel in (X, FACEBOOK)
    for message in ("dignity", "noon-statement", "sign-on")
)
HOURS_7 = 7 * 3600
SCENES = Scenes()
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stormctl'"


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
    process = person.begin("launch", "--yes", "--plain")
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


def send_one(person: Person, runner: WarmProcess) -> None:
    """Ask a runner for a post that was not due yet, and wait until it is out: it is well again."""
    person.run("cancel", f"{X}/dignity")
    person.run("retry", f"{X}/dignity", "--at", "now")
    person.read(runner, "  delivered  ")
    assert person.counts() == {"delivered": 3, "planned": 3}


@contextmanager
def on_postgres(person: Person) -> Iterator[str]:
    """Have a schema on a PostgreSQL server; yield its address."""
    server = person.get_postgres()
    with server.schema() as schema:
        yield server.url_of(schema)


@SCENES.of("Nothing is running")
def play_nobody(person: Person) -> None:
    """Everything is due, and somebody forgot to start a runner."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    while person.run("status", expect=None).returncode != 11:
        pass

    person.type(11, 0)

    assert_each_once(person)


@SCENES.of("The machine died")
def play_death(person: Person) -> None:
    """SIGKILL in mid-storm, and the same launch again."""
    person.write_day(every="2s", lasts=6)
    publish_some(person, signal.SIGKILL)

    person.type(0)

    assert_each_once(person)


@SCENES.of("The laptop slept")
def play_sleep(person: Person) -> None:
    """Seven hours with the lid closed: what was due is missed, and one post is brought back."""
    person.module = UNWELL
    person.write_midday(late="skip")
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  delivered  ", 2)
        make_unwell(person.root, wall_s=HOURS_7, steady_s=HOURS_7)
        person.read(launch, "  missed  ", 4)
    make_unwell(person.root)  # the platforms did not sleep: a new launch compares its clock with theirs
    person.type(7, 0, 7)

    assert person.posts() == [f"{FACEBOOK}/noon-statement", f"{X}/dignity", f"{X}/noon-statement"]


@SCENES.of("The laptop is lost, with a backup")
def play_loss(person: Person) -> None:
    """The backup knows of the first post; what went out after it is read from the accounts."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    person.run("ledger", "backup", "noon.db")
    publish_some(person, signal.SIGTERM)
    lose_machine(person)

    person.type(0, 0)

    assert_each_once(person)


@SCENES.of("The laptop is lost, without a backup")
def play_loss_without(person: Person) -> None:
    """Another machine has the campaign's files and keys only."""
    person.write_day()
    publish_some(person, signal.SIGKILL)
    lose_machine(person)

    person.type(2, 0)

    assert_each_once(person)


@SCENES.of("The laptop is lost, the ledger is on a server")
def play_loss_postgres(person: Person) -> None:
    """Another machine launches on the same ledger."""
    person.write_day()
    with on_postgres(person) as url:
        person.environment["STORMCTL_LEDGER_URL"] = url
        publish_some(person, signal.SIGKILL)
        lose_machine(person)

        person.type(None, 0)

        assert_each_once(person)


@SCENES.of("The network is gone, or a platform is down")
def play_network(person: Person) -> None:
    """Nothing is reached; a person looks, and waits; then everything goes out by itself."""
    road = Road(person.emulator_url).open()
    person.environment |= {f"STORMCTL_{platform.name}_BASE_URL": road.url for platform in Platform}
    person.write_day(("noon-statement",))
    person.run("launch", "--yes", "--detach")
    road.close()
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  not sent  ", 2)

        person.type(0)

        road.open()
        person.read(launch, "  delivered  ", 2)
    road.close()
    assert person.counts() == {"delivered": 2}


@SCENES.of("The disk is full")
def play_full(person: Person) -> None:
    """A runner can write nothing until there is room; then it goes on."""
    person.module = UNWELL
    person.write_midday()
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  delivered  ", 2)
        make_unwell(person.root, is_full=True)
        person.read(launch, "is full")

        person.type(0)

        make_unwell(person.root)
        send_one(person, launch)


@SCENES.of("The ledger is locked")
def play_locked(person: Person) -> None:
    """Another program holds the file; it is closed, and the storm goes on."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    with holding(person.ledger):
        person.run("tick", expect=10)

    person.type(0, 0)

    assert_each_once(person)


@SCENES.of("The ledger was deleted")
def play_deleted(person: Person) -> None:
    """The runner ends at once; a new ledger takes the storm over."""
    person.write_midday()
    process = person.begin("launch", "--yes", "--plain")
    person.read(process, "  delivered  ", 2)
    person.ledger.unlink()
    person.see(process.communicate(timeout=PATIENCE_S)[0])
    assert process.returncode == 10
    person.write_day()  # what is left comes at once

    person.type(0)

    assert_each_once(person)


@SCENES.of("The ledger was copied or restored by hand")
def play_copied(person: Person) -> None:
    """An older copy lies over the ledger: what went out since is not sent again."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    shutil.copy(person.ledger, person.root / "copy.db")
    publish_some(person, signal.SIGTERM)
    shutil.copy(person.root / "copy.db", person.ledger)

    person.type(0, None)

    assert_each_once(person)


@SCENES.of("The ledger was not made here")
def play_brought(person: Person) -> None:
    """Its file was copied by hand; nothing goes out until somebody has looked at it."""
    person.write_day()
    person.run("launch", "--yes", "--detach")
    copy = person.root / "copy.db"
    shutil.copy(person.ledger, copy)
    copy.replace(person.ledger)
    person.run("tick", expect=10)
    assert person.posts() == []
    shown = person.run("ledger", "accept", expect=2).stderr
    person.words["ledger accept"] = shown[shown.index("ledger accept --yes") :].split("\n")[0].strip()

    person.type(None, 0, 0)

    assert_each_once(person)


@SCENES.of("The ledger is damaged")
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


@SCENES.of("The ledger is of another version")
def play_older(person: Person) -> None:
    """The ledger was made by the version before."""
    person.write_day()
    make_old_ledger(person.ledger, version=2)
    person.run("launch", "--yes", "--plain", expect=10)

    person.type(0, 0)

    assert_each_once(person)


@SCENES.of("The database server is away")
def play_server_away(person: Person) -> None:
    """The road to the server is cut under a runner, and is there again."""
    person.write_midday()
    server = person.get_postgres()
    with on_postgres(person) as url:
        folder = server.uri.partition("host=")[2].partition("&")[0]
        road = SocketRoad(f"{folder}/.s.PGSQL.5432").open()
        person.environment["STORMCTL_LEDGER_URL"] = url.replace(
            f"host={folder}", f"host=127.0.0.1&port={road.port}"
        )
        with person.running("launch", "--yes", "--plain") as launch:
            person.read(launch, "  delivered  ", 2)
            road.close()
            server.execute(CUT)
            person.read(launch, "does not answer")

            person.type(10)

            road.open()
            send_one(person, launch)
        road.close()


@SCENES.of("The clock is wrong")
def play_clock(person: Person) -> None:
    """The clock leaps seven hours ahead; nothing goes out and nothing is missed until it is right."""
    person.module = UNWELL
    person.write_midday(late="skip")
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  delivered  ", 2)
        make_unwell(person.root, wall_s=HOURS_7)
        person.read(launch, "correct it")
        make_unwell(person.root)
        person.read(launch, "continuing")
        person.type(0)

    assert person.counts() == {"delivered": 2, "planned": 4}


@SCENES.of("Alerts do not arrive")
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


@SCENES.of("The program has a bug")
def play_bug(person: Person) -> None:
    """What stands in the ledger can't be understood: the program says so, and goes on once it can."""
    person.write_day(("noon-statement",))
    person.run("launch", "--yes", "--detach")
    with closing(sqlite3.connect(person.ledger)) as file:
        (kept,) = file.execute("SELECT post FROM deliveries WHERE channel = ?", (X,)).fetchone()
        with file:
            file.execute("UPDATE deliveries SET post = 'none' WHERE channel = ?", (X,))
        with person.running("daemon") as daemon:
            person.read(daemon, "a bug, its traceback")
        assert daemon.returncode == 1
        with file:
            file.execute("UPDATE deliveries SET post = ? WHERE channel = ?", (kept, X))

    person.type(None, 0, 0)

    assert person.counts() == {"delivered": 2}


@SCENES.of("Move to a server during the storm")
def play_move(person: Person) -> None:
    """Halt, copy, and go on there."""
    person.write_midday()
    with on_postgres(person) as url:
        with person.running("launch", "--yes", "--plain") as launch:
            person.read(launch, "  delivered  ", 2)
            person.type(0)
        person.words["postgresql://storm@db.example.org/storm"] = url
        person.type(0)
        person.environment["STORMCTL_LEDGER_URL"] = url
        person.write_day()  # what is left comes at once
        person.type(0, 0)
        assert_each_once(person)


@SCENES.of("The daemon does not run")
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
