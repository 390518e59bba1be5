"""What someone must be told, and the alert that tells it: what happened, what it means, what to type."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from itertools import groupby
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from stormctl.domain.base.event import EventKind, StormEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LINES = 5
"""How many deliveries an alert lists of one kind on one channel."""

GROUPS = 8
"""How many kinds and channels an alert tells of; a telephone shows no more."""

LINE_CHARS = 300
TITLE_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(StormEvent):
    """One thing that someone must be told.

    Attributes:
        timezone: the storm's, UTC without one.
        told_at: real time at which the same subject was last reported; None if it never was.
    """

    timezone: str = "UTC"
    told_at: datetime | None = None

    @classmethod
    def of(cls, event: StormEvent, timezone: str = "UTC", told_at: datetime | None = None) -> Self:
        """Make a notice of an event."""
        values = {field.name: getattr(event, field.name) for field in fields(StormEvent)}
        return cls(**values, timezone=timezone, told_at=told_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert that is on its way.

    Attributes:
        tries: how often it was sent, this time included.
        heard: the addresses that have accepted it already.
    """

    id: int
    notices: tuple[Notice, ...]
    tries: int = 1
    heard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Words:
    label: str
    meaning: str
    remedy: str


_WORDS = {
    EventKind.SUSPENDED: _Words(
        "suspended",
        "nothing is published there until someone fixes the cause",
        "stormctl resume --channel {channel}",
    ),
    EventKind.FAILED: _Words(
        "failed",
        "the platform refused it for good: it is not published",
        "stormctl show {key}    (once it is fixed: stormctl retry {key})",
    ),
    EventKind.MISSED: _Words(
        "missed",
        "its time passed by more than the grace: it is not published unless you ask for it",
        "stormctl retry {key}",
    ),
    EventKind.EXPIRED: _Words(
        "expired", "the message's own deadline passed: it is not published", "stormctl show {key}"
    ),
    EventKind.IN_DOUBT: _Words(
        "still in doubt",
        "it is not known whether it was published, and reading the account has not settled it so far",
        "stormctl show {key}",
    ),
    EventKind.HELD: _Words(
        "awaiting a decision",
        "look at the account: is it there?",
        "stormctl resolve {key} --posted URL    (or --not-posted)",
    ),
    EventKind.POSTED_TWICE: _Words(
        "posted twice", "the same post may be on the account twice", "stormctl retract {key} --url {url}"
    ),
    EventKind.HALTED: _Words(
        "halted",
        "nothing that it covers is published; what is late waits until someone resumes",
        "stormctl status    (to continue: stormctl resume)",
    ),
    EventKind.RESUMED: _Words("resumed", "publishing continues", "stormctl status"),
    EventKind.UNSERVED: _Words(
        "not served",
        "something is due and no live runner can publish it",
        "stormctl status    (then stormctl launch or stormctl daemon, where the channel's credentials are)",
    ),
    EventKind.LEFT: _Words(
        "left by its window",
        "a runner that was started in a window has ended with it",
        "stormctl status    (to go on: stormctl launch SCHEDULE, or stormctl daemon)",
    ),
    EventKind.BUDGET_SPENT: _Words(
        "out of budget",
        "posts that cost more than is left are not published; posts that cost nothing are",
        "stormctl launch SCHEDULE    (once budget_usd is raised in it)",
    ),
    EventKind.UNREACHABLE: _Words(
        "can't reach its ledger",
        "nothing is published while the ledger can't be read and written",
        "stormctl status",
    ),
    EventKind.BUG: _Words(
        "hit a bug",
        "what it affects is stopped until the runner is restarted; the rest continues",
        "stormctl status    (and read the traceback in the runner's log)",
    ),
    EventKind.WOKEN: _Words("woken", "nothing was published from there during that time", "stormctl status"),
    EventKind.WARNING: _Words("needs attention", "something is not right", "stormctl status"),
    EventKind.FINISHED: _Words(
        "finished", "nothing more happens unless someone acts", "stormctl report {storm}"
    ),
}

ALARMING = frozenset(_WORDS)
"""The kinds of events that an alert can tell."""

_OF_DELIVERIES = {
    EventKind.FAILED,
    EventKind.MISSED,
    EventKind.EXPIRED,
    EventKind.IN_DOUBT,
    EventKind.HELD,
    EventKind.POSTED_TWICE,
}


def write_alert(notices: Sequence[Notice], sender: str) -> tuple[str, str]:
    """Write the alert that tells of some notices; return its title and its text."""
    groups = [
        (kind, storm_id, channel, list(group))
        for (kind, storm_id, channel), group in groupby(sorted(notices, key=_group), key=_group)
    ]
    parts = [
        _write_group(EventKind(kind), storm, channel, group)
        for kind, storm, channel, group in groups[:GROUPS]
    ]
    if groups[GROUPS:]:
        parts.append(f"Plus {len(groups) - GROUPS} other kinds or channels. Run: stormctl status")
    parts.append(f"Sent by {sender}")
    return _write_title(notices), "\n\n".join(parts)


def _group(notice: Notice) -> tuple[str, str, str]:
    return notice.kind.value, notice.storm_id or "", notice.channel or ""


def _write_title(notices: Sequence[Notice]) -> str:
    storms = dict.fromkeys(n.storm_id for n in notices if n.storm_id)
    named = dict.fromkeys(
        f"{n.channel} {_WORDS[n.kind].label}" if n.channel else _WORDS[n.kind].label
        for n in notices
        if n.kind not in _OF_DELIVERIES
    )
    counts = Counter(n.kind for n in notices if n.kind in _OF_DELIVERIES)
    counted = [f"{count} {_WORDS[kind].label}" for kind, count in counts.items()]
    places = [", ".join(storms)] if storms else []
    return _cut(": ".join(["stormctl", *places, ", ".join([*counted, *named])]), TITLE_CHARS)


def _write_group(kind: EventKind, storm_id: str, channel: str, notices: Sequence[Notice]) -> str:
    words, newest = _WORDS[kind], notices[-1]
    place = " ".join(part for part in (channel, f"({storm_id})" if storm_id else "") if part)
    amount = f"{len(notices)} " if kind in _OF_DELIVERIES else ""
    lines = [f"{amount}{words.label}: {place}" if place else f"{amount}{words.label}"]
    told = list(dict.fromkeys(_write_line(notice) for notice in notices))  # several runners may say the same
    lines += [f"  {line}" for line in told[:LINES]]
    if told[LINES:]:
        lines.append(f"  and {len(told) - LINES} more")
    if newest.told_at is not None:
        since = _write_time(newest.told_at, newest.timezone)
        lines.append(f"  This is what was held back since the alert at {since}.")
    lines.append(f"  It means: {words.meaning}.")
    remedy = "stormctl show {key}" if "{url}" in words.remedy and newest.url is None else words.remedy
    typed = remedy.format(channel=channel, storm=storm_id, key=newest.key or "KEY", url=newest.url)
    lines.append(f"  Run: {typed}")
    return "\n".join(lines)


def _write_line(notice: Notice) -> str:
    text = notice.text if notice.url is None or notice.url in notice.text else f"{notice.text} {notice.url}"
    return _cut(f"{_write_time(notice.at, notice.timezone)}  {text}", LINE_CHARS)


def _write_time(at: datetime, timezone: str) -> str:
    return f"{at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M %Z}"


def _cut(text: str, most: int) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
