"""Every row of X's error table is a classified outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stormctl.domain.delivery.delivery import InDoubt, RateLimit, Refused
from stormctl.platforms.http.answers import PlatformAnswer
from stormctl.platforms.x.errors import classify_problem, read_limits

NOW = datetime(2026, 12, 18, 12, tzinfo=UTC)
PROBLEMS = "https://api.x.com/2/problems/"


def unix(after: timedelta) -> str:
    """Return a reset header's value."""
    return str(int((NOW + after).timestamp()))


def classify(status: int, body: Any = None, **headers: str) -> Refused | InDoubt:
    """Classify an answer; underscores in header names stand for hyphens."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return classify_problem(PlatformAnswer(status, fields, body), NOW)


def forbidden(detail: str, kind: str = "about:blank", **more: object) -> dict[str, object]:
    """Return the body of a 403."""
    return {"title": "Forbidden", "status": 403, "type": kind, "detail": detail, **more}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}),
        (401, None),
        (307, None),
        (402, {"detail": "credits depleted", "type": f"{PROBLEMS}credits-depleted"}),
        (402, {"title": "CreditsDepleted", "detail": "Your enrolled account does not have any credits."}),
        (403, forbidden("No.", f"{PROBLEMS}client-forbidden", reason="official-client-forbidden")),
        (403, forbidden("No.", f"{PROBLEMS}client-forbidden", reason="client-not-enrolled")),
        (403, {"errors": [{"code": 453, "message": "You currently have access to a subset of X API"}]}),
        (
            403,
            forbidden("Your client app is not configured with the appropriate oauth1 app permissions."),
        ),
        (403, forbidden("Forbidden", "https://api.twitter.com/2/problems/oauth1-permissions")),
        (403, {"errors": [{"code": 64, "message": "Your account is suspended"}]}),
    ],
)
def test_refusals_that_stop_the_channel(status: int, body: object) -> None:
    """Where every other post would be refused too, a person must act, and the post may still go out."""
    outcome = classify(status, body)

    assert isinstance(outcome, Refused)
    assert (outcome.suspends, outcome.for_good) == (True, False)


@pytest.mark.parametrize("code", [185, 344])
def test_a_403_about_the_day_waits(code: int) -> None:
    """A limit of the account's day passes by itself, at the reset that is told, or after a while."""
    body = {"errors": [{"code": code, "message": "No more today."}]}
    headers = {"x_user_limit_24hour_remaining": "0", "x_user_limit_24hour_reset": unix(timedelta(hours=7))}

    outcomes = [classify(403, body, **headers), classify(403, body)]

    assert [(o.for_good, o.suspends) for o in outcomes if isinstance(o, Refused)] == [(False, False)] * 2
    assert [getattr(outcome, "retry_at", None) for outcome in outcomes] == [NOW + timedelta(hours=7), None]


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "15m"}, timedelta(minutes=15)),
        (
            {
                "x_rate_limit_remaining": "88",
                "x_rate_limit_reset": "15m",
                "x_user_limit_24hour_remaining": "0",
                "x_user_limit_24hour_reset": "7h",
            },
            timedelta(hours=7),
        ),
        (
            {
                "x_rate_limit_remaining": "0",
                "x_rate_limit_reset": "15m",
                "x_app_limit_24hour_remaining": "0",
                "x_app_limit_24hour_reset": "7h",
            },
            timedelta(hours=7),
        ),
        ({"x_rate_limit_reset": "15m"}, timedelta(minutes=15)),
        ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "past"}, None),
        ({"x_rate_limit_remaining": "88", "x_rate_limit_reset": "15m"}, None),
        ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "soon"}, None),
        ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "30d"}, None),
        ({"x_rate_limit_remaining": "0", "x_rate_limit_reset": "9" * 30}, None),
        ({"retry_after": "60"}, timedelta(minutes=1)),
        ({}, None),
    ],
)
def test_a_429_waits_for_the_latest_window_that_is_used_up(
    headers: dict[str, str], after: timedelta | None
) -> None:
    """The 24-hour windows count too; a reset that is past, missing or beyond every window gives no time."""
    words = {"15m": timedelta(minutes=15), "7h": timedelta(hours=7), "30d": timedelta(days=30)}
    words["past"] = -timedelta(minutes=1)
    fields = {name: unix(words[value]) if value in words else value for name, value in headers.items()}

    outcome = classify(429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, **fields)

    assert isinstance(outcome, Refused)
    assert (outcome.for_good, outcome.suspends, outcome.code) == (False, False, "429 88")
    assert outcome.retry_at == (None if after is None else NOW + after)


def test_limits_that_are_no_numbers_are_left_out() -> None:
    """A ledger could not hold them."""
    told = {"x-rate-limit-limit": "9" * 30, "x-rate-limit-remaining": "-1", "x-rate-limit-reset": "soon"}

    assert read_limits(PlatformAnswer(200, told, None), NOW) == ()


@pytest.mark.parametrize("reset", ["1797595200000", unix(timedelta(days=731)), unix(timedelta(hours=26))])
def test_a_reset_beyond_every_window_closes_no_channel(reset: str) -> None:
    """One in milliseconds, or years ahead, is none: a ledger that kept it would wait for it."""
    told = {"x-user-limit-24hour-limit": "50", "x-user-limit-24hour-remaining": "0"}

    (row,) = read_limits(PlatformAnswer(201, told | {"x-user-limit-24hour-reset": reset}, None), NOW)

    assert (row.remaining, row.reset_at) == (0, None)


def test_limits_are_read_from_all_families() -> None:
    """Each family of headers is a row; unreadable numbers are None."""
    headers = {
        "x-rate-limit-limit": "100",
        "x-rate-limit-remaining": "99",
        "x-rate-limit-reset": unix(timedelta(minutes=15)),
        "x-user-limit-24hour-limit": "many",
        "x-user-limit-24hour-remaining": "7",
        "x-app-limit-24hour-limit": "never",
        "x-app-limit-24hour-remaining": "1" * 25,
        "x-app-limit-24hour-reset": "2" * 5000,
    }

    rows = read_limits(PlatformAnswer(201, headers, None), NOW)

    assert rows == (
        RateLimit(name="x-rate-limit", limit=100, remaining=99, reset_at=NOW + timedelta(minutes=15)),
        RateLimit(name="x-user-limit-24hour", limit=None, remaining=7, reset_at=None),
    )


def test_the_reason_gathers_what_x_says() -> None:
    """Detail and messages, each once, on one line."""
    body = {"title": "Invalid Request", "detail": "One or\nmore", "errors": [{"message": "too long"}, "odd"]}

    outcome = classify(400, body)

    assert outcome.reason == "X answered 400: One or more; too long"
