"""What machines read: plain types, ISO 8601 instants in UTC, and a version of the shape.

Keys are only ever added within a `schema_version`; one that changes its meaning or goes raises it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, overload

from stormctl.domain.delivery.delivery import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stormctl.domain.base.finding import Finding, SilencedFinding
    from stormctl.domain.delivery.delivery import Budget, Plan, PlannedDelivery, Post
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.report.status import DeliveryView, GapView, LedgerStatus, StormStatus
    from stormctl.domain.report.tally import Tally
    from stormctl.domain.text.reader import TextReading
    from stormctl.render.exports import result_shapes, shapes
    from stormctl.render.language import Language

SCHEMA_VERSION: Final = 1


def findings_json(
    findings: Sequence[Finding], silenced: Sequence[SilencedFinding], language: Language
) -> shapes.CheckDocument:
    """Export findings in the order given, with how many of each severity there are, and what is silenced."""
    errors = sum(f.is_error for f in findings)
    return {
        "schema_version": SCHEMA_VERSION,
        "errors": errors,
        "warnings": len(findings) - errors,
        "findings": [_export_finding(f, language) for f in findings],
        "silenced": [
            {
                **_export_finding(one.finding, language),
                "reason": one.reason,
                "silenced_in": {"path": one.place.path, "line": one.place.line},
            }
            for one in silenced
        ],
    }


def _export_finding(finding: Finding, language: Language) -> shapes.FindingShape:
    return {
        "severity": finding.severity,
        "path": finding.place.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "code": finding.code,
        "message": language.say(finding.message),
        "hint": language.say(finding.hint),
        "fixable": finding.edit is not None,
    }


def text_json(reading: TextReading, findings: Sequence[Finding], language: Language) -> shapes.TextDocument:
    """Export what a text is made of, as X counts and sees it, and what is wrong with it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "weighted_length": reading.weighted_length,
        "links": [span.text for span in reading.all_links],
        "hashtags": [span.text for span in reading.hashtags],
        "mentions": [span.text for span in reading.mentions],
        "findings": [_export_finding(f, language) for f in findings],
    }


def plan_json(plan: Plan, storm: Storm, cost: Cost) -> shapes.PlanDocument:
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
            "lookups_usd_micros": cost.lookups_usd_micros,
            "links_usd_micros": cost.links_usd_micros,
            "total_usd_micros": cost.total_usd_micros,
            "by_channel": {str(c.channel): c.total_usd_micros for c in cost.by_channel},
        },
    }


def _export_planned(delivery: PlannedDelivery) -> shapes.PlannedShape:
    post = delivery.post
    return {
        "key": str(delivery.key),
        "channel": str(delivery.channel),
        "message_id": delivery.key.message,
        "tail": delivery.key.tail,
        "part": delivery.key.part,
        "kind": delivery.kind,
        "slot_at": export_instant(delivery.slot_at),
        "storm_on": delivery.storm_on.isoformat(),
        "expires_at": export_instant(delivery.expires_at),
        "text": post.text,
        "link": post.link,
        "media": export_media(post),
        "price_usd_micros": delivery.price_usd_micros,
    }


def export_media(post: Post) -> list[shapes.MediaShape]:
    """Export what is attached to a post."""
    exported: list[shapes.MediaShape] = []
    for media in post.media:
        one: shapes.MediaShape = {
            "file": media.file,
            "alt": media.alt,
            "kind": media.kind,
            "sha256": media.digest,
        }
        exported.append(one if media.captions is None else {**one, "captions": media.captions})
    return exported


def status_json(status: LedgerStatus) -> shapes.StatusDocument:
    """Export everything that `status` shows."""
    return {
        "schema_version": SCHEMA_VERSION,
        "ledger": status.ledger,
        "at": export_instant(status.moment.at),
        "wall_at": export_instant(status.moment.wall_at),
        "storms": [_export_storm(s) for s in status.storms],
        "runners": [
            {
                "id": runner.id,
                "host": runner.host,
                "pid": runner.pid,
                "kind": runner.kind,
                "version": runner.version,
                "started_at": export_instant(runner.started_at),
                "beat_at": export_instant(runner.beat_at),
                "alive": runner.alive,
            }
            for runner in status.runners
        ],
        "halts": [
            {
                "id": halt.id,
                "scope": halt.scope,
                "target": halt.target,
                "reason": halt.reason,
                "who": halt.who,
                "exceptions": list(halt.exceptions),
                "at": export_instant(halt.at),
            }
            for halt in status.halts
        ],
        "gaps": [export_gap(gap) for gap in status.gaps],
    }


def export_gap(gap: GapView) -> shapes.GapShape:
    """Export a time of which the ledger may not know everything."""
    return {
        "since": export_instant(gap.since),
        "until": export_instant(gap.until),
        "why": gap.why,
        "in_doubt": gap.in_doubt,
    }


def _export_storm(storm: StormStatus) -> shapes.StormShape:
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
        "copies": [{"key": copy.key, "channel": copy.channel, "url": copy.url} for copy in storm.copies],
        "follow_ups": [
            {"channel": one.channel, "due_at": export_instant(one.due_at)} for one in storm.follow_ups
        ],
    }


def export_budget(budget: Budget | None) -> shapes.BudgetShape | None:
    """Export a storm's budget in millionths of a dollar; None without one."""
    if budget is None:
        return None
    return {
        "usd_micros": budget.usd_micros,
        "spent_usd_micros": budget.spent_usd_micros,
        "unpaid": budget.unpaid,
    }


def export_delivery(view: DeliveryView) -> shapes.DeliveryShape:
    """Export a delivery as people look at it."""
    return {
        "key": view.key,
        "channel": view.channel,
        "message_id": view.message_id,
        "text": view.text,
        "state": view.state,
        "why": view.why,
        "slot_at": export_instant(view.slot_at),
        "delivered_at": export_instant(view.delivered_at),
        "expires_at": export_instant(view.expires_at),
        "retry_at": export_instant(view.retry_at),
        "attempts": view.attempts,
        "post_id": view.post_id,
        "url": view.url,
    }


def tally_json(tally: Tally) -> result_shapes.RehearseDocument:
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


@overload
def export_instant(at: datetime) -> str: ...
@overload
def export_instant(at: None) -> None: ...
def export_instant(at: datetime | None) -> str | None:
    """Export an instant as ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
