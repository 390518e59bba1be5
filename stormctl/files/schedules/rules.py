"""What must hold between the tables of a schedule, and between the schedule and the campaign's files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.localtime import DAY, LocalTimeError, days_between, to_utc
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.delivery.delivery import POST_STORM
from stormctl.files.bank.bank import find_bank_names
from stormctl.files.campaign import MESSAGES
from stormctl.files.nearest import suggest
from stormctl.files.schedules.values import WEEKDAYS
from stormctl.files.values import BadValueError, parse_slug
from stormctl.places import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, time

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.files.schedules import tables
    from stormctl.files.validation import Notes, Step

MAXDAYS = 366
"""A storm lasts a year at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What could be read of a schedule file; lists of tables by their number in the file, from 0."""

    head: tables.ScheduleFile
    channels: Mapping[int, tables.ChannelTable]
    windows: Mapping[int, tables.WindowTable]
    quiet: Mapping[int, tables.QuietTable]
    pins: Mapping[int, tables.PinTable]
    asks: Mapping[int, tables.AskTable]
    resources: Mapping[int, tables.ResourceTable]
    events: Mapping[int, tables.EventTable]

    def days(self) -> tuple[date, ...]:
        """Return the storm's days; none where `date` is missing or nonsense."""
        span = self.head.date
        if span is None or not 0 <= (span.last_on - span.first_on).days < MAXDAYS:
            return ()
        return days_between(span.first_on, span.last_on)


def check_schedule(notes: Notes, storm_id: str, raw: Mapping[str, object], schedule: Schedule) -> None:
    """Note what leaves the schedule without a meaning, as far as its tables could be read."""
    try:
        parse_slug(storm_id)
    except BadValueError as problem:
        notes.error("file-name", (), Phrase("file name: {message}", message=problem.message), problem.hint)
    if storm_id == POST_STORM:
        notes.error(
            "file-name",
            (),
            Phrase("file name: “post” is kept for single posts"),
            Phrase("give the storm another name"),
        )
    _check_head(notes, raw, schedule)
    _check_channels(notes, schedule)
    _check_windows(notes, schedule)
    _check_times(notes, schedule)


def _check_head(notes: Notes, raw: Mapping[str, object], schedule: Schedule) -> None:
    for key, example in NEEDED.items():
        if raw.get(key) in (None, []):
            notes.error(
                "missing-key",
                (),
                Phrase("“{key}” is missing", key=key),
                example,
            )
    span = schedule.head.date
    if span is None:
        return
    if span.last_on < span.first_on:
        notes.error(
            "bad-value",
            ("date",),
            Phrase("date: it ends on {last_on}, before it starts", last_on=span.last_on),
        )
    elif (span.last_on - span.first_on).days >= MAXDAYS:
        notes.error(
            "bad-value", ("date",), Phrase("date: a storm lasts at most {maxdays} days", maxdays=MAXDAYS)
        )
    elif not 2000 <= span.first_on.year < 2100:  # noqa: PLR2004 - a slip of the finger, and zones know no others
        notes.error(
            "bad-value",
            ("date",),
            Phrase("date: {first_on} is not a possible day for a storm", first_on=span.first_on),
        )


NEEDED = {
    "name": Phrase('write name = "International Migrants Day 2026"'),
    "date": Phrase("write date = 2026-12-18"),
    "timezone": Phrase('write timezone = "America/New_York"'),
    "bank": Phrase('write bank = "imd-2026": the folder under messages/'),
    "channels": Phrase("write a table [[channels]] for each account or Page"),
    "windows": Phrase("write a table [[windows]] for each part of the day"),
}
"""The keys that no schedule can be without, and how each is written."""


def _check_windows(notes: Notes, schedule: Schedule) -> None:
    for index, window in schedule.windows.items():
        rhythms = [key for key in ("every", "at", "cron") if getattr(window, key) is not None]
        if len(rhythms) != 1:
            message = (
                Phrase("the window has {others} and {last}", others=", ".join(rhythms[:-1]), last=rhythms[-1])
                if rhythms
                else Phrase("the window has no rhythm")
            )
            hint = Phrase("give it one of every, at and cron")
            notes.error("window-rhythm", ("windows", index), message, hint)


def _check_channels(notes: Notes, schedule: Schedule) -> None:
    first: dict[ChannelId, int] = {}
    for index, rule in schedule.channels.items():
        if first.setdefault(rule.id, index) != index:
            notes.error(
                "duplicate-channel", ("channels", index), Phrase("“{id}” is listed twice", id=rule.id)
            )
    if len(first) < len(schedule.head.channels):
        # One that can't be read was noted already; windows may well mean it.
        return
    known = [str(channel) for channel in first]
    for index, window in schedule.windows.items():
        for number, channel in enumerate(window.channels):
            if channel not in first:
                message = Phrase("“{channel}” is not among the storm's channels", channel=channel)
                steps = ("windows", index, "channels", number)
                notes.error("unknown-channel", steps, message, suggest(str(channel), known))


def _check_times(notes: Notes, schedule: Schedule) -> None:
    """Note local times that the clocks skip or show twice on a day of the storm."""
    zone = schedule.head.timezone
    if zone is None:
        return
    for steps, at, zone_name, day in _local_times(schedule, zone):
        try:
            to_utc(day, at, ZoneInfo(zone_name))
        except LocalTimeError as problem:
            notes.error("no-such-time", steps, problem.message, problem.hint)


def _local_times(schedule: Schedule, zone: str) -> Iterator[tuple[tuple[Step, ...], time, str, date]]:
    days = schedule.days()
    for index, window in schedule.windows.items():
        own_zone = window.timezone or zone
        for day in days:
            if not window.weekdays or WEEKDAYS[day.weekday()] in window.weekdays:
                for steps, local in _window_times(window, day, own_zone):
                    yield ("windows", index, *steps), local.time(), own_zone, local.date()
    for index, quiet in schedule.quiet.items():
        after = DAY if quiet.to_time <= quiet.from_time else timedelta()
        for day in days:
            yield ("quiet", index, "from"), quiet.from_time, zone, day
            yield ("quiet", index, "to"), quiet.to_time, zone, day + after
    for index, pin in schedule.pins.items():
        for day in days:
            yield ("pins", index, "at"), pin.at, zone, day


def _window_times(
    window: tables.WindowTable, day: date, zone: str
) -> Iterator[tuple[tuple[Step, ...], datetime]]:
    """Return a window's local times on a day, each with the key that names it."""
    after = DAY if window.to_time <= window.from_time else timedelta()
    start, end = datetime.combine(day, window.from_time), datetime.combine(day + after, window.to_time)
    yield ("from",), start
    yield ("to",), end
    for number, at in enumerate(window.at or ()):
        yield ("at", number), datetime.combine(day + after if at < window.from_time else day, at)
    if window.cron is not None and _is_shifted(start, end, zone):
        for local in _find_cron_times(window.cron, start, end):
            yield ("cron",), local


def _is_shifted(start: datetime, end: datetime, zone_name: str) -> bool:
    """Whether clocks are changed between two local times."""
    first, last = (local.replace(tzinfo=ZoneInfo(zone_name)).utcoffset() for local in (start, end))
    return first != last


def _find_cron_times(cron: str, start: datetime, end: datetime) -> Iterator[datetime]:
    """Find what an expression with hours and minutes names in a window, as clocks show it.

    One with `*` for either is a rhythm, which goes on however clocks are changed.
    """
    from cronsim import CronSim

    if not any(field.startswith("*") for field in cron.split()[:2]):
        yield from takewhile(lambda local: local < end, CronSim(cron, start - timedelta(seconds=1)))


def check_bank(notes: Notes, root: Path, schedule: Schedule) -> None:
    """Note a bank that is not there."""
    bank = schedule.head.bank
    banks = find_bank_names(root)
    if bank is not None and bank not in banks:
        notes.error(
            "unknown-bank",
            ("bank",),
            Phrase("there is no bank {messages}/{bank}/", messages=MESSAGES, bank=bank),
            suggest(bank, banks),
        )


def check_surroundings(notes: Notes, root: Path, schedule: Schedule) -> None:
    """Note files that are missing, channels whose secrets would have one name, and keys without effect."""
    _check_effects(notes, schedule)
    for index, resource in schedule.resources.items():
        steps = ("resources", index, "file")
        path = PurePosixPath(resource.file)
        if path.is_absolute() or ".." in path.parts or "\\" in resource.file:
            message = Phrase("“{file}” points outside the campaign's folder", file=resource.file)
            notes.error(
                "file-outside",
                steps,
                message,
                Phrase("paths start at the campaign's folder, with / between folders"),
            )
        elif not is_file(root / path):
            notes.error("file-missing", steps, Phrase("there is no file “{file}”", file=resource.file))
    by_secrets: dict[tuple[str, str], ChannelId] = {}
    for index, channel in schedule.channels.items():
        name = channel.id.env_name
        twin = by_secrets.setdefault((channel.id.platform.value, name), channel.id)
        if twin != channel.id:
            prefix = f"STORMCTL_{channel.id.platform.value.upper()}_{name}_…"
            message = Phrase(
                "“{id}” and “{twin}” would share the secrets {prefix}",
                id=channel.id,
                twin=twin,
                prefix=prefix,
            )
            notes.error("channel-collision", ("channels", index, "id"), message, Phrase("rename one of them"))


def _check_effects(notes: Notes, schedule: Schedule) -> None:
    """Note keys of channels that their platform has nothing for."""
    for index, channel in schedule.channels.items():
        facts = channel.id.platform.facts
        idle = {
            "reply_settings": channel.reply_settings is not None and not facts.has_reply_settings,
            "verified": channel.verified and facts.ceilings_verified == facts.ceilings,
        }
        for key in (key for key, is_idle in idle.items() if is_idle):
            notes.warn(
                "key-without-effect",
                ("channels", index, key),
                Phrase("“{key}” has no effect on {platform}", key=key, platform=facts.label),
                Phrase("remove it: {platform} is told nothing of it", platform=facts.label),
            )
