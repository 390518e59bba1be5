"""Where a person decides: before the launch, during the storm, after a rehearsal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from stormctl.domain.base.amounts import count, format_usd
from stormctl.render.terminal.grid import Column, Grid, GridSection, make_facts
from stormctl.render.terminal.notices import render_notice
from stormctl.render.words import (
    BAD,
    GOOD,
    NOT_GIVEN,
    QUIET,
    STRONG,
    WARN,
    clean,
    link,
    render_day_and_time,
    render_number,
    render_span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, tzinfo

    from rich.console import RenderableType
    from rich.table import Table

    from stormctl.domain.plan.summary import ChannelCheck, LaunchSummary
    from stormctl.domain.report.status import StormStatus
    from stormctl.domain.report.tally import Tally
    from stormctl.render.terminal.grid import Cell

_MOST_CHANGES = 10
"""Changed posts that a summary names; more are counted."""


def render_summary(summary: LaunchSummary, viewer_zone: tzinfo) -> RenderableType:
    """Show what a person must see before confirming a launch; times in the storm's zone and the viewer's."""
    parts: list[RenderableType] = []
    if not summary.is_live:
        parts += [
            render_notice("NOT LIVE", "The hosts below are not the real platforms: no one will see it.", WARN)
        ]
    parts += [_render_facts(summary, viewer_zone), "", _render_checks(summary.channels)]
    problems = list(_render_problems(summary.channels))
    if problems:
        parts += ["", *problems]
    return Group(*parts)


def render_continuation(
    status: StormStatus,
    checks: Sequence[ChannelCheck],
    why: str,
    *,
    hosts: Sequence[tuple[str, str]],
    is_live: bool,
    drift: Sequence[tuple[str, str]] | None,
) -> RenderableType:
    """Show a storm that goes on with what is enrolled: why nothing new is, how its files differ, as whom.

    Args:
        drift: how the files differ from what is enrolled, by key; None where they make no plan.
    """
    zone, facts = ZoneInfo(status.timezone), make_facts()
    coming = sum(n for state, n in status.counts.items() if state.is_open)
    live = ("real: the posts will be public", STRONG) if is_live else ("NOT LIVE", WARN)
    listed = ", ".join(f"{label} {host}" for label, host in hosts)
    facts.add_row("Storm", Text(f"{clean(status.name)} ({status.storm_id})", STRONG))
    facts.add_row("Hosts", Text.assemble(clean(listed), " (", live, ")"))
    late = f"; {status.late:,} late" if status.late else ""
    facts.add_row("To come", f"{count(coming, 'post')}, as enrolled{late}")
    if status.upcoming:
        facts.add_row("Next post", render_day_and_time(status.upcoming[0].slot_at, zone))
    facts.add_row("Drift", _render_drift(drift))
    notice = render_notice("NOTHING NEW IS ENROLLED: what is enrolled goes on as it is", clean(why), WARN)
    problems = list(_render_problems(tuple(checks)))
    return Group(notice, facts, "", _render_checks(tuple(checks)), *(["", *problems] if problems else []))


def _render_drift(drift: Sequence[tuple[str, str]] | None) -> Text:
    if drift is None:
        return Text("not known: the files make no plan as they are", WARN)
    if not drift:
        return Text("none: the files plan what is enrolled")
    differing = count(len(drift), "post differs", "posts differ")
    return _list_changes(Text(f"{differing} in the files, which changes nothing", WARN), drift)


def _render_facts(summary: LaunchSummary, viewer_zone: tzinfo) -> Table:
    zone = ZoneInfo(summary.timezone)
    facts = make_facts()
    facts.add_row("Storm", Text(f"{clean(summary.storm_name)} ({summary.storm_id})", STRONG))
    hosts = ", ".join(f"{label} {host}" for label, host in summary.hosts)
    live = ("real: the posts will be public", STRONG) if summary.is_live else ("NOT LIVE", WARN)
    facts.add_row("Hosts", Text.assemble(clean(hosts), " (", live, ")"))
    facts.add_row("First post", _render_instant(summary.first_at, zone, viewer_zone))
    facts.add_row("Last post", _render_instant(summary.last_at, zone, viewer_zone))
    posts = Text(count(summary.count, "post"))
    if summary.late:
        posts.append(f", {summary.late:,} of them already late", WARN)
    if summary.unplaced:
        posts.append(f"; {count(summary.unplaced, 'wording')} without a slot", WARN)
    facts.add_row("To come", posts)
    if summary.changes:
        facts.add_row("Changes", _render_changes(summary.changes))
    facts.add_row("Cost", _render_cost(summary))
    facts.add_row("Ledger", clean(summary.ledger))
    if summary.alerts:
        facts.add_row("Alerts", clean(summary.alerts))
    return facts


def _render_instant(at: datetime | None, zone: tzinfo, viewer_zone: tzinfo) -> Text:
    if at is None:
        return Text("none")
    theirs, ours = render_day_and_time(at, zone), render_day_and_time(at, viewer_zone)
    return Text(theirs) if ours == theirs else Text.assemble(theirs, (f" (for you {ours})", QUIET))


def _render_changes(changes: tuple[tuple[str, str], ...]) -> Text:
    """Show the posts that are enrolled already and will go out otherwise, the first of them by name."""
    return _list_changes(Text(f"{count(len(changes), 'planned post')} will be changed", WARN), changes)


def _list_changes(text: Text, changes: Sequence[tuple[str, str]]) -> Text:
    for key, what in changes[:_MOST_CHANGES]:
        text.append(f"\n{clean(key)}: {what}", "default")
    if len(changes) > _MOST_CHANGES:
        text.append(f"\nand {len(changes) - _MOST_CHANGES:,} more", "default")
    return text


def _render_cost(summary: LaunchSummary) -> Text:
    cost = Text(f"{format_usd(summary.cost_usd_micros)}, readings included")
    if summary.budget_usd_micros is None:
        return cost.append("; no budget set")
    cost.append(f"; the budget is {format_usd(summary.budget_usd_micros)}")
    if summary.cost_usd_micros > summary.budget_usd_micros:
        cost.append(" and is not enough", BAD)
    return cost


def _render_checks(checks: tuple[ChannelCheck, ...]) -> Grid:
    rows = [
        (
            Text(check.channel),
            Text(clean(check.account_name)) if check.account_name else Text("not known", WARN),
            _judge(check),
            link(check.account_url) if check.account_url else Text(NOT_GIVEN),
        )
        for check in checks
    ]
    fields = (
        Column("Channel"),
        Column("Account", least=14),
        Column("Check"),
        Column("Address", least=16, wrap=True),
    )
    return Grid(fields, [GridSection(rows)])


def _judge(check: ChannelCheck) -> Text:
    if check.without:
        return Text("left out", QUIET)
    if check.bad:
        return Text("can't post", BAD)
    return Text("not sure", WARN) if check.unknown else Text("may post", GOOD)


def _render_problems(checks: tuple[ChannelCheck, ...]) -> Iterator[RenderableType]:
    for check in checks:
        for label, style, problems in (("error", BAD, check.bad), ("warning", WARN, check.unknown)):
            for message, hint in problems:
                yield Text.assemble((label, style), f" {check.channel}: {clean(message)}")
                if hint:
                    yield Padding(Text(clean(hint), QUIET), (0, 0, 0, 4), expand=False)


def render_tally(tally: Tally) -> RenderableType:
    """Show what the rehearsal's ledger says beside what the emulator really received, and the verdict."""
    total = sum(c.planned for c in tally.channels)
    took = f"{render_span(timedelta(seconds=tally.storm_s))} of storm in {tally.took_s:.0f} s"
    if tally.is_clean:
        verdict = Text(f"Every one of {count(total, 'post')} arrived exactly once.", GOOD)
    else:
        verdict = Text("NOT every post arrived exactly once:", BAD)
    return Group(
        _render_counts(tally),
        "",
        verdict,
        *(Padding(Text(clean(line)), (0, 0, 0, 2), expand=False) for line in tally.differences),
        Text(f"{took}."),
        Text.assemble("Report: ", (clean(tally.report_path), STRONG)),
    )


def _render_counts(tally: Tally) -> Grid:
    numbers = [
        ("Planned", [c.planned for c in tally.channels], False),
        ("Delivered", [c.delivered for c in tally.channels], False),
        ("Received", [c.received for c in tally.channels], False),
        ("Duplicates", [c.duplicates for c in tally.channels], True),
        ("Lost", [c.lost for c in tally.channels], True),
        ("Unexpected", [c.unexpected for c in tally.channels], True),
        ("Open", [c.open for c in tally.channels], True),
    ]
    # The last two are rare: without them the table fits a small screen.
    shown = [n for n in numbers if n[0] not in {"Unexpected", "Open"} or any(n[1])]
    names = [Text(c.channel) for c in tally.channels]
    rows: list[list[Cell]] = [
        [name, *(_render_count(values[i], is_bad) for _, values, is_bad in shown)]
        for i, name in enumerate(names)
    ]
    in_all: list[Cell] = [
        Text("in all", STRONG),
        *(_render_count(sum(values), is_bad) for _, values, is_bad in shown),
    ]
    fields = (Column("Channel"), *(Column(head, "right") for head, _, _ in shown))
    return Grid(fields, [GridSection(rows), GridSection([in_all])])


def _render_count(number: int, is_bad: bool) -> Text:
    return Text(render_number(number), BAD if is_bad and number else "")
