"""What machines read: plain types, ISO 8601 instants in UTC, and a version of the shape.

Keys are only ever added within a `schema_version`; one that changes its meaning or goes raises it.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery.delivery import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stormctl.domain.base.finding import Finding
    from stormctl.domain.delivery.budget import Budget
    from stormctl.domain.delivery.delivery import Plan, PlannedDelivery, Post
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.report.status import DeliveryView, LedgerStatus, StormStatus
    from stormctl.domain.report.tally import Tally

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
    return [
        {
            "file": m.file,
            "alt": m.alt,
            "kind": m.kind.value,
            "sha256": m.digest,
            **({"captions": m.captions} if m.captions is not None else {}),
        }
        for m in post.media
    ]


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
        "budget": export_budget(storm.budget),
        "finished": storm.is_finished,
        "counts": export_counts(storm.counts),
        "channels": [
            {
                "channel": c.channel,
                "account_name": c.account_name,
                "counts": export_counts(c.counts),
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
        "copies": [{"key": c.key, "channel": c.channel, "url": c.url} for c in storm.copies],
        "follow_ups": [{"channel": f.channel, "due_at": export_instant(f.due_at)} for f in storm.follow_ups],
    }


def export_budget(budget: Budget | None) -> Json | None:
    """Export a storm's budget in millionths of a dollar; None without one."""
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


def export_counts(counts: Mapping[State, int]) -> dict[str, int]:
    """Export how many deliveries are in each state, in none of them too."""
    return {state.value: counts.get(state, 0) for state in State}


def export_instant(at: datetime | None) -> str | None:
    """Export an instant as ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
