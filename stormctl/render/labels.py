"""The honest labels of a report: the same on the terminal and on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import count
from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.reach import BESIDE, ENGAGEMENT, METRIC_WORDS
from stormctl.domain.report.report import Step
from stormctl.render.words import (
    clean,
    name_zone,
    render_day,
    render_day_and_time,
    render_number,
    render_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta, tzinfo

    from stormctl.domain.report.report import Figures, Period, PlatformReach, Report

METRIC_HEADS = {metric: metric.value.capitalize() for metric in Metric}

COLUMNS: tuple[tuple[str, Metric | None], ...] = (
    (METRIC_HEADS[Metric.IMPRESSIONS], Metric.IMPRESSIONS),
    ("Engaged", None),
    *((METRIC_HEADS[metric], metric) for metric in (*ENGAGEMENT, *BESIDE)),
)
"""The figures that are added up, with their heads; the engagement, which is of several, has no metric."""


def list_columns(platform: Platform) -> list[tuple[str, Metric | None]]:
    """Return the columns that a platform gives something for."""
    return [(head, m) for head, m in COLUMNS if m is None or m in platform.facts.metrics]


def find_total(figures: Figures, metric: Metric | None) -> int | None:
    """Return a column's sum; None if the platform gave none."""
    total = figures.engagement if metric is None else figures.totals.get(metric)
    return total.value if total is not None else None


def describe_reading(figures: Figures, zone: tzinfo) -> str:
    """Say of how many posts, and between which times, the figures were read."""
    read = figures.posts - figures.unread - figures.early
    early = f"{figures.early:,} read too early, less than an hour after going out" if figures.early else ""
    if figures.oldest_read_at is None or figures.newest_read_at is None:
        return f"{count(figures.posts, 'post')}, {early or 'none of them read yet'}"
    oldest, newest = figures.oldest_read_at, figures.newest_read_at
    if render_day_and_time(oldest, zone) == render_day_and_time(newest, zone):
        when = f"on {render_day_and_time(oldest, zone)}"
    elif render_day(oldest, zone) == render_day(newest, zone):
        span = f"{oldest.astimezone(zone):%H:%M} and {render_time(newest, zone)}"
        when = f"on {render_day(oldest, zone)} between {span}"
    else:
        when = f"between {render_day_and_time(oldest, zone)} and {render_day_and_time(newest, zone)}"
    return "; ".join(filter(None, (f"{read:,} of {count(figures.posts, 'post')} read {when}", early)))


def describe_spread(platform: PlatformReach) -> str:
    """Say what is known of a platform's reach: never a sum."""
    if Metric.REACH not in platform.platform.facts.metrics:
        return f"not given by {platform.platform.label}"
    reach = platform.figures.reach
    if reach is None:
        return f"not given by {platform.platform.label} yet"
    median, highest = render_number(reach.median), render_number(reach.highest)
    return (
        f"median {median}, highest {highest} accounts per post (of {count(reach.posts, 'post')} with a value)"
    )


def explain_metric(metric: Metric) -> str:
    """Say what a metric means, and what differs between the platforms that give it."""
    given = {p.label: p.facts.metrics[metric].meaning for p in Platform if metric in p.facts.metrics}
    differing = [f"on {label} {meaning}" for label, meaning in given.items() if meaning]
    return "; ".join(words for words in (METRIC_WORDS[metric], ", ".join(differing)) if words)


def name_sources() -> str:
    """Say where the platforms document what their metrics mean."""
    return "; ".join(f"{platform.label}: {platform.facts.metrics_documented}" for platform in Platform)


def name_period(period: Period, step: Step, zone: tzinfo) -> str:
    """Name an hour by its start and zone, a day by its date."""
    return render_time(period.starts_at, zone) if step is Step.HOUR else render_day(period.starts_at, zone)


NOT_LIVE = "NOT LIVE"
"""What practice is called, wherever it is shown."""


def explain_practice(hosts: Iterable[str]) -> str:
    """Say that the posts did not go to the real platforms."""
    shown = ", ".join(clean(host) for host in hosts)
    return f"Practice: posted to {shown}, not to the real platforms. No one saw it; the figures are made up."


def name_age(age: timedelta) -> str:
    """Name the age at which posts are read: `1 hour`, `24 hours`, `7 days`."""
    hours = int(age.total_seconds() // 3600)
    return count(hours // 24, "day") if hours > 24 else count(hours, "hour")  # noqa: PLR2004 - a day


def explain_readings(report: Report, zone: tzinfo) -> Iterator[str]:
    """Say which posts have no figures yet, or no more than early ones, and which readings were missed."""
    if report.unread:
        yield f"{count(report.unread, 'delivered post has', 'delivered posts have')} no reading yet."
    if report.early:
        posts = count(report.early, "post was", "posts were")
        yield f"{posts} read too early, less than an hour after going out: those figures do not count."
    for missed in report.missed:
        posts = count(missed.posts, "post was", "posts were")
        rest = "only later readings tell" if missed.is_lost else "stormctl tick takes it now"
        due = render_day_and_time(missed.due_at, zone)
        yield f"Missed: {posts} not read at the age of {name_age(missed.age)}, due from {due}; {rest}."


def explain_figures(report: Report) -> Iterator[str]:
    """Say what the figures are not, a sentence or two each."""
    yield "– means that the platform gave no value. It is not 0."
    parts = " + ".join(m.value for m in ENGAGEMENT)
    yield f"Engagement (engaged) is {parts}, of those that the platform gave."
    if len(report.platforms) > 1:
        yield "Platforms count differently: their figures are shown side by side and never added up."
    yield (
        f"A post's figures count for the {report.step.value} in which it went out, "
        "not for when people saw it."
    )


def name_zone_of(report: Report, zone: tzinfo) -> str:
    """Name the zone of the report's times, with its abbreviation on the day: `America/New_York (EST)`."""
    at = report.first_slot_at or report.made_at
    return f"{report.timezone} ({name_zone(at.astimezone(zone))})"
