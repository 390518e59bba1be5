"""Single deliveries for machines, in the manner of `exports`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.render.exports.documents import (
    SCHEMA_VERSION,
    export_delivery,
    export_instant,
    export_media,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.report.status import DeliveryDetails, DeliveryView
    from stormctl.domain.report.storm_log import StormLog
    from stormctl.render.exports import delivery_shapes, shapes


def found_json(text: str, views: Sequence[DeliveryView]) -> shapes.FindDocument:
    """Export the deliveries in which a text was found."""
    return {
        "schema_version": SCHEMA_VERSION,
        "find": text,
        "deliveries": [{"storm_id": v.storm_id, **export_delivery(v)} for v in views],
    }


def details_json(details: DeliveryDetails) -> delivery_shapes.ShowDocument:
    """Export everything about one delivery."""
    post = details.post
    return {
        "schema_version": SCHEMA_VERSION,
        "storm": {"id": details.view.storm_id, "name": details.storm_name, "timezone": details.timezone},
        "delivery": {
            **export_delivery(details.view),
            "kind": details.kind,
            "topic": details.topic,
            "link": post.link,
            "media": export_media(post),
            "not_before": export_instant(details.not_before),
            "give_up_at": export_instant(details.give_up_at),
        },
        "attempts": [
            {
                "id": attempt.id,
                "runner_id": attempt.runner_id,
                "claimed_at": export_instant(attempt.claimed_at),
                "sending_at": export_instant(attempt.sending_at),
                "answered_wall_at": export_instant(attempt.answered_wall_at),
                "outcome": attempt.outcome,
                "code": attempt.code,
                "why": attempt.why,
                "settled": attempt.settled,
                "post_id": attempt.post_id,
                "url": attempt.url,
            }
            for attempt in details.attempts
        ],
        "events": [_export_event(event) for event in details.events],
    }


def log_json(log: StormLog) -> delivery_shapes.LogDocument:
    """Export what happened."""
    return {
        "schema_version": SCHEMA_VERSION,
        "ledger": log.ledger,
        "since": export_instant(log.since),
        "storms": [{"id": storm_id, "timezone": zone} for storm_id, zone in log.zones.items()],
        "entries": [
            {
                **_export_event(entry.event),
                "wall_at": export_instant(entry.wall_at),
                "storm_id": entry.event.storm_id,
                "channel": entry.event.channel,
                "key": entry.event.key,
                "late_s": None if entry.late is None else entry.late.total_seconds(),
            }
            for entry in log.entries
        ],
    }


def _export_event(event: StormEvent) -> delivery_shapes.EventShape:
    return {
        "at": export_instant(event.at),
        "kind": event.kind,
        "text": event.text,
        "attempt_id": event.attempt_id,
        "url": event.url,
    }
