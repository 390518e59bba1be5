"""What every ledger engine does with late deliveries: spread them evenly, or pace them; never a burst."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.platforms.record import Ceiling
from tests.contract.conftest import NOON
from tests.factories import DAY, QUARTER, release

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
X_ES = "x:migrants-day-es"
PAGE = "facebook:migrants-day"
MINUTE = timedelta(minutes=1)
WIDE: dict[str, Any] = {"per_15min": 99, "per_day": 999}


def slots(bench: Bench) -> dict[str, float]:
    """Return the slots of what is planned, in minutes after noon, by message (and part)."""
    views = bench.ledger.history.deliveries("imd")
    return {
        view.key.split("/", 2)[2].replace("/en", ""): (view.slot_at - NOON) / MINUTE
        for view in views
        if view.state == "planned"
    }


def spread(
    plan: Plan, message: str, slot: float = 0, *, until: float = 300, **fields: object
) -> PlannedDelivery:
    """Plan a delivery that is spread when it is late, in a window that ends so many minutes after noon."""
    end = NOON + timedelta(minutes=until)
    return plan(message, slot, late=LatePolicy.SPREAD, window_end_at=end, **fields)


class TestSpread:
    """Late deliveries under `spread` get free times in what is left of their window."""

    def test_they_lie_evenly_in_what_is_left(self, bench: Bench, plan: Plan) -> None:
        """Four late ones in four hours: one an hour, the best first, and each move is told in local time."""
        bench.enroll(*(spread(plan, f"m{n}", n, priority=-n) for n in range(4)))

        events = bench.ledger.sweeping.sweep(bench.at(60))

        assert slots(bench) == {"m0": 60, "m1": 120, "m2": 180, "m3": 240}
        assert [event.kind for event in events] == [EventKind.MOVED] * 4
        assert events[0].text == "m0: moved from 07:00 to 08:00"

    def test_nothing_late_is_claimed_before_it_is_moved(self, bench: Bench, plan: Plan) -> None:
        """Whoever wakes first can't publish a backlog at once."""
        bench.enroll(*(spread(plan, f"m{n}") for n in range(3)), spacing=timedelta())

        before = (bench.find_claim(60), bench.next_due(60))
        bench.ledger.sweeping.sweep(bench.at(60))

        assert before == (None, None)
        assert bench.deliver(60).message_id
        assert bench.next_due(60) == 140

    def test_other_slots_silences_and_what_was_sent_keep_their_room(self, bench: Bench, plan: Plan) -> None:
        """Moved ones keep the spacing to planned slots and to the last send, and stay out of silences."""
        planned = [plan(f"p{n}", slot) for n, slot in enumerate((70, 80, 90, 110))]
        late = [spread(plan, f"late{n}", until=121) for n in range(4)]
        sent = plan("sent", 58)
        silence = ((bench.at(95).at, bench.at(103).at),)
        bench.enroll(*planned, *late, sent, spacing=timedelta(minutes=5), quiet=silence, **WIDE)
        bench.deliver(58)

        bench.ledger.sweeping.sweep(bench.at(60))

        times = sorted([58, *slots(bench).values()])
        assert all(later - earlier >= 5 for earlier, later in pairwise(times))
        assert not [at for at in times if 95 <= at < 103]
        assert len(times) == 9

    def test_other_storms_on_the_channel_take_room_and_other_channels_none(
        self, bench: Bench, plan: Plan
    ) -> None:
        """The account is one, whosever the storm is; what another account posts keeps nobody waiting."""
        five = {"spacing": timedelta(minutes=5), **WIDE}
        others = [plan(f"p{n}", slot, channel=PAGE) for n, slot in enumerate((57, 59, 62, 70, 80))]
        others.append(plan("q", 61, channel=X_ES))
        bench.enroll(*(spread(plan, f"m{n}", until=85, priority=-n) for n in range(2)), *others, **five)
        vigil = [plan("v0", 58, storm="vigil"), plan("v1", 74, storm="vigil")]
        bench.enroll(*vigil, storm_id="vigil", **five)
        bench.deliver(58)
        bench.deliver(57, PAGE)
        bench.deliver(61, X_ES)
        bench.claim(62, PAGE)

        bench.ledger.sweeping.sweep(bench.at(62))

        found = slots(bench)
        assert (found["m0"], found["m1"]) == (63, 79)

    def test_ceilings_hold_for_moved_ones(self, bench: Bench, plan: Plan) -> None:
        """No fifteen minutes get more than the storm or the account allows."""
        late = [spread(plan, f"m{n}", until=120) for n in range(12)]
        account = {X: (Ceiling(2, QUARTER), Ceiling(50, DAY))}
        bench.enroll(*late, spacing=timedelta(), per_15min=9, ceilings=account)

        bench.ledger.sweeping.sweep(bench.at(60))

        times = sorted(slots(bench).values())
        assert len(times) == 8
        assert all(later - earlier >= 15 for earlier, later in zip(times, times[2:], strict=False))

    def test_what_finds_no_time_is_missed(self, bench: Bench, plan: Plan) -> None:
        """Of ten, three fit into twelve minutes at a spacing of five; the best ones get them."""
        bench.enroll(*(spread(plan, f"m{n}", until=72, priority=-n) for n in range(10)))

        events = bench.ledger.sweeping.sweep(bench.at(60))

        assert sorted(slots(bench)) == ["m0", "m1", "m2"]
        assert [e.kind for e in events].count(EventKind.MISSED) == 7
        assert events[-1].text.endswith("no free time is left in its window")

    def test_an_own_deadline_is_kept(self, bench: Bench, plan: Plan) -> None:
        """One with a deadline in half an hour goes before it, though others are better."""
        urgent = spread(plan, "urgent", expires_at=bench.at(90).at, priority=-9)
        embargoed = spread(plan, "embargoed", not_before=bench.at(200).at, priority=9)
        bench.enroll(*(spread(plan, f"m{n}", priority=1) for n in range(4)), urgent, embargoed)

        bench.ledger.sweeping.sweep(bench.at(60))

        assert slots(bench)["urgent"] < 90
        assert slots(bench)["embargoed"] >= 200

    def test_a_pin_is_not_moved(self, bench: Bench, plan: Plan) -> None:
        """A pin is its time: late beyond its grace it is missed, and so is what has no window."""
        bench.enroll(plan("pin", kind=Kind.PIN, late=LatePolicy.SPREAD))

        (event,) = bench.ledger.sweeping.sweep(bench.at(60))

        assert (bench.states(), event.kind) == ({"pin": "missed"}, EventKind.MISSED)
        assert "no window to be moved in" in event.text

    def test_a_thread_moves_whole(self, bench: Bench, plan: Plan) -> None:
        """The parts follow their first part, and count for the ceilings."""
        parts = [spread(plan, "thread", part=n, text=f"Part {n}") for n in (1, 2, 3)]
        bench.enroll(*parts, spread(plan, "single"))

        bench.ledger.sweeping.sweep(bench.at(60))

        found = slots(bench)
        assert found["thread/1"] == found["thread/2"] == found["thread/3"] >= 60
        assert bench.execute(
            "SELECT count(*) FROM deliveries WHERE spread_from IS NULL AND storm_id = 'imd'"
        ) == [(0,)]

    def test_the_same_plan_does_not_move_it_back(self, bench: Bench, plan: Plan) -> None:
        """Enrolled again, reworded or not, it stays where it was spread to; a new slot in the plan counts."""
        bench.enroll(spread(plan, "a"))
        bench.ledger.sweeping.sweep(bench.at(60))
        bench.enroll(spread(plan, "a"), moment=bench.at(60))
        same = slots(bench)
        bench.enroll(spread(plan, "a", text="Better words"), moment=bench.at(60))
        reworded = slots(bench)
        details = bench.ledger.history.details("imd/x:migrants-day/a/en")
        bench.enroll(spread(plan, "a", 90), moment=bench.at(60))

        assert same == reworded == {"a": 60}
        assert details.is_spread
        assert details.spread_from == NOON
        assert slots(bench) == {"a": 90}

    def test_moved_and_late_again_it_moves_again(self, bench: Bench, plan: Plan) -> None:
        """Its first slot is remembered, however often it moves; when the window is over it is missed."""
        bench.enroll(spread(plan, "a"))
        bench.ledger.sweeping.sweep(bench.at(60))
        bench.ledger.sweeping.sweep(bench.at(90))
        second = slots(bench)
        (first_slot,) = bench.execute("SELECT spread_from FROM deliveries WHERE storm_id = 'imd'")[0]

        bench.ledger.sweeping.sweep(bench.at(310))

        assert second == {"a": 90}
        assert first_slot == NOON.timestamp() * 1_000_000
        assert bench.states() == {"a": "missed"}

    def test_on_a_suspended_channel_they_wait(self, bench: Bench, plan: Plan) -> None:
        """Nothing is moved where nothing can go out; released, it is spread over what is left."""
        bench.enroll(spread(plan, "a"))
        bench.ledger.channels.suspend(X, "token dead", bench.at(10))
        waiting = bench.ledger.sweeping.sweep(bench.at(60))
        release(bench.ledger, X, bench.at(120))

        bench.ledger.sweeping.sweep(bench.at(120))

        assert waiting == ()
        assert slots(bench) == {"a": 120}

    def test_hundreds_are_placed_without_crowding(self, bench: Bench, plan: Plan) -> None:
        """Five hundred late ones in five hours, one every 36 seconds."""
        bench.enroll(*(spread(plan, f"m{n:03}", until=360) for n in range(500)), spacing=timedelta(), **WIDE)

        bench.ledger.sweeping.sweep(bench.at(60))

        times = sorted(slots(bench).values())
        assert len(times) == 500
        assert {round((later - earlier) * 60) for earlier, later in pairwise(times)} == {36}

    def test_a_person_may_spread_what_is_late_of_a_scope(self, bench: Bench, plan: Plan) -> None:
        """`resume --late spread` holds for its scope alone."""
        end = bench.at(300).at
        bench.enroll(plan("a", topic="t", window_end_at=end), plan("b", topic="u", window_end_at=end), **WIDE)
        bench.ledger.halts.resume(bench.at(60), "ana", scope="topic", target="t", late=LatePolicy.SPREAD)

        bench.ledger.sweeping.sweep(bench.at(60))

        assert (slots(bench), bench.states()["b"]) == ({"a": 60}, "missed")


class TestCatchUp:
    """Late deliveries under `send` are paced, whatever the spacing."""

    def pace(self, bench: Bench, plan: Plan, spacing: timedelta) -> list[float]:
        """Publish forty that are five hours late, and return when each went out, in minutes."""
        late = [plan(f"m{n:02}", n, late=LatePolicy.SEND, priority=n % 3) for n in range(40)]
        bench.enroll(*late, spacing=spacing, **WIDE)
        times = list[float]()
        due = bench.next_due(340)
        while due is not None:
            assert not times or bench.find_claim(due - 0.01) is None
            bench.deliver(due)
            times.append(due)
            due = bench.next_due(due)
        return times

    def test_by_the_spacing(self, bench: Bench, plan: Plan) -> None:
        """One every seven minutes."""
        times = self.pace(bench, plan, timedelta(minutes=7))

        assert times == [340 + 7 * n for n in range(40)]

    def test_by_a_minute_without_spacing(self, bench: Bench, plan: Plan) -> None:
        """A storm without spacing still does not publish hours of slots at once."""
        times = self.pace(bench, plan, timedelta())

        assert times == [340 + n for n in range(40)]

    def test_what_is_on_time_does_not_wait_for_it(self, bench: Bench, plan: Plan) -> None:
        """The minute is for late ones alone."""
        late = [plan(f"late{n}", late=LatePolicy.SEND, priority=n) for n in (1, 2)]
        bench.enroll(*late, plan("now", 300.5), spacing=timedelta(), **WIDE)
        first = bench.deliver(300)

        second = bench.deliver(300.5)

        assert (first.message_id, second.message_id) == ("late2", "now")
        assert bench.next_due(300.5) == 301.5
