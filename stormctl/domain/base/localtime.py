"""Local times of a day and what they are in UTC, where clocks are changed too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase
from stormctl.errors import FindingsError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class LocalTimeError(FindingsError, ValueError):
    """A local time that does not exist or exists twice because clocks are changed; it shows both readings.

    Attributes:
        readings: the two moments that it could be, aware UTC, the earlier one first.
    """

    def __init__(self, local: datetime, zone: ZoneInfo, readings: tuple[datetime, datetime]) -> None:
        exists = any(at.astimezone(zone).replace(tzinfo=None) == local for at in readings)
        first, second = (f"{at.astimezone(zone):%H:%M %Z} ({at:%H:%M} UTC)" for at in readings)
        message = (
            Phrase(
                "{local:%Y-%m-%d %H:%M} exists twice in {zone}, where the clocks change: it could be {first}"
                " or {second}",
                local=local,
                zone=zone.key,
                first=first,
                second=second,
            )
            if exists
            else Phrase(
                "{local:%Y-%m-%d %H:%M} does not exist in {zone}, where the clocks change: it could be"
                " {first} or {second}",
                local=local,
                zone=zone.key,
                first=first,
                second=second,
            )
        )
        super().__init__(
            message,
            Phrase("choose a time an hour earlier or later"),
        )
        self.message: Phrase
        self.hint: Phrase
        self.readings = readings


def to_utc(on: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment, aware UTC, at which clocks in a zone show a time on a date.

    Raises:
        LocalTimeError: if they never show it, or twice.
    """
    earlier, later = readings_of(on, at, zone)
    if earlier != later:
        raise LocalTimeError(datetime.combine(on, at), zone, (earlier, later))
    return earlier


def readings_of(on: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return both readings of a local time, aware UTC, the earlier one first; mostly they are equal."""
    local = datetime.combine(on, at)
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return min(first, second), max(first, second)


def days_between(first_on: date, last_on: date) -> tuple[date, ...]:
    """Return every date from the first to the last, both included."""
    return tuple(first_on + DAY * n for n in range((last_on - first_on).days + 1))
