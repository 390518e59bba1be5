"""What machines read: plain types, ISO 8601 instants in UTC, and a version of the shape.

Keys are only ever added within a `schema_version`; one that changes its meaning or goes raises it.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery import State
from stormctl.domain.reach import METRIC_NOTES, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stormctl.domain.budget import Budget
    from stormctl.domain.cost import Cost
    from stormctl.domain.delivery import Plan, PlannedDelivery, Post
    from stormctl.domain.finding import Finding
    from stormctl.domain.reach import PostReach
    from stormctl.domain.report import Figures, PlatformReach, Report, Total
    from stormctl.domain.status import DeliveryView, LedgerStatus, StormStatus, Tally
    from stormctl.domain.storm import Storm

SCHEMA_VERSION = 1

Json = dict[str, Any]


def findings_json(findings: Sequence[Finding]) -> Json:
    """Export findings in the order given, with how many of each severity there are."""
    errors = sum(f.is_error for f in findings)
    return {
        "schema_version": SCHEMA_VERSION,
        "errors": errors,
        "warnings": len(findings) - errors,
        "findings": [
            {
                "severity": f.severity.value,
                "path": f.place.path,
                "line": f.place.line,
                "code": f.code,
                "message": f.message,
                "hint": f.hint,
            }
            for f in findings
        ],
    }


def plan_json(plan: Plan, storm: Storm, cost: Cost) -> Json:
    """Export a plan with its exact posts, what found no slot, and the cost in millionths of a dollar."""
    return {
        "schema_version": SCHEMA_VERSION,
        "storm": {"id": storm.id, "name": storm.name, "timezone": storm.timezone},
        "deliveries": [_export_planned(d) for d in plan.deliveries],
        "unplaced": [
            {"variant": u.variant, "channel": str(u.channel), "reason": u.reason} for u in plan.unplaced
        ],
        "spare": {str(channel): number for channel, number in plan.spare},
        "cost": {
            "posts": cost.posts,
            "posts_with_link": cost.posts_with_link,
            "publish_usd_micros": cost.publish_usd_micros,
            "alt_text_usd_micros": cost.alt_text_usd_micros,
            "readings_usd_micros": cost.readings_usd_micros,
            "total_usd_micros": cost.total_usd_micros,
            "by_channel": {str(c.channel): c.total_usd_micros for c in cost.by_channel},
        },
    }


def _export_planned(delivery: PlannedDelivery) -> Json:
    post = delivery.post
    return {
        "key": str(delivery.key),
        "channel": str(delivery.channel),
        "message_id": delivery.key.message,
        "tail": delivery.key.tail,
        "part": delivery.key.part,
        "kind": delivery.kind.value,
        "slot_at": export_instant(delivery.slot_at),
        "storm_on": delivery.storm_on.isoformat(),
        "expires_at": export_instant(delivery.expires_at),
        "text": post.text,
        "link": post.link,
        "media": export_media(post),
        "price_usd_micros": delivery.price_usd_micros,
    }


def export_media(post: Post) -> list[Json]:
    """Export what is attached to a post."""
    return [{"file": m.file, "alt": m.alt, "kind": m.kind.value, "sha256": m.digest} for m in post.media]


def status_json(status: LedgerStatus) -> Json:
    """Export everything that `status` shows."""
    return {
        "schema_version": SCHEMA_VERSION,
        "ledger": status.ledger,
        "at": export_instant(status.moment.at),
        "wall_at": export_instant(status.moment.wall_at),
        "storms": [_export_storm(s) for s in status.storms],
        "runners": [
            {
                "id": r.id,
                "host": r.host,
                "pid": r.pid,
                "kind": r.kind,
                "version": r.version,
                "started_at": export_instant(r.started_at),
                "beat_at": export_instant(r.beat_at),
                "alive": r.alive,
            }
            for r in status.runners
        ],
        "halts": [
            {
                "id": h.id,
                "scope": h.scope,
                "target": h.target,
                "reason": h.reason,
                "who": h.who,
                "exceptions": list(h.exceptions),
                "at": export_instant(h.at),
            }
            for h in status.halts
        ],
        "gaps": [
            {
                "since": export_instant(g.since),
                "until": export_instant(g.until),
                "why": g.why,
                "in_doubt": g.in_doubt,
            }
            for g in status.gaps
        ],
    }


def _export_storm(storm: StormStatus) -> Json:
    return {
        "id": storm.storm_id,
        "name": storm.name,
        "timezone": storm.timezone,
        "first_slot_at": export_instant(storm.first_slot_at),
        "last_slot_at": export_instant(storm.last_slot_at),
        "total": storm.total,
        "late": storm.late,
        "budget": _export_budget(storm.budget),
        "finished": storm.is_finished,
        "counts": _export_counts(storm.counts),
        "channels": [
            {
                "channel": c.channel,
                "account_name": c.account_name,
                "counts": _export_counts(c.counts),
                "next_at": export_instant(c.next_at),
                "suspended_why": c.suspended_why,
                "paused_until": export_instant(c.paused_until),
                "on_trial": c.on_trial,
                "waits_until": export_instant(c.waits_until),
                "waits_why": c.waits_why,
                "served": c.served,
            }
            for c in storm.channels
        ],
        "upcoming": [export_delivery(v) for v in storm.upcoming],
        "recent": [export_delivery(v) for v in storm.recent],
        "troubled": [export_delivery(v) for v in storm.troubled],
    }


def _export_budget(budget: Budget | None) -> Json | None:
    if budget is None:
        return None
    return {
        "usd_micros": budget.usd_micros,
        "spent_usd_micros": budget.spent_usd_micros,
        "unpaid": budget.unpaid,
    }


def export_delivery(view: DeliveryView) -> Json:
    """Export a delivery as people look at it."""
    return {
        "key": view.key,
        "channel": view.channel,
        "message_id": view.message_id,
        "text": view.text,
        "state": view.state.value,
        "why": view.why,
        "slot_at": export_instant(view.slot_at),
        "delivered_at": export_instant(view.delivered_at),
        "expires_at": export_instant(view.expires_at),
        "retry_at": export_instant(view.retry_at),
        "attempts": view.attempts,
        "post_id": view.post_id,
        "url": view.url,
    }


def report_json(report: Report) -> Json:
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
        "counts": _export_counts(report.counts),
        "budget": _export_budget(report.budget),
        "step": report.step.value,
        "channels": [
            {
                "channel": c.channel,
                "account_name": c.account_name,
                "counts": _export_counts(c.counts),
                **_export_figures(c.figures),
            }
            for c in report.channels
        ],
        "platforms": [_export_platform(p) for p in report.platforms],
        "legend": {
            metric.value: {"words": note.words, "x": note.x, "facebook": note.facebook}
            for metric, note in METRIC_NOTES.items()
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
    summed = (m for m in Metric if m is not Metric.REACH)
    return {
        "posts": figures.posts,
        "unread": figures.unread,
        "totals": {m.value: _export_total(figures.totals.get(m)) for m in summed},
        "engagement": _export_total(figures.engagement),
        "reach_per_post": None
        if reach is None
        else {"median": reach.median, "highest": reach.highest, "posts": reach.posts},
        "oldest_read_at": export_instant(figures.oldest_read_at),
        "newest_read_at": export_instant(figures.newest_read_at),
        "periods": [
            {
                "starts_at": export_instant(p.starts_at),
                "posts": p.posts,
                "impressions": p.impressions,
                "engagement": p.engagement,
            }
            for p in figures.periods
        ],
    }


def _export_total(total: Total | None) -> Json | None:
    return None if total is None else {"value": total.value, "posts": total.posts}


def _export_post(post: PostReach) -> Json:
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


def tally_json(tally: Tally) -> Json:
    """Export a rehearsal's result; durations in seconds."""
    return {
        "schema_version": SCHEMA_VERSION,
        "clean": tally.is_clean,
        "channels": [
            {
                "channel": c.channel,
                "planned": c.planned,
                "delivered": c.delivered,
                "received": c.received,
                "duplicates": c.duplicates,
                "lost": c.lost,
                "unexpected": c.unexpected,
                "open": c.open,
                "clean": c.is_clean,
            }
            for c in tally.channels
        ],
        "differences": list(tally.differences),
        "took_s": tally.took_s,
        "storm_s": tally.storm_s,
        "report_path": tally.report_path,
    }


def _export_counts(counts: Mapping[State, int]) -> dict[str, int]:
    return {state.value: counts.get(state, 0) for state in State}


def export_instant(at: datetime | None) -> str | None:
    """Export an instant as ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
