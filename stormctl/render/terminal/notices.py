"""Notices that nobody may overlook, and the ones that say what keeps posts from going out."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.text import Text

from stormctl.domain.base.amounts import count
from stormctl.domain.delivery.delivery import RAISE, State
from stormctl.render.words import BAD, STRONG, clean, list_states, render_day_and_time, render_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from stormctl.domain.delivery.delivery import Budget
    from stormctl.domain.report.halts import HaltView
    from stormctl.domain.report.status import ChannelStatus, RunnerStatus, StormStatus


def render_notice(head: str, text: str = "", style: str = BAD) -> Panel:
    """Put words in a frame as wide as the screen: capitals and frame say it without colour too."""
    body = Text.assemble((head, style), f"\n{text}" if text else "")
    return Panel(body, border_style=style, padding=(0, 1))


def describe_halt(halt: HaltView, zone: tzinfo | None) -> str:
    """Say in a line what is halted, since when, by whom and why; without a zone, in this machine's."""
    covered = halt.scope if halt.target is None else f"{halt.scope} {halt.target}"
    since = render_time(halt.at, zone or halt.at.astimezone().tzinfo or UTC)
    but = f", but not {clean(', '.join(halt.exceptions))}" if halt.exceptions else ""
    return f"HALTED ({clean(covered)}{but}) since {since} by {clean(halt.who)}: {clean(halt.reason)}"


def describe_runners(storm_id: str, runners: Sequence[RunnerStatus], zone: tzinfo) -> Iterator[str]:
    """Say in a line each who runs a storm already, where and since when."""
    for runner in runners:
        since = render_day_and_time(runner.started_at, zone)
        place = f"{clean(runner.host)} (process {runner.pid})"
        yield f"{storm_id} RUNS ALREADY: {runner.kind} on {place} since {since}; a further one helps it"


def describe_end(storm: StormStatus, *, was_stopped: bool) -> Text:
    """Say in a line what became of a storm when its run ended."""
    still_open = sum(n for state, n in storm.counts.items() if state.is_open)
    ending = "has stopped here" if was_stopped else "waits for a person" if still_open else "is over"
    delivered = storm.counts.get(State.DELIVERED, 0)
    others = list_states(storm.counts, (state for state in State if state is not State.DELIVERED))
    done = f"{delivered:,} of {count(storm.total, 'post')} delivered"
    head = (f"{storm.storm_id} {ending}", STRONG)
    return Text.assemble(head, f": {done}", ", " if others.plain else "", others)


def describe_budget(budget: Budget | None) -> Iterator[str]:
    """Say in a line what a storm's budget does not pay for, and what to do; nothing while it suffices."""
    words = "" if budget is None else budget.describe()
    if words:
        yield f"The {words} — {RAISE}"


def describe_obstacles(channel: ChannelStatus, zone: tzinfo) -> Iterator[str]:
    """Say in one line each what keeps a channel from posting."""
    if channel.suspended_why is not None:
        yield f"{channel.channel} is suspended: {clean(channel.suspended_why)}"
    if channel.waits_until is not None:
        until = render_time(channel.waits_until, zone)
        yield f"{channel.channel} waits until {until}: {clean(channel.waits_why)}"
    elif channel.paused_until is not None:
        yield f"{channel.channel} is paused until {render_time(channel.paused_until, zone)}"
    if channel.on_trial and channel.suspended_why is None:
        yield f"{channel.channel} is on trial after a pause: its account is checked, then one answer decides"
