"""Every row of the Graph API's error table is a classified outcome."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stormctl.domain.delivery.delivery import InDoubt, RateLimit, Refused
from stormctl.platforms.facebook.errors import classify_problem, is_gone, read_limits
from stormctl.platforms.http.answers import PlatformAnswer

NOW = datetime(2026, 12, 18, 12, tzinfo=UTC)


def error(code: object, message: str = "No.", **more: object) -> dict[str, Any]:
    """Return a Graph error body."""
    return {"error": {"message": message, "type": "OAuthException", "code": code, **more}}


def classify(body: object, status: int = 400, **headers: str) -> Refused | InDoubt:
    """Classify an answer; underscores in header names stand for hyphens."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return classify_problem(PlatformAnswer(status, fields, body), NOW)


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
@pytest.mark.parametrize("code", [4, 17, 32, 341, 613, 80001])
def test_throttles_wait(code: int, status: int) -> None:
    """Calls that are used up are a matter of time, and often come as 400."""
    outcome = classify(error(code), status)

    assert isinstance(outcome, Refused)
    assert (outcome.for_good, outcome.suspends, outcome.retry_at) == (False, False, None)


def test_a_throttle_tells_when_it_ends() -> None:
    """The longest of the minutes in the business usage is waited for."""
    usage = {
        "1": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 7}],
        "2": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 19}],
    }

    outcome = classify(error(80001), X_Business_Use_Case_Usage=json.dumps(usage))

    assert isinstance(outcome, Refused)
    assert outcome.retry_at == NOW + timedelta(minutes=19)


@pytest.mark.parametrize("code", [3, 10, 102, 190, 200, 210, 299, 368])
def test_refusals_that_stop_the_channel(code: int) -> None:
    """Token dead, permission missing, blocked: nothing goes out until a person acts."""
    outcome = classify(error(code, error_subcode=460))

    assert isinstance(outcome, Refused)
    assert (outcome.for_good, outcome.suspends, outcome.code) == (False, True, f"400 {code}/460")


def test_a_duplicate_was_probably_posted() -> None:
    """(#506) says that the same text is the last one on the Page."""
    body = error(506, "(#506) Duplicate status message", error_subcode=1)

    outcome = classify(body)

    assert outcome == Refused(
        reason="Facebook answered (#506): Duplicate status message",
        code="400 506/1",
        for_good=True,
        probably_posted=True,
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (error(1), 500),
        (error(2, is_transient=True), 503),
        (error(2), 400),
        (error(99), 400),
        (error(999), 500),
        (error(999, is_transient=True), 400),
        ({"error": "text"}, 500),
        ({"ok": True}, 500),
        ({"error": {"message": "no code"}}, 400),
        (None, 400),
        (None, 502),
        ([], 200),
        ({}, 200),
        ({"id": None}, 200),
        (None, 200),
    ],
)
def test_unclear_answers_leave_doubt(body: object, status: int) -> None:
    """Service errors, bodies that can't be read, and a success without an id may hide a live post."""
    assert isinstance(classify(body, status), InDoubt)


def test_usage_is_read_in_percent() -> None:
    """Each header is a row by its fullest figure; odd headers are none."""
    headers = {
        "X-App-Usage": '{"call_count":28,"total_time":75,"total_cputime":25}',
        "X-Page-Usage": "not json",
        "X-Business-Use-Case-Usage": json.dumps(
            {
                "1": [
                    {"type": "pages", "call_count": 130, "estimated_time_to_regain_access": 3},
                    {"type": "pages"},
                    {"type": "pages", "call_count": float("inf"), "total_time": float("nan")},
                    {"type": "stories", "call_count": -(10**30)},
                    "odd",
                ],
                "2": "odd",
            }
        ),
    }

    rows = read_limits(PlatformAnswer(200, headers, None), NOW)

    assert rows == (
        RateLimit(name="app-usage", limit=100, remaining=25, reset_at=None),
        RateLimit(name="pages-usage", limit=100, remaining=0, reset_at=NOW + timedelta(minutes=3)),
        RateLimit(name="stories-usage", limit=100, remaining=100, reset_at=None),
    )


@pytest.mark.parametrize("count", ["NaN", "Infinity", "1e400", "9e99", "null"])
def test_usage_that_is_no_number_spoils_no_answer(count: str) -> None:
    """The answer beside it is what counts."""
    told = {
        "X-App-Usage": f'{{"call_count": {count}}}',
        "X-Business-Use-Case-Usage": f'{{"1": [{{"total_time": {count}}}]}}',
    }

    limits = read_limits(PlatformAnswer(200, told, None), NOW)

    assert {limit.remaining for limit in limits} <= {0}


def test_gone_objects() -> None:
    """Only (#100) with subcode 33 says that an object is not there."""
    assert is_gone(PlatformAnswer(400, {}, error(100, error_subcode=33)))
    assert not is_gone(PlatformAnswer(400, {}, error(100)))
    assert not is_gone(PlatformAnswer(404, {}, None))
