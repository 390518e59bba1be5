"""What sign-ins are tried with: accounts, an `.env`, their owner, and somebody who types."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import requests
from dotenv import dotenv_values

from stormctl.cli import console
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.emulator.core.accounts import make_accounts, short_user_token
from stormctl.environment import load_environment
from stormctl.ledger.ledger import open_ledger
from tests.factories import bind_account_of, bind_hosts_of
from tests.unit.cli.conftest import read_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stormctl.emulator.core.accounts import AccountSpec
    from tests.unit.cli.conftest import CommandLine, Ended

ACCOUNTS = make_accounts(["x:acme", "x:partner", "facebook:acme", "facebook:partner"], seed=7)
ACME, PARTNER, PAGE, OTHER_PAGE = ACCOUNTS
SECRETS = {
    value for a in ACCOUNTS for key, value in a.credentials.items() if key not in {"PAGE_ID", "APP_ID"}
}
USER_TOKEN = short_user_token(PAGE.credentials["APP_ID"], PAGE.credentials["APP_SECRET"])


def write_env(campaign: CommandLine, text: str) -> None:
    """Write the campaign's `.env`, for its owner only."""
    campaign.write(".env", text).chmod(0o600)


def add_keys(campaign: CommandLine, *lines: str) -> None:
    """Add lines to `.env`."""
    write_env(campaign, read_env(campaign) + "".join(f"{line}\n" for line in lines))


def add_app(campaign: CommandLine, account: AccountSpec = ACME) -> None:
    """Add the keys of an account's app, which serve all channels of its platform."""
    fields = parse_channel_id(account.channel).platform.facts.app_fields
    add_keys(campaign, *(f"STORMCTL_{account.platform.upper()}_{n}={account.credentials[n]}" for n in fields))


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


def sit_down(campaign: CommandLine, *typed: str | Callable[[], str], terminal: bool = True) -> None:
    """Let a person type these lines when they are asked, or a script send them."""
    campaign.answer()
    campaign._patch.setattr(sys, "stdin", Keyboard(typed))
    if not terminal:
        campaign._patch.setattr(console, "is_terminal", lambda: False)


class Keyboard:
    """Gives its lines one by one; some are made only when they are asked for."""

    def __init__(self, lines: Sequence[str | Callable[[], str]]) -> None:
        self._lines = list(lines)

    def readline(self, _size: int = -1) -> str:
        """Type the next line."""
        line = self._lines.pop(0)
        return f"{line() if callable(line) else line}\n"


def bind(campaign: CommandLine, channel: str, number: str, name: str, host: str | None = None) -> None:
    """Make a ledger that knows a channel's account, at the emulator's hosts or at another one."""
    settings = load_environment(campaign.root, {}).settings
    with closing(open_ledger("sqlite:///.stormctl/ledger.db", root=campaign.root, create=True)) as ledger:
        bind_account_of(ledger, parse_channel_id(channel), number, name, read_moment())
        if host is not None:
            bind_hosts_of(ledger, {"x": host, "facebook": settings.host(Platform.FACEBOOK)})


def begin(campaign: CommandLine, account: AccountSpec = ACME) -> str:
    """Begin a sign-in where nobody sits, and return the PIN that the account's owner sees."""
    begun = campaign("auth", "x", "acme")
    assert begun.code == 0
    return allow(begun.out.strip(), account)


def assert_no_secret(*ended: Ended) -> None:
    """Make sure that nothing secret was printed."""
    printed = "".join(end.out + end.err for end in ended)
    assert not [secret for secret in {*SECRETS, USER_TOKEN} if secret in printed]
