"""A storm's result on the terminal, with honest labels: what is not known is not 0."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import BESIDE
from stormctl.render.labels import (
    COLUMNS,
    METRIC_HEADS,
    NOT_LIVE,
    describe_reading,
    describe_spread,
    explain_figures,
    explain_metric,
    explain_practice,
    explain_readings,
    find_total,
    name_age,
    name_period,
    name_sources,
)
from stormctl.render.terminal.grid import Column, Grid, GridSection
from stormctl.render.terminal.notices import describe_budget, render_notice
from stormctl.render.words import (
    NOT_GIVEN,
    QUIET,
    STRONG,
    WARN,
    clean,
    link,
    list_states,
    render_day_and_time,
    render_number,
    render_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from rich.console import RenderableType

    from stormctl.domain.report.report import Figures, PlatformReach, Report
    from stormctl.domain.report.status import LedgerStatus
    from stormctl.render.terminal.grid import Cell

TICK_EVERY = timedelta(minutes=2)
"""How long ago a tick may have been for cron to be at work: it calls it once a minute."""

BAR_CELLS = 24
"""The longest bar of the chart by hour or day, in characters."""


def render_report(report: Report) -> RenderableType:
    """Show deliveries, figures side by side, what each hour's or day's posts got, the best, and a legend."""
    zone = ZoneInfo(report.timezone)
    practice = [explain_practice(report.practice_hosts)] if report.practice_hosts else []
    parts: list[RenderableType] = [
        Text.assemble((clean(report.storm_name), STRONG), f" ({report.storm_id})"),
        Text(f"As of {render_day_and_time(report.made_at, zone)}", QUIET),
        *(render_notice(NOT_LIVE, words) for words in practice),
        *(Text(line, WARN) for line in explain_readings(report, zone)),
        "",
        _render_deliveries(report),
        *(Text(line, WARN) for line in describe_budget(report.budget)),
        "",
        Text("What the posts got, as far as each platform says", STRONG),
        _render_figures(report),
    ]
    for platform in report.platforms:
        parts += _render_platform(platform, report, zone)
    parts += ["", *_render_notes(report)]
    return Group(*parts)


def render_reading_times(report: Report, standing: LedgerStatus) -> RenderableType:
    """Say when a storm's figures come, and who reads them; nothing if nothing is out or to come."""
    if not report.reading_times:
        return Group()
    zone = ZoneInfo(report.timezone)
    rows = [
        (f"at {name_age(reading.age)}", render_day_and_time(reading.last_at, zone))
        for reading in report.reading_times
    ]
    return Group(
        Text("When its figures are complete, by the age of the posts", STRONG),
        Grid((Column(""), Column("")), [GridSection(rows)], indent=2),
        Text(describe_reader(standing)),
        Text(f"In your calendar: stormctl report {report.storm_id} --calendar figures.ics", QUIET),
    )


def describe_reader(standing: LedgerStatus) -> str:
    """Say who reads the figures: a daemon or cron that is at work, or what has to be started."""
    for runner in standing.runners:
        silent = standing.moment.wall_at - runner.beat_at
        if runner.kind == "daemon" and runner.alive:
            return f"The daemon on {clean(runner.host)} reads them."
        if runner.kind == "tick" and silent < TICK_EVERY:
            return f"stormctl tick on {clean(runner.host)} reads them."
    return "Nothing reads them by itself: type stormctl tick then, or keep stormctl daemon running."


def _render_deliveries(report: Report) -> Grid:
    others = [s for s in State if s is not State.DELIVERED]
    rows: list[tuple[Cell, ...]] = [
        (
            c.channel,
            clean(c.account_name) if c.account_name else NOT_GIVEN,
            render_number(sum(c.counts.values())),
            render_number(c.counts.get(State.DELIVERED, 0)),
            list_states(c.counts, others),
        )
        for c in report.channels
    ]
    rows.append(
        (
            Text("in all", STRONG),
            "",
            render_number(report.planned),
            render_number(report.delivered),
            list_states(report.counts, others),
        )
    )
    fields = (
        Column("Channel"),
        Column("Account", least=8),
        Column("Planned", "right"),
        Column("Delivered", "right"),
        Column("Otherwise", least=12, wrap=True),
    )
    return Grid(fields, [GridSection(rows)])


def _render_figures(report: Report) -> Grid:
    sections = []
    for platform in report.platforms:
        label = platform.platform.label
        rows = [
            [Text(c.channel), *_list_figures(c.figures)]
            for c in report.channels
            if c.channel.startswith(f"{platform.platform.value}:")
        ]
        if len(rows) > 1:
            rows.append([Text(f"{label} in all", STRONG), *_list_figures(platform.figures)])
        sections.append(GridSection(rows))
    heads = (Column(head, "right") for head, metric in COLUMNS if metric not in BESIDE)
    return Grid((Column("Channel"), *heads), sections)


def _list_figures(figures: Figures) -> list[Text]:
    shown = (metric for _, metric in COLUMNS if metric not in BESIDE)
    return [Text(render_number(find_total(figures, metric))) for metric in shown]


def _render_platform(platform: PlatformReach, report: Report, zone: tzinfo) -> Iterator[RenderableType]:
    label, figures = platform.platform.label, platform.figures
    yield ""
    yield Text.assemble((label, STRONG), f", {describe_reading(figures, zone)}")
    yield Padding(Text(f"Reach: {describe_spread(platform)}"), (0, 0, 0, 2), expand=False)
    lag = platform.platform.facts.metrics_lag
    if lag:
        yield Padding(Text(lag, QUIET), (0, 0, 0, 2), expand=False)
    for metric in BESIDE:
        if metric in figures.totals:
            words = f"{METRIC_HEADS[metric]}: {render_number(find_total(figures, metric))}"
            yield Padding(Text(words), (0, 0, 0, 2), expand=False)
    if figures.periods:
        yield ""
        yield _render_periods(figures, report, zone)
    if platform.best:
        yield ""
        yield Text(f"Best posts on {label}, by engagement, then impressions", STRONG)
        yield from _render_best(platform, zone)


def _render_periods(figures: Figures, report: Report, zone: tzinfo) -> Grid:
    most = max((p.impressions or 0 for p in figures.periods), default=0)
    rows: list[tuple[Cell, ...]] = [
        (
            name_period(p, report.step, zone),
            render_number(p.posts),
            render_number(p.impressions) if p.posts else "",
            render_number(p.engagement) if p.posts else "",
            Text("█" * round(BAR_CELLS * (p.impressions or 0) / most) if most else "", "cyan"),
        )
        for p in figures.periods
    ]
    fields = (
        Column(f"Sent in the {report.step.value} from"),
        Column("Posts", "right"),
        Column("Impressions", "right"),
        Column("Engaged", "right"),
        Column(""),
    )
    return Grid(fields, [GridSection(rows)], indent=2)


def _render_best(platform: PlatformReach, zone: tzinfo) -> Iterator[RenderableType]:
    for place, post in enumerate(platform.best, start=1):
        got = [
            f"engagement {render_number(post.engagement)}",
            f"impressions {render_number(post.values.get(Metric.IMPRESSIONS))}",
        ]
        if Metric.REACH in post.values:
            got.append(f"reach {render_number(post.values[Metric.REACH])}")
        head = Text.assemble(f"{place}. ", (post.message_id, STRONG), f"  {', '.join(got)}")
        yield Padding(head, (0, 0, 0, 2), expand=False)
        words = Text(clean(post.text), QUIET, no_wrap=True, overflow="ellipsis")
        where = Text(f"{post.channel}  {render_time(post.delivered_at, zone)}  ") + link(post.url)
        yield from (Padding(line, (0, 0, 0, 5), expand=False) for line in (words, where))


def _render_notes(report: Report) -> Iterator[RenderableType]:
    yield Text("How to read this", STRONG)
    notes = list(explain_figures(report))
    for metric in Metric:
        given = ((platform.label, platform.facts.name_metric(metric)) for platform in Platform)
        names = ", ".join(f"{label} {name}" for label, name in given if name)
        notes.append(f"{METRIC_HEADS[metric]}: {explain_metric(metric)} ({names}).")
    notes.append(f"Sources: {name_sources()}.")
    yield from (Padding(Text(note, QUIET), (0, 0, 0, 2), expand=False) for note in notes)
