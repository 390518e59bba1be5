"""The emulator as a process of its own: it starts, answers, and ends with us."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import Delivered
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.engine.base.clocks import Pace, read_wall_clock
from stormctl.engine.launch import emulator_process
from stormctl.engine.launch.emulator_process import EmulatorProcess, ReceivedPost
from stormctl.environment import Environment
from stormctl.errors import TryAgainError, UsageError
from stormctl.platforms.adapter import OutgoingPost
from stormctl.settings import Settings
from tests.factories import ACME, PAGE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def _adapters(emulator: EmulatorProcess) -> EnvironmentAdapters:
    settings = Settings(base_urls={"X": emulator.base_url, "FACEBOOK": emulator.base_url}, live=False)
    return EnvironmentAdapters(Environment(settings, emulator.variables()))


def test_its_variables_open_its_accounts_and_it_tells_what_arrived() -> None:
    """What was published and what was deleted again: the emulator's own word."""
    with EmulatorProcess([ACME, PAGE], seed=7, faults="none") as emulator:
        adapters = _adapters(emulator)
        before = emulator.received()
        kept = adapters.publisher(ACME).publish(OutgoingPost(text="Everyone has rights."), lambda: None)
        gone = adapters.publisher(PAGE).publish(OutgoingPost(text="Sign today."), lambda: None)
        assert isinstance(kept, Delivered)
        assert isinstance(gone, Delivered)
        adapters.publisher(PAGE).delete(gone.post_id)
        adapters.close()

        received = emulator.received()

    assert before == []
    assert received == [
        ReceivedPost("x:acme", kept.post_id, "Everyone has rights.", deleted=False),
        ReceivedPost("facebook:acme", gone.post_id, "Sign today.", deleted=True),
    ]


@pytest.mark.parametrize(("minutes", "expected"), [(None, 60), (-5, 60), (30, 30 * 60 + 57)])
def test_it_runs_on_the_storms_clock(minutes: int | None, expected: int) -> None:
    """A minute after the anchor, at 600×: at 1× where nothing is to be hurried to, else fast until then."""
    storm, wall = datetime(2099, 1, 1, tzinfo=UTC), read_wall_clock() - timedelta(minutes=1)
    until = None if minutes is None else (storm + timedelta(minutes=minutes)).timestamp()
    pace = Pace(wall.timestamp(), storm.timestamp(), 600, until)

    with EmulatorProcess([ACME], seed=7, faults="none") as emulator:
        emulator.set_pace(pace)
        health = emulator._ask("GET", "/_emulator/health")

    at, wall_at = (datetime.fromisoformat(health[name]) for name in ("at", "wall_at"))
    assert at.timestamp() == pytest.approx(pace.at(wall_at.timestamp()), abs=1)
    assert (at - storm).total_seconds() >= expected


def test_what_it_cannot_answer_is_one_line() -> None:
    """A path that it doesn't know, and any path after its end."""
    emulator = EmulatorProcess([ACME], seed=7, faults="none")
    with pytest.raises(TryAgainError, match="the emulator answered 404 to GET /_emulator/nothing"):
        emulator._ask("GET", "/_emulator/nothing")
    emulator.stop()

    with pytest.raises(TryAgainError, match="the emulator does not answer"):
        emulator.received()


def test_faults_that_do_not_exist_are_a_usage_error() -> None:
    """A typing error in `--faults` is told before anything is started."""
    with pytest.raises(UsageError, match="no fault profile or file 'ruff'") as caught:
        EmulatorProcess([ACME], seed=7, faults="ruff")

    assert caught.value.hint == "Use none, normal, rough, or a TOML file."


def test_a_campaign_folder_holds_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a volunteer adds is never imported, even if it bears the name of a library."""
    for name in ("uvicorn", "starlette", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with EmulatorProcess([ACME], seed=7, faults="none") as emulator:
        assert emulator.received() == []


@pytest.mark.skipif(shutil.which("false") is None, reason="needs a program that ends at once")
@pytest.mark.parametrize("count", [1, 600])
def test_an_emulator_that_does_not_start_is_told(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it dies before or while it is told its accounts (600 don't fit into a pipe)."""
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    channels = [parse_channel_id(f"facebook:page-{number}") for number in range(count)]

    with pytest.raises(TryAgainError, match="the emulator did not start"):
        EmulatorProcess(channels, seed=7, faults="none")


@pytest.mark.skipif(os.name != "posix", reason="only POSIX can stop a process")
def test_an_emulator_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rehearsal's end does not wait for it for ever, and leaves nothing behind."""
    emulator = EmulatorProcess([ACME], seed=7, faults="none")
    monkeypatch.setattr(emulator_process, "ANSWER_S", 0.1)
    os.kill(emulator._process.pid, signal.SIGSTOP)

    emulator.stop()

    assert emulator._process.returncode == -signal.SIGKILL
