"""What every ledger engine tells people, and what no statement may do to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.delivery import InDoubt, Kind, Refused, State
from stormctl.errors import ExitCode, LedgerError, UsageError
from tests.contract.crowd import STORMS
from tests.contract.places import REFUSALS
from tests.factories import bind_hosts_of, make_media, recent_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from stormctl.domain.platforms.channel import ChannelId
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
PAGE = "facebook:migrants-day"
KEY = "imd/x:migrants-day/a/en"
MINUTE = timedelta(minutes=1)


class TestHistory:
    """Events, newest state, near keys."""

    def test_whole_life_of_a_delivery_is_told(self, bench: Bench, plan: Plan) -> None:
        """Every change of state leaves an event, in order, with key and attempt."""
        bench.enroll(plan("a"))
        bench.answer(bench.send(), Refused(reason="slow down", code="429", for_good=False))
        bench.deliver(1)

        events = recent_events(bench.ledger, 9, "imd")

        told = [(event.kind.value, event.text, event.attempt_id) for event in events]
        assert told == [
            ("enrolled", "1 added, 0 updated, 0 withdrawn", None),
            ("claimed", "a", 1),
            ("put_off", "a: slow down", 1),
            ("claimed", "a", 2),
            ("delivered", "a", 2),
        ]
        assert (events[-1].key, events[-1].channel, events[-1].url) == (KEY, X, "https://example.org/p1")

    def test_slots_are_told_as_they_were_planned(self, bench: Bench, plan: Plan) -> None:
        """A thread once, what was spread where it was planned, and not what a plan withdrew."""
        spread = plan("late", 0, late=LatePolicy.SPREAD, window_end_at=bench.at(300).at)
        thread = [plan("t", 90, part=n, text=f"Part {n}.") for n in (1, 2)]
        bench.enroll(spread, *thread, plan("gone", 120), plan("out", 1))
        bench.enroll(spread, *thread, plan("out", 1))
        bench.deliver(1)
        bench.ledger.sweeping.sweep(bench.at(60))

        slots = bench.ledger.history.slots("imd")

        views = {view.message_id: view.slot_at for view in bench.ledger.history.deliveries("imd")}
        assert views["late"] > bench.at(0).at
        assert {(slot.name, slot.slot_at, slot.is_open) for slot in slots} == {
            ("late.en", bench.at(0).at, True),
            ("t.en", bench.at(90).at, True),
            ("out.en", bench.at(1).at, False),
        }
        assert {(slot.channel, slot.kind, slot.storm_on) for slot in slots} == {
            (X, Kind.SLOT, bench.at(0).at.date())
        }

    def test_what_is_out_is_listed_newest_first(self, bench: Bench, plan: Plan) -> None:
        """What was taken down and what may be out too; neither what is to come nor other storms."""
        picture = make_media("boat")
        bench.enroll(
            plan("a"), plan("b", 1), plan("c", 2, media=(picture,)), plan("d", 90), spacing=timedelta()
        )
        first = bench.deliver(0)
        bench.deliver(1)
        bench.answer(bench.send(2), InDoubt(reason="no answer"), 2)
        gone = bench.ledger.history.get(first.key)
        bench.ledger.manual.retracted(gone.key, str(gone.post_id), "ana", bench.at(3))

        found = bench.ledger.history.published("imd")

        assert [(view.message_id, view.state, media) for view, media in found] == [
            ("c", State.IN_DOUBT, (picture,)),
            ("b", State.DELIVERED, ()),
            ("a", State.RETRACTED, ()),
        ]
        assert bench.ledger.history.published("other") == []

    def test_own_events_are_kept(self, bench: Bench) -> None:
        """What the engine has to tell is read back as it was; only the newest are given."""
        events = [
            StormEvent(
                kind=EventKind.WARNING, at=bench.at(n).at, text=f"event {n}", storm_id="imd", channel=X
            )
            for n in range(3)
        ]
        for event in events:
            bench.ledger.history.append(event, bench.at(9))

        assert recent_events(bench.ledger, 2) == events[1:]
        assert recent_events(bench.ledger, 2, "other") == []

    def test_log_of_one_storm(self, bench: Bench, plan: Plan) -> None:
        """Its own events, and those of no storm that concern it; how late a post was, by its slot."""
        bench.enroll(plan("a"))
        bench.enroll(plan("b", storm="vigil"), storm_id="vigil")
        bench.deliver(2)
        bench.ledger.halts.halt("all", None, "quiet", "ana", bench.at(3))
        bench.ledger.channels.suspend("facebook:elsewhere", "token dead", bench.at(4))

        entries = bench.ledger.history.log("imd")

        told = [(entry.event.kind.value, entry.event.storm_id, entry.late) for entry in entries]
        assert told == [("enrolled", "imd", None), ("delivered", "imd", 2 * MINUTE), ("halted", None, None)]
        assert bench.ledger.history.log("imd", bench.at(3).at) == entries[-1:]
        assert {"vigil", "imd"} <= set(bench.ledger.history.zones())

    def test_a_new_plan_tells_what_it_changes(self, bench: Bench, plan: Plan) -> None:
        """Another text, another slot, what is dropped and what comes back: each by its key."""
        bench.enroll(plan("a"), plan("b", 30), plan("c", 60))
        bench.enroll(plan("a", text="Other words."), plan("b", 45))
        bench.enroll(plan("a", text="Other words."), plan("b", 45), plan("c", 60))

        entries = [entry.event for entry in bench.ledger.history.log("imd")]

        assert [event.text for event in entries if event.kind is EventKind.CHANGED] == [
            "c: withdrawn, no longer in the plan",
            "a: new text",
            "b: moved from 07:30 to 07:45",
            "c: planned again",
        ]

    def test_storms_newest_first(self, bench: Bench, plan: Plan) -> None:
        """By their first enrolment; a re-plan doesn't make one newer."""
        bench.enroll(plan("a"), moment=bench.at(0))
        bench.enroll(plan("b", storm="vigil"), storm_id="vigil", moment=bench.at(1))
        bench.enroll(plan("a"), moment=bench.at(2))

        assert bench.ledger.history.storms() == ["vigil", "imd", *STORMS]

    def test_attempts(self, bench: Bench, plan: Plan) -> None:
        """Each with its answer, code, reason and times."""
        bench.enroll(plan("a"))
        bench.answer(bench.send(1), Refused(reason="slow down", code="429", for_good=False), 2)
        bench.claim(3, runner="r2")

        first, second = bench.ledger.history.attempts(KEY)

        assert (first.outcome, first.code, first.why) == ("refused", "429", "slow down")
        assert (first.claimed_at, first.sending_at) == (bench.at(1).at, bench.at(1).at)
        assert first.answered_wall_at == bench.at(2).wall_at
        assert (second.outcome, second.runner_id, second.sending_at) == (None, "r2", None)

    def test_unknown_key_names_the_nearest(self, bench: Bench, plan: Plan) -> None:
        """A slip of the hand is met with the right word, wherever it slipped."""
        bench.enroll(plan("dignity"))

        hints = []
        for wrong in ("imd/x:migrants-day/dignit/en", "ind/x:migrants-day/dignity/en", "quite-different"):
            with pytest.raises(UsageError, match=wrong) as caught:
                bench.ledger.history.get(wrong)
            hints.append(caught.value.hint)

        right = "Did you mean imd/x:migrants-day/dignity/en?"
        assert hints == [right, right, "stormctl status --find TEXT shows keys."]


class TestStatus:
    """How things stand, in one object."""

    def test_storm_in_numbers(self, bench: Bench, plan: Plan) -> None:
        """Counts, channels, next, newest and troubled deliveries, lateness and span."""
        bench.enroll(
            plan("a"), plan("b", 1), plan("c", 10), plan("d", 2, channel=PAGE), channels=(PAGE, X, "x:idle")
        )
        bench.deliver(0)
        bench.answer(bench.send(5), InDoubt(reason="timed out"), 5)
        bench.ledger.channels.suspend(PAGE, "blocked", bench.at(5))
        runner = bench.ledger.runners.register("launch", "h", 1, bench.at(5))
        bench.ledger.runners.beat(runner, bench.at(5), channels=[X])
        bench.ledger.halts.halt("all", None, "wait", "ana", bench.at(5))

        status = bench.ledger.overview.status(bench.at(5), runner_timeout=MINUTE)

        storm, *others = status.storms
        page, x, idle = storm.channels
        assert storm.counts == {State.DELIVERED: 1, State.IN_DOUBT: 1, State.PLANNED: 2}
        assert (storm.total, storm.is_finished, storm.late) == (4, False, 1)
        assert [other.storm_id for other in others] == list(STORMS)
        assert [view.message_id for view in storm.upcoming] == ["d", "c"]
        assert [view.message_id for view in storm.recent] == ["a"]
        assert [(view.message_id, view.why) for view in storm.troubled] == [("b", "timed out")]
        assert (storm.first_slot_at, storm.last_slot_at) == (bench.at(0).at, bench.at(10).at)
        assert (page.channel, page.suspended_why, page.served) == (PAGE, "blocked", False)
        assert (x.channel, x.next_at, x.served) == (X, bench.at(10).at, True)
        assert (idle.channel, idle.counts, idle.next_at) == ("x:idle", {}, None)
        assert (status.ledger, len(status.runners), len(status.halts)) == (bench.ledger.where, 1, 1)

    def test_parts_behind_a_failed_one_are_not_late(self, bench: Bench, plan: Plan) -> None:
        """They wait for a person: they are neither due nor next, and stand where people look."""
        bench.enroll(
            *(plan("t", part=part, text=f"Part {part}.") for part in range(1, 5)), plan("later", 100)
        )
        bench.deliver(0)
        refused = Refused(reason="too long", code="400", for_good=True)
        bench.answer(bench.send(1), refused, 1)

        (storm,) = bench.ledger.overview.status(bench.at(5), storm_id="imd", runner_timeout=MINUTE).storms

        held = "it waits for the part before it, which failed or is waiting too"
        (channel,) = storm.channels
        assert (storm.late, channel.next_at) == (0, bench.at(100).at)
        assert [view.message_id for view in storm.upcoming] == ["later"]
        assert [(view.key[-1], view.state, view.why) for view in storm.troubled] == [
            ("2", State.FAILED, "too long"),
            ("3", State.PLANNED, held),
            ("4", State.PLANNED, held),
        ]

    def test_parts_that_only_wait_their_turn_are_late(self, bench: Bench, plan: Plan) -> None:
        """Whatever is not held by a failure comes by itself."""
        bench.enroll(*(plan("t", part=part, text=f"Part {part}.") for part in range(1, 4)))
        bench.deliver(0)

        (storm,) = bench.ledger.overview.status(bench.at(5), storm_id="imd", runner_timeout=MINUTE).storms

        assert (storm.late, storm.troubled) == (2, ())

    def test_one_storm_of_several(self, bench: Bench, plan: Plan) -> None:
        """Only the storm that was asked for is told."""
        bench.enroll(plan("a"))
        bench.enroll(plan("b", storm="vigil"), storm_id="vigil")

        status = bench.ledger.overview.status(bench.at(0), storm_id="vigil", runner_timeout=MINUTE)

        assert [storm.storm_id for storm in status.storms] == ["vigil"]


class TestHosts:
    """A ledger is bound to its hosts."""

    def test_first_binding_holds(self, bench: Bench) -> None:
        """A platform may be added; another host for a bound one is refused, and nothing is bound by it."""
        ledger = bench.ledger
        bind_hosts_of(ledger, {"x": "api.x.com"})
        bind_hosts_of(ledger, {"x": "api.x.com"})

        with pytest.raises(LedgerError, match=r"belongs to api\.x\.com.*127\.0\.0\.1:8080") as caught:
            bind_hosts_of(ledger, {"facebook": "127.0.0.1:8080", "x": "127.0.0.1:8080"})

        assert (ledger.bound_hosts(), caught.value.exit_code) == ({"x": "api.x.com"}, ExitCode.MAINTENANCE)
        with pytest.raises(LedgerError, match=r"belongs to api\.x\.com"):
            ledger.check_hosts(lambda _: {"x": "127.0.0.1:8080"})
        ledger.check_hosts(lambda _: {"x": "api.x.com", "facebook": "graph.facebook.com"})
        bind_hosts_of(ledger, {"facebook": "graph.facebook.com"})
        assert ledger.bound_hosts() == {"facebook": "graph.facebook.com", "x": "api.x.com"}

    def test_a_channel_may_have_a_server_of_its_own(self, bench: Bench) -> None:
        """From its first enrolment on: it keeps it, and a channel of the platform's host can't move there."""
        ledger = bench.ledger
        mine = {"x": "api.x.com", "x:one": "api.x.com", "x:own": "own.example.org"}
        bind_hosts_of(ledger, mine)

        for moved in (
            {"x:own": "api.x.com"},
            {"x:one": "own.example.org"},
            {"x:new": "own.example.org"},
            {"x": "own.example.org"},
        ):
            with pytest.raises(LedgerError, match=f"but {next(iter(moved))} would be posted to"):
                bind_hosts_of(ledger, moved)
        bind_hosts_of(ledger, {**mine, "x:new": "api.x.com"})

        assert ledger.bound_hosts() == {"x": "api.x.com", "x:own": "own.example.org"}

    def test_channels_that_share_no_host_have_each_its_own(self, bench: Bench, plan: Plan) -> None:
        """Where the platform has no host, one more channel brings one more; whoever has moved is found."""
        ledger = bench.ledger
        bench.enroll(plan("a", 60), plan("b", 70, channel="x:other"))
        here = {"x:migrants-day": "one.example.org", "x:other": "two.example.org"}
        bind_hosts_of(ledger, {"x:migrants-day": here["x:migrants-day"]})
        bind_hosts_of(ledger, {"x:other": here["x:other"]})
        asked: list[str] = []

        def find_hosts(channels: Iterable[ChannelId]) -> dict[str, str]:
            asked.extend(map(str, channels))
            return {name: here[name] for name in asked if name in here}

        ledger.check_hosts(find_hosts)
        here["x:other"] = "one.example.org"

        assert set(here) < set(asked)
        with pytest.raises(LedgerError, match=r"two\.example\.org, but x:other would be posted to one\."):
            ledger.check_hosts(find_hosts)


class TestGuards:
    """What the schema refuses, whoever writes it."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE deliveries SET state = 'planned' WHERE state = 'delivered'",
            "UPDATE deliveries SET post_id = 'other' WHERE state = 'delivered'",
            "UPDATE deliveries SET post = '{}' WHERE state = 'delivered'",
            "UPDATE deliveries SET state = 'retired'",
            "UPDATE deliveries SET token = NULL WHERE state = 'claimed'",
            "UPDATE deliveries SET lease_until = NULL WHERE state = 'claimed'",
            (
                "UPDATE deliveries SET state = 'claimed', token = 't', runner_id = 'r', lease_until = 1,"
                " claimed_at = 1, attempt_id = 1 WHERE message_id = 'c'"
            ),
            (
                "UPDATE deliveries SET text_digest ="
                " (SELECT d.text_digest FROM deliveries d WHERE d.message_id = 'a') WHERE message_id = 'c'"
            ),
            "UPDATE deliveries SET state = 'in_doubt', attempt_id = NULL WHERE message_id = 'c'",
            "UPDATE deliveries SET state = 'delivered' WHERE message_id = 'c'",
            "UPDATE deliveries SET state = 'delivered', delivered_at = 1 WHERE message_id = 'c'",
            "UPDATE deliveries SET state = 'delivered', post_id = 'p' WHERE message_id = 'c'",
            "UPDATE deliveries SET state = 'retracted', delivered_at = 1 WHERE message_id = 'c'",
            "UPDATE attempts SET answer = 'delivered' WHERE answer IS NULL AND storm_id = 'imd'",
            "INSERT INTO channels (id, platform, account_id) VALUES ('x:one', 'x', '7'), ('x:two', 'x', '7')",
            "UPDATE deliveries SET cancelled_by = 'plan' WHERE message_id = 'c'",
            "UPDATE deliveries SET follows = 1 WHERE message_id = 'c'",
            "UPDATE attempts SET answer = 'refused' WHERE answer = 'delivered'",
            "UPDATE attempts SET answer_why = 'because' WHERE answer = 'delivered'",
            "UPDATE attempts SET post_id = 'other' WHERE post_id IS NOT NULL",
            "UPDATE attempts SET sending_at = sending_at + 1 WHERE sending_at IS NOT NULL",
            "UPDATE attempts SET counts = 1 WHERE sending_at IS NULL",
            "INSERT INTO attempts SELECT * FROM attempts",
            "DELETE FROM deliveries",
            "INSERT INTO halts SELECT 9, 'all', 'x', '', '', 0, 0, NULL, NULL",
            "INSERT INTO deliveries SELECT * FROM deliveries",
        ],
    )
    def test_statement_is_refused(self, bench: Bench, plan: Plan, statement: str) -> None:
        """Raw statements can't break what the protocol promises."""
        bench.enroll(plan("a"), plan("b"), plan("c", 10), spacing=timedelta())
        bench.deliver()
        bench.claim()

        with pytest.raises(REFUSALS):
            bench.execute(statement)
