"""What happens in a storm, told as it happens: to the ledger's history, the log and the screen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class EventKind(StrEnum):
    """Everything worth a line."""

    LAUNCHED = "launched"
    ENROLLED = "enrolled"
    CHANGED = "changed"
    SIGNED_IN = "signed_in"
    ALERTED = "alerted"
    STARTED = "started"
    SERVED = "served"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    NOT_SENT = "not_sent"
    PUT_OFF = "put_off"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    RECONCILED = "reconciled"
    MOVED = "moved"
    MISSED = "missed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    RETRIED = "retried"
    RESOLVED = "resolved"
    RETRACTED = "retracted"
    HALTED = "halted"
    RESUMED = "resumed"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    PREPARED = "prepared"
    METRICS = "metrics"
    HELD = "held"
    BUDGET_SPENT = "budget_spent"
    POSTED_TWICE = "posted_twice"
    WOKEN = "woken"
    WARNING = "warning"
    BUG = "bug"
    UNSERVED = "unserved"
    UNREACHABLE = "unreachable"
    FINISHED = "finished"
    STOPPED = "stopped"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class StormEvent:
    """One thing that happened.

    Attributes:
        at: storm time, aware UTC.
        text: one line for people, without secrets.
        url: the post's address, where there is one.
    """

    kind: EventKind
    at: datetime
    text: str
    storm_id: str | None = None
    channel: str | None = None
    key: str | None = None
    attempt_id: int | None = None
    url: str | None = None


class Listener(Protocol):
    """A listener: the screen, the log."""

    def __call__(self, event: StormEvent) -> None:
        """Take note of an event; quick, and never raising."""
