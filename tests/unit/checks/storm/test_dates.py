from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from stormctl.checks.run import run_checks
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.plan.storm import Pin, Quiet, Trust, Window
from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import SCHEDULE, at, make_bank, make_storm, make_variant, make_window

_FALL = date(2026, 11, 1)


def _pin(clock: str) -> Pin:
    return Pin(place=SCHEDULE, at=time.fromisoformat(clock), message="a")


def _quiet(begin: str, end: str) -> Quiet:
    return Quiet(place=SCHEDULE, from_time=time.fromisoformat(begin), to_time=time.fromisoformat(end))


def test_deadline_before_the_storm_is_an_error() -> None:
    """A deadline that is over when the first window opens is told with both times."""
    variant = make_variant(expires_at=at("08:00"), lines=(("expires", 2),))

    findings = find(variant)

    assert [(f.code, f.place.line) for f in findings] == [("deadline-passed", 2)]
    assert findings[0].message == (
        "its deadline 2026-12-18 08:00 EST passes before the storm, which begins 2026-12-18 08:00 EST"
    )


def test_storm_without_windows_begins_with_its_pins() -> None:
    """Where only pins are planned, the first one counts; where nothing is, nothing can be said."""
    variant = make_variant("a.en", expires_at=at("11:00"))

    pinned = codes(variant, storm=make_storm(windows=(), pins=(_pin("12:00"),)))
    shut = codes(variant, storm=make_storm(windows=(make_window(weekdays=frozenset({0})),)))

    assert pinned == ["deadline-passed"]
    assert shut == ["unplaced"]


@pytest.mark.parametrize(
    ("pin", "window", "expires"),
    [("11:00", "12:00", "11:30"), ("15:00", "12:00", "13:00"), ("12:00", "12:00", "12:01")],
)
def test_whatever_comes_first_begins_the_storm(pin: str, window: str, expires: str) -> None:
    """A deadline that lies between the first pin and the first window, whichever is first, is no error."""
    storm = make_storm(pins=(_pin("16:00"), _pin(pin)), windows=(make_window("17:00"), make_window(window)))
    variant = make_variant("a.en", expires_at=at(expires))

    assert "deadline-passed" not in codes(variant, storm=storm)


def test_pin_before_its_deadline_is_kept() -> None:
    """A pinned message may have a deadline: the pin is planned before it, and nothing is wrong with that."""
    storm = make_storm(windows=(make_window("12:00"),), pins=(_pin("11:00"), _pin("15:00")))
    bank = make_bank(
        make_variant("a.en", expires_at=at("11:01")),
        make_variant("a.en.again", expires_at=at("15:01")),
        make_variant("b.en"),
    )

    plan = plan_storm(storm, bank)

    pins = [(d.slot_at, d.key.tail) for d in plan.deliveries if d.key.message == "a"]
    assert pins == [(at("11:00"), "en"), (at("15:00"), "en.again")]
    assert plan.unplaced == ()
    assert {finding.code for finding in run_checks(storm, bank, plan).findings} == {"variants-differ"}


def test_dates_must_leave_a_moment() -> None:
    """A message that may go out only from its deadline on is an error."""
    storm = make_storm(trust=Trust(scheduling=True))
    variant = make_variant(expires_at=at("12:00"), not_before=at("12:00"))

    assert codes(variant, storm=storm) == ["dates-crossed", "unplaced"]


def test_edited_plan_must_keep_dates() -> None:
    """A plan whose slots were moved out of a message's dates is an error."""
    storm = make_storm(trust=Trust(scheduling=True))
    bank = make_bank(make_variant("a.en", expires_at=at("12:00"), not_before=at("10:00")))
    plan = plan_storm(storm, bank)
    moved = [
        replace(plan, deliveries=(replace(plan.deliveries[0], slot_at=at(clock)),))
        for clock in ("09:59", "12:00")
    ]

    early, late = (run_checks(storm, bank, each).findings for each in moved)

    assert [f.message for f in (*early, *late)] == [
        "storm/x:acme/a/en: its slot 2026-12-18 09:59 EST is before its not_before",
        "storm/x:acme/a/en: its slot 2026-12-18 12:00 EST is not before its deadline",
    ]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (make_window("08:00", "20:00", at=(time(8),)), []),
        (make_window("08:00", "20:00", at=(time(8), time(20))), ["time-outside-window"]),
        (make_window("22:00", "02:00", at=(time(22), time(1))), []),
        (make_window("22:00", "02:00", at=(time(22), time(2))), ["time-outside-window"]),
    ],
)
def test_fixed_times_lie_in_their_window(window: Window, expected: list[str]) -> None:
    """A time at which its window is shut is a warning."""
    assert codes(make_variant(), storm=make_storm(windows=(window,))) == expected


def test_pin_in_a_silence_is_an_error() -> None:
    """A pin that is in a quiet time is told, once for all days."""
    storm = make_storm(
        pins=(_pin("11:02"), _pin("11:05")), quiet=(_quiet("11:00", "11:05"),), last_on=date(2026, 12, 20)
    )

    findings = [f for f in find(make_variant("a.en"), storm=storm) if f.code == "pin-in-quiet"]

    assert [f.message for f in findings] == ["the pin at 11:02 is in a quiet time"]
