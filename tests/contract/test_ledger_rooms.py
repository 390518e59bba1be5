"""What every ledger engine promises of doubts, channels, halts, runners, media and metrics."""

from __future__ import annotations

import hashlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import Media, MediaKind
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import Delivered, InDoubt, RateLimit
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.domain.platforms.record import Metric
from stormctl.errors import CredentialsError, FindingsError, LedgerError
from stormctl.ledger.control.halts import Resumed
from tests.factories import bind_account_of, learn_limits, recent_events, release

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import PlannedDelivery
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.ledger.delivery.doubts import Doubt
    from stormctl.ledger.ledger import Ledger
    from tests.contract.conftest import Bench

    Plan = Callable[..., PlannedDelivery]

X = "x:migrants-day"
PAGE = "facebook:migrants-day"
KEY = "imd/x:migrants-day/a/en"
BYTES = b"not really a picture"
PICTURE = Media(
    file="images/boat.png",
    alt="A paper boat",
    kind=MediaKind.IMAGE,
    mime="image/png",
    digest=hashlib.sha256(BYTES).hexdigest(),
    size=len(BYTES),
)
MINUTE = timedelta(minutes=1)


@pytest.fixture(name="doubt")
def make_doubt(bench: Bench, plan: Plan) -> Doubt:
    """Bring a delivery into doubt: sent at noon, second 0 of the wall clock."""
    bench.enroll(plan("a", grace=timedelta(hours=2)), plan("b", 60))
    bench.answer(bench.send(), InDoubt(reason="timed out"))
    return bench.ledger.doubts.open([PAGE, X])[0]


def read(bench: Bench, doubt: Doubt, wall_s: float, *, complete: bool = True) -> bool:
    """Read the account at a second of the wall clock, in vain; tell whether that settled it."""
    moment = bench.at(1, wall_s=wall_s)
    bench.ledger.doubts.record_reading(doubt, moment, complete=complete, reason="" if complete else "page 2")
    return bench.prove_absent(doubt, moment)


class TestDoubts:
    """What is in doubt is settled by readings that the ledger holds."""

    def test_carries_what_reconciling_needs(self, bench: Bench, doubt: Doubt) -> None:
        """Post, attempt, both moments of sending, and the readings so far."""
        read(bench, doubt, 3, complete=False)

        found = bench.ledger.doubts.open([X])[0]

        assert (found.key, found.post.text, found.attempt_id, found.held) == (KEY, "About a", 1, False)
        assert (found.sending_at, found.sending_wall_at) == (bench.at(0).at, bench.at(0).wall_at)
        assert [(r.started_at, r.complete, r.reason) for r in found.readings] == [
            (bench.at(0, wall_s=3).wall_at, False, "page 2")
        ]

    def test_two_complete_readings_prove_it(self, bench: Bench, doubt: Doubt) -> None:
        """The first from the request limit on, the second a settling time later: then it is planned again."""
        settled = [read(bench, doubt, second) for second in (10, 69.9, 70)]

        assert settled == [False, False, True]
        assert bench.states()["a"] == "planned"
        assert bench.ledger.history.attempts(KEY)[0].settled == "not_there"
        assert bench.ledger.doubts.open([X]) == []

    @pytest.mark.parametrize("seconds", [(1, 9.9), (9.9, 69.8), (10,), (10, 11, 69)])
    def test_readings_too_early_or_too_close_prove_nothing(
        self, bench: Bench, doubt: Doubt, seconds: tuple[float, ...]
    ) -> None:
        """A post may still be on its way, or not listed yet."""
        settled = [read(bench, doubt, second) for second in seconds]

        assert not any(settled)
        assert bench.states()["a"] == "in_doubt"

    def test_readings_come_oldest_first(self, bench: Bench, doubt: Doubt) -> None:
        """Two runners read at once: the one that began first may write later."""
        for wall_s in (40, 15, 30):
            bench.ledger.doubts.record_reading(doubt, bench.at(1, wall_s=wall_s), complete=True, reason="")

        (found,) = bench.ledger.doubts.open([X])

        starts = [bench.at(1, wall_s=wall_s).wall_at for wall_s in (15, 30, 40)]
        assert [reading.started_at for reading in found.readings] == starts

    def test_incomplete_readings_prove_nothing(self, bench: Bench, doubt: Doubt) -> None:
        """Every page must have been read, both times."""
        settled = [read(bench, doubt, second, complete=False) for second in (10, 70, 140)]

        assert not any(settled)

    def test_readings_of_an_older_attempt_prove_nothing(self, bench: Bench, doubt: Doubt) -> None:
        """A second doubt about the same delivery is settled by readings of its own."""
        read(bench, doubt, 10)
        read(bench, doubt, 70)
        bench.answer(bench.send(10), InDoubt(reason="again"), 10)

        assert not bench.prove_absent(doubt, bench.at(11))
        assert not bench.prove_absent(bench.ledger.doubts.open([X])[0], bench.at(11))

    @pytest.mark.parametrize("own", [(), (10,), (70,)])
    def test_readings_of_another_channel_prove_nothing(
        self, bench: Bench, plan: Plan, doubt: Doubt, own: tuple[float, ...]
    ) -> None:
        """Another account was read twice since the sending: that says nothing of this one, nor half of it."""
        bench.enroll(plan("a", grace=timedelta(hours=2)), plan("b", 60), plan("c", channel=PAGE))
        bench.answer(bench.send(channel=PAGE), InDoubt(reason="timed out"))
        (other,) = bench.ledger.doubts.open([PAGE])
        for second in (10, 70):
            moment = bench.at(1, wall_s=second)
            bench.ledger.doubts.record_reading(other, moment, complete=True, reason="")

        settled = [read(bench, doubt, second) for second in own]

        assert not any([*settled, bench.prove_absent(doubt, bench.at(2))])
        assert bench.prove_absent(other, bench.at(2))
        assert bench.states() == {"a": "in_doubt", "b": "planned", "c": "planned"}

    def test_open_texts_are_those_that_may_stand_there_without_a_receipt(
        self, bench: Bench, plan: Plan
    ) -> None:
        """What is claimed or in doubt on a channel, in whichever storm; not what is planned or delivered."""
        bench.enroll(plan("delivered", -3), plan("doubt", -2), plan("late", 60), spacing=timedelta())
        bench.enroll(
            plan("page", channel=PAGE, storm="vigil"),
            plan("claimed", storm="vigil"),
            storm_id="vigil",
            spacing=timedelta(),
        )
        bench.deliver(-3)
        bench.answer(bench.send(-2), InDoubt(reason="timed out"), -2)
        bench.claim()
        bench.claim(channel=PAGE)

        texts = [bench.ledger.doubts.open_texts(channel) for channel in (X, PAGE)]

        assert texts == [{"About doubt", "About claimed"}, {"About page"}]

    def test_found_post_settles_it(self, bench: Bench, doubt: Doubt) -> None:
        """The post that was found is the receipt; delivered is when it was sent."""
        settled = bench.ledger.doubts.settle_delivered(
            doubt, "p9", "https://example.org/p9", bench.at(2), "found"
        )

        view = bench.ledger.history.get(KEY)
        assert settled
        assert (view.state, view.post_id, view.delivered_at) == ("delivered", "p9", bench.at(0).at)
        assert bench.ledger.history.attempts(KEY)[0].settled == "delivered"
        assert bench.ledger.doubts.known_post_ids(X) == {"p9"}

    def test_one_post_settles_one_delivery(self, bench: Bench, doubt: Doubt) -> None:
        """A post with a receipt of its own is never another delivery's."""
        bench.deliver(60)

        settled = bench.ledger.doubts.settle_delivered(
            doubt, "p1", "https://example.org/p1", bench.at(61), "found"
        )

        assert (settled, bench.states()["a"]) == (False, "in_doubt")

    @pytest.mark.parametrize("post_id", ["p1", "p2"])
    def test_another_account_s_post_of_the_same_number_is_another_post(
        self, bench: Bench, plan: Plan, post_id: str
    ) -> None:
        """Ids are an account's: published there by a runner or found there, they settle nothing here."""
        adopted = {f"imd/{PAGE}/c/en": Delivered(post_id="p2", url="https://example.org/p2")}
        bench.enroll(*(plan(name, channel=PAGE) for name in "bc"), plan("a"), published=adopted)
        bench.deliver(channel=PAGE)
        bench.answer(bench.send(), InDoubt(reason="timed out"))
        (doubt,) = bench.ledger.doubts.open([X])

        settled = bench.ledger.doubts.settle_delivered(
            doubt, post_id, "https://example.org/p", bench.at(2), "found"
        )

        assert (settled, bench.ledger.history.get(KEY).post_id) == (True, post_id)
        assert post_id in bench.ledger.doubts.known_post_ids(X)
        assert bench.ledger.doubts.known_post_ids(PAGE) == {"p1", "p2"}

    def test_settling_twice_does_nothing(self, bench: Bench, doubt: Doubt) -> None:
        """Two runners may come to the same conclusion."""
        settle = bench.ledger.doubts.settle_delivered
        settle(doubt, "p9", "https://example.org/p9", bench.at(2), "found")

        assert not settle(doubt, "p9", "https://example.org/p9", bench.at(2), "found")
        assert not bench.prove_absent(doubt, bench.at(2))

    def test_held_waits_for_a_person(self, bench: Bench, doubt: Doubt) -> None:
        """What only resembles a post is not resent, whatever the readings say; it is told once."""
        bench.ledger.doubts.hold(doubt, "one resembles it", bench.at(1))
        bench.ledger.doubts.hold(doubt, "one resembles it", bench.at(1))

        settled = [read(bench, doubt, second) for second in (10, 70)]

        held = [e for e in recent_events(bench.ledger, 9) if e.kind is EventKind.HELD]
        assert (settled, len(held)) == ([False, False], 1)
        assert bench.ledger.doubts.open([X])[0].held


class TestChannels:
    """Whose account a channel is, and its troubles."""

    def test_account_is_bound_once(self, bench: Bench) -> None:
        """The same account is fine again, also under a new name; another one is refused by both names."""
        channel = parse_channel_id(X)
        bind = partial(bind_account_of, bench.ledger)
        assert bench.ledger.channels.get_account(X) is None
        bind(channel, "1", "Migrants Day", bench.at(0))
        bind(channel, "1", "Migrants’ Day", bench.at(0))
        bind(channel, "1", "Migrants’ Day", bench.at(0))

        with pytest.raises(CredentialsError, match=r"Migrants’ Day \(1\).*Someone \(2\)"):
            bind(channel, "2", "Someone", bench.at(0))

        assert bench.ledger.channels.get_account(X) == ("1", "Migrants’ Day")

    def test_one_account_behind_two_channels_is_refused(self, bench: Bench) -> None:
        """It would be posted to twice; the same id on another platform is another account."""
        bind_account_of(bench.ledger, parse_channel_id(X), "1", "Migrants Day", bench.at(0))
        bind_account_of(bench.ledger, parse_channel_id(PAGE), "1", "Migrants Day", bench.at(0))

        with pytest.raises(CredentialsError, match="x:migrants-day and x:other are the same account"):
            bind_account_of(bench.ledger, parse_channel_id("x:other"), "1", "Migrants Day", bench.at(0))

    def test_one_account_is_one_channel_s_however_many_bind_it_at_once(self, bench: Bench) -> None:
        """Of launches that start together one has it; the others are told, and nobody is bound to two."""
        channels = [parse_channel_id(name) for name in ("x:one", "x:two", "x:three", "x:four")]
        ledgers = [bench.reopen() for _ in channels]
        for ledger in ledgers:
            ledger.channels.get_account("x:one")  # connected, so that they really meet
        together = threading.Barrier(len(channels))

        def bind(ledger: Ledger, channel: ChannelId) -> str:
            together.wait()
            try:
                bind_account_of(ledger, channel, "1", "Migrants Day", bench.at(0))
            except CredentialsError as error:
                return error.message
            return ""

        with ThreadPoolExecutor(len(channels)) as pool:
            told = list(pool.map(bind, ledgers, channels))

        ((winner,),) = bench.execute("SELECT id FROM channels WHERE platform = 'x' AND account_id = '1'")
        expected = {
            f"{winner} and {channel} are the same account: Migrants Day (1)"
            for channel in channels
            if str(channel) != winner
        }
        assert sorted(told) == ["", *sorted(expected)]

    def test_suspension(self, bench: Bench) -> None:
        """It is kept with its reason until it is released; a channel that is unknown needs no release."""
        bench.ledger.channels.suspend(X, "the token is dead", bench.at(0))
        suspended = bench.ledger.channels.suspended()
        released = [release(bench.ledger, name, bench.at(1)) for name in (X, X, PAGE)]

        assert released == [True, False, False]
        assert (suspended, bench.ledger.channels.suspended()) == ({X: "the token is dead"}, {})
        kinds = [event.kind for event in recent_events(bench.ledger, 9)]
        assert kinds == [EventKind.SUSPENDED, EventKind.RESUMED]


class TestHalts:
    """Stop, for all or for a part, and flow again."""

    def test_scopes(self, bench: Bench, plan: Plan) -> None:
        """A halt blocks exactly what it names."""
        scopes = {
            "all": None,
            "platform": "x",
            "channel": X,
            "topic": "rights",
            "message": "a",
        }
        others = {"platform": "facebook", "channel": PAGE, "topic": "vigil", "message": "b"}
        bench.enroll(plan("a", topic="rights"))
        blocked = {}
        for scope, target in scopes.items():
            bench.ledger.halts.halt(scope, target, "wait", "ana", bench.at(0))
            blocked[scope] = bench.find_claim() is None
            bench.ledger.halts.resume(bench.at(0), "ana")
        for scope, other in others.items():
            bench.ledger.halts.halt(scope, other, "wait", "ana", bench.at(0))

        assert blocked == dict.fromkeys(scopes, True)
        assert bench.claim().message_id == "a"

    def test_next_due_does_not_look_at_halts(self, bench: Bench, plan: Plan) -> None:
        """It tells when something would go if nobody halted."""
        bench.enroll(plan("a"))
        bench.ledger.halts.halt("all", None, "wait", "ana", bench.at(0))

        assert bench.next_due(0) == 0

    def test_views(self, bench: Bench) -> None:
        """Who, why, when, what, and what flows again under it."""
        number = bench.ledger.halts.halt("all", None, "a tragedy", "ana", bench.at(3))
        bench.ledger.halts.resume(bench.at(4), "ana", scope="channel", target=X)

        (view,) = bench.ledger.halts.active()

        assert (view.id, view.scope, view.target, view.reason, view.who) == (
            number,
            "all",
            None,
            "a tragedy",
            "ana",
        )
        assert (view.at, view.exceptions) == (bench.at(3).at, (f"channel {X}",))

    def test_resume_narrower_than_the_halt(self, bench: Bench, plan: Plan) -> None:
        """Only what was named flows again, under the halt of all and under its platform's."""
        bench.enroll(plan("a"), plan("b", channel=PAGE), plan("c", channel="x:other"))
        bench.ledger.halts.halt("all", None, "wait", "ana", bench.at(0))
        bench.ledger.halts.halt("platform", "x", "wait", "ana", bench.at(0))

        touched = bench.ledger.halts.resume(bench.at(0), "ana", scope="channel", target=X)

        assert touched == Resumed(narrowed=2)
        assert bench.find_claim(channel=PAGE) is None
        assert bench.find_claim(channel="x:other") is None
        assert bench.claim().message_id == "a"

    def test_resume_of_exactly_one_halt(self, bench: Bench) -> None:
        """Other scopes and targets stay halted; nothing to resume is told as none."""
        bench.ledger.halts.halt("topic", "rights", "wait", "ana", bench.at(0))
        bench.ledger.halts.halt("topic", "vigil", "wait", "ana", bench.at(0))

        touched = bench.ledger.halts.resume(bench.at(0), "ana", scope="topic", target="rights")
        none = bench.ledger.halts.resume(bench.at(0), "ana", scope="message", target="a")

        left = [h.target for h in bench.ledger.halts.active()]
        assert (touched, none, left) == (Resumed(lifted=1), Resumed(), ["vigil"])

    def test_resume_of_all_lifts_every_halt(self, bench: Bench) -> None:
        """Narrow ones as well."""
        bench.ledger.halts.halt("topic", "rights", "wait", "ana", bench.at(0))
        bench.ledger.halts.halt("all", None, "wait", "ana", bench.at(0))

        touched = bench.ledger.halts.resume(bench.at(0), "ana")

        assert (touched, bench.ledger.halts.active()) == (Resumed(lifted=2), ())

    def test_acknowledgement(self, bench: Bench) -> None:
        """Live runners that have not seen the newest halt are named; without a halt nobody is."""
        seen = bench.ledger.runners.register("launch", "h", 1, bench.at(0))
        unseen = bench.ledger.runners.register("daemon", "h", 2, bench.at(0))
        bench.ledger.runners.stop(bench.ledger.runners.register("tick", "h", 3, bench.at(0)), bench.at(0))
        before = bench.ledger.halts.unacknowledged(bench.at(0), timeout=MINUTE)
        bench.ledger.halts.halt("all", None, "wait", "ana", bench.at(0))
        bench.ledger.halts.acknowledge(seen, bench.at(0))

        behind = [runner.id for runner in bench.ledger.halts.unacknowledged(bench.at(0), timeout=MINUTE)]
        bench.ledger.halts.acknowledge(unseen, bench.at(0))
        after = bench.ledger.halts.unacknowledged(bench.at(0), timeout=MINUTE)

        assert (before, behind, after) == ((), [unseen], ())


class TestRunners:
    """Who posts, and who has died."""

    def test_beats_keep_alive(self, bench: Bench) -> None:
        """A runner is alive until its heartbeat is older than the time-out, on the wall clock."""
        runner = bench.ledger.runners.register("launch", "elsewhere", 7, bench.at(0))
        bench.ledger.runners.beat(runner, bench.at(0, wall_s=30), channels=[X])

        alive = [bench.ledger.runners.list(bench.at(0, wall_s=s), timeout=MINUTE)[0].alive for s in (90, 91)]

        (status,) = bench.ledger.runners.list(bench.at(0), timeout=MINUTE)
        assert alive == [True, False]
        assert (status.id, status.kind, status.host, status.pid) == (runner, "launch", "elsewhere", 7)
        assert (status.started_at, status.beat_at) == (bench.at(0).wall_at, bench.at(0, wall_s=30).wall_at)

    def test_stopped_is_not_alive(self, bench: Bench) -> None:
        """A runner that said goodbye is gone at once, and its lock file with it."""
        runner = bench.ledger.runners.register("launch", "h", 7, bench.at(0))
        lock = bench.place.locks / f"{runner}.lock"
        held = lock.exists()

        bench.ledger.runners.stop(runner, bench.at(0))

        assert (held, lock.exists()) == (True, False)
        assert not bench.ledger.runners.list(bench.at(0), timeout=MINUTE)[0].alive

    def test_another_process_s_runner_can_be_struck_off(self, bench: Bench) -> None:
        """Stopping a runner that is not ours only writes it down."""
        runner = bench.ledger.runners.register("launch", "h", 7, bench.at(0))
        other = bench.reopen()

        other.runners.stop(runner, bench.at(0))

        assert not bench.ledger.runners.list(bench.at(0), timeout=MINUTE)[0].alive

    def test_free_lock_on_this_host_means_dead(self, bench: Bench) -> None:
        """The system frees the lock however the process ended; other hosts are judged by their leases."""
        here = bench.ledger.runners.register("launch", socket.gethostname(), 7, bench.at(0))
        bench.ledger.runners.register("launch", "elsewhere", 7, bench.at(0))
        living = bench.ledger.runners.find_dead()
        bench.ledger.close()
        bench.ledger = bench.reopen()

        dead = bench.ledger.runners.find_dead()
        alive = {r.id for r in bench.ledger.runners.list(bench.at(0), timeout=MINUTE) if r.alive}
        bench.ledger.sweeping.take_over(dead, bench.at(0))

        assert (living, dead, here in alive, len(alive)) == ([], [here], False, 1)
        assert bench.ledger.runners.find_dead() == []

    def test_registering_sweeps_up_old_locks(self, bench: Bench) -> None:
        """Lock files of runners that were taken over don't pile up; a living one's stays."""
        dead = bench.ledger.runners.register("launch", socket.gethostname(), 7, bench.at(0))
        bench.ledger.close()
        bench.ledger = bench.reopen()
        first = bench.ledger.runners.register("launch", "h", 8, bench.at(0))
        bench.ledger.sweeping.take_over([dead], bench.at(0))

        second = bench.ledger.runners.register("launch", "h", 9, bench.at(0))

        names = {path.stem for path in bench.place.locks.glob("*.lock")}
        assert names == {first, second}


class TestMedia:
    """Images by digest, uploads by digest and description."""

    def test_stored_once_and_loaded(self, bench: Bench) -> None:
        """The bytes come back as they were; storing them again is no error."""
        media = bench.ledger.media
        before = media.has(PICTURE.digest)
        media.store(PICTURE.digest, "image/png", BYTES, bench.at(0))
        media.store(PICTURE.digest, "image/png", BYTES, bench.at(0))

        assert (before, media.has(PICTURE.digest), media.load(PICTURE.digest)) == (False, True, BYTES)

    def test_other_bytes_are_refused(self, bench: Bench) -> None:
        """A file that changed after it was planned never gets in."""
        with pytest.raises(FindingsError, match="no longer what was planned"):
            bench.ledger.media.store(PICTURE.digest, "image/png", b"other", bench.at(0))

    def test_missing_and_damaged_bytes(self, bench: Bench) -> None:
        """Neither is ever uploaded."""
        with pytest.raises(LedgerError, match="does not hold"):
            bench.ledger.media.load(PICTURE.digest)
        bench.ledger.media.store(PICTURE.digest, "image/png", BYTES, bench.at(0))
        bench.execute("UPDATE media SET content = substr(content, 2)")

        with pytest.raises(LedgerError, match="damaged"):
            bench.ledger.media.load(PICTURE.digest)

    def test_upload_is_valid_until_a_minute_before_it_expires(self, bench: Bench) -> None:
        """On the wall clock; another channel or description has no upload."""
        media = bench.ledger.media
        media.record_upload(X, PICTURE, "m1", bench.at(0, wall_s=3600).wall_at, bench.at(0))

        found = [media.find_upload(X, PICTURE, bench.at(0, wall_s=s)) for s in (3539, 3540)]

        assert [upload and upload.media_id for upload in found] == ["m1", None]
        assert media.find_upload(PAGE, PICTURE, bench.at(0)) is None
        assert media.find_upload(X, replace(PICTURE, alt="Another"), bench.at(0)) is None
        assert media.find_upload(X, replace(PICTURE, made_with_ai=True), bench.at(0)) is None

    def test_upload_that_is_forgotten(self, bench: Bench) -> None:
        """It is uploaded anew when it is needed again; others stay."""
        media, other = bench.ledger.media, replace(PICTURE, alt="Another")
        media.record_upload(PAGE, PICTURE, "m1", None, bench.at(0))
        media.record_upload(PAGE, other, "m2", None, bench.at(0))

        media.forget_uploads(PAGE, [PICTURE])

        found = [media.find_upload(PAGE, item, bench.at(1)) for item in (PICTURE, other)]
        assert [upload and upload.media_id for upload in found] == [None, "m2"]
        assert media.lease_upload(PAGE, PICTURE, "r1", bench.at(1), MINUTE)

    def test_upload_under_a_lease(self, bench: Bench) -> None:
        """One runner uploads at a time; a lapsed, released or own lease may be taken."""
        media = bench.ledger.media
        taken = [media.lease_upload(X, PICTURE, "r1", bench.at(0), MINUTE)]
        taken.append(media.lease_upload(X, PICTURE, "r2", bench.at(0.9), MINUTE))
        taken.append(media.lease_upload(X, PICTURE, "r1", bench.at(0.9), MINUTE))
        taken.append(media.lease_upload(X, PICTURE, "r2", bench.at(1.9), MINUTE))
        media.release_upload(X, PICTURE, "r1")
        taken.append(media.lease_upload(X, PICTURE, "r1", bench.at(2), MINUTE))
        media.release_upload(X, PICTURE, "r2")
        taken.append(media.lease_upload(X, PICTURE, "r1", bench.at(2), MINUTE))
        media.record_upload(X, PICTURE, "m1", None, bench.at(2))
        taken.append(media.lease_upload(X, PICTURE, "r2", bench.at(2), MINUTE))

        assert taken == [True, False, True, True, False, True, True]
        upload = media.find_upload(X, PICTURE, bench.at(9))
        assert upload is not None
        assert (upload.media_id, upload.expires_at) == ("m1", None)


class TestMetrics:
    """Snapshots by delivery, all kept, the newest shown."""

    def test_newest_of_each_metric(self, bench: Bench, plan: Plan) -> None:
        """A metric that a later reading lacks keeps its older value; the age shown is the oldest one's."""
        bench.enroll(plan("a"), plan("b", 10))
        bench.deliver(0)
        metrics = bench.ledger.metrics
        metrics.record([(KEY, Metric.IMPRESSIONS, 10), (KEY, Metric.CLICKS, 1)], bench.at(5))
        metrics.record([(KEY, Metric.IMPRESSIONS, 25)], bench.at(9))

        (post,) = metrics.newest("imd")

        assert post.values == {Metric.IMPRESSIONS: 25, Metric.CLICKS: 1}
        assert (post.read_at, post.delivered_at, post.url) == (
            bench.at(5).at,
            bench.at(0).at,
            "https://example.org/p1",
        )
        assert (post.key, post.channel, post.message_id, post.text) == (KEY, X, "a", "About a")
        assert bench.execute("SELECT count(*) FROM snapshots WHERE key LIKE 'imd/%'") == [(3,)]

    def test_unread_posts_have_no_values(self, bench: Bench, plan: Plan) -> None:
        """They are listed all the same, of one storm or of all."""
        bench.enroll(plan("a"))
        bench.deliver()

        (post,) = [post for post in bench.ledger.metrics.newest() if post.key == KEY]

        assert [post] == bench.ledger.metrics.newest("imd")
        assert (post.values, post.read_at, bench.ledger.metrics.newest("other")) == ({}, None, [])

    def test_due_at_each_age(self, bench: Bench, plan: Plan) -> None:
        """A post is due when it reaches an age, until a reading is made, even an empty one."""
        bench.enroll(plan("a"))
        bench.deliver(0)
        metrics, ages = bench.ledger.metrics, [timedelta(minutes=10), timedelta(minutes=60)]
        seen = []
        for minutes, reading in ((9, False), (10, True), (11, False), (60, True), (99, False)):
            seen.append(metrics.due(bench.at(minutes), ages, [X, PAGE]))
            if reading:
                metrics.mark_read([KEY], bench.at(minutes))

        assert seen == [[], [(KEY, X, "p1")], [], [(KEY, X, "p1")], []]

    def test_recording_is_a_reading(self, bench: Bench, plan: Plan) -> None:
        """What was recorded at an age is not due again."""
        bench.enroll(plan("a"))
        bench.deliver(0)
        bench.ledger.metrics.record([(KEY, Metric.SHARES, 2)], bench.at(12))

        assert bench.ledger.metrics.due(bench.at(13), [timedelta(minutes=10)], [X]) == []


class TestLimits:
    """What the platforms told of their ceilings."""

    def test_newest_reading_of_each_is_kept(self, bench: Bench) -> None:
        """By name, with or without figures and a reset; of this channel alone."""
        day = RateLimit(name="x-user-limit-24hour", limit=50, remaining=12, reset_at=bench.at(600).at)
        usage = RateLimit(name="app-usage", limit=None, remaining=None, reset_at=None)
        newer = replace(day, remaining=11)

        for limit in (day, usage, newer):
            learn_limits(bench.ledger, X, [limit], bench.at(0))
        learn_limits(bench.ledger, PAGE, [day], bench.at(0))

        assert bench.ledger.channels.limits(X) == [usage, newer]
        assert bench.ledger.channels.limits("x:unheard-of") == []
