"""Single deliveries for machines."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.delivery import Kind, Post, State
from stormctl.domain.report.status import AttemptView, DeliveryDetails, DeliveryView
from stormctl.render.exports.deliveries import details_json, found_json
from tests.unit.render.conftest import at, round_trip, view_delivery
from tests.unit.render.exports.test_documents import names_of

X = "x:migrants-day"


def _view() -> DeliveryView:
    return view_delivery(X, "boat", "A paper boat.", at(12), State.IN_DOUBT, why="no answer")


def test_found_deliveries_have_their_storms() -> None:
    """A text is looked for in all storms."""
    exported = round_trip(found_json("boat", [_view()]))

    assert (exported["schema_version"], exported["find"]) == (1, "boat")
    assert names_of(DeliveryView) == set(exported["deliveries"][0])
    assert exported["deliveries"][0]["key"] == f"imd-2026/{X}/boat/en"


def test_details_leave_nothing_out() -> None:
    """Every field is exported under its own name, instants in UTC."""
    attempt = AttemptView(id=1, runner_id="r1", claimed_at=at(12), sending_at=None, outcome="not_sent")
    event = StormEvent(kind=EventKind.CLAIMED, at=at(12), text="boat")
    details = DeliveryDetails(
        view=_view(),
        post=Post(text="A paper boat.", link="https://example.org/act"),
        kind=Kind.REMINDER,
        topic=None,
        storm_name="International Migrants Day 2026",
        timezone="America/New_York",
        not_before=None,
        give_up_at=at(12, 15),
        attempts=(attempt,),
        events=(event,),
    )

    exported: dict[str, Any] = round_trip(details_json(details))

    delivery = exported["delivery"]
    assert exported["storm"] == {
        "id": "imd-2026",
        "name": "International Migrants Day 2026",
        "timezone": "America/New_York",
    }
    assert names_of(DeliveryView, "storm_id") < set(delivery)
    assert (delivery["kind"], delivery["link"], delivery["media"]) == (
        "reminder",
        "https://example.org/act",
        [],
    )
    assert delivery["give_up_at"] == "2026-12-18T17:15:00Z"
    assert {f.name for f in fields(AttemptView)} == set(exported["attempts"][0])
    assert exported["events"] == [
        {"at": "2026-12-18T17:00:00Z", "kind": "claimed", "text": "boat", "attempt_id": None, "url": None}
    ]
