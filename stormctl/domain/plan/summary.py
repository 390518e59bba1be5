"""What a person sees before a storm is launched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.domain.delivery.delivery import Plan


def find_end(plan: Plan) -> datetime | None:
    """Return the moment after which nothing of a plan goes out, grace included; None if it is empty."""
    return max((delivery.slot_at + delivery.grace for delivery in plan.deliveries), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCheck:
    """What preflight found out about a channel; `bad` and `unknown` are pairs of message and hint."""

    channel: str
    account_name: str | None
    account_url: str | None
    bad: tuple[tuple[str, str], ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    without: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSummary:
    """What a person must see before a storm is enrolled.

    Attributes:
        hosts: platform label and host, in order.
        is_live: whether every host is the platform's real one.
        cost_usd_micros: for publishing what is still to come, readings included.
        changes: of a storm that is enrolled, the keys of planned posts that the launch changes, each
            with what changes of it, in order of their keys.
        alerts: who is told what goes wrong; empty in a rehearsal.
    """

    storm_id: str
    storm_name: str
    timezone: str
    hosts: tuple[tuple[str, str], ...]
    is_live: bool
    channels: tuple[ChannelCheck, ...]
    first_at: datetime | None
    last_at: datetime | None
    count: int
    late: int
    cost_usd_micros: int
    budget_usd_micros: int | None
    unplaced: int
    ledger: str
    changes: tuple[tuple[str, str], ...] = ()
    alerts: str = ""
