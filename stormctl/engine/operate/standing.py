"""How a storm stands, and the exit code of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import CANARY_STORM, State
from stormctl.domain.platforms.channel import Platform
from stormctl.errors import ExitCode, UsageError, choose_exit_code
from stormctl.files.nearest import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.report import Report
    from stormctl.domain.report.status import LedgerStatus, RunnerStatus, StormStatus
    from stormctl.engine.base.equipment import Durations
    from stormctl.ledger.ledger import Ledger

LOST = (State.FAILED, State.MISSED, State.EXPIRED)
"""States in which a delivery did not happen although nobody cancelled it."""


def get_status(ledger: Ledger, moment: Moment, storm_id: str, durations: Durations) -> StormStatus:
    """Return how one storm stands; UsageError if the ledger doesn't know it."""
    status = ledger.overview.status(moment, storm_id=storm_id, runner_timeout=durations.runner_timeout)
    if not status.storms:
        hint = suggest(storm_id, ledger.history.storms())
        raise UsageError(f"the ledger has no storm {storm_id}", hint or "stormctl launch enrols one.")
    return status.storms[0]


def exit_codes_of_storm(status: StormStatus) -> set[ExitCode]:
    """Return every exit code that a storm's deliveries call for by themselves."""
    codes = {ExitCode.DONE}
    if any(status.counts.get(state) for state in LOST):
        codes.add(ExitCode.INCOMPLETE)
    if status.counts.get(State.IN_DOUBT) or status.copies:
        codes.add(ExitCode.IN_DOUBT)
    return codes


def exit_codes_after_run(status: StormStatus, *, is_halted: bool, was_stopped: bool) -> set[ExitCode]:
    """Return the exit codes of a run that has ended, deliveries that it had to leave behind included."""
    codes = exit_codes_of_storm(status)
    if not status.counts.get(State.PLANNED):
        return codes
    if is_halted:
        return codes | {ExitCode.HALTED}
    if was_stopped:
        return codes
    if any(channel.suspended_why and channel.counts.get(State.PLANNED) for channel in status.channels):
        return codes | {ExitCode.INCOMPLETE}
    if status.budget is not None and status.budget.unpaid:
        return codes | {ExitCode.BUDGET}
    return codes | {ExitCode.INCOMPLETE}  # such as the parts of a thread behind one that failed


def exit_codes_of_ledger(status: LedgerStatus) -> set[ExitCode]:
    """Return every exit code that calls for a person, over all storms of a ledger."""
    codes = set[ExitCode]({ExitCode.DONE})
    for storm in status.storms:
        found = exit_codes_of_storm(storm)
        # a canary that did not go out is nobody's loss
        codes |= found - {ExitCode.INCOMPLETE} if storm.storm_id == CANARY_STORM else found
        if storm.budget is not None and storm.budget.unpaid:
            codes.add(ExitCode.BUDGET)
    if status.halts and any(not storm.is_finished for storm in status.storms):
        codes.add(ExitCode.HALTED)
    if any(storm.late for storm in status.storms) and not any(runner.alive for runner in status.runners):
        codes.add(ExitCode.NO_RUNNER)
    return codes


def end_run(
    ledger: Ledger, moment: Moment, storm_id: str, durations: Durations, *, was_stopped: bool
) -> tuple[LedgerStatus, ExitCode]:
    """Return how a storm stands after a run, and the exit code of it."""
    standing = ledger.overview.status(moment, storm_id=storm_id, runner_timeout=durations.runner_timeout)
    codes = exit_codes_after_run(standing.storms[0], is_halted=bool(standing.halts), was_stopped=was_stopped)
    return standing, choose_exit_code(codes)


def exit_code_of_tick(
    ledger: Ledger,
    moment: Moment,
    durations: Durations,
    served: Sequence[ChannelId],
    *,
    may_go_by_clock: bool,
) -> ExitCode:
    """Return the exit code of a tick.

    Args:
        may_go_by_clock: whether the clock could be believed; where not, nothing was published.
    """
    standing = ledger.overview.status(moment, runner_timeout=durations.runner_timeout)
    codes = exit_codes_of_ledger(standing) - {ExitCode.NO_RUNNER}
    names = {str(channel) for channel in served}
    if may_go_by_clock and set(ledger.backlog.due_channels(moment, ledger.backlog.open_channels())) - names:
        codes.add(ExitCode.CREDENTIALS)
    code = choose_exit_code(codes)
    is_settled = may_go_by_clock and not is_work_left(ledger, moment, served)
    return code if code is not ExitCode.DONE or is_settled else ExitCode.TRY_AGAIN


def has_runner(ledger: Ledger, moment: Moment, durations: Durations) -> bool:
    """Whether a runner lives: without one nothing goes out."""
    return bool(find_live_runners(ledger, moment, durations))


def find_live_runners(ledger: Ledger, moment: Moment, durations: Durations) -> tuple[RunnerStatus, ...]:
    """Return the runners that live, the newest first."""
    runners = ledger.runners.list(moment, timeout=durations.runner_timeout)
    return tuple(runner for runner in runners if runner.alive)


def is_work_left(ledger: Ledger, moment: Moment, channels: Sequence[ChannelId]) -> bool:
    """Whether the next tick may settle what this one could not: due, late, in doubt or to be read again."""
    names = [str(channel) for channel in channels]
    return (
        bool(ledger.backlog.due_channels(moment, names))
        or bool(ledger.backlog.undecided(moment).intersection(names))
        or any(not doubt.held for doubt in ledger.doubts.open(names))
        or any(one.due_at <= moment.at and str(one.channel) in names for one in ledger.follow_ups.open())
    )


def report_storm(ledger: Ledger, moment: Moment, storm_id: str | None, durations: Durations) -> Report:
    """Make a storm's report from the ledger alone; it says so where the posts went to no real platform.

    Raises:
        UsageError: the ledger doesn't know the storm.
    """
    from stormctl.domain.report.report import build_report

    if storm_id is None:
        storm_id = next((name for name in ledger.history.storms() if name != CANARY_STORM), None)
        if storm_id is None:
            raise UsageError("the ledger has no storm yet", "stormctl launch enrols one.")
    status = get_status(ledger, moment, storm_id, durations)
    return build_report(status, ledger.metrics.newest(storm_id), moment.at, find_practice_hosts(ledger))


def find_practice_hosts(ledger: Ledger) -> list[str]:
    """Return the hosts that a ledger is bound to and that no real platform has: to them it is practice."""
    real = {host for platform in Platform for host in platform.facts.hosts}
    return sorted(set(ledger.bound_hosts().values()) - real)
