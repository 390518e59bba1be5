"""How a storm stands decides what the shell is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import CANARY_STORM, InDoubt, Refused, State
from stormctl.domain.plan.canary import plan_canary
from stormctl.engine.operate.standing import (
    exit_codes_after_run,
    exit_codes_of_ledger,
    exit_codes_of_storm,
    get_status,
    is_work_left,
    report_storm,
)
from stormctl.errors import ExitCode, UsageError
from tests.factories import ACME, PAGE, bind_hosts_of, make_delivery, make_terms
from tests.fakes import NOON

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.report.status import LedgerStatus, StormStatus
    from tests.unit.engine.conftest import Bench

HOUR = timedelta(hours=1)
DONE, INCOMPLETE, IN_DOUBT = ExitCode.DONE, ExitCode.INCOMPLETE, ExitCode.IN_DOUBT
DROPPED = InDoubt(reason="timed out")
REFUSED = Refused(reason="too long", code="400", for_good=True)


def _status(bench: Bench) -> StormStatus:
    return get_status(bench.ledger, bench.clock.moment(), "storm", bench.equipment.durations)


def _ledger_status(bench: Bench) -> LedgerStatus:
    return bench.ledger.overview.status(
        bench.clock.moment(), runner_timeout=bench.equipment.durations.runner_timeout
    )


def test_a_storm_that_the_ledger_does_not_know_is_a_usage_error(bench: Bench) -> None:
    """The hint names those that it knows."""
    with pytest.raises(UsageError, match="the ledger has no storm storm") as caught:
        _status(bench)
    bench.enroll(make_delivery())

    with pytest.raises(UsageError) as again:
        get_status(bench.ledger, bench.clock.moment(), "strom", bench.equipment.durations)

    assert caught.value.hint == "stormctl launch enrols one."
    assert again.value.hint == "did you mean “storm”?"


def test_a_storm_that_went_out_whole_is_done(bench: Bench) -> None:
    """Nothing calls for a person."""
    bench.enroll(make_delivery())
    bench.serve()

    status = _status(bench)

    assert status.counts == {State.DELIVERED: 1}
    assert exit_codes_of_storm(status) == {DONE}
    assert exit_codes_after_run(status, is_halted=True, was_stopped=True) == {DONE}


def test_what_failed_or_is_in_doubt_calls_for_a_person(bench: Bench) -> None:
    """Both codes apply; which one the shell gets is decided elsewhere."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"), make_delivery("m3"))
    bench.x.script.extend([REFUSED, DROPPED])
    bench.serve()

    assert exit_codes_of_storm(_status(bench)) == {DONE, INCOMPLETE, IN_DOUBT}


@pytest.mark.parametrize(
    ("deadline", "state"), [(None, State.MISSED), (NOON + timedelta(minutes=1), State.EXPIRED)]
)
def test_what_was_missed_or_expired_is_incomplete(
    bench: Bench, deadline: datetime | None, state: State
) -> None:
    """A slot that passed by more than the grace, and a deadline that passed."""
    bench.enroll(make_delivery(expires_at=deadline))
    bench.clock.move(HOUR)
    bench.ledger.sweeping.sweep(bench.clock.moment())

    assert bench.state() is state
    assert exit_codes_of_storm(_status(bench)) == {DONE, INCOMPLETE}


@pytest.mark.parametrize(
    ("halted", "stopped", "codes"),
    [
        (True, False, {DONE, ExitCode.HALTED}),
        (True, True, {DONE, ExitCode.HALTED}),
        (False, True, {DONE}),
        (False, False, {DONE, ExitCode.BUDGET}),
    ],
)
def test_what_a_run_leaves_behind_has_its_reason(
    bench: Bench, halted: bool, stopped: bool, codes: set[ExitCode]
) -> None:
    """Halted, stopped by a person, or not paid for."""
    bench.enroll(make_delivery(price_usd_micros=200_000), budget_usd_micros=30_000)

    assert exit_codes_after_run(_status(bench), is_halted=halted, was_stopped=stopped) == codes


def test_a_failed_part_of_a_thread_is_no_matter_of_the_budget(bench: Bench) -> None:
    """What stands behind it waits for a person: no runner would help, and no money."""
    bench.enroll(make_delivery(part=1), make_delivery(part=2), make_delivery(part=3))
    bench.x.script.append(REFUSED)
    bench.serve()
    bench.clock.move(HOUR)

    after = exit_codes_after_run(_status(bench), is_halted=False, was_stopped=False)

    assert (after, exit_codes_of_ledger(_ledger_status(bench))) == ({DONE, INCOMPLETE}, {DONE, INCOMPLETE})


def test_what_a_suspended_channel_leaves_behind_is_incomplete(bench: Bench) -> None:
    """A channel that was left out at launch has not delivered."""
    bench.enroll(make_delivery(), make_delivery(channel=PAGE))
    bench.ledger.channels.suspend(str(ACME), "left out at launch", bench.clock.moment())
    bench.serve(PAGE)

    assert exit_codes_after_run(_status(bench), is_halted=False, was_stopped=False) == {DONE, INCOMPLETE}


def test_deliveries_that_are_due_with_nobody_to_make_them_call_for_a_runner(bench: Bench) -> None:
    """A live runner, or nothing late, needs no one."""
    bench.enroll(make_delivery(slot_at=bench.clock.at + timedelta(seconds=1)))
    early = exit_codes_of_ledger(_ledger_status(bench))
    bench.clock.move(timedelta(seconds=2))
    served = exit_codes_of_ledger(_ledger_status(bench))
    bench.clock.move(timedelta(minutes=1))
    alone = exit_codes_of_ledger(_ledger_status(bench))

    assert (early, served, alone) == ({DONE}, {DONE}, {DONE, ExitCode.NO_RUNNER})


def test_a_halt_counts_while_something_is_left_to_halt(bench: Bench) -> None:
    """After the last delivery an old halt is no news."""
    bench.enroll(make_delivery())
    bench.ledger.halts.halt("all", None, "tragedy", "ada", bench.clock.moment())
    halted = exit_codes_of_ledger(_ledger_status(bench))
    bench.ledger.halts.resume(bench.clock.moment(), "ada")
    bench.serve()
    bench.ledger.halts.halt("all", None, "over", "ada", bench.clock.moment())

    over = exit_codes_of_ledger(_ledger_status(bench))

    assert (halted, over) == ({DONE, ExitCode.HALTED}, {DONE})


def test_work_is_left_while_something_is_due_or_in_doubt(bench: Bench) -> None:
    """What waits for its slot or for a person is nothing that the next tick could do."""
    moment = bench.clock.moment
    bench.enroll(make_delivery("m1"), make_delivery("later", slot_at=bench.clock.at + HOUR))
    due = is_work_left(bench.ledger, moment(), [ACME])
    elsewhere = is_work_left(bench.ledger, moment(), [PAGE])
    bench.x.script.append(DROPPED)
    bench.serve()
    doubtful = is_work_left(bench.ledger, moment(), [ACME])
    (doubt,) = bench.ledger.doubts.open([str(ACME)])
    bench.ledger.doubts.hold(doubt, "a person must judge", moment())

    held = is_work_left(bench.ledger, moment(), [ACME])

    assert (due, elsewhere, doubtful, held) == (True, False, True, False)


def test_a_report_says_where_the_posts_went_if_not_to_the_platforms(bench: Bench) -> None:
    """Figures of an emulator are never taken for those of the day; real hosts need no word."""
    bind_hosts_of(bench.ledger, {"x": "127.0.0.1:8080", "facebook": "graph.facebook.com"})
    bench.enroll(make_delivery("m1"), make_delivery("m2", channel=PAGE))
    bench.serve()

    report = report_storm(bench.ledger, bench.clock.moment(), "storm", bench.equipment.durations)

    assert report.practice_hosts == ("127.0.0.1:8080",)
    assert (report.planned, report.delivered) == (2, 1)


@pytest.mark.parametrize(
    ("outcome", "codes"), [(REFUSED, {DONE}), (DROPPED, {DONE, IN_DOUBT})], ids=["refused", "in doubt"]
)
def test_a_canary_that_did_not_go_out_is_nobodys_loss(
    bench: Bench, outcome: Refused | InDoubt, codes: set[ExitCode]
) -> None:
    """A storm is complete without it; one in doubt calls for a person all the same."""
    planned = plan_canary(ACME, "en", NOON, HOUR)
    bench.ledger.enrolment.enroll(make_terms(ACME, storm_id=CANARY_STORM), [planned], bench.clock.moment())
    bench.x.script.append(outcome)
    bench.serve()

    assert exit_codes_of_ledger(_ledger_status(bench)) == codes


def test_a_spent_budget_calls_for_a_person(bench: Bench) -> None:
    """`status` says it by its code too, whoever runs."""
    terms = make_terms(budget_usd_micros=10)
    bench.ledger.enrolment.enroll(terms, [make_delivery(price_usd_micros=11)], bench.clock.moment())

    assert exit_codes_of_ledger(_ledger_status(bench)) == {DONE, ExitCode.BUDGET}
