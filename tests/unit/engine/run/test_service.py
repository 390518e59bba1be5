"""A daemon serves for good, a tick one round; systemd is told what its protocol asks for."""

from __future__ import annotations

import os
import socket
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import State
from stormctl.engine.alerts.notifications import make_notifications
from stormctl.engine.run.service import EXTEND_REST_S, STATUS_REST_S, Onlooker, Service, serve, tick
from stormctl.errors import CredentialsError, ExitCode, LedgerError
from stormctl.settings import Settings
from tests.factories import PAGE, bind_hosts_of, make_delivery
from tests.fakes import NOON
from tests.unit.engine.conftest import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stormctl.engine.run.runner import Runner
    from tests.unit.engine.conftest import Bench

NOBODY = make_notifications(Settings())


class Manager:
    """A service manager's socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)

    def heard(self) -> list[str]:
        """Return every message that has come since the last call."""
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


class Stopwatch:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Read it."""
        return self.now_s


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """A manager that listens in a folder."""
    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("systemd speaks over AF_UNIX")
    listening = Manager(str(tmp_path / "notify"))
    yield listening
    listening.close()


def test_ready_and_stopping_are_said_once(manager: Manager) -> None:
    """Both are asked for at every look, and only the first one counts."""
    service = Service(manager.address)

    for _ in range(2):
        service.ready()
    for _ in range(2):
        service.stopping()

    assert manager.heard() == ["READY=1", "STOPPING=1"]


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_an_abstract_address_is_understood() -> None:
    """`@` stands for the zero byte that abstract names begin with."""
    manager = Manager(f"@stormctl-test-{os.getpid()}")

    Service.from_environment({"NOTIFY_SOCKET": manager.address}).ready()
    heard = manager.heard()
    manager.close()

    assert heard == ["READY=1"]


def test_signs_of_life_come_three_times_in_the_watchdogs_period(manager: Manager) -> None:
    """The sweep calls every second; the manager hears a third of its period apart."""
    watch = Stopwatch()
    service = Service(manager.address, 30.0, monotonic=watch)
    service.ready()

    for second in range(21):
        watch.now_s = 1000.0 + second
        service.alive()

    assert manager.heard() == ["READY=1", *["WATCHDOG=1"] * 3]


def test_a_start_that_moves_asks_for_more_time(manager: Manager) -> None:
    """Until it is ready the watchdog does not run; verifying many channels must not look like a failure."""
    watch = Stopwatch()
    service = Service(manager.address, 30.0, monotonic=watch)

    service.alive()
    watch.now_s += EXTEND_REST_S - 1
    service.alive()
    watch.now_s += 1
    service.alive()

    assert manager.heard() == ["EXTEND_TIMEOUT_USEC=60000000"] * 2


def test_nothing_is_said_to_the_watchdog_while_stopping(manager: Manager) -> None:
    """The manager counts the time to stop by its own clock then."""
    service = Service(manager.address, 30.0)
    service.ready()
    service.stopping()

    service.alive()

    assert manager.heard() == ["READY=1", "STOPPING=1"]


def test_a_status_is_shown_when_it_changes_and_not_too_often(manager: Manager) -> None:
    """The same line twice is one; the next look is due after some seconds."""
    watch = Stopwatch()
    service = Service(manager.address, monotonic=watch)

    wanted = [service.wants_status(), service.wants_status()]
    service.status("nothing to do")
    watch.now_s += STATUS_REST_S
    wanted.append(service.wants_status())
    service.status("nothing to do")
    service.status("next post 12:00 UTC")

    assert wanted == [True, False, True]
    assert manager.heard() == ["STATUS=nothing to do", "STATUS=next post 12:00 UTC"]


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"WATCHDOG_USEC": "3000000"}, True),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, True),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, False),
        ({"WATCHDOG_USEC": "0"}, False),
        ({"WATCHDOG_USEC": "soon"}, False),
        ({}, False),
    ],
)
def test_the_watchdog_is_only_ours_if_it_says_so(
    manager: Manager, variables: dict[str, str], says: bool
) -> None:
    """A watchdog of another process, or none, hears nothing."""
    service = Service.from_environment({"NOTIFY_SOCKET": manager.address} | variables)
    service.ready()

    service.alive()

    assert manager.heard() == ["READY=1", *["WATCHDOG=1"] * says]


def test_without_a_manager_nothing_happens() -> None:
    """On a laptop nobody listens."""
    service = Service.from_environment({})

    service.ready()
    service.status("all is well")
    service.stopping()

    assert not service.is_listening
    assert not service.wants_status()


def test_a_manager_that_has_gone_stops_nothing(manager: Manager) -> None:
    """A storm goes on without it."""
    service = Service(manager.address)
    manager.close()

    service.ready()
    service.stopping()

    assert service.is_listening


def _tick(bench: Bench, settings: Settings = LOCAL) -> ExitCode:
    return tick(bench.workspace(settings), NOBODY, Onlooker(bench.events, lambda *_seen: None), print)


def _serve(bench: Bench, settings: Settings = LOCAL, looks: int = 4) -> None:
    """Serve until so many looks were taken."""
    left = iter(range(looks))

    def watch(runner: Runner, *_seen: object) -> None:
        if next(left, None) is None:
            runner.stop()

    durations = replace(bench.equipment.durations, sweep=timedelta(milliseconds=50))
    workspace = replace(bench.workspace(settings), durations=durations)
    serve(workspace, NOBODY, Onlooker(bench.events, watch), print)


def test_a_daemon_serves_every_channel_until_it_is_stopped(bench: Bench) -> None:
    """Two storms on two channels, with nothing said of either: the ledger knows."""
    bench.enroll(make_delivery("a"), make_delivery("b", channel=PAGE))

    _serve(bench)

    assert set(bench.states().values()) == {State.DELIVERED}
    assert bench.events.texts(EventKind.STARTED) == []


def test_a_daemon_that_has_nothing_to_publish_says_so_once(bench: Bench) -> None:
    """It waits for what will be launched."""
    _serve(bench)

    assert bench.events.texts(EventKind.STARTED) == [
        "nothing to publish yet; storms that are launched will be picked up"
    ]


@pytest.mark.parametrize("run", [_tick, _serve])
def test_a_locked_platform_is_not_run_for(bench: Bench, run: Callable[[Bench, Settings], object]) -> None:
    """Behind the lock a runner would only idle; the ledger of another host is nothing to publish from."""
    bench.enroll(make_delivery("a"), make_delivery("b", channel=PAGE))

    with pytest.raises(CredentialsError, match="STORMCTL_LIVE"):
        run(bench, Settings(live=False))
    bind_hosts_of(bench.ledger, {"x": "api.x.com"})
    with pytest.raises(LedgerError, match=r"belongs to api\.x\.com"):
        run(bench, LOCAL)

    assert bench.x.sent == bench.facebook.sent == []


def test_a_tick_publishes_what_is_due_and_leaves_the_rest(bench: Bench) -> None:
    """The next one comes in a minute."""
    bench.enroll(
        make_delivery("a"),
        make_delivery("b", channel=PAGE),
        make_delivery("later", slot_at=NOON + timedelta(hours=1)),
    )

    code = _tick(bench)

    assert code is ExitCode.DONE
    assert Counter(bench.states().values()) == {State.DELIVERED: 2, State.PLANNED: 1}


def test_a_tick_says_which_trouble_is_left(bench: Bench) -> None:
    """A channel without credentials has something due; the other one is served all the same."""
    bench.platforms.withheld[PAGE] = CredentialsError("no credentials for facebook:acme", "")
    bench.enroll(make_delivery("a"), make_delivery("b", channel=PAGE))

    code = _tick(bench)

    assert code is ExitCode.CREDENTIALS
    assert bench.states()["a/en"] is State.DELIVERED
