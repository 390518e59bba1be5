"""A daemon under a service manager: it says how it is, ends in order, and takes up rewritten credentials."""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.conftest import PATIENCE_S, read_until, start_emulator

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.conftest import Campaign

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(os.name != "posix", reason="systemd, modes and signals are POSIX's"),
]


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """A service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.settimeout(PATIENCE_S)
        listening.bind(str(tmp_path / "notify"))
        yield listening


def hear(manager: socket.socket, word: str) -> list[str]:
    """Listen until a message begins with a word; return all that came."""
    heard: list[str] = []
    while not (heard and heard[-1].startswith(word)):
        heard.append(manager.recv(4096).decode())
    return heard


def write_env(campaign: Campaign, variables: dict[str, str], mode: int = 0o600) -> None:
    """Write the campaign's .env anew, as an editor does: aside, then in its place."""
    fresh = campaign.root / ".env.new"
    fresh.write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")
    fresh.chmod(mode)
    fresh.replace(campaign.root / ".env")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read a log file: every line must be an object."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def finish(process: subprocess.Popen[str]) -> str:
    """Ask a process to end, and return the rest of what it told."""
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, output
    return output


def test_a_daemon_tells_its_manager_and_finishes_the_request_in_flight(
    stage: Campaign, manager: socket.socket
) -> None:
    """READY, signs of life, STOPPING on SIGTERM, and the slow post is still recorded."""
    stage.write_hours(every="30s", starts_in=4, lasts=180)
    stage.run("launch", "--yes", "--detach")
    stage.ask("/_emulator/faults", {"action": "slow", "seconds": 3.0})
    daemon = stage.start("daemon", NOTIFY_SOCKET=manager.getsockname(), WATCHDOG_USEC="1500000")

    heard = hear(manager, "READY=1")
    while not stage.received():
        heard += hear(manager, "WATCHDOG=1")
    daemon.send_signal(signal.SIGTERM)
    heard += hear(manager, "STOPPING=1")
    output, _ = daemon.communicate(timeout=PATIENCE_S)

    in_flight = len(stage.received())
    assert daemon.returncode == 0, output
    assert output.count("  delivered  ") == in_flight >= 1
    assert any(message.startswith("STATUS=next post ") for message in heard)
    assert "x:acme  served  as Acme (@acme) (" in output


def test_a_launch_takes_new_keys_of_the_same_account(campaign: Campaign) -> None:
    """A Page's token is renewed in mid-storm: the launch verifies it, says so, and goes on."""
    campaign.write_hours(every="5s", lasts=30)
    with start_emulator(campaign, "x:acme", "facebook:acme") as variables:
        campaign.emulator_url = variables["STORMCTL_X_BASE_URL"]
        write_env(campaign, variables)
        launch = campaign.start("launch", "--yes", "--plain", WAKEPY_FAKE_SUCCESS="1")
        awake = read_until(launch, "kept awake")
        read_until(launch, "  delivered  ", 1)
        campaign.run("halt", "--reason", "new keys")  # so that something is left, however slow the machine

        write_env(campaign, {n: v for n, v in variables.items() if not n.endswith("_ACME_APP_SECRET")})
        renewed = read_until(launch, "reloaded credentials")
        campaign.run("resume", "--yes")
        output, _ = launch.communicate(timeout=PATIENCE_S)

        assert "this machine is kept awake" in awake
        assert "facebook:acme  served  reloaded credentials, as " in renewed
        assert launch.returncode == 0, output
        assert sum(campaign.received().values()) == len(campaign.received()) == 12


def test_the_log_file_holds_a_json_line_for_every_event(stage: Campaign) -> None:
    """Two runners write to one file: every line is whole, and says who, what and where."""
    path = stage.root / "storm.jsonl"
    stage.run("launch", "--yes", "--detach")
    commands = [stage.start("launch", "--yes", "--plain", "--log-file", str(path)) for _ in range(2)]
    outputs = [process.communicate(timeout=PATIENCE_S)[0] for process in commands]

    lines = read_log(path)
    delivered = [line for line in lines if line["kind"] == "delivered"]
    assert [process.returncode for process in commands] == [0, 0], outputs
    assert len(delivered) == len({line["key"] for line in delivered}) == 12
    assert {line["state"] for line in delivered} == {"delivered"}
    assert all(line["url"].startswith(stage.emulator_url) for line in delivered)
    assert {line["pid"] for line in lines} <= {process.pid for process in commands}
    assert all({"time", "level", "kind", "text", "runner", "host", "pid"} <= set(line) for line in delivered)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written_stops_nothing(stage: Campaign) -> None:
    """The folder is not there: that is told once, and the storm is delivered."""
    done = stage.run("launch", "--yes", "--plain", "--log-file", "gone/storm.jsonl")

    assert done.stderr.count("can't be written") == 1
    assert sum(stage.received().values()) == 12
