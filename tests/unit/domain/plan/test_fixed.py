from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.plan.storm import Pin, Quiet
from stormctl.domain.platforms.record import Ceiling
from tests.factories import DAY
from tests.unit.domain.making import (
    NO_LIMITS,
    SCHEDULE,
    at,
    clock,
    make_bank,
    make_messages,
    make_rule,
    make_storm,
    make_variant,
    make_window,
    times_of,
)

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Variant

_NOON = Pin(place=SCHEDULE, at=time(12), message="noon")
_REMINDERS = (timedelta(hours=3), timedelta(minutes=45))


def _sign_on(*labels: str, **fields: Any) -> list[Variant]:
    return [
        make_variant(f"sign.en{label and '.'}{label}", expires_at=at("20:00"), **fields)
        for label in ("", *labels)
    ]


def test_pin_has_its_time_on_every_channel() -> None:
    """A pin goes out at its time on each channel that has a wording; other languages keep their slots."""
    storm = make_storm(
        make_rule("facebook:acme", languages=("en", "es")),
        make_rule("x:otra", languages=("es",)),
        make_rule("x:muette", languages=("fr",)),
        pins=(_NOON,),
        limits=replace(NO_LIMITS, same_message_apart=timedelta(minutes=30)),
    )

    plan = plan_storm(storm, make_bank(make_variant("noon.en"), make_variant("noon.es")))

    pins = [d for d in plan.deliveries if d.kind is Kind.PIN]
    assert [(d.key.channel, d.key.tail) for d in pins] == [("facebook:acme", "en"), ("x:otra", "es")]
    assert {(at("12:00"), None)} == {(d.slot_at, d.window_end_at) for d in pins}
    assert "noon.es" in times_of(plan, "facebook:acme")
    assert plan.unplaced == ()


def test_slots_beside_a_pin_give_way() -> None:
    """Slots too near to a pin are moved or dropped, never the pin."""
    window = make_window("11:50", "12:10", every=timedelta(minutes=5))
    storm = make_storm(windows=(window,), pins=(_NOON,), limits=Limits(spacing=timedelta(minutes=7)))

    plan = plan_storm(storm, make_bank(make_variant("noon.en"), *make_messages(9)))

    assert [clock(d.slot_at) for d in plan.deliveries] == ["11:50", "12:00", "12:07"]


@pytest.mark.parametrize(
    ("fields", "storm_fields", "reason"),
    [
        ({"expires_at": at("12:00")}, {}, "its deadline has passed when its pin is due"),
        ({"not_before": at("12:01")}, {}, "its pin is due before its not_before"),
        (
            {},
            {"quiet": (Quiet(place=SCHEDULE, from_time=time(11), to_time=time(13)),)},
            "its pin is in a quiet time",
        ),
        (
            {},
            {
                "pins": (replace(_NOON, at=time(11, 59), message="m00"), _NOON),
                "limits": Limits(spacing=timedelta(minutes=5)),
            },
            "its pin is too close to another one, or beyond a ceiling",
        ),
    ],
)
def test_pin_that_cannot_go_out_is_told(
    fields: dict[str, Any], storm_fields: dict[str, Any], reason: str
) -> None:
    """A pin that its message or the storm forbids is left out with the reason, and not posted otherwise."""
    storm = make_storm(**{"pins": (_NOON,), **storm_fields})

    plan = plan_storm(storm, make_bank(make_variant("noon.en", **fields), *make_messages(1)))

    assert [("noon.en", reason)] == [(u.variant, u.reason) for u in plan.unplaced]
    assert "noon.en" not in times_of(plan)


def test_pin_comes_back_each_day_while_there_are_wordings() -> None:
    """On a storm of three days a pin with two wordings goes out on two of them."""
    storm = make_storm(pins=(_NOON,), last_on=date(2026, 12, 20))

    plan = plan_storm(storm, make_bank(make_variant("noon.en"), make_variant("noon.en.again")))

    assert [(d.key.tail, d.storm_on.day) for d in plan.deliveries] == [("en", 18), ("en.again", 19)]


def test_reminders_use_extra_wordings_before_the_deadline() -> None:
    """Extra wordings go out in the order of their labels at the reminders' times, after the plain one."""
    storm = make_storm(reminders=_REMINDERS)

    plan = plan_storm(storm, make_bank(*_sign_on("a-few-hours", "last-call"), *make_messages(10)))

    times = times_of(plan)
    assert (times["sign.en.a-few-hours"], times["sign.en.last-call"]) == ("17:00", "19:15")
    assert times["sign.en"] < "17:00"
    assert Counter(d.kind for d in plan.deliveries) == {Kind.REMINDER: 2, Kind.SLOT: 11}
    assert {at("20:00")} == {d.window_end_at for d in plan.deliveries if d.kind is Kind.REMINDER}


def test_last_reminder_comes_first_where_wordings_are_few() -> None:
    """With fewer extra wordings than reminders, those nearest to the deadline are kept."""
    plan = plan_storm(make_storm(reminders=_REMINDERS), make_bank(*_sign_on("last-call")))

    assert times_of(plan)["sign.en.last-call"] == "19:15"


def test_only_wording_keeps_an_ordinary_slot() -> None:
    """A message without a plain wording has its first extra one in an ordinary slot."""
    first, second = _sign_on("one", "two")[1:]

    plan = plan_storm(make_storm(reminders=_REMINDERS), make_bank(first, second))

    assert {f"{d.key.message}.{d.key.tail}": d.kind for d in plan.deliveries} == {
        "sign.en.one": Kind.SLOT,
        "sign.en.two": Kind.REMINDER,
    }


def test_reminder_whose_time_is_claimed_moves_earlier() -> None:
    """Reminders give way to pins, to each other and to silences, towards the earlier."""
    other = [replace(v, message_id="vote", lang="en") for v in _sign_on("last-call")]
    storm = make_storm(
        reminders=(timedelta(minutes=45),),
        quiet=(Quiet(place=SCHEDULE, from_time=time(19, 8), to_time=time(19, 12)),),
        limits=Limits(spacing=timedelta(minutes=7)),
    )

    times = times_of(plan_storm(storm, make_bank(*_sign_on("last-call"), *other)))

    assert (times["sign.en.last-call"], times["vote.en.last-call"]) == ("19:15", "19:07")


@pytest.mark.parametrize(
    ("window", "fields", "limits"),
    [
        (make_window("08:00", "16:00"), {}, NO_LIMITS),
        (make_window(), {"not_before": at("19:30")}, NO_LIMITS),
        (make_window(), {"parts": ("One.", "Two.")}, replace(NO_LIMITS, ceilings=(Ceiling(0, DAY),))),
    ],
)
def test_reminder_without_a_place_leaves_its_wording(
    window: Any, fields: dict[str, Any], limits: Limits
) -> None:
    """Outside windows, before not_before and beyond ceilings there is no reminder."""
    storm = make_storm(windows=(window,), reminders=_REMINDERS[1:], limits=limits)

    plan = plan_storm(storm, make_bank(*_sign_on("last-call", **fields)))

    assert Kind.REMINDER not in {d.kind for d in plan.deliveries}
