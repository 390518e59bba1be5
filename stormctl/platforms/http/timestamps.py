"""Moments as the platforms write and take them, and the clock that requests are timed by."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def read_steady_clock() -> float:
    """Return the seconds since some moment, whatever the wall clock is set to, sleep included.

    Linux has a clock that counts suspension too (CLOCK_BOOTTIME), macOS counts it in CLOCK_MONOTONIC, which
    is not Python's `time.monotonic` there. Elsewhere `time.monotonic` is the best there is: on Windows it
    counts sleep (source: docs.python.org time, learn.microsoft.com GetTickCount64, 2026-08).
    """
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if hasattr(time, name):
            return time.clock_gettime(getattr(time, name))
    return time.monotonic()


def parse_time(text: object) -> datetime | None:
    """Read an ISO time with a zone, as both platforms write it; None if it is none."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at is not None and at.tzinfo else None


def parse_unix(unix_s: int | None) -> datetime | None:
    """Read seconds since 1970; None if they name no moment."""
    try:
        return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def next_second(at: datetime) -> datetime:
    """Round up to a whole second, which is as fine as the platforms take it."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)


def find_retry_at(text: str | None, now: datetime) -> datetime | None:
    """Read a `Retry-After` header, seconds or a date (RFC 9110); None without a usable one.

    A day at most: neither platform documents the header, and another server's word should not cost a storm.
    """
    if not text:
        return None
    try:
        at = now + timedelta(seconds=int(text)) if text.isdecimal() else parsedate_to_datetime(text)
    except (OverflowError, TypeError, ValueError):
        return None
    return min(at, now + timedelta(days=1)) if at.tzinfo and at > now else None
