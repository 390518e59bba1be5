"""Enrol a storm straight into a new ledger: `python -m benchmarks.enrolling < wish`.

A process of its own, so that what it needs of memory is nobody else's.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import DeliveryKey, Kind, PlannedDelivery, Post
from stormctl.domain.plan.occupancy import make_limits
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.ledger.delivery.enrolment import StormTerms
from stormctl.ledger.ledger import open_ledger

STORM = "measured"
LEDGER = "sqlite:///.stormctl/ledger.db"


def enroll(root: Path, host: str, channels: list[str], slots: list[tuple[float, int, str]]) -> None:
    """Enrol one delivery a slot: moment (Unix seconds), number of its channel, text."""
    now = datetime.now(UTC)  # noqa: TID251 - real processes
    ids = [parse_channel_id(channel) for channel in channels]
    terms = StormTerms(
        storm_id=STORM,
        name="A storm for measuring",
        timezone="UTC",
        limits=make_limits(spacing=timedelta(), per_15min=1_000_000, per_day=1_000_000),
        quiet=(),
        channels=tuple(channels),
    )
    deliveries = [
        PlannedDelivery(
            key=DeliveryKey(storm=STORM, channel=str(ids[number]), message=f"m{index:06}", tail="en"),
            channel=ids[number],
            post=Post(text=text),
            slot_at=(slot_at := datetime.fromtimestamp(at, UTC)),
            storm_on=slot_at.date(),
            kind=Kind.SLOT,
            late=LatePolicy.SEND,
            grace=timedelta(hours=1),
        )
        for index, (at, number, text) in enumerate(slots)
    ]
    ledger = open_ledger(LEDGER, root=root, create=True)
    ledger.enrolment.enroll(terms, deliveries, Moment(now, now), hosts={"x": host})
    ledger.close()


if __name__ == "__main__":
    wish = json.load(sys.stdin)
    enroll(Path(wish["root"]), wish["host"], wish["channels"], wish["slots"])
