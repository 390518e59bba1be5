"""Sleep and lost networks: what is due goes out once, by whoever is awake, when the platform is back."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pytest

from tests.acceptance.conftest import QUICK, start_emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.conftest import Campaign

pytestmark = [pytest.mark.slow, pytest.mark.long]


RETRANSMITTED_S = 12.6
"""When Linux sends for the sixth time again what was never acknowledged, after 6.2 s for the fifth.

Each pause is twice the one before, and the first is of 200 ms on loopback (RFC 6298)."""


class Road:
    """A port on loopback that leads to another one, and can be closed and opened again.

    Args:
        url: where it leads.
    """

    def __init__(self, url: str) -> None:
        self._target = ("127.0.0.1", urlsplit(url).port or 0)
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """The address to use instead."""
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> Self:
        """Let requests through again."""
        if self._listener.fileno() < 0:
            self._listener = self._listen(self.port)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def close(self) -> None:
        """Refuse every new connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for connections
        self._listener.close()

    @staticmethod
    def _listen(port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port))

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                threading.Thread(target=_join, args=(near, far), daemon=True).start()


def _join(near: socket.socket, far: socket.socket) -> None:
    """Carry what either side says to the other, until both have ended."""
    with near, far:
        back = threading.Thread(target=_carry, args=(far, near), daemon=True)
        back.start()
        _carry(near, far)
        back.join()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot suspend a process by a signal")
@pytest.mark.parametrize("point", ["after claim", "before sending_at", "after sending_at"])
def test_a_runner_that_wakes_late_sends_nothing(stage: Campaign, point: str) -> None:
    """Suspended between claim and first byte for longer than lease and readings: another one delivers."""
    stage.environment |= QUICK
    stage.run("launch", "--yes", "--detach")
    sleeper = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.dying", point, "sleep"],
        cwd=stage.root,
        env=os.environ | stage.environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        _, status = os.waitpid(sleeper.pid, os.WUNTRACED)
        stage.run("launch", "--yes", "--plain")
        by_then = stage.received()
    finally:
        sleeper.send_signal(signal.SIGCONT)

    ended = sleeper.wait(timeout=50)

    assert os.WIFSTOPPED(status)
    assert (ended, stage.received()) == (0, by_then)
    assert sum(by_then.values()) == len(by_then) == 12


@pytest.fixture
def secluded(campaign: Campaign) -> Iterator[Campaign]:
    """The campaign with an emulator, its commands run in a network namespace of their own."""
    command = ["unshare", "--map-root-user", "--net", "sh", "-c", "ip link set lo up && echo up && cat"]
    try:
        holder = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        pytest.skip(f"no network namespaces here: {error}")
    with holder:
        assert holder.stdout is not None
        assert holder.stderr is not None
        if holder.stdout.readline() != b"up\n":
            pytest.skip(f"no network namespaces here: {holder.stderr.read().decode()}")
        campaign.prefix = ("nsenter", "-t", str(holder.pid), "-U", "-n", "--preserve-credentials")
        with start_emulator(campaign, "x:acme", "facebook:acme") as variables:
            campaign.environment |= QUICK | variables
            yield campaign
        holder.communicate()


def start_runner(campaign: Campaign, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a runner that may lose its network."""
    return subprocess.Popen(
        [*campaign.prefix, sys.executable, "-m", "tests.acceptance.dying", *arguments],
        cwd=campaign.root,
        env=os.environ | campaign.environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def ask_within(campaign: Campaign, what: str) -> list[dict[str, Any]]:
    """Ask the emulator from within the namespace for its `posts` or its `requests`."""
    url = f"{campaign.environment['STORMCTL_X_BASE_URL']}/_emulator/{what}"
    code = f"import urllib.request as r; print(r.urlopen({url!r}).read().decode())"
    told = subprocess.check_output([*campaign.prefix, sys.executable, "-c", code], text=True)
    rows: list[dict[str, Any]] = json.loads(told)[what]
    return rows


def find_late(campaign: Campaign) -> list[dict[str, Any]]:
    """Find publishing requests that reached the emulator later than two seconds after they were begun.

    It has them in its log even if their sender has hung up, which is why they are posts on none of its pages.
    """
    with closing(sqlite3.connect(campaign.root / ".stormctl" / "ledger.db")) as ledger:
        statement = "SELECT channel, sending_wall_at FROM attempts WHERE sending_wall_at > 0 ORDER BY 2 DESC"
        begun = [(channel, at / 1e6) for channel, at in ledger.execute(statement)]
    late = []
    for request in ask_within(campaign, "requests"):  # newest first; each sending brings one at most
        if request["operation"] != "create_post":
            continue
        at = datetime.fromisoformat(request["at"]).timestamp()
        own = next((b for b in begun if b[0] == request["channel"] and 0 <= at - b[1] < 2), None)
        if own is None:
            late.append(request)
        else:
            begun.remove(own)
    return late


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_was_sent_into_a_cut_network_does_not_arrive_when_it_is_back(
    secluded: Campaign, is_killed: bool
) -> None:
    """It goes right after `sending_at`: each post arrives once, by the runner that gave up or by another.

    It comes back between two of the system's own attempts to deliver what it had queued: there is time for
    two readings and a second request before the next one.
    """
    secluded.run("launch", "--yes", "--detach")
    pause = threading.Event()
    runners = [start_runner(secluded, "after sending_at", "cut")]
    while not (secluded.root / "cut").exists():
        assert runners[0].poll() is None
    if is_killed:
        pause.wait(0.3)
        runners[0].kill()
        runners.append(start_runner(secluded, "never"))

    pause.wait(RETRANSMITTED_S - 5.5)
    subprocess.run([*secluded.prefix, "ip", "link", "set", "lo", "up"], check=True)
    pause.wait(7.5)

    ended = [runner.wait(50) for runner in runners]
    arrived = Counter((post["channel"], post["text"]) for post in ask_within(secluded, "posts"))
    assert ended == ([-signal.SIGKILL, 0] if is_killed else [0])
    assert sum(arrived.values()) == len(arrived) == 12
    assert find_late(secluded) == []
