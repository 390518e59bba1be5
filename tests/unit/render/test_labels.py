"""What a report's figures are called, and which of them a platform gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Metric
from stormctl.domain.report.readings import MissedReading
from stormctl.render.labels import (
    COLUMNS,
    describe_reading,
    explain_metric,
    explain_readings,
    find_total,
    list_columns,
    name_age,
    name_sources,
)

if TYPE_CHECKING:
    from stormctl.domain.report.report import Report


def test_every_metric_that_may_be_added_up_is_one_column() -> None:
    """Bookmarks as much as clicks; the engagement stands before its parts, and reach is never a sum."""
    metrics = [metric for _, metric in COLUMNS]

    assert sorted(metrics, key=str) == sorted([*(set(Metric) - {Metric.REACH}), None], key=str)
    assert [head for head, _ in COLUMNS[:3]] == ["Impressions", "Engaged", "Reactions"]


@pytest.mark.parametrize(("platform", "has_bookmarks"), [(Platform.X, True), (Platform.FACEBOOK, False)])
def test_a_column_is_shown_where_a_platform_gives_it(platform: Platform, *, has_bookmarks: bool) -> None:
    """Nobody is shown a column that can only be empty."""
    heads = [head for head, _ in list_columns(platform)]

    assert ("Bookmarks" in heads) == has_bookmarks
    assert heads[:6] == ["Impressions", "Engaged", "Reactions", "Replies", "Shares", "Clicks"]


def test_a_total_that_was_not_given_is_none(report: Report) -> None:
    """It is not 0; the engagement is of those that were given."""
    x, facebook = (platform.figures for platform in report.platforms)

    assert [find_total(x, metric) for metric in (Metric.BOOKMARKS, Metric.CLICKS)] == [4, None]
    assert find_total(facebook, Metric.BOOKMARKS) is None
    assert [find_total(figures, None) for figures in (x, facebook)] == [
        figures.engagement.value if figures.engagement else None for figures in (x, facebook)
    ]


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (Metric.REPLIES, "replies or comments"),
        (Metric.SHARES, "shares; on X reposts and quotes"),
        (Metric.CLICKS, "on X clicks on the link, on Facebook clicks anywhere on the post"),
    ],
)
def test_a_metric_says_where_platforms_differ(metric: Metric, words: str) -> None:
    """What it means everywhere, then what it means on each that counts it its own way."""
    assert explain_metric(metric) == words


def test_every_platform_says_where_its_metrics_are_documented() -> None:
    """So that a reader can look them up."""
    assert [f"{p.label}: {p.facts.metrics_documented}" for p in Platform] == name_sources().split("; ")


@pytest.mark.parametrize(("hours", "name"), [(1, "1 hour"), (24, "24 hours"), (7 * 24, "7 days")])
def test_ages_are_named(hours: int, name: str) -> None:
    """As people say them."""
    assert name_age(timedelta(hours=hours)) == name


def test_early_and_missed_readings_are_explained(report: Report) -> None:
    """With what can still be done."""
    missed = (
        MissedReading(timedelta(hours=1), 3, report.made_at, is_lost=True),
        MissedReading(timedelta(hours=24), 1, report.made_at, is_lost=False),
    )
    platform = report.platforms[0]
    early = replace(platform, figures=replace(platform.figures, unread=0, early=2))
    lines = explain_readings(replace(report, platforms=(early,), missed=missed), ZoneInfo(report.timezone))

    due = "due from Fri 18 Dec 2026, 21:35 EST"
    assert list(lines) == [
        "2 posts were read too early, less than an hour after going out: those figures do not count.",
        f"Missed: 3 posts were not read at the age of 1 hour, {due}; only later readings tell.",
        f"Missed: 1 post was not read at the age of 24 hours, {due}; stormctl tick takes it now.",
    ]


def test_early_readings_are_not_called_read(report: Report) -> None:
    """A launch that has just ended has no figures, and says so."""
    figures = report.platforms[0].figures
    zone = ZoneInfo(report.timezone)
    none = replace(figures, unread=0, early=2, oldest_read_at=None, newest_read_at=None)

    assert describe_reading(none, zone) == "2 posts, 2 read too early, less than an hour after going out"
    assert describe_reading(replace(figures, unread=0, early=1), zone) == (
        "1 of 2 posts read on Fri 18 Dec 2026, 21:30 EST; 1 read too early, less than an hour after going out"
    )
