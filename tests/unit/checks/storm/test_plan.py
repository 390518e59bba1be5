from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from stormctl.checks.run import run_checks
from stormctl.domain.plan.occupancy import make_limits
from stormctl.domain.plan.planning import plan_storm
from stormctl.domain.plan.slots import find_slots
from stormctl.domain.platforms.record import Ceiling
from tests.factories import DAY, HOUR, QUARTER
from tests.unit.checks.holding import codes, find
from tests.unit.domain.making import (
    NO_LIMITS,
    SCHEDULE,
    make_bank,
    make_rule,
    make_storm,
    make_variant,
    make_window,
)


def test_what_is_not_posted_is_told() -> None:
    """A wording without a slot is a warning at its file."""
    storm = make_storm(windows=(make_window("08:00", "09:00"),))

    findings = find(make_variant("a.en"), make_variant("b.en"), storm=storm)

    (finding,) = findings
    assert (finding.code, finding.severity) == ("unplaced", "warning")
    assert finding.message == "x:acme: 1 of 2 left out, all en: its windows have 1 slots"
    assert finding.place == SCHEDULE


def test_unplaced_wording_of_another_bank_is_told_at_the_schedule() -> None:
    """A plan that names a wording which the bank no longer has is still reported."""
    storm = make_storm(windows=())
    plan = plan_storm(storm, make_bank(make_variant("gone.en")))

    findings = run_checks(storm, make_bank(make_variant("a.en")), plan).findings

    assert [(f.code, f.place) for f in findings if f.code == "unplaced"] == [("unplaced", SCHEDULE)]


def test_day_beyond_its_ceiling_is_an_error() -> None:
    """A plan with more posts in 24 hours than allowed is told, a thread's parts counted each."""
    storm = make_storm()
    bank = make_bank(make_variant("a.en", parts=("One.", "Two.")), make_variant("b.en"))
    plan = plan_storm(storm, bank)
    strict, lenient = (
        replace(storm, limits=make_limits(spacing=NO_LIMITS.spacing, per_day=count)) for count in (2, 3)
    )

    assert [f.message for f in run_checks(strict, bank, plan).findings] == [
        "x:acme plans more than 2 posts in 24 hours"
    ]
    assert run_checks(lenient, bank, plan).findings == ()


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (QUARTER, ["thread-too-long"]),
        (HOUR, ["thread-too-long"]),
        (DAY, ["thread-too-long", "per-day-exceeded"]),
    ],
)
def test_a_thread_that_is_heavier_than_a_ceiling_is_an_error(period: timedelta, expected: list[str]) -> None:
    """It could not go out whole: staff raise the ceiling, or its writer makes it shorter."""
    storm = make_storm(limits=replace(NO_LIMITS, ceilings=(Ceiling(3, period),)))
    thread = make_variant("a.en", parts=tuple(f"Part {n}." for n in range(4)))

    assert sorted(codes(thread, storm=storm)) == sorted(expected)


@pytest.mark.parametrize(
    ("channel", "verified", "expected"),
    [
        ("x:acme", False, ["beyond-platform-ceiling"]),
        ("x:acme", True, []),
        ("facebook:acme", False, []),
    ],
)
def test_day_beyond_what_the_platform_allows_is_an_error(
    channel: str, *, verified: bool, expected: list[str]
) -> None:
    """Fifty-one posts a day are too many for an X account that is not verified, whatever its schedule."""
    storm = make_storm(
        make_rule(channel, verified=verified),
        windows=(make_window("00:00", "23:00", every=timedelta(minutes=20)),),
        limits=make_limits(spacing=timedelta(), per_15min=5, per_day=999),
    )

    assert codes(*(make_variant(f"m{n}.en", text=f"Number {n}") for n in range(51)), storm=storm) == expected


def test_quarter_beyond_what_the_platform_allows_is_an_error() -> None:
    """A hundred and one parts at once are more than X takes in fifteen minutes."""
    storm = make_storm(
        make_rule(verified=True),
        limits=NO_LIMITS,
    )
    thread = make_variant("a.en", parts=tuple(f"Part {n}." for n in range(101)))

    assert codes(thread, storm=storm) == ["beyond-platform-ceiling"]


@pytest.mark.parametrize(("budget", "expected"), [("0.24", []), ("0.239", ["over-budget"])])
def test_budget_is_kept(budget: str, expected: list[str]) -> None:
    """A plan that costs more than its budget, readings included, is an error."""
    storm = make_storm(limits=replace(NO_LIMITS, budget_usd=Decimal(budget)))

    assert codes(make_variant(text="See example.org"), storm=storm) == expected


def test_budget_tells_what_costs() -> None:
    """The finding shows cost and budget, and how many posts carry a link."""
    storm = make_storm(limits=replace(NO_LIMITS, budget_usd=Decimal("0.1")))

    (finding,) = find(make_variant(text="See example.org"), storm=storm)

    assert finding.message == "the plan costs $0.24, and the budget is $0.10"
    assert finding.hint == "1 of 1 post with a link, which costs most"


@pytest.mark.parametrize(
    ("name", "expected"), [("canary", ["reserved-name"]), ("post", ["reserved-name"]), ("storm", [])]
)
def test_names_of_our_own_storms_are_taken(name: str, expected: list[str]) -> None:
    """A schedule that would share its deliveries with canaries is an error."""
    assert codes(make_variant(), storm=make_storm(id=name)) == expected


@pytest.mark.parametrize(
    ("minutes", "slots", "texts", "told"),
    [(60, 12, 22, []), (60, 12, 20, [2, 2]), (15, 48, 88, []), (15, 48, 86, [5, 5])],
    ids=["one of twelve", "two of twelve", "four of forty-eight", "five of forty-eight"],
)
def test_few_spare_slots_are_not_told(minutes: int, slots: int, texts: int, told: list[int]) -> None:
    """An account that shares its language needs texts from a tenth of its slots on, and from two."""
    window = make_window(every=timedelta(minutes=minutes))
    rules = [make_rule(name, languages=("en",)) for name in ("x:acme", "x:partner")]
    storm = make_storm(*rules, windows=(window,))
    bank = make_bank(*(make_variant(f"m{number:02}.en") for number in range(texts)))
    assert [len(find_slots(storm, rule)) for rule in rules] == [slots, slots]

    findings = find(*bank.variants, storm=storm)

    assert [f.message for f in findings if f.code == "slots-unfilled"] == [
        f"{rule.id}/en needs {number} more texts to fill its slots"
        for rule, number in zip(rules, told, strict=False)
    ]
