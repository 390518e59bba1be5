"""Tests of the throw-away accounts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from stormctl.emulator.core.accounts import CREDENTIALS, make_accounts, parse_account
from stormctl.errors import UsageError


def test_the_same_seed_gives_the_same_accounts() -> None:
    """Names and seed decide everything; another seed gives other secrets."""
    names = ["x:migrants-day", "facebook:migrants-day"]

    first, again, other = (make_accounts(names, seed) for seed in (7, 7, 8))

    assert first == again
    assert first[0].credentials != other[0].credentials


def test_credentials_look_real() -> None:
    """Tokens have the shapes of real ones: the user's id in X's, EAA… and digits in Facebook's."""
    x, page = make_accounts(["x:migrants-day", "facebook:migrants-day"], 7)

    assert list(x.credentials) == list(CREDENTIALS["x"])
    assert list(page.credentials) == list(CREDENTIALS["facebook"])
    assert x.credentials["ACCESS_TOKEN"].startswith(f"{x.id}-")
    assert re.fullmatch(r"EAAG\w{176}", page.credentials["PAGE_TOKEN"])
    assert re.fullmatch(r"[0-9a-f]{32}", page.credentials["APP_SECRET"])
    assert page.credentials["PAGE_ID"] == page.id


def test_accounts_of_a_platform_share_one_app() -> None:
    """All X accounts have one consumer key, and each its own token."""
    first, second = make_accounts(["x:one", "x:two"], 7)

    assert first.credentials["CONSUMER_KEY"] == second.credentials["CONSUMER_KEY"]
    assert first.credentials["ACCESS_TOKEN"] != second.credentials["ACCESS_TOKEN"]


def test_names_follow_from_the_channel() -> None:
    """A user name has no hyphen and at most 15 characters."""
    account = make_accounts(["x:journee-des-migrants"], 7)[0]

    assert account.channel == "x:journee-des-migrants"
    assert account.username == "journee_des_mig"
    assert account.display_name == "Journee Des Migrants"


@pytest.mark.parametrize("names", [["mastodon:one"], ["x:"], ["one"], ["x:one", "x:one"]])
def test_wrong_channels_are_refused(names: list[str]) -> None:
    """Only X and Facebook are emulated, and each channel once."""
    with pytest.raises(UsageError):
        make_accounts(names, 7)


def test_an_account_survives_the_way_to_another_process() -> None:
    """Plain values, troubles too, are read back as the same account, and its repr shows no secret."""
    account = replace(make_accounts(["x:migrants-day"], 7)[0], read_only=True, scopes=("pages_show_list",))

    again = parse_account(account.as_dict())

    assert account == again
    assert account.credentials["ACCESS_TOKEN_SECRET"] not in repr(again)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"platform": "bluesky"}, "bluesky"), ({"credentials": {}}, "CONSUMER_KEY"), ({"id": ""}, "name or id")],
)
def test_an_incomplete_account_is_refused(change: dict[str, object], message: str) -> None:
    """What is missing is named."""
    data = make_accounts(["x:migrants-day"], 7)[0].as_dict() | change

    with pytest.raises(UsageError, match=message):
        parse_account(data)
