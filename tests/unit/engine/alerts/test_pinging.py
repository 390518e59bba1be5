"""Signs of life: once a minute, only while sweeps work, and without a word of the address."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from pydantic import SecretStr

from stormctl.engine.alerts.pinging import EVERY_S, STALE_S, Pinger, get_status
from tests.receiver import receiving
from tests.tunnels import TlsServer, TunnelProxy, make_certificate

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t"  # noqa: S105 - no secret: it is looked for where none may be
URL = SecretStr(f"https://monitor.example.org/{SECRET}")


@dataclass
class Monitor:
    """A monitor that answers by script, and a clock for its pinger."""

    statuses: list[int | Exception] = field(default_factory=list)
    pings: int = 0
    now_s: float = 0.0
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pinger = Pinger(URL, warn=self.lines.append, get=self.get, monotonic=lambda: self.now_s)

    def get(self, url: str, limit: timedelta) -> int:
        """Answer."""
        assert (url, limit) == (URL.get_secret_value(), timedelta(seconds=8))
        self.pings += 1
        answer = self.statuses.pop(0) if self.statuses else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    def live(self, seconds: float) -> None:
        """Let a runner sweep that long, and the pinger look."""
        for _ in range(int(seconds)):
            self.now_s += 1
            self.pinger.swept()
            self.pinger.ping_if_due()


def test_a_working_runner_pings_once_a_minute() -> None:
    """The first ping comes with the first sweep."""
    monitor = Monitor()

    monitor.live(3 * EVERY_S)

    assert monitor.pings == 3


def test_a_runner_whose_sweeps_fail_falls_silent() -> None:
    """The ledger is away: the monitor must notice."""
    monitor = Monitor()
    monitor.live(1)
    for _ in range(300):
        monitor.now_s += 1
        monitor.pinger.ping_if_due()
    silent = monitor.pings

    monitor.live(1)

    assert (silent, monitor.pings) == (1, 2)
    assert STALE_S < EVERY_S


def test_before_the_first_sweep_nothing_is_said() -> None:
    """A runner that can't reach its ledger at its start is not alive."""
    monitor = Monitor()

    monitor.pinger.ping_if_due()

    assert monitor.pings == 0


def test_a_failed_ping_is_told_once_until_it_works_again() -> None:
    """Status or kind of error, and never the address."""
    error = requests.ConnectionError(f"no route to {URL.get_secret_value()}")
    monitor = Monitor([404, error, 200, error])

    monitor.live(4 * EVERY_S)

    assert monitor.lines == [
        "the monitor at STORMCTL_HEARTBEAT_URL was not reached: it answered 404",
        "the monitor at STORMCTL_HEARTBEAT_URL was not reached: ConnectionError",
    ]


def test_a_short_run_sends_its_one_ping() -> None:
    """A tick may end before the first look."""
    monitor = Monitor()
    monitor.pinger.swept()

    monitor.pinger.start()
    monitor.pinger.ask_to_end()
    monitor.pinger.join(10)

    assert monitor.pings == 1


def test_a_real_monitor_is_asked() -> None:
    """One GET over HTTP."""
    with receiving() as receiver:
        status = get_status(receiver.url("http", SECRET), timedelta(seconds=5))

    assert (status, receiver.pinged) == (200, [f"/{SECRET}"])


def test_a_redirect_is_not_followed() -> None:
    """It may lead anywhere."""
    with (
        receiving() as other,
        receiving(301, {"Location": f"http://127.0.0.1:{other.port}/"}) as receiver,
    ):
        status = get_status(receiver.url("http"), timedelta(seconds=5))

    assert (status, other.pinged) == (301, [])


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent to loopback stays there."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    with receiving() as receiver:
        status = get_status(receiver.url("http"), timedelta(seconds=5))

    assert status == 200


def test_a_monitor_is_reached_through_the_proxy_of_an_office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a tunnel, proved by the office's authority: the proxy learns the host, and not the address."""
    server = TlsServer(make_certificate(tmp_path, "DNS:monitor.example.test"))
    proxy = TunnelProxy(server.port)
    monkeypatch.setenv("https_proxy", proxy.address)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    server.reply()

    status = get_status(f"https://monitor.example.test/{SECRET}", timedelta(seconds=10))

    proxy.stop()
    server.stop()
    assert (status, [request.target for request in server.requests]) == (200, [f"/{SECRET}"])
    assert [head.split("\r\n")[0].rpartition(" ")[0] for head in proxy.asked] == [
        "CONNECT monitor.example.test:443"
    ]


def test_a_server_that_never_answers_is_given_up() -> None:
    """The limit holds for the whole request."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises((requests.RequestException, OSError)):
            get_status(f"http://127.0.0.1:{port}/", timedelta(seconds=0.3))
