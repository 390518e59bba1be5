from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.plan.slots import Silences, find_quiet_spans, find_spans, order_evenly
from stormctl.domain.plan.storm import Pin, Quiet
from stormctl.domain.plan.turns import find_swaps
from tests.unit.domain.making import SCHEDULE, at, make_bank, make_storm, make_variant, make_window


@pytest.mark.parametrize("topics", [2, 3, 5])
@pytest.mark.parametrize("count", [12, 36])
def test_no_topic_comes_twice_in_a_row(topics: int, count: int) -> None:
    """However few topics there are, and however full the day is."""
    variants = [make_variant(f"m{n:02}.en", topic=f"t{n % topics}") for n in range(count)]
    storm = make_storm(windows=(make_window(every=timedelta(minutes=20)),))

    plan = plan_storm(storm, make_bank(*variants))

    assert len(plan.deliveries) == count
    assert all(a.topic != b.topic for a, b in pairwise(plan.deliveries))


def test_a_topic_of_half_the_day_is_never_left_with_itself() -> None:
    """Of twelve posts six are on one topic, and every second one is."""
    variants = [make_variant(f"m{n:02}.en", topic="many" if n < 6 else f"t{n}") for n in range(11)]

    plan = plan_storm(make_storm(), make_bank(*variants))

    assert [d.topic == "many" for d in plan.deliveries] == [True, False] * 5 + [True]


def test_pins_are_neighbours_too() -> None:
    """Beside a pin the topic of the pin is not posted."""
    variants = [make_variant(f"m{n:02}.en", topic="rights" if n < 4 else f"t{n}") for n in range(11)]
    noon = make_variant("noon.en", topic="rights")
    storm = make_storm(pins=(Pin(place=SCHEDULE, at=time(12, 30), message="noon"),))

    plan = plan_storm(storm, make_bank(noon, *variants))

    assert all(a.topic != b.topic for a, b in pairwise(plan.deliveries))


def test_messages_without_a_topic_may_follow_each_other() -> None:
    """Nothing is held back where no topics are given; one topic alone fills its day."""
    for topic in (None, "only"):
        plan = plan_storm(
            make_storm(), make_bank(*(make_variant(f"m{n:02}.en", topic=topic) for n in range(12)))
        )
        assert len(plan.deliveries) == 12


@pytest.mark.parametrize("total", [0, 1, 2, 3, 12, 37])
def test_however_many_come_first_lie_nearly_evenly(total: int) -> None:
    """No gap is more than twice as wide as another, and all positions come once."""
    order = order_evenly(total)

    assert sorted(order) == list(range(total))
    for count in range(2, total):
        gaps = [b - a for a, b in pairwise(sorted(order[:count]))]
        assert max(gaps) <= 2 * min(gaps) + 1


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
        ("Europe/Madrid", date(2026, 3, 29)),
        ("Europe/Madrid", date(2026, 10, 25)),
        ("America/Santiago", date(2026, 4, 4)),
        ("America/Santiago", date(2026, 9, 6)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Asia/Beirut", date(2026, 3, 29)),
        ("Asia/Beirut", date(2026, 10, 25)),
    ],
)
def test_days_on_which_clocks_change(zone: str, day: date) -> None:
    """From four to four across midnight: each slot is within its window, real time apart, outside silence."""
    storm = make_storm(
        first_on=day - timedelta(days=1),
        last_on=day,
        timezone=zone,
        windows=(make_window("04:00", "04:00", every=timedelta(minutes=20), timezone=zone),),
        quiet=(Quiet(place=SCHEDULE, from_time=time(1), to_time=time(3, 30)),),
    )
    spans = find_spans(storm, storm.channels[0])

    plan = plan_storm(storm, make_bank(*(make_variant(f"m{n:03}.en", topic=f"t{n % 3}") for n in range(150))))

    silences = Silences(find_quiet_spans(storm))
    times = [delivery.slot_at for delivery in plan.deliveries]
    assert len(times) > 100
    assert all(any(span.start_at <= at < span.end_at for span in spans) for at in times)
    assert not any(silences.find(at) for at in times)
    # Where clocks move by half an hour, the next window begins ten minutes after the last slot.
    assert all(later - at >= timedelta(minutes=10) for at, later in pairwise(times))
    assert {span.end_at - span.start_at for span in spans} > {timedelta(days=1)}


def swap(topics: str, fixed: str = "") -> str:
    """Make the swaps that are found in a row of letters, in which small ones stand for no topic."""
    row = list(topics)
    known = [letter if letter.isupper() else None for letter in row]
    for here, there in find_swaps(known, lambda *pair: not {row[place] for place in pair} & set(fixed)):
        row[here], row[there] = row[there], row[here]
    return "".join(row)


@pytest.mark.parametrize(
    ("topics", "fixed", "mended"),
    [
        ("ABCDD", "", "ABDCD"),
        ("ABCBDD", "", "ABCDBD"),
        ("CDABB", "", "CDBAB"),
        ("xABB", "", "xBAB"),
        ("ABAB", "", "ABAB"),
        ("AAB", "", "ABA"),
        ("AAA", "", "AAA"),
        ("AAAAB", "", "AAABA"),
        ("xyxy", "", "xyxy"),
        ("ABCDD", "CD", "ABCDD"),
    ],
)
def test_a_topic_that_is_left_with_itself_changes_places(topics: str, fixed: str, mended: str) -> None:
    """With the nearest one that may, and only where no topic comes to stand beside itself by it."""
    assert swap(topics, fixed) == mended


@given(st.text("ABCDx", max_size=40))
def test_swaps_never_make_it_worse(topics: str) -> None:
    """The same wordings go out, and no more topics are in a row than before."""

    def repeats(row: str) -> int:
        return sum(a == b != "x" for a, b in pairwise(row))

    mended = swap(topics)

    assert sorted(mended) == sorted(topics)
    assert repeats(mended) <= repeats(topics)


def test_a_row_of_one_topic_takes_no_time() -> None:
    """Where nothing can be mended no more is tried than a few times the row."""
    tried: list[int] = []

    def refuse(here: int, there: int) -> bool:
        tried.append(here + there)
        return False

    assert list(find_swaps(["A"] * 2 + ["A", "B"] * 1000 + ["A", "A"] * 1000, refuse)) == []
    assert len(tried) <= 64 + 4 * 4002


def test_the_last_before_a_pin_is_of_another_topic() -> None:
    """Deadlines and the times of pins hold, whatever changes places, and nothing is lost."""
    bound = {f"m{n:02}": at(f"{9 + n:02}:30") for n in range(3)}
    variants = [
        make_variant(f"m{n:02}.en", topic="abcd"[n % 4], expires_at=bound.get(f"m{n:02}")) for n in range(10)
    ]
    closing = make_variant("closing.en", topic="a")
    pins = (Pin(place=SCHEDULE, at=time(18, 30), message="closing"),)

    for seed in range(40):
        storm = make_storm(pins=pins, seed=seed)
        plan = plan_storm(storm, make_bank(*variants, closing))

        assert len(plan.deliveries) == 11
        assert all(d.slot_at < bound.get(d.key.message, at("20:00")) for d in plan.deliveries)
        assert [d.slot_at for d in plan.deliveries if d.key.message == "closing"] == [at("18:30")]
        assert all(a.topic != b.topic for a, b in pairwise(plan.deliveries))
