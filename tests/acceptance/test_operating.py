"""People at work on a storm that runs: its files break, they leave, they halt the wrong ledger."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import QUICK, read_until
from tests.acceptance.terminal import CTRL_C, ENTER, sitting_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.conftest import Campaign

pytestmark = pytest.mark.slow


def _change_schedule(campaign: Campaign, old: str, new: str) -> None:
    path = campaign.root / "schedules" / "small.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _write_bad_message(campaign: Campaign) -> None:
    campaign.write("by-a-volunteer.en.md", "---\nexpires: tomorow\nlinks: 3\n---\nWrite to {deadlin}.\n")


def _break_picture(campaign: Campaign) -> None:
    campaign.write("m000.en.md", '---\nmedia: [{file: gone.png, alt: "Gone"}]\n---\nMessage 000 anew.\n')


def _add_schedule(campaign: Campaign) -> None:
    campaign.write_schedule("name = 3", "another")


BREAKAGES: dict[str, Callable[[Campaign], object]] = {
    "toml": lambda campaign: campaign.write_schedule('name = "A storm\n[[channels'),
    "no schedules": lambda campaign: shutil.rmtree(campaign.root / "schedules"),
    "no bank": lambda campaign: shutil.rmtree(campaign.bank),
    "no messages": lambda campaign: [shutil.move(path, campaign.root) for path in campaign.bank.glob("*.md")],
    "bad message": _write_bad_message,
    "gone picture": _break_picture,
    "approvals": lambda campaign: _change_schedule(campaign, "date =", "approval = 2\ndate ="),
    "budget": lambda campaign: _change_schedule(campaign, "[limits]", "[limits]\nbudget_usd = 0.0001"),
    "new channel": lambda campaign: _change_schedule(
        campaign, "[limits]", '[[channels]]\nid = "x:nobody"\nlanguages = ["en"]\n[limits]'
    ),
    "second schedule": _add_schedule,
}


SHORT = {"toml", "no bank", "bad message"}
"""Played in every run; the others are long."""


@pytest.mark.parametrize(
    "breakage",
    [one if one in SHORT else pytest.param(one, marks=pytest.mark.long) for one in BREAKAGES],
)
def test_what_is_enrolled_goes_on_whatever_becomes_of_the_files(stage: Campaign, breakage: str) -> None:
    """The same launch typed again publishes all that is enrolled, once, and enrols nothing new."""
    stage.write_hours(lasts=6)
    stage.run("launch", "--yes", "--detach")
    BREAKAGES[breakage](stage)

    done = stage.run("launch", "--yes", "--plain")

    assert "NOTHING NEW IS ENROLLED" in done.stderr
    assert "small is over: 12 of 12 posts delivered" in done.stdout
    assert sum(stage.received().values()) == len(stage.received()) == 12


def test_clean_files_are_enrolled_and_broken_ones_stop_what_has_not_begun(stage: Campaign) -> None:
    """Without anything enrolled a launch of broken files is refused; `--detach` has nothing to go on with."""
    stage.write_hours(starts_in=3600, lasts=6)
    _write_bad_message(stage)
    first = stage.run("launch", "--yes", "--detach", expect=3)
    (stage.bank / "by-a-volunteer.en.md").unlink()
    stage.run("launch", "--yes", "--detach")
    _write_bad_message(stage)

    again = stage.run("launch", "--yes", "--detach", expect=3)
    typo = stage.run("launch", "smalll", "--yes", expect=2)

    assert "must be fixed first" in first.stderr
    assert "must be fixed first" in again.stderr
    assert "did you mean “small”?" in typo.stderr
    assert stage.received() == {}


def test_a_second_launch_says_who_runs_it_already(stage: Campaign) -> None:
    """With host, process and since when, before it joins."""
    stage.write_hours(every="3s", lasts=18)
    first = stage.start("launch", "--yes", "--plain")
    read_until(first, " delivered ", 1)

    second = stage.start("launch", "--yes", "--plain")
    told = read_until(second, "RUNS ALREADY")
    for process in (first, second):
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=50)

    assert "small RUNS ALREADY: launch on " in told
    assert f"(process {first.pid}) since " in told


class TestLeaving:
    """Ctrl-C at a terminal asks."""

    @pytest.fixture(autouse=True)
    def long(self, stage: Campaign) -> None:
        """A storm that goes on for a while."""
        stage.environment |= QUICK
        stage.write_messages(24)
        stage.write_hours(every="2s", lasts=60)

    def test_going_on(self, stage: Campaign) -> None:
        """The storm never stopped meanwhile; a second Ctrl-C at the question leaves as it is."""
        with sitting_at(stage, "launch", "--yes", "--plain") as terminal:
            terminal.read_until(" delivered ")
            terminal.type(CTRL_C)
            terminal.read_until("Type h, g and Enter:")
            terminal.read_until(" delivered ")
            terminal.type(f"what?{ENTER}")
            terminal.read_until("“what?” is none of them.")
            terminal.type(f"g{ENTER}")
            terminal.read_until(" delivered ")
            terminal.type(CTRL_C)
            terminal.read_until("Ctrl-C again leaves: nothing is published until a runner starts.")
            terminal.type(CTRL_C)
            code, seen = terminal.end()

        assert code == 0, seen
        assert "small has stopped here" in seen
        assert "this runner has stopped; to go on: stormctl launch small" in seen

    def test_halting(self, stage: Campaign) -> None:
        """The reason is asked for; everything is halted, and the exit code says it."""
        with sitting_at(stage, "launch", "--yes") as terminal:  # with the live view
            terminal.read_until("m00")
            terminal.type(CTRL_C)
            terminal.read_until("Type h, g and Enter:")
            terminal.type(f"h{ENTER}")
            terminal.read_until("Reason:")
            terminal.type(f"{ENTER}a tragedy{ENTER}")
            code, seen = terminal.end()
        stage.run("resume", "--yes")

        assert code == 9, seen
        assert "to go on: stormctl resume, then stormctl launch small" in seen

    def test_leaving_it_to_the_daemon(self, stage: Campaign) -> None:
        """It is offered because one is alive, and that goes on."""
        stage.run("launch", "--yes", "--detach")
        daemon = stage.start("daemon")
        read_until(daemon, " delivered ", 1)

        with sitting_at(stage, "launch", "--yes", "--plain") as terminal:
            terminal.read_until("enrolled in ")
            terminal.read_until(" delivered ")
            terminal.type(CTRL_C)
            terminal.read_until("l  leave it to the daemon on ")
            terminal.read_until("and Enter:")
            terminal.type(f"l{ENTER}")
            code, seen = terminal.end()
        read_until(daemon, " delivered ", 1)
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=50)

        assert code == 0, seen
        assert "left to the daemon on " in seen

    def test_a_closed_window_is_told(self, stage: Campaign) -> None:
        """Posting stops, and the ledger holds who goes on: nobody."""
        with sitting_at(stage, "launch", "--yes") as terminal:
            terminal.read_until("m00")
            terminal.hang_up()
            terminal.process.wait(50)

        with closing(sqlite3.connect(stage.root / ".stormctl" / "ledger.db")) as ledger:
            told = [text for (text,) in ledger.execute("SELECT text FROM events WHERE kind = 'left'")]
        assert [text.partition(", and")[0] for text in told] == [
            "the window in which it ran was closed: NO OTHER RUNNER IS ALIVE"
        ]


class TestRehearsals:
    """Practice is never taken for the day, nor the day for practice."""

    def test_two_ledgers(self, stage: Campaign) -> None:
        """Each command says which one it acts on, and names the other where both have something to come."""
        stage.write_hours(starts_in=3600, lasts=60)
        practice = stage.start("rehearse", "--plain", "--speed", "1", STORMCTL_LIVE="0")
        read_until(practice, "enrolled in ")

        alone = stage.run("halt", "--reason", "a tragedy", expect=10)
        stage.run("launch", "--yes", "--detach")
        halted = stage.run("halt", "--rehearsal", "--reason", "practice")
        shown = stage.run("status", "--rehearsal", expect=9)
        told = stage.run("show", "x:acme/m000", "--rehearsal", "--json")
        real = stage.run("halt", "--reason", "a tragedy", expect=11)
        practice.send_signal(signal.SIGINT)
        practice.communicate(timeout=50)
        over = [
            stage.run(*command, "--rehearsal", expect=2)
            for command in (
                ["halt", "--reason", "practice"],
                ["resume", "--yes"],
                ["status"],
                ["report"],
                ["show", "x:acme/m000"],
                ["cancel", "x:acme/m000"],
                ["retry", "x:acme/m000"],
                ["retract", "x:acme/m000", "--yes"],
                ["resolve", "x:acme/m000", "--not-posted"],
            )
        ]

        assert "A rehearsal is running. To act on it: stormctl halt --rehearsal" in alone.stderr
        assert halted.stdout.splitlines()[0] == "REHEARSAL ONLY: the real storm is not halted"
        assert (
            "small, with 12 posts to come, is in sqlite: .stormctl/ledger.db: stormctl halt" in halted.stderr
        )
        assert "to undo: stormctl resume --rehearsal" in halted.stderr
        assert shown.stdout.splitlines()[0] == "REHEARSAL ONLY: the real storm is not shown"
        assert told.stderr.splitlines()[0] == "REHEARSAL ONLY: the real storm is not shown"
        assert "The rehearsal that is running is not meant." in real.stderr
        assert [refused.stdout for refused in over] == [""] * 9
        assert all("error: no rehearsal is running: the last one ended at " in r.stderr for r in over)
