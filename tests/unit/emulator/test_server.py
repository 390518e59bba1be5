"""Tests of the emulator as a server."""

from __future__ import annotations

import os
import socket
import stat
import threading
from typing import TYPE_CHECKING

import pytest
import requests

from stormctl.emulator.core.faults import Faults
from stormctl.emulator.server import (
    EmulatorThread,
    base_url,
    create_app,
    describe,
    make_accounts,
    open_socket,
    run,
    serve,
    write_env,
)
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


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

    assert lines[1:3] == ["STORMCTL_LIVE=0", "STORMCTL_X_BASE_URL=http://127.0.0.1:8080"]
    assert f"STORMCTL_X_MIGRANTS_DAY_ACCESS_TOKEN={accounts[0].credentials['ACCESS_TOKEN']}" in lines
    assert f"STORMCTL_FACEBOOK_MIGRANTS_DAY_PAGE_ID={accounts[1].id}" in lines


def test_what_a_client_needs_is_written_for_its_owner_only(tmp_path: Path) -> None:
    """The lock and the credentials; whatever the umask allows others."""
    env = tmp_path / ".env"
    before = os.umask(0)
    try:
        write_env(env, describe(make_accounts(["x:one", "facebook:two"], 7), "http://127.0.0.1:8080"))
    finally:
        os.umask(before)

    text = env.read_text(encoding="utf-8")
    assert os.name != "posix" or stat.S_IMODE(env.stat().st_mode) == 0o600
    assert "\nSTORMCTL_LIVE=0\n" in text
    assert "\nSTORMCTL_FACEBOOK_TWO_PAGE_TOKEN=" in text


@pytest.mark.parametrize("kind", ["file", "link", "broken link", "folder", "elsewhere"])
def test_no_file_that_exists_is_written_over(tmp_path: Path, kind: str) -> None:
    """Somebody's real keys may stand there; a link leads anywhere."""
    keys, env = tmp_path / "keys", tmp_path / "new"
    keys.write_text("KEY=1\n", encoding="utf-8")
    match kind:
        case "file":
            env = keys
        case "link":
            env.symlink_to(keys)
        case "broken link":
            env.symlink_to(tmp_path / "nowhere")
        case "folder":
            env.mkdir()
        case _:
            env = tmp_path / "no folder" / ".env"

    with pytest.raises(UsageError, match=r"exists|can.t be written"):
        write_env(env, ["STORMCTL_LIVE=0"])

    assert keys.read_text(encoding="utf-8") == "KEY=1\n"
    assert not (tmp_path / "nowhere").exists()


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
