"""A plan as people look at it: what goes out when, and a few sentences; on the terminal and on the page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.localtime import DAY
from stormctl.domain.plan.slots import find_quiet_spans
from stormctl.render.language import Language
from stormctl.render.words import clean, name_zone, render_day, render_time, shorten_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, tzinfo

    from stormctl.domain.delivery.delivery import Plan, PlannedDelivery
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.platforms.channel import ChannelId


@dataclass(frozen=True, slots=True)
class Entry:
    """What goes out at one moment of a channel: a post, or a thread with all its parts."""

    parts: tuple[PlannedDelivery, ...]

    @property
    def first(self) -> PlannedDelivery:
        """The post, or a thread's first part."""
        return self.parts[0]

    @property
    def at(self) -> datetime:
        """When it goes out, aware UTC."""
        return self.first.slot_at

    @property
    def name(self) -> str:
        """The wording's name, such as `dignity.en`."""
        return shorten_key(str(replace(self.first.key, part=None)))


@dataclass(frozen=True, slots=True)
class Mark:
    """What lies across a day beside its posts: a deadline, or a quiet time.

    Attributes:
        end_at: the end of a quiet time; None for a deadline.
        names: the messages or asks that have the deadline.
    """

    at: datetime
    end_at: datetime | None = None
    names: tuple[str, ...] = ()


class Viewer:
    """Writes moments for whoever looks: in the storm's zone, and in the viewer's where that differs.

    Args:
        storm: whose zone comes first.
        zone: the viewer's; None for the storm's.
        language: that days are named in.
    """

    def __init__(self, storm: Storm, zone: tzinfo | None = None, language: Language | None = None) -> None:
        self.home = ZoneInfo(storm.timezone)
        self.zone = zone or self.home
        self.language = language or Language()

    def say(self, text: str) -> str:
        """Say a sentence in the viewer's language, without what could steer a terminal."""
        return clean(self.language.say(text))

    def differs(self, at: datetime) -> bool:
        """Whether the viewer's clock shows another time than the storm's."""
        return bool(self.find_shift(at))

    def find_shift(self, at: datetime) -> timedelta:
        """Return how far the viewer's clock is ahead of the storm's."""
        ours, theirs = at.astimezone(self.zone), at.astimezone(self.home)
        return ours.replace(tzinfo=None) - theirs.replace(tzinfo=None)

    def name_zone(self, at: datetime) -> str:
        """Name the viewer's zone: by its place, or by its abbreviation where only that is known."""
        return self.zone.key if isinstance(self.zone, ZoneInfo) else name_zone(at.astimezone(self.zone))

    def tell_time(self, at: datetime) -> str:
        """Write `08:00 EST`, or `20:00 EST (Sat 02:00 CET)` where the viewer's clock shows something else."""
        told = render_time(at, self.home)
        if not self.differs(at):
            return told
        ours, theirs = at.astimezone(self.zone), at.astimezone(self.home)
        day = "" if ours.date() == theirs.date() else f"{self.name_weekday(ours.date())} "
        return f"{told} ({day}{render_time(at, self.zone)})"

    def tell_day(self, at: datetime) -> str:
        """Write the date of a moment in the storm's zone."""
        return self.name_day(at.astimezone(self.home).date())

    def name_day(self, on: date) -> str:
        """Write a date as `Fri 18 Dec 2026`, in the viewer's language."""
        return self._format(on, "EEE d MMM y")

    def name_weekday(self, on: date) -> str:
        """Write the weekday of a date, briefly."""
        return self._format(on, "EEE")

    def _format(self, on: date, pattern: str) -> str:
        if self.language.code == "en":
            day = render_day(datetime.combine(on, time(12), UTC), UTC)
            return day if pattern != "EEE" else day.partition(" ")[0]
        from babel.dates import format_date

        return format_date(on, pattern, locale=self.language.code)


def list_entries(plan: Plan) -> list[Entry]:
    """List what goes out, in order, each thread once."""
    by_thread: dict[object, list[PlannedDelivery]] = defaultdict(list)
    for delivery in plan.deliveries:
        key = delivery.key
        by_thread[key.channel, key.message, key.tail].append(delivery)
    threads = (tuple(sorted(parts, key=lambda d: d.key.part or 0)) for parts in by_thread.values())
    return sorted((Entry(parts) for parts in threads), key=lambda entry: (entry.at, entry.first.key.channel))


def find_marks(plan: Plan, storm: Storm, language: Language) -> list[Mark]:
    """Find the deadlines of what is planned and asked, and the quiet times of the storm's days, in order.

    Args:
        language: that asks are named in, where they have a title in it.
    """
    named: dict[datetime, dict[str, None]] = defaultdict(dict)
    for delivery in plan.deliveries:
        if delivery.expires_at is not None:
            named[delivery.expires_at][delivery.key.message] = None
    for ask in storm.asks:
        if ask.deadline is not None and ask.title:
            title = ask.title.get(language.code) or ask.title.get("en") or next(iter(ask.title.values()))
            named[ask.deadline.astimezone(UTC)][title] = None
    deadlines = [Mark(at, names=tuple(names)) for at, names in named.items()]
    zone = ZoneInfo(storm.timezone)
    opens = datetime.combine(storm.first_on, time(), zone)
    ends = [(time(), zone)]
    ends += [(w.to_time, ZoneInfo(w.timezone)) for w in storm.windows if w.to_time <= w.from_time]
    closes = max(datetime.combine(storm.last_on + DAY, end, of) for end, of in ends)
    quiet = [Mark(start, end) for start, end in find_quiet_spans(storm) if start < closes and end > opens]
    return sorted([*deadlines, *quiet], key=lambda mark: mark.at)


def by_channel(entries: Iterable[Entry]) -> dict[ChannelId, list[Entry]]:
    """Sort entries by their channel."""
    found: dict[ChannelId, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.first.channel].append(entry)
    return found


def by_day(entries: Iterable[Entry]) -> dict[date, list[Entry]]:
    """Sort entries by the storm's day that they belong to; a night belongs to the day it begins on."""
    found: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.first.storm_on].append(entry)
    return dict(sorted(found.items()))


def round_down(at: datetime, zone: tzinfo) -> datetime:
    """Return when the local hour of a moment began, aware UTC."""
    local = at.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return at.astimezone(UTC) - past
