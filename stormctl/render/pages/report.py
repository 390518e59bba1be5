"""A storm's result as one static page that can be sent, printed and read without this program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.domain.platforms.record import Metric
from stormctl.render.labels import (
    NOT_LIVE,
    describe_reading,
    describe_spread,
    explain_figures,
    explain_metric,
    explain_practice,
    explain_readings,
    find_total,
    list_columns,
    name_period,
    name_sources,
    name_zone_of,
)
from stormctl.render.pages.templates import make_templates
from stormctl.render.words import (
    list_states,
    read_language,
    render_day,
    render_number,
)

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.report.report import ChannelReach, Figures, PlatformReach, Report


@dataclass(frozen=True, slots=True)
class _Bar:
    """A row of a chart: what it is, what was counted, and the value that its bar shows."""

    name: str
    values: tuple[str, ...]
    drawn: int | None


@dataclass(frozen=True, slots=True)
class _Chart:
    """Bars beside their numbers; the longest is as wide as its column, and the caption says what it is."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[_Bar, ...]

    @property
    def most(self) -> int:
        """The value of the longest bar."""
        return max(row.drawn or 0 for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A platform's part of the page."""

    label: str
    platform: PlatformReach
    channels: tuple[ChannelReach, ...]
    reading: str
    reach: str
    lag: str
    by_period: _Chart | None
    by_channel: _Chart | None


def render_report_page(report: Report) -> str:
    """Render one HTML file: styles inside, no script, nothing fetched from anywhere."""
    zone = ZoneInfo(report.timezone)
    page = make_templates(zone)
    return page.get_template("report.html.j2").render(
        report=report,
        day=_name_days(report, zone),
        zone_name=name_zone_of(report, zone),
        readings=list(explain_readings(report, zone)),
        others=lambda counts: list_states(counts, (s for s in State if s is not State.DELIVERED)).plain,
        sections=[_build_section(p, report, zone) for p in report.platforms],
        columns_of=list_columns,
        total=find_total,
        metrics=Metric,
        states=State,
        language_of=lambda post: read_language(post.key),
        explanations=list(explain_figures(report)),
        shortfall=report.budget.describe() if report.budget is not None else "",
        practice=explain_practice(report.practice_hosts) if report.practice_hosts else "",
        not_live=NOT_LIVE,
        meaning_of=explain_metric,
        platforms=Platform,
        sources=name_sources(),
    )


def _name_days(report: Report, zone: ZoneInfo) -> str:
    ends: list[datetime] = [at for at in (report.first_slot_at, report.last_slot_at) if at is not None]
    return " to ".join(dict.fromkeys(render_day(at, zone) for at in ends))


def _build_section(platform: PlatformReach, report: Report, zone: ZoneInfo) -> _Section:
    channels = tuple(c for c in report.channels if parse_channel_id(c.channel).platform is platform.platform)
    return _Section(
        label=platform.platform.label,
        platform=platform,
        channels=channels,
        reading=describe_reading(platform.figures, zone),
        reach=describe_spread(platform),
        lag=platform.platform.facts.metrics_lag,
        by_period=_draw_periods(platform, report, zone),
        by_channel=_draw_channels(platform, channels),
    )


def _shows_impressions(figures: Figures) -> bool:
    """Charts show impressions; engagement where the platform gave none."""
    return Metric.IMPRESSIONS in figures.totals


def _draw_periods(platform: PlatformReach, report: Report, zone: ZoneInfo) -> _Chart | None:
    figures, label, step = platform.figures, platform.platform.label, report.step.value
    if not figures.periods:
        return None
    by_impressions = _shows_impressions(figures)
    drawn = [p.impressions if by_impressions else p.engagement for p in figures.periods]
    rows = tuple(
        _Bar(
            name_period(p, report.step, zone),
            (
                render_number(p.posts),
                render_number(p.impressions) if p.posts else "",
                render_number(p.engagement) if p.posts else "",
            ),
            value,
        )
        for p, value in zip(figures.periods, drawn, strict=True)
    )
    caption = f"{label} by the {step} in which the posts went out"
    known = [(row.drawn, row.name) for row in rows if row.drawn]
    if known:
        most, name = max(known, key=lambda pair: pair[0])
        what = "impressions" if by_impressions else "engagement"
        caption += f"; most {what} in the {step} from {name} ({render_number(most)})"
    heads = (f"{step.capitalize()} from", "Posts", "Impressions", "Engagement")
    return _Chart(caption, heads, rows)


def _draw_channels(platform: PlatformReach, channels: tuple[ChannelReach, ...]) -> _Chart | None:
    by_impressions = _shows_impressions(platform.figures)
    what = Metric.IMPRESSIONS if by_impressions else None
    totals = [(c.channel, find_total(c.figures, what)) for c in channels]
    if len(channels) < 2 or not any(total for _, total in totals):  # noqa: PLR2004 - one bar compares nothing
        return None
    head = "Impressions" if by_impressions else "Engagement"
    rows = tuple(_Bar(channel, (render_number(total),), total) for channel, total in totals)
    return _Chart(f"{head} by channel on {platform.platform.label}", ("Channel", head), rows)
