"""`emulator`: which accounts it makes, and what keeps it from starting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.emulator import server
from stormctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.faults import Faults
    from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The channels of the emulators that were started, none of which really runs."""
    channels: list[str] = []

    def run(
        accounts: Sequence[AccountSpec],
        *,
        port: int,
        seed: int,
        faults: Faults,
        announce: Callable[[str], None],
        env: Path | None,
    ) -> None:
        del seed, faults, env
        channels.extend(account.channel for account in accounts)
        announce(f"STORMCTL_X_BASE_URL=http://127.0.0.1:{port}")

    monkeypatch.setattr(server, "run", run)
    return channels


def test_it_plays_the_accounts_of_the_campaign(stormctl: CommandLine, made: list[str]) -> None:
    """Without names it makes each channel of the schedules once, and announces itself as data."""
    ended = stormctl("emulator", "--port", "8123")

    assert ended.out == "STORMCTL_X_BASE_URL=http://127.0.0.1:8123\n"
    assert made == ["x:acme", "facebook:acme"]


def test_it_plays_the_accounts_that_are_named(stormctl: CommandLine, made: list[str]) -> None:
    """Names on the command line win over the campaign."""
    stormctl("emulator", "--channel", "x:other")

    assert made == ["x:other"]


def test_it_plays_two_accounts_where_there_is_no_campaign(
    stormctl: CommandLine, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be tried anywhere."""
    monkeypatch.chdir(stormctl.root.parent)

    ended = stormctl("emulator")

    assert ended.code == 0
    assert made == ["x:acme", "facebook:acme"]


def test_a_schedule_that_cannot_be_read_is_passed_over(stormctl: CommandLine, made: list[str]) -> None:
    """The emulator doesn't need every schedule to be in order."""
    stormctl.write("schedules/broken.toml", "name = ")

    stormctl("emulator")

    assert made == ["x:acme", "facebook:acme"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--channel", "acme"), "not a channel of the emulator"),
        (("--channel", "x:acme", "--channel", "x:acme"), "a channel is listed twice"),
        (("--faults", "awful"), "awful"),
    ],
)
def test_what_it_cannot_play_is_wrong_use(
    stormctl: CommandLine, made: list[str], arguments: tuple[str, ...], words: str
) -> None:
    """A mistyped channel or profile is said, and nothing starts."""
    ended = stormctl("emulator", *arguments)

    assert (ended.code, ended.out, made) == (ExitCode.USAGE, "", [])
    assert words in ended.err
