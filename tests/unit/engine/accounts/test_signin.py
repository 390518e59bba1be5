"""Sign-ins as use cases: what is refused before anything is written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.signin import CredentialsKnowledge
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.emulator.core.accounts import short_user_token
from stormctl.emulator.core.faults import parse_rules
from stormctl.emulator.server import EmulatorThread, make_accounts
from stormctl.engine.accounts.account_signin import AccountSignIn
from stormctl.engine.accounts.accounts import list_access
from stormctl.engine.accounts.page_signin import PageSignIn
from stormctl.engine.base.campaign import find_scheduled_channels
from stormctl.environment import Environment, name_variable
from stormctl.errors import CredentialsError, UsageError
from stormctl.platforms.x.signin import PinRefusedError
from stormctl.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.emulator.core.accounts import AccountSpec

ACCOUNT, PAGE, READ_ONLY = make_accounts(["x:acme", "facebook:acme", "facebook:reader"], seed=7)
READ_ONLY = replace(READ_ONLY, tasks=("ANALYZE",))
X, FACEBOOK = parse_channel_id("x:acme"), parse_channel_id("facebook:acme")
TWIN = parse_channel_id("x:twin")
USER_TOKEN = short_user_token(PAGE.credentials["APP_ID"], PAGE.credentials["APP_SECRET"])


@pytest.fixture(scope="module")
def _emulator() -> Iterator[EmulatorThread]:
    with EmulatorThread([ACCOUNT, PAGE, READ_ONLY], seed=7) as running:
        yield running


@pytest.fixture
def emulator(_emulator: EmulatorThread) -> EmulatorThread:
    """One emulator for all tests of this file, as new."""
    _emulator.world.reset()
    _emulator.faults.clear()
    return _emulator


def make_environment(emulator: EmulatorThread, *accounts: AccountSpec, **more: str) -> Environment:
    """Make an environment with the keys of accounts, under the names of their channels."""
    settings = Settings(base_urls={"X": emulator.base_url, "FACEBOOK": emulator.base_url})
    values = {
        name_variable(channel.platform, field, channel): value
        for account in accounts
        for channel in [parse_channel_id(account.channel)]
        for field, value in account.credentials.items()
    }
    return Environment(settings, {**values, **more}, from_file=values)


def sign_in(root: Path, emulator: EmulatorThread) -> AccountSignIn:
    """Make a sign-in on X whose app is known."""
    environment = make_environment(emulator, ACCOUNT)
    return AccountSignIn(root, environment, X, lambda _: None)


def allow(emulator: EmulatorThread) -> str:
    """Play the owner; return the PIN."""
    (token,) = emulator.world.sign_ins._open
    return str(emulator.world.sign_ins.allow(token, ACCOUNT))


def list_pages(root: Path, emulator: EmulatorThread) -> PageSignIn:
    """Make a sign-in on Facebook that has listed the Pages."""
    signin = PageSignIn(root, make_environment(emulator, PAGE), FACEBOOK, lambda _: None)
    signin.list_pages(f" {USER_TOKEN}\n")
    return signin


def test_what_was_begun_is_its_owners_alone(tmp_path: Path, emulator: EmulatorThread) -> None:
    """Every secret is learnt; the file is for one person; a second beginning replaces the first."""
    learnt: list[str] = []
    signin = AccountSignIn(tmp_path, make_environment(emulator, ACCOUNT), X, learnt.extend)

    signin.begin()
    signin.begin()

    (file,) = (tmp_path / ".stormctl").glob("[!.]*")
    assert file.name == "signin-x-acme.json"
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text("utf-8"))["secret"] == learnt[-1]


@pytest.mark.parametrize(
    "kept", ["", "[]", '{"token": "a"}', '{"token": "a", "secret": "b", "host": "example.org"}']
)
def test_what_was_cut_off_or_begun_elsewhere_is_begun_again(
    tmp_path: Path, emulator: EmulatorThread, kept: str
) -> None:
    """A torn file, and one of other hosts, are as good as none."""
    file = tmp_path / ".stormctl" / "signin-x-acme.json"
    file.parent.mkdir()
    file.write_text(kept, encoding="utf-8")

    with pytest.raises(UsageError, match="no sign-in of x:acme was started here"):
        sign_in(tmp_path, emulator).finish("1234567")


@pytest.mark.parametrize("typed", ["", "  ", "PIN", "12345b7", "http://127.0.0.1/"])
def test_what_is_no_number_is_no_pin(tmp_path: Path, emulator: EmulatorThread, typed: str) -> None:
    """X is not asked for it, and the sign-in can be finished all the same."""
    signin = sign_in(tmp_path, emulator)
    signin.begin()
    pin = allow(emulator)

    with pytest.raises(PinRefusedError, match="that is not a PIN"):
        signin.finish(typed)

    assert signin.finish(f" {pin[:3]}-{pin[3:]}\n").owner.id == ACCOUNT.id


def test_where_nothing_can_be_kept_nothing_is_begun(tmp_path: Path, emulator: EmulatorThread) -> None:
    """The system's own words."""
    (tmp_path / ".stormctl").write_text("no folder", encoding="utf-8")

    with pytest.raises(CredentialsError, match="can't be written"):
        sign_in(tmp_path, emulator).begin()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"action": "unauthorized"}, "the new credentials do not work: X answered 401"),
        ({"action": "error_before", "status": 503, "body": "text"}, "it is not known whose account it is"),
    ],
    ids=["bad", "unknown"],
)
def test_tokens_of_nobody_are_not_written(
    tmp_path: Path, emulator: EmulatorThread, fault: dict[str, object], message: str
) -> None:
    """Whether X says no or nothing at all."""
    signin = sign_in(tmp_path, emulator)
    signin.begin()
    emulator.faults.add(parse_rules([{"operation": "read_me", **fault}]))

    with pytest.raises(CredentialsError, match=message):
        signin.finish(allow(emulator))

    assert not (tmp_path / ".env").exists()


def test_a_page_that_cannot_be_posted_to_is_refused(tmp_path: Path, emulator: EmulatorThread) -> None:
    """The task is named."""
    signin = list_pages(tmp_path, emulator)

    with pytest.raises(CredentialsError, match=rf"Reader \({READ_ONLY.id}\): CREATE_CONTENT is missing"):
        signin.choose(READ_ONLY.id)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"type": "USER", "is_valid": True, "expires_at": 0}, "unusable token .*: its type is USER"),
        ({"type": "PAGE", "is_valid": False, "expires_at": 0}, "unusable token"),
        ({"type": "PAGE", "is_valid": True, "expires_at": 0, "profile_id": "1"}, "unusable token"),
        ({"type": "PAGE", "is_valid": True, "expires_at": 1}, "would expire"),
    ],
)
def test_a_token_that_does_not_last_is_refused(
    tmp_path: Path,
    emulator: EmulatorThread,
    monkeypatch: pytest.MonkeyPatch,
    facts: dict[str, object],
    message: str,
) -> None:
    """Facebook is asked what it gave us."""
    from stormctl.emulator.facebook import tokens as graph_tokens

    signin = list_pages(tmp_path, emulator)
    monkeypatch.setattr(graph_tokens, "_describe", lambda *_: facts)

    with pytest.raises(CredentialsError, match=message):
        signin.choose(PAGE.id)


def test_a_person_without_pages_is_told(
    tmp_path: Path, emulator: EmulatorThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the token must allow."""
    from stormctl.platforms.facebook.signin import GraphSignIn

    monkeypatch.setattr(GraphSignIn, "read_pages", lambda *_: ())

    with pytest.raises(CredentialsError, match="manages no Page") as caught:
        list_pages(tmp_path, emulator)

    assert "pages_show_list" in caught.value.hint


def test_the_list_finds_twins(emulator: EmulatorThread) -> None:
    """Two channels with one account are both named; what could not be asked is not bad."""
    twin = replace(ACCOUNT, name="twin")
    environment = make_environment(emulator, ACCOUNT, twin)

    rows = list_access([X, TWIN, FACEBOOK], environment, None, offline=False)

    assert [row.known_from for row in rows] == [
        CredentialsKnowledge.PLATFORM,
        CredentialsKnowledge.PLATFORM,
        None,
    ]
    assert [len(row.problems) for row in rows] == [1, 1, 0]
    assert "x:acme and x:twin are the same account" in rows[0].problems[0]
    assert rows[2].missing == ("STORMCTL_FACEBOOK_ACME_PAGE_ID", "STORMCTL_FACEBOOK_ACME_PAGE_TOKEN")


def test_only_channels_with_the_same_account_are_compared(
    emulator: EmulatorThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A campaign may have hundreds of channels; each is held against the ledger, too."""
    twin = replace(ACCOUNT, name="twin")
    environment = make_environment(emulator, ACCOUNT, twin, PAGE, READ_ONLY)
    compared: list[set[ChannelId]] = []
    monkeypatch.setattr(
        "stormctl.engine.accounts.accounts.check_accounts",
        lambda proofs, _ledger: compared.append({proof.channel for proof in proofs}),
    )

    list_access([X, FACEBOOK, TWIN, parse_channel_id("facebook:reader")], environment, None, offline=False)

    assert sorted(map(len, compared)) == [1, 1, 1, 1, 2, 2]
    assert compared.count({X, TWIN}) == 2


def test_a_locked_platform_is_not_asked(emulator: EmulatorThread) -> None:
    """The lock says nothing against the keys."""
    locked = make_environment(emulator, ACCOUNT).with_settings(Settings(live=False))

    (row,) = list_access([X], locked, None, offline=False)

    assert not row.is_bad
    assert row.remarks == (
        "not asked: STORMCTL_LIVE is not 1, which locks X: api.x.com is not on this machine",
    )


def test_a_token_that_the_platform_does_not_know_is_a_problem(emulator: EmulatorThread) -> None:
    """In the platform's words."""
    environment = make_environment(emulator, ACCOUNT, STORMCTL_X_ACME_ACCESS_TOKEN="1-dead")  # noqa: S106 - throw-away

    (row,) = list_access([X], environment, None, offline=False)

    assert row.is_bad
    assert row.problems == ("X answered 401: Unauthorized",)
    assert row.owner is None


def test_channels_come_from_all_schedules(tmp_path: Path) -> None:
    """None where there is no schedule yet."""
    (tmp_path / "schedules").mkdir()

    assert find_scheduled_channels(tmp_path) == ()
