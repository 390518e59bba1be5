from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stormctl.domain.base.localtime import LocalTimeError
from stormctl.domain.plan.occupancy import Limits, make_limits
from stormctl.domain.plan.slots import Silences, draw, find_quiet_spans, find_slots, find_spans, pick_evenly
from stormctl.domain.plan.storm import ChannelRule, Quiet, Storm, Window
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.platforms.record import Ceiling
from tests.factories import DAY, QUARTER, keeps
from tests.unit.domain.making import SCHEDULE, at, clock, draw_ceilings, make_rule, make_storm, make_window

_RULE = make_rule()
_FALL = date(2026, 11, 1)
_SPRING = date(2026, 3, 29)


def _clocks(storm: Storm, rule: ChannelRule = _RULE, zone: str = "America/New_York") -> list[str]:
    return [clock(slot.at, zone) for slot in find_slots(storm, rule)]


def _one_day(on: date, window: Window, **fields: Any) -> Storm:
    return make_storm(first_on=on, last_on=on, windows=(window,), **fields)


def _quiet(begin: str, end: str) -> Quiet:
    return Quiet(place=SCHEDULE, from_time=time.fromisoformat(begin), to_time=time.fromisoformat(end))


def test_window_makes_slots_up_to_its_end() -> None:
    """A rhythm begins with the window and stays before its end, which each slot knows."""
    storm = make_storm(windows=(make_window("08:00", "09:00", every=timedelta(minutes=20)),))

    slots = find_slots(storm, _RULE)

    assert [at("08:00"), at("08:20"), at("08:40")] == [slot.at for slot in slots]
    assert {(storm.first_on, at("09:00"))} == {(slot.storm_on, slot.window_end_at) for slot in slots}


def test_fixed_times_count_within_the_window() -> None:
    """Times that lie outside their window make no slot."""
    window = make_window("22:00", "02:00", at=(time(1), time(23), time(3)))

    assert _clocks(make_storm(windows=(window,))) == ["23:00", "01:00"]


def test_window_over_midnight_belongs_to_its_first_day() -> None:
    """What a window posts after midnight still belongs to the date on which it began."""
    storm = make_storm(windows=(make_window("22:00", "01:00"),))

    slots = find_slots(storm, _RULE)

    assert [clock(slot.at) for slot in slots] == ["22:00", "23:00", "00:00"]
    assert {storm.first_on} == {slot.storm_on for slot in slots}


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 9-17/2 * * 1-5", ["09:00", "11:00", "13:00", "15:00", "17:00"]),
        ("30 10 * * 5", ["10:30"]),
        ("30 10 * * 0", []),
        ("30 10 * * 7", []),
        ("*/30 8-9 18 12 *", ["08:00", "08:30", "09:00", "09:30"]),
    ],
)
def test_cron_is_the_standard_one(cron: str, expected: list[str]) -> None:
    """Five fields, weekdays with Sunday as 0 and 7; 18 December 2026 is a Friday."""
    assert expected == _clocks(make_storm(windows=(make_window(cron=cron),)))


@pytest.mark.parametrize("cron", ["* * * *", "0 * * * * *", "61 * * * *"])
def test_broken_cron_is_refused(cron: str) -> None:
    """What is not a cron expression of five fields is an error that shows it."""
    with pytest.raises(ValueError, match="is not a cron expression"):
        find_slots(make_storm(windows=(make_window(cron=cron),)), _RULE)


def test_rhythm_of_nothing_is_refused() -> None:
    """A rhythm of no length would never end."""
    with pytest.raises(ValueError, match="never ends"):
        find_slots(make_storm(windows=(make_window(every=timedelta()),)), _RULE)


def test_windows_choose_days_channels_and_zones() -> None:
    """A window counts on its weekdays, for its channels, in its own zone."""
    friday, madrid = frozenset({4}), "Europe/Madrid"
    storm = make_storm(
        first_on=date(2026, 12, 17),
        last_on=date(2026, 12, 18),
        windows=(
            make_window("09:00", "10:00", weekdays=friday, timezone=madrid),
            make_window("20:00", "21:00", channels=(parse_channel_id("x:other"),)),
        ),
    )

    spans = find_spans(storm, _RULE)

    assert [at("09:00", date(2026, 12, 18), madrid)] == [span.start_at for span in spans]


def test_jitter_moves_slots_within_bounds_and_repeatably() -> None:
    """Slots move by at most the jitter, never out of their window, differently by channel and seed only."""
    jitter = timedelta(minutes=10)
    storm = make_storm(windows=(make_window("08:00", "12:00", jitter=jitter),))

    slots = find_slots(storm, _RULE)

    assert slots == find_slots(storm, _RULE)
    assert slots != find_slots(storm, make_rule("x:other"))
    assert all(at("08:00") <= slot.at < at("12:00") for slot in slots)
    assert all(abs(slot.at - at(f"{8 + hour:02}:00")) <= jitter for hour, slot in enumerate(slots))


def test_slots_move_out_of_silences_and_away_from_claimed_moments() -> None:
    """A slot in a quiet time begins when it ends, one beside a pin keeps the spacing, or it is dropped."""
    storm = make_storm(
        windows=(make_window(at=(time(9), time(9, 57), time(11), time(15))),),
        quiet=(_quiet("11:00", "11:05"), _quiet("14:30", "15:30")),
        limits=Limits(spacing=timedelta(minutes=7)),
    )

    slots = find_slots(storm, _RULE, [at("10:00")])

    assert [clock(slot.at) for slot in slots] == ["09:00", "11:05"]


def test_crowded_slots_spread_by_the_spacing() -> None:
    """Two windows' slots that fall together are put one spacing apart."""
    window = make_window(at=(time(9),))
    storm = make_storm(windows=(window, window), limits=Limits(spacing=timedelta(minutes=7)))

    assert _clocks(storm) == ["09:00", "09:07"]


def test_slot_is_dropped_where_nothing_may_be_posted() -> None:
    """A ceiling of nothing leaves no slot."""
    assert find_slots(make_storm(limits=Limits(ceilings=(Ceiling(0, QUARTER),))), _RULE) == ()


def test_day_with_too_many_slots_is_thinned_evenly() -> None:
    """Of more slots than a day may have, those kept are spread over the whole day; pins count."""
    storm = make_storm(
        windows=(make_window("08:00", "18:00"),), limits=make_limits(spacing=timedelta(minutes=5), per_day=4)
    )

    slots = find_slots(storm, _RULE, [at("12:30")])

    assert [clock(slot.at) for slot in slots] == ["08:00", "12:00", "17:00"]


def test_rolling_day_holds_across_midnight() -> None:
    """The daily ceiling holds for any 24 hours, not only from midnight to midnight."""
    storm = make_storm(
        first_on=date(2026, 12, 17),
        windows=(make_window("08:00", "18:00"),),
        limits=make_limits(spacing=timedelta(minutes=5), per_day=3),
    )

    moments = [slot.at for slot in find_slots(storm, _RULE, [at("20:00", date(2026, 12, 17))])]

    every = sorted([*moments, at("20:00", date(2026, 12, 17))])
    assert all(later - earlier >= DAY for earlier, later in zip(every, every[3:], strict=False))


def test_rhythm_steps_in_real_time_when_clocks_go_back() -> None:
    """On the day with 25 hours each hour has its slot, the repeated one too, and none twice."""
    storm = _one_day(_FALL, make_window("00:00", "04:00"))

    slots = find_slots(storm, _RULE)

    assert [clock(slot.at) for slot in slots] == ["00:00", "01:00", "01:00", "02:00", "03:00"]
    assert {timedelta(hours=1)} == {b.at - a.at for a, b in pairwise(slots)}


def test_rhythm_steps_in_real_time_when_clocks_go_forward() -> None:
    """On the day with 23 hours the skipped hour has no slot, and the rhythm does not stumble."""
    madrid = "Europe/Madrid"
    storm = _one_day(_SPRING, make_window("00:00", "05:00", timezone=madrid), timezone=madrid)

    slots = find_slots(storm, _RULE)

    assert [clock(slot.at, madrid) for slot in slots] == ["00:00", "01:00", "03:00", "04:00"]
    assert {timedelta(hours=1)} == {b.at - a.at for a, b in pairwise(slots)}


@pytest.mark.parametrize(
    "window",
    [
        make_window("00:00", "04:00", at=(time(1, 30),)),
        make_window("01:30", "04:00"),
        make_window("00:00", "01:30"),
    ],
)
def test_unclear_local_times_are_refused(window: Window) -> None:
    """A time that clocks show twice, at a window's edge or within, is an error."""
    with pytest.raises(LocalTimeError):
        find_slots(_one_day(_FALL, window), _RULE)


def test_cron_does_what_cron_does_when_clocks_change() -> None:
    """A daily cron time in a skipped hour runs once, right after it; in a repeated hour it runs once."""
    madrid = "Europe/Madrid"
    spring = make_window("00:00", "05:00", timezone=madrid, cron="30 2 * * *")
    fall = make_window("00:00", "05:00", cron="30 1 * * *")

    assert _clocks(_one_day(_SPRING, spring), zone=madrid) == ["03:00"]
    assert _clocks(_one_day(_FALL, fall)) == ["01:30"]


def test_quiet_times_join_and_come_back_each_day() -> None:
    """Overlapping silences are one, and they surround the storm for windows that cross midnight."""
    storm = make_storm(quiet=(_quiet("23:00", "01:00"), _quiet("00:30", "02:00")))

    spans = find_quiet_spans(storm)

    days = [date(2026, 12, day) for day in (17, 18, 19, 20)]
    first = (at("00:30", days[0]), at("02:00", days[0]))
    assert (first, *((at("23:00", a), at("02:00", b)) for a, b in pairwise(days[:3]))) == spans[:3]


def test_quiet_time_takes_the_longer_reading() -> None:
    """A silence whose edges clocks show twice lasts from the first reading to the last."""
    storm = make_storm(first_on=_FALL, last_on=_FALL, quiet=(_quiet("01:15", "01:45"),))

    spans = [span for span in find_quiet_spans(storm) if span[0] >= at("00:00", _FALL)]

    zone = ZoneInfo("America/New_York")
    start, end = (moment.astimezone(zone) for moment in spans[0])
    assert (f"{start:%H:%M %Z}", f"{end:%H:%M %Z}") == ("01:15 EDT", "01:45 EST")


def test_silence_ends_at_its_end() -> None:
    """The end of a quiet time is free again, its beginning is not."""
    span = (at("11:00"), at("11:05"))
    silences = Silences((span,))

    assert span == silences.find(at("11:00"))
    assert silences.find(at("11:05")) is None
    assert silences.find(at("10:59")) is None


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 200))
def test_even_picks_are_distinct_and_reach_both_ends(total: int, count: int) -> None:
    """As many positions as asked for, in order, none twice, with the first and the last."""
    picked = pick_evenly(total, count)

    assert min(total, count) == len(picked)
    assert sorted(set(picked)) == list(picked)
    assert not picked or picked[0] == 0
    assert len(picked) < 2 or picked[-1] == total - 1


@st.composite
def _schedules(draw: st.DrawFn) -> tuple[Storm, list[datetime]]:
    on = draw(st.sampled_from([date(2026, 12, 18), _FALL, _SPRING]))
    window = make_window(
        "00:00",
        "00:00",
        every=timedelta(minutes=draw(st.integers(1, 40))),
        jitter=timedelta(minutes=draw(st.integers(0, 12))),
    )
    limits = Limits(
        spacing=timedelta(minutes=draw(st.integers(0, 15))), ceilings=draw(draw_ceilings(least=1))
    )
    storm = _one_day(on, window, limits=limits, seed=draw(st.integers()), quiet=(_quiet("11:00", "11:45"),))
    taken = draw(st.lists(st.integers(0, 1439), max_size=6))
    return storm, [at("00:00", on) + timedelta(minutes=minute) for minute in taken]


@settings(deadline=None)
@given(_schedules())
def test_slots_keep_every_limit(case: tuple[Storm, list[datetime]]) -> None:
    """Whatever the schedule, slots lie in their windows, out of silences, within spacing and ceilings."""
    storm, fixed = case
    limits, silences = storm.limits, Silences(find_quiet_spans(storm))
    (span,) = find_spans(storm, _RULE)

    slots = [slot.at for slot in find_slots(storm, _RULE, fixed)]

    assert all(span.start_at <= moment < span.end_at for moment in slots)
    assert not any(silences.find(moment) for moment in slots)
    assert all(b - a >= limits.spacing for a, b in pairwise(slots))
    assert all(abs(moment - other) >= limits.spacing for moment in slots for other in fixed)
    assert all(keeps(ceiling, slots) for ceiling in limits.ceilings)


def test_same_names_draw_the_same() -> None:
    """A draw depends on seed and names alone, on every machine and in every run."""
    assert draw(7, "order", "x:acme", "dignity") == 0.5418593943493482


def test_other_names_draw_otherwise() -> None:
    """Seeds, names and their boundaries matter, and every draw is below one."""
    draws = {draw(7, "ab", "c"), draw(7, "a", "bc"), draw(8, "ab", "c"), draw(7, "ab", "d")}

    assert len(draws) == 4
    assert all(0 <= number < 1 for number in draws)
