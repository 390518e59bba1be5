"""`launch`: summary, confirmation and bad channels, while the emulator plays both platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.emulator.core.accounts import make_accounts
from stormctl.emulator.server import EmulatorThread, describe
from stormctl.errors import ExitCode
from stormctl.ledger.ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.cli.conftest import CommandLine

ACCOUNTS = make_accounts(["x:acme", "facebook:acme"], 0)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorThread]:
    """The campaign's two accounts, with their credentials in the environment."""
    with EmulatorThread(ACCOUNTS) as running:
        for line in describe(ACCOUNTS, running.base_url):
            name, _, value = line.partition("=")
            if not name.startswith("#"):
                monkeypatch.setenv(name, value)
        yield running


def _suspended(stormctl: CommandLine) -> dict[str, str]:
    ledger = open_ledger("sqlite:///.stormctl/ledger.db", root=stormctl.root)
    try:
        return ledger.channels.suspended()
    finally:
        ledger.close()


def test_the_storms_name_launches_it(stormctl: CommandLine, emulator: EmulatorThread) -> None:
    """A person sees accounts, hosts and times, types the storm's id, and the plan is enrolled."""
    stormctl.answer("small")

    ended = stormctl("launch", "--detach")

    assert (ended.code, ended.out.strip()) == (0, "")
    assert "NOT LIVE" in ended.err
    assert emulator.base_url.removeprefix("http://") in ended.err
    assert "Type small to launch" in ended.err
    assert "enrolled in sqlite: .stormctl/ledger.db: 4 new" in ended.err


@pytest.mark.parametrize("answer", ["", "yes", "Small"])
def test_any_other_word_launches_nothing(
    stormctl: CommandLine, emulator: EmulatorThread, answer: str
) -> None:
    """A reflex is no confirmation: no ledger is made and nothing published."""
    stormctl.answer(answer)

    ended = stormctl("launch")

    assert (ended.code, ended.out.strip()) == (ExitCode.USAGE, "")
    assert "nothing was done" in ended.err
    assert not (stormctl.root / ".stormctl").exists()
    assert emulator.world.posts() == []


@pytest.mark.usefixtures("emulator")
def test_nobody_there_launches_nothing(stormctl: CommandLine) -> None:
    """Without a terminal and without `--yes` it stops, and says what scripts write."""
    ended = stormctl("launch")

    assert ended.code == ExitCode.USAGE
    assert "error: nobody can confirm here\nhint: For scripts: stormctl launch SCHEDULE --yes." in ended.err
    assert not (stormctl.root / ".stormctl").exists()


@pytest.mark.usefixtures("emulator")
def test_a_bad_channel_stops_a_script(stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--yes` alone doesn't leave out a channel that can't publish; the words that would are said."""
    monkeypatch.setenv("STORMCTL_X_ACME_ACCESS_TOKEN", "1-stale")

    ended = stormctl("launch", "--yes", "--detach")

    assert ended.code == ExitCode.CREDENTIALS
    assert "error: x:acme can't publish" in ended.err
    assert "developer console. Or leave it out: --without x:acme" in ended.err
    assert not (stormctl.root / ".stormctl").exists()


@pytest.mark.usefixtures("emulator")
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


@pytest.mark.usefixtures("emulator")
def test_a_channel_is_left_out_by_name(stormctl: CommandLine) -> None:
    """`--without` suspends it without asking the platform."""
    ended = stormctl("launch", "--yes", "--detach", "--without", "facebook:acme")

    assert ended.code == 0
    assert _suspended(stormctl) == {"facebook:acme": "left out at launch"}


@pytest.mark.usefixtures("emulator")
@pytest.mark.parametrize(
    ("name", "words"), [("acme", "is not a channel"), ("x:nobody", "no channel x:nobody")]
)
def test_a_channel_that_is_not_there_cannot_be_left_out(stormctl: CommandLine, name: str, words: str) -> None:
    """A mistyped `--without` must not let the channel run."""
    ended = stormctl("launch", "--yes", "--without", name)

    assert ended.code == ExitCode.USAGE
    assert words in ended.err
    assert not (stormctl.root / ".stormctl").exists()


def test_findings_stop_a_launch(stormctl: CommandLine) -> None:
    """Each is listed with its place, and nothing else happens."""
    stormctl.write("messages/small/boat.en.md", "---\ncolour: red\n---\nA boat.\n")

    ended = stormctl("launch", "--yes")

    assert (ended.code, ended.out) == (ExitCode.FINDINGS, "")
    assert "messages/small/boat.en.md:2" in ended.err
    assert "must be mended first" in ended.err


def test_a_storm_that_wants_approvals_is_not_launched(stormctl: CommandLine) -> None:
    """Approvals can't be collected yet, so nothing goes out without them."""
    schedule = (stormctl.root / "schedules/small.toml").read_text(encoding="utf-8")
    stormctl.write("schedules/small.toml", "approval = 2\n" + schedule)

    ended = stormctl("launch", "--yes")

    assert ended.code == ExitCode.NOT_APPROVED
    assert "asks for 2 approvals" in ended.err


@pytest.mark.usefixtures("emulator")
def test_no_secret_is_printed(stormctl: CommandLine) -> None:
    """Neither the summary nor the enrolment shows a credential."""
    ended = stormctl("launch", "--yes", "--detach")

    secrets = {
        value
        for account in ACCOUNTS
        for name, value in account.credentials.items()
        if "SECRET" in name or "TOKEN" in name
    }
    assert not {secret for secret in secrets if secret in ended.out + ended.err}
