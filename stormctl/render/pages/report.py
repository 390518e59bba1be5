"""A storm's result as one static page that can be sent, printed and read without this program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stormctl.domain.base.amounts import count
from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.domain.platforms.record import Metric
from stormctl.render.labels import (
    describe_reading,
    describe_spread,
    explain_figures,
    explain_metric,
    explain_practice,
    find_total,
    list_columns,
    name_period,
    name_period_briefly,
    name_sources,
    name_zone_of,
)
from stormctl.render.pages.charts import draw_bars, draw_columns
from stormctl.render.words import (
    clean,
    list_states,
    read_language,
    render_day,
    render_day_and_time,
    render_number,
)

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.report.report import ChannelReach, Figures, PlatformReach, Report


@dataclass(frozen=True, slots=True)
class _Chart:
    """A drawing, and the same in a sentence for those who do not see it."""

    svg: Markup
    caption: str


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
    """Render one HTML file: styles and charts inside, no script, nothing fetched from anywhere."""
    zone = ZoneInfo(report.timezone)
    page = Environment(
        loader=PackageLoader("stormctl.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters["number"] = render_number
    page.filters["prose"] = _keep_lines
    page.filters["instant"] = lambda at: render_day_and_time(at, zone)
    page.filters["period"] = lambda period: name_period(period, report.step, zone)
    page.tests["web_address"] = lambda url: url.startswith(("https://", "http://"))
    return page.get_template("report.html.j2").render(
        report=report,
        day=_name_days(report, zone),
        zone_name=name_zone_of(report, zone),
        unread=count(report.unread, "delivered post has", "delivered posts have"),
        others=lambda counts: list_states(counts, (s for s in State if s is not State.DELIVERED)).plain,
        sections=[_build_section(p, report, zone) for p in report.platforms],
        columns_of=list_columns,
        total=find_total,
        metrics=Metric,
        states=State,
        language_of=lambda post: read_language(post.key),
        explanations=list(explain_figures(report)),
        shortfall=report.budget.describe() if report.budget is not None else "",
        practice=explain_practice(report) if report.practice_hosts else "",
        meaning_of=explain_metric,
        platforms=Platform,
        sources=name_sources(),
    )


def _name_days(report: Report, zone: ZoneInfo) -> str:
    ends: list[datetime] = [at for at in (report.first_slot_at, report.last_slot_at) if at is not None]
    return " to ".join(dict.fromkeys(render_day(at, zone) for at in ends))


def _keep_lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.splitlines())


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
    figures, label = platform.figures, platform.platform.label
    by_impressions = _shows_impressions(figures)
    values = [p.impressions if by_impressions else p.engagement for p in figures.periods]
    known = [(v, p) for v, p in zip(values, figures.periods, strict=True) if v is not None]
    if not known:
        return None
    what = "Impressions" if by_impressions else "Engagement"
    most, best = max(known, key=lambda pair: pair[0])
    step = report.step.value
    peak = f"{name_period(best, report.step, zone)} ({render_number(most)})"
    caption = f"{what} on {label} by the {step} in which the posts went out; most in the {step} from {peak}."
    labels = [name_period_briefly(p, report.step, zone) for p in figures.periods]
    name = f"{platform.platform.value}-{step}s"
    return _Chart(Markup(draw_columns(name, caption, labels, values)), caption)  # noqa: S704 - our own SVG


def _draw_channels(platform: PlatformReach, channels: tuple[ChannelReach, ...]) -> _Chart | None:
    by_impressions = _shows_impressions(platform.figures)
    totals = [
        c.figures.totals.get(Metric.IMPRESSIONS) if by_impressions else c.figures.engagement for c in channels
    ]
    if len(channels) < 2 or not any(totals):  # noqa: PLR2004 - one bar compares nothing
        return None
    what = "Impressions" if by_impressions else "Engagement"
    caption = f"{what} by channel on {platform.platform.label}."
    labels = [parse_channel_id(c.channel).name for c in channels]
    values = [t.value if t else None for t in totals]
    name = f"{platform.platform.value}-channels"
    return _Chart(Markup(draw_bars(name, caption, labels, values)), caption)  # noqa: S704 - as above
