"""The moments of a storm: its windows, its silences, and the slots at which a channel may post."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.localtime import DAY, days_between, readings_of, to_utc
from stormctl.domain.plan.occupancy import Occupancy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from stormctl.domain.plan.occupancy import Limits
    from stormctl.domain.plan.storm import ChannelRule, Quiet, Storm, Window

_CRON_FIELDS = 5
_PAIR = 2
_SECOND = timedelta(seconds=1)
_REMEMBERED = 512
"""Windows and silences whose moments are kept: a storm's hundreds of channels share them."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment at which one channel posts.

    Attributes:
        storm_on: the storm's date to which its window belongs.
        window_end_at: the end of that window, aware UTC.
    """

    at: datetime
    storm_on: date
    window_end_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A window on one of the storm's dates: from `start_at` up to but not including `end_at`, aware UTC."""

    window: Window
    on: date
    start_at: datetime
    end_at: datetime


class Silences:
    """A storm's quiet times as moments."""

    def __init__(self, spans: Sequence[tuple[datetime, datetime]]) -> None:
        self._starts = [start for start, _ in spans]
        self._spans = spans

    def find(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Find the quiet time that a moment is in; its end is free again."""
        index = bisect_right(self._starts, at) - 1
        return self._spans[index] if index >= 0 and at < self._spans[index][1] else None


def find_quiet_spans(storm: Storm) -> tuple[tuple[datetime, datetime], ...]:
    """Find the storm's quiet times as pairs of aware UTC moments, in order, joined where they overlap.

    They come back each day, from the day before the storm to the day after, because windows may cross
    midnight. Where clocks are changed the longer silence counts.
    """
    return _find_quiet_spans(storm.quiet, storm.timezone, storm.first_on, storm.last_on)


@lru_cache(_REMEMBERED)
def _find_quiet_spans(
    quiet_times: tuple[Quiet, ...], timezone: str, first_on: date, last_on: date
) -> tuple[tuple[datetime, datetime], ...]:
    zone = ZoneInfo(timezone)
    days = days_between(first_on - DAY, last_on + DAY)
    spans = sorted(
        (
            readings_of(day, quiet.from_time, zone)[0],
            readings_of(day if quiet.to_time > quiet.from_time else day + DAY, quiet.to_time, zone)[1],
        )
        for quiet in quiet_times
        for day in days
    )
    joined: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def find_spans(storm: Storm, rule: ChannelRule) -> tuple[Span, ...]:
    """Find the windows in which a channel may post, on each of the storm's dates, ordered by start.

    Raises:
        LocalTimeError: if a window begins or ends at a time that clocks skip or show twice.
    """
    own = (window for window in storm.windows if not window.channels or rule.id in window.channels)
    found = (span for window in own for span in _find_spans_of(window, storm.first_on, storm.last_on))
    return tuple(sorted(found, key=lambda span: (span.start_at, span.end_at)))


@lru_cache(_REMEMBERED)
def _find_spans_of(window: Window, first_on: date, last_on: date) -> tuple[Span, ...]:
    zone = ZoneInfo(window.timezone)
    found = []
    for day in days_between(first_on, last_on):
        if not window.weekdays or day.weekday() in window.weekdays:
            last_day = day if window.to_time > window.from_time else day + DAY
            start, end = to_utc(day, window.from_time, zone), to_utc(last_day, window.to_time, zone)
            found.append(Span(window, day, start, end))
    return tuple(found)


def find_slots(storm: Storm, rule: ChannelRule, taken: Iterable[datetime] = ()) -> tuple[Slot, ...]:
    """Find a channel's slots, in order: the same ones for the same storm, whenever it is asked.

    They keep to the windows' rhythms with their jitter, outside quiet times, within spacing and ceilings.
    One that would be too near to another or to a silence is moved later, by at most the spacing, or else
    dropped; where a day has more than it may, those that remain are spread evenly over it.

    Args:
        taken: moments that pins and reminders claim on this channel.

    Raises:
        LocalTimeError: if a time in a window is one that clocks skip or show twice.
    """
    fixed = sorted(taken)
    wanted = sorted(_wanted_slots(storm, rule), key=lambda slot: (slot.at, slot.window_end_at))
    placed = _place(wanted, fixed, storm)
    return _thin_out(placed, fixed, storm)


def pick_evenly(total: int, count: int) -> tuple[int, ...]:
    """Pick `count` of `total` positions, evenly, the first and the last among them."""
    if count <= 1 or total <= 1:
        return (0,)[: min(total, count)]
    count = min(count, total)
    return tuple(round(n * (total - 1) / (count - 1)) for n in range(count))


def order_evenly(total: int) -> tuple[int, ...]:
    """Order positions so that however many come first lie nearly evenly, the first and the last among them.

    Each next one halves one of the widest gaps: one position more leaves the others where they are.
    """
    order = list(range(min(total, 1))) if total < _PAIR else [0, total - 1]
    gaps = [(0, total - 1)]
    while gaps := [(low, high) for low, high in gaps if high - low > 1]:
        middles = [(low + high + 1) // 2 for low, high in gaps]
        width = len(gaps).bit_length()
        # By reversed bits, so that no part of the day gets all its posts before another has any.
        order += sorted(
            middles, key=dict(zip(middles, _reversed_bits(len(gaps), width), strict=False)).__getitem__
        )
        gaps = [
            half
            for (low, high), middle in zip(gaps, middles, strict=True)
            for half in ((low, middle), (middle, high))
        ]
    return tuple(order)


def _reversed_bits(count: int, width: int) -> list[int]:
    return [int(f"{number:0{width}b}"[::-1], 2) for number in range(count)]


def _wanted_slots(storm: Storm, rule: ChannelRule) -> Iterator[Slot]:
    for span in find_spans(storm, rule):
        jitter = span.window.jitter
        for moment in _rhythm(span):
            chance = draw(storm.seed, "jitter", rule.id, moment) * 2 - 1 if jitter else 0.0
            shift = timedelta(seconds=round(jitter.total_seconds() * chance))
            at = min(max(moment + shift, span.start_at), span.end_at - _SECOND) if jitter else moment
            yield Slot(at, span.on, span.end_at)


def _rhythm(span: Span) -> Iterator[datetime]:
    window = span.window
    if window.every is not None:
        if window.every <= timedelta():
            raise ValueError(f"a rhythm of {window.every} never ends")
        # Steps are real time from the window's start, so that changed clocks neither skip nor repeat one.
        for n in range(-(-(span.end_at - span.start_at) // window.every)):
            yield span.start_at + window.every * n
    elif window.cron is not None:
        yield from _cron_moments(span, window.cron)
    else:
        zone = ZoneInfo(window.timezone)
        crosses = window.to_time <= window.from_time
        for at in window.at:
            moment = to_utc(span.on + DAY if crosses and at < window.from_time else span.on, at, zone)
            if span.start_at <= moment < span.end_at:
                yield moment


def _cron_moments(span: Span, expression: str) -> Iterator[datetime]:
    """Step through a cron expression; where clocks are changed it does what Debian's cron does."""
    from cronsim import CronSim, CronSimError

    if len(expression.split()) != _CRON_FIELDS:
        raise ValueError(f"“{expression}” is not a cron expression of five fields")
    zone = ZoneInfo(span.window.timezone)
    try:
        moments = CronSim(expression, (span.start_at - _SECOND).astimezone(zone))
    except CronSimError as error:
        raise ValueError(f"“{expression}” is not a cron expression: {error}") from error
    yield from takewhile(lambda moment: moment < span.end_at, (local.astimezone(UTC) for local in moments))


def _place(wanted: Iterable[Slot], fixed: Sequence[datetime], storm: Storm) -> list[Slot]:
    within_a_day = tuple(ceiling for ceiling in storm.limits.ceilings if ceiling.period < DAY)
    occupancy = _occupy(fixed, replace(storm.limits, ceilings=within_a_day))
    silences = Silences(find_quiet_spans(storm))
    placed = []
    for slot in wanted:
        at = _find_place(slot, occupancy, silences, slot.at + storm.limits.spacing)
        if at is not None:
            occupancy.add(at)
            placed.append(Slot(at, slot.storm_on, slot.window_end_at))
    return placed


def _find_place(slot: Slot, occupancy: Occupancy, silences: Silences, latest: datetime) -> datetime | None:
    at: datetime | None = slot.at
    while at is not None and at <= latest and at < slot.window_end_at:
        silence = silences.find(at)
        later = silence[1] if silence else occupancy.find_free(at)
        if later == at:
            return at
        at = later
    return None


def _thin_out(placed: Sequence[Slot], fixed: Sequence[datetime], storm: Storm) -> tuple[Slot, ...]:
    """Keep each day within the ceilings of a day and more, and then each span of their periods."""
    long = [ceiling.count for ceiling in storm.limits.ceilings if ceiling.period >= DAY]
    per_day = min(long, default=len(placed) + len(fixed))
    if len(placed) + len(fixed) <= per_day:
        return tuple(placed)
    zone = ZoneInfo(storm.timezone)
    claimed = Counter(at.astimezone(zone).date() for at in fixed)
    by_day: dict[date, list[Slot]] = defaultdict(list)
    for slot in placed:
        by_day[slot.storm_on].append(slot)
    occupancy = _occupy(fixed, storm.limits)
    kept = []
    for day, slots in sorted(by_day.items()):
        for index in pick_evenly(len(slots), max(0, per_day - claimed[day])):
            if occupancy.is_free(slots[index].at):
                occupancy.add(slots[index].at)
                kept.append(slots[index])
    return tuple(sorted(kept, key=lambda slot: slot.at))


def _occupy(fixed: Iterable[datetime], limits: Limits) -> Occupancy:
    occupancy = Occupancy(limits)
    for at in fixed:
        occupancy.add(at)
    return occupancy


def draw(seed: int, *names: object) -> float:
    """Return a number from 0 up to but not including 1 that depends on the seed and the names alone.

    Each name gets its own number, so that one name more or less leaves all others as they were.
    """
    text = "\0".join(str(name) for name in (seed, *names))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    # 53 bits are what a float holds exactly.
    return (int.from_bytes(digest) >> 11) / (1 << 53)
