"""When may a channel post next: spacing, ceilings, silence, budget. One rule for claiming and for waking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.ledger.rows import MICROSECONDS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.ledger.engines import Row, Session

QUARTER = 15 * 60 * MICROSECONDS_PER_SECOND
DAY = 24 * 60 * 60 * MICROSECONDS_PER_SECOND
THREAD_GAP = 5 * MICROSECONDS_PER_SECOND
"""How long a thread's part waits after the send before it, in place of the storm's spacing."""

_PAGE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a storm allows on a channel now, for ordinary deliveries or for parts that follow in a thread.

    Attributes:
        opens_at: before it, nothing may be sent; microseconds, storm time.
        quiet: silences that have not ended, ordered, each from (inclusive) and until (exclusive).
        left: what is left of the budget, in millionths of a dollar; None without a budget.
    """

    channel: str
    storm_id: str
    follows: int
    opens_at: int
    quiet: tuple[tuple[int, int], ...]
    left: int | None

    def after_quiet(self, at: int) -> int:
        """Return the first moment from `at` on that is not silent."""
        for from_at, until_at in self.quiet:
            if from_at <= at < until_at:
                at = until_at
        return at

    def allows(self, now: int) -> bool:
        """Whether anything may be sent now."""
        return self.opens_at <= now == self.after_quiet(now)

    def affords(self, price: int) -> bool:
        """Whether the budget has room for a price."""
        return self.left is None or price <= self.left


def find_openings(session: Session, channel: str, now: int) -> Iterator[Opening]:
    """Yield the openings of every storm that has something planned on a channel, parts of threads apart.

    None if it is suspended, or while a claim is in flight: what comes then depends on the answer.
    """
    gate = session.find("channel_gate", channel=channel, now=now)
    if gate is None or gate["suspended_why"] is not None or gate["in_flight"] is not None:
        return
    for terms in session.rows("terms_of_channel", channel=channel):
        yield make_opening(session, channel, gate, terms, now=now)


def make_opening(session: Session, channel: str, gate: Row, terms: Row, *, now: int) -> Opening:
    """Work out from what when on a storm may post on a channel; suspension is the caller's business.

    Ceilings count attempts with `sending_at` of all storms, unless certainly not sent or refused: a window
    of n posts opens when the n-th newest send has left it.
    """
    gap = THREAD_GAP if terms["follows"] else terms["spacing"]
    sends = (
        _newest_send(session, channel, 1, gap),
        _newest_send(session, channel, terms["per_15min"], QUARTER),
        _newest_send(session, channel, terms["per_day"], DAY),
    )
    quiet = session.rows("quiet_of", storm_id=terms["id"], now=now)
    budget = terms["budget_usd_micros"]
    return Opening(
        channel=channel,
        storm_id=terms["id"],
        follows=terms["follows"],
        opens_at=max(*sends, gate["paused_until"] or 0, gate["closed_until"] or 0),
        quiet=tuple((row["from_at"], row["until_at"]) for row in quiet),
        left=None if budget is None else budget - terms["spent_usd_micros"],
    )


def find_next(session: Session, opening: Opening, now: int) -> int | None:
    """Return the earliest moment from now on at which an opening lets something out, if nobody halts.

    Rows come in order of their slots, so that a few of them decide, however many are planned.
    """
    floor = opening.after_quiet(max(opening.opens_at, now))
    best: int | None = None
    for row in _coming(session, opening):
        if best is not None and best <= max(floor, row["slot_at"]):
            break
        ready_at = _find_ready_at(opening, row, now)
        if ready_at is not None and (best is None or ready_at < best):
            best = ready_at
    return best


def _find_ready_at(opening: Opening, row: Row, now: int) -> int | None:
    if not opening.affords(row["price_usd_micros"]):
        return None
    at = opening.after_quiet(
        max(
            now,
            opening.opens_at,
            row["slot_at"],
            row["not_before"] or 0,
            row["retry_at"] or 0,
        )
    )
    too_late = row["give_up_at"] is not None and at > row["give_up_at"]
    expired = row["expires_at"] is not None and at >= row["expires_at"]
    return None if too_late or expired else at


def _coming(session: Session, opening: Opening) -> Iterator[Row]:
    slot_at, key = -DAY, ""
    while True:
        page = session.rows(
            "coming",
            channel=opening.channel,
            storm_id=opening.storm_id,
            follows=opening.follows,
            slot_at=slot_at,
            key=key,
            size=_PAGE,
        )
        yield from page
        if len(page) < _PAGE:
            return
        slot_at, key = page[-1]["slot_at"], page[-1]["key"]


def _newest_send(session: Session, channel: str, nth: int, wait: int) -> int:
    """Return when `wait` has passed since the n-th newest send; 0 if there were fewer."""
    row = session.find("nth_newest_send", channel=channel, skip=nth - 1)
    return 0 if row is None else int(row["sending_at"]) + wait
