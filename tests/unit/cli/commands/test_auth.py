"""`auth`: what is asked, what is printed, and what then stands in `.env`, against the emulator."""

from __future__ import annotations

import getpass
import io
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.main import INTERRUPTED
from stormctl.domain.base.event import EventKind
from stormctl.emulator.server import EmulatorThread
from stormctl.errors import ExitCode
from tests.unit.cli.signing_in import (
    ACCOUNTS,
    ACME,
    OTHER_PAGE,
    PAGE,
    USER_TOKEN,
    add_app,
    add_keys,
    allow,
    assert_no_secret,
    begin,
    bind,
    read_env,
    read_values,
    sit_down,
    write_env,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine


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


def test_a_sign_in_on_x_in_two_steps(campaign: CommandLine) -> None:
    """The address first; with the PIN, the tokens stand in `.env`, and nothing else has changed."""
    add_app(campaign)
    before = read_env(campaign)

    begun = campaign("auth", "x")
    pin = allow(begun.out.strip(), ACME)
    ended = campaign("auth", "x", "acme", "--pin", f"{pin[:3]} {pin[3:]}", "--yes")

    keys = ACME.credentials
    assert (begun.code, ended.code) == (0, 0)
    assert "Then run: stormctl auth x x:acme --pin PIN" in begun.err
    assert "Acme (@acme)" in ended.err
    assert "NOT LIVE" in ended.err
    assert read_env(campaign) == before + (
        f"STORMCTL_X_ACME_ACCESS_TOKEN={keys['ACCESS_TOKEN']}\n"
        f"STORMCTL_X_ACME_ACCESS_TOKEN_SECRET={keys['ACCESS_TOKEN_SECRET']}\n"
        f"STORMCTL_X_ACME_ACCOUNT_ID={ACME.id}\n"
    )
    assert stat.S_IMODE((campaign.root / ".env").stat().st_mode) == 0o600
    assert list((campaign.root / ".stormctl").glob("[!.]*")) == []
    assert_no_secret(begun, ended)


def test_a_sign_in_is_in_the_log(campaign: CommandLine, ledger: Ledger) -> None:
    """Where there is a ledger, its history says who signed in as whom."""
    add_app(campaign)
    begun = campaign("auth", "x")
    pin = allow(begun.out.strip(), ACME)

    campaign("auth", "x", "acme", "--pin", pin, "--yes")

    (entry,) = ledger.history.log()
    assert (entry.event.kind, entry.event.channel) == (EventKind.SIGNED_IN, "x:acme")
    assert entry.event.text.startswith("signed in as Acme (@acme) by ")


def test_keys_of_the_app_are_asked_for(campaign: CommandLine, emulator: EmulatorThread) -> None:
    """On a terminal: keys, a PIN that is mistyped once, and a yes; the keys are written for every channel."""
    keys = ACME.credentials

    def call_out_pin() -> str:
        (begun,) = emulator.world.sign_ins._open
        return str(emulator.world.sign_ins.allow(begun, ACME))

    sit_down(campaign, keys["CONSUMER_KEY"], keys["CONSUMER_SECRET"], "0000000", call_out_pin, "y")

    ended = campaign("auth", "x")

    written = read_values(campaign)
    assert ended.code == 0, ended.err
    assert (
        "X does not take this PIN (Error processing your OAuth request: Invalid oauth_verifier" in ended.err
    )
    assert written["STORMCTL_X_CONSUMER_KEY"] == keys["CONSUMER_KEY"]
    assert written["STORMCTL_X_CONSUMER_SECRET"] == keys["CONSUMER_SECRET"]
    assert written["STORMCTL_X_ACME_ACCESS_TOKEN"] == keys["ACCESS_TOKEN"]
    assert_no_secret(ended)


def test_a_channel_with_an_app_of_its_own_keeps_it_to_itself(campaign: CommandLine) -> None:
    """Where one half of the app's keys has the channel's name, the other half gets it too."""
    add_keys(campaign, f"STORMCTL_X_ACME_CONSUMER_KEY={ACME.credentials['CONSUMER_KEY']}")

    ended = campaign("auth", "x")

    assert ended.code == ExitCode.CREDENTIALS
    assert "STORMCTL_X_ACME_CONSUMER_SECRET not set" in ended.err


def test_who_never_names_a_page_changes_nothing(campaign: CommandLine) -> None:
    """Three tries; the number of a Page will do as well as its place."""
    add_app(campaign, PAGE)
    before = read_env(campaign)
    sit_down(campaign, USER_TOKEN, "0", "", "nine")
    never = campaign("auth", "facebook")
    sit_down(campaign, USER_TOKEN, PAGE.id, "n")
    by_number = campaign("auth", "facebook")

    assert (never.code, by_number.code) == (ExitCode.USAGE, ExitCode.USAGE)
    assert "no Page was chosen" in never.err
    assert f"Number   {PAGE.id}" in by_number.err
    assert read_env(campaign) == before


def test_a_sign_in_may_be_finished_later(campaign: CommandLine, emulator: EmulatorThread) -> None:
    """Who stops at the question for the PIN was told how to go on, and the shell that they stopped."""
    add_app(campaign)
    sit_down(campaign)
    campaign._patch.setattr(sys, "stdin", io.StringIO())
    stopped = campaign("auth", "x")
    pin = allow(stopped.out.strip(), ACME)
    sit_down(campaign, "y")

    ended = campaign("auth", "x", "--pin", pin)

    assert (stopped.code, ended.code) == (INTERRUPTED, 0)
    assert "or later: stormctl auth x x:acme --pin PIN" in stopped.err
    assert emulator.world.sign_ins._open == {}


def test_who_says_no_changes_nothing(campaign: CommandLine) -> None:
    """The name is shown before anything is written."""
    add_app(campaign)
    before, pin = read_env(campaign), begin(campaign)
    sit_down(campaign, "n")

    ended = campaign("auth", "x", "acme", "--pin", pin)

    assert ended.code == ExitCode.USAGE
    assert "Acme (@acme)" in ended.err
    assert "Nothing was written." in ended.err
    assert read_env(campaign) == before


def test_an_account_of_another_channel_is_refused(campaign: CommandLine) -> None:
    """Also one whose tokens are dead: they still say whose they are."""
    add_app(campaign)
    add_keys(campaign, f"STORMCTL_X_PARTNER_ACCESS_TOKEN={ACME.id}-revoked")
    before, pin = read_env(campaign), begin(campaign)

    ended = campaign("auth", "x", "acme", "--pin", pin, "--yes")

    assert ended.code == ExitCode.CREDENTIALS
    assert f"Acme (@acme) ({ACME.id}) is already the account of STORMCTL_X_PARTNER_…" in ended.err
    assert read_env(campaign) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ACCOUNT_ID=6666", "and STORMCTL_X_ACME_ACCOUNT_ID is 6666"),
        ("ACCESS_TOKEN=6666-revoked", "x:acme was signed in as the account 6666, and this is Acme (@acme)"),
    ],
)
def test_another_account_than_at_first_is_refused(campaign: CommandLine, line: str, message: str) -> None:
    """By its number, or by the old token where nobody wrote the number down: a new name is a new channel."""
    add_app(campaign)
    add_keys(campaign, f"STORMCTL_X_ACME_{line}")
    before, pin = read_env(campaign), begin(campaign)

    ended = campaign("auth", "x", "acme", "--pin", pin, "--yes")

    assert ended.code == ExitCode.CREDENTIALS
    assert message in ended.err
    assert "To change accounts on purpose, remove STORMCTL_X_ACME_ACC" in ended.err
    assert read_env(campaign) == before


def test_another_page_than_at_first_is_refused(campaign: CommandLine) -> None:
    """Somebody chose the wrong one of the list."""
    add_app(campaign, PAGE)
    add_keys(campaign, f"STORMCTL_FACEBOOK_ACME_PAGE_ID={PAGE.id}")
    before = read_env(campaign)
    sit_down(campaign, USER_TOKEN, terminal=False)

    ended = campaign("auth", "facebook", "--token-stdin", "--page", OTHER_PAGE.id, "--yes")

    assert ended.code == ExitCode.CREDENTIALS
    assert f"facebook:acme was signed in as the account {PAGE.id}, and this is Partner" in ended.err
    assert "remove STORMCTL_FACEBOOK_ACME_PAGE_ID from .env first" in ended.err
    assert read_env(campaign) == before


def test_the_same_account_signs_in_again(campaign: CommandLine) -> None:
    """Its keys were revoked, perhaps."""
    add_app(campaign)
    add_keys(campaign, f"STORMCTL_X_ACME_ACCOUNT_ID={ACME.id}", f"STORMCTL_X_ACME_ACCESS_TOKEN={ACME.id}-old")
    pin = begin(campaign)

    ended = campaign("auth", "x", "acme", "--pin", pin, "--yes")

    assert ended.code == 0, ended.err
    assert read_values(campaign)["STORMCTL_X_ACME_ACCESS_TOKEN"] == ACME.credentials["ACCESS_TOKEN"]


def test_another_account_than_the_ledgers_is_refused(campaign: CommandLine) -> None:
    """What was launched as one account cannot become another one by signing in."""
    add_app(campaign)
    bind(campaign, "x:acme", "1", "Somebody else")
    before, pin = read_env(campaign), begin(campaign)

    ended = campaign("auth", "x", "acme", "--pin", pin, "--yes")

    assert ended.code == ExitCode.CREDENTIALS
    assert "but the ledger knows it as Somebody else (1)" in ended.err
    assert read_env(campaign) == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["x", "facebook:acme"], ExitCode.USAGE, "facebook:acme is not on X"),
        (["x", "a b"], ExitCode.USAGE, "is not a channel"),
        (["x"], ExitCode.CREDENTIALS, "STORMCTL_X_CONSUMER_KEY and STORMCTL_X_CONSUMER_SECRET not set"),
        (["x", "--pin", "1"], ExitCode.USAGE, "can't ask for confirmation: not a terminal"),
        (["facebook"], ExitCode.USAGE, "--token-stdin"),
        (["facebook", "--token-stdin"], ExitCode.USAGE, "can't ask for confirmation: not a terminal"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_said_in_a_line(
    campaign: CommandLine, arguments: list[str], code: ExitCode, message: str
) -> None:
    """Nobody sits at a terminal, and no keys are set."""
    ended = campaign("auth", *arguments)

    assert ended.code == code
    assert message in ended.err


def test_what_the_environment_holds_cannot_be_written(
    campaign: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable of the environment would win over what is written."""
    monkeypatch.setenv("STORMCTL_X_ACME_ACCESS_TOKEN", "from-outside")

    ended = campaign("auth", "x")

    assert ended.code == ExitCode.USAGE
    assert "STORMCTL_X_ACME_ACCESS_TOKEN is set in the environment, which wins over .env" in ended.err


def test_the_lock_holds(campaign: CommandLine) -> None:
    """STORMCTL_LIVE=0 keeps a sign-in from the real platforms."""
    write_env(campaign, "STORMCTL_LIVE=0\n")

    ended = campaign("auth", "x")

    assert ended.code == ExitCode.CREDENTIALS
    assert "STORMCTL_LIVE is not 1, which locks X" in ended.err


def test_several_channels_must_be_named(campaign: CommandLine) -> None:
    """Without a name, only one channel on the platform will do; a name of no schedule is refused."""
    text = (campaign.root / "schedules/small.toml").read_text(encoding="utf-8")
    campaign.write("schedules/other.toml", text.replace("x:acme", "x:partner"))
    add_app(campaign)

    unnamed, unknown = campaign("auth", "x"), campaign("auth", "x", "x:third")
    anyway = campaign("auth", "x", "x:third", "--anyway")

    assert unnamed.code == ExitCode.USAGE
    assert "One of: x:partner, x:acme" in unnamed.err
    assert unknown.code == ExitCode.USAGE
    assert "no schedule has the channel x:third" in unknown.err
    assert "If it is meant all the same: --anyway" in unknown.err
    assert (anyway.code, "no schedule has" in anyway.err) == (0, False)


def test_a_page_is_chosen(campaign: CommandLine) -> None:
    """From a user token on standard input to the Page's own, which does not expire."""
    add_app(campaign, PAGE)
    sit_down(campaign, USER_TOKEN, terminal=False)

    ended = campaign("auth", "facebook", "--token-stdin", "--page", PAGE.id, "--yes")

    written = read_values(campaign)
    assert ended.code == 0, ended.err
    assert f"2  Partner  {OTHER_PAGE.id}  can post" in ended.err
    assert written["STORMCTL_FACEBOOK_ACME_PAGE_ID"] == PAGE.id
    assert written["STORMCTL_FACEBOOK_ACME_PAGE_TOKEN"] == PAGE.credentials["PAGE_TOKEN"]
    assert_no_secret(ended)


def test_a_person_is_asked_for_what_facebook_needs(campaign: CommandLine) -> None:
    """The app, the token, the Page by its place and a yes; the user token is written nowhere."""
    keys = PAGE.credentials
    sit_down(campaign, keys["APP_ID"], keys["APP_SECRET"], "EAAGnone", USER_TOKEN, "9", "1", "y")

    ended = campaign("auth", "facebook")

    written = read_values(campaign)
    assert ended.code == 0, ended.err
    assert "Graph API Explorer" in ended.err
    assert "Cannot parse access token. Try another one." in ended.err
    assert "“9” is not one of them." in ended.err
    assert written["STORMCTL_FACEBOOK_APP_ID"] == keys["APP_ID"]
    assert written["STORMCTL_FACEBOOK_APP_SECRET"] == keys["APP_SECRET"]
    assert written["STORMCTL_FACEBOOK_ACME_PAGE_TOKEN"] == keys["PAGE_TOKEN"]
    assert USER_TOKEN not in read_env(campaign)
    assert_no_secret(ended)


@pytest.mark.parametrize(
    ("token", "page", "message"),
    [
        (USER_TOKEN, [], "there are several Pages: say which one"),
        (USER_TOKEN, ["--page", "1"], "the Page 1 is not on the list"),
        ("", [], "there is no user token"),
        ("EAAGnone", [], "Cannot parse access token"),
    ],
)
def test_a_page_that_is_not_chosen_changes_nothing(
    campaign: CommandLine, token: str, page: list[str], message: str
) -> None:
    """One line says what is missing."""
    add_app(campaign, PAGE)
    before = read_env(campaign)
    sit_down(campaign, token, terminal=False)

    ended = campaign("auth", "facebook", "--token-stdin", "--yes", *page)

    assert ended.code in {ExitCode.USAGE, ExitCode.CREDENTIALS}
    assert message in ended.err
    assert read_env(campaign) == before


def test_the_list_shows_names_and_what_is_missing(campaign: CommandLine) -> None:
    """For people and for machines: who, from where, and what is missing, never a value."""
    add_app(campaign)
    keys = ACME.credentials
    add_keys(
        campaign,
        f"STORMCTL_X_ACME_ACCESS_TOKEN={keys['ACCESS_TOKEN']}",
        f"STORMCTL_X_ACME_ACCESS_TOKEN_SECRET={keys['ACCESS_TOKEN_SECRET']}",
    )

    people, machine = campaign("auth", "list"), campaign("auth", "list", "--json")

    x, page = machine.json["channels"]
    assert (people.code, machine.code) == (ExitCode.CREDENTIALS, ExitCode.CREDENTIALS)
    assert f"x:acme  Acme (@acme) ({ACME.id})" in people.out
    assert "NOT LIVE: X is 127.0.0.1:" in people.out
    assert "Sign in: stormctl auth facebook acme" in people.out
    assert x["account"]["name"] == "Acme (@acme)"
    assert x["variables"][0] == {"name": "STORMCTL_X_CONSUMER_KEY", "source": ".env", "optional": False}
    assert page["missing"] == ["STORMCTL_FACEBOOK_ACME_PAGE_ID", "STORMCTL_FACEBOOK_ACME_PAGE_TOKEN"]
    assert_no_secret(people, machine)


def test_the_list_names_lines_of_env_without_effect(campaign: CommandLine) -> None:
    """A key under a name that nothing reads is missing, and here is why."""
    add_keys(campaign, f"STORMCTL_X_ACME_API_KEY={ACME.credentials['CONSUMER_KEY']}")

    listed = campaign("auth", "list", "--offline")

    assert "STORMCTL_X_ACME_API_KEY is a name that nothing uses. Did you mean" in listed.err
    assert_no_secret(listed)


def test_the_list_asks_nobody_offline(campaign: CommandLine, emulator: EmulatorThread) -> None:
    """Then the ledger tells, where it knows."""
    bind(campaign, "x:acme", ACME.id, "Acme (@acme)")

    ended = campaign("auth", "list", "--offline")

    assert f"x:acme  Acme (@acme) ({ACME.id}), as the ledger knows it" in ended.out
    assert emulator.world.requests() == []


def test_the_list_does_without_schedules_and_without_a_ledger_of_these_hosts(campaign: CommandLine) -> None:
    """Then `.env` names the channels, and a ledger of other hosts tells nothing."""
    (campaign.root / "schedules/small.toml").unlink()
    empty = campaign("auth", "list")
    bind(campaign, "x:acme", "1", "Somebody else", host="example.org")
    add_keys(campaign, "STORMCTL_X_THIRD_ACCESS_TOKEN=1-a")

    ended = campaign("auth", "list")

    assert (empty.code, ended.code) == (ExitCode.USAGE, ExitCode.CREDENTIALS)
    assert "there are no channels yet" in empty.err
    assert "x:third  account not known" in ended.out
    assert "the ledger is not read" in ended.err
