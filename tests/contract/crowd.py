"""The rest of a ledger's life: two storms on two channels, with six deliveries in every state.

A statement that forgets to ask for its storm, its channel, its state or its attempt meets them. They leave no
events, and their attempts have numbers below one, so that those of a test begin with 1.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.delivery.delivery import InDoubt, Refused
from stormctl.domain.platforms.record import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from tests.contract.conftest import Bench

STORMS = ("crowd", "throng")
CHANNELS = ("x:crowd", "facebook:crowd")
EACH = 3
"""Of a state on a channel in a storm; but one is claimed on a channel, as the schema demands."""

SENT = -30 * 24 * 60
"""When they were sent, in minutes after noon: longer ago than any ceiling looks back."""

PAST, CLAIMED = SENT - 60, SENT + 99
PLANNED, OPEN = 12, 26
"""How many are planned, all late two minutes after noon, and how many are open. Each channel has half."""

_STATES = ("delivered", "retracted", "failed", "in_doubt")
_TABLES = (
    "storms",
    "channels",
    "ceilings",
    "storm_channels",
    "deliveries",
    "attempts",
    "readings",
    "snapshots",
)


def gather(bench: Bench, plan: Callable[..., PlannedDelivery]) -> tuple[str, ...]:
    """Gather them on an empty ledger in SQLite; return the statements that put them into another one."""
    for storm in STORMS:
        terms: dict[str, Any] = {
            "storm_id": storm,
            "spacing": timedelta(),
            "per_15min": 99,
            "channels": CHANNELS,
        }
        bench.enroll(*_plan(bench, plan, storm), moment=bench.at(PAST), **terms)
        bench.ledger.manual.cancel(_keys(storm, "cancelled"), "ana", bench.at(PAST))
        for channel in CHANNELS:
            _publish(bench, channel)
        bench.ledger.sweeping.sweep(bench.at(SENT + EACH))
        for key in _keys(storm, "retracted"):
            post_id = bench.ledger.history.get(key).post_id
            assert post_id is not None
            bench.ledger.manual.retracted(key, post_id, "ana", bench.at(SENT + EACH))
        read = [(key, Metric.IMPRESSIONS, 7) for key in _keys(storm, "delivered")]
        bench.ledger.metrics.record(read, bench.at(SENT + 60))
    for channel in CHANNELS:
        bench.ledger.outbox.claim(channel, "crowd", bench.at(CLAIMED), timedelta(days=3650))
    for doubt in bench.ledger.doubts.open(CHANNELS):
        for wall_s in (7200, 9000):  # later than any request of a test, of which they prove nothing
            moment = bench.at(0, wall_s=wall_s)
            bench.ledger.doubts.record_reading(doubt, moment, complete=True, reason="")
    return tuple(_dump(bench))


def _keys(storm: str, state: str) -> list[str]:
    return [f"{storm}/{channel}/{state}{n}/en" for channel in CHANNELS for n in range(EACH)]


def _plan(bench: Bench, plan: Callable[..., PlannedDelivery], storm: str) -> Iterator[PlannedDelivery]:
    late = {"late": LatePolicy.SEND}
    for channel in CHANNELS:
        for n in range(EACH):
            names = {"storm": storm, "channel": channel}
            # A doubt or a refusal is followed by a receipt, so that no channel is paused.
            for rank, state in enumerate(_STATES):
                yield plan(
                    f"{state}{n}", SENT, **names, text=f"{storm} {state} {n}", priority=-9 * n - rank, **late
                )
            yield plan(f"planned{n}", n - 1, **names, text=f"{storm} planned {n}", topic="crowd", **late)
            yield plan(
                f"missed{n}", PAST + n, **names, text=f"{storm} missed {n}", grace=timedelta(minutes=1)
            )
            expires_at = bench.at(PAST + 9).at
            yield plan(f"expired{n}", PAST + n, **names, text=f"{storm} expired {n}", expires_at=expires_at)
            yield plan(f"cancelled{n}", PAST + n, **names, text=f"{storm} cancelled {n}")
        if storm == STORMS[-1]:
            yield plan("claimed0", CLAIMED, **names, text="claimed")


def _publish(bench: Bench, channel: str) -> None:
    for _ in range(EACH * len(_STATES)):
        claim = bench.send(SENT, channel, "crowd")
        match claim.message_id[:-1]:
            case "failed":
                bench.answer(claim, Refused(reason="no", code="403", for_good=True), SENT)
            case "in_doubt":
                bench.answer(claim, InDoubt(reason="timed out"), SENT)
            case _:
                bench.answer(claim, bench.receipt(f"crowd{channel[0]}"), SENT)


def _dump(bench: Bench) -> Iterator[str]:
    newest = {t: bench.execute(f"SELECT max(id) FROM {t}")[0][0] for t in ("attempts", "readings")}  # noqa: S608 - our own words
    shifts = {("attempts", "id"): newest["attempts"], ("deliveries", "attempt_id"): newest["attempts"]}
    shifts |= {("readings", "attempt_id"): newest["attempts"], ("readings", "id"): newest["readings"]}
    for table in _TABLES:
        columns = [row[1] for row in bench.execute(f"PRAGMA table_info({table})")]
        shown = [
            f"quote({name} - {shifts[table, name]})" if (table, name) in shifts else f"quote({name})"
            for name in columns
        ]
        rows = bench.execute(f"SELECT {', '.join(shown)} FROM {table}")  # noqa: S608 - our own words
        values = ", ".join(f"({', '.join(row)})" for row in rows)
        yield f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values}"  # noqa: S608 - our own words
