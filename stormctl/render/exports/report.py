"""A storm's result as machines read it: null where a platform gave nothing, and reach never a sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Metric
from stormctl.render.exports.documents import (
    SCHEMA_VERSION,
    export_budget,
    export_counts,
    export_instant,
)
from stormctl.render.labels import explain_metric

if TYPE_CHECKING:
    from stormctl.domain.report.reach import PostReach
    from stormctl.domain.report.report import Figures, PlatformReach, Report, Total
    from stormctl.render.exports import result_shapes


def report_json(report: Report) -> result_shapes.ReportDocument:
    """Export a report; a value that a platform did not give is null, never 0, and reach is never a sum."""
    return {
        "schema_version": SCHEMA_VERSION,
        "storm": {"id": report.storm_id, "name": report.storm_name, "timezone": report.timezone},
        "made_at": export_instant(report.made_at),
        "practice_hosts": list(report.practice_hosts),
        "first_slot_at": export_instant(report.first_slot_at),
        "last_slot_at": export_instant(report.last_slot_at),
        "planned": report.planned,
        "delivered": report.delivered,
        "unread": report.unread,
        "early": report.early,
        "missed_readings": [
            {
                "age_hours": int(missed.age.total_seconds() // 3600),
                "posts": missed.posts,
                "due_at": export_instant(missed.due_at),
                "is_lost": missed.is_lost,
            }
            for missed in report.missed
        ],
        "counts": export_counts(report.counts),
        "budget": export_budget(report.budget),
        "step": report.step,
        "channels": [
            {
                "channel": c.channel,
                "account_name": c.account_name,
                "counts": export_counts(c.counts),
                **_export_figures(c.figures),
            }
            for c in report.channels
        ],
        "platforms": [_export_platform(p) for p in report.platforms],
        "legend": {
            metric.value: {
                "words": explain_metric(metric),
                **{platform.value: platform.facts.name_metric(metric) for platform in Platform},
            }
            for metric in Metric
        },
    }


def _export_platform(platform: PlatformReach) -> result_shapes.PlatformFigures:
    return {
        "platform": platform.platform,
        **_export_figures(platform.figures),
        "best": [_export_post(p) for p in platform.best],
    }


def _export_figures(figures: Figures) -> result_shapes.FiguresShape:
    reach = figures.reach
    return {
        "posts": figures.posts,
        "unread": figures.unread,
        "early": figures.early,
        "totals": {m.value: _export_total(figures.totals.get(m)) for m in Metric if m is not Metric.REACH},
        "engagement": _export_total(figures.engagement),
        "reach_per_post": None
        if reach is None
        else {"median": reach.median, "highest": reach.highest, "posts": reach.posts},
        "oldest_read_at": export_instant(figures.oldest_read_at),
        "newest_read_at": export_instant(figures.newest_read_at),
        "periods": [
            {
                "starts_at": export_instant(period.starts_at),
                "posts": period.posts,
                "impressions": period.impressions,
                "engagement": period.engagement,
            }
            for period in figures.periods
        ],
    }


def _export_total(total: Total | None) -> result_shapes.TotalShape | None:
    return None if total is None else {"value": total.value, "posts": total.posts}


def _export_post(post: PostReach) -> result_shapes.BestPost:
    return {
        "key": post.key,
        "channel": post.channel,
        "message_id": post.message_id,
        "text": post.text,
        "url": post.url,
        "delivered_at": export_instant(post.delivered_at),
        "read_at": export_instant(post.read_at),
        "engagement": post.engagement,
        "values": {m.value: post.values.get(m) for m in Metric},
    }
