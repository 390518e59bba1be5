from __future__ import annotations

from collections import Counter
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.dealing import deal
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.plan.storm import ChannelRule, Pin, Storm
from stormctl.domain.plan.wordings import Wordings
from stormctl.domain.platforms.channel import parse_channel_id
from tests.unit.domain.making import SCHEDULE, make_bank, make_rule, make_storm, make_variant, make_window

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Variant


def owners(storm: Storm, *variants: Variant, room: int = 36) -> dict[str, str]:
    """Deal, and return the X account of each wording; none has two."""
    hands = deal(storm, Wordings(make_bank(*variants)), lambda _: room)
    pairs = [
        (variant.name, str(channel))
        for channel, hand in hands.items()
        for some in hand.values()
        for variant in some
        if str(channel).startswith("x:")
    ]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def accounts(count: int, **fields: Any) -> list[ChannelRule]:
    """Make X accounts that may all post the same."""
    return [make_rule(f"x:a{number}", **fields) for number in range(count)]


def make_texts(count: int, lang: str = "es") -> list[Variant]:
    """Make wordings of one language."""
    return [make_variant(f"m{number:03}.{lang}") for number in range(count)]


def test_three_texts_on_two_accounts_with_a_slot_each() -> None:
    """Each account posts one text, and the third is told: no account asks for what the other has."""
    storm = make_storm(*accounts(2, languages=("es",)), windows=(make_window("09:00", "10:00"),))

    plan = plan_storm(storm, make_bank(*make_texts(3)))

    assert Counter(d.key.channel for d in plan.deliveries) == {"x:a0": 1, "x:a1": 1}
    assert len({d.key.message for d in plan.deliveries}) == 2
    assert len(plan.unplaced) == 1


@given(st.integers(2, 6), st.integers(0, 60), st.integers(0, 9))
def test_dealing_is_balanced_and_one_text_more_moves_few(count: int, texts: int, seed: int) -> None:
    """No account has two texts more than another; of the others, one at most changes hands at each border."""
    storm = make_storm(*accounts(count), seed=seed)

    few, more = owners(storm, *make_texts(texts)), owners(storm, *make_texts(texts + 1))

    sizes = [list(few.values()).count(str(rule.id)) for rule in storm.channels]
    assert max(sizes) - min(sizes) <= 1
    assert sum(more[name] != owner for name, owner in few.items()) <= count - 1


def test_seed_draws_who_has_what() -> None:
    """Another seed deals anew; the same one always alike."""
    texts = make_texts(20)
    storms = [make_storm(*accounts(2), seed=seed) for seed in (1, 1, 2)]

    first, again, other = (owners(storm, *texts) for storm in storms)

    assert first == again != other


def test_a_partner_posts_its_own_and_less_of_what_is_shared() -> None:
    """A partner's texts go to its account only; of the shared ones it gets what evens the accounts out."""
    storm = make_storm(make_rule("x:north", partner="north"), make_rule("x:south", partner="south"))
    own = [make_variant(f"own{number}.es", partner="north") for number in range(4)]

    dealt = owners(storm, *own, *make_texts(10), make_variant("theirs.es", partner="west"))

    assert {dealt[variant.name] for variant in own} == {"x:north"}
    assert Counter(dealt.values()) == {"x:north": 7, "x:south": 7}


def test_an_account_with_more_room_gets_more() -> None:
    """Texts are dealt in proportion to the slots of the accounts."""
    windows = (
        make_window(every=timedelta(minutes=20), channels=(parse_channel_id("x:a0"),)),
        make_window(every=timedelta(hours=1), channels=(parse_channel_id("x:a1"),)),
    )

    plan = plan_storm(make_storm(*accounts(2), windows=windows), make_bank(*make_texts(48)))

    assert Counter(d.key.channel for d in plan.deliveries) == {"x:a0": 36, "x:a1": 12}
    assert plan.unplaced == ()


def test_schedule_says_who_gets_a_wording() -> None:
    """A channel that names a wording has it, though others may post it too."""
    storm = make_storm(
        make_rule("x:north", messages=("*", "*.*.north", "m007.es")),
        make_rule("x:south"),
        make_rule("x:west"),
    )
    labelled = [make_variant(f"m{number:03}.es.north") for number in range(5)]

    dealt = owners(storm, *make_texts(12), *labelled)

    assert {dealt[v.name] for v in (*labelled, make_variant("m007.es"))} == {"x:north"}
    assert set(dealt.values()) == {"x:north", "x:south", "x:west"}


def test_what_is_held_stays() -> None:
    """A wording that is enrolled on an account stays with it, whatever the lot says."""
    texts = make_texts(12)
    held = {variant.name: {parse_channel_id("x:a1")} for variant in texts[:9]}

    hands = deal(make_storm(*accounts(2)), Wordings(make_bank(*texts)), lambda _: 12, held)

    second = {v.name for some in hands[parse_channel_id("x:a1")].values() for v in some}
    assert held.keys() <= second
    assert len(second) == 9


def test_a_pinned_message_gives_each_account_a_wording() -> None:
    """Two accounts share a pinned message that has two wordings: both speak at noon."""
    pin = Pin(place=SCHEDULE, at=time(12), message="noon")
    storm = make_storm(*accounts(2), pins=(pin,))

    plan = plan_storm(storm, make_bank(make_variant("noon.es"), make_variant("noon.es.b"), *make_texts(6)))

    assert {d.key.channel for d in plan.deliveries if d.kind is Kind.PIN} == {"x:a0", "x:a1"}


@pytest.mark.parametrize("count", [2, 3])
def test_pages_all_post_all(count: int) -> None:
    """Facebook allows the same text on several Pages: nothing is dealt there."""
    storm = make_storm(*(make_rule(f"facebook:p{number}") for number in range(count)))

    plan = plan_storm(storm, make_bank(*make_texts(5)))

    assert len(plan.deliveries) == 5 * count
