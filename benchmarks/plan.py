"""What planning costs: slots and channels that grow, beside checking the bank, and what is held in memory.

    python -m benchmarks.plan [--slots 100000] [--channels 200]

In processor time. Growth is what a slot costs among so many over what it costs among a hundredth of them.
Half of the channels are X accounts that share a language, so that texts are dealt to them. With `--memory`
it is what planning and then enrolling in a new ledger hold at most, the bank included.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.texts import judge
from stormctl.checks.run import run_checks
from stormctl.domain.base.clock import Moment
from stormctl.domain.plan.occupancy import make_limits
from stormctl.domain.plan.planning import plan_storm
from stormctl.engine.base.campaign import collector_paused
from stormctl.engine.launch.launch import terms_of
from stormctl.ledger.ledger import open_ledger
from tests.unit.domain.making import make_bank, make_rule, make_storm, make_variant, make_window

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Bank
    from stormctl.domain.plan.storm import Storm

GROWTH, RATIO, MEGABYTES = 1.1, 1.0, 250
TOPICS = ("rights", "work", "school", "home", None)
DAYS = 30
REPEATS = 2


def make_case(slots: int, channels: int) -> tuple[Storm, Bank]:
    """Make a storm of so many slots, each of which has a wording: half are dealt, half go to a Page each."""
    accounts = channels // 2
    each = slots // channels
    rules = [
        *(make_rule(f"x:a{number}", messages=("m*",)) for number in range(accounts)),
        *(
            make_rule(f"facebook:p{number}", messages=(f"p{number:03}-*",))
            for number in range(channels - accounts)
        ),
    ]
    every = timedelta(days=DAYS, seconds=-1) / max(1, each)
    storm = make_storm(
        *rules,
        first_on=date(2026, 12, 1),
        last_on=date(2026, 12, DAYS),
        windows=(make_window("00:00", "00:00", every=every),),
        limits=make_limits(spacing=timedelta(), per_15min=10**6, per_day=10**6),
    )
    names = [f"m{number:06}" for number in range(each * accounts)]
    names += [f"p{page:03}-{number:06}" for page in range(channels - accounts) for number in range(each)]
    variants = [
        make_variant(
            f"{name}.en",
            f"Text {number} of {name}: everybody who arrives has rights, and number {number * 7} says so.",
            topic=TOPICS[number % len(TOPICS)],
        )
        for number, name in enumerate(names)
    ]
    pages = replace(storm, channels=tuple(rules))
    return pages, make_bank(*variants)


def measure(slots: int, channels: int) -> tuple[float, float]:
    """Return the least seconds of planning and of checking."""
    storm, bank = make_case(slots, channels)
    planning = checking = float("inf")
    with collector_paused():
        for _ in range(REPEATS):
            started = time.process_time()
            plan = plan_storm(storm, bank)
            planned = time.process_time()
            run_checks(storm, bank, plan)
            planning = min(planning, planned - started)
            checking = min(checking, time.process_time() - planned)
    filled = len(plan.deliveries)
    sys.stdout.write(
        f"{filled:7,} posts on {channels:3} channels: {planning:6.2f} s to plan, {checking:6.2f} s to check\n"
    )
    return planning / filled, planning / checking


def hold(slots: int, channels: int) -> float:
    """Plan and enrol; return the most memory that the process has held, in millions of bytes."""
    storm, bank = make_case(slots, channels)
    plan = plan_storm(storm, bank)
    moment = Moment(datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger("sqlite:///ledger.db", root=Path(folder), create=True)
        ledger.enrolment.enroll(terms_of(storm), plan.deliveries, moment)
        ledger.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slots", type=int, default=100_000)
    parser.add_argument("--channels", type=int, default=200)
    parser.add_argument("--memory", action="store_true", help="only plan and enrol, and print the memory")
    told = parser.parse_args()
    if told.memory:
        held = hold(told.slots, told.channels)
        sys.stdout.write(f"held at most: {held:.0f} MB (target ≤ {MEGABYTES}) {judge(held, MEGABYTES)}\n")
        return
    few, _ = measure(told.slots // 100, 2)
    many, ratio = measure(told.slots, 2)
    wide, ratio_wide = measure(told.slots, told.channels)
    growth, most = many / few, max(ratio, ratio_wide)
    for line in (
        f"growth with slots: {growth:.2f} (target ≤ {GROWTH}) {judge(growth, GROWTH)}",
        f"growth with channels: {wide / many:.2f} (target ≤ {GROWTH}) {judge(wide / many, GROWTH)}",
        f"planning over checking: {most:.2f} (target ≤ {RATIO:g}) {judge(most, RATIO)}",
    ):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
