"""What may be claimed now, what is claimed, and whether a claim may still be sent: the gate's own rules."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import EventKind
from stormctl.ledger.control.halts import is_halted, load_halts
from stormctl.ledger.delivery.openings import CATCH_UP_GAP, SKEW, find_openings, make_opening
from stormctl.ledger.delivery.rooms import find_room
from stormctl.ledger.journal.rows import claim_of, tell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Claim
    from stormctl.ledger.control.halts import Halt
    from stormctl.ledger.db.sessions import Row, Session
    from stormctl.ledger.delivery.openings import Opening

_NEVER = 2**62
_FEW = 2
_PAGE = 16
"""How many candidates are read at first, of which the first mostly does, and then at a time."""


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What a claim stood on when it was made, which holds as long as the ledger's stamp does.

    Attributes:
        price: millionths of a dollar.
        lease_until, expires_at: microseconds, real and storm time.
    """

    stamp: int
    token: str
    price: int
    lease_until: int
    expires_at: int | None
    opening: Opening

    def bears(self, claim: Claim, stamp: int) -> bool:
        """Whether it is a claim's and still holds; money that others may have spent is counted again."""
        is_free = self.opening.left is None or not self.price
        return is_free and (self.token, self.stamp) == (claim.token, stamp)


def claim_best(
    session: Session, channel: str, runner_id: str, moment: Moment, lease: timedelta
) -> tuple[Claim, ClaimRules] | None:
    """Claim the best of what may be claimed on a channel now, over all its storms; see `Outbox.claim`."""
    found = _choose(session, channel, to_micros(moment.at))
    if found is None:
        return None
    row, opening = found
    claim = _take(session, row["key"], runner_id, moment, lease)
    return claim, ClaimRules(
        stamp=session.stamp,
        token=claim.token,
        price=row["price_usd_micros"],
        lease_until=to_micros(claim.lease_until),
        expires_at=row["expires_at"],
        opening=opening,
    )


def _choose(session: Session, channel: str, now: int) -> tuple[Row, Opening] | None:
    halts = load_halts(session)
    best: tuple[Row, Opening] | None = None
    for opening in find_openings(session, channel, now):
        if not opening.allows(now):
            continue
        row = _choose_of(session, opening, halts, now)
        if row is not None and (best is None or _order(row) < _order(best[0])):
            best = row, opening
    return best


def _choose_of(session: Session, opening: Opening, halts: list[Halt], now: int) -> Row | None:
    for row in _candidates(session, opening, now):
        if not is_halted(halts, row) and opening.affords(row["price_usd_micros"]):
            room_at = find_room(session, opening, row, now)
            if room_at is not None and room_at <= now:
                return row
    return None


def _candidates(session: Session, opening: Opening, now: int) -> Iterator[Row]:
    """Yield what may be claimed by its own times, best first; the best few are found without sorting all."""
    skip, size = 0, _FEW
    while True:
        page = session.rows(
            "candidates",
            channel=opening.channel,
            storm_id=opening.storm_id,
            follows=opening.follows,
            now=now,
            catching_up=int(opening.catch_up_at <= now),
            gap=CATCH_UP_GAP,
            size=size,
            skip=skip,
        )
        yield from page
        if len(page) < size:
            return
        skip, size = skip + size, _PAGE


def _order(row: Row) -> tuple[int, int, int, int, str]:
    """Return what `candidates` orders by, to compare across storms."""
    deadline = _NEVER if row["expires_at"] is None else row["expires_at"]
    return row["rank"], -row["priority"], deadline, -row["slot_at"], row["key"]


def _take(session: Session, key: str, runner_id: str, moment: Moment, lease: timedelta) -> Claim:
    now = to_micros(moment.at)
    row = session.get(
        "claim_delivery",
        key=key,
        token=secrets.token_hex(16),
        runner_id=runner_id,
        lease_until=to_micros(moment.wall_at + lease),
        now=now,
    )
    # With the claim, in one transaction: an answer that comes after the lease still finds its attempt.
    session.write(
        "add_attempt",
        id=row["attempt_id"],
        key=key,
        storm_id=row["storm_id"],
        channel=row["channel"],
        message_id=row["message_id"],
        runner_id=runner_id,
        token=row["token"],
        price=row["price_usd_micros"],
        now=now,
        wall_now=to_micros(moment.wall_at),
    )
    tell(session, moment, EventKind.CLAIMED, row, "", attempt_id=row["attempt_id"])
    before = row["before_key"]
    reply_to = None if before is None else session.get("receipt_of", key=before)["post_id"]
    return claim_of(row, reply_to)


def find_lapse(footing: ClaimRules, moment: Moment) -> str | None:
    """Find out why a claim must not be sent now, though its footing holds; None if it may."""
    now = to_micros(moment.at)
    lapse = _find_lapse(footing.lease_until, footing.expires_at, moment)
    return lapse or _find_closure(footing.opening, footing.price, now)


def find_obstacle(session: Session, row: Row, moment: Moment) -> str | None:
    """Find out why a claimed delivery must not be sent now; None if it may."""
    now = to_micros(moment.at)
    if row["sending_at"] is not None:
        return "a request was already made under this claim"
    lapse = _find_lapse(row["lease_until"], row["expires_at"], moment)
    if lapse is not None:
        return lapse
    reasons = [halt.reason for halt in load_halts(session) if halt.covers(row)]
    if reasons:
        return f"halted: {reasons[0]}"
    return _find_obstacle_on_channel(session, row, now)


def _find_lapse(lease_until: int, expires_at: int | None, moment: Moment) -> str | None:
    if lease_until <= to_micros(moment.wall_at):
        return "the lease ran out"
    if expires_at is not None and expires_at <= to_micros(moment.at):
        return "its deadline passed"
    return None


def _find_obstacle_on_channel(session: Session, row: Row, now: int) -> str | None:
    gate = session.get("channel_gate", channel=row["channel"], now=now)
    if gate["suspended_why"] is not None:
        return f"the channel is suspended: {gate['suspended_why']}"
    terms = session.get("terms_of_delivery", key=row["key"], now=now, skew=SKEW)
    opening = make_opening(session, row["channel"], gate, terms, now=now)
    return _find_closure(opening, row["price_usd_micros"], now)


def _find_closure(opening: Opening, price: int, now: int) -> str | None:
    if not opening.allows(now):
        return "spacing, ceilings or silence came between"
    if not opening.affords(price):
        return "the budget is spent"
    return None
