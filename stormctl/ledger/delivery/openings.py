"""When may a channel post next: spacing, ceilings, silence, budget. One rule for claiming and for waking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from operator import itemgetter
from typing import TYPE_CHECKING, assert_never

from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.platforms.record import Ceiling
from stormctl.ledger.delivery.rooms import find_ceilings, find_room, reopen
from stormctl.ledger.journal.rows import MICROSECONDS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.ledger.db.sessions import Row, Session

THREAD_GAP = 5 * MICROSECONDS_PER_SECOND
"""How long a thread's part waits after the send before it, in place of the storm's spacing."""

CATCH_UP_GAP = 60 * MICROSECONDS_PER_SECOND
"""What is later than its grace, and than this, waits at least so long after the channel's newest send.

A storm without spacing would otherwise publish hours of slots at once when it wakes.
"""

SKEW = 5 * 60 * MICROSECONDS_PER_SECOND
"""How far ahead of one runner's clock another's may be, and how long a runner may take over one step."""

TOLD_SPACING = 60 * MICROSECONDS_PER_SECOND
"""A shorter wait for the spacing is the ordinary rhythm of a storm, and nothing to tell."""

_FEW = 4
BACKOFF = "backoff"
"""The limit that we set ourselves upon a refusal for now: the platform's own may not tell until when."""

_PAGE = 64
"""How many rows are read at first, which mostly decide, and then at a time."""


class Bar(Enum):
    """What keeps a channel closed, if no ceiling does."""

    SPACING = auto()
    PAUSE = auto()
    LIMIT = auto()


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when a channel waits (microseconds, storm time), and for what."""

    until: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a storm allows on a channel now, for ordinary deliveries or for parts that follow in a thread.

    Attributes:
        opens_at: before it, nothing may be sent; microseconds, storm time.
        bar: what keeps it closed until then.
        catch_up_at: before it, nothing may be sent that is later than its grace.
        to_verify: the channel's pause is over, and its account must be asked before anything is claimed.
        threads: the storms that have parts of threads planned on the channel.
        quiet: silences, ordered, each from (inclusive) and until (exclusive).
        left: what is left of the budget, in millionths of a dollar; None without a budget.
    """

    channel: str
    storm_id: str
    follows: int
    opens_at: int
    quiet: tuple[tuple[int, int], ...]
    left: int | None
    bar: Bar | Ceiling = Bar.SPACING
    catch_up_at: int = 0
    to_verify: bool = False
    threads: tuple[str, ...] = ()

    def after_quiet(self, at: int) -> int:
        """Return the first moment from `at` on that is not silent."""
        for from_at, until_at in self.quiet:
            if from_at <= at < until_at:
                at = until_at
        return at

    def allows(self, now: int) -> bool:
        """Whether anything may be sent now."""
        return not self.to_verify and self.opens_at <= now == self.after_quiet(now)

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
    each = session.rows("terms_of_channel", channel=channel, now=now, skew=SKEW)
    threads = tuple(terms["id"] for terms in each if terms["follows"])
    for terms in each:
        yield replace(make_opening(session, channel, gate, terms, now=now), threads=threads)


def make_opening(session: Session, channel: str, gate: Row, terms: Row, *, now: int) -> Opening:
    """Work out from what when on a storm may post on a channel; suspension is the caller's business.

    Ceilings count attempts with `sending_at` of all storms, unless certainly not sent or refused. Both the
    storm's and the account's hold. While none is full, they keep nothing closed; when a full one opens, the
    rule of the plan tells. A send that lies further ahead than the wait for it is left out: a clock that was
    since set back wrote it, and to wait for that time to come would silence the channel.
    """
    gap = THREAD_GAP if terms["follows"] else terms["spacing"]
    newest = terms["newest"]
    ceilings = find_ceilings(session, channel, terms["id"]) if terms["is_full"] else ()
    waits: tuple[tuple[int, Bar | Ceiling], ...] = (
        (_after(newest, gap), Bar.SPACING),
        *((reopen(session, channel, ceiling, now), ceiling) for ceiling in ceilings),
        (gate["paused_until"] or 0, Bar.PAUSE),
        (gate["closed_until"] or 0, Bar.LIMIT),
    )
    opens_at, bar = max(waits, key=itemgetter(0))
    quiet = session.recall("quiet_of", storm_id=terms["id"])
    budget = terms["budget_usd_micros"]
    return Opening(
        channel=channel,
        storm_id=terms["id"],
        follows=terms["follows"],
        opens_at=opens_at,
        bar=bar,
        catch_up_at=0 if terms["follows"] else _after(newest, CATCH_UP_GAP),
        to_verify=bool(gate["to_verify"]),
        quiet=tuple((row["from_at"], row["until_at"]) for row in quiet),
        left=None if budget is None else max(0, budget - terms["spent_usd_micros"]),
    )


def find_wait(session: Session, channel: str, storm_id: str, slot_at: int, now: int) -> Wait | None:
    """Find out what keeps a storm's next slot on a channel waiting; None if nothing that is worth telling."""
    gate = session.get("channel_gate", channel=channel, now=now)
    for terms in session.rows("terms_of_channel", channel=channel, now=now, skew=SKEW):
        if terms["id"] == storm_id and not terms["follows"]:
            opening = make_opening(session, channel, gate, terms, now=now)
            if opening.opens_at <= max(now, slot_at):
                return None
            if opening.bar is Bar.SPACING and opening.opens_at - now <= TOLD_SPACING:
                return None
            return Wait(opening.opens_at, _explain(channel, opening.bar, gate))
    return None


def _explain(channel: str, bar: Bar | Ceiling, gate: Row) -> str:
    """Say in words what keeps a channel closed."""
    match bar:
        case Bar.SPACING:
            return "the spacing to the post before it"
        case Ceiling():
            return str(bar)
        case Bar.PAUSE:
            return f"paused: {gate['paused_why']}"
        case Bar.LIMIT:
            return _name_limit(channel, gate["closed_by"])
        case _:
            assert_never(bar)


def _name_limit(channel: str, name: str | None) -> str:
    """Say what closed a channel: a limit that the platform told of, or the rest after a refusal for now."""
    if name == BACKOFF:
        return "the platform refused for now"
    known = parse_channel_id(channel).platform.facts.limits.get(str(name))
    words = known.whole if known and known.whole else f"the platform's limit “{name}”"
    return f"{words} is used up"


def find_next(session: Session, opening: Opening, now: int) -> int | None:
    """Return the earliest moment from now on at which an opening lets something out, if nobody halts.

    Rows come in order of their slots, so that a few of them decide, however many are planned.
    """
    floor = opening.after_quiet(max(opening.opens_at, now))
    best: int | None = None
    for row in _coming(session, opening):
        if best is not None and best <= max(floor, row["slot_at"]):
            break
        ready_at = _find_ready_at(session, opening, row, now)
        if ready_at is not None and (best is None or ready_at < best):
            best = ready_at
    return best


def _find_ready_at(session: Session, opening: Opening, row: Row, now: int) -> int | None:
    if not opening.affords(row["price_usd_micros"]):
        return None
    room_at = find_room(session, opening, row, max(now, row["slot_at"]))
    if room_at is None:
        return None
    at = opening.after_quiet(
        max(
            now,
            opening.opens_at,
            room_at,
            row["not_before"] or 0,
            row["retry_at"] or 0,
        )
    )
    if at < opening.catch_up_at and row["slot_at"] + max(row["grace"], CATCH_UP_GAP) < at:
        at = opening.after_quiet(opening.catch_up_at)
    too_late = row["give_up_at"] is not None and at > row["give_up_at"]
    expired = row["expires_at"] is not None and at >= row["expires_at"]
    return None if too_late or expired else at


def _coming(session: Session, opening: Opening) -> Iterator[Row]:
    slot_at, key, size = 0, "", _FEW
    while True:
        page = session.rows(
            "coming",
            channel=opening.channel,
            storm_id=opening.storm_id,
            follows=opening.follows,
            slot_at=slot_at,
            key=key,
            size=size,
        )
        yield from page
        if len(page) < size:
            return
        slot_at, key, size = page[-1]["slot_at"], page[-1]["key"], _PAGE


def _after(send: int | None, wait: int) -> int:
    """Return when a send is so long ago; 0 without one."""
    return 0 if send is None else send + wait
