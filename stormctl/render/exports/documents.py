"""What machines read: plain types, ISO 8601 instants in UTC, and a version of the shape.

Keys are only ever added within a `schema_version`; one that changes its meaning or goes raises it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery.delivery import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stormctl.domain.base.finding import Finding, SilencedFinding
    from stormctl.domain.delivery.delivery import Budget, Plan, PlannedDelivery, Post
    from stormctl.domain.plan.cost import Cost
    from stormctl.domain.plan.storm import Storm
    from stormctl.domain.report.status import DeliveryView, LedgerStatus, StormStatus
    from stormctl.domain.report.tally import Tally
    from stormctl.domain.text.reader import TextReading
    from stormctl.render.language import Language

SCHEMA_VERSION = 1

Json = dict[str, Any]


def findings_json(
    findings: Sequence[Finding], silenced: Sequence[SilencedFinding], language: Language
) -> Json:
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
                "silenced_in": export_fields(one.place, "path line"),
            }
            for one in silenced
        ],
    }


def _export_finding(finding: Finding, language: Language) -> Json:
    return {
        "severity": finding.severity.value,
        **export_fields(finding.place, "path line column"),
        "code": finding.code,
        "message": language.say(finding.message),
        "hint": language.say(finding.hint),
        "fixable": finding.edit is not None,
    }


def text_json(reading: TextReading, findings: Sequence[Finding], language: Language) -> Json:
    """Export what a text is made of, as X counts and sees it, and what is wrong with it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "weighted_length": reading.weighted_length,
        "links": [span.text for span in reading.all_links],
        "hashtags": [span.text for span in reading.hashtags],
        "mentions": [span.text for span in reading.mentions],
        "findings": [_export_finding(f, language) for f in findings],
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
            **export_fields(
                cost,
                "posts posts_with_link publish_usd_micros alt_text_usd_micros "
                "readings_usd_micros total_usd_micros",
            ),
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
            export_fields(r, "id host pid kind version started_at beat_at alive") for r in status.runners
        ],
        "halts": [export_fields(h, "id scope target reason who exceptions at") for h in status.halts],
        "gaps": [export_fields(g, "since until why in_doubt") for g in status.gaps],
    }


def _export_storm(storm: StormStatus) -> Json:
    return {
        "id": storm.storm_id,
        **export_fields(storm, "name timezone first_slot_at last_slot_at total late"),
        "budget": export_budget(storm.budget),
        "finished": storm.is_finished,
        "counts": export_counts(storm.counts),
        "channels": [
            {
                "channel": c.channel,
                "account_name": c.account_name,
                "counts": export_counts(c.counts),
                **export_fields(
                    c, "next_at suspended_why paused_until on_trial waits_until waits_why served"
                ),
            }
            for c in storm.channels
        ],
        "upcoming": [export_delivery(v) for v in storm.upcoming],
        "recent": [export_delivery(v) for v in storm.recent],
        "troubled": [export_delivery(v) for v in storm.troubled],
        "copies": [export_fields(copy, "key channel url") for copy in storm.copies],
        "follow_ups": [export_fields(one, "channel due_at") for one in storm.follow_ups],
    }


def export_budget(budget: Budget | None) -> Json | None:
    """Export a storm's budget in millionths of a dollar; None without one."""
    if budget is None:
        return None
    return export_fields(budget, "usd_micros spent_usd_micros unpaid")


def export_delivery(view: DeliveryView) -> Json:
    """Export a delivery as people look at it."""
    return export_fields(
        view,
        "key channel message_id text state why slot_at delivered_at expires_at retry_at attempts post_id url",
    )


def tally_json(tally: Tally) -> Json:
    """Export a rehearsal's result; durations in seconds."""
    return {
        "schema_version": SCHEMA_VERSION,
        "clean": tally.is_clean,
        "channels": [
            {
                **export_fields(c, "channel planned delivered received duplicates lost unexpected open"),
                "clean": c.is_clean,
            }
            for c in tally.channels
        ],
        **export_fields(tally, "differences took_s storm_s report_path"),
    }


def export_counts(counts: Mapping[State, int]) -> dict[str, int]:
    """Export how many deliveries are in each state, in none of them too."""
    return {state.value: counts.get(state, 0) for state in State}


def export_instant(at: datetime | None) -> str | None:
    """Export an instant as ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def export_fields(record: object, names: str) -> Json:
    """Export fields of a record under their own names, which stand apart by blanks."""
    return {name: _export_value(getattr(record, name)) for name in names.split()}


def _export_value(value: object) -> object:
    match value:
        case datetime():
            return export_instant(value)
        case Enum():
            return value.value
        case tuple():
            return list(value)
        case _:
            return value
