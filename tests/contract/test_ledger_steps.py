"""What is one step in the ledger: what waits for the disk, what is not read again, what is never in part."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.delivery.delivery import InDoubt, NotSent, SendForbidden, State
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.ledger.control.halts import Resumed
from stormctl.ledger.db.migrator import list_tables, load_migrations
from stormctl.ledger.db.sessions import Session
from stormctl.ledger.delivery.enrolment import Adoption
from stormctl.ledger.journal.gaps import Unknown
from tests.contract.conftest import LEASE, NOON, TERMS, X, at, plan
from tests.factories import note_gap_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stormctl.domain.delivery.delivery import Claim
    from stormctl.ledger.ledger import Ledger
    from tests.contract.conftest import Bench

PAGE = "facebook:migrants-day"
READ_AGAIN = {"claimed_row", "active_halts", "channel_gate", "terms_of_delivery", "quiet_of"}


@pytest.fixture
def other(bench: Bench) -> Ledger:
    """Another process's opening of the ledger, in which two channels have three posts each."""
    plans = [plan(f"m{n}", n, channel=channel, text=f"{n}") for channel in (X, PAGE) for n in range(3)]
    bench.enroll(*plans, spacing=timedelta())
    other = bench.reopen()
    other.runners.register("daemon", "h", 2, at(-1))
    return other


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all queries from now on."""
    names: list[str] = []
    execute = Session._execute

    def note(self: Session, name: str, values: dict[str, Any]) -> Any:
        names.append(name)
        return execute(self, name, values)

    monkeypatch.setattr(Session, "_execute", note)
    return names


@pytest.fixture
def waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each transaction of the bench's ledger from now on waits for the disk, as the engine says."""
    found: list[bool] = []
    database: Any = bench.ledger._database
    transaction = database.transaction

    @contextmanager
    def look(**options: bool) -> Iterator[Session]:
        with transaction(**options) as session:
            connection = session._connection
            if hasattr(connection, "total_changes"):
                found.append(connection.execute("PRAGMA synchronous").fetchone()[0] == 2)  # FULL
            else:
                row = connection.execute("SHOW synchronous_commit").fetchone()
                found.append(row["synchronous_commit"] == "on")
            yield session

    monkeypatch.setattr(database, "transaction", look)
    return found


class TestDisk:
    """Only the moment of sending must be on the disk before the first byte."""

    def test_the_moment_of_sending_waits_for_the_disk_alone(
        self, bench: Bench, other: Ledger, waits: list[bool]
    ) -> None:
        """A claim that is lost is made again, and a lost receipt is read back from the account."""
        claim = bench.claim()
        bench.ledger.outbox.mark_sending(claim, at(0))
        bench.answer(claim, bench.receipt())

        assert waits == [False, True, False]
        assert other.history.get(claim.key).state is State.DELIVERED

    def test_the_answer_to_a_claim_that_ran_out_waits_for_the_disk(
        self, bench: Bench, other: Ledger, waits: list[bool]
    ) -> None:
        """It may be all that tells of a second post."""
        claim = bench.send()
        waits.clear()

        bench.ledger.outbox.record(claim, bench.receipt(), at(1, wall_s=20))

        assert waits == [True]
        assert other.history.get(claim.key).state is State.DELIVERED

    def test_what_people_do_waits_for_the_disk(self, bench: Bench, waits: list[bool]) -> None:
        """A halt, a plan and a sweep are promises of their own."""
        bench.enroll(plan())
        bench.ledger.halts.halt("all", None, "wait", "ana", at(0))
        bench.ledger.sweeping.sweep(at(1))

        assert waits == [True, True, True]


class TestFooting:
    """What a claim saw holds for its sending as long as nobody else has written."""

    def test_it_is_not_read_again(self, bench: Bench, other: Ledger, asked: list[str]) -> None:
        """Neither halts, nor limits, nor sends; steps on other channels change none of it."""
        claims = [bench.claim(0, channel) for channel in (X, PAGE)]
        asked.clear()

        for claim in claims:
            bench.ledger.outbox.mark_sending(claim, at(0))

        assert not READ_AGAIN & set(asked)
        assert other.history.get(claims[1].key).state is State.CLAIMED

    def test_halts_are_not_read_again_for_the_next_claim(
        self, bench: Bench, other: Ledger, asked: list[str]
    ) -> None:
        """A receipt changes what its own channel may do, and nothing else."""
        bench.deliver(0)
        asked.clear()

        claim = bench.claim(1)

        assert "active_halts" not in asked
        assert {"channel_gate", "terms_of_channel"} <= set(asked)
        assert other.history.get(claim.key).state is State.CLAIMED

    @pytest.mark.parametrize(
        "write",
        [
            lambda ledger: ledger.halts.halt("channel", X, "wait", "ana", at(0)),
            lambda ledger: ledger.channels.suspend(X, "dead", at(0)),
            lambda ledger: ledger.sweeping.take_over(["r1"], at(0)),
            lambda ledger: note_gap_of(ledger, at(-5).at, at(0), "a copy"),
        ],
        ids=["halt", "suspension", "takeover", "gap"],
    )
    @pytest.mark.parametrize("is_own", [True, False])
    def test_what_was_written_meanwhile_forbids_it(
        self, bench: Bench, other: Ledger, write: Callable[[Ledger], object], is_own: bool
    ) -> None:
        """By another process, or by our own."""
        claim = bench.claim()
        write(bench.ledger if is_own else other)

        with pytest.raises(SendForbidden):
            bench.ledger.outbox.mark_sending(claim, at(0))

    def test_a_halt_is_seen_by_the_next_claim(self, bench: Bench, other: Ledger) -> None:
        """What was remembered of halts is forgotten when anybody else has written."""
        bench.deliver(0)
        other.halts.halt("all", None, "wait", "ana", at(0))

        halted = bench.find_claim(1)
        other.halts.resume(at(1), "ana")

        assert halted is None
        assert bench.find_claim(1) is not None

    @pytest.mark.parametrize(
        ("later", "why"),
        [
            (at(0, wall_s=20), "the lease ran out"),
            (at(30, wall_s=1), "its deadline passed"),
            (at(10, wall_s=1), "silence came between"),
        ],
    )
    def test_time_alone_forbids_it(self, bench: Bench, later: Any, why: str) -> None:
        """Lease, deadline and silences are held against the clock, though nothing is read."""
        quiet = (NOON + timedelta(minutes=5), NOON + timedelta(minutes=15))
        deadline = NOON + timedelta(minutes=30)
        bench.enroll(plan(expires_at=deadline), plan("later", 1), spacing=timedelta(), quiet=(quiet,))
        claim = bench.claim()

        with pytest.raises(SendForbidden, match=why):
            bench.ledger.outbox.mark_sending(claim, later)

    def test_money_that_other_channels_spent_is_counted(self, bench: Bench) -> None:
        """Two claims that the budget would pay for one by one: the second is forbidden."""
        bench.enroll(
            plan("a", price_usd_micros=100),
            plan("b", price_usd_micros=100, channel=PAGE),
            budget_usd_micros=150,
        )
        claims = [bench.claim(0, channel) for channel in (X, PAGE)]
        bench.ledger.outbox.mark_sending(claims[0], at(0))

        with pytest.raises(SendForbidden, match="the budget is spent"):
            bench.ledger.outbox.mark_sending(claims[1], at(0))

    def test_a_claim_is_sent_once(self, bench: Bench, other: Ledger) -> None:
        """Its second sending is forbidden, whether or not anybody has written."""
        claim = bench.send()

        with pytest.raises(SendForbidden, match="a request was already made"):
            bench.ledger.outbox.mark_sending(claim, at(0))
        assert other.history.get(claim.key).state is State.CLAIMED

    def test_an_older_claim_does_not_stand_on_a_newer_ones_footing(self, bench: Bench, other: Ledger) -> None:
        """The first was given back; its runner comes late."""
        first = bench.claim(0)
        bench.answer(first, NotSent(reason="no such host"), 0)
        second = bench.claim(0)

        with pytest.raises(SendForbidden, match="the claim was taken away"):
            bench.ledger.outbox.mark_sending(first, at(0))
        assert other.outbox.claim(X, "r2", at(0), LEASE) is None
        assert second.attempt_id != first.attempt_id

    def test_trouble_on_another_channel_makes_it_read_again(
        self, bench: Bench, other: Ledger, asked: list[str]
    ) -> None:
        """Only a receipt is a step: what else an answer may change is not foreseen."""
        claims: list[Claim] = [bench.claim(0, channel) for channel in (X, PAGE)]
        bench.ledger.outbox.mark_sending(claims[0], at(0))
        bench.answer(claims[0], InDoubt(reason="timed out"))
        asked.clear()

        bench.ledger.outbox.mark_sending(claims[1], at(0))

        assert set(asked) >= READ_AGAIN
        assert other.history.get(claims[1].key).state is State.CLAIMED


class Killed(BaseException):
    """Whoever writes is gone at once."""


def launch(bench: Bench) -> None:
    """Enrol late: one post stands on the account, one perhaps, and the other channel is left out."""
    published, unknown = plan("there"), plan("perhaps", 1)
    bench.ledger.enrolment.enroll(
        replace(
            TERMS, storm_id="imd", channels=(X, PAGE), limits=replace(TERMS.limits, budget_usd=Decimal(9))
        ),
        [published, unknown, plan("coming", 90), plan("there", channel=PAGE)],
        at(30),
        Adoption(
            published={str(published.key): bench.receipt()},
            unknown=(
                Unknown(channel=X, keys=(str(unknown.key),), since=NOON, why="page 2 is missing"),
                Unknown(channel=PAGE, keys=(str(plan("there", channel=PAGE).key),), since=NOON, why="unread"),
            ),
            cost_usd_micros=35_000,
        ),
        hosts={"x": "api.x.com", "facebook": "graph.facebook.com"},
        accounts={parse_channel_id(X): ("1", "@day"), parse_channel_id(PAGE): ("2", "Day")},
        suspended={PAGE: "left out at launch"},
    )


def halt(bench: Bench) -> None:
    """Enrol on two channels, of which one is suspended, and halt everything and that channel."""
    bench.enroll(plan("a"), plan("b", 1), plan("c", channel=PAGE))
    bench.ledger.channels.suspend(X, "its token is dead", at(0))
    for scope, target in (("all", None), ("channel", X)):
        bench.ledger.halts.halt(scope, target, "wait", "ana", at(0))


def resume(bench: Bench) -> None:
    """Resume the suspended channel, with an answer for what is late there."""
    bench.ledger.halts.resume(at(60), "ana", scope="channel", target=X, late=LatePolicy.SEND)


def look(bench: Bench) -> dict[str, list[str]]:
    """Return all that a ledger holds."""
    tables = list_tables(load_migrations("sqlite"))
    return {table: sorted(map(repr, bench.execute(f"SELECT * FROM {table}"))) for table in tables}  # noqa: S608


class TestAllOrNothing:
    """What belongs together is there whole or not at all, whoever is killed meanwhile."""

    @pytest.mark.parametrize(
        ("prepare", "act", "least"),
        [(lambda _bench: None, launch, 40), (halt, resume, 10)],
        ids=["launch", "resume"],
    )
    def test_a_death_at_any_statement_leaves_nothing(
        self,
        bench: Bench,
        monkeypatch: pytest.MonkeyPatch,
        prepare: Callable[[Bench], None],
        act: Callable[[Bench], None],
        least: int,
    ) -> None:
        """The ledger is as it was, until the last statement has been committed."""
        execute, left = Session._execute, 0
        prepare(bench)
        before = look(bench)

        def die(self: Session, name: str, values: dict[str, Any]) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return execute(self, name, values)

        monkeypatch.setattr(Session, "_execute", die)
        for statements in itertools.count():
            left = statements
            try:
                act(bench)
            except Killed:
                assert look(bench) == before, f"dead after {statements} statements"
            else:
                break

        assert statements >= least
        assert look(bench) != before

    def test_a_launch_is_whole(self, bench: Bench) -> None:
        """Receipt, doubt, suspension, hosts, accounts and what the readings cost, beside the plan."""
        launch(bench)

        (storm,) = bench.ledger.overview.status(at(30), storm_id="imd", runner_timeout=LEASE).storms
        views = bench.ledger.history.deliveries("imd")
        states = {(view.channel, view.message_id): view.state for view in views}
        assert states == {
            (X, "there"): State.DELIVERED,
            (X, "perhaps"): State.IN_DOUBT,
            (X, "coming"): State.PLANNED,
            (PAGE, "there"): State.PLANNED,
        }
        assert storm.budget is not None
        assert storm.budget.spent_usd_micros == 35_000
        assert bench.ledger.bound_hosts() == {"x": "api.x.com", "facebook": "graph.facebook.com"}
        assert bench.ledger.channels.get_account(PAGE) == ("2", "Day")
        assert bench.ledger.channels.suspended() == {PAGE: "left out at launch"}

    def test_a_resumption_is_whole(self, bench: Bench) -> None:
        """The channel is released, its halt lifted, the wider one narrowed, and what is late is sent."""
        halt(bench)

        resumed = bench.ledger.halts.resume(at(60), "ana", scope="channel", target=X, late=LatePolicy.SEND)

        assert resumed == Resumed(lifted=1, narrowed=1, is_released=True, forgiven=2)
        assert bench.ledger.channels.suspended() == {}
        assert bench.claim(60).message_id in {"a", "b"}
        assert bench.find_claim(60, PAGE) is None
