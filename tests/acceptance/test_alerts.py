"""Somebody hears of it: real commands, a real receiver on loopback, and not a word of any secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import read_until
from tests.receiver import receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.conftest import Campaign
    from tests.receiver import Receiver

pytestmark = [pytest.mark.slow, pytest.mark.long]

SECRET = "s3cr3t-t0k3n"  # noqa: S105 - no secret: it is looked for where none may be
TOKEN_DEAD = {"rules": [{"platform": "x", "operation": "create_post", "action": "unauthorized"}]}


@pytest.fixture
def receiver(stage: Campaign) -> Iterator[Receiver]:
    """A receiver of alerts and pings, set for the campaign."""
    with receiving() as made:
        stage.environment |= {
            "STORMCTL_ALERT_URLS": made.url("json", SECRET),
            "STORMCTL_HEARTBEAT_URL": made.url("http", SECRET),
        }
        yield made


def read_ledger(root: Path) -> bytes:
    """Read every byte of the ledger's files."""
    return b"".join(path.read_bytes() for path in (root / ".stormctl").glob("ledger.db*"))


def test_a_suspended_channel_is_told_and_nothing_secret(stage: Campaign, receiver: Receiver) -> None:
    """The token dies in mid-storm: an alert names storm, channel and command; the monitor is pinged."""
    stage.ask("/_emulator/faults", TOKEN_DEAD)

    done = stage.run("launch", "--yes", "--plain", expect=7)

    told = [alert for alert in receiver.alerts if "x:acme suspended" in alert["title"]]
    assert len(told) == 1
    assert "stormctl: small" in told[0]["title"]
    assert "Run: stormctl resume --channel x:acme" in told[0]["message"]
    assert receiver.pinged == [f"/{SECRET}"]
    assert "JSON" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert SECRET.encode() not in read_ledger(stage.root)
    assert all(SECRET not in alert["message"] for alert in receiver.alerts)


def test_a_halt_and_a_resume_are_told_without_a_runner(stage: Campaign, receiver: Receiver) -> None:
    """The command itself tells who, what and why, at once."""
    stage.write_hours(starts_in=3600, lasts=60)
    stage.run("launch", "--yes", "--detach")

    stage.run("halt", "--reason", "a tragedy", expect=11)
    stage.run("resume", "--yes")

    titles = [alert["title"] for alert in receiver.alerts]
    assert titles == ["stormctl: halted", "stormctl: resumed"]
    assert "everything halted by " in receiver.alerts[0]["message"]
    assert "a tragedy" in receiver.alerts[0]["message"]


def test_three_runners_tell_it_once(stage: Campaign, receiver: Receiver) -> None:
    """Whoever sees it first takes it; the storm's end is told once too."""
    stage.write_hours(lasts=16)
    stage.ask("/_emulator/faults", TOKEN_DEAD)
    first = stage.start("launch", "--yes", "--plain")
    read_until(first, " delivered ", 1)
    others = [stage.start("launch", "--yes", "--plain", "--without", "x:acme") for _ in range(2)]

    for process in (first, *others):
        process.communicate(timeout=50)

    told = [alert for alert in receiver.alerts if "x:acme suspended" in alert["title"]]
    assert len(told) == 1


def test_a_bad_address_stops_the_launch_before_anything_is_enrolled(stage: Campaign) -> None:
    """Which one it is, without its text; `halt` is not kept from halting by it."""
    urls = f"json://127.0.0.1:9/ nosuch://{SECRET}"

    refused = stage.run("launch", "--yes", expect=2, STORMCTL_ALERT_URLS=urls)
    exists = (stage.root / ".stormctl" / "ledger.db").exists()
    stage.write_hours(starts_in=3600, lasts=60)
    stage.run("launch", "--yes", "--detach")
    halted = stage.run("halt", "--reason", "a tragedy", expect=11, STORMCTL_ALERT_URLS=urls)

    assert "the 2nd address of STORMCTL_ALERT_URLS" in refused.stderr
    assert not exists
    assert "no alert is sent: the 2nd address" in halted.stderr
    assert SECRET not in refused.stderr + halted.stderr


def test_tick_tells_at_its_end_and_pings_once(stage: Campaign, receiver: Receiver) -> None:
    """Cron's way: what this round brought is told before it ends."""
    stage.ask("/_emulator/faults", TOKEN_DEAD)
    stage.run("launch", "--yes", "--detach")

    stage.run("tick", expect=None)

    assert receiver.pinged == [f"/{SECRET}"]
    assert "x:acme suspended" in receiver.alerts[0]["title"]


def test_a_rehearsal_tells_and_pings_nobody(stage: Campaign, receiver: Receiver) -> None:
    """Practice wakes nobody."""
    stage.run("rehearse", "--plain", "--speed", "100000", expect=None)

    assert (receiver.alerts, receiver.pinged) == ([], [])
