"""One picture of the live view: what fits on the screen, the important first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stormctl.domain.base.amounts import count
from stormctl.domain.delivery.delivery import State
from stormctl.render.terminal.events import render_event
from stormctl.render.terminal.grid import Column, Grid, GridSection
from stormctl.render.terminal.notices import describe_budget, describe_halt, describe_obstacles
from stormctl.render.words import (
    BAD,
    GOOD,
    NOT_GIVEN,
    QUIET,
    STRONG,
    WARN,
    clean,
    link,
    list_states,
    render_span,
    render_time,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.report.halts import HaltView
    from stormctl.domain.report.status import StormStatus
    from stormctl.render.terminal.grid import Cell

MOST_ALARMS = 4
"""Lines for halts and for what keeps channels from posting, before the rest is only counted."""

FASTER = 1.5
"""Times real time from which a storm clock is called a rehearsal's."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading and its lines, of which the last may be cut off."""

    heading: str
    fields: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the live view knows at one time; renders itself into the console's size.

    Attributes:
        status, moment: None until the first update.
        events: those worth a look, oldest first.
        speed: how much faster than real time the storm's clock has run.
        is_rehearsal: whether the commands that it names need `--rehearsal`.
    """

    zone: tzinfo
    status: StormStatus | None = None
    moment: Moment | None = None
    halts: tuple[HaltView, ...] = ()
    events: tuple[StormEvent, ...] = ()
    speed: float = 1.0
    is_rehearsal: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.status is None or self.moment is None:
            yield Text("Starting …")
            return
        alarms = self._list_alarms(self.status)
        top = [*_render_head(self, self.status, self.moment), *alarms]
        wanted = [
            _list_next(self.status, self.moment, self.zone),
            self._list_last(self.status),
            self._list_events(),
        ]
        yield Group(*top, *_render_blocks(wanted, room=console.size.height - len(top) - 1))

    def _list_alarms(self, status: StormStatus) -> list[Text]:
        halts = [Text(describe_halt(h, self.zone), BAD) for h in self.halts]
        budget = [Text(line, WARN) for line in describe_budget(status.budget)]
        obstacles = [Text(o, WARN) for c in status.channels for o in describe_obstacles(c, self.zone)]
        lines = halts + budget + obstacles
        if len(lines) > MOST_ALARMS:
            rest = len(lines) - MOST_ALARMS + 1
            more = f"and {rest:,} more: see stormctl status{self._option}"
            lines = [*lines[: MOST_ALARMS - 1], Text(more, WARN)]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return lines

    def _list_last(self, status: StormStatus) -> _Block:
        """List the newest posts, each with what to type to take it down; addresses are cut first."""
        rows: list[list[Cell]] = []
        for view in status.recent:
            when = render_time(view.delivered_at, self.zone, seconds=True) if view.delivered_at else NOT_GIVEN
            place = link(view.url) if view.url else Text(view.channel)
            rows.append([when, f"{view.channel}/{view.message_id}", place])
        heading = f"Last posts (to take one down: stormctl retract CHANNEL/MESSAGE{self._option})"
        return _Block(heading, (Column(""), Column("", least=8), Column("", least=1)), rows)

    @property
    def _option(self) -> str:
        return " --rehearsal" if self.is_rehearsal else ""

    def _list_events(self) -> _Block:
        rows = [(render_event(e, self.zone, is_rehearsal=self.is_rehearsal),) for e in reversed(self.events)]
        return _Block("Notices", (Column("", least=1),), rows)


def _render_head(frame: Frame, status: StormStatus, moment: Moment) -> list[RenderableType]:
    clock = Text(render_time(moment.at, frame.zone, seconds=True), STRONG)
    if frame.speed >= FASTER:
        clock.append(f", {frame.speed:,.0f} × real time", QUIET)
    title = Table.grid(expand=True)
    title.add_column(ratio=1, no_wrap=True)
    title.add_column(justify="right", no_wrap=True)
    title.add_row(Text(clean(status.name), STRONG), clock)
    delivered = status.counts.get(State.DELIVERED, 0)
    bar = Table.grid(expand=True, padding=(0, 1, 0, 0), pad_edge=False)
    bar.add_column(ratio=1)
    bar.add_column(no_wrap=True)
    bar.add_row(
        ProgressBar(total=max(status.total, 1), completed=delivered, complete_style=GOOD),
        f"{delivered:,} of {count(status.total, 'post')} delivered",
    )
    counts = list_states(status.counts, (s for s in State if s is not State.DELIVERED))
    if status.late:
        counts.append(f"; {status.late:,} late", WARN)
    if status.is_finished:
        counts = Text("Nothing left to send", STRONG) + (Text("; ") + counts if counts.plain else Text(""))
    counts.no_wrap, counts.overflow = True, "ellipsis"
    return [title, bar, counts]


def _list_next(status: StormStatus, moment: Moment, zone: tzinfo) -> _Block:
    waiting = sorted((c.next_at, c.channel) for c in status.channels if c.next_at is not None)
    rows = [_describe_next(channel, next_at, status, moment, zone) for next_at, channel in waiting]
    fields = (Column(""), Column("", "right"), Column("", least=8), Column("", least=4), Column("", least=1))
    return _Block("Next on each channel", fields, rows)


def _describe_next(
    channel: str, next_at: datetime, status: StormStatus, moment: Moment, zone: tzinfo
) -> tuple[Cell, ...]:
    view = next((v for v in status.upcoming if v.channel == channel), None)
    when = Text("due", WARN) if next_at < moment.at else Text(f"in {render_span(next_at - moment.at)}")
    name, words = (view.message_id, clean(view.text)) if view else ("", "")
    return render_time(next_at, zone), when, channel, name, Text(words, QUIET)


def _render_blocks(blocks: Sequence[_Block], room: int) -> list[RenderableType]:
    """Fit blocks into so many lines: a block costs its rows, a heading and a blank line before it."""
    sizes = [len(b.rows) for b in blocks]

    def needed() -> int:
        return sum(size + 2 for size in sizes if size)

    while any(sizes) and needed() > room:
        longest = max(range(len(sizes)), key=lambda i: (sizes[i], i))
        sizes[longest] -= 1
    parts: list[RenderableType] = []
    for block, size in zip(blocks, sizes, strict=True):
        if size:
            section = GridSection(list(islice(block.rows, size)))
            parts += [
                "",
                Text(block.heading, STRONG, no_wrap=True, overflow="ellipsis"),
                Grid(block.fields, [section]),
            ]
    return parts
