"""What every ledger engine promises of a plan: it becomes rows, idempotently."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import Media, MediaKind
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import (
    InDoubt,
    Refused,
)
from stormctl.errors import FindingsError
from tests.contract.crowd import CHANNELS, OPEN
from tests.contract.places import REFUSALS
from tests.factories import recent_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
PAGE = "facebook:migrants-day"
FOR_NOW = Refused(reason="too many requests", code="429", for_good=False)
DOUBT = InDoubt(reason="timed out")
PICTURE = Media(
    file="images/boat.png", alt="A paper boat", kind=MediaKind.IMAGE, mime="image/png", digest="d1", size=3
)


class TestEnroll:
    """A plan becomes rows, idempotently."""

    def test_same_plan_twice_changes_nothing(self, bench: Bench, plan: Plan) -> None:
        """The second enrolment of a plan touches no delivery and tells nothing."""
        first = bench.enroll(plan("a"), plan("b", 10))

        second = bench.enroll(plan("a"), plan("b", 10))

        assert (first.added, first.updated, first.unchanged, first.withdrawn) == (2, 0, 0, 0)
        assert (second.added, second.updated, second.unchanged, second.withdrawn) == (0, 0, 2, 0)
        assert [event.kind for event in recent_events(bench.ledger, 9)] == [EventKind.ENROLLED]

    def test_moved_and_reworded_deliveries_follow_the_plan(self, bench: Bench, plan: Plan) -> None:
        """Neither slot nor text is identity: the row is updated."""
        bench.enroll(plan("a"))

        done = bench.enroll(plan("a", 30, text="Reworded"))

        view = bench.ledger.history.deliveries("imd")[0]
        assert (done.added, done.updated) == (0, 1)
        assert (view.text, bench.next_due()) == ("Reworded", 30)

    def test_deliveries_may_swap_their_texts(self, bench: Bench, plan: Plan) -> None:
        """The unique texts of a channel don't stand in the way of a re-plan."""
        bench.enroll(plan("a", text="One"), plan("b", 10, text="Two"))

        done = bench.enroll(plan("a", text="Two"), plan("b", 10, text="One"))

        assert done.updated == 2
        assert [view.text for view in bench.ledger.history.deliveries("imd")] == ["Two", "One"]

    def test_withdrawn_delivery_comes_back_with_the_plan(self, bench: Bench, plan: Plan) -> None:
        """What left the plan is cancelled, and planned again when it returns."""
        bench.enroll(plan("a"), plan("b", 10))

        gone = bench.enroll(plan("a"))
        states = bench.states()
        back = bench.enroll(plan("a"), plan("b", 10))

        assert (gone.withdrawn, states) == (1, {"a": "planned", "b": "cancelled"})
        assert (back.updated, bench.states()) == (1, {"a": "planned", "b": "planned"})

    def test_operator_cancelled_stays_cancelled(self, bench: Bench, plan: Plan) -> None:
        """A re-plan never revives what a person cancelled."""
        bench.enroll(plan("a"))
        bench.execute(
            "UPDATE deliveries SET state = 'cancelled', cancelled_by = 'operator' WHERE storm_id = 'imd'"
        )

        done = bench.enroll(plan("a", text="Reworded"))

        assert (done.settled, bench.states()) == (1, {"a": "cancelled"})

    def test_delivered_is_never_posted_again_by_rewording(self, bench: Bench, plan: Plan) -> None:
        """A delivered row keeps its text and state."""
        bench.enroll(plan("a"))
        bench.deliver()

        done = bench.enroll(plan("a", 60, text="Reworded"))

        assert (done.settled, bench.states()) == (1, {"a": "delivered"})
        assert bench.ledger.history.deliveries("imd")[0].text == "About a"

    def test_claimed_is_left_alone(self, bench: Bench, plan: Plan) -> None:
        """What is in flight keeps the text that is being sent."""
        bench.enroll(plan("a"))
        bench.claim()

        done = bench.enroll(plan("a", text="Reworded"))

        assert (done.unchanged, bench.ledger.history.deliveries("imd")[0].text) == (1, "About a")

    def test_waiting_for_a_retry_follows_the_plan_but_still_waits(self, bench: Bench, plan: Plan) -> None:
        """Rewording doesn't shorten what the platform asked for."""
        bench.enroll(plan("a", grace=timedelta(hours=1)))
        bench.answer(bench.send(), FOR_NOW, retry=20)

        done = bench.enroll(plan("a", text="Reworded", grace=timedelta(hours=1)))

        assert (done.updated, bench.next_due(1)) == (1, 20)

    def test_same_text_on_a_channel_and_date_is_refused_with_both_names(
        self, bench: Bench, plan: Plan
    ) -> None:
        """Two deliveries that say the same stop the whole enrolment."""
        with pytest.raises(FindingsError) as caught:
            bench.enroll(plan("a", text="Same"), plan("b", 10, text="Same"))

        assert "imd/x:migrants-day/a/en" in caught.value.message
        assert "imd/x:migrants-day/b/en" in caught.value.message
        assert "imd" not in bench.ledger.history.storms()

    @pytest.mark.parametrize("state", ["planned", "claimed", "in_doubt", "delivered"])
    def test_a_renamed_file_does_not_say_it_again(self, bench: Bench, plan: Plan, state: str) -> None:
        """The same text under another name, while its post is to come, under way, in doubt or out: once."""
        bench.enroll(plan("old"), plan("other", 30, channel=PAGE))
        if state != "planned":
            claim = bench.claim()
        if state in {"in_doubt", "delivered"}:
            bench.ledger.outbox.mark_sending(claim, bench.at(0))
            bench.answer(claim, bench.receipt() if state == "delivered" else InDoubt(reason="timed out"))

        def rename() -> None:
            bench.enroll(plan("new", text="About old"), plan("other", 30, channel=PAGE))

        if state == "planned":
            rename()
        else:
            with pytest.raises(FindingsError, match="say the same"):
                rename()
            values = "'new', text_digest, 'planned'"
            columns = (
                "storm_id, channel, platform, message_id, follows, post, has_media, plan_digest, slot_at, "
            )
            columns += "storm_on, kind, rank, priority, late, grace, price_usd_micros"
            with pytest.raises(REFUSALS):
                bench.execute(
                    f"INSERT INTO deliveries ({columns}, key, text_digest, state) "  # noqa: S608 - our own words
                    f"SELECT {columns}, {values} FROM deliveries WHERE message_id = 'old'"
                )

        states = bench.states()
        assert states.pop("other") == "planned"
        assert states == ({"old": "cancelled", "new": "planned"} if state == "planned" else {"old": state})

    def test_same_text_on_another_channel_or_date_is_fine(self, bench: Bench, plan: Plan) -> None:
        """Uniqueness holds within a channel and a date of the storm."""
        tomorrow = plan("c", 1440, text="Same")

        done = bench.enroll(
            plan("a", text="Same"),
            plan("b", text="Same", channel=PAGE),
            replace(tomorrow, storm_on=tomorrow.storm_on + timedelta(days=1)),
        )

        assert done.added == 3


class TestCounts:
    """What is still to come, and what must be uploaded for it."""

    def test_open_and_in_flight(self, bench: Bench, plan: Plan) -> None:
        """Planned, claimed and in doubt are open; the last two are in flight."""
        bench.enroll(plan("a"), plan("b", 5), plan("c", channel=PAGE), plan("d", 5, channel=PAGE))
        bench.answer(bench.send(), DOUBT)
        bench.deliver(channel=PAGE)
        bench.claim(5)

        backlog = bench.ledger.backlog
        assert (
            backlog.open_count(),
            backlog.open_count("imd"),
            backlog.open_count("x"),
            backlog.in_flight([X, PAGE]),
            backlog.in_flight([PAGE]),
            backlog.open_channels(),
        ) == (3 + OPEN, 3, 0, 2, 0, sorted([PAGE, X, *CHANNELS]))

    def test_whatever_is_open_opens_its_channel(self, bench: Bench, plan: Plan) -> None:
        """One that is planned, claimed or in doubt is enough; what is settled is not."""
        names = [f"x:{name}" for name in ("planned", "claimed", "in-doubt", "delivered", "cancelled")]
        bench.enroll(*(plan("a", channel=name) for name in names))
        bench.claim(channel="x:claimed")
        bench.answer(bench.send(channel="x:in-doubt"), DOUBT)
        bench.deliver(channel="x:delivered")
        bench.ledger.manual.cancel(["imd/x:cancelled/a/en"], "ana", bench.at(0))

        found = bench.ledger.backlog.open_channels()

        assert found == sorted([*CHANNELS, "x:claimed", "x:in-doubt", "x:planned"])

    def test_held_doubt_is_not_in_flight(self, bench: Bench, plan: Plan) -> None:
        """What waits for a person is open, but nothing is under way."""
        bench.enroll(plan("a"))
        bench.answer(bench.send(), DOUBT)
        bench.ledger.doubts.hold(bench.ledger.doubts.open([X])[0], "one resembles it", bench.at(1))

        assert (bench.ledger.backlog.open_count(), bench.ledger.backlog.in_flight([X])) == (1 + OPEN, 0)

    def test_adopted_post_is_delivered_without_an_attempt(self, bench: Bench, plan: Plan) -> None:
        """A planned text that stands on the account already is recorded, and matched by nobody else."""
        key = "imd/x:migrants-day/a/en"

        for _ in range(2):
            bench.enroll(plan("a"), published={key: bench.receipt()})

        view = bench.ledger.history.get(key)
        assert (view.state, view.post_id, view.attempts) == ("delivered", "p1", 0)
        assert bench.ledger.doubts.known_post_ids(X) == {"p1"}
        assert bench.find_claim(1) is None

    def test_adopted_post_settles_no_doubt(self, bench: Bench, plan: Plan) -> None:
        """One post is one delivery's receipt, adopted or not."""
        bench.enroll(plan("a"), plan("b", 60))
        bench.answer(bench.send(), DOUBT)
        receipt = bench.receipt()
        bench.enroll(plan("a"), plan("b", 60), published={"imd/x:migrants-day/b/en": receipt})
        doubt = bench.ledger.doubts.open([X])[0]

        assert not bench.ledger.doubts.settle_delivered(
            doubt, receipt.post_id, receipt.url, bench.at(2), "found"
        )

    def test_media_to_prepare(self, bench: Bench, plan: Plan) -> None:
        """Media of what is due soon and has no valid upload, each once; not what is halted or given up."""
        other = replace(PICTURE, digest="d2")
        bench.enroll(
            plan("a", media=(PICTURE,)),
            plan("b", 1, media=(PICTURE, other)),
            plan("c", 99, media=(replace(PICTURE, digest="d3"),)),
            plan("d", 1, media=(replace(PICTURE, digest="d4"),), topic="rights"),
            plan("e", -16, media=(replace(PICTURE, digest="d5"),)),
            plan("f", 2, media=(replace(PICTURE, digest="d6"),), expires_at=bench.at(0).at),
            plan("g", 1, media=(replace(PICTURE, digest="d7"),), channel=PAGE),
        )
        bench.ledger.halts.halt("topic", "rights", "wait", "ana", bench.at(0))
        bench.ledger.media.record_upload(X, other, "m2", None, bench.at(0))

        found = bench.ledger.backlog.to_prepare(bench.at(0), timedelta(minutes=5), [X])

        assert found == [(X, PICTURE)]
