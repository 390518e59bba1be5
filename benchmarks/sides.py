"""The two sides that post to one server: stormctl's daemon on a ledger, and what one would write without."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.server import LOOPBACK
from stormctl.domain.platforms.channel import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Slot = tuple[float, int, str]
"""A moment (Unix seconds), the number of a channel, a text."""

Arrival = tuple[float, str]
"""A moment (Unix seconds), a text."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came at the server, and from when on (Unix seconds) everything was to be ready for it."""

    ready_at: float
    posts: list[Arrival]


ENROL_S = 2.0
READY_S = 8.0
"""From the start of a side to its first slot: it must be waiting for it by then."""

ARMED_S = 0.5
"""How long before the first slot the last account must be verified: the runner looks five times a second."""

PATIENCE_S = 120.0
LOOK_S = 0.05


class NotMeasuredError(Exception):
    """Something else went wrong than being slow."""


class Server:
    """`benchmarks.server` as a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._process.stdout is None:
            raise NotMeasuredError("the server has no output")
        self.port = int(self._process.stdout.readline())

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self.port}"

    def begin(self) -> None:
        """Forget what came, and answer at once from now on."""
        self._ask("POST", "/begin")

    def delay(self, delay_ms: float) -> None:
        """Answer so much later from now on."""
        self._ask("POST", "/delay", str(delay_ms / 1000))

    def arrivals(self) -> tuple[list[Arrival], list[float]]:
        """Return when which text came, and when somebody asked who they are."""
        found = self._ask("GET", "/arrivals")
        return [(at, text) for at, text in found["posts"]], found["asked_at"]

    def wait_for_posts(self, count: int, process: subprocess.Popen[Any]) -> None:
        """Wait until that many posts have come; NotMeasuredError if the process ends or takes too long."""
        self._wait_for("posts", count, process)

    def wait_for_questions(self, count: int, process: subprocess.Popen[Any]) -> None:
        """Wait until that many accounts have been asked for; NotMeasuredError as above."""
        self._wait_for("asked_at", count, process)

    def _wait_for(self, what: str, count: int, process: subprocess.Popen[Any]) -> None:
        pause, deadline_s = threading.Event(), time.monotonic() + PATIENCE_S
        while self._ask("GET", "/counts")[what] < count:
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise NotMeasuredError(f"{process.args!r} made too few requests")
            pause.wait(LOOK_S)

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # it ends when its standard input closes


@dataclass(frozen=True, slots=True)
class Daemon:
    """A campaign folder with a ledger in which a storm is enrolled, and the daemon for it.

    Args:
        root: the folder.
        server: what it posts to.
        channels: how many there are.
    """

    root: Path
    server: Server
    channels: int

    @property
    def names(self) -> list[str]:
        """The channels."""
        return [f"x:c{number:02}" for number in range(self.channels)]

    def enroll(self, slots: Sequence[Slot]) -> None:
        """Enter one delivery a slot."""
        (self.root / "schedules").mkdir()
        wish = {
            "root": str(self.root),
            "host": f"{LOOPBACK}:{self.server.port}",
            "channels": self.names,
            "slots": slots,
        }
        subprocess.run(
            [sys.executable, "-m", "benchmarks.enrolling"], input=json.dumps(wish), text=True, check=True
        )

    def start(self) -> subprocess.Popen[bytes]:
        """Start the daemon; its lines go to a file."""
        with (self.root / "daemon.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "stormctl", "daemon"],
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """Stop it; return the most memory that it ever held, in what the system counts in."""
        process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_maxrss

    def _environment(self) -> dict[str, str]:
        values = plain_environment() | {"STORMCTL_LIVE": "0"}
        values |= {f"STORMCTL_{platform.name}_BASE_URL": self.server.url for platform in Platform}
        for number in range(self.channels):
            prefix = f"STORMCTL_X_C{number:02}"
            values |= {f"{prefix}_CONSUMER_KEY": "key", f"{prefix}_CONSUMER_SECRET": "secret"}
            values |= {f"{prefix}_ACCESS_TOKEN": f"{number}-token", f"{prefix}_ACCESS_TOKEN_SECRET": "secret"}
        return values


@contextmanager
def daemon_folder(server: Server, channels: int) -> Iterator[Daemon]:
    """Make a daemon with an empty folder on a real disk: where this runs, since /tmp may be memory."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        yield Daemon(Path(folder), server, channels)


def run_daemon(server: Server, channels: int, offsets: Sequence[Slot], delay_ms: float) -> Run:
    """Let the daemon post; return what came.

    Args:
        offsets: slots in seconds after the moment from which it must be ready.

    Raises:
        NotMeasuredError: it was not ready in time.
    """
    server.begin()
    with daemon_folder(server, channels) as daemon:
        ready_at = _now() + ENROL_S + READY_S
        daemon.enroll([(ready_at + at, channel, text) for at, channel, text in offsets])
        process = daemon.start()
        server.wait_for_questions(channels, process)
        asked_at = server.arrivals()[1]
        if max(asked_at) > ready_at - ARMED_S:
            raise NotMeasuredError(f"ready {max(asked_at) - ready_at + ARMED_S:.1f} s too late")
        server.delay(delay_ms)
        server.wait_for_posts(len(offsets), process)
        daemon.stop(process)
    return Run(ready_at, server.arrivals()[0])


def run_bare_loop(server: Server, channels: int, each: int, delay_ms: float, *, durable: bool) -> Run:
    """Let tweepy post in a loop on each channel, without a ledger; return what came.

    Args:
        durable: whether a row is brought to the disk before each request.
    """
    server.begin()
    server.delay(delay_ms)
    ready_at = _now()
    _run_bare("loop", server.url, str(channels), str(each), durable=durable)
    return Run(ready_at, server.arrivals()[0])


def run_bare_dates(
    server: Server, channels: int, offsets: Sequence[Slot], delay_ms: float, *, durable: bool
) -> Run:
    """Let APScheduler and tweepy post each text at its moment; return what came. `durable` as above."""
    server.begin()
    server.delay(delay_ms)
    ready_at = _now() + READY_S
    lines = "".join(f"{ready_at + at} {channel} {text}\n" for at, channel, text in offsets)
    _run_bare("dates", server.url, str(channels), lines=lines, durable=durable)
    return Run(ready_at, server.arrivals()[0])


def _run_bare(*arguments: str, lines: str = "", durable: bool) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        file = [str(Path(folder) / "sendings.db")] if durable else []
        subprocess.run(  # noqa: S603 - this module's own arguments
            [sys.executable, "-m", "benchmarks.bare", *arguments, *file],
            input=lines,
            text=True,
            check=True,
            env=plain_environment(),
            timeout=PATIENCE_S,
        )


def _now() -> float:
    return time.time()  # noqa: TID251 - it measures real time


def plain_environment() -> dict[str, str]:
    """Return the environment without settings of stormctl's, and without proxies, which tweepy would heed."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("STORMCTL_") and not name.lower().endswith("_proxy")
    }
