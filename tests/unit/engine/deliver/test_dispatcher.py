"""The path of a delivery: claim, publish with one request, record the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, NotSent, Refused, State
from stormctl.domain.platforms.channel import Platform
from stormctl.engine.deliver.dispatcher import FIRST_RECONNECT
from stormctl.platforms.adapter import PrepareFailed
from tests.factories import ACME, PAGE, PNG, make_delivery, make_media, release

if TYPE_CHECKING:
    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.platforms.adapter import OutgoingPost
    from tests.unit.engine.conftest import Bench

REFUSED = Refused(reason="too long", code="400", for_good=True)
WAIT = Refused(reason="too many requests", code="429", for_good=False)


def test_a_due_delivery_is_published_once_and_its_receipt_is_recorded(bench: Bench) -> None:
    """What is due goes out with one request, and the ledger then holds its id and address."""
    bench.enroll(make_delivery())

    bench.serve()
    bench.serve()

    (view,) = bench.ledger.history.deliveries("storm")
    assert [post.text for post in bench.x.sent] == ["Text of m1"]
    assert (view.state, view.post_id) == (State.DELIVERED, "acme-1")
    assert [event.url for event in bench.events.all if event.kind is EventKind.DELIVERED] == [view.url]


def test_everything_that_is_due_on_a_channel_goes_out_in_one_go(bench: Bench) -> None:
    """A channel is served until nothing is due on it any more."""
    in_an_hour = bench.clock.at + timedelta(hours=1)
    bench.enroll(make_delivery("m1"), make_delivery("m2"), make_delivery("later", slot_at=in_an_hour))

    attempted = bench.serve()

    assert attempted == 2
    assert bench.states()["later/en"] is State.PLANNED


def test_the_next_post_is_claimed_with_the_receipt_of_the_last(bench: Bench) -> None:
    """Three posts in a row are claimed at one go: only the first is asked for."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"), make_delivery("m3"))
    points: list[str] = []

    attempted = bench.dispatcher(points.append).serve(ACME, lambda: False)

    assert (attempted, len(bench.x.sent)) == (3, 3)
    assert points.count("after claim") == 3
    assert points.index("after the record") < points.index("after claim", points.index("after claim") + 1)
    assert points[: points.index("after the record")].count("before claim") == 1


def test_nothing_is_claimed_with_a_receipt_once_the_runner_ends(bench: Bench) -> None:
    """Whoever is asked to stop records the answer and leaves the rest planned."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"))

    bench.dispatcher().serve(ACME, lambda: bool(bench.x.sent))

    assert sorted(bench.states().values()) == [State.DELIVERED, State.PLANNED]


def test_every_attempt_of_a_delivery_has_its_key(bench: Bench) -> None:
    """Refused for now, not sent, then accepted, each by another process; others have others."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"), make_delivery("m1", channel=PAGE))
    bench.x.script.extend([WAIT, NotSent(reason="no connection")])

    for _ in range(3):
        bench.serve()
        bench.clock.move(timedelta(minutes=1))
    bench.serve(PAGE)

    tried = [(post.text, post.key) for post in bench.x.sent]
    assert [text for text, _ in tried] == ["Text of m1"] * 3 + ["Text of m2"]
    assert len({key for _, key in tried[:3]}) == 1
    assert len({post.key for post in (*bench.x.sent, *bench.facebook.sent)}) == 3


@pytest.mark.parametrize(
    ("channel", "attached"),
    [(ACME, [("media-1",), ("media-1",)]), (PAGE, [("media-1",), ("media-2",)])],
    ids=str,
)
def test_two_posts_may_show_the_same_picture(
    bench: Bench, channel: ChannelId, attached: list[tuple[str, ...]]
) -> None:
    """On X with one upload; on a Page, where an upload belongs to its post, with one for each."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(*(make_delivery(name, channel=channel, media=(boat,)) for name in ("m1", "m2")))

    bench.serve(channel)

    platform = bench.platforms.platforms[channel]
    assert [post.media_ids for post in platform.sent] == attached
    assert set(bench.states().values()) == {State.DELIVERED}


@pytest.mark.parametrize("outcome", [WAIT, NotSent(reason="refused"), InDoubt(reason="dropped")])
def test_an_upload_that_no_post_carries_serves_the_next_attempt(bench: Bench, outcome: Outcome) -> None:
    """A Page told to wait has taken nothing; only where that is unknown the picture goes up once more."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(channel=PAGE, media=(boat,)))
    page = bench.platforms.platforms[PAGE]
    page.script.append(outcome)

    bench.serve(PAGE)
    kept = bench.ledger.media.find_upload(str(PAGE), boat, bench.clock.moment())

    assert (len(page.sent), len(page.uploaded)) == (1, 1)
    assert (kept is None) == isinstance(outcome, InDoubt)


def test_a_halt_at_the_last_check_costs_no_second_upload(bench: Bench) -> None:
    """Nothing was written, so that the upload is as free as before."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(channel=PAGE, media=(boat,)))

    def halt(point: str, /) -> None:
        if point == "before sending_at":
            bench.ledger.halts.halt("all", None, "wait", "staff", bench.clock.moment())

    bench.dispatcher(halt).serve(PAGE, lambda: False)

    page = bench.platforms.platforms[PAGE]
    assert (len(page.sent), len(page.uploaded)) == (0, 1)
    assert bench.ledger.media.find_upload(str(PAGE), boat, bench.clock.moment()) is not None


def test_a_refusal_for_good_fails_the_delivery(bench: Bench) -> None:
    """What the platform will never take is not tried again."""
    bench.enroll(make_delivery())
    bench.x.script.append(REFUSED)

    bench.serve()
    bench.clock.move(timedelta(minutes=10))
    bench.serve()

    assert bench.state() is State.FAILED
    assert len(bench.x.sent) == 1


def test_a_refusal_for_now_is_tried_again_at_the_reset_that_the_platform_named(bench: Bench) -> None:
    """Before the reset nothing is sent; after it the delivery goes out."""
    reset_at = bench.clock.at + timedelta(minutes=4)
    bench.enroll(make_delivery())
    bench.x.script.append(Refused(reason="429", code="429", for_good=False, retry_at=reset_at))

    bench.serve()
    bench.clock.move(timedelta(minutes=3, seconds=59))
    bench.serve()
    sent_before = len(bench.x.sent)
    bench.clock.move(timedelta(seconds=1))
    bench.serve()

    assert sent_before == 1
    assert bench.state() is State.DELIVERED


@pytest.mark.parametrize("reset", [None, timedelta(), timedelta(minutes=-1)])
def test_refusals_without_a_reset_to_come_back_off_twice_as_long_each_time(
    bench: Bench, reset: timedelta | None
) -> None:
    """15 s, then 30 s: a 429 that doesn't say when, or names a time that is past, is not hammered."""
    bench.enroll(make_delivery())
    wait = replace(WAIT, retry_at=None if reset is None else bench.clock.at + reset)
    bench.x.script.extend([wait, wait])
    dispatcher = bench.dispatcher()

    dispatcher.serve(ACME, lambda: False)
    first = bench.ledger.backlog.next_dues(bench.clock.moment(), [str(ACME)]).get(str(ACME))
    bench.clock.move(timedelta(seconds=15))
    dispatcher.serve(ACME, lambda: False)
    second = bench.ledger.backlog.next_dues(bench.clock.moment(), [str(ACME)]).get(str(ACME))

    assert first == bench.clock.at
    assert second == bench.clock.at + timedelta(seconds=30)


def test_a_back_off_begins_anew_after_a_post_that_went_out(bench: Bench) -> None:
    """15 s, 30 s, then a post that is accepted: the next refusal rests 15 s again, and not a minute."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"), make_delivery("m3", channel=PAGE))
    bench.x.script.extend([WAIT, WAIT, bench.x.accept, WAIT])
    dispatcher = bench.dispatcher()
    rests = []

    for _ in range(3):
        dispatcher.serve(ACME, lambda: False)
        due = bench.ledger.backlog.next_dues(bench.clock.moment(), [str(ACME)]).get(str(ACME))
        assert due is not None
        rests.append(due - bench.clock.at)
        bench.clock.move(rests[-1])

    assert rests == [timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=15)]
    assert len(bench.x.posts) == 1


def test_a_refusal_for_now_holds_the_whole_channel(bench: Bench) -> None:
    """The next delivery of the channel does not run into the same wall at once."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"))
    bench.x.script.append(WAIT)

    bench.serve()

    assert len(bench.x.sent) == 1


def test_what_was_certainly_not_sent_is_planned_again_soon(bench: Bench) -> None:
    """A connection that never stood costs seconds, not the delivery."""
    bench.enroll(make_delivery())
    bench.x.script.append(NotSent(reason="connection refused"))

    bench.serve()
    planned = bench.state()
    bench.clock.move(FIRST_RECONNECT)
    bench.serve()

    assert planned is State.PLANNED
    assert bench.state() is State.DELIVERED


def test_an_answer_that_never_came_leaves_the_delivery_in_doubt_and_nothing_is_resent(bench: Bench) -> None:
    """A time-out after the first byte is never followed by a blind resend."""
    bench.enroll(make_delivery())
    bench.x.script.append(InDoubt(reason="timed out"))

    bench.serve()
    bench.clock.move(timedelta(hours=1))
    bench.serve()

    assert bench.state() is State.IN_DOUBT
    assert len(bench.x.sent) == 1


def test_a_halt_between_the_claim_and_the_first_byte_stops_the_request(bench: Bench) -> None:
    """The last check sees a halt that came after the claim; the platform receives nothing."""
    bench.enroll(make_delivery())

    def halt(point: str) -> None:
        if point == "before sending_at":
            bench.ledger.halts.halt("all", None, "tragedy", "ada", bench.clock.moment())

    bench.dispatcher(halt).serve(ACME, lambda: False)

    assert bench.x.sent == []
    assert bench.state() is State.PLANNED


def test_a_lease_that_ran_out_before_the_first_byte_stops_the_request(bench: Bench) -> None:
    """A process that slept between claim and send does not send when it wakes."""
    bench.enroll(make_delivery())

    def sleep(point: str) -> None:
        if point == "before sending_at":
            bench.clock.move(bench.equipment.durations.lease + timedelta(seconds=1))

    bench.dispatcher(sleep).serve(ACME, lambda: bool(bench.events.all))

    assert bench.x.sent == []


def test_a_duplicate_refusal_after_a_doubtful_attempt_is_in_doubt_again(bench: Bench) -> None:
    """“Duplicate” after a doubtful attempt means that the post is probably live: it is looked for."""
    bench.enroll(make_delivery())
    bench.x.script.append(InDoubt(reason="timed out"))
    bench.serve()
    _prove_that_it_is_not_there(bench)
    bench.x.script.append(
        Refused(reason="duplicate content", code="403", for_good=True, probably_posted=True)
    )

    bench.serve()

    assert bench.state() is State.IN_DOUBT


def test_duplicate_refusals_are_in_doubt_and_no_trouble_of_the_channel(bench: Bench) -> None:
    """First attempts too: the platform says that they stand there, and takes whatever else is due."""
    names = [f"m{number}" for number in range(7)]
    bench.enroll(*map(make_delivery, names), make_delivery("page", channel=PAGE))
    refusal = Refused(reason="duplicate content", code="403", for_good=True, probably_posted=True)
    bench.x.script += [refusal] * 6

    bench.serve()
    bench.serve(PAGE)

    states = bench.states()
    assert list(states.values()).count(State.IN_DOUBT) == 6
    assert list(states.values()).count(State.DELIVERED) == 2
    assert bench.ledger.channels.suspended() == {}
    assert bench.events.texts(EventKind.PAUSED) == []


def test_a_dead_token_suspends_the_channel_and_keeps_the_delivery(bench: Bench) -> None:
    """“Stop” stops the channel until a person resumes it; nothing is lost by it."""
    bench.enroll(make_delivery("m1"), make_delivery("m2"))
    bench.x.script.append(Refused(reason="token revoked", code="401", for_good=False, suspends=True))

    bench.serve()
    bench.clock.move(timedelta(minutes=1))
    bench.serve()

    assert len(bench.x.sent) == 1
    assert set(bench.states().values()) == {State.PLANNED}
    assert bench.ledger.channels.suspended() == {"x:acme": "token revoked"}


def test_a_released_channel_posts_at_once(bench: Bench) -> None:
    """Whoever has mended the cause need not wait for a rest that the refusal has left behind."""
    bench.enroll(make_delivery("m1"))
    bench.x.script.append(Refused(reason="token revoked", code="401", for_good=False, suspends=True))
    bench.serve()

    release(bench.ledger, str(ACME), bench.clock.moment())
    bench.serve()

    assert bench.state() is State.DELIVERED


def test_media_is_uploaded_before_the_post_and_attached_in_order(bench: Bench) -> None:
    """A post with two pictures carries both, in its order, described."""
    boat, door = make_media("boat"), make_media("door", PNG + b"2")
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.ledger.media.store(door.digest, door.mime, PNG + b"2", bench.clock.moment())
    bench.enroll(make_delivery(media=(boat, door)))

    bench.serve()

    (post,) = bench.x.sent
    assert [file.alt for file in bench.x.uploaded] == ["A boat", "A door"]
    assert post.media_ids == ("media-1", "media-2")


def test_media_that_comes_after_a_post_is_uploaded_before_it_is_claimed(bench: Bench) -> None:
    """A picture that was not ready when the row began is no reason to put its post off."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    later = bench.clock.at + timedelta(minutes=1)
    bench.enroll(make_delivery("m1"), make_delivery("m2", media=(boat,), slot_at=later))
    bench.x.script.append(lambda post: (bench.clock.move(timedelta(minutes=1)), bench.x.accept(post))[1])

    bench.serve()

    assert [post.media_ids for post in bench.x.sent] == [(), ("media-1",)]
    assert len(bench.ledger.history.attempts("storm/x:acme/m2/en")) == 1


def test_media_that_cannot_be_uploaded_now_puts_the_delivery_off(bench: Bench) -> None:
    """No post goes out without its picture; it waits for the next try."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(media=(boat,)))
    bench.x.prepare_failure = PrepareFailed(NotSent(reason="connection refused"))

    bench.serve()

    assert bench.x.sent == []
    assert bench.state() is State.PLANNED


def test_media_that_the_platform_will_never_take_fails_the_delivery(bench: Bench) -> None:
    """A picture that is refused for good fails its delivery with the platform's reason."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(media=(boat,)))
    bench.x.prepare_failure = PrepareFailed(Refused(reason="not an image", code="324", for_good=True))

    bench.serve()

    (view,) = bench.ledger.history.deliveries("storm")
    assert (view.state, view.why) == (State.FAILED, "not an image")
    assert bench.x.sent == []
    assert bench.events.texts(EventKind.FAILED) == [f"{view.message_id}: not an image"]


LOST = Refused(reason="your media IDs are invalid", code="400 invalid-request media gone", for_good=True)


@pytest.mark.parametrize("channel", [ACME, PAGE], ids=str)
def test_an_upload_that_the_platform_lost_is_made_anew_once(bench: Bench, channel: ChannelId) -> None:
    """The refused post goes out at once with a new upload; others on its channel keep theirs or get it."""
    boat, door = make_media("boat"), make_media("door", PNG + b"2")
    for media, content in ((boat, PNG), (door, PNG + b"2")):
        bench.ledger.media.store(media.digest, media.mime, content, bench.clock.moment())
    bench.enroll(
        make_delivery("m1", channel=channel, media=(boat,)),
        make_delivery("m2", channel=channel, media=(door,)),
        make_delivery("m3", channel=channel),
    )
    platform = bench.platforms.platforms[channel]
    platform.script.extend([LOST, platform.accept, platform.accept, platform.accept])

    bench.serve(channel)

    assert set(bench.states().values()) == {State.DELIVERED}
    assert [file.alt for file in platform.uploaded].count("A boat") == 2
    assert [len(bench.ledger.history.attempts(f"storm/{channel}/{name}/en")) for name in ("m1", "m2")] == [
        2,
        1,
    ]
    assert bench.events.texts(EventKind.PAUSED) == []


@pytest.mark.parametrize("channel", [ACME, PAGE], ids=str)
def test_a_new_upload_that_the_platform_does_not_know_fails_the_delivery(
    bench: Bench, channel: ChannelId
) -> None:
    """The second time it is for good, with the platform's reason, also where another runner came to it."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(channel=channel, media=(boat,)))
    platform = bench.platforms.platforms[channel]
    platform.script.extend([LOST, LOST])

    for _ in range(2):
        bench.serve(channel)

    (view,) = bench.ledger.history.deliveries("storm")
    assert (view.state, view.why) == (State.FAILED, "your media IDs are invalid")
    assert (len(platform.sent), len(platform.uploaded)) == (2, 2)


def test_a_refused_description_waits_for_a_person_who_may_leave_it_away(bench: Bench) -> None:
    """The reason names the command; with it the same picture goes up without a word, for this post only."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery("m1", media=(boat,)), make_delivery("m2", channel=PAGE, media=(boat,)))
    refused = Refused(reason="the alt text is too long", code="400 invalid-request alt text", for_good=True)
    bench.x.prepare_failure = PrepareFailed(refused)
    bench.serve()
    (failed,) = [v for v in bench.ledger.history.deliveries("storm") if v.state is State.FAILED]
    bench.x.prepare_failure = None

    bench.ledger.manual.retry([failed.key], "ada", bench.clock.moment(), without_alt=True)
    bench.serve()
    bench.serve(PAGE)

    command = "stormctl retry storm/x:acme/m1/en --without-alt"
    assert failed.why == f"the alt text is too long — to send it without its description: {command}"
    assert set(bench.states().values()) == {State.DELIVERED}
    assert [file.alt for file in bench.x.uploaded + bench.facebook.uploaded] == ["", "A boat"]


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (REFUSED, EventKind.FAILED),
        (WAIT, EventKind.PUT_OFF),
        (NotSent(reason="no route"), EventKind.NOT_SENT),
        (InDoubt(reason="timed out"), EventKind.IN_DOUBT),
    ],
)
def test_every_answer_is_told_with_its_reason(bench: Bench, outcome: Outcome, kind: EventKind) -> None:
    """Whoever watches learns what happened and why."""
    bench.enroll(make_delivery())
    bench.x.script.append(outcome)

    bench.serve()

    (text,) = bench.events.texts(kind)
    assert outcome.reason in text  # type: ignore[union-attr]  # none of them is Delivered


def test_a_receipt_that_comes_after_the_lease_ran_out_is_still_recorded(bench: Bench) -> None:
    """An answer that was slower than the lease settles the doubt that the sweep raised."""
    bench.enroll(make_delivery())

    def answer_late(post: OutgoingPost) -> Outcome:
        bench.clock.move(bench.equipment.durations.lease + timedelta(seconds=1))
        bench.ledger.sweeping.sweep(bench.clock.moment())
        return bench.x.accept(post)

    bench.x.script.append(answer_late)

    bench.serve()

    assert bench.state() is State.DELIVERED
    assert len(bench.x.posts) == 1


def _prove_that_it_is_not_there(bench: Bench) -> None:
    """Let the ledger hold the two complete readings that free a delivery."""
    durations = bench.equipment.durations
    bench.clock.move(durations.request_limit)
    for _ in range(2):
        (doubt,) = bench.ledger.doubts.open([str(ACME)])
        bench.ledger.doubts.record_reading(doubt, bench.clock.moment(), complete=True, reason="")
        bench.clock.move(durations.settling[Platform.X])
    (doubt,) = bench.ledger.doubts.open([str(ACME)])
    patience = {"request_limit": durations.request_limit, "settling": durations.settling[Platform.X]}
    assert bench.ledger.doubts.settle_not_there(doubt, bench.clock.moment(), **patience)


def test_a_dead_token_that_shows_at_an_upload_suspends_the_channel(bench: Bench) -> None:
    """Nothing else would go out on the channel either: a person must act, and is told once."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(media=(boat,)), make_delivery("m2"))
    dead = Refused(reason="token revoked", code="401", for_good=False, suspends=True)
    bench.x.prepare_failure = PrepareFailed(dead)

    bench.serve()

    assert bench.ledger.channels.suspended() == {"x:acme": "token revoked"}
    assert set(bench.states().values()) == {State.PLANNED}
    assert bench.x.sent == []
