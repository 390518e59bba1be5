"""Runners whose machine has a wrong clock, or one that is set while they run: real processes, libfaketime."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import PATIENCE_S, read_until, start_emulator
from tests.faketime import make_wall_clock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.conftest import Campaign
    from tests.faketime import WallClock

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
RIGHT = timedelta()
CONFIRMED = "a platform confirms the clock: continuing"
NOTICED_S = 5
"""In which a runner tells that its clock was set: a sweep a second, and a busy machine."""

both = pytest.mark.parametrize("channel", ["x:acme", "facebook:acme"])


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    """The wall clock of the runners, true at first; the emulator keeps the true time."""
    return make_wall_clock(tmp_path / "clock", timedelta())


def _on(clock: WallClock, campaign: Campaign) -> Campaign:
    """The campaign on a machine with this clock."""
    return replace(campaign, environment=campaign.environment | clock.variables)


@contextmanager
def _running(stage: Campaign, clock: WallClock, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = _on(clock, stage).start(*words)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def _enroll_hour(stage: Campaign, channel: str, *, starts_in: float, late: str = "send") -> None:
    """Enrol posts of one channel for the hour to come, by a clock that is right."""
    stage.write_hours(every="5m", starts_in=starts_in, lasts=3600)
    file = stage.root / "schedules" / "small.toml"
    other = "facebook:acme" if channel == "x:acme" else "x:acme"
    text = file.read_text(encoding="utf-8").replace(
        f'[[channels]]\nid = "{other}"\nlanguages = ["en"]\n\n', ""
    )
    file.write_text(text.replace('policy = "send"', f'policy = "{late}"'), encoding="utf-8")
    stage.run("launch", "--yes", "--detach")


def _counts(stage: Campaign) -> dict[str, int]:
    with closing(sqlite3.connect(stage.root / ".stormctl" / "ledger.db")) as ledger:
        return dict(ledger.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall())


@pytest.mark.slow
def test_a_wrong_clock_is_told_by_doctor_and_refused_by_launch(stage: Campaign, clock: WallClock) -> None:
    """With an hour too many on both platforms: doctor fails, and nothing is enrolled."""
    clock.set(61 * MINUTE)

    doctor = _on(clock, stage).run("doctor", "schedules/small.toml", expect=2)
    launch = _on(clock, stage).run("launch", "--yes", "--plain", expect=2)

    for told in (doctor.stdout, launch.stderr):  # a Date header is whole seconds: told to a second or two
        assert re.search(r"this machine's clock is 1h(59s|1m([1-3]s)?) ahead of the platforms'", told)
    assert stage.received().total() == 0
    assert not (stage.root / ".stormctl" / "ledger.db").exists()


@pytest.mark.long
@both
@pytest.mark.parametrize("off", [61 * MINUTE, 3 * MINUTE], ids=["61m", "3m"])
def test_a_daemon_with_a_wrong_clock_posts_nothing_early(
    stage: Campaign, clock: WallClock, channel: str, off: timedelta
) -> None:
    """It says by how much it is wrong; set right, it goes on by itself, and nothing was lost."""
    _enroll_hour(stage, channel, starts_in=off.total_seconds() - 30)
    clock.set(off)
    with _running(stage, clock, "daemon") as daemon:
        read_until(daemon, "correct it; until then nothing is published or given up")
        stage.run("check")  # time passes, sweep by sweep
        early = (stage.received().total(), _counts(stage))
        clock.set(timedelta())
        read_until(daemon, "a platform confirms the clock: continuing")

    assert early == (0, {"planned": 6})
    assert _counts(stage) == {"planned": 6}


@pytest.mark.long
@both
@pytest.mark.parametrize("late", ["send", "skip"])
def test_a_tick_with_a_wrong_clock_does_nothing(
    stage: Campaign, clock: WallClock, channel: str, late: str
) -> None:
    """Early or too late by its clock: it says so and ends with 75; right again, it posts what is due."""
    _enroll_hour(stage, channel, starts_in=1, late=late)
    clock.set(2 * HOUR + 10 * MINUTE)

    ticks = [_on(clock, stage).run("tick", expect=75) for _ in range(2)]
    wrong = (stage.received().total(), _counts(stage))
    clock.set(timedelta())
    _on(clock, stage).run("tick", expect=None)

    told = r"the clock is 2h\d+m\w* ahead of a platform's: correct it"  # a Date header is whole seconds
    assert all(re.search(told, tick.stderr) for tick in ticks)
    assert wrong == (0, {"planned": 6})
    assert _counts(stage) == {"delivered": 1, "planned": 5}


@pytest.mark.long
def test_a_tick_that_nobody_answers_gives_nothing_up(campaign: Campaign, clock: WallClock) -> None:
    """Offline nothing can be sent, and whether it is too late can wait for the network."""
    with start_emulator(campaign, "x:acme", "facebook:acme") as variables:
        campaign.environment |= variables
        _enroll_hour(campaign, "x:acme", starts_in=1, late="skip")
    clock.set(2 * HOUR)

    tick = _on(clock, campaign).run("tick", expect=75)

    assert "the clock is not confirmed yet: nothing is published or given up" in tick.stderr
    assert _counts(campaign) == {"planned": 6}


@pytest.mark.long
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param([(-HOUR, "set back by 1h"), (RIGHT, CONFIRMED)], id="back"),
        pytest.param([(HOUR, "correct it"), (RIGHT, "right again: continuing")], id="ahead"),
        pytest.param(
            [(HOUR, "correct it"), (-HOUR, "right again: continuing"), (RIGHT, CONFIRMED)],
            id="ahead-and-back",
        ),
        pytest.param([(HOUR, "the clock jumped ahead"), (RIGHT, "continuing")], id="ahead-for-a-moment"),
    ],
)
def test_a_clock_that_is_set_during_a_launch_stops_nothing(
    stage: Campaign, clock: WallClock, settings: list[tuple[timedelta, str]]
) -> None:
    """Each setting is told within seconds, and once it is right all goes out, each post once."""
    stage.write_messages(24)
    stage.write_hours(every="1s", starts_in=3, lasts=24)
    with _running(stage, clock, "launch", "--yes", "--plain") as launch:
        read_until(launch, "  delivered  ", 4)
        for ahead, told in settings:
            clock.set(ahead)
            began_s = time.monotonic()
            read_until(launch, told)
            assert time.monotonic() - began_s < NOTICED_S
        output, _ = launch.communicate(timeout=2 * PATIENCE_S)

    assert launch.returncode == 0, output
    assert sum(stage.received().values()) == len(stage.received()) == 48
    assert json.loads(stage.run("report", "--json").stdout)["counts"]["delivered"] == 48
