"""A storm for real, as a process, against an emulator that is only reached over HTTP."""

from __future__ import annotations

import json
import signal
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import read_until

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign

pytestmark = pytest.mark.slow

HASTE = {"STORMCTL_REQUEST_LIMIT": "1s", "STORMCTL_SETTLING": "1s", "STORMCTL_LEASE": "3s"}
"""Machine durations, shortened so that a claim lapses soon after its runner is gone."""


def test_a_launched_storm_is_delivered_once_and_reported(stage: Campaign) -> None:
    """Six messages on two channels: twelve posts, each once; their figures come later."""
    done = stage.run("launch", "schedules/small.toml", "--yes", "--plain")

    report = json.loads(stage.run("report", "--json").stdout)
    assert done.stderr.count("delivered") >= 12
    assert sum(stage.received().values()) == len(stage.received()) == 12
    assert report["counts"]["delivered"] == 12
    assert (report["unread"], report["early"], report["missed_readings"]) == (12, 0, [])
    assert "at 24 hours" in done.stderr
    assert "Nothing reads them by itself: type stormctl tick then" in done.stderr
    assert "stormctl report small --calendar figures.ics" in done.stderr


def test_two_runners_on_one_ledger_deliver_each_post_once(stage: Campaign) -> None:
    """A second launch joins the first one."""
    first = stage.start("launch", "--yes", "--plain")
    read_until(first, " delivered ", 1)
    second = stage.start("launch", "--yes", "--plain")

    outputs = [process.communicate(timeout=50)[0] for process in (first, second)]

    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_a_halt_stops_the_next_post_until_it_is_lifted(stage: Campaign) -> None:
    """After `halt` nothing more arrives; after `resume` the rest does, each once."""
    stage.write_hours(every="3s", lasts=18)  # long enough for the halt to come in time on a busy machine
    process = stage.start("launch", "--yes", "--plain")
    read_until(process, " delivered ", 2)

    halted = stage.run("halt", "--reason", "a tragedy")
    at_halt = sum(stage.received().values())
    status = stage.run("status", "--json", expect=9)
    stage.run("check")  # time passes
    still = sum(stage.received().values())
    stage.run("resume", "--yes")
    output, _ = process.communicate(timeout=50)

    assert "has seen it" in halted.stdout
    assert json.loads(status.stdout)["halts"][0]["reason"] == "a tragedy"
    assert still == at_halt < 12
    assert process.returncode == 0, output
    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_a_launch_from_a_sub_folder_finds_the_same_ledger(stage: Campaign) -> None:
    """The ledger belongs to the campaign folder, wherever the command is typed."""
    stage.run("launch", "--yes", "--detach")
    below = stage.root / "messages" / "small"

    again = stage.run("launch", "--yes", "--detach", cwd=below)

    assert "0 new" in again.stderr
    assert not (below / ".stormctl").exists()
    with sqlite3.connect(stage.root / ".stormctl" / "ledger.db") as ledger:
        assert ledger.execute("SELECT count(*) FROM deliveries").fetchone() == (12,)


def test_ticks_deliver_what_a_detached_launch_enrolled(stage: Campaign) -> None:
    """Cron's way: each tick publishes what is due by then."""
    stage.run("launch", "--yes", "--detach")

    for _ in range(60):
        if stage.run("tick", expect=None).returncode == 0 and len(stage.received()) == 12:
            break

    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_a_daemon_takes_up_a_storm_and_ends_on_sigterm(stage: Campaign) -> None:
    """The daemon publishes what is launched elsewhere, and SIGTERM ends it with exit code 0."""
    stage.run("launch", "--yes", "--detach")
    daemon = stage.start("daemon")
    read_until(daemon, " delivered ", 12)

    daemon.send_signal(signal.SIGTERM)
    output, _ = daemon.communicate(timeout=50)

    assert daemon.returncode == 0, output
    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_posts_that_met_faults_still_arrive_once(stage: Campaign) -> None:
    """Accepted and dropped, dropped before reading, accepted and answered 500: each post once in the end."""
    stage.environment |= HASTE
    stage.ask(
        "/_emulator/faults",
        {
            "rules": [
                {"platform": "x", "nth": [2], "action": "drop_after"},
                {"platform": "x", "nth": [4], "action": "drop_before"},
                {"platform": "facebook", "nth": [3], "action": "error_after", "body": "html"},
            ]
        },
    )

    stage.run("launch", "--yes", "--plain")

    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_a_platform_that_hangs_holds_no_other_channel(stage: Campaign) -> None:
    """While X keeps its first post waiting, everything on the Page goes out."""
    stage.ask(
        "/_emulator/faults",
        {"rules": [{"platform": "x", "operation": "create_post", "action": "slow", "seconds": 30}]},
    )
    process = stage.start("launch", "--yes", "--plain", STORMCTL_REQUEST_LIMIT="30s", STORMCTL_LEASE="40s")

    told: list[str] = []
    while sum(" delivered " in line for line in told) < 6:
        told.append(read_until(process, "acme  "))
    process.kill()
    process.communicate()

    assert [line for line in told if " in doubt " in line] == []
    assert {line.split()[2] for line in told if " delivered " in line} == {"facebook:acme"}
