"""What X's answers mean: a receipt, a no for now or for good, or doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery.delivery import MEDIA_GONE, InDoubt, RateLimit, Refused
from stormctl.platforms.http.answers import plain, read_count
from stormctl.platforms.http.timestamps import find_retry_at, parse_unix

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.platforms.http.answers import PlatformAnswer

LIMIT_HEADERS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
"""Families of `…-limit`, `…-remaining`, `…-reset` (unix s): the first from X's response-codes page
(docs.x.com, 2026-08), the 24-hour ones seen on POST /2/tweets but undocumented."""

FARTHEST_RESET = timedelta(hours=25)
"""The longest window is of 24 hours (docs.x.com, rate limits, 2026-08), and clocks differ."""

MOST_DIGITS = 9
"""A code with more of them is none."""

DUPLICATE = "duplicate content"
"""Part of the 403 for a text that the account posted recently; X API v2 gives no code for it."""

DUPLICATE_CODE = 187
"""The same in the envelope with codes, "Status is a duplicate." (docs.x.com, response codes)."""

_STOPPING_PROBLEMS = (
    "client-forbidden",
    "client-not-enrolled",
    "official-client-forbidden",
    "oauth1-permissions",
    "unsupported-authentication",
)
_STOPPING_CODES = {64, 226, 261, 326, 453}
"""Account suspended, looks automated, app may not write, account locked, access without this endpoint."""
_STOPPING_WORDS = (
    "app permissions",
    "read-only application",
    "cannot perform write actions",
    "not permitted to perform this action",
    "looks like it might be automated",
    "account is suspended",
    "account is temporarily locked",
    "subset of x api",
    "subset of twitter api",
)
_DAILY_CODES = {185, 344}
_DAILY_WORDS = ("over daily status update limit", "daily limit for sending")
"""The day's limits of an account, which pass by themselves. Codes are of the older envelope, and clients see
the words without them (tweepy#1663, TeleTweet#13, contentport#49)."""

_MEDIA_WORDS = "media ids are invalid"
"""Part of the 400 for an upload that X does not know any more."""


def read_limits(answer: PlatformAnswer, now: datetime) -> tuple[RateLimit, ...]:
    """Return a row for each family of rate-limit headers that the answer carries.

    A reset that lies further ahead than the longest window is none: to wait for it would cost the storm.
    """
    rows = []
    for family in LIMIT_HEADERS:
        limit, remaining, reset = (
            _read_int(answer.headers.get(f"{family}-{part}")) for part in ("limit", "remaining", "reset")
        )
        if (limit, remaining, reset) != (None, None, None):
            told = parse_unix(reset)
            reset_at = told if told is not None and told <= now + FARTHEST_RESET else None
            rows.append(RateLimit(name=family, limit=limit, remaining=remaining, reset_at=reset_at))
    return tuple(rows)


def classify_problem(answer: PlatformAnswer, now: datetime) -> Refused | InDoubt:
    """Say what an answer means that is no success, or is one without a receipt.

    A refusal is X's own only in its JSON: a page that says no comes from something on the way, which may
    let the next one pass.

    Sources: X's response codes and OpenAPI problem types, docs.x.com, 2026-08; the texts of the 402 and
    403 answers as clients record them.
    """
    limits, code = read_limits(answer, now), _code(answer)
    status, reason = answer.status, explain(answer)
    if answer.is_success:
        return InDoubt(reason="X accepted the request but named no post", code=code, limits=limits)
    if 300 <= status < 400:
        return Refused(
            reason="X answered with a redirect, which is not followed: is the base address right?",
            code=code,
            for_good=False,
            suspends=True,
            limits=limits,
        )
    if status == 429 or (status == 403 and _is_daily(answer)):
        return _wait(answer, now, code, reason, limits)
    if status in {401, 402} or (status == 403 and _stops(answer)):
        return Refused(reason=reason, code=code, for_good=False, suspends=True, limits=limits)
    if 400 <= status < 500 and status != 408 and answer.body is not None:
        if status == 400 and _says(answer, (_MEDIA_WORDS,)):
            code = f"{code} {MEDIA_GONE}"
        posted = status == 403 and (DUPLICATE in reason.lower() or DUPLICATE_CODE in _codes(answer))
        return Refused(reason=reason, code=code, for_good=True, probably_posted=posted, limits=limits)
    return InDoubt(reason=reason, code=code, limits=limits)


def _wait(
    answer: PlatformAnswer, now: datetime, code: str, reason: str, limits: tuple[RateLimit, ...]
) -> Refused:
    """Wait for the latest reset of the windows that are used up; a used-up month needs a person."""
    resets = [row.reset_at for row in limits if row.reset_at and row.remaining in {0, None}]
    told = find_retry_at(answer.headers.get("retry-after"), now)
    retry_at = max((at for at in (*resets, told) if at and now < at <= now + FARTHEST_RESET), default=None)
    periods = [answer.at("period"), *(error.get("period") for error in _errors(answer))]
    is_month = "usage-capped" in code and any(str(period).lower() == "monthly" for period in periods)
    return Refused(
        reason=reason, code=code, for_good=False, retry_at=retry_at, suspends=is_month, limits=limits
    )


def _stops(answer: PlatformAnswer) -> bool:
    """Whether a 403 is about the app or the account, so that every other post would be refused too."""
    kind = " ".join(_told(answer, "type", "reason"))
    return (
        any(problem in kind for problem in _STOPPING_PROBLEMS)
        or bool(_codes(answer) & _STOPPING_CODES)
        or _says(answer, _STOPPING_WORDS)
    )


def _is_daily(answer: PlatformAnswer) -> bool:
    """Whether a 403 is about what the account may do in a day."""
    return bool(_codes(answer) & _DAILY_CODES) or _says(answer, _DAILY_WORDS)


def _says(answer: PlatformAnswer, phrases: Iterable[str]) -> bool:
    """Whether one of some phrases stands anywhere in X's words."""
    words = " ".join(_told(answer, "detail", "message", "title")).lower()
    return any(phrase in words for phrase in phrases)


def _told(answer: PlatformAnswer, *names: str) -> list[str]:
    """Return the texts under these names, of the problem and of those that stand in its list of errors."""
    told = (problem.get(name) for problem in _problems(answer) for name in names)
    return [text for text in told if isinstance(text, str)]


def _codes(answer: PlatformAnswer) -> set[int]:
    """Return the codes of the older envelope, which may stand in a problem or in its list of errors."""
    told = (str(problem.get("code")) for problem in _problems(answer))
    return {int(code) for code in told if code.isdecimal() and len(code) <= MOST_DIGITS}


def _problems(answer: PlatformAnswer) -> list[dict[str, Any]]:
    return [answer.body, *_errors(answer)] if isinstance(answer.body, dict) else []


def _errors(answer: PlatformAnswer) -> list[dict[str, Any]]:
    errors = answer.at("errors")
    return [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []


def explain(answer: PlatformAnswer) -> str:
    """Return X's own words, the most telling first: detail, the errors' messages, title."""
    messages = [str(e.get("message") or e.get("detail") or "") for e in _errors(answer)]
    detail = answer.at("detail")
    words = [detail, *messages] if detail else messages
    telling = [str(word) for word in words if word] or [str(answer.at("title") or "")]
    text = plain("; ".join(dict.fromkeys(telling)))
    return f"X answered {answer.status}: {text}" if text else f"X answered {answer.status}"


def _code(answer: PlatformAnswer) -> str:
    """The HTTP status, with the problem type's last word or the first old-style code."""
    kind = next((kind for kind in _told(answer, "type", "reason") if kind.startswith("http")), None)
    if kind is not None:
        return plain(f"{answer.status} {kind.rstrip('/').rpartition('/')[2]}")
    codes = [str(e["code"]) for e in _errors(answer) if "code" in e]
    return plain(f"{answer.status} {codes[0]}") if codes else str(answer.status)


def _read_int(text: str | None) -> int | None:
    try:
        return read_count(int(text)) if text else None
    except ValueError:
        return None
