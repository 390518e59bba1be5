"""Single deliveries for machines, in the manner of `exports`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.render.exports.documents import (
    SCHEMA_VERSION,
    export_delivery,
    export_fields,
    export_instant,
    export_media,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stormctl.domain.report.status import DeliveryDetails, DeliveryView
    from stormctl.render.exports.documents import Json


def found_json(text: str, views: Sequence[DeliveryView]) -> Json:
    """Export the deliveries in which a text was found."""
    return {
        "schema_version": SCHEMA_VERSION,
        "find": text,
        "deliveries": [{"storm_id": v.storm_id, **export_delivery(v)} for v in views],
    }


def details_json(details: DeliveryDetails) -> Json:
    """Export everything about one delivery."""
    post = details.post
    return {
        "schema_version": SCHEMA_VERSION,
        "storm": {"id": details.view.storm_id, "name": details.storm_name, "timezone": details.timezone},
        "delivery": {
            **export_delivery(details.view),
            "kind": details.kind.value,
            "topic": details.topic,
            "link": post.link,
            "media": export_media(post),
            "not_before": export_instant(details.not_before),
            "give_up_at": export_instant(details.give_up_at),
        },
        "attempts": [
            export_fields(
                a, "id runner_id claimed_at sending_at answered_wall_at outcome code why settled post_id url"
            )
            for a in details.attempts
        ],
        "events": [export_fields(e, "at kind text attempt_id url") for e in details.events],
    }
