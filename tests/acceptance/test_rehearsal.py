"""The rehearsal as a process: a whole storm in seconds, compared with what really arrived."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Campaign, read_until

pytestmark = pytest.mark.slow

REHEARSAL = Path(".stormctl") / "rehearsal"


def count(tally: Any, name: str) -> int:
    """Add a number of the tally up over all channels."""
    return sum(channel[name] for channel in tally["channels"])


def is_open(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def long_campaign(campaign: Campaign) -> Campaign:
    """A storm of eight posts on each of two channels: at 60 times the speed, twenty seconds to act in."""
    campaign.write_messages(8)
    campaign.write_hours(every="3m", lasts=1440)
    return campaign


def test_a_small_storm_arrives_exactly_once(campaign: Campaign) -> None:
    """The tally is clean, the report lies where it says, and the day's own ledger is not made."""
    done = campaign.run("rehearse", "--json", "--speed", "5000")

    tally = json.loads(done.stdout)
    report = json.loads((campaign.root / REHEARSAL / "report.json").read_text(encoding="utf-8"))
    assert (tally["schema_version"], tally["clean"], tally["differences"]) == (1, True, [])
    assert [count(tally, name) for name in ("planned", "delivered", "received")] == [12, 12, 12]
    assert report["counts"]["delivered"] == 12
    assert "<html" in (campaign.root / REHEARSAL / "report.html").read_text(encoding="utf-8")
    assert not (campaign.root / ".stormctl" / "ledger.db").exists()


def test_trouble_makes_nothing_twice_and_loses_nothing(campaign: Campaign) -> None:
    """With answers lost, refusals and delays, what is not delivered is known, and nothing arrives twice."""
    done = campaign.run("rehearse", "--json", "--speed", "5000", "--faults", "rough", expect=None)

    tally = json.loads(done.stdout)
    assert [count(tally, name) for name in ("planned", "duplicates", "lost")] == [12, 0, 0], done.stderr
    assert count(tally, "delivered") == count(tally, "received")
    assert (done.returncode == 0) == tally["clean"]


@pytest.mark.long
def test_the_sample_storm_arrives_exactly_once_and_its_lines_are_its_posts(tmp_path: Path) -> None:
    """`stormctl rehearse`, as the README has it: nothing went wrong, so that nothing else is told."""
    clone = Campaign(tmp_path)
    for folder in ("messages", "schedules"):
        shutil.copytree(Path(__file__).parents[2] / folder, tmp_path / folder)

    done = clone.run("rehearse", patience_s=60)

    assert "Every one of 177 posts arrived exactly once." in done.stdout
    assert "Report: .stormctl/rehearsal/report.html" in done.stdout
    enrolled, *told = (
        done.stderr.partition("http://127.0.0.1")[2].partition("The timelines")[2].splitlines()[1:]
    )
    assert "177 new, 0 changed" in enrolled
    assert len(told) == 177
    assert all("  delivered  " in line for line in told)
    assert "\x1b" not in done.stdout + done.stderr


def test_a_killed_rehearsal_leaves_no_emulator(long_campaign: Campaign) -> None:
    """After kill -9 the emulator's port closes by itself, and the next rehearsal starts."""
    process = long_campaign.start("rehearse", "--plain", "--speed", "60")
    address = re.search(r"http://127\.0\.0\.1:(\d+)/", read_until(process, " delivered "))
    assert address is not None
    port = int(address[1])
    listened = is_open(port)

    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    pause = threading.Event()
    for _ in range(100):
        if not is_open(port):
            break
        pause.wait(0.1)
    assert listened
    assert not is_open(port)


def test_ctrl_c_ends_a_rehearsal_in_a_line(long_campaign: Campaign) -> None:
    """Whoever has seen enough stops it; how far it came is said, and the exit code is not 0."""
    process = long_campaign.start("rehearse", "--plain", "--speed", "60")
    read_until(process, " delivered ")

    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=50)

    assert re.fullmatch(
        r"rehearsal stopped after \d+ of \d+ posts \(NOT LIVE\); a new one: stormctl rehearse \S+",
        output.splitlines()[-1],
    )
    assert "arrived exactly once" not in output
    assert "Traceback" not in output
    assert process.returncode == 7
