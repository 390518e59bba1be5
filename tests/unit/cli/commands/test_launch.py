"""`launch`: summary, confirmation and bad channels, while the emulator plays both platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.errors import ExitCode
from stormctl.ledger.ledger import open_ledger

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine, Practice


def _suspended(stormctl: CommandLine) -> dict[str, str]:
    ledger = open_ledger("sqlite:///.stormctl/ledger.db", root=stormctl.root)
    try:
        return ledger.channels.suspended()
    finally:
        ledger.close()


def test_the_storms_name_launches_it(stormctl: CommandLine, practice: Practice) -> None:
    """A person sees accounts, hosts and times, types the storm's id, and the plan is enrolled."""
    stormctl.answer("small")

    ended = stormctl("launch", "--detach")

    assert (ended.code, ended.out.strip()) == (0, "")
    assert "NOT LIVE" in ended.err
    assert practice.emulator.base_url.removeprefix("http://") in ended.err
    assert "Type small to launch" in ended.err
    assert "enrolled in sqlite: .stormctl/ledger.db: 4 new" in ended.err


@pytest.mark.parametrize("answer", ["", "yes", "Small"])
def test_any_other_word_launches_nothing(stormctl: CommandLine, practice: Practice, answer: str) -> None:
    """A reflex is no confirmation: no ledger is made and nothing published."""
    stormctl.answer(answer)

    ended = stormctl("launch")

    assert (ended.code, ended.out.strip()) == (ExitCode.USAGE, "")
    assert "nothing was done" in ended.err
    assert not (stormctl.root / ".stormctl").exists()
    assert practice.posts() == []


@pytest.mark.usefixtures("practice")
def test_a_bad_channel_stops_a_script(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--yes` alone doesn't leave out a channel that can't publish; the words that would are said."""
    monkeypatch.setenv("STORMCTL_X_ACME_ACCESS_TOKEN", "1-stale")

    ended = stormctl("launch", "--yes", "--detach")

    assert ended.code == ExitCode.CREDENTIALS
    assert "error: x:acme can't publish" in ended.err
    assert "developer console. Or leave it out: --without x:acme" in ended.err
    assert not (stormctl.root / ".stormctl").exists()


@pytest.mark.usefixtures("practice")
def test_a_person_may_launch_past_a_bad_channel(
    stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts suspended, and that was said before the confirmation."""
    monkeypatch.setenv("STORMCTL_X_ACME_ACCESS_TOKEN", "1-stale")
    stormctl.answer("small")

    ended = stormctl("launch", "--detach")

    assert ended.code == 0
    assert "x:acme will start suspended" in ended.err
    assert list(_suspended(stormctl)) == ["x:acme"]


@pytest.mark.usefixtures("practice")
def test_a_channel_is_left_out_by_name(stormctl: CommandLine) -> None:
    """`--without` suspends it without asking the platform."""
    ended = stormctl("launch", "--yes", "--detach", "--without", "facebook:acme")

    assert ended.code == 0
    assert _suspended(stormctl) == {"facebook:acme": "left out at launch"}


def test_a_storm_that_wants_approvals_is_not_launched(stormctl: CommandLine) -> None:
    """Approvals can't be collected yet, so nothing goes out without them."""
    schedule = (stormctl.root / "schedules/small.toml").read_text(encoding="utf-8")
    stormctl.write("schedules/small.toml", "approval = 2\n" + schedule)

    ended = stormctl("launch", "--yes")

    assert ended.code == ExitCode.NOT_APPROVED
    assert "asks for 2 approvals" in ended.err
