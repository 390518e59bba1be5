"""Tests of the emulator as a server."""

from __future__ import annotations

import socket
import threading

import pytest
import requests

from stormctl.emulator.faults import Faults
from stormctl.emulator.server import (
    EmulatorThread,
    base_url,
    create_app,
    describe,
    make_accounts,
    open_socket,
    run,
    serve,
)
from stormctl.errors import UsageError


def test_a_taken_port_is_one_clear_line() -> None:
    """The second server on a port is told so, with what to do."""
    with open_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]

        with pytest.raises(UsageError, match=f"port {port} is taken") as caught:
            run(make_accounts(["x:one"], 7), port=port, seed=7, faults=Faults(), announce=print)

    assert "--port" in caught.value.hint


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org", "192.0.2.1"])  # noqa: S104 - refused, that is the point
def test_it_listens_on_loopback_only(host: str) -> None:
    """Any other address is refused before a socket is opened."""
    with pytest.raises(UsageError, match="loopback only"):
        open_socket(host, 0)


def test_what_a_client_needs_is_announced() -> None:
    """Base URLs and credentials come as the lines of an .env file."""
    accounts = make_accounts(["x:migrants-day", "facebook:migrants-day"], 7)

    lines = describe(accounts, "http://127.0.0.1:8080")

    assert "STORMCTL_X_BASE_URL=http://127.0.0.1:8080" in lines
    assert f"STORMCTL_X_MIGRANTS_DAY_ACCESS_TOKEN={accounts[0].credentials['ACCESS_TOKEN']}" in lines
    assert f"STORMCTL_FACEBOOK_MIGRANTS_DAY_PAGE_ID={accounts[1].id}" in lines


def test_a_stopped_emulator_lets_go_of_its_port() -> None:
    """After the with block nobody answers, and the port is free."""
    with EmulatorThread(make_accounts(["x:one"], 7)) as emulator:
        port = int(emulator.base_url.rpartition(":")[2])
        alive = requests.get(f"{emulator.base_url}/_emulator/health", timeout=10).json()["ok"]

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert alive is True


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_answers_on_a_kept_connection_are_sent_at_once(host: str) -> None:
    """Nagle's algorithm is off where it accepts: with it each answer but the first comes 40 ms late."""
    with open_socket(host, 0) as listener, requests.Session() as client:
        server = serve(create_app(make_accounts(["x:one"], 7)), listener)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        client.get(f"{base_url(listener)}/_emulator/health", timeout=10)

        accepted = [c.transport.get_extra_info("socket") for c in server.server_state.connections]
        delays = [s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0 for s in accepted]

        server.should_exit = True
        thread.join()
    assert delays == [False]
