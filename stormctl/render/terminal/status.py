"""How things stand: what runs, what is held, what went out, what comes, and what a person must look at."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from stormctl.domain.base.amounts import count
from stormctl.domain.delivery.delivery import CANARY_STORM, State
from stormctl.render.terminal.grid import Column, Grid, GridSection
from stormctl.render.terminal.notices import describe_budget, describe_halt, describe_obstacles, render_notice
from stormctl.render.words import (
    GOOD,
    NOT_GIVEN,
    QUIET,
    STATE_STYLES,
    STATE_WORDS,
    STRONG,
    WARN,
    clean,
    link,
    list_states,
    render_day,
    render_day_and_time,
    render_number,
    render_span,
    render_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from stormctl.domain.report.status import DeliveryView, LedgerStatus, RunnerStatus, StormStatus

NOT_DELIVERED = tuple(s for s in State if s is not State.DELIVERED)

GONE_SHOWN = 3
"""How many runners that are gone are named, the newest; `--json` names all."""


def render_status(
    status: LedgerStatus, names: Mapping[str, str] | None = None, *, rehearsal: bool = False
) -> RenderableType:
    """Show everything that `status` knows; loudly if nothing runs although something is due, or if halted.

    Args:
        names: by key, the shortest words that mean a delivery with its channel; others have their keys.
        rehearsal: whether the commands to type must act on the rehearsal.
    """
    names = names or {}
    option = " --rehearsal" if rehearsal else ""
    parts: list[RenderableType] = [*_render_alarms(status, option)]
    shown = [storm for storm in status.storms if not _is_canary_at_rest(storm)]
    for storm in shown:
        parts += [*_render_storm(storm, status, names, option), ""]
    if not shown:
        parts += [Text("No storm is enrolled."), ""]
    parts += [*_render_runners(status), Text(f"Ledger {clean(status.ledger)}", QUIET)]
    return Group(*parts)


def _is_canary_at_rest(storm: StormStatus) -> bool:
    """Whether a storm is the canaries', and all of them are gone again."""
    is_up = storm.counts.get(State.DELIVERED, 0) > 0
    return storm.storm_id == CANARY_STORM and storm.is_finished and not is_up


def render_status_line(status: LedgerStatus) -> str:
    """Say in one line how things stand: the next post, what is late, what is in doubt."""
    late = sum(storm.late for storm in status.storms)
    doubtful = sum(storm.counts.get(State.IN_DOUBT, 0) for storm in status.storms)
    coming = [
        (view.slot_at, view.channel, ZoneInfo(storm.timezone))
        for storm in status.storms
        for view in storm.upcoming
        if view.slot_at >= status.moment.at
    ]
    parts = [] if late else ["nothing to come"]
    if coming:
        slot_at, channel, zone = min(coming, key=lambda post: post[0])
        parts = [f"next post {render_time(slot_at, zone)} on {channel}"]
    parts += [f"{late:,} late"] if late else []
    parts += [f"{doubtful:,} in doubt"] if doubtful else []
    parts += ["halted"] if status.halts else []
    parts += ["budget spent"] if any(s.budget and s.budget.unpaid for s in status.storms) else []
    return "; ".join(parts)


def _render_alarms(status: LedgerStatus, option: str) -> Iterator[RenderableType]:
    due = sum(storm.late for storm in status.storms)
    if due and not any(r.alive for r in status.runners):
        yield render_notice(
            f"NOTHING IS RUNNING, and {count(due, 'post is', 'posts are')} due",
            "The rehearsal has ended: stormctl rehearse starts a new one."
            if option
            else "Start a runner: stormctl launch SCHEDULE, or stormctl daemon.",
        )
    elif any(storm.upcoming for storm in status.storms) and not any(r.alive for r in status.runners):
        what = "the rehearsal has ended" if option else "start a runner in time for the next post"
        yield Text(f"Nothing is running: {what}.", WARN)
    yield from _render_halts(status, option)
    yield from _render_newest_gap(status)


def _render_halts(status: LedgerStatus, option: str) -> Iterator[RenderableType]:
    zone = ZoneInfo(status.storms[0].timezone) if status.storms else UTC
    for halt in status.halts:
        ending = f"To continue: stormctl resume{halt.only.options}{option}"
        yield render_notice(describe_halt(halt, zone), ending)


def _render_newest_gap(status: LedgerStatus) -> Iterator[Text]:
    zone = ZoneInfo(status.storms[0].timezone) if status.storms else UTC
    for gap in status.gaps[:1]:
        since, until = render_day_and_time(gap.since, zone), render_day_and_time(gap.until, zone)
        doubts = f"{gap.in_doubt:,} in doubt until the accounts have been read"
        yield Text(f"Unknown to this ledger, from {since} to {until}: {clean(gap.why)}; {doubts}", WARN)


def _render_storm(
    storm: StormStatus, status: LedgerStatus, names: Mapping[str, str], option: str
) -> Iterator[RenderableType]:
    zone = ZoneInfo(storm.timezone)
    delivered = storm.counts.get(State.DELIVERED, 0)
    yield Text.assemble((clean(storm.name), STRONG), f" ({storm.storm_id})")
    yield Text(f"{_name_span(storm, zone)}; now {render_day_and_time(status.moment.at, zone)}", QUIET)
    yield Text.assemble(f"{delivered:,} of {storm.total:,} delivered", *_add_others(storm))
    yield ""
    yield _render_channels(storm, zone)
    obstacles = [*describe_budget(storm.budget)]
    obstacles += [line for c in storm.channels for line in describe_obstacles(c, zone)]
    if any(r.alive for r in status.runners):
        obstacles += [
            f"{c.channel}: no live runner can serve it; are its credentials there?"
            for c in storm.channels
            if not c.served and any(n for state, n in c.counts.items() if state.is_open)
        ]
    yield from (Text(line, WARN) for line in obstacles)
    suspended = [c.channel for c in storm.channels if c.suspended_why is not None]
    mended = "When that is fixed: stormctl resume --channel"
    yield from (Text(f"{mended} {name}{option}", QUIET) for name in suspended)
    yield from _render_copies(storm, option)
    yield from _render_follow_ups(storm, status.moment.at, option)
    if storm.troubled:
        yield from ("", Text("Needs attention", STRONG), *_render_troubled(storm.troubled, names, zone))
        yield Text(f"What you can do about one: stormctl show KEY{option}", QUIET)
    if storm.upcoming:
        coming = render_upcoming(storm.upcoming, names, status.moment.at, zone)
        yield from ("", Text("Next posts", STRONG), coming)
    if storm.recent:
        yield from ("", Text("Last posts", STRONG), _render_recent(storm.recent, names, zone))
        newest = _name(storm.recent[0], names)
        yield Text(f"To take the first one down: stormctl retract {newest}{option}", QUIET)


def _render_copies(storm: StormStatus, option: str) -> Iterator[RenderableType]:
    """Name what stands twice, each with the commands that take it down, or leave it."""
    if not storm.copies:
        return
    yield from ("", Text("Posted twice", STRONG))
    for copy in storm.copies:
        yield Text.assemble((copy.key, WARN), "  ", link(copy.url))
        yield Text(f"To take it down: stormctl retract {copy.key} --url {copy.url}{option}", QUIET)
        yield Text(f"To leave both there: stormctl resolve {copy.key} --both{option}", QUIET)


def _render_follow_ups(storm: StormStatus, now_at: datetime, option: str) -> Iterator[Text]:
    """Say when accounts are read again, since a second copy may show late, and who does it."""
    zone, times = ZoneInfo(storm.timezone), dict[str, list[str]]()
    for one in storm.follow_ups:
        is_today = render_day(one.due_at, zone) == render_day(now_at, zone)
        render = render_time if is_today else render_day_and_time
        times.setdefault(one.channel, []).append(render(one.due_at, zone))
    for channel, due in times.items():
        yield Text(f"{channel} is read again from {', '.join(due)}: something was sent again")
    if times and not option:
        yield Text("Any runner does it: stormctl tick, or a daemon", QUIET)


def _name_span(storm: StormStatus, zone: ZoneInfo) -> str:
    if storm.first_slot_at is None or storm.last_slot_at is None:
        return "no slots"
    first, last = storm.first_slot_at, storm.last_slot_at
    is_one_day = render_day(first, zone) == render_day(last, zone)
    end = render_time(last, zone) if is_one_day else render_day_and_time(last, zone)
    return f"{render_day_and_time(first, zone)} to {end}"


def _add_others(storm: StormStatus) -> Iterator[Text]:
    others = list_states(storm.counts, NOT_DELIVERED)
    if others.plain:
        yield Text(", ") + others
    if storm.late:
        yield Text(f"; {storm.late:,} late", WARN)


def _render_channels(storm: StormStatus, zone: ZoneInfo) -> Grid:
    rows = [
        (
            c.channel,
            clean(c.account_name) if c.account_name else NOT_GIVEN,
            render_number(c.counts.get(State.DELIVERED, 0)),
            render_number(sum(c.counts.values())),
            render_time(c.next_at, zone) if c.next_at else NOT_GIVEN,
            list_states(c.counts, (s for s in NOT_DELIVERED if s is not State.PLANNED)),
        )
        for c in storm.channels
    ]
    fields = (
        Column("Channel"),
        Column("Account", least=8),
        Column("Delivered", "right"),
        Column("Of", "right"),
        Column("Next"),
        Column("Otherwise", least=10, wrap=True),
    )
    return Grid(fields, [GridSection(rows)])


def _render_troubled(
    views: Sequence[DeliveryView], names: Mapping[str, str], zone: ZoneInfo
) -> Iterator[RenderableType]:
    for view in views:
        state = Text(STATE_WORDS[view.state], STATE_STYLES[view.state])
        yield Text.assemble(state, f"  {names.get(view.key, view.key)}  {render_time(view.slot_at, zone)}")
        if view.why:
            yield Padding(Text(clean(view.why), QUIET), (0, 0, 0, 4), expand=False)


def _name(view: DeliveryView, names: Mapping[str, str]) -> str:
    """Return what means a delivery where it is typed."""
    return names.get(view.key, view.key)


def render_upcoming(
    views: Sequence[DeliveryView], names: Mapping[str, str], now_at: datetime, zone: ZoneInfo
) -> Grid:
    """Show what comes next, in how long or how late, and its first words."""
    rows = [
        (
            render_time(v.slot_at, zone),
            Text(f"{render_span(now_at - v.slot_at)} late", WARN)
            if v.slot_at < now_at
            else f"in {render_span(v.slot_at - now_at)}",
            names.get(v.key, f"{v.channel}/{v.message_id}"),
            clean(v.text),
        )
        for v in views
    ]
    return Grid((Column(""), Column(""), Column("", least=10), Column("", least=10)), [GridSection(rows)])


def _render_recent(views: Sequence[DeliveryView], names: Mapping[str, str], zone: ZoneInfo) -> Grid:
    rows = [
        (
            render_time(v.delivered_at, zone) if v.delivered_at else NOT_GIVEN,
            names.get(v.key, f"{v.channel}/{v.message_id}"),
            link(v.url) if v.url else NOT_GIVEN,
        )
        for v in views
    ]
    return Grid((Column(""), Column("", least=10), Column("", least=24, wrap=True)), [GridSection(rows)])


def _render_runners(status: LedgerStatus) -> Iterator[RenderableType]:
    if not status.runners:
        yield Text("No runner has used it yet.")
        return
    yield Text("Runners", STRONG)
    gone = sorted((r for r in status.runners if not r.alive), key=lambda r: r.beat_at, reverse=True)
    shown = [*(r for r in status.runners if r.alive), *gone[:GONE_SHOWN]]
    rows = [_describe_runner(r, status) for r in shown]
    yield Grid((Column(""), Column("", least=8), Column(""), Column(""), Column("")), [GridSection(rows)])


def _describe_runner(runner: RunnerStatus, status: LedgerStatus) -> tuple[Text | str, ...]:
    silent = render_span(status.moment.wall_at - runner.beat_at)
    state = Text("runs", GOOD) if runner.alive else Text("gone", QUIET)
    version = f"stormctl {clean(runner.version)}" if runner.version else ""
    return state, clean(runner.host), f"{runner.kind} {runner.pid}", f"heartbeat {silent} ago", version
