"""Move what is later than its grace to free times left in its window, evenly, and never two at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.plan.occupancy import Limits, Occupancy
from stormctl.ledger.delivery.openings import SKEW, make_opening
from stormctl.ledger.delivery.rooms import find_ceilings
from stormctl.ledger.journal.edits import describe_move
from stormctl.ledger.journal.rows import tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.ledger.db.sessions import Row, Session
    from stormctl.ledger.delivery.openings import Opening

NO_WINDOW = "its slot passed, and it has no window to be moved in"
NO_ROOM = "its slot passed, and no free time is left in its window"

_LEAST_GAP = timedelta(seconds=1)
_SEARCHES = 8
"""How often the gap between moved posts is halved in on: it is then known to less than half a percent."""


@dataclass(slots=True)
class Spreading:
    """What spreading did: what was moved is told, `left_over` has no free time, with the reason."""

    events: list[StormEvent] = field(default_factory=list)
    left_over: list[tuple[Row, str]] = field(default_factory=list)


def spread_late(session: Session, rows: Iterable[Row], moment: Moment) -> Spreading:
    """Move late deliveries within their windows; those of a suspended channel wait until it is released.

    Args:
        rows: late ones under `spread`, the best first, as they would be claimed.
    """
    done = Spreading()
    groups: dict[tuple[str, str, int, int], list[tuple[Row, list[str]]]] = defaultdict(list)
    for row in rows:
        end = row["window_end_at"]
        if end is None or end <= to_micros(moment.at):
            done.left_over.append((row, NO_WINDOW if end is None else NO_ROOM))
            continue
        keys = [row["key"], *_following(session, row["key"])]
        groups[row["storm_id"], row["channel"], end, len(keys)].append((row, keys))
    for (_, channel, end, weight), items in groups.items():
        gate = session.get("channel_gate", channel=channel, now=to_micros(moment.at))
        if gate["suspended_why"] is None:
            now, key = to_micros(moment.at), items[0][0]["key"]
            terms = session.get("terms_of_delivery", key=key, now=now, skew=SKEW)
            room = _Room(session, gate, terms, from_micros(end), weight=weight, moment=moment)
            places = room.place([row for row, _ in items])
            for (row, keys), at in zip(items, places, strict=True):
                if at is None:
                    done.left_over.append((row, NO_ROOM))
                else:
                    zone = ZoneInfo(terms["timezone"])
                    done.events.append(_move(session, row, keys, at, zone=zone, moment=moment))
    return done


def _following(session: Session, key: str) -> Iterator[str]:
    """Yield the planned parts of a thread after one of them, in order."""
    part = session.find("next_part", key=key)
    while part is not None:
        yield part["key"]
        part = session.find("next_part", key=part["key"])


def _move(
    session: Session, row: Row, keys: Sequence[str], at: datetime, *, zone: ZoneInfo, moment: Moment
) -> StormEvent:
    for key in keys:
        session.write("move_delivery", key=key, slot_at=to_micros(at))
    return tell(session, moment, EventKind.MOVED, row, describe_move(from_micros(row["slot_at"]), at, zone))


class _Room:
    """What is left of a window on a channel, beside what was sent and what is planned there."""

    def __init__(
        self, session: Session, gate: Row, terms: Row, end_at: datetime, *, weight: int, moment: Moment
    ) -> None:
        channel = terms["channel"]
        self._limits = Limits(
            spacing=timedelta(microseconds=terms["spacing"]),
            ceilings=find_ceilings(session, channel, terms["id"]),
        )
        longest = max((ceiling.period for ceiling in self._limits.ceilings), default=timedelta())
        reach = max(longest, self._limits.spacing)
        self._opening: Opening = make_opening(session, channel, gate, terms, now=to_micros(moment.at))
        self._start_at = _round_up(max(moment.at, from_micros(self._opening.opens_at)))
        self._end_at = end_at
        self._weight = weight
        self._taken = [
            from_micros(row["taken_at"])
            for row in session.rows(
                "taken_times",
                channel=channel,
                now=to_micros(moment.at),
                since=to_micros(moment.at - reach),
                until=to_micros(end_at + reach),
            )
        ]

    def place(self, items: Sequence[Row]) -> list[datetime | None]:
        """Find a time for each item, the best items first; None where none is left.

        The times lie as far apart as the window allows. An item that may go out at none of them (a
        deadline, an embargo) is given the first free time that it may have.
        """
        free = self._find_even(len(items))
        places: list[datetime | None] = []
        for item in items:
            earliest, latest = self._range_of(item)
            at = next((at for at in free if earliest <= at < latest), None)
            if at is not None:
                free.remove(at)
            places.append(at)
        occupancy = self._occupy(at for at in places if at is not None)
        for index, item in enumerate(items):
            if places[index] is None:
                earliest, latest = self._range_of(item)
                at = self._find_free(occupancy, earliest, latest)
                if at is not None:
                    occupancy.add(at, self._weight)
                places[index] = at
        return places

    def _range_of(self, item: Row) -> tuple[datetime, datetime]:
        earliest = _round_up(from_micros(max(item["not_before"] or 0, item["retry_at"] or 0)))
        latest = self._end_at if item["expires_at"] is None else from_micros(item["expires_at"])
        return max(self._start_at, earliest), min(self._end_at, latest)

    def _find_even(self, count: int) -> list[datetime]:
        """Return so many times with the widest gap between them that has room for all, or all that fit."""
        widest = (self._end_at - self._start_at) / count
        narrowest = max(self._limits.spacing, _LEAST_GAP)
        best = self._pack(widest, count)
        if len(best) == count or widest <= narrowest:
            return best
        best = self._pack(narrowest, count)
        for _ in range(_SEARCHES):
            gap = (widest + narrowest) / 2
            packed = self._pack(gap, count)
            if len(packed) < len(best):
                widest = gap
            else:
                best, narrowest = packed, gap
        return best

    def _pack(self, gap: timedelta, count: int) -> list[datetime]:
        """Take the earliest free times that keep a gap among themselves, at most `count`."""
        occupancy, packed = self._occupy(()), list[datetime]()
        at = self._find_free(occupancy, self._start_at, self._end_at)
        while at is not None:
            packed.append(at)
            if len(packed) == count:
                break
            occupancy.add(at, self._weight)
            at = self._find_free(occupancy, _round_up(at + gap), self._end_at)
        return packed

    def _find_free(self, occupancy: Occupancy, at: datetime, latest: datetime) -> datetime | None:
        while at < latest:
            loud_at = from_micros(self._opening.after_quiet(to_micros(at)))
            later = loud_at if loud_at > at else occupancy.find_free(at, self._weight)
            if later is None or later == at:
                return later
            at = _round_up(later)
        return None

    def _occupy(self, more: Iterable[datetime]) -> Occupancy:
        occupancy = Occupancy(self._limits)
        for at in self._taken:
            occupancy.add(at)
        for at in more:
            occupancy.add(at, self._weight)
        return occupancy


def _round_up(at: datetime) -> datetime:
    """Return the next whole second: people read these times."""
    return at if not at.microsecond else at.replace(microsecond=0) + timedelta(seconds=1)
