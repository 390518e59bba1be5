"""A storm's result as machines read it: null where a platform gave nothing, and reach never a sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.platforms.channel import Platform
from stormctl.domain.platforms.record import Metric
from stormctl.render.exports.documents import (
    SCHEMA_VERSION,
    Json,
    export_budget,
    export_counts,
    export_fields,
    export_instant,
)
from stormctl.render.labels import explain_metric

if TYPE_CHECKING:
    from stormctl.domain.report.reach import PostReach
    from stormctl.domain.report.report import Figures, PlatformReach, Report, Total


def report_json(report: Report) -> Json:
    """Export a report; a value that a platform did not give is null, never 0, and reach is never a sum."""
    return {
        "schema_version": SCHEMA_VERSION,
        "storm": {"id": report.storm_id, "name": report.storm_name, "timezone": report.timezone},
        **export_fields(report, "made_at practice_hosts first_slot_at last_slot_at planned delivered unread"),
        "counts": export_counts(report.counts),
        "budget": export_budget(report.budget),
        "step": report.step.value,
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
            metric.value: {"words": explain_metric(metric)}
            | {platform.value: platform.facts.name_metric(metric) for platform in Platform}
            for metric in Metric
        },
    }


def _export_platform(platform: PlatformReach) -> Json:
    return {
        "platform": platform.platform.value,
        **_export_figures(platform.figures),
        "best": [_export_post(p) for p in platform.best],
    }


def _export_figures(figures: Figures) -> Json:
    reach = figures.reach
    return {
        "posts": figures.posts,
        "unread": figures.unread,
        "totals": {m.value: _export_total(figures.totals.get(m)) for m in Metric if m is not Metric.REACH},
        "engagement": _export_total(figures.engagement),
        "reach_per_post": None if reach is None else export_fields(reach, "median highest posts"),
        "oldest_read_at": export_instant(figures.oldest_read_at),
        "newest_read_at": export_instant(figures.newest_read_at),
        "periods": [export_fields(p, "starts_at posts impressions engagement") for p in figures.periods],
    }


def _export_total(total: Total | None) -> Json | None:
    return None if total is None else export_fields(total, "value posts")


def _export_post(post: PostReach) -> Json:
    return {
        **export_fields(post, "key channel message_id text url delivered_at read_at engagement"),
        "values": {m.value: post.values.get(m) for m in Metric},
    }
