"""What the platforms are, as their documents have it."""

from __future__ import annotations

import pytest

from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Ceiling, Metric
from tests.factories import DAY, QUARTER


@pytest.mark.parametrize(
    ("platform", "verified", "ceilings"),
    [
        (Platform.X, False, (Ceiling(100, QUARTER), Ceiling(50, DAY))),
        (Platform.X, True, (Ceiling(100, QUARTER), Ceiling(2_400, DAY))),
        (Platform.FACEBOOK, False, ()),
        (Platform.FACEBOOK, True, ()),
    ],
)
def test_ceilings_are_the_platforms_documented_ones(
    platform: Platform, *, verified: bool, ceilings: tuple[Ceiling, ...]
) -> None:
    """X has one a quarter of an hour and one a day, which verified accounts have higher; Facebook none."""
    assert platform.facts.find_ceilings(verified=verified) == ceilings


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("a" * 280, 280), ("日本語", 6), ("👨‍👩‍👧", 2), ("See example.org", 27), ("e\u0301", 1)],
)
def test_x_weighs_a_text(text: str, expected: int) -> None:
    """Letters weigh one, CJK and emoji two, links 23, after composing accents."""
    assert expected == Platform.X.facts.measure(text)


@pytest.mark.parametrize(
    ("platform", "app", "token", "account"),
    [
        (
            Platform.X,
            ("CONSUMER_KEY", "CONSUMER_SECRET"),
            ("ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"),
            "ACCOUNT_ID",
        ),
        (Platform.FACEBOOK, ("APP_ID", "APP_SECRET"), ("PAGE_ID", "PAGE_TOKEN"), "PAGE_ID"),
    ],
)
def test_credentials_are_the_apps_and_a_sign_ins(
    platform: Platform, app: tuple[str, ...], token: tuple[str, ...], account: str
) -> None:
    """One app serves all channels; a sign-in brings the rest, and one field says whose they are."""
    facts = platform.facts

    assert (facts.app_fields, facts.token_fields, facts.account_field) == (app, token, account)


@pytest.mark.parametrize(
    ("platform", "found", "account"),
    [
        (Platform.X, {"ACCOUNT_ID": "7", "ACCESS_TOKEN": "8-secret"}, "7"),
        (Platform.X, {"ACCESS_TOKEN": "8-secret"}, "8"),
        (Platform.X, {"ACCESS_TOKEN": "secret-8"}, None),
        (Platform.FACEBOOK, {"PAGE_ID": "9", "PAGE_TOKEN": "8-secret"}, "9"),
        (Platform.FACEBOOK, {"PAGE_TOKEN": "8-secret"}, None),
    ],
)
def test_credentials_name_their_account(
    platform: Platform, found: dict[str, str], account: str | None
) -> None:
    """By a field of their own; on X also by the number with which an access token begins."""
    assert platform.facts.find_account(found) == account


@pytest.mark.parametrize(
    ("platform", "open_ones"),
    [(Platform.X, {"ACCOUNT_ID"}), (Platform.FACEBOOK, {"PAGE_ID", "APP_ID"})],
)
def test_what_is_secret_is_said_of_each_field(platform: Platform, open_ones: set[str]) -> None:
    """Ids of accounts, Pages and apps stand in addresses; whatever else is given is a secret."""
    assert {field.name for field in platform.facts.fields if not field.is_secret} == open_ones


@pytest.mark.parametrize(
    ("platform", "lacking"), [(Platform.X, Metric.REACH), (Platform.FACEBOOK, Metric.BOOKMARKS)]
)
def test_a_metric_that_a_platform_lacks_has_no_name_there(platform: Platform, lacking: Metric) -> None:
    """X gives no reach, and Facebook no bookmarks; everything else both give."""
    assert [metric for metric in Metric if platform.facts.name_metric(metric) is None] == [lacking]


def test_no_two_platforms_share_a_host() -> None:
    """Credentials of one must not pass for the other's, and each API is at one of its own hosts."""
    hosts = [host for platform in Platform for host in platform.facts.hosts]

    assert len(hosts) == len(set(hosts))
    assert [platform.facts.origin for platform in Platform] == [
        f"https://{platform.facts.host}" for platform in Platform
    ]
