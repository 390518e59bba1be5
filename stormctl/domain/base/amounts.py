"""Amounts in words: how many of what, and dollars."""

from __future__ import annotations


def count(number: int, noun: str, plural: str = "") -> str:
    """Write `1 post`, `2 posts`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def format_usd(usd_micros: int) -> str:
    """Write millionths of a dollar as `$8.00`, or `$0.015` where there are parts of a cent (rounded up)."""
    mills = -(-usd_micros // 1000)
    dollars, rest = divmod(mills, 1000)
    return f"${dollars:,}.{rest:03d}" if rest % 10 else f"${dollars:,}.{rest // 10:02d}"
