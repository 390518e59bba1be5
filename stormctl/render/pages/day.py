"""How things stand, as a page for the big screen: the words of `status`, kept fresh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.amounts import count, format_usd
from stormctl.domain.delivery.delivery import CANARY_STORM, State
from stormctl.domain.platforms.record import Metric
from stormctl.render.labels import NOT_LIVE, explain_practice
from stormctl.render.pages.templates import load_script, make_templates
from stormctl.render.terminal.notices import describe_budget, describe_halt, describe_obstacles
from stormctl.render.terminal.status import render_status_line
from stormctl.render.words import (
    STATE_WORDS,
    clean,
    list_states,
    read_language,
    render_day,
    render_day_and_time,
    render_number,
    render_span,
    render_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from stormctl.domain.report.halts import HaltView
    from stormctl.domain.report.reach import PostReach
    from stormctl.domain.report.status import (
        ChannelStatus,
        DeliveryView,
        LedgerStatus,
        StormStatus,
    )


SCRIPT = "day.js"
"""What keeps the page fresh."""

MOST_TROUBLES = 5
"""How many posts in trouble are named before the rest is only counted."""

TEXT_CHARS = 140
"""How much of a post is shown."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a person must know, and what to type."""

    what: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the page shows.

    Attributes:
        reach: the newest figures of each storm's posts, by its id.
        hosts: where the posts go.
        practice_hosts: those of them that no real platform has.
        viewer: the zone of the machine that serves the page.
        option: what the commands to type need, so that they act on the same ledger.
        trouble: why nothing newer can be read; empty while all is well.
    """

    status: LedgerStatus
    reach: Mapping[str, Sequence[PostReach]]
    hosts: tuple[str, ...]
    practice_hosts: tuple[str, ...]
    viewer: tzinfo
    option: str = ""
    trouble: str = ""

    @property
    def storms(self) -> tuple[StormStatus, ...]:
        """The storms that are shown: all but canaries that are gone again."""
        shown = [s for s in self.status.storms if s.storm_id != CANARY_STORM or not s.is_finished]
        return tuple(shown)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the first storm."""
        return ZoneInfo(self.storms[0].timezone) if self.storms else ZoneInfo("UTC")


def render_day_page(day: Day) -> str:
    """Render the whole page: complete without its script, which only keeps it fresh."""
    page = make_templates(day.zone).get_template("day.html.j2")
    return page.render(**_fill(day), script=load_script(SCRIPT))


def render_day_parts(day: Day) -> str:
    """Render what changes of the page."""
    return make_templates(day.zone).get_template("day_parts.html.j2").render(**_fill(day))


def _fill(day: Day) -> dict[str, object]:
    now_at, zone = day.status.moment.at, day.zone
    alarms = list(list_alarms(day))
    names = [clean(storm.name) for storm in day.storms]
    own = render_time(now_at, day.viewer)
    clock = render_day_and_time(now_at, zone)
    return {
        "title": names[0] if len(names) == 1 else count(len(names), "storm") if names else "No storm",
        "clocks": clock if clock.endswith(own) else f"{clock} · {own} here",
        "verdict": _sum_up(day, alarms),
        "alarms": alarms,
        "storms": [_show_storm(storm, day) for storm in day.storms],
        "runners": [
            f"{runner.kind.capitalize()} runs on {clean(runner.host)} (process {runner.pid})"
            for runner in day.status.runners
            if runner.alive
        ],
        "ledger": clean(day.status.ledger),
        "hosts": day.hosts,
        "practice": explain_practice(day.practice_hosts) if day.practice_hosts else "",
        "not_live": NOT_LIVE,
    }


def _sum_up(day: Day, alarms: Sequence[Alarm]) -> str:
    """Say in one line how things stand."""
    line = render_status_line(day.status)
    if alarms:
        return f"{count(len(alarms), 'alarm')}; {line}"
    if day.storms and all(storm.is_finished for storm in day.storms):
        return "Nothing is left to send"
    return f"{line[:1].upper()}{line[1:]}"


def list_alarms(day: Day) -> Iterator[Alarm]:
    """Say what a person must know or do, the most urgent first."""
    status, option = day.status, day.option
    if day.trouble:
        yield Alarm(f"The ledger can't be read: {clean(day.trouble)}", "stormctl status")
    due = sum(storm.late for storm in status.storms)
    if due and not any(runner.alive for runner in status.runners):
        what = f"NOTHING IS RUNNING, and {count(due, 'post is', 'posts are')} due"
        yield Alarm(what, "stormctl rehearse" if option else "stormctl launch SCHEDULE, or stormctl daemon")
    for halt in status.halts:
        yield Alarm(describe_halt(halt, day.zone), f"To continue: stormctl resume{option}")
    for storm in day.storms:
        yield from _list_storm_alarms(storm, option)


def _list_storm_alarms(storm: StormStatus, option: str) -> Iterator[Alarm]:
    zone = ZoneInfo(storm.timezone)
    yield from (Alarm(line) for line in describe_budget(storm.budget))
    for channel in storm.channels:
        command = ""
        if channel.suspended_why is not None:
            command = f"When that is fixed: stormctl resume --channel {channel.channel}{option}"
        yield from (Alarm(line, command) for line in describe_obstacles(channel, zone))
    for copy in storm.copies:
        command = f"stormctl retract {copy.key} --url {copy.url}{option}"
        yield Alarm(f"{copy.channel}: the same post is there twice", command)
    for view in storm.troubled[:MOST_TROUBLES]:
        what = f"{view.channel}: {view.message_id} {STATE_WORDS[view.state]}"
        yield Alarm(f"{what}: {clean(view.why)}" if view.why else what, f"stormctl show {view.key}{option}")
    if more := len(storm.troubled[MOST_TROUBLES:]):
        what = f"{count(more, 'more post needs', 'more posts need')} attention"
        yield Alarm(what, f"stormctl status{option}")


def _show_storm(storm: StormStatus, day: Day) -> dict[str, object]:
    zone = ZoneInfo(storm.timezone)
    delivered = storm.counts.get(State.DELIVERED, 0)
    others = list_states(storm.counts, (s for s in State if s is not State.DELIVERED)).plain
    late = f"; {storm.late:,} late" if storm.late else ""
    reach = day.reach.get(storm.storm_id, ())
    return {
        "name": clean(storm.name),
        "progress": ", ".join(filter(None, (f"{delivered:,} of {storm.total:,} delivered", others))) + late,
        "percent": _percent(delivered, storm.total),
        "span": _name_span(storm, zone),
        "budget": _describe_budget(storm),
        "channels": [_show_channel(channel, storm, day, reach) for channel in storm.channels],
        "last": [_show_post(view, zone) for view in storm.recent],
    }


def _show_channel(
    channel: ChannelStatus, storm: StormStatus, day: Day, reach: Sequence[PostReach]
) -> dict[str, object]:
    delivered, total = channel.counts.get(State.DELIVERED, 0), sum(channel.counts.values())
    account = f" · {clean(channel.account_name)}" if channel.account_name else ""
    read = [post.values for post in reach if post.channel == channel.channel and post.values]
    reactions = sum(values.get(Metric.REACTIONS, 0) for values in read)
    return {
        "name": f"{channel.channel}{account}",
        "out": f"{delivered:,} of {total:,}",
        "percent": _percent(delivered, total),
        "next": _describe_next(channel, storm, day),
        "reactions": f"{render_number(reactions)} reactions on {count(len(read), 'post')}" if read else "",
    }


def _describe_next(channel: ChannelStatus, storm: StormStatus, day: Day) -> str:
    if channel.next_at is None:
        return "Nothing to come"
    now_at, next_at = day.status.moment.at, channel.waits_until or channel.next_at
    when = f"in {render_span(next_at - now_at)}" if next_at > now_at else "due now"
    view = next((view for view in storm.upcoming if view.channel == channel.channel), None)
    words = f": {view.message_id}" if view else ""
    line = f"ext {render_time(next_at, ZoneInfo(storm.timezone))}, {when}{words}"
    if any(_covers(halt, channel.channel) for halt in day.status.halts):
        return f"HALTED; n{line}"
    return f"Suspended; n{line}" if channel.suspended_why is not None else f"N{line}"


def _covers(halt: HaltView, channel: str) -> bool:
    """Whether a halt is over all that goes out on a channel."""
    covering = {("all", None), ("platform", channel.partition(":")[0]), ("channel", channel)}
    return not halt.exceptions and (halt.scope, halt.target) in covering


def _show_post(view: DeliveryView, zone: ZoneInfo) -> dict[str, str]:
    lateness = "" if view.delivered_at is None else render_span(view.delivered_at - view.slot_at)
    return {
        "when": render_time(view.delivered_at, zone) if view.delivered_at else "",
        "late": "" if lateness in {"", "0 s"} else f"{lateness} after its time",
        "channel": view.channel,
        "text": _shorten(clean(view.text)),
        "language": read_language(view.key),
        "url": view.url or "",
    }


def _shorten(text: str) -> str:
    return text if len(text) <= TEXT_CHARS else f"{text[: TEXT_CHARS - 1].rstrip()}…"


def _describe_budget(storm: StormStatus) -> str:
    """Say what is left of a storm's budget; nothing if it has none."""
    if storm.budget is None:
        return ""
    left = max(0, storm.budget.usd_micros - storm.budget.spent_usd_micros)
    return f"{format_usd(left)} left of {format_usd(storm.budget.usd_micros)}"


def _name_span(storm: StormStatus, zone: ZoneInfo) -> str:
    if storm.first_slot_at is None or storm.last_slot_at is None:
        return "no slots"
    first, last = (render_day_and_time(at, zone) for at in (storm.first_slot_at, storm.last_slot_at))
    day = f"{render_day(storm.first_slot_at, zone)}, "
    return f"{first} to {last.removeprefix(day)}"


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
