from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.bank.message import LatePolicy, Variant
from stormctl.domain.base.localtime import LocalTimeError
from stormctl.domain.delivery.delivery import Kind, Plan, PlannedDelivery
from stormctl.domain.plan.fixed import EnrolledSlot
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.plan.slots import Silences, find_quiet_spans, find_spans
from stormctl.domain.plan.storm import ChannelRule, Late, Pin, Quiet, Storm
from stormctl.domain.platforms.record import Ceiling
from tests.factories import QUARTER, keeps
from tests.fakes import noting
from tests.unit.domain.making import (
    NO_LIMITS,
    SCHEDULE,
    at,
    clock,
    draw_ceilings,
    make_bank,
    make_messages,
    make_rule,
    make_storm,
    make_variant,
    make_window,
    times_of,
)

_NOON = Pin(place=SCHEDULE, at=time(12), message="noon")
_REMINDERS = (timedelta(hours=3), timedelta(minutes=45))


def test_every_wording_gets_one_slot() -> None:
    """As many wordings as slots fill the day, each once, in order of time, with a key that names it."""
    plan = plan_storm(make_storm(), make_bank(*make_messages(12)))

    assert [f"{hour:02}:00" for hour in range(8, 20)] == [clock(d.slot_at) for d in plan.deliveries]
    assert {f"storm/x:acme/m{n:02}/en" for n in range(12)} == {str(d.key) for d in plan.deliveries}
    assert plan.unplaced == ()
    assert tuple(count for _, count in plan.spare) == (0,)


def test_delivery_carries_what_the_ledger_needs() -> None:
    """Deadline, priority, topic, late policy and the end of the window go with each delivery."""
    storm = make_storm(late=Late(policy=LatePolicy.SPREAD, grace=timedelta(minutes=9)))
    variant = make_variant("a.en", expires_at=at("19:00"), not_before=at("09:30"), priority=2, topic="t")

    spread, sent = (
        plan_storm(storm, make_bank(replace(variant, late=late))).deliveries[0]
        for late in (None, LatePolicy.SEND)
    )

    assert (spread.late, sent.late) == (LatePolicy.SPREAD, LatePolicy.SEND)
    assert (at("14:00"), at("19:00"), at("09:30")) == (spread.slot_at, spread.expires_at, spread.not_before)
    assert (Kind.SLOT, 2, "t", at("20:00")) == (
        spread.kind,
        spread.priority,
        spread.topic,
        spread.window_end_at,
    )
    assert timedelta(minutes=9) == spread.grace


def test_an_announced_plan_never_changes() -> None:
    """A small storm with everything in it is planned to the second as it was in the first version.

    What differs here would reorder storms that are announced already: an upgrade must not do that.
    """
    storm = make_storm(
        make_rule("x:acme"),
        make_rule("facebook:acme", languages=("en",)),
        seed=2026,
        windows=(make_window(every=timedelta(hours=1), jitter=timedelta(minutes=10)),),
        pins=(_NOON,),
        reminders=_REMINDERS,
        limits=replace(NO_LIMITS, spacing=timedelta(minutes=5), same_message_apart=timedelta(minutes=30)),
    )
    bank = make_bank(
        make_variant("noon.en"),
        make_variant("sign.en", expires_at=at("18:00")),
        make_variant("sign.en.last", expires_at=at("18:00")),
        make_variant("first.en", priority=1),
        make_variant("work.en", not_before=at("15:00")),
        *(make_variant(f"{word}.{lang}") for word in ("care", "home", "school") for lang in ("en", "es")),
    )

    plan = plan_storm(storm, bank)

    assert plan.unplaced == ()
    assert [
        f"{d.slot_at:%H:%M:%S} {d.key.channel} {d.key.message}/{d.key.tail}" for d in plan.deliveries
    ] == [
        "13:00:00 x:acme first/en",
        "13:00:21 facebook:acme care/en",
        "14:07:50 x:acme sign/en",
        "14:57:08 facebook:acme first/en",
        "14:57:35 x:acme home/en",
        "16:01:05 x:acme care/en",
        "16:09:59 facebook:acme sign/en",
        "17:00:00 facebook:acme noon/en",
        "17:00:00 x:acme noon/en",
        "17:58:56 x:acme school/en",
        "18:51:01 facebook:acme school/en",
        "19:04:54 x:acme home/es",
        "21:08:45 x:acme work/en",
        "21:51:12 facebook:acme home/en",
        "21:55:15 x:acme care/es",
        "22:15:00 facebook:acme sign/en.last",
        "22:15:00 x:acme sign/en.last",
        "23:05:02 x:acme school/es",
        "00:01:37 facebook:acme work/en",
    ]


def test_spare_slots_are_spread_over_the_day() -> None:
    """With more slots than wordings the day is filled evenly from its first slot to its last."""
    plan = plan_storm(make_storm(), make_bank(*make_messages(3)))

    assert [clock(d.slot_at) for d in plan.deliveries] == ["08:00", "14:00", "19:00"]
    assert tuple(count for _, count in plan.spare) == (9,)


def test_too_many_wordings_leave_some_unplaced() -> None:
    """What finds no slot is told, with the reason."""
    plan = plan_storm(make_storm(windows=(make_window("08:00", "10:00"),)), make_bank(*make_messages(3)))

    assert len(plan.deliveries) == 2
    (unplaced,) = plan.unplaced
    assert (str(unplaced.channel), unplaced.reason) == ("x:acme", "its windows have 2 slots")


def test_one_more_message_moves_few_others() -> None:
    """Adding a message doesn't reshuffle the day: a third of it stays to the minute, and mostly far more."""
    storm = make_storm(windows=(make_window(every=timedelta(minutes=10)),))
    moved = []
    for count in range(20, 70, 5):
        few, more = (times_of(plan_storm(storm, make_bank(*make_messages(n)))) for n in (count, count + 1))
        moved.append(sum(more[name] != time for name, time in few.items()))

    assert max(moved) <= 12
    assert sum(moved) <= 50


def test_seed_and_channel_draw_the_order() -> None:
    """Another seed makes another day, and channels don't go in step."""
    bank = make_bank(*make_messages(12))
    storm = make_storm(make_rule("x:acme"), make_rule("facebook:acme"))

    plan, other = plan_storm(storm, bank), plan_storm(replace(storm, seed=1), bank)

    assert times_of(plan) != times_of(other)
    assert times_of(plan) != times_of(plan, "facebook:acme")


def test_priority_goes_first() -> None:
    """The more important wordings have the first slots, and are placed when slots run out."""
    bank = make_bank(*make_messages(12), make_variant("urgent.en", priority=1))

    plan = plan_storm(make_storm(), bank)

    assert times_of(plan)["urgent.en"] == "08:00"
    assert len(plan.unplaced) == 1


def test_deadlines_are_kept_whatever_the_order() -> None:
    """Wordings with little time go first as far as they must, one slot after the other."""
    hasty = [make_variant(f"h{n}.en", expires_at=at("10:30")) for n in range(4)]

    plan = plan_storm(make_storm(), make_bank(*make_messages(9), *hasty))

    times = times_of(plan)
    assert sorted(times[v.name] for v in hasty if v.name in times) == ["08:00", "09:00", "10:00"]
    assert [unplaced.reason for unplaced in plan.unplaced] == [
        "no slot is left between its not_before and its deadline"
    ]


def test_deadlines_are_kept_although_slots_are_spare() -> None:
    """Where even spreading leaves too few slots before a deadline, more of them are used there."""
    hasty = [make_variant(f"h{n}.en", expires_at=at("10:30")) for n in range(3)]

    plan = plan_storm(make_storm(), make_bank(*make_messages(2), *hasty))

    assert sorted(times_of(plan)[v.name] for v in hasty) == ["08:00", "09:00", "10:00"]
    assert plan.unplaced == ()


def test_narrow_deadline_wins_over_even_spreading() -> None:
    """Where the only slot in time is one that spreading gave away, it is had back."""
    bank = make_bank(
        make_variant("early.en", expires_at=at("08:30")),
        make_variant("soon.en", expires_at=at("09:30"), priority=1),
        make_variant("any.en"),
    )

    plan = plan_storm(make_storm(windows=(make_window("08:00", "12:00"),)), bank)

    assert (times_of(plan)["early.en"], times_of(plan)["soon.en"]) == ("08:00", "09:00")
    assert plan.unplaced == ()


def test_not_before_is_kept() -> None:
    """A wording waits for its moment, and has its slot then."""
    patient = make_variant("patient.en", not_before=at("18:30"), priority=9)

    plan = plan_storm(make_storm(), make_bank(*make_messages(11), patient))

    assert times_of(plan)["patient.en"] == "19:00"
    assert plan.unplaced == ()


def test_wordings_of_a_message_lie_far_apart() -> None:
    """Two wordings of one message have much of the day between them, the plain one first."""
    bank = make_bank(*make_messages(10), make_variant("twice.en"), make_variant("twice.en.again"))

    times = times_of(plan_storm(make_storm(), bank))

    first, again = (int(times[name][:2]) for name in ("twice.en", "twice.en.again"))
    assert again - first >= 5


def test_same_message_keeps_apart_on_all_channels() -> None:
    """No channel says a message soon after another one said it."""
    apart = timedelta(hours=3)
    storm = make_storm(
        make_rule("x:acme"), make_rule("facebook:acme"), limits=replace(NO_LIMITS, same_message_apart=apart)
    )

    plan = plan_storm(storm, make_bank(*make_messages(10)))

    assert len(plan.deliveries) == 20
    for message in {d.key.message for d in plan.deliveries}:
        moments = sorted(d.slot_at for d in plan.deliveries if d.key.message == message)
        assert all(b - a >= apart for a, b in pairwise(moments))


def test_message_that_cannot_keep_apart_is_left_out() -> None:
    """Where no slot is far enough from the message's other posts, it is left out and told."""
    storm = make_storm(
        make_rule("x:acme"),
        make_rule("facebook:acme"),
        limits=replace(NO_LIMITS, same_message_apart=timedelta(days=2)),
    )

    plan = plan_storm(storm, make_bank(make_variant("a.en")))

    assert [(u.variant, str(u.channel)) for u in plan.unplaced] == [("a.en", "facebook:acme")]
    assert "same_message_apart" in plan.unplaced[0].reason


def test_thread_is_one_slot_with_a_delivery_a_part() -> None:
    """On X a thread's parts share their slot and are numbered; they count against the ceilings."""
    window = make_window("08:00", "09:00", every=timedelta(minutes=5))
    storm = make_storm(windows=(window,), limits=replace(NO_LIMITS, ceilings=(Ceiling(4, QUARTER),)))
    thread = make_variant("thread.en", parts=tuple(f"Part {n}." for n in range(1, 5)), priority=1)

    plan = plan_storm(storm, make_bank(thread, *make_messages(3)))

    parts = [d for d in plan.deliveries if d.key.message == "thread"]
    assert [d.key.part for d in parts] == [1, 2, 3, 4]
    assert len({d.slot_at for d in parts}) == 1
    posts = sorted(d.slot_at for d in plan.deliveries)
    assert len(posts) == 7
    assert all(b - a >= QUARTER for a, b in zip(posts, posts[4:], strict=False))


def test_thread_on_facebook_is_one_delivery() -> None:
    """On Facebook a thread is one post."""
    bank = make_bank(make_variant("thread.en", parts=("One.", "Two.")))

    plan = plan_storm(make_storm(make_rule("facebook:acme")), bank)

    assert [str(d.key) for d in plan.deliveries] == ["storm/facebook:acme/thread/en"]


def test_unclear_pin_time_is_refused() -> None:
    """A pin at a time that clocks show twice is an error."""
    fall = date(2026, 11, 1)
    pin = replace(_NOON, at=time(1, 30))

    with pytest.raises(LocalTimeError):
        plan_storm(make_storm(pins=(pin,), first_on=fall, last_on=fall), make_bank(make_variant("noon.en")))


@st.composite
def _storms(draw: st.DrawFn) -> tuple[Storm, list[Variant]]:
    minutes = st.integers(0, 24 * 60).map(lambda m: timedelta(minutes=m))
    moments = st.none() | minutes.map(lambda delta: at("00:00") + delta)
    variants = [
        make_variant(
            f"m{number}.{lang}{label}",
            parts=(f"Text {number} {lang}{label}.",) * draw(st.integers(1, 3)),
            priority=draw(st.integers(0, 2)),
            expires_at=draw(moments),
            not_before=draw(moments),
        )
        for number in range(draw(st.integers(1, 12)))
        for lang in draw(st.sets(st.sampled_from(["en", "es"]), min_size=1))
        for label in draw(st.sets(st.sampled_from(["", ".x", ".a", ".b"]), min_size=1))
    ]
    storm = make_storm(
        make_rule("x:one", languages=("en",)),
        make_rule("x:two"),
        make_rule("facebook:one"),
        windows=(
            make_window(
                every=timedelta(minutes=draw(st.integers(5, 60))),
                jitter=timedelta(minutes=draw(st.integers(0, 9))),
            ),
        ),
        pins=tuple(Pin(place=SCHEDULE, at=time(h), message=f"m{h - 11}") for h in (12, 13)),
        reminders=_REMINDERS,
        quiet=(Quiet(place=SCHEDULE, from_time=time(11), to_time=time(12, 30)),),
        seed=draw(st.integers(0, 5)),
        limits=Limits(
            spacing=timedelta(minutes=draw(st.integers(0, 10))),
            ceilings=draw(draw_ceilings(least=3)),
            same_message_apart=timedelta(minutes=draw(st.integers(0, 60))),
        ),
    )
    return storm, variants


@settings(deadline=None)
@given(_storms())
def test_plan_keeps_every_promise(case: tuple[Storm, list[Variant]]) -> None:
    """Whatever storm and bank: repeatable, each wording once or told, within windows, limits and dates."""
    storm, variants = case
    bank = make_bank(*variants)

    plan = plan_storm(storm, bank)

    assert plan == plan_storm(storm, bank)
    keys = [str(d.key) for d in plan.deliveries]
    assert len(set(keys)) == len(keys)
    silences = Silences(find_quiet_spans(storm))
    for d in plan.deliveries:
        assert d.expires_at is None or d.slot_at < d.expires_at
        assert d.not_before is None or d.slot_at >= d.not_before
        assert not silences.find(d.slot_at)
    for rule in storm.channels:
        _check_channel(storm, plan, str(rule.id))
    _check_all_are_there(storm, plan, variants)
    _check_apart(storm, plan)


def _check_all_are_there(storm: Storm, plan: Plan, variants: list[Variant]) -> None:
    """What each channel may take goes out on it, whole, or is told; on X on one channel, and nothing else."""
    on_x: Counter[str] = Counter()
    may_on_x: set[str] = set()
    for rule in storm.channels:
        is_x = str(rule.id).startswith("x:")
        taken = {
            v.name: len(v.parts) if is_x else 1 for v in variants if not rule.languages or v.lang == "en"
        }
        for name in list(taken):
            if name.endswith(".x"):  # X's own wording, in place of the plain one
                taken.pop(name.removesuffix(".x") if is_x else name, None)
        posted = Counter(f"{d.key.message}.{d.key.tail}" for d in plan.deliveries if d.channel == rule.id)
        told = Counter(u.variant for u in plan.unplaced if u.channel == rule.id)
        assert not posted.keys() & told.keys()
        assert posted.items() <= taken.items()
        assert told.items() <= dict.fromkeys(taken, 1).items()
        if is_x:
            on_x.update([*posted, *told])
            may_on_x |= taken.keys()
        else:
            assert posted.keys() | told.keys() == taken.keys()
    assert on_x == dict.fromkeys(may_on_x, 1)


def _check_channel(storm: Storm, plan: Plan, channel: str) -> None:
    deliveries = [d for d in plan.deliveries if d.key.channel == channel]
    spans = find_spans(storm, storm.rule_of(deliveries[0].channel)) if deliveries else ()
    assert all(
        any(s.start_at <= d.slot_at < s.end_at for s in spans) for d in deliveries if d.kind is not Kind.PIN
    )
    posts = [d.slot_at for d in deliveries]
    limits = storm.limits
    assert all(b - a >= limits.spacing for a, b in pairwise(sorted(set(posts))))
    assert all(keeps(ceiling, posts) for ceiling in limits.ceilings)


def _check_apart(storm: Storm, plan: Plan) -> None:
    by_message: dict[str, set[tuple[datetime, str, Kind]]] = {}
    for d in plan.deliveries:
        by_message.setdefault(d.key.message, set()).add((d.slot_at, d.key.channel, d.kind))
    for posts in by_message.values():
        for (a, _, kind), (b, _, other) in pairwise(sorted(posts)):
            if Kind.SLOT in {kind, other}:
                assert b - a >= storm.limits.same_message_apart


def enrolled_of(plan: Plan) -> list[EnrolledSlot]:
    """Return what a ledger would say of a plan."""
    return [
        EnrolledSlot(
            channel=d.key.channel,
            name=f"{d.key.message}.{d.key.tail}",
            kind=d.kind,
            slot_at=d.slot_at,
            storm_on=d.storm_on,
            expires_at=d.expires_at,
            is_open=True,
        )
        for d in plan.deliveries
        if d.key.part in {None, 1}
    ]


@settings(deadline=None, max_examples=40)
@given(_storms(), st.data())
def test_planning_again_never_touches_what_is_enrolled(
    case: tuple[Storm, list[Variant]], data: st.DataObject
) -> None:
    """Whatever messages come later, whatever the seed is then, all that is enrolled stays in its place."""
    storm, variants = case
    later = data.draw(st.sets(st.sampled_from([v.name for v in variants])), label="later")
    first = plan_storm(storm, make_bank(*(v for v in variants if v.name not in later)))
    enrolled = enrolled_of(first)

    reseeded = replace(storm, seed=storm.seed + data.draw(st.integers(0, 1)))

    again = plan_storm(reseeded, make_bank(*variants), enrolled)

    replaced = {name.removesuffix(".x") for name in later if name.endswith(".x")}
    for slot in enrolled:
        if slot.channel.startswith("x:") and slot.name in replaced:
            continue  # X's own wording has come, and takes the plain one's place
        found = {d.slot_at for d in again.deliveries if _is_at(d, slot)}
        assert found == {slot.slot_at}
    for rule in storm.channels:
        _check_channel(storm, again, str(rule.id))
    _check_all_are_there(storm, again, variants)


def _is_at(delivery: PlannedDelivery, slot: EnrolledSlot) -> bool:
    key = delivery.key
    return (key.channel, f"{key.message}.{key.tail}", delivery.kind) == (slot.channel, slot.name, slot.kind)


@settings(deadline=None, max_examples=40)
@given(_storms())
def test_the_same_storm_planned_around_its_ledger_is_the_same(case: tuple[Storm, list[Variant]]) -> None:
    """A launch of what is enrolled already, with the same files, changes nothing that is enrolled."""
    storm, variants = case
    plan = plan_storm(storm, make_bank(*variants))

    again = plan_storm(storm, make_bank(*variants), enrolled_of(plan))

    assert all(
        delivery in again.deliveries for delivery in plan.deliveries
    )  # what was left out may join them


def test_what_the_schedule_no_longer_allows_is_planned_anew() -> None:
    """A window that is shut, a pin that moved, a deadline that came nearer: the post finds another time."""
    noon = Pin(place=SCHEDULE, at=time(12), message="noon")
    storm = make_storm(pins=(noon,))
    bank = make_bank(make_variant("noon.en"), make_variant("sign.en"), *make_messages(6))
    enrolled = enrolled_of(plan_storm(storm, bank))
    changed = make_storm(pins=(replace(noon, at=time(13)),), windows=(make_window("10:00", "20:00"),))

    plan = plan_storm(changed, bank, enrolled)

    assert times_of(plan)["noon.en"] == "13:00"
    assert min(d.slot_at for d in plan.deliveries) >= at("10:00")
    stays = [slot for slot in enrolled if slot.slot_at >= at("10:00") and slot.name != "noon.en"]
    assert {(slot.name, slot.slot_at) for slot in stays} <= {
        (f"{d.key.message}.{d.key.tail}", d.slot_at) for d in plan.deliveries
    }


def test_a_text_that_is_out_stays_with_its_account() -> None:
    """What one account has posted is never dealt to another, though its slot is past and its window shut."""
    storm = make_storm(make_rule("x:one"), make_rule("x:two"))
    bank = make_bank(*make_messages(8))
    first = plan_storm(storm, bank)
    settled = [replace(slot, is_open=False) for slot in enrolled_of(first)]

    plan = plan_storm(replace(storm, seed=9, windows=(make_window("19:00", "20:00"),)), bank, settled)

    assert {(d.key, d.slot_at) for d in plan.deliveries} == {(d.key, d.slot_at) for d in first.deliveries}


def test_a_channel_is_asked_only_of_its_own_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storm may have hundreds of channels with a window each; one without names is everybody's."""
    rules = [make_rule(f"facebook:c{number:02}") for number in range(20)]
    own = [make_window(channels=(rule.id,) * 2, every=timedelta(hours=4)) for rule in rules]
    storm = make_storm(*rules, windows=(*own, make_window("20:00", "21:00")))
    asked: list[tuple[Storm, ChannelRule]] = []
    for module in ("fixed", "slots"):
        monkeypatch.setattr(f"stormctl.domain.plan.{module}.find_spans", noting(find_spans, asked))

    plan = plan_storm(storm, make_bank(*make_messages(4)))

    looked_at = [narrowed.windows for narrowed, _ in asked]
    assert looked_at[:20] == looked_at[20:] == [(window, storm.windows[-1]) for window in own]
    assert {count for _, count in plan.spare} == {0}
    assert len(plan.deliveries) == 20 * 4
