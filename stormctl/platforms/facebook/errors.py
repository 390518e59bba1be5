"""What the Graph API's answers mean: by its error codes, since the HTTP status says little."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery.delivery import InDoubt, RateLimit, Refused
from stormctl.platforms.http.answers import plain, read_json
from stormctl.platforms.http.timestamps import find_retry_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.platforms.http.answers import PlatformAnswer

MEDIA_FIELDS = ("attached_media", "media_fbid")
ALT_FIELD = "alt_text_custom"
"""What (#100) names where a post carries an upload that Graph does not know, and for a bad description."""

MOST_DIGITS = 9
"""A code with more of them is none."""

DUPLICATE = 506
TOKEN_DEAD = frozenset({102, 104, 190})
BLOCKED = 368
THROTTLED = frozenset({4, 17, 32, 341, 613, 80001})
UNAVAILABLE = frozenset({1, 2, 99, 6000, 6001})
FORBIDDEN = frozenset({3, 10, *range(200, 300)})
INVALID = frozenset({100, 324, 1609005})
"""Codes of developers.facebook.com, Graph API error handling and rate limiting, 2026: the same text twice
in a row; token dead; blocked for policy; calls used up; service down, which can stand before a post that was
published (php-graph-sdk#1141, postiz#1892), or a part of a video lost; permission; bad parameter, bad image,
link that can't be scraped."""

OBJECT_GONE = 33
"""Subcode of (#100) for an object that is not there (Graph API error handling)."""

USAGE_HEADERS = {"X-App-Usage": "app-usage", "X-Page-Usage": "page-usage"}
BUSINESS_USAGE = "X-Business-Use-Case-Usage"
_FIGURES = ("call_count", "total_time", "total_cputime")


def read_error(answer: PlatformAnswer) -> dict[str, Any] | None:
    """Return the Graph error in an answer, its codes as numbers; None if it carries none with a code."""
    error = answer.at("error")
    code = _read_code(error.get("code")) if isinstance(error, dict) else None
    return (
        None
        if code is None
        else {**error, "code": code, "error_subcode": _read_code(error.get("error_subcode"))}
    )


def error_code(answer: PlatformAnswer) -> int | None:
    """Return the Graph error's code; None if the answer carries none."""
    error = read_error(answer)
    return error["code"] if error else None


def read_limits(answer: PlatformAnswer, now: datetime) -> tuple[RateLimit, ...]:
    """Return how full the call quotas are, in percent, a row for each that the answer tells."""
    rows = []
    for header, name in USAGE_HEADERS.items():
        usage = read_json(answer.headers.get(header) or "")
        if isinstance(usage, dict) and (row := _limit_row(name, usage, None)):
            rows.append(row)
    for usage in _business_usages(answer):
        minutes = _regain_minutes(usage)
        reset_at = now + timedelta(minutes=minutes) if minutes else None
        if row := _limit_row(f"{plain(usage.get('type') or 'business')}-usage", usage, reset_at):
            rows.append(row)
    return tuple(rows)


def classify_problem(answer: PlatformAnswer, now: datetime) -> Refused | InDoubt:
    """Say what an answer means that is no success, or is one without a receipt.

    Sources: Graph API error handling and rate limiting, developers.facebook.com, 2026; 368, 506 and
    1609005 as clients record them.
    """
    limits = read_limits(answer, now)
    error = read_error(answer)
    if error is None:
        return _without_error(answer, limits, now)
    code, reason, label = error["code"], _reason(error), _label(answer, error)
    if code in THROTTLED:
        minutes = max((_regain_minutes(usage) for usage in _business_usages(answer)), default=0)
        told = find_retry_at(answer.headers.get("Retry-After"), now)
        retry_at = now + timedelta(minutes=minutes) if minutes else told
        return Refused(reason=reason, code=label, for_good=False, retry_at=retry_at, limits=limits)
    if code in TOKEN_DEAD | FORBIDDEN or code == BLOCKED or is_proof_error(error):
        return Refused(reason=reason, code=label, for_good=False, suspends=True, limits=limits)
    if code == DUPLICATE:
        return Refused(reason=reason, code=label, for_good=True, probably_posted=True, limits=limits)
    is_vague = code not in INVALID and (error.get("is_transient") is True or answer.status >= 500)
    if code in UNAVAILABLE or is_vague:
        return InDoubt(reason=reason, code=label, limits=limits)
    return Refused(reason=reason, code=label, for_good=True, limits=limits)


def is_gone(answer: PlatformAnswer) -> bool:
    """Whether Graph says that an object is not there, or not for us, which it does not tell apart."""
    error = read_error(answer)
    return error is not None and error["code"] == 100 and error.get("error_subcode") == OBJECT_GONE


def is_about(answer: PlatformAnswer, names: Iterable[str]) -> bool:
    """Whether (#100) names one of some parameters, or of some ids."""
    error = read_error(answer)
    return error is not None and error["code"] == 100 and any(name in str(error) for name in names)


def is_proof_error(error: dict[str, Any]) -> bool:
    """Whether Facebook refused the `appsecret_proof`: the app secret is not this token's."""
    return error.get("code") == 100 and "appsecret_proof" in str(error.get("message"))


def _without_error(answer: PlatformAnswer, limits: tuple[RateLimit, ...], now: datetime) -> Refused | InDoubt:
    code = str(answer.status)
    if 300 <= answer.status < 400:
        return Refused(
            reason="Facebook answered with a redirect, which is not followed: is the base address right?",
            code=code,
            for_good=False,
            suspends=True,
            limits=limits,
        )
    if answer.status == 429:
        retry_at = find_retry_at(answer.headers.get("Retry-After"), now)
        return Refused(
            reason="Facebook answered 429", code=code, for_good=False, retry_at=retry_at, limits=limits
        )
    reason = (
        "Facebook accepted the request but named no post"
        if answer.is_success
        else f"Facebook answered {answer.status} without a reason that could be read"
    )
    return InDoubt(reason=reason, code=code, limits=limits)


def _read_code(code: object) -> int | None:
    """Return a code as a number, which some proxies and older servers write as text."""
    if isinstance(code, str) and code.isdecimal() and len(code) <= MOST_DIGITS:
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _reason(error: dict[str, Any]) -> str:
    words = error.get("error_user_msg") or error.get("message") or error.get("type") or "no reason given"
    number = f"(#{error['code']})"
    return plain(f"Facebook answered {number}: {str(words).removeprefix(number).strip()}")


def _label(answer: PlatformAnswer, error: dict[str, Any]) -> str:
    subcode = error.get("error_subcode")
    return f"{answer.status} {error['code']}" + (f"/{subcode}" if isinstance(subcode, int) else "")


def _limit_row(name: str, usage: dict[str, Any], reset_at: datetime | None) -> RateLimit | None:
    told = (usage.get(key) for key in _FIGURES)
    figures = [figure for figure in told if isinstance(figure, int | float) and isfinite(figure)]
    if not figures:
        return None
    used = min(max(0, int(max(figures))), 100)
    return RateLimit(name=name, limit=100, remaining=100 - used, reset_at=reset_at)


def _business_usages(answer: PlatformAnswer) -> list[dict[str, Any]]:
    by_business = read_json(answer.headers.get(BUSINESS_USAGE) or "")
    lists = by_business.values() if isinstance(by_business, dict) else ()
    return [usage for row in lists if isinstance(row, list) for usage in row if isinstance(usage, dict)]


def _regain_minutes(usage: dict[str, Any]) -> int:
    minutes = usage.get("estimated_time_to_regain_access")
    return min(max(minutes, 0), 7 * 24 * 60) if isinstance(minutes, int) else 0
