"""A connection that is lost while it commits: nobody knows the outcome, and nothing goes out twice for it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.clock import Moment
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, State
from stormctl.errors import LedgerUnreachableError
from stormctl.ledger.db.sqlite import SqliteDatabase
from stormctl.ledger.ledger import Ledger
from stormctl.ledger.place.memory import Memory
from tests.factories import ACME, make_delivery, make_terms, recent_events
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.domain.delivery.delivery import Claim
    from stormctl.ledger.db.sessions import Session

LEASE = timedelta(seconds=20)
NOW = Moment(NOON, NOON)
LATER = Moment(NOON + LEASE, NOON + LEASE)
RECEIPT = Delivered(post_id="p1", url="https://example.org/p1")


class LossyDatabase(SqliteDatabase):
    """A database whose connection is lost at the next commit, if told so, just before it or just after it."""

    loses: str | None = None

    @contextmanager
    def transaction(self, *, durable: bool = True, renewing: bool = False) -> Iterator[Session]:
        """Commit or not, and don't tell which."""
        loses, self.loses = self.loses, None
        with super().transaction(durable=durable, renewing=renewing) as session:
            yield session
            if loses == "before":
                self._lose()
        if loses == "after":
            self._lose()

    @staticmethod
    def _lose() -> None:
        message = "the ledger was lost while it was written"
        raise LedgerUnreachableError(message)


@pytest.fixture
def database(tmp_path: Path) -> LossyDatabase:
    """An empty database."""
    made = LossyDatabase(tmp_path / "ledger.db", "ledger.db")
    made.create_file()
    made.migrate(create=True)
    return made


@pytest.fixture
def ledger(database: LossyDatabase, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with one delivery that is due."""
    made = Ledger(database, where="lossy", path=None, locks=tmp_path / "runners", memory=Memory())
    made.enrolment.enroll(make_terms(ACME), [make_delivery(slot_at=NOON)], NOW)
    yield made
    made.close()


def claim(ledger: Ledger) -> Claim:
    """Claim the delivery."""
    taken = ledger.outbox.claim(str(ACME), "r1", NOW, LEASE)
    assert taken is not None
    return taken


def state(ledger: Ledger) -> State:
    """Return the delivery's state."""
    (view,) = ledger.history.deliveries("storm")
    return view.state


@pytest.mark.parametrize("loses", ["before", "after"])
def test_answer_is_said_again(ledger: Ledger, database: LossyDatabase, loses: str) -> None:
    """Whether or not it was written, the receipt is kept, and it is told once."""
    taken = claim(ledger)
    ledger.outbox.mark_sending(taken, NOW)
    database.loses = loses

    after = ledger.outbox.record(taken, RECEIPT, NOW)

    kinds = [event.kind for event in recent_events(ledger, 9)]
    assert (after.state, state(ledger)) == (State.DELIVERED, State.DELIVERED)
    assert kinds.count(EventKind.DELIVERED) == 1


@pytest.mark.parametrize("loses", ["before", "after"])
def test_second_post_is_told_when_the_answer_is_said_again(
    ledger: Ledger, database: LossyDatabase, loses: str
) -> None:
    """A late receipt of a second post brings its alarm, whether or not the first try had written it."""
    first = claim(ledger)
    ledger.outbox.mark_sending(first, NOW)
    ledger.sweeping.sweep(LATER)
    (doubt,) = ledger.doubts.open([str(ACME)])
    ledger.doubts.settle_delivered(doubt, "p2", "https://example.org/p2", LATER, "found on the account")
    database.loses = loses

    recorded = ledger.outbox.record(first, RECEIPT, LATER)

    kinds = [event.kind for event in recent_events(ledger, 9)]
    assert kinds.count(EventKind.POSTED_TWICE) == 1
    assert recorded.alarm is not None
    assert (recorded.alarm.url, recorded.is_surplus) == (RECEIPT.url, True)


@pytest.mark.parametrize("loses", ["before", "after"])
def test_claim_that_was_written_unknown_lapses(ledger: Ledger, database: LossyDatabase, loses: str) -> None:
    """Nothing was sent for it: with its lease it is planned again."""
    database.loses = loses

    with pytest.raises(LedgerUnreachableError):
        claim(ledger)

    ledger.sweeping.sweep(LATER)
    assert state(ledger) is State.PLANNED


@pytest.mark.parametrize(("loses", "after"), [("before", State.PLANNED), ("after", State.IN_DOUBT)])
def test_moment_of_sending_that_was_written_unknown_is_a_doubt(
    ledger: Ledger, database: LossyDatabase, loses: str, after: State
) -> None:
    """The runner is told no and sends nothing; what the ledger then calls perhaps sent is reconciled."""
    taken = claim(ledger)
    database.loses = loses

    with pytest.raises(LedgerUnreachableError):
        ledger.outbox.mark_sending(taken, NOW)

    ledger.sweeping.sweep(LATER)
    assert state(ledger) is after
