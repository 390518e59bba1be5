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

    from stormctl.domain.report.status import DeliveryDetails, DeliveryView
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
        "events": [
            {
                "at": export_instant(event.at),
                "kind": event.kind,
                "text": event.text,
                "attempt_id": event.attempt_id,
                "url": event.url,
            }
            for event in details.events
        ],
    }
