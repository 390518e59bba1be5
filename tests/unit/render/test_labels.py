"""What a report's figures are called, and which of them a platform gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Metric
from stormctl.render.labels import COLUMNS, explain_metric, find_total, list_columns, name_sources

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
