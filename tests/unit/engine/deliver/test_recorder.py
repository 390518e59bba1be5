"""An answer that can't be written down is kept, and its channel rests until it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, Refused, State
from stormctl.errors import LedgerError, LedgerGoneError
from tests.factories import ACME, make_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.platforms.adapter import OutgoingPost
    from tests.unit.engine.conftest import Bench


@pytest.fixture
def other(bench: Bench, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection to the ledger, for whose lock nobody waits long."""
    for connection in bench.ledger._database._writer:  # type: ignore[attr-defined]  # the day waits ten seconds
        connection.execute("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as connection:
        yield connection


def _lock_when_posted(bench: Bench, other: sqlite3.Connection) -> None:
    """Have another program lock the ledger between the request and its answer."""

    def accept(post: OutgoingPost) -> Outcome:
        other.execute("BEGIN IMMEDIATE")
        return bench.x.accept(post)

    bench.x.script.append(accept)


def test_an_answer_is_written_as_soon_as_the_ledger_can_be(bench: Bench, other: sqlite3.Connection) -> None:
    """A locked ledger loses no receipt: it is kept, told, and written without another reading."""
    bench.enroll(make_delivery())
    dispatcher = bench.dispatcher()
    _lock_when_posted(bench, other)

    dispatcher.serve(ACME, lambda: False)
    kept = dispatcher.recorder.write_all()
    other.execute("ROLLBACK")
    written = dispatcher.recorder.write_all()

    (view,) = bench.ledger.history.deliveries("storm")
    (warning,) = bench.events.texts(EventKind.WARNING)
    assert (kept, written) == (False, True)
    assert (view.state, view.post_id) == (State.DELIVERED, "acme-1")
    assert "posted, but it is not recorded yet: the ledger" in warning
    assert warning.endswith("http://127.0.0.1/acme-1")
    assert len(bench.events.texts(EventKind.DELIVERED)) == 1


def test_nothing_is_claimed_while_an_answer_is_kept(bench: Bench, other: sqlite3.Connection) -> None:
    """Not even when its lease has lapsed, and the channel is free in the ledger."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"))
    dispatcher = bench.dispatcher()
    _lock_when_posted(bench, other)

    first = dispatcher.serve(ACME, lambda: False)
    second = dispatcher.serve(ACME, lambda: False)
    other.execute("ROLLBACK")
    third = dispatcher.serve(ACME, lambda: False)

    assert (first, second, third) == (1, 0, 1)
    assert set(bench.states().values()) == {State.DELIVERED}
    assert len(bench.x.sent) == 2


def test_a_receipt_that_comes_after_its_lease_still_delivers(bench: Bench, other: sqlite3.Connection) -> None:
    """Others have put the delivery in doubt meanwhile."""
    bench.enroll(make_delivery())
    dispatcher = bench.dispatcher()
    _lock_when_posted(bench, other)
    dispatcher.serve(ACME, lambda: False)
    other.execute("ROLLBACK")
    bench.ledger.sweeping.sweep(bench.clock.move(timedelta(minutes=1)))
    in_doubt = bench.state()

    dispatcher.recorder.write_all()

    assert in_doubt is State.IN_DOUBT
    assert bench.state() is State.DELIVERED


def _deliver_twice(bench: Bench) -> str:
    """Have a runner's answer come after another one has posted the same; return the second address."""
    bench.enroll(make_delivery(grace=timedelta(hours=1)))

    def answer_late(post: OutgoingPost) -> Outcome:
        receipt = bench.x.accept(post)
        bench.ledger.sweeping.sweep(bench.clock.move(timedelta(minutes=1)))
        (doubt,) = bench.ledger.doubts.open([str(ACME)])
        bench.ledger.doubts.settle_delivered(
            doubt, "other", "http://127.0.0.1/other", bench.clock.moment(), "found"
        )
        return receipt

    bench.x.script.append(answer_late)
    bench.serve()
    return bench.x.posts[0].url


def test_the_receipt_of_a_second_post_is_told_as_posted_twice(bench: Bench) -> None:
    """The runner's own line names both posts and takes down the second, not the delivery's."""
    url = _deliver_twice(bench)

    (line,) = bench.events.texts(EventKind.POSTED_TWICE)
    assert bench.events.texts(EventKind.DELIVERED) == []
    assert line.startswith(f"m1: posted twice: http://127.0.0.1/other and {url} — take one of them down")
    assert line.endswith(f": stormctl retract storm/x:acme/m1/en --url {url}")


def test_a_receipt_beside_a_doubtful_attempt_is_told_with_the_suspicion(
    bench: Bench, other: sqlite3.Connection
) -> None:
    """It delivers, and the other attempt may have posted too: both are said."""
    bench.enroll(make_delivery(grace=timedelta(hours=1)))
    dispatcher = bench.dispatcher()
    _lock_when_posted(bench, other)
    dispatcher.serve(ACME, lambda: False)
    other.execute("ROLLBACK")
    later = bench.clock.move(timedelta(minutes=1))
    bench.ledger.sweeping.sweep(later)
    other.execute("UPDATE deliveries SET state = 'planned', sending_at = NULL, sending_wall_at = NULL")
    claim = bench.ledger.outbox.claim(str(ACME), "elsewhere", later, timedelta(seconds=20))
    assert claim is not None
    bench.ledger.outbox.mark_sending(claim, later)

    dispatcher.recorder.write_all()

    assert bench.events.texts(EventKind.DELIVERED) == ["m1"]
    assert bench.events.texts(EventKind.POSTED_TWICE) == [
        f"m1: attempt {claim.attempt_id} may have posted it a second time: look at the account"
    ]


def test_what_can_never_be_written_is_told_with_its_address(bench: Bench, other: sqlite3.Connection) -> None:
    """At the end of the run a person must know where the post is."""
    bench.enroll(make_delivery())
    dispatcher = bench.dispatcher()
    _lock_when_posted(bench, other)
    dispatcher.serve(ACME, lambda: False)

    dispatcher.recorder.give_up()

    last = bench.events.all[-1]
    assert last.text == "m1: posted, but it could not be recorded: http://127.0.0.1/acme-1"
    assert (last.kind, last.key) == (EventKind.WARNING, "storm/x:acme/m1/en")
    assert last.url == "http://127.0.0.1/acme-1"


def test_a_refusal_that_cannot_be_written_is_told_with_its_reason(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the platform's no that would be forgotten."""
    bench.enroll(make_delivery())
    bench.x.script.append(Refused(reason="too long", code="400", for_good=True))
    monkeypatch.setattr(bench.ledger.outbox, "record", _disk_is_full)
    dispatcher = bench.dispatcher()

    dispatcher.serve(ACME, lambda: False)
    dispatcher.recorder.give_up()

    assert bench.events.texts(EventKind.WARNING) == [
        "m1: its answer is not recorded yet: the disk is full (too long)",
        "m1: its answer could not be recorded (too long)",
    ]


def test_without_the_last_check_written_down_nothing_is_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt is recorded as not sent when the ledger can be written again, and tried again."""
    bench.enroll(make_delivery())
    dispatcher = bench.dispatcher()
    with monkeypatch.context() as full:
        full.setattr(bench.ledger.outbox, "mark_sending", _disk_is_full)
        full.setattr(bench.ledger.outbox, "record", _disk_is_full)
        dispatcher.serve(ACME, lambda: False)
    sent = len(bench.x.sent)
    dispatcher.recorder.write_all()
    planned = bench.state()

    bench.clock.move(timedelta(seconds=5))
    dispatcher.serve(ACME, lambda: False)

    assert (sent, planned) == (0, State.PLANNED)
    assert bench.state() is State.DELIVERED
    assert bench.events.texts(EventKind.WARNING) == []


def test_a_ledger_that_does_not_know_the_attempt_holds_nothing_up(bench: Bench) -> None:
    """It was replaced: the post is told at once, and the channel goes on."""
    bench.enroll(make_delivery("m1"), make_delivery("m2", slot_at=bench.clock.at + timedelta(minutes=30)))

    def accept(post: OutgoingPost) -> Outcome:
        with closing(sqlite3.connect(bench.ledger.path or "", isolation_level=None)) as replaced:
            replaced.execute("UPDATE attempts SET token = 'of another life'")
            replaced.execute("UPDATE deliveries SET token = 'of another life' WHERE token IS NOT NULL")
        return bench.x.accept(post)

    bench.x.script.append(accept)
    dispatcher = bench.dispatcher()

    dispatcher.serve(ACME, lambda: False)

    (warning,) = bench.events.texts(EventKind.WARNING)
    assert "posted, but it could not be recorded: the ledger knows no attempt" in warning
    assert warning.endswith("http://127.0.0.1/acme-1")
    assert dispatcher.recorder.write_all() is True


def test_a_ledger_that_is_gone_is_told_of_what_was_in_flight(bench: Bench, tmp_path: Path) -> None:
    """The post stands on the account, and nothing more goes out."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"))

    def accept(post: OutgoingPost) -> Delivered:
        (tmp_path / "ledger.db").unlink()
        return bench.x.accept(post)

    bench.x.script.append(accept)
    dispatcher = bench.dispatcher()

    attempted = dispatcher.serve(ACME, lambda: False)
    dispatcher.recorder.give_up()

    assert attempted == len(bench.x.sent) == 1
    assert bench.events.all[-1].text.endswith("posted, but it could not be recorded: http://127.0.0.1/acme-1")
    with pytest.raises(LedgerGoneError, match="was deleted or replaced"):
        bench.ledger.sweeping.sweep(bench.clock.moment())


def _disk_is_full(*_: object, **__: object) -> object:
    message = "the disk is full"
    raise LedgerError(message)


def test_when_it_is_tried_again_is_told_with_its_day(bench: Bench) -> None:
    """A limit of a day ends at the same hour as now: without the day the line would name the past."""
    tomorrow = bench.clock.at + timedelta(hours=24)
    bench.enroll(make_delivery())
    bench.x.script.append(Refused(reason="full", code="429", for_good=False, retry_at=tomorrow))

    bench.serve()

    (text,) = bench.events.texts(EventKind.PUT_OFF)
    assert text.endswith(f"— again from {tomorrow:%Y-%m-%d %H:%M:%S} UTC")
