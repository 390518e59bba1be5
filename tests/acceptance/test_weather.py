"""Sleep and lost networks: what is due goes out once, by whoever is awake, when the platform is back."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import pytest

from tests.acceptance.conftest import read_until

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign

pytestmark = [pytest.mark.slow, pytest.mark.long]

QUICK = {
    "STORMCTL_REQUEST_LIMIT": "1s",
    "STORMCTL_LEASE": "2s",
    "STORMCTL_SETTLING": "1s",
    "STORMCTL_HEARTBEAT": "1s",
}


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


def test_a_platform_that_is_out_of_reach_gets_everything_when_it_is_back(stage: Campaign) -> None:
    """Refused connections are certainly not sent: no doubt, no pause, and every post arrives once."""
    road = Road(stage.emulator_url).open()
    stage.environment |= QUICK
    stage.environment |= {f"STORMCTL_{name}_BASE_URL": road.url for name in ("X", "FACEBOOK")}
    stage.run("launch", "--yes", "--detach")
    road.close()
    process = stage.start("launch", "--yes", "--plain")
    seen = read_until(process, "the connection was refused", 3)

    road.open()
    output, _ = process.communicate(timeout=50)

    road.close()
    assert process.returncode == 0, seen + output
    assert "in doubt" not in output.split("Channel ")[0]
    assert sum(stage.received().values()) == len(stage.received()) == 12
