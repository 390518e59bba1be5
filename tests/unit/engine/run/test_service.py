"""The service manager is told what systemd's protocol asks for, and no more often than it helps."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from stormctl.engine.run.service import EXTEND_REST_S, STATUS_REST_S, Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="systemd speaks over AF_UNIX")


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
