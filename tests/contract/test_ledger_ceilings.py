"""Ceilings are data: one of an hour, which has neither key nor column, is kept wherever the others are."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.checks.run import run_checks
from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.delivery.delivery import SendForbidden
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.platforms.record import Ceiling
from tests.contract.conftest import NOON, X
from tests.factories import DAY, HOUR, QUARTER, keeps
from tests.unit.domain.making import (
    make_bank,
    make_messages,
    make_rule,
    make_storm,
    make_variant,
    make_window,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from tests.contract.conftest import Bench

    MakePlan = Callable[..., PlannedDelivery]

PAGE = "facebook:migrants-day"
MINUTE = timedelta(minutes=1)
HOURLY = Ceiling(3, HOUR)
LIMITS = Limits(spacing=timedelta(), ceilings=(HOURLY,))
STORM = make_storm(
    make_rule(X),
    make_rule(PAGE),
    id="imd",
    windows=(make_window("08:00", "14:00", every=timedelta(minutes=8), jitter=timedelta(minutes=3)),),
    limits=LIMITS,
)
BANK = make_bank(*make_messages(30), make_variant("thread.en", parts=("One.", "Two.", "Three."), priority=1))


class TestAnHour:
    """Plan, check, claim, last check, spreading and status hold it, each by the same rule."""

    def test_the_plan_and_its_check_keep_it(self) -> None:
        """Three posts an hour on each channel, a thread's parts counted; two would be too few."""
        plan = plan_storm(STORM, BANK)

        strict = replace(STORM, limits=replace(LIMITS, ceilings=(Ceiling(2, HOUR),)))
        for channel in (X, PAGE):
            posts = [d.slot_at for d in plan.deliveries if d.key.channel == channel]
            assert keeps(HOURLY, posts)
            assert not keeps(Ceiling(2, HOUR), posts)
        assert "per-day-exceeded" not in {finding.code for finding in run_checks(STORM, BANK, plan).findings}
        told = [f for f in run_checks(strict, BANK, plan).findings if f.code == "per-day-exceeded"]
        assert {f.message for f in told} == {f"{c} plans more than 2 posts in 1 hour" for c in (X, PAGE)}
        assert told[0].hint == "take some out, or raise its ceiling under [limits]"

    @pytest.mark.parametrize(
        "ceilings",
        [(HOURLY,), (Ceiling(2, QUARTER), Ceiling(4, HOUR), Ceiling(9, DAY)), (Ceiling(3, 5 * HOUR),)],
    )
    def test_what_is_planned_is_claimed_at_its_slot(
        self, bench: Bench, ceilings: tuple[Ceiling, ...]
    ) -> None:
        """What the plan lets through, the ledger lets through, and not one post more."""
        storm = replace(STORM, limits=replace(LIMITS, ceilings=ceilings))
        deliveries = plan_storm(storm, make_bank(*make_messages(30))).deliveries
        bench.enroll(*deliveries, limits=storm.limits)

        for delivery in sorted(deliveries, key=lambda d: d.slot_at):
            claim = bench.deliver((delivery.slot_at - NOON) / MINUTE, str(delivery.channel))
            assert claim.key == str(delivery.key)
        assert set(bench.states().values()) == {"delivered"}

    def test_a_claim_keeps_it(self, bench: Bench, plan: MakePlan) -> None:
        """The fourth post waits until the first is an hour old, whosever storm it is; a Page has its own."""
        late: dict[str, Any] = {"late": LatePolicy.SEND}
        posts = [plan(f"m{n}", **late) for n in range(2)]
        bench.enroll(*posts, plan("page", channel=PAGE, **late), limits=LIMITS)
        bench.enroll(
            *(plan(f"v{n}", storm="vigil", **late) for n in range(2)), storm_id="vigil", limits=LIMITS
        )
        for minutes in (0, 10, 20):
            bench.deliver(minutes)

        early, due = bench.find_claim(59.9), bench.next_due(21)

        assert (early, due) == (None, 60)
        assert bench.find_claim(21, PAGE) is not None
        assert bench.find_claim(60) is not None

    @pytest.mark.parametrize("whose", ["storm", "account"])
    def test_the_last_check_keeps_it(self, bench: Bench, plan: MakePlan, whose: str) -> None:
        """A claim from before is stopped when there is no room any more: the storm's, or the account's."""
        plans = [plan("a"), plan("b", late=LatePolicy.SEND)]
        bench.enroll(*plans, limits=LIMITS)
        bench.deliver()
        claim = bench.claim(1)
        one = (Ceiling(1, HOUR),)
        strict = {"storm": replace(LIMITS, ceilings=one)}.get(whose, LIMITS)
        bench.enroll(*plans, limits=strict, ceilings={X: one} if whose == "account" else {})

        with pytest.raises(SendForbidden, match="ceilings"):
            bench.ledger.outbox.mark_sending(claim, bench.at(1))

    def test_spreading_keeps_it(self, bench: Bench, plan: MakePlan) -> None:
        """Late ones get times that leave three an hour, beside what was sent; the rest is missed."""
        end = bench.at(200).at
        late = [plan(f"m{n}", n / 9, late=LatePolicy.SPREAD, window_end_at=end) for n in range(12)]
        bench.enroll(plan("sent", 50), plan("coming", 130), *late, limits=LIMITS)
        bench.deliver(50)

        bench.ledger.sweeping.sweep(bench.at(60))

        views = bench.ledger.history.deliveries("imd")
        posts = sorted(view.slot_at for view in views if view.state in {"planned", "delivered"})
        assert keeps(HOURLY, posts)
        assert len(posts) == 9

    def test_status_tells_it(self, bench: Bench, plan: MakePlan) -> None:
        """In words, with the moment at which it has room again; of two for one span the stricter one."""
        account = {X: (Ceiling(2, HOUR),)}
        bench.enroll(*(plan(f"m{n}", n) for n in range(3)), limits=LIMITS, ceilings=account)
        for minutes in (0, 1):
            bench.deliver(minutes)

        standing = bench.ledger.overview.status(bench.at(2), runner_timeout=timedelta(seconds=15))

        told = [(c.waits_until, c.waits_why) for s in standing.storms for c in s.channels if c.channel == X]
        assert told == [(bench.at(60).at, "2 posts in 1 hour")]


def test_an_account_keeps_its_ceilings_until_it_is_given_others(bench: Bench, plan: MakePlan) -> None:
    """A storm that names one channel leaves the others' as they are; none at all is an answer, too."""
    one, two = (Ceiling(1, HOUR),), (Ceiling(2, HOUR), Ceiling(9, DAY))
    bench.enroll(plan("a"), plan("b", channel=PAGE), ceilings={X: one, PAGE: one})
    bench.enroll(plan("v", storm="vigil"), storm_id="vigil", ceilings={X: two})
    first = _accounts(bench)
    bench.enroll(plan("v", storm="vigil"), storm_id="vigil", ceilings={PAGE: ()})

    assert first == [(PAGE, 1), (X, 2), (X, 9)]
    assert _accounts(bench) == [(X, 2), (X, 9)]


def _accounts(bench: Bench) -> list[tuple[Any, ...]]:
    kept = "SELECT channel, posts FROM ceilings WHERE storm_id IS NULL ORDER BY channel, period"
    return [row for row in bench.execute(kept) if row[0] in {X, PAGE}]


OTHERWISE: dict[str, Any] = {
    "spacing": timedelta(minutes=9),
    "ceilings": (*Limits().ceilings, HOURLY),
    "same_message_apart": timedelta(minutes=30),
    "budget_usd": Decimal(3),
}
"""Another value for each limit: one more limit needs one more, and the ledger must hold it."""

OF_THE_PLAN = {"same_message_apart"}


@pytest.mark.parametrize("name", [field.name for field in fields(Limits) if field.compare])
def test_no_limit_is_forgotten_on_its_way_into_the_ledger(bench: Bench, plan: MakePlan, name: str) -> None:
    """Each changes what the ledger holds of its storm, but for those that are only the plan's."""
    bench.enroll(plan("a"), plan("b", channel=PAGE), limits=Limits())
    bench.enroll(plan("v", storm="vigil"), storm_id="vigil", limits=Limits())
    before = _terms(bench, "imd"), _terms(bench, "vigil")

    bench.enroll(plan("a"), plan("b", channel=PAGE), limits=replace(Limits(), **{name: OTHERWISE[name]}))

    assert (_terms(bench, "imd") == before[0]) is (name in OF_THE_PLAN)
    assert _terms(bench, "vigil") == before[1]


def _terms(bench: Bench, storm: str) -> list[Any]:
    kept = bench.execute(f"SELECT * FROM storms WHERE id = '{storm}'")  # noqa: S608 - our own words
    ceilings = f"SELECT posts, period FROM ceilings WHERE storm_id = '{storm}' ORDER BY period"  # noqa: S608 - our own words
    return [kept, bench.execute(ceilings)]


class TestThreads:
    """A thread is claimed only where every part of it has room, so that it goes out whole."""

    @staticmethod
    def _thread(plan: MakePlan, parts: int, slot: float = 0, **fields: Any) -> list[PlannedDelivery]:
        fields = {"late": LatePolicy.SEND, **fields}
        return [plan("story", slot, part=n, text=f"Part {n}.", **fields) for n in range(1, parts + 1)]

    def test_its_first_part_waits_until_all_have_room(self, bench: Bench, plan: MakePlan) -> None:
        """Three parts, three an hour, one post an hour ago but a minute: nothing of it goes out before."""
        bench.enroll(plan("a"), *self._thread(plan, 3, 30), limits=LIMITS)
        bench.deliver(0)

        early, due = bench.find_claim(59.9), bench.next_due(30)

        assert (early, due) == (None, 60)
        assert [bench.deliver(60 + n / 10).key[-1] for n in range(3)] == ["1", "2", "3"]

    def test_nothing_takes_the_room_of_a_begun_one(self, bench: Bench, plan: MakePlan) -> None:
        """A post that is due between two parts, and more important, waits: the thread is finished first."""
        bench.enroll(*self._thread(plan, 3), plan("b", 0.05, priority=9, late=LatePolicy.SEND), limits=LIMITS)

        keys = [bench.deliver(n / 10).key for n in range(3)]

        assert [key.rpartition("/")[2] for key in keys] == ["1", "2", "3"]
        assert bench.find_claim(1) is None
        assert bench.next_due(1) == 60

    def test_the_budget_pays_for_all_of_it_or_for_none(self, bench: Bench, plan: MakePlan) -> None:
        """Three parts at a dollar, and two dollars: it is not begun; another post still is."""
        limits = replace(LIMITS, budget_usd=Decimal(2))
        price = 1_000_000
        bench.enroll(
            *self._thread(plan, 3, price_usd_micros=price, priority=5),
            plan("b", price_usd_micros=price, late=LatePolicy.SEND),
            limits=limits,
        )

        assert bench.deliver(0).key.split("/")[2] == "b"
        assert bench.find_claim(1) is None
        assert bench.next_due(1) is None

    def test_another_storm_leaves_it_its_room(self, bench: Bench, plan: MakePlan) -> None:
        """The account is one: what a second storm has due waits for the parts of the first."""
        bench.enroll(*self._thread(plan, 3), limits=LIMITS)
        bench.enroll(plan("v", storm="vigil", late=LatePolicy.SEND), storm_id="vigil", limits=LIMITS)

        keys = [bench.deliver(n / 10).key for n in range(3)]

        assert {key.rpartition("/")[0] for key in keys} == {f"imd/{X}/story/en"}
        assert bench.find_claim(1) is None
