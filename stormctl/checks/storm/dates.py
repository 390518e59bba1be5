"""Rules about time: deadlines, clocks that change, silences, and the age of figures."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.amounts import count_years
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.localtime import days_between, readings_of
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.plan.slots import Silences, find_quiet_spans

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.plan.storm import Storm


@rule(
    "deadline-passed",
    Severity.ERROR,
    Phrase("A message's deadline is after the storm begins."),
    why=Phrase("After its deadline a message is never posted, so this one could not be posted at all."),
    fix=Phrase("Correct `expires`, above all its year and zone, or take the message out."),
    bad="---\nexpires: 2025-12-17 17:00 America/Los_Angeles\n---\nSign today.",
    good="---\nexpires: 2026-12-18 17:00 America/Los_Angeles\n---\nSign today.",
)
def find_passed_deadlines(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings of the storm whose deadline passes before the first window or pin."""
    opens_at = _opening(case.storm) if case.storm else None
    if opens_at is None or case.storm is None:
        return
    zone = ZoneInfo(case.storm.timezone)
    told: dict[str, Variant] = {composed.variant.name: composed.variant for composed in case.composed}
    for variant in told.values():
        if variant.expires_at is not None and variant.expires_at <= opens_at:
            source = case.source_of(variant, "expires")
            yield CheckHit(
                place_of(source, "expires"),
                Phrase(
                    "its deadline {deadline:%Y-%m-%d %H:%M %Z} passes before the storm, which begins"
                    " {opening:%Y-%m-%d %H:%M %Z}",
                    deadline=variant.expires_at.astimezone(zone),
                    opening=opens_at.astimezone(zone),
                ),
                Phrase("correct expires, or take the message out"),
                source,
            )


def is_too_late(variant: Variant, storm: Storm) -> bool:
    """Whether a wording's deadline passes before the storm begins."""
    opens_at = _opening(storm)
    return opens_at is not None and variant.expires_at is not None and variant.expires_at <= opens_at


@rule(
    "dates-crossed",
    Severity.ERROR,
    Phrase("A message may be posted before its deadline."),
    why=Phrase("One whose `not_before` is at or after `expires` can never be posted."),
    fix=Phrase("Correct one of the two."),
    bad="---\nnot_before: 2026-12-18 12:00 America/New_York\nexpires: 2026-12-18 09:00"
    " America/New_York\n---\nSign today.",
    good="---\nnot_before: 2026-12-18 09:00 America/New_York\nexpires: 2026-12-18 12:00"
    " America/New_York\n---\nSign today.",
)
def find_crossed_dates(case: CheckContext) -> Iterator[CheckHit]:
    """Find variants whose first allowed moment is not before their deadline."""
    for variant in case.bank.variants:
        if variant.not_before and variant.expires_at and variant.not_before >= variant.expires_at:
            source = case.source_of(variant, "not_before", "expires")
            yield CheckHit(
                place_of(source, "not_before", "expires"),
                Phrase("its not_before is not before its expires"),
                Phrase("correct one of them"),
                variant=source,
            )


@rule(
    "slot-outside-dates",
    Severity.ERROR,
    Phrase("Each slot is between its message's `not_before` and `expires`."),
    why=Phrase("The ledger would hold the post back, and then let it expire."),
    fix=Phrase("Plan again; a plan that was edited by hand must keep these moments."),
    bad=Phrase("a slot at 18:00 of a message that expires at 17:00"),
    good=Phrase("a slot at 16:40"),
)
def find_slots_outside_dates(case: CheckContext) -> Iterator[CheckHit]:
    """Find planned deliveries at a moment that their message doesn't allow."""
    if case.plan is None or case.storm is None:
        return
    zone = ZoneInfo(case.storm.timezone)
    for delivery in case.plan.deliveries:
        slot = f"its slot {delivery.slot_at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
        if delivery.expires_at is not None and delivery.slot_at >= delivery.expires_at:
            yield CheckHit(
                case.storm.place,
                Phrase("{key}: {slot} is not before its deadline", key=delivery.key, slot=slot),
                Phrase("plan again"),
            )
        if delivery.not_before is not None and delivery.slot_at < delivery.not_before:
            yield CheckHit(
                case.storm.place,
                Phrase("{key}: {slot} is before its not_before", key=delivery.key, slot=slot),
                Phrase("plan again"),
            )


@rule(
    "time-outside-window",
    Severity.WARNING,
    Phrase("A window's fixed times are within it."),
    why=Phrase("Posting is allowed only within the window, its end excluded; such a time makes no slot."),
    fix=Phrase("Move the time, or set the window's `from` and `to` around it."),
    bad="from = 09:00:00\nto = 12:00:00\nat = [12:30:00]",
    good="from = 09:00:00\nto = 13:00:00\nat = [12:30:00]",
)
def find_times_outside_windows(case: CheckContext) -> Iterator[CheckHit]:
    """Find fixed times of windows at which they are shut."""
    for window in case.storm.windows if case.storm else ():
        crosses = window.to_time <= window.from_time
        for at in window.at:
            is_inside = (
                (at >= window.from_time or at < window.to_time)
                if crosses
                else window.from_time <= at < window.to_time
            )
            if not is_inside:
                message = Phrase(
                    "{at:%H:%M} is not between {from_time:%H:%M} and {to_time:%H:%M}",
                    at=at,
                    from_time=window.from_time,
                    to_time=window.to_time,
                )
                yield CheckHit(window.place, message, Phrase("the end itself is outside"))


@rule(
    "pin-in-quiet",
    Severity.ERROR,
    Phrase("No pin is in a quiet time."),
    why=Phrase("Quiet times are kept at send time, so the pin would be late or missed."),
    fix=Phrase("Move the pin or the quiet time."),
    bad='[[pins]]\nat = 12:05:00\nmessage = "noon-statement"\n[[quiet]]\nfrom = 12:00:00\nto = 12:10:00',
    good='[[pins]]\nat = 12:10:00\nmessage = "noon-statement"\n[[quiet]]\nfrom = 12:00:00\nto = 12:10:00',
)
def find_pins_in_quiet(case: CheckContext) -> Iterator[CheckHit]:
    """Find pins whose time is in a quiet time on some date of the storm."""
    if case.storm is None:
        return
    zone, silences = ZoneInfo(case.storm.timezone), Silences(find_quiet_spans(case.storm))
    for pin in case.storm.pins:
        for day in days_between(case.storm.first_on, case.storm.last_on):
            if silences.find(readings_of(day, pin.at, zone)[0]):
                yield CheckHit(
                    pin.place,
                    Phrase("the pin at {at:%H:%M} is in a quiet time", at=pin.at),
                    Phrase("move one of them"),
                )
                break


@rule(
    "old-figures",
    Severity.WARNING,
    Phrase("Figures are no older than the schedule's [facts] max_age."),
    why=Phrase("Numbers age; an old one, posted as if it were current, costs the campaign its credibility."),
    fix=Phrase("Look up the newest figure and set `as_of` to its date, or name the year in the text."),
    bad="---\nas_of: 2018-12-01\n---\n258 million people live outside the country of their birth.",
    good="---\nas_of: 2026-06-01\n---\n304 million people live outside the country of their birth.",
    silenced_by=SilencedBy.WRITER,
)
def find_old_figures(case: CheckContext) -> Iterator[CheckHit]:
    """Find messages whose figures are older on the storm's first day than it allows."""
    if case.storm is None or case.storm.facts_max_age is None:
        return
    limit = case.storm.facts_max_age
    for variant in case.bank.variants:
        if variant.as_of is not None and case.storm.first_on - variant.as_of > limit:
            source = case.source_of(variant, "as_of")
            yield CheckHit(
                place_of(source, "as_of"),
                Phrase(
                    "its figures are from {as_of}, more than {duration} before the storm",
                    as_of=variant.as_of,
                    duration=count_years(limit),
                ),
                Phrase("look up the newest ones"),
                variant=source,
            )


def _opening(storm: Storm) -> datetime | None:
    """Return the first moment at which the storm may post; None without windows and pins."""
    zone = ZoneInfo(storm.timezone)
    moments = [readings_of(storm.first_on, pin.at, zone)[0] for pin in storm.pins]
    for window in storm.windows:
        days = days_between(storm.first_on, storm.last_on)
        open_days = [day for day in days if not window.weekdays or day.weekday() in window.weekdays]
        if open_days:
            moments.append(readings_of(open_days[0], window.from_time, ZoneInfo(window.timezone))[0])
    return min(moments, default=None)
