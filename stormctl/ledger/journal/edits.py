"""What people are told of a delivery that was changed: its text, its slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stormctl.domain.base.clock import from_micros
from stormctl.domain.delivery.delivery import State

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from stormctl.ledger.db.sessions import Row


def describe_edit(row: Row, values: dict[str, Any], zone: tzinfo) -> str:
    """Say what a new plan changes of a delivery that people see: text, slot, or that it is back."""
    edits = ["planned again"] if row["state"] == State.CANCELLED else []
    if row["text_digest"] != values["text_digest"]:
        edits.append("new text")
    if row["slot_at"] != values["slot_at"]:
        edits.append(describe_move(from_micros(row["slot_at"]), from_micros(values["slot_at"]), zone))
    return ", ".join(edits)


def describe_move(old: datetime, new: datetime, zone: tzinfo) -> str:
    """Say from when to when a slot was moved, with the dates where they differ."""
    old, new = old.astimezone(zone), new.astimezone(zone)
    form = "%H:%M" if old.date() == new.date() else "%Y-%m-%d %H:%M"
    return f"moved from {old:{form}} to {new:{form}}"
