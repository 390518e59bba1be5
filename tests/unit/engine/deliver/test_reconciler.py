"""What is in doubt is settled by reading the account, and only by that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, Refused, State
from stormctl.engine.base.account_readings import LOOK_BACK
from stormctl.engine.deliver.reconciler import Reconciler
from stormctl.platforms.adapter import OutgoingPost, SeenPost
from tests.factories import ACME, PNG, make_delivery, make_media, recent_events

if TYPE_CHECKING:
    from stormctl.domain.delivery.delivery import Outcome
    from tests.unit.engine.conftest import Bench

PROOF = (timedelta(seconds=10), timedelta(seconds=60))
"""When a request is certainly over, and how long after a reading a second one proves something."""

LONG = "Everyone who moves has rights, and everyone who stays has a neighbour. Sign before noon."


def _doubt(
    bench: Bench, *, accepted: bool, text: str = LONG, budget_usd_micros: int | None = None
) -> Reconciler:
    """Bring one delivery in doubt, with or without the platform having accepted it."""
    bench.enroll(make_delivery(text=text), budget_usd_micros=budget_usd_micros)

    def drop(post: OutgoingPost) -> Outcome:
        if accepted:
            bench.x.accept(post)
        return InDoubt(reason="connection dropped")

    bench.x.script.append(drop)
    bench.serve()
    return Reconciler(bench.equipment)


def _settle(bench: Bench, reconciler: Reconciler, *waits: timedelta) -> None:
    for wait in (timedelta(), *waits):
        bench.clock.move(wait)
        reconciler.settle(ACME, bench.x)


def test_a_post_that_is_found_on_the_account_is_delivered_with_its_own_id(bench: Bench) -> None:
    """The platform had accepted it: the reading brings the receipt that the answer should have brought."""
    reconciler = _doubt(bench, accepted=True)

    _settle(bench, reconciler)

    (view,) = bench.ledger.history.deliveries("storm")
    assert (view.state, view.post_id) == (State.DELIVERED, "acme-1")
    assert len(bench.x.sent) == 1


def test_a_link_that_the_platform_did_not_write_out_is_found(bench: Bench) -> None:
    """X told no more than t.co: a post that is mostly an address is not posted again for that."""
    bench.enroll(make_delivery(text="Sign https://example.org/a-long-way-to-the-letter-itself"))
    bench.x.script.append(InDoubt(reason="connection dropped"))
    bench.serve()
    bench.x.posts.append(
        SeenPost(post_id="9", url="http://127.0.0.1/9", text="Sign https://t.co/a1B2c3D4e5", created_at=None)
    )

    _settle(bench, Reconciler(bench.equipment), *PROOF, *PROOF)

    (view,) = bench.ledger.history.deliveries("storm")
    assert (view.state, view.post_id) == (State.DELIVERED, "9")


def test_two_complete_readings_free_a_delivery_that_is_not_there(bench: Bench) -> None:
    """Proved absent, it is planned again and goes out once."""
    reconciler = _doubt(bench, accepted=False)

    _settle(bench, reconciler, *PROOF)
    freed = bench.state()
    bench.serve()

    assert freed is State.PLANNED
    assert bench.state() is State.DELIVERED
    assert len(bench.x.posts) == 1


def test_what_a_reading_shows_is_charged_to_the_storm(bench: Bench) -> None:
    """X bills every post on the timeline, whether it was looked for or not."""
    bench.x.accept(OutgoingPost(text="Something else by hand."))
    reconciler = _doubt(bench, accepted=True, budget_usd_micros=5_000_000)

    _settle(bench, reconciler)

    assert bench.state() is State.DELIVERED
    assert bench.spent() == 2 * 5_000


def test_a_reading_that_failed_is_not_charged(bench: Bench) -> None:
    """X bills answers that return data only."""
    reconciler = _doubt(bench, accepted=True, budget_usd_micros=5_000_000)
    bench.x.unreadable = "503"

    _settle(bench, reconciler)

    assert (bench.state(), bench.spent()) == (State.IN_DOUBT, 0)


def test_a_reading_is_only_made_when_it_helps(bench: Bench) -> None:
    """The platform bills readings: between the useful moments the account is left alone."""
    reconciler = _doubt(bench, accepted=False)

    _settle(bench, reconciler, *[timedelta(seconds=1)] * 9)

    assert bench.x.readings == 1


def test_an_incomplete_reading_proves_nothing(bench: Bench) -> None:
    """Where a page is missing, the post may be on it."""
    reconciler = _doubt(bench, accepted=False)
    bench.x.incomplete = "page 2 could not be read"

    _settle(bench, reconciler, *PROOF, *PROOF)

    assert bench.state() is State.IN_DOUBT


def test_an_account_that_cannot_be_read_stays_in_doubt_until_it_can(bench: Bench) -> None:
    """Nothing is guessed while the platform does not answer; when it does, the post is found."""
    reconciler = _doubt(bench, accepted=True)
    bench.x.unreadable = "503"

    _settle(bench, reconciler, *PROOF)
    doubtful = bench.state()
    bench.x.unreadable = None
    _settle(bench, reconciler, timedelta(seconds=60))

    assert doubtful is State.IN_DOUBT
    assert bench.state() is State.DELIVERED


def test_a_post_that_only_resembles_it_is_for_a_person_to_judge(bench: Bench) -> None:
    """Somebody posted nearly the same by hand: stormctl neither adopts it nor posts again."""
    reconciler = _doubt(bench, accepted=False)
    bench.x.posts.append(
        SeenPost(post_id="9", url="http://127.0.0.1/9", text=LONG.replace("noon", "5 pm"), created_at=None)
    )

    _settle(bench, reconciler, *PROOF, *PROOF)

    (doubt,) = bench.ledger.doubts.open([str(ACME)])
    assert doubt.held
    assert bench.state() is State.IN_DOUBT


def test_the_post_of_another_delivery_is_never_taken_for_it(bench: Bench) -> None:
    """A post whose receipt the ledger holds belongs to its own delivery, even if the text is the same."""
    bench.enroll(make_delivery("first", text=LONG))
    bench.serve()
    tomorrow = make_delivery("second", text=LONG + " ", slot_at=bench.clock.at)
    bench.enroll(make_delivery("first", text=LONG), tomorrow)
    bench.x.script.append(InDoubt(reason="connection dropped"))
    bench.serve()

    _settle(bench, Reconciler(bench.equipment), *PROOF)

    assert bench.states() == {"first/en": State.DELIVERED, "second/en": State.PLANNED}


@pytest.mark.parametrize(
    ("count", "state"), [(1, State.DELIVERED), (None, State.DELIVERED), (0, State.IN_DOUBT)]
)
def test_the_number_of_pictures_must_agree_where_it_is_told(
    bench: Bench, count: int | None, state: State
) -> None:
    """A text that went out by hand without the picture is not the delivery with it."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(text=LONG, media=(boat,)))
    bench.x.script.append(InDoubt(reason="connection dropped"))
    bench.serve()
    bench.x.posts.append(
        SeenPost(post_id="9", url="http://127.0.0.1/9", text=LONG, created_at=None, media_count=count)
    )

    _settle(bench, Reconciler(bench.equipment))

    assert bench.state() is state


@pytest.mark.parametrize(
    ("reply_to", "state"), [("acme-1", State.DELIVERED), (None, State.DELIVERED), ("7", State.IN_DOUBT)]
)
def test_a_threads_part_must_stand_in_its_thread(bench: Bench, reply_to: str | None, state: State) -> None:
    """The same words as a reply to something else are another post; where it isn't told, words decide."""
    bench.enroll(make_delivery(part=1), make_delivery(part=2, text=LONG))
    bench.serve()
    bench.clock.move(timedelta(seconds=5))
    bench.x.script.append(InDoubt(reason="connection dropped"))
    bench.serve()
    bench.x.posts.append(
        SeenPost(post_id="9", url="http://127.0.0.1/9", text=LONG, created_at=None, in_reply_to=reply_to)
    )

    _settle(bench, Reconciler(bench.equipment))

    assert bench.states()["m1/en/2"] is state


def test_where_nothing_is_in_doubt_the_account_is_left_alone(bench: Bench) -> None:
    """A reading costs: none is made without a question."""
    bench.enroll(make_delivery())
    bench.serve()

    _settle(bench, Reconciler(bench.equipment))

    assert bench.x.readings == 0


def test_the_post_of_another_delivery_under_way_is_no_reason_to_ask_a_person(bench: Bench) -> None:
    """Two nearly equal texts are in doubt and one was accepted: the other is proved absent all the same."""
    bench.enroll(make_delivery("a", text=LONG + " A."), make_delivery("b", text=LONG + " B."))
    bench.x.script.append(InDoubt(reason="connection dropped"))

    def drop(post: OutgoingPost) -> Outcome:
        bench.x.accept(post)
        return InDoubt(reason="connection dropped")

    bench.x.script.append(drop)
    bench.serve()
    reconciler = Reconciler(bench.equipment)
    (first, *_) = bench.ledger.doubts.open([str(ACME)])
    bench.ledger.doubts.record_reading(first, bench.clock.moment(), complete=True, reason="")

    _settle(bench, reconciler, *PROOF)

    assert sorted(bench.states().values()) == [State.DELIVERED, State.PLANNED]


def test_the_same_text_without_its_picture_is_for_a_person_to_judge(bench: Bench) -> None:
    """Somebody posted the text by hand, without the picture: it is neither taken for it nor posted again."""
    boat = make_media()
    bench.ledger.media.store(boat.digest, boat.mime, PNG, bench.clock.moment())
    bench.enroll(make_delivery(text=LONG, media=(boat,)))
    bench.x.script.append(InDoubt(reason="connection dropped"))
    bench.serve()
    bench.x.posts.append(
        SeenPost(post_id="9", url="http://127.0.0.1/9", text=LONG, created_at=None, media_count=0)
    )

    _settle(bench, Reconciler(bench.equipment), *PROOF, *PROOF)

    (doubt,) = bench.ledger.doubts.open([str(ACME)])
    assert doubt.held


@pytest.mark.parametrize("shown", ["http://example.org/act/", "https://example.org/act", "example.org/act"])
def test_an_address_is_the_same_however_the_platform_writes_it_out(bench: Bench, shown: str) -> None:
    """X puts a scheme before a bare address, others end one with a slash: it is found all the same."""
    reconciler = _doubt(
        bench, accepted=False, text=f"{LONG} See example.org/act and\nhttps://example.org/sign"
    )
    bench.x.posts.append(
        SeenPost(
            post_id="9",
            url="http://127.0.0.1/9",
            text=f"{LONG} See {shown} and\nhttps://example.org/sign",
            created_at=None,
        )
    )

    _settle(bench, reconciler)

    assert bench.state() is State.DELIVERED


SIGN = "Sign: https://example.org/sign-the-letter-before-eight-in-the-evening?lang=en&from=storm"


def _shorten(bench: Bench) -> None:
    bench.x.posts.append(
        SeenPost(post_id="9", url="http://127.0.0.1/9", text="Sign: https://t.co/aB3dE5gH7j", created_at=None)
    )


def test_an_address_that_was_left_short_is_known_by_the_words_around_it(bench: Bench) -> None:
    """Most of a short text is its link: where that is not written out, nothing is posted again."""
    reconciler = _doubt(bench, accepted=False, text=SIGN)
    _shorten(bench)

    _settle(bench, reconciler)

    assert bench.state() is State.DELIVERED


def test_an_address_that_may_be_one_of_two_is_for_a_person_to_judge(bench: Bench) -> None:
    """Two deliveries in doubt differ in nothing but where they lead."""
    bench.x.script += [InDoubt(reason="connection dropped")] * 2
    bench.enroll(make_delivery(text=SIGN), make_delivery("m2", text="Sign: example.org/other"))
    bench.serve()
    bench.clock.move(timedelta(minutes=5))
    bench.serve()
    _shorten(bench)

    _settle(bench, Reconciler(bench.equipment), *PROOF, *PROOF)

    assert [doubt.held for doubt in bench.ledger.doubts.open([str(ACME)])] == [True, True]


@pytest.mark.parametrize(("seconds", "state"), [(-1, State.IN_DOUBT), (0, State.DELIVERED)])
def test_a_post_that_is_older_than_the_request_is_not_its(bench: Bench, seconds: int, state: State) -> None:
    """A server that shows more than was asked for shows last year's post too: that one is no receipt."""
    reconciler = _doubt(bench, accepted=False)
    (doubt,) = bench.ledger.doubts.open([str(ACME)])
    created_at = doubt.sending_at - LOOK_BACK + timedelta(seconds=seconds)
    bench.x.posts.append(SeenPost(post_id="9", url="http://127.0.0.1/9", text=LONG, created_at=created_at))
    bench.x.shows_all = True

    _settle(bench, reconciler, *PROOF, *PROOF)

    assert bench.state() is state


DUPLICATE = Refused(reason="twice", code="403", for_good=True, probably_posted=True)


@pytest.mark.parametrize("is_again", [False, True], ids=["at first", "after a doubt"])
def test_a_duplicate_that_is_not_on_the_account_fails_and_is_never_posted_again(
    bench: Bench, is_again: bool
) -> None:
    """The platform refuses a duplicate that two readings do not show: it failed, and costs nothing."""
    bench.enroll(make_delivery(text=LONG, price_usd_micros=15_000), budget_usd_micros=5_000_000)
    bench.x.script += [InDoubt(reason="connection dropped")] * is_again + [DUPLICATE]
    reconciler = Reconciler(bench.equipment)
    for _ in bench.x.script.copy():
        bench.serve()
        doubtful = bench.state()
        _settle(bench, reconciler, *PROOF)
    bench.clock.move(timedelta(hours=1))
    bench.serve()

    (view,) = bench.ledger.history.deliveries("storm")
    assert (doubtful, view.state) == (State.IN_DOUBT, State.FAILED)
    assert view.why == "refused as a duplicate; it is not on the account"
    assert [view.why] == bench.events.texts(EventKind.FAILED)
    assert (len(bench.x.sent), bench.spent()) == (1 + is_again, 15_000 * is_again)


def test_a_duplicate_that_is_on_the_account_is_delivered(bench: Bench) -> None:
    """Something between us asked twice: the first answer was lost, the second one says duplicate."""
    bench.enroll(make_delivery(text=LONG))
    bench.x.script.append(lambda post: (bench.x.accept(post), DUPLICATE)[1])
    bench.serve()

    _settle(bench, Reconciler(bench.equipment))

    (view,) = bench.ledger.history.deliveries("storm")
    assert (view.state, view.post_id) == (State.DELIVERED, "acme-1")


def test_what_is_said_to_stand_there_is_found_when_it_is_shown(bench: Bench) -> None:
    """A list lags longer than two readings: the refusal says so, and a later one brings the receipt."""
    reconciler = _doubt(bench, accepted=False)
    _settle(bench, reconciler, *PROOF)
    bench.x.script.append(DUPLICATE)
    bench.serve()

    _settle(bench, reconciler, timedelta(seconds=10))
    bench.x.posts.append(SeenPost(post_id="9", url="http://127.0.0.1/9", text=LONG, created_at=None))
    _settle(bench, reconciler, timedelta(seconds=60))

    (view,) = bench.ledger.history.deliveries("storm")
    assert (view.state, view.post_id) == (State.DELIVERED, "9")


def test_the_account_is_read_from_the_first_doubtful_attempt_on(bench: Bench) -> None:
    """What a list hid for minutes is an earlier attempt's: it is found, though older than the last."""
    reconciler = _doubt(bench, accepted=False)
    first_at = bench.clock.at
    _settle(bench, reconciler, *PROOF)
    bench.clock.move(timedelta(minutes=10))
    bench.x.script.append(DUPLICATE)
    bench.serve()
    bench.x.posts.append(SeenPost(post_id="9", url="http://127.0.0.1/9", text=LONG, created_at=first_at))

    _settle(bench, reconciler)

    assert bench.state() is State.DELIVERED
    assert bench.x.spans[-1][0] == first_at - LOOK_BACK


def test_a_post_that_stands_there_twice_is_told(bench: Bench) -> None:
    """Two attempts were in doubt, and a list that lagged shows both posts: one of them is an alarm."""
    reconciler = _doubt(bench, accepted=False)
    _settle(bench, reconciler, *PROOF)
    bench.x.script.append(InDoubt(reason="connection dropped"))
    bench.serve()
    bench.x.posts += [
        SeenPost(post_id=post_id, url=f"http://127.0.0.1/{post_id}", text=LONG, created_at=None)
        for post_id in ("8", "9")
    ]

    _settle(bench, reconciler)

    (alarm,) = bench.events.texts(EventKind.POSTED_TWICE)
    kinds = [event.kind for event in recent_events(bench.ledger, 9)]
    assert bench.state() is State.DELIVERED
    assert "http://127.0.0.1/8" in alarm
    assert "http://127.0.0.1/9" in alarm
    assert kinds.count(EventKind.POSTED_TWICE) == 1
