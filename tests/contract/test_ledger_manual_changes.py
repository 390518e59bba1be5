"""What every ledger engine promises of deliveries that people find, explain and mend by hand."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, Refused, State
from stormctl.domain.platforms.record import Metric
from stormctl.errors import UsageError
from tests.factories import recent_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
PAGE = "facebook:migrants-day"
KEY = "imd/x:migrants-day/a/en"
FOR_GOOD = Refused(reason="the text is not allowed", code="403", for_good=True)


def key_of(message: str, part: int | None = None) -> str:
    """Return the key of a message's delivery."""
    return f"imd/{X}/{message}/en" + (f"/{part}" if part else "")


def bring(bench: Bench, plan: Plan, state: State) -> None:
    """Bring message `a` into a state, at noon."""
    bench.enroll(plan("a"))
    match state:
        case State.PLANNED:
            pass
        case State.CLAIMED:
            bench.claim()
        case State.FAILED:
            bench.answer(bench.send(), FOR_GOOD)
        case State.IN_DOUBT:
            bench.answer(bench.send(), InDoubt(reason="timed out"))
        case State.MISSED:
            bench.ledger.sweeping.sweep(bench.at(16))
        case State.EXPIRED:
            bench.enroll(plan("a", expires_at=bench.at(5).at))
            bench.ledger.sweeping.sweep(bench.at(6))
        case State.CANCELLED:
            bench.ledger.manual.cancel([KEY], "lead", bench.at(0))
        case State.DELIVERED | State.RETRACTED:
            bench.deliver()
    if state is State.RETRACTED:
        bench.ledger.manual.retracted(KEY, "p1", "lead", bench.at(1))
    assert bench.states()["a"] == state


def refusal(call: Callable[[], object]) -> str:
    """Return what a call is refused with; the hint says what to do."""
    with pytest.raises(UsageError) as caught:
        call()
    assert caught.value.hint
    return caught.value.message


class TestCancel:
    """What is planned can be called off."""

    def test_is_not_posted_and_stays_so_under_the_same_plan(self, bench: Bench, plan: Plan) -> None:
        """A launch of the same storm doesn't bring back what a person has cancelled; it is told who did."""
        bench.enroll(plan("a"), plan("b", 30))

        bench.ledger.manual.cancel([KEY], "lead", bench.at(-1))
        enrolled = bench.enroll(plan("a", 5, text="Worded anew"), plan("b", 30))

        assert (bench.states(), enrolled.settled) == ({"a": "cancelled", "b": "planned"}, 1)
        assert bench.find_claim(5) is None
        event = recent_events(bench.ledger, 1)[0]
        assert (event.kind, event.key, event.text) == (EventKind.CANCELLED, KEY, "a: cancelled by lead")

    def test_what_left_the_plan_does_not_come_back_with_it(self, bench: Bench, plan: Plan) -> None:
        """A person's word is stronger than the plan's."""
        bench.enroll(plan("a"), plan("b", 30))
        bench.enroll(plan("b", 30))

        bench.ledger.manual.cancel([KEY], "lead", bench.at(-1))
        bench.enroll(plan("a"), plan("b", 30))

        assert bench.states()["a"] == "cancelled"

    @pytest.mark.parametrize("state", [s for s in State if s is not State.PLANNED])
    def test_only_what_is_planned(self, bench: Bench, plan: Plan, state: State) -> None:
        """Anything else is refused with its state, and nothing of the list is cancelled."""
        bring(bench, plan, state)
        bench.enroll(plan("a"), plan("b", 60))

        said = refusal(lambda: bench.ledger.manual.cancel([key_of("b"), KEY], "lead", bench.at(0)))

        words = {State.CLAIMED: "being sent", State.IN_DOUBT: "in doubt"}
        assert said == f"{KEY} is {words.get(state, state.value)}: it can't be cancelled"
        assert bench.states() == {"a": state, "b": "planned"}

    def test_a_whole_message(self, bench: Bench, plan: Plan) -> None:
        """Everything planned of it in the storm; what is being sent or in doubt is left and named."""
        parts = [plan("a", part=n, text=f"Part {n}") for n in (1, 2, 3)]
        bench.enroll(*parts, plan("b", 60), plan("a", channel=PAGE))
        bench.deliver()
        bench.answer(bench.send(0, PAGE), InDoubt(reason="timed out"))

        cancelled = bench.ledger.manual.cancel_message("imd", "a", "lead", bench.at(0))

        assert cancelled.keys == (key_of("a", 2), key_of("a", 3))
        assert cancelled.left == ((f"imd/{PAGE}/a/en", State.IN_DOUBT),)
        assert bench.states()["b"] == "planned"

    def test_a_message_of_another_storm_is_left_alone(self, bench: Bench, plan: Plan) -> None:
        """Last year's storm had a message of the same name."""
        bench.enroll(plan("a"))
        bench.enroll(plan("a", storm="next", text="A year later"), storm_id="next")

        bench.ledger.manual.cancel_message("imd", "a", "lead", bench.at(0))

        assert (bench.states("imd"), bench.states("next")) == ({"a": "cancelled"}, {"a": "planned"})


class TestRetry:
    """What did not happen, or was undone, can be asked for again."""

    @pytest.mark.parametrize("state", [State.FAILED, State.MISSED, State.CANCELLED, State.RETRACTED])
    def test_goes_out_now(self, bench: Bench, plan: Plan, state: State) -> None:
        """The slot is now, the grace starts anew, and a new receipt replaces an old one."""
        bring(bench, plan, state)

        slots = bench.ledger.manual.retry([KEY], "lead", bench.at(40))
        planned = bench.ledger.history.get(KEY)
        bench.ledger.sweeping.sweep(bench.at(54))
        bench.answer(bench.send(54), Delivered(post_id="new", url="https://example.org/new"), 54)

        assert slots == {KEY: bench.at(40).at}
        assert (planned.state, planned.slot_at) == (State.PLANNED, bench.at(40).at)
        assert (planned.post_id, planned.url, planned.delivered_at) == (None, None, None)
        assert bench.ledger.history.get(KEY).post_id == "new"
        (event,) = [e for e in recent_events(bench.ledger, 9) if e.kind is EventKind.RETRIED]
        assert event.text == f"a: planned again by lead, was {state.value}"

    def test_goes_out_at_a_given_time(self, bench: Bench, plan: Plan) -> None:
        """Not before it; and a launch of the same plan leaves it there."""
        bring(bench, plan, State.MISSED)

        bench.ledger.manual.retry([KEY], "lead", bench.at(20), at=bench.at(90).at)
        bench.enroll(plan("a"), moment=bench.at(21))

        assert (bench.find_claim(89.9), bench.next_due(20)) == (None, 90)

    @pytest.mark.parametrize(("late", "missed_at"), [("skip", 56), ("spread", 9999), ("send", None)])
    def test_its_late_policy_holds_from_the_new_slot_on(
        self, bench: Bench, plan: Plan, late: str, missed_at: float | None
    ) -> None:
        """Skip: the grace; spread: moved within its window as long as it lasts; send: however late."""
        end = bench.at(120).at
        bench.enroll(plan("a", late=LatePolicy(late), window_end_at=end))
        bench.ledger.manual.cancel([KEY], "lead", bench.at(0))
        bench.ledger.manual.retry([KEY], "lead", bench.at(40))

        states = []
        for minute in (54, 56, 119, 121, 9999):
            bench.ledger.sweeping.sweep(bench.at(minute))
            states.append((minute, bench.states()["a"]))

        assert missed_at == next((minute for minute, state in states if state == "missed"), None)

    @pytest.mark.parametrize("state", [State.PLANNED, State.CLAIMED, State.IN_DOUBT, State.DELIVERED])
    def test_what_is_live_or_may_become_so_is_refused(self, bench: Bench, plan: Plan, state: State) -> None:
        """It would be posted twice."""
        bring(bench, plan, state)

        said = refusal(lambda: bench.ledger.manual.retry([KEY], "lead", bench.at(0)))

        assert said.endswith("there is nothing to try again")
        assert bench.states()["a"] == state

    @pytest.mark.parametrize("minutes", [6, 5])
    def test_not_after_the_deadline(self, bench: Bench, plan: Plan, minutes: float) -> None:
        """Neither now nor by a later slot."""
        bring(bench, plan, State.EXPIRED)
        retry = bench.ledger.manual.retry

        assert "its deadline is 2026-12-18 12:05 UTC" in refusal(
            lambda: retry([KEY], "lead", bench.at(minutes))
        )
        assert "its deadline" in refusal(lambda: retry([KEY], "lead", bench.at(0), at=bench.at(minutes).at))

    def test_not_in_the_past_or_too_early(self, bench: Bench, plan: Plan) -> None:
        """A slot that has passed would be missed at once; without one, the earliest moment is taken."""
        bench.enroll(plan("a", 30, not_before=bench.at(30).at))
        bench.ledger.manual.cancel([KEY], "lead", bench.at(0))
        retry = bench.ledger.manual.retry

        past = refusal(lambda: retry([KEY], "lead", bench.at(5), at=bench.at(4).at))
        early = refusal(lambda: retry([KEY], "lead", bench.at(5), at=bench.at(29).at))
        slots = retry([KEY], "lead", bench.at(5))

        assert past == "that time has already passed"
        assert early == f"{KEY} must not go out before 2026-12-18 12:30 UTC"
        assert slots == {KEY: bench.at(30).at}

    def test_not_beside_the_same_text(self, bench: Bench, plan: Plan) -> None:
        """A channel says the same thing at most once a day: the other one is named."""
        bring(bench, plan, State.CANCELLED)
        bench.enroll(plan("b", 60, text="About a"))

        said = refusal(lambda: bench.ledger.manual.retry([KEY], "lead", bench.at(0)))

        assert said == f"{key_of('b')} says the same on {X} on 2026-12-18"

    def test_all_or_none(self, bench: Bench, plan: Plan) -> None:
        """One that can't be retried keeps back the others of the command."""
        bring(bench, plan, State.MISSED)
        bench.enroll(plan("a"), plan("b", 60))

        refusal(lambda: bench.ledger.manual.retry([KEY, key_of("b")], "lead", bench.at(20)))

        assert bench.states()["a"] == "missed"

    def test_a_thread_is_retried_from_its_beginning(self, bench: Bench, plan: Plan) -> None:
        """A part without the one before it would be given up again; both together go."""
        bench.enroll(*(plan("a", part=n, text=f"Part {n}") for n in (1, 2)))
        for _ in range(2):
            bench.ledger.sweeping.sweep(bench.at(16))
        first, second = key_of("a", 1), key_of("a", 2)
        retry = bench.ledger.manual.retry

        said = refusal(lambda: retry([second], "lead", bench.at(20)))
        retry([first, second], "lead", bench.at(20))
        bench.ledger.sweeping.sweep(bench.at(21))

        assert said == f"{first} is missed, and {second} replies to it"
        assert bench.states() == {"a/1": "planned", "a/2": "planned"}


class TestResolve:
    """A person says what became of a delivery in doubt."""

    @pytest.mark.parametrize("held", [False, True])
    def test_posted(self, bench: Bench, plan: Plan, held: bool) -> None:
        """The post that was found is the receipt, and it counts from its sending."""
        bring(bench, plan, State.IN_DOUBT)
        if held:
            (doubt,) = bench.ledger.doubts.open([X])
            bench.ledger.doubts.hold(doubt, "one resembles it", bench.at(1))

        bench.ledger.manual.resolve_posted(KEY, "9", "https://example.org/9", "lead", bench.at(60))

        view = bench.ledger.history.get(KEY)
        assert (view.state, view.post_id, view.delivered_at) == (State.DELIVERED, "9", bench.at(0).at)
        assert (view.url, view.why) == ("https://example.org/9", "found by lead")
        assert bench.ledger.history.attempts(KEY)[0].settled == "delivered"
        assert recent_events(bench.ledger, 1)[0].kind is EventKind.RESOLVED

    def test_the_post_of_another_delivery_is_refused(self, bench: Bench, plan: Plan) -> None:
        """One post never proves two deliveries."""
        bench.enroll(plan("a"), plan("b", 30))
        bench.answer(bench.send(), InDoubt(reason="timed out"))
        bench.deliver(30)

        said = refusal(
            lambda: bench.ledger.manual.resolve_posted(
                KEY, "p1", "https://example.org/p1", "lead", bench.at(60)
            )
        )

        assert said == f"https://example.org/p1 is the receipt of {key_of('b')}"
        assert bench.states()["a"] == "in_doubt"

    def test_not_posted(self, bench: Bench, plan: Plan) -> None:
        """It is cancelled at that person's word, and can be retried."""
        bring(bench, plan, State.IN_DOUBT)

        bench.ledger.manual.resolve_not_posted(KEY, "lead", bench.at(5))
        bench.enroll(plan("a"), moment=bench.at(6))
        view = bench.ledger.history.get(KEY)
        bench.ledger.manual.retry([KEY], "lead", bench.at(7))

        assert (view.state, view.why) == (State.CANCELLED, "not posted, says lead")
        assert bench.ledger.history.attempts(KEY)[0].settled == "not_there"
        assert (bench.states()["a"], bench.ledger.doubts.open([X])) == ("planned", [])

    def test_a_receipt_that_comes_after_all_wins(self, bench: Bench, plan: Plan) -> None:
        """The person looked too early: what the platform says is the truth."""
        bench.enroll(plan("a"))
        claim = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))
        bench.ledger.manual.resolve_not_posted(KEY, "lead", bench.at(2))

        state = bench.answer(claim, bench.receipt(), 3)

        assert (state, bench.states()["a"]) == (State.DELIVERED, "delivered")

    @pytest.mark.parametrize("state", [s for s in State if s is not State.IN_DOUBT])
    def test_only_doubts(self, bench: Bench, plan: Plan, state: State) -> None:
        """What is certain isn't overruled."""
        bring(bench, plan, state)
        desk = bench.ledger.manual

        no = refusal(lambda: desk.resolve_not_posted(KEY, "lead", bench.at(0)))
        yes = refusal(lambda: desk.resolve_posted(KEY, "9", "u", "lead", bench.at(0)))

        assert yes == no
        assert no.endswith(", not in doubt")
        assert bench.states()["a"] == state


class TestRetracted:
    """A post was taken off the platform."""

    def test_is_retracted(self, bench: Bench, plan: Plan) -> None:
        """The receipt is kept, with who took it down."""
        bring(bench, plan, State.DELIVERED)

        state = bench.ledger.manual.retracted(KEY, "p1", "lead", bench.at(9))

        view = bench.ledger.history.get(KEY)
        assert (state, view.state, view.post_id) == (State.RETRACTED, State.RETRACTED, "p1")
        assert view.why == "taken down by lead"
        event = recent_events(bench.ledger, 1)[0]
        assert (event.kind, event.text) == (EventKind.RETRACTED, "a: post p1 taken down by lead")

    def test_the_second_of_two_posts(self, bench: Bench, plan: Plan) -> None:
        """It was posted twice: with one of them gone, the delivery stays delivered."""
        bench.enroll(plan("a", grace=timedelta(hours=2)))
        first = bench.send()
        bench.ledger.sweeping.sweep(bench.at(1))
        bench.ledger.manual.resolve_posted(KEY, "p9", "https://example.org/p9", "lead", bench.at(2))
        bench.answer(first, Delivered(post_id="p8", url="https://example.org/p8"), 3)
        warning = recent_events(bench.ledger, 1)[0]
        receipts = bench.ledger.manual.receipts(KEY)

        state = bench.ledger.manual.retracted(KEY, "p8", "lead", bench.at(9))

        assert warning.text.endswith(f"stormctl retract {KEY} --url https://example.org/p8")
        assert receipts == {"p9": "https://example.org/p9", "p8": "https://example.org/p8"}
        assert (state, bench.states()["a"]) == (State.DELIVERED, "delivered")

    def test_what_was_read_of_it_is_not_counted_for_its_successor(self, bench: Bench, plan: Plan) -> None:
        """A post that was taken down took its figures along."""
        bring(bench, plan, State.DELIVERED)
        bench.ledger.metrics.record([(KEY, Metric.IMPRESSIONS, 500)], bench.at(2))
        bench.ledger.manual.retracted(KEY, "p1", "lead", bench.at(3))
        bench.ledger.manual.retry([KEY], "lead", bench.at(10))
        bench.deliver(10)

        (post,) = bench.ledger.metrics.newest("imd")

        assert (post.values, post.read_at) == ({}, None)

    def test_parts_that_would_reply_to_it_are_given_up(self, bench: Bench, plan: Plan) -> None:
        """Nothing is posted below a post that is gone."""
        bench.enroll(*(plan("a", part=n, text=f"Part {n}") for n in (1, 2)))
        bench.deliver()
        bench.ledger.manual.retracted(key_of("a", 1), "p1", "lead", bench.at(0))

        bench.ledger.sweeping.sweep(bench.at(0))

        assert bench.states() == {"a/1": "retracted", "a/2": "missed"}


class TestFinding:
    """People name deliveries by what they remember of them."""

    @pytest.mark.parametrize(
        "part",
        [
            f"imd/{X}/noon/en",
            "noon.en",
            "noon/en",
            f"{X}/noon",
            f"{X}/noon.en",
            "story.en/2",
            "story/en/2",
            "en.facebook",
        ],
    )
    def test_whole_steps_of_a_key(self, bench: Bench, plan: Plan, part: str) -> None:
        """The whole key, or steps of it that no other has."""
        story = [plan("story", part=n, text=f"Part {n}") for n in (1, 2)]
        page = plan("noon", channel=PAGE)
        labelled = type(page)(
            **{name: getattr(page, name) for name in page.__dataclass_fields__}
            | {"key": type(page.key)(storm="imd", channel=PAGE, message="noon", tail="en.facebook")}
        )
        bench.enroll(plan("noon"), *story, labelled)

        found = bench.ledger.history.get_key(part)

        story_key, page_key = f"imd/{X}/story/en/2", f"imd/{PAGE}/noon/en.facebook"
        expected = {"story": story_key, "en.fa": page_key}.get(part[:5], f"imd/{X}/noon/en")
        assert expected == found

    def test_several_are_named(self, bench: Bench, plan: Plan) -> None:
        """An ambiguous part changes nothing: the person chooses."""
        bench.enroll(plan("noon"), plan("noon", channel=PAGE))

        with pytest.raises(UsageError, match=r"^noon\.en may be any of 2$") as caught:
            bench.ledger.history.get_key("noon.en")

        assert caught.value.hint == f"Type one of: {PAGE}/noon, {X}/noon"

    def test_many_are_counted(self, bench: Bench, plan: Plan) -> None:
        """A whole storm isn't listed."""
        bench.enroll(*(plan(f"m{n:02}", n) for n in range(12)))

        with pytest.raises(UsageError, match=f"^{X} may be any of 12$") as caught:
            bench.ledger.history.get_key(X)

        assert caught.value.hint.startswith("Type one of: m00, m01, ")
        assert caught.value.hint.endswith(", m09 and 2 more")

    def test_a_slip_is_met_with_the_right_word(self, bench: Bench, plan: Plan) -> None:
        """A part of a step is none."""
        bench.enroll(plan("noon-statement"))

        with pytest.raises(UsageError, match="there is no delivery noon-statment") as caught:
            bench.ledger.history.get_key("noon-statment.en")

        assert caught.value.hint == "Did you mean noon-statement.en?"
        with pytest.raises(UsageError) as on_channel:
            bench.ledger.history.get_key(f"{X}/noon-statment")
        assert on_channel.value.hint.startswith(f"Did you mean {X}/noon-statement")
        with pytest.raises(UsageError) as elsewhere:
            bench.ledger.history.get_key("x:migrant-day/noon-statement")
        assert f"{X}/noon-statement" in elsewhere.value.hint
        refusal(lambda: bench.ledger.history.get_key("statement.en"))

    @pytest.mark.parametrize("text", ["PAPER  boat", "example.org/ACT", "two hands", "straße"])
    def test_texts_links_and_descriptions_are_searched(self, bench: Bench, plan: Plan, text: str) -> None:
        """Whatever the case and the white space; in what is live or coming, of the storms that are asked."""
        media = Media(
            file="boat.png",
            alt="Held in TWO hands",
            kind=MediaKind.IMAGE,
            mime="image/png",
            digest=hashlib.sha256(b"").hexdigest(),
            size=0,
        )
        wording = "A paper\nboat in the STRASSE: https://example.org/act"
        bench.enroll(
            plan("a", text=wording, media=(media,)), plan("b", 30), plan("c", 60, text=wording + "!")
        )
        bench.ledger.manual.cancel([key_of("c")], "lead", bench.at(0))

        found = [view.key for view in bench.ledger.history.search(text)]

        assert found == [KEY]
        assert bench.ledger.history.search(text, "other") == []
        assert len(bench.ledger.history.search(text, "imd")) == 1

    def test_details_tell_everything(self, bench: Bench, plan: Plan) -> None:
        """The post, its terms, every attempt, its own history and no other's."""
        not_before, expires_at = bench.at(0).at, bench.at(300).at
        bench.enroll(plan("a", topic="sign-on", not_before=not_before, expires_at=expires_at), plan("b", 30))
        bench.answer(bench.send(), Refused(reason="too many", code="429", for_good=False), retry=10)
        bench.deliver(10)
        bench.deliver(30)

        details = bench.ledger.history.details(KEY)

        assert (details.view.state, details.view.attempts) == (State.DELIVERED, 2)
        assert (details.storm_name, details.timezone) == ("International Migrants Day", "America/New_York")
        assert (details.post.text, details.topic, details.not_before) == ("About a", "sign-on", not_before)
        assert details.give_up_at == bench.at(15).at
        assert [(a.outcome, a.code) for a in details.attempts] == [("refused", "429"), ("delivered", "")]
        assert [e.kind.value for e in details.events] == ["claimed", "put_off", "claimed", "delivered"]

    def test_details_of_nothing(self, bench: Bench, plan: Plan) -> None:
        """An unknown key is met like everywhere."""
        bench.enroll(plan("a"))

        assert refusal(lambda: bench.ledger.history.details(key_of("z"))).startswith("there is no delivery")
        assert (
            refusal(lambda: bench.ledger.manual.retry(["z"], "lead", bench.at(0))) == "there is no delivery z"
        )

    def test_deliveries_of_a_message(self, bench: Bench, plan: Plan) -> None:
        """Of every storm and channel, in order of their slots."""
        bench.enroll(plan("a", 10), plan("a", channel=PAGE), plan("b", 30))
        bench.enroll(plan("a", 60, storm="next", text="A year later"), storm_id="next")

        found = [view.key for view in bench.ledger.history.of_message("a")]

        assert found == [f"imd/{PAGE}/a/en", KEY, f"next/{X}/a/en"]
