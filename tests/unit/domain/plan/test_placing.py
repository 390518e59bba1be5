from __future__ import annotations

from datetime import timedelta

from stormctl.domain.plan.occupancy import Occupancy, make_limits
from stormctl.domain.plan.placing import NO_ROOM, NOT_IN_TIME, TOO_NEAR, MessageTimes, Placing
from stormctl.domain.plan.slots import Slot
from stormctl.domain.plan.turns import Candidate
from tests.unit.domain.making import DAY, at, clock, make_variant

_NO_SPREAD = timedelta()


def _slots(*clocks: str) -> list[Slot]:
    return [Slot(at(each), DAY, at("20:00")) for each in clocks]


def _occupancy(per_15min: int = 100) -> Occupancy:
    return Occupancy(make_limits(spacing=timedelta(), per_15min=per_15min, per_day=1000))


def _fill(placing: Placing) -> dict[str, str]:
    return {variant.message_id: clock(slot.at) for slot, variant in placing.fill()}


def test_more_important_ones_come_first() -> None:
    """Candidates take the slots in their own order."""
    candidates = [Candidate(make_variant("b.en")), Candidate(make_variant("a.en"))]
    placing = Placing(_slots("09:00", "10:00"), candidates, _occupancy(), MessageTimes(_NO_SPREAD))

    assert _fill(placing) == {"b": "09:00", "a": "10:00"}


def test_who_is_blocked_at_its_turn_gets_another_slot() -> None:
    """A thread that the ceiling keeps out of two slots goes into a spare one after them."""
    occupancy = _occupancy(per_15min=3)
    occupancy.add(at("09:01"), weight=2)
    candidates = [Candidate(make_variant("thread.en"), before=at("09:20"), weight=2)]
    slots = _slots("09:00", "09:05", "09:17", "09:30")
    placing = Placing(slots, candidates, occupancy, MessageTimes(_NO_SPREAD))

    assert _fill(placing) == {"thread": "09:17"}


def test_gap_is_looked_for_slot_by_slot() -> None:
    """Where evenly spread slots are all beyond the ceiling, the gaps between them are tried in turn."""
    occupancy = _occupancy(per_15min=3)
    occupancy.add(at("09:01"), weight=2)
    candidates = [Candidate(make_variant("thread.en"), weight=2)]
    slots = _slots("09:00", "09:05", "09:17", "09:30")
    placing = Placing(slots, candidates, occupancy, MessageTimes(_NO_SPREAD))

    assert _fill(placing) == {"thread": "09:17"}


def test_search_for_a_gap_ends() -> None:
    """Among very many slots that are all beyond the ceiling the search is given up, and told."""
    occupancy = _occupancy(per_15min=3)
    occupancy.add(at("09:01"), weight=2)
    candidates = [Candidate(make_variant("thread.en"), weight=2)]
    placing = Placing(_slots(*["09:05"] * 100), candidates, occupancy, MessageTimes(_NO_SPREAD))

    assert _fill(placing) == {}
    assert [why for _, why in placing.unplaced] == [NO_ROOM]


def test_message_waits_until_it_is_far_enough_from_its_other_posts() -> None:
    """A message that went out elsewhere gives its slot to others, and comes later or not at all."""
    spread = MessageTimes(timedelta(hours=1))
    spread.add("a", at("09:30"))
    spread.add("c", at("10:00"))
    candidates = [Candidate(make_variant(f"{name}.en"), share=n / 3) for n, name in enumerate("abc")]
    placing = Placing(_slots("09:00", "10:00", "10:30"), candidates, _occupancy(), spread)

    assert _fill(placing) == {"b": "09:00", "a": "10:30"}
    assert [(variant.message_id, why) for variant, why in placing.unplaced] == [("c", TOO_NEAR)]


def test_who_has_no_slot_in_time_is_told() -> None:
    """A candidate without a slot between its two moments is left over with the reason."""
    candidates = [Candidate(make_variant("a.en"), after=at("09:10"), before=at("09:50"))]
    placing = Placing(_slots("09:00", "10:00"), candidates, _occupancy(), MessageTimes(_NO_SPREAD))

    assert _fill(placing) == {}
    assert [why for _, why in placing.unplaced] == [NOT_IN_TIME]
