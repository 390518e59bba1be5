"""Amounts as people write them: how many of what, dollars, durations (`0s`, `90s`, `2h30m`, `7d`, `3y`)."""

from __future__ import annotations

import re
from datetime import timedelta

from stormctl.domain.base.phrase import Phrase


def count(number: int, noun: str, plural: str = "") -> str:
    """Write `1 post`, `2 posts`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def count_posts(number: int) -> Phrase:
    """Write `1 post`, `2 posts`, ready to be translated."""
    return Phrase("1 post") if number == 1 else Phrase("{number:,} posts", number=number)


def count_years(duration: timedelta) -> Phrase:
    """Write `3 years`, or `90 days` where it is not whole years, ready to be translated."""
    years, left = divmod(duration.total_seconds(), _UNITS["y"])
    if years and not left:
        return Phrase("1 year") if years == 1 else Phrase("{number:,} years", number=int(years))
    return Phrase("1 day") if duration.days == 1 else Phrase("{number:,} days", number=duration.days)


def format_usd(usd_micros: int) -> str:
    """Write millionths of a dollar as `$8.00`, or `$0.015` where there are parts of a cent (rounded up)."""
    mills = -(-usd_micros // 1000)
    dollars, rest = divmod(mills, 1000)
    return f"${dollars:,}.{rest:03d}" if rest % 10 else f"${dollars:,}.{rest // 10:02d}"


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 31_557_600}
"""Seconds in each unit; a year is 365.25 days."""

_WHOLE = re.compile(r"(\d+[smhdy])+")
_PIECE = re.compile(r"(\d+)([smhdy])")


def parse_duration(text: str) -> timedelta:
    """Read a duration.

    Raises:
        ValueError: with a sentence fit for a finding, if it is not written like `2h30m`.
    """
    pieces = _PIECE.findall(text) if _WHOLE.fullmatch(text) else []
    units = [unit for _, unit in pieces]
    if not pieces or len(set(units)) != len(units):
        raise ValueError(Phrase("“{text}” is not a duration: write it like 90s, 20m, 2h30m or 7d", text=text))
    try:
        return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in pieces))
    except OverflowError:
        raise ValueError(Phrase("“{text}” is longer than any storm", text=text)) from None


def format_duration(duration: timedelta) -> str:
    """Write a duration as people do, to the second: `2h30m`; negative ones by their size."""
    rest = abs(round(duration.total_seconds()))
    years, left = divmod(rest, _UNITS["y"])
    if years and not left:
        return f"{years}y"
    written = ""
    for unit in ("d", "h", "m", "s"):
        number, rest = divmod(rest, _UNITS[unit])
        written += f"{number}{unit}" if number else ""
    return written or "0s"
