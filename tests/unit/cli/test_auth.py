"""`auth`: what is asked, what is printed, and what then stands in `.env`, against the emulator."""

from __future__ import annotations

import getpass
import io
import re
import stat
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from dotenv import dotenv_values

from stormctl.domain.channel import parse_channel_id
from stormctl.emulator.accounts import short_user_token
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.errors import ExitCode
from stormctl.ledger.ledger import open_ledger
from tests.unit.cli.conftest import read_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.emulator.accounts import AccountSpec
    from tests.unit.cli.conftest import CommandLine, Ended

ACCOUNTS = make_accounts(["x:acme", "x:partner", "facebook:acme", "facebook:partner"], seed=7)
ACME, PARTNER, PAGE, OTHER_PAGE = ACCOUNTS
SECRETS = {value for a in ACCOUNTS for key, value in a.credentials.items() if key not in {"PAGE_ID", "APP_ID"}}
USER_TOKEN = short_user_token(PAGE.credentials["APP_ID"], PAGE.credentials["APP_SECRET"])


@pytest.fixture(scope="module")
def _emulator() -> Iterator[EmulatorThread]:
    with EmulatorThread(ACCOUNTS, seed=7) as running:
        yield running


@pytest.fixture
def emulator(_emulator: EmulatorThread) -> EmulatorThread:
    """One emulator for all tests of this file, as new."""
    _emulator.world.reset()
    _emulator.faults.clear()
    return _emulator


@pytest.fixture(autouse=True)
def _typing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is asked for without echo be typed like everything else."""
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: sys.stdin.readline())


@pytest.fixture
def campaign(stormctl: CommandLine, emulator: EmulatorThread) -> CommandLine:
    """A campaign whose platforms are the emulator, without any keys."""
    write_env(
        stormctl,
        f"# ours\nSTORMCTL_X_BASE_URL={emulator.base_url}\nSTORMCTL_FACEBOOK_BASE_URL={emulator.base_url}\n",
    )
    return stormctl


def write_env(campaign: CommandLine, text: str) -> None:
    """Write the campaign's `.env`, for its owner only."""
    campaign.write(".env", text).chmod(0o600)


def add_keys(campaign: CommandLine, *lines: str) -> None:
    """Add lines to `.env`."""
    write_env(campaign, read_env(campaign) + "".join(f"{line}\n" for line in lines))


def add_app(campaign: CommandLine) -> None:
    """Add the app's keys on X, which serve all channels."""
    keys = ACME.credentials
    add_keys(
        campaign,
        f"STORMCTL_X_CONSUMER_KEY={keys['CONSUMER_KEY']}",
        f"STORMCTL_X_CONSUMER_SECRET={keys['CONSUMER_SECRET']}",
    )


def add_page_app(campaign: CommandLine) -> None:
    """Add the app's id and secret on Facebook."""
    keys = PAGE.credentials
    add_keys(
        campaign,
        f"STORMCTL_FACEBOOK_APP_ID={keys['APP_ID']}",
        f"STORMCTL_FACEBOOK_APP_SECRET={keys['APP_SECRET']}",
    )


def read_env(campaign: CommandLine) -> str:
    """Read the campaign's `.env`."""
    return (campaign.root / ".env").read_text(encoding="utf-8")


def read_values(campaign: CommandLine) -> dict[str, str | None]:
    """Read the variables of `.env`."""
    return dict(dotenv_values(campaign.root / ".env"))


def allow(url: str, account: AccountSpec) -> str:
    """Play the account's owner: open the address, allow the app, read the PIN."""
    base, _, token = url.partition("/oauth/authorize?oauth_token=")
    form = {"oauth_token": token, "account": account.channel}
    page = requests.post(f"{base}/oauth/authorize", data=form, timeout=10)
    found = re.search(r'<output id="pin">(\d{7})</output>', page.text)
    assert found is not None
    return found[1]


def begin(campaign: CommandLine, account: AccountSpec = ACME) -> str:
    """Begin a sign-in where nobody sits, and return the PIN that the account's owner sees."""
    begun = campaign("auth", "x", "acme")
    assert begun.code == 0
    return allow(begun.out.strip(), account)


def assert_no_secret(*ended: Ended) -> None:
    """Make sure that nothing secret was printed."""
    printed = "".join(end.out + end.err for end in ended)
    assert not [secret for secret in {*SECRETS, USER_TOKEN} if secret in printed]


def test_a_sign_in_on_x_in_two_steps(campaign: CommandLine) -> None:
    """The address first; with the PIN, the tokens stand in `.env`, and nothing else has changed."""
    add_app(campaign)
    before = read_env(campaign)

    begun = campaign("auth", "x")
    pin = allow(begun.out.strip(), ACME)
    ended = campaign("auth", "x", "acme", "--pin", f"{pin[:3]} {pin[3:]}", "--yes")

    keys = ACME.credentials
    assert (begun.code, ended.code) == (0, 0)
    assert "Then type: stormctl auth x x:acme --pin PIN" in begun.err
    assert "Acme (@acme)" in ended.err
    assert "NOT LIVE" in ended.err
    assert read_env(campaign) == before + (
        f"STORMCTL_X_ACME_ACCESS_TOKEN={keys['ACCESS_TOKEN']}\n"
        f"STORMCTL_X_ACME_ACCESS_TOKEN_SECRET={keys['ACCESS_TOKEN_SECRET']}\n"
    )
    assert stat.S_IMODE((campaign.root / ".env").stat().st_mode) == 0o600
    assert list((campaign.root / ".stormctl").iterdir()) == []
    assert_no_secret(begun, ended)


def test_keys_of_the_app_are_asked_for(
    campaign: CommandLine, emulator: EmulatorThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal: keys, PIN and a yes; all of it is written, the keys for every channel."""
    keys = ACME.credentials
    campaign.answer(keys["CONSUMER_KEY"], keys["CONSUMER_SECRET"])
    lines = sys.stdin
    owner = _Owner(lines, emulator, ["y"])
    monkeypatch.setattr(sys, "stdin", owner)

    ended = campaign("auth", "x")

    written = read_values(campaign)
    assert ended.code == 0, ended.err
    assert written["STORMCTL_X_CONSUMER_KEY"] == keys["CONSUMER_KEY"]
    assert written["STORMCTL_X_CONSUMER_SECRET"] == keys["CONSUMER_SECRET"]
    assert written["STORMCTL_X_ACME_ACCESS_TOKEN"] == keys["ACCESS_TOKEN"]
    assert_no_secret(ended)


class _Owner(io.StringIO):
    """A terminal at which, once it is asked for the PIN, the account's owner calls it out."""

    def __init__(self, typed: object, emulator: EmulatorThread, after: list[str]) -> None:
        assert isinstance(typed, io.StringIO)
        super().__init__()
        self._lines = typed.getvalue().splitlines(keepends=True)
        self._emulator = emulator
        self._after = after

    def readline(self, _size: int | None = -1, /) -> str:
        if self._lines:
            return self._lines.pop(0)
        (begun,) = self._emulator.world.sign_ins._open.values() or (None,)
        if begun is not None and begun.account is None:
            pin = self._emulator.world.sign_ins.allow(begun.token, ACME)
            self._lines = [f"{pin}\n", *(f"{line}\n" for line in self._after)]
        return self._lines.pop(0)
