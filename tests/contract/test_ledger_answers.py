"""What every ledger engine promises of an answer, in time, late, or never given."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import (
    Delivered,
    InDoubt,
    NotSent,
    Refused,
    SendForbidden,
    State,
)
from stormctl.errors import LedgerError
from tests.contract.crowd import PLANNED
from tests.factories import recent_events, release

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import Claim, PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
PAGE = "facebook:migrants-day"
FOR_NOW = Refused(reason="too many requests", code="429", for_good=False)
FOR_GOOD = Refused(reason="the text is not allowed", code="403", for_good=True)
DOUBT = InDoubt(reason="timed out")
PICTURE = Media(
    file="images/boat.png", alt="A paper boat", kind=MediaKind.IMAGE, mime="image/png", digest="d1", size=3
)
NOT_SENT = NotSent(reason="no such host")


def forbidden(bench: Bench, claim: Claim, moment: Moment) -> str:
    """Return why a claim must not be sent."""
    with pytest.raises(SendForbidden) as caught:
        bench.ledger.outbox.mark_sending(claim, moment)
    return caught.value.reason


def forgive(bench: Bench, late: LatePolicy, *, scope: str = "all", target: str | None = None) -> int:
    """Resume a scope an hour after noon, with a policy for what is late; return how many that touched."""
    return bench.ledger.halts.resume(bench.at(60), "ana", scope=scope, target=target, late=late).forgiven


class TestRecord:
    """Every answer leads where the table of states says."""

    @pytest.mark.parametrize(
        ("outcome", "state", "kind"),
        [
            (Delivered(post_id="p", url="u"), State.DELIVERED, EventKind.DELIVERED),
            (NOT_SENT, State.PLANNED, EventKind.NOT_SENT),
            (FOR_NOW, State.PLANNED, EventKind.PUT_OFF),
            (FOR_GOOD, State.FAILED, EventKind.FAILED),
            (DOUBT, State.IN_DOUBT, EventKind.IN_DOUBT),
        ],
    )
    def test_current_claim(
        self, bench: Bench, plan: Plan, outcome: Delivered, state: State, kind: EventKind
    ) -> None:
        """The state follows the answer, with the reason and an event."""
        bench.enroll(plan("a"))

        recorded = bench.answer(bench.send(), outcome)

        view = bench.ledger.history.get("imd/x:migrants-day/a/en")
        assert (state, state) == (recorded, view.state)
        assert getattr(outcome, "reason", "") == view.why
        assert kind == recent_events(bench.ledger, 1)[0].kind

    def test_receipt_is_kept(self, bench: Bench, plan: Plan) -> None:
        """Id, address and time of the receipt are the delivery's."""
        bench.enroll(plan("a"))
        bench.answer(bench.send(1), Delivered(post_id="42", url="https://example.org/42"), 2)

        view = bench.ledger.history.get("imd/x:migrants-day/a/en")

        assert ("42", "https://example.org/42", bench.at(2).at) == (view.post_id, view.url, view.delivered_at)

    def test_planned_again_not_before_retry_at(self, bench: Bench, plan: Plan) -> None:
        """What was refused for now waits as long as it was told to."""
        bench.enroll(plan("a"))
        bench.answer(bench.send(), FOR_NOW, retry=8)

        assert (bench.next_due(0), bench.find_claim(7.9)) == (8, None)
        assert bench.claim(8).attempt_id == 2

    def test_answer_is_written_once(self, bench: Bench, plan: Plan) -> None:
        """A second answer to the same attempt changes nothing."""
        bench.enroll(plan("a"))
        claim = bench.send()
        bench.answer(claim, FOR_GOOD)

        again = bench.answer(claim, bench.receipt())

        assert (again, bench.ledger.history.attempts(claim.key)[0].outcome) == (State.FAILED, "refused")

    @pytest.mark.parametrize("outcome", [DOUBT, Delivered(post_id="p", url="u")])
    def test_answer_of_an_unmarked_request_counts_as_sent(
        self, bench: Bench, plan: Plan, outcome: Delivered | InDoubt
    ) -> None:
        """An adapter that forgot the last check can't get around spacing."""
        bench.enroll(plan("a"), plan("b"))
        bench.answer(bench.claim(), outcome, 1)

        assert bench.next_due(2) == 6

    @pytest.mark.parametrize("outcome", [NotSent(reason="no route"), FOR_NOW])
    def test_what_came_before_the_last_check_was_never_sent(
        self, bench: Bench, plan: Plan, outcome: NotSent | Refused
    ) -> None:
        """No route, or a refused upload: the attempt has no moment of sending, and keeps nobody waiting."""
        bench.enroll(plan("a"), plan("b"))
        claim = bench.claim()

        bench.answer(claim, outcome, 1)

        assert bench.ledger.history.attempts(claim.key)[0].sending_at is None
        assert bench.next_due(1) == 1

    def test_late_answer_only_completes_the_attempt(self, bench: Bench, plan: Plan) -> None:
        """After the claim was lost, a refusal leaves the delivery in doubt."""
        bench.enroll(plan("a"))
        claim = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))

        late = bench.answer(claim, FOR_GOOD, 2)

        assert (late, bench.ledger.history.attempts(claim.key)[0].outcome) == (State.IN_DOUBT, "refused")

    def test_late_receipt_settles_a_doubt(self, bench: Bench, plan: Plan) -> None:
        """A receipt that comes after the lease ran out makes the delivery delivered, when it was sent."""
        bench.enroll(plan("a"))
        claim = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))

        late = bench.answer(claim, bench.receipt(), 2)

        view = bench.ledger.history.get(claim.key)
        assert (State.DELIVERED, "p1", bench.at(0).at) == (late, view.post_id, view.delivered_at)
        assert [event.kind for event in recent_events(bench.ledger, 1)] == [EventKind.RECONCILED]

    def test_late_receipt_of_another_post_than_was_found_is_a_warning(self, bench: Bench, plan: Plan) -> None:
        """If a stranger's equal post settled the doubt, the late receipt breaks nothing and is told."""
        bench.enroll(plan("a"))
        claim = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))
        doubt = bench.ledger.doubts.open([X])[0]
        bench.ledger.doubts.settle_delivered(
            doubt, "stranger", "https://x.com/i/stranger", bench.at(1), "found"
        )

        late = bench.answer(claim, bench.receipt(), 2)

        (event,) = recent_events(bench.ledger, 1)
        assert (late, bench.ledger.history.get(claim.key).post_id) == (State.DELIVERED, "stranger")
        assert (event.kind, "stranger" in event.text) == (EventKind.POSTED_TWICE, True)

    def test_late_receipt_takes_a_newer_claim_away(self, bench: Bench, plan: Plan) -> None:
        """Before the second request begins, it is forbidden."""
        bench.enroll(plan("a", grace=timedelta(hours=1)))
        old = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))
        bench.execute(
            "UPDATE deliveries SET state = 'planned', sending_at = NULL, sending_wall_at = NULL"
            " WHERE storm_id = 'imd'"
        )
        new = bench.claim(10)

        late = bench.answer(old, bench.receipt(), 10)

        assert late == State.DELIVERED
        assert forbidden(bench, new, bench.at(10)) == "the claim was taken away"

    def test_second_receipt_is_kept_with_a_warning(self, bench: Bench, plan: Plan) -> None:
        """Two receipts stay on their attempts, and people are told how to take one down."""
        bench.enroll(plan("a", grace=timedelta(hours=1)))
        old = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))
        bench.execute(
            "UPDATE deliveries SET state = 'planned', sending_at = NULL, sending_wall_at = NULL"
            " WHERE storm_id = 'imd'"
        )
        new = bench.send(10)

        first = bench.answer(old, bench.receipt(), 10)
        second = bench.answer(new, bench.receipt(), 10)

        events = recent_events(bench.ledger, 3)
        attempts = bench.ledger.history.attempts(old.key)
        assert (first, second) == (State.DELIVERED, State.DELIVERED)
        assert [attempt.post_id for attempt in attempts] == ["p1", "p2"]
        assert [e.kind for e in events] == [
            EventKind.RECONCILED,
            EventKind.POSTED_TWICE,
            EventKind.POSTED_TWICE,
        ]
        assert f"attempt {new.attempt_id} may have posted it a second time" in events[1].text
        assert "https://example.org/p1 and https://example.org/p2" in events[2].text
        assert bench.ledger.doubts.known_post_ids(X) == {"p1", "p2"}

    @pytest.mark.parametrize("first", ["proved not there", "refused", "not sent"])
    def test_what_came_to_nothing_is_no_second_post(self, bench: Bench, plan: Plan, first: str) -> None:
        """A late receipt raises no alarm because of an earlier attempt that is known to have failed."""
        bench.enroll(plan("a", grace=timedelta(hours=2)))
        claim = bench.send()
        if first == "proved not there":
            bench.ledger.sweeping.sweep(bench.at(1))
            (doubt,) = bench.ledger.doubts.open([X])
            for minutes in (2, 5):
                bench.ledger.doubts.record_reading(doubt, bench.at(minutes), complete=True, reason="")
            assert bench.prove_absent(doubt, bench.at(5))
        else:
            bench.answer(claim, FOR_NOW if first == "refused" else NotSent(reason="no route"), 1)
        second = bench.send(10)
        bench.ledger.sweeping.sweep(bench.at(11))

        state = bench.answer(second, bench.receipt(), 12)

        kinds = [event.kind for event in recent_events(bench.ledger, 9)]
        assert (state, kinds[-1]) == (State.DELIVERED, EventKind.RECONCILED)
        assert EventKind.POSTED_TWICE not in kinds

    def test_same_receipt_again_says_nothing(self, bench: Bench, plan: Plan) -> None:
        """The reconciler and the runner may both bring the same post."""
        bench.enroll(plan("a"))
        claim = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))
        doubt = bench.ledger.doubts.open([X])[0]
        bench.ledger.doubts.settle_delivered(doubt, "p1", "https://example.org/p1", bench.at(2), "found")

        late = bench.answer(claim, bench.receipt(), 3)

        assert late == State.DELIVERED
        assert recent_events(bench.ledger, 1)[0].kind == EventKind.RECONCILED

    @pytest.mark.parametrize("other", ["planned", "claimed", "in_doubt", "delivered"])
    def test_late_receipt_yields_to_the_same_text_under_another_key(
        self, bench: Bench, plan: Plan, other: str
    ) -> None:
        """If the text was given to another delivery meanwhile, people are warned and nothing breaks."""
        bench.enroll(plan("a"))
        claim = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))
        bench.execute(
            "UPDATE deliveries SET state = 'cancelled', cancelled_by = 'operator' WHERE storm_id = 'imd'"
        )
        bench.enroll(plan("b", text="About a"))
        if other == "claimed":
            bench.claim(10)
        elif other != "planned":
            bench.answer(bench.send(10), bench.receipt() if other == "delivered" else DOUBT, 10)

        late = bench.answer(claim, bench.receipt(), 11)

        assert (late, recent_events(bench.ledger, 1)[0].kind) == (State.CANCELLED, EventKind.POSTED_TWICE)
        assert bench.states() == {"a": "cancelled", "b": other}

    def test_late_receipt_counts_beside_the_same_text_that_came_to_nothing(
        self, bench: Bench, plan: Plan
    ) -> None:
        """What failed here, or is said elsewhere or another day, is no second post: nobody is warned."""
        bench.enroll(plan("a"))
        claim = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))
        bench.execute(
            "UPDATE deliveries SET state = 'cancelled', cancelled_by = 'operator' WHERE storm_id = 'imd'"
        )
        tomorrow = plan("e", 1440, text="About a")
        bench.enroll(
            plan("b", text="About a"),
            plan("c", text="About a", channel=PAGE),
            plan("d", 60),
            replace(tomorrow, storm_on=tomorrow.storm_on + timedelta(days=1)),
        )
        bench.answer(bench.send(10), FOR_GOOD, 10)

        late = bench.answer(claim, bench.receipt(), 11)

        assert (late, recent_events(bench.ledger, 1)[0].kind) == (State.DELIVERED, EventKind.RECONCILED)
        assert (bench.states()["a"], bench.states()["b"]) == ("delivered", "failed")

    def test_unknown_attempt(self, bench: Bench, plan: Plan) -> None:
        """An answer that a replaced ledger can't place stops with an explanation."""
        bench.enroll(plan("a"))
        claim = replace(bench.claim(), attempt_id=7)

        with pytest.raises(LedgerError, match="knows no attempt 7"):
            bench.answer(claim, DOUBT)


class TestSweep:
    """What time alone decides."""

    def test_lease_before_the_request(self, bench: Bench, plan: Plan) -> None:
        """A claim that never began its request is planned again, and may be claimed anew."""
        bench.enroll(plan("a"))
        claim = bench.claim()

        early = bench.ledger.sweeping.sweep(bench.at(0, wall_s=19))
        events = bench.ledger.sweeping.sweep(bench.at(0, wall_s=20))

        assert (early, [event.kind for event in events]) == ((), [EventKind.NOT_SENT])
        assert bench.ledger.history.attempts(claim.key)[0].outcome == "not_sent"
        assert bench.claim(1).attempt_id == 2

    def test_lease_after_the_request_began(self, bench: Bench, plan: Plan) -> None:
        """A claim whose request began is in doubt: never a blind resend."""
        bench.enroll(plan("a"))
        claim = bench.send()

        events = bench.ledger.sweeping.sweep(bench.at(0, wall_s=20))

        assert [event.kind for event in events] == [EventKind.IN_DOUBT]
        assert (
            bench.states()["a"],
            bench.ledger.history.attempts(claim.key)[0].outcome,
        ) == ("in_doubt", "in_doubt")

    def test_crash_leaves_the_claim_to_the_lease(self, bench: Bench, plan: Plan) -> None:
        """A process that vanishes without a word leaves the claim in the file for the next one to judge."""
        bench.enroll(plan("a"))
        bench.send()
        bench.ledger.close()

        bench.ledger = bench.reopen()

        assert bench.states() == {"a": "claimed"}
        assert None is bench.find_claim(1)
        bench.ledger.sweeping.sweep(bench.at(1))
        assert bench.states() == {"a": "in_doubt"}

    def test_take_over_does_not_wait_for_the_lease(self, bench: Bench, plan: Plan) -> None:
        """A dead runner's claims are released at once, others' are not."""
        bench.enroll(plan("a"), plan("b", channel=PAGE))
        bench.claim(runner="dead")
        bench.claim(channel=PAGE, runner="alive")

        events = bench.ledger.sweeping.take_over(["dead"], bench.at(0))

        assert [e.text for e in events] == ["a: its runner died before anything was sent: planned again"]
        assert bench.states() == {"a": "planned", "b": "claimed"}

    def test_expired_even_while_halted(self, bench: Bench, plan: Plan) -> None:
        """Deadlines pass whatever people do."""
        bench.enroll(plan("a", expires_at=bench.at(5).at))
        bench.ledger.halts.halt("all", None, "wait", "ana", bench.at(0))

        events = bench.ledger.sweeping.sweep(bench.at(5))

        assert ([e.kind for e in events], bench.states()) == ([EventKind.EXPIRED], {"a": "expired"})

    @pytest.mark.parametrize("given_up", ["expired", "missed"])
    def test_what_is_settled_is_given_up_by_nobody(self, bench: Bench, plan: Plan, given_up: str) -> None:
        """Deadline and grace concern what is planned: of the rest nothing changes, and nothing is told."""
        deadline: dict[str, Any] = {"expires_at": bench.at(20).at, "late": LatePolicy.SEND}
        names = ("delivered", "in_doubt", "failed", "cancelled", "planned")
        bench.enroll(
            *(
                plan(name, priority=-n, **(deadline if given_up == "expired" else {}))
                for n, name in enumerate(names)
            ),
            spacing=timedelta(),
            per_15min=9,
        )
        bench.deliver()
        bench.answer(bench.send(), DOUBT)
        bench.answer(bench.send(), FOR_GOOD)
        bench.ledger.manual.cancel([f"imd/{X}/cancelled/en"], "ana", bench.at(0))

        first, second = bench.ledger.sweeping.sweep(bench.at(21)), bench.ledger.sweeping.sweep(bench.at(99))

        assert [(event.kind, event.key) for event in first] == [(given_up, f"imd/{X}/planned/en")]
        assert second == ()
        assert bench.states() == {name: name for name in names} | {"planned": given_up}

    def test_missed_but_not_while_halted(self, bench: Bench, plan: Plan) -> None:
        """Late beyond its grace is missed; under a halt it waits for the operator's word."""
        bench.enroll(plan("a"), plan("b", topic="rights"))
        bench.ledger.halts.halt("topic", "rights", "wait", "ana", bench.at(0))

        at_grace = bench.ledger.sweeping.sweep(bench.at(15))
        bench.ledger.sweeping.sweep(bench.at(15.1))

        assert at_grace == ()
        assert bench.states() == {"a": "missed", "b": "planned"}

    def test_late_ones_are_counted_by_storm(self, bench: Bench, plan: Plan) -> None:
        """Planned ones whose slot is past, on all channels of a storm, with its zone; no storm without."""
        bench.enroll(plan("a"), plan("b", 1), plan("c", 2, channel=PAGE), plan("d", 10), plan("e", 11))
        bench.deliver()
        vigil = [plan("f", 3, storm="vigil"), plan("g", 30, storm="vigil")]
        bench.enroll(*vigil, storm_id="vigil", timezone="Europe/Madrid", spacing=timedelta())
        bench.enroll(plan("h", 12, storm="later"), storm_id="later")

        counts = bench.ledger.backlog.late_counts(bench.at(10))

        new_york = "America/New_York"
        assert counts == {
            "imd": (2, new_york),
            "vigil": (1, "Europe/Madrid"),
            "crowd": (PLANNED // 2, new_york),
            "throng": (PLANNED // 2, new_york),
        }

    def test_undecided_is_where_the_next_sweep_does_something(self, bench: Bench, plan: Plan) -> None:
        """Not where grace is left, where a halt keeps it, or where a suspended channel has some to spread."""
        spread: dict[str, Any] = {"late": LatePolicy.SPREAD, "window_end_at": bench.at(300).at}
        bench.enroll(
            *(plan("a"), plan("b", 2, topic="rights"), plan("c", 4, channel=PAGE, **spread)),
            *(plan("d", 30, expires_at=bench.at(31).at), plan("e", 40, channel=PAGE)),
        )
        backlog, halts, channels = bench.ledger.backlog, bench.ledger.halts, bench.ledger.channels
        steps: list[tuple[float, Callable[[], object]]] = [
            (15, lambda: None),
            (15.1, lambda: channels.suspend(X, "blocked", bench.at(15))),
            (15.2, lambda: release(bench.ledger, X, bench.at(15.2))),
            (17.1, lambda: halts.halt("topic", "rights", "wait", "ana", bench.at(17))),
            (17.2, lambda: halts.resume(bench.at(17.2), "ana", scope="topic", target="rights")),
            (19.1, lambda: channels.suspend(PAGE, "blocked", bench.at(19))),
            (19.2, lambda: release(bench.ledger, PAGE, bench.at(19.2))),
            (31, lambda: bench.deliver(20, PAGE)),
            (40.2, lambda: bench.claim(40, PAGE)),
            (40.4, lambda: None),
        ]
        found = []

        for minutes, act in steps:
            act()
            undecided = backlog.undecided(bench.at(minutes))
            events = bench.ledger.sweeping.sweep(bench.at(minutes))
            assert undecided == {event.channel for event in events}
            assert backlog.undecided(bench.at(minutes)) == set()
            found.append("".join(event.key.split("/")[2] for event in events if event.key))

        assert found == ["", "a", "", "", "b", "", "c", "d", "", "e"]

    def test_lateness_is_forgiven_only_where_something_flows(self, bench: Bench, plan: Plan) -> None:
        """An answer holds for what was shown: not for what another halt or a suspension keeps back."""
        bench.enroll(plan("a"), plan("b", topic="rights"), plan("c", channel=PAGE), plan("d", 100))
        bench.ledger.halts.halt("all", None, "wait", "ana", bench.at(0))
        bench.ledger.halts.halt("topic", "rights", "an error in the text", "ana", bench.at(0))
        bench.ledger.channels.suspend(PAGE, "its token is dead", bench.at(0))

        counts = [
            forgive(bench, LatePolicy.SEND, scope="channel", target=X),
            forgive(bench, LatePolicy.SEND),
            forgive(bench, LatePolicy.SEND, scope="channel", target=PAGE),
        ]

        late = {
            view.message_id: bench.ledger.history.details(view.key).give_up_at is None
            for view in bench.ledger.history.deliveries("imd")
        }
        assert counts == [1, 2 + PLANNED, 1]
        assert late == {"a": True, "b": True, "c": True, "d": False}

    def test_forgiven_lateness(self, bench: Bench, plan: Plan) -> None:
        """After a halt the operator chooses what happens to what is late, for all or for a part."""
        bench.enroll(
            plan("a", topic="rights"),
            plan("b", late=LatePolicy.SEND),
            plan("c", window_end_at=bench.at(90).at),
            plan("d", channel=PAGE),
            plan("later", 100),
            spacing=timedelta(),
        )

        counts = [
            forgive(bench, LatePolicy.SKIP),
            forgive(bench, LatePolicy.SEND, scope="topic", target="rights"),
            forgive(bench, LatePolicy.SPREAD, scope="message", target="c"),
            forgive(bench, LatePolicy.SEND, scope="platform", target="facebook"),
            forgive(bench, LatePolicy.SEND, scope="channel", target=PAGE),
        ]
        bench.ledger.sweeping.sweep(bench.at(60))

        assert counts == [4 + PLANNED, 1, 1, 1 + PLANNED // 2, 1]
        assert bench.states() == {
            "a": "planned",
            "b": "missed",
            "c": "planned",
            "d": "planned",
            "later": "planned",
        }
        bench.ledger.sweeping.sweep(bench.at(91))
        assert bench.states() == {
            "a": "planned",
            "b": "missed",
            "c": "missed",
            "d": "planned",
            "later": "planned",
        }
