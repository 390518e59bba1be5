"""Free what waits for a time that will not come: a clock, since set back, had written it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros

if TYPE_CHECKING:
    from stormctl.domain.base.clock import Moment
    from stormctl.ledger.db.sessions import Session

MARGIN = timedelta(seconds=5)
"""How far ahead a moment may lie that another machine has just written."""

LONGEST_AHEAD = timedelta(days=1)
"""How far back an account is read for a doubt whose moment of sending is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTimes:
    """The longest that each thing may wait, from now on."""

    lease: timedelta
    pause: timedelta
    backoff: timedelta


def mend_times(session: Session, moment: Moment, rests: WaitingTimes, by: timedelta | None) -> None:
    """Bring leases, heartbeats, pauses, rests and doubts that lie in the future back to what they may be.

    What a platform told (the reset of a limit) stays as it is. An attempt keeps the moment that was written.
    The account is read for a doubt from as much earlier as the clock was wrong, and anew: a reading that
    began too late would prove that a post is not there although it is.

    Args:
        session: of a transaction.
        moment: now.
        rests: the longest waits.
        by: how far the clock was set back; None if that is not known.
    """
    now, wall_now = to_micros(moment.at), to_micros(moment.wall_at)
    session.write("mend_leases", until=to_micros(moment.wall_at + rests.lease + MARGIN))
    session.write("mend_upload_leases", until=to_micros(moment.wall_at + LONGEST_AHEAD))
    session.write("mend_beats", wall_now=wall_now, until=to_micros(moment.wall_at + MARGIN))
    session.write("mend_pauses", until=to_micros(moment.at + rests.pause))
    session.write("mend_backoffs", now=now, until=to_micros(moment.at + rests.backoff))
    session.write("mend_answers", wall_now=wall_now, soon=to_micros(moment.at + rests.lease))
    session.write("mend_retries", now=now, until=to_micros(moment.at + rests.backoff))
    session.write(
        "mend_doubts",
        wall_now=wall_now,
        since=to_micros(moment.wall_at + MARGIN) if by is None else 0,
        back=(LONGEST_AHEAD if by is None else by + MARGIN) // timedelta(microseconds=1),
        latest=to_micros(moment.at),
    )
