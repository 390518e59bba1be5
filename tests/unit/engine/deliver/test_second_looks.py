"""Platforms that are late: for 40 s nothing stands twice, and what stands twice all the same is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, State
from stormctl.engine.deliver.reconciler import Reconciler
from stormctl.engine.operate.standing import exit_codes_of_ledger, get_status, is_work_left
from stormctl.engine.run.served_channels import ServedChannels
from stormctl.engine.run.service import Onlooker, run_storm
from stormctl.errors import ExitCode
from tests.factories import ACME, PAGE, make_delivery

if TYPE_CHECKING:
    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.platforms.adapter import OutgoingPost
    from tests.fakes import FakePlatform
    from tests.unit.engine.conftest import Bench

MINUTE = timedelta(minutes=1)
GRACE = timedelta(hours=8)
DROPPED = InDoubt(reason="connection dropped")


def live(bench: Bench, lasts: timedelta, step: timedelta = timedelta(seconds=2)) -> None:
    """Let runners work for a while: sweep, read what is due, publish what is due, on both channels."""
    reconciler, end_at = Reconciler(bench.equipment), bench.clock.at + lasts
    while bench.clock.at < end_at:
        bench.ledger.sweeping.sweep(bench.clock.moment())
        for channel, platform in bench.platforms.platforms.items():
            platform.arrive()
            reconciler.settle(channel, platform)
            bench.serve(channel)
        bench.clock.move(step)


def texts(bench: Bench) -> Counter[str]:
    """Return what stands on both accounts, and how often."""
    return Counter(post.text for platform in (bench.x, bench.facebook) for post in platform.posts)


def enroll_two_storms(bench: Bench) -> set[str]:
    """Enrol posts for both channels within a quarter of an hour; return their texts."""
    deliveries = [
        make_delivery(f"m{number}", channel=channel, slot_at=bench.clock.at + number * MINUTE, grace=GRACE)
        for number in range(6)
        for channel in (ACME, PAGE)
    ]
    bench.enroll(*deliveries)
    return {delivery.post.text for delivery in deliveries}


def every_second(platform: FakePlatform, seconds: float = 0) -> None:
    """Let each second request be accepted, in a while perhaps, and its answer be lost."""

    def lose(post: OutgoingPost) -> Outcome:
        platform.accept_later(post, timedelta(seconds=seconds))
        platform.arrive()
        return DROPPED

    for _ in range(3):
        platform.script += [lose, platform.accept]


@pytest.mark.parametrize(("late_s", "lag_s"), [(40, 0), (0, 40)], ids=["accepted late", "shown late"])
def test_nothing_stands_twice_on_platforms_that_are_forty_seconds_late(
    bench: Bench, late_s: int, lag_s: int
) -> None:
    """Whether they accept after hanging up, or hide what they took: 12 planned, 12 there, once each."""
    planned = enroll_two_storms(bench)
    for platform in (bench.x, bench.facebook):
        platform.lag = timedelta(seconds=lag_s)
        every_second(platform, late_s)

    live(bench, timedelta(minutes=9))

    assert texts(bench) == Counter(dict.fromkeys(planned, 2))
    assert set(bench.states().values()) == {State.DELIVERED}
    assert bench.events.texts(EventKind.POSTED_TWICE) == []


def test_a_platform_that_is_later_than_that_is_told(bench: Bench) -> None:
    """Accepted after 100 s, sent again meanwhile: two minutes later the second copy is an alarm."""
    bench.enroll(make_delivery("a", grace=GRACE), make_delivery("b", channel=PAGE, grace=GRACE))
    every_second(bench.x, 100)

    live(bench, timedelta(minutes=4))

    (alarm,) = bench.events.texts(EventKind.POSTED_TWICE)
    (copy,) = get_status(bench.ledger, bench.clock.moment(), "storm", bench.equipment.durations).copies
    assert texts(bench) == {"Text of a": 2, "Text of b": 1}
    assert alarm.endswith(f"stormctl retract storm/x:acme/a/en --url {copy.url}")
    assert copy.url == "http://127.0.0.1/acme-2"


def resend(bench: Bench, *, budget_usd_micros: int | None = None) -> None:
    """Send one post of each channel; X's again after two readings proved it absent, though it comes later."""
    bench.enroll(
        make_delivery("a", grace=GRACE),
        make_delivery("far", grace=GRACE, slot_at=bench.clock.at + timedelta(hours=2)),
        make_delivery("b", channel=PAGE, grace=GRACE),
        budget_usd_micros=budget_usd_micros,
    )
    bench.x.script.append(DROPPED)
    live(bench, timedelta(seconds=80), timedelta(seconds=10))
    bench.ledger.sweeping.sweep(bench.clock.moment())
    assert texts(bench) == {"Text of a": 1, "Text of b": 1}


def copy_by_hand(bench: Bench) -> None:
    """Put a second copy on X's account."""
    bench.x.accept(bench.x.sent[0])


@pytest.mark.parametrize("minutes", [2, 15, 120])
def test_it_is_read_again_after_two_and_fifteen_minutes_and_at_the_end(bench: Bench, minutes: int) -> None:
    """Whatever shows until then is told, and X is asked thrice, the Page never."""
    resend(bench)
    sent_at = bench.clock.at - timedelta(seconds=10)
    bench.x.readings = 0
    if minutes > 2:
        live(bench, sent_at + timedelta(minutes=2 if minutes == 15 else 15) - bench.clock.at + MINUTE, MINUTE)
    copy_by_hand(bench)

    live(bench, sent_at + timedelta(minutes=minutes) - bench.clock.at + MINUTE, MINUTE)
    told = len(bench.events.texts(EventKind.POSTED_TWICE))
    live(bench, timedelta(hours=3), 10 * MINUTE)

    assert (told, len(bench.events.texts(EventKind.POSTED_TWICE))) == (1, 1)
    assert (bench.x.readings, bench.facebook.readings) == (3, 0)


def test_one_reading_serves_all_that_is_due_and_is_charged(bench: Bench) -> None:
    """After a night without a runner one look is enough; X bills every post that it shows."""
    resend(bench, budget_usd_micros=5_000_000)
    before, readings = bench.spent(), bench.x.readings
    bench.clock.move(timedelta(hours=9))
    bench.x.accept(bench.x.sent[0])

    Reconciler(bench.equipment).settle(ACME, bench.x)
    Reconciler(bench.equipment).settle(ACME, bench.x)

    assert bench.x.readings == readings + 1
    assert bench.spent() == before + 2 * 5_000
    assert len(bench.events.texts(EventKind.POSTED_TWICE)) == 1
    assert [one.due_at for one in bench.ledger.follow_ups.open(str(ACME))] == []


@pytest.mark.parametrize("trouble", ["unreadable", "incomplete"])
def test_a_reading_that_failed_is_made_again_a_minute_later(bench: Bench, trouble: str) -> None:
    """Not every second, since that may cost; and as often as it takes."""
    resend(bench)
    copy_by_hand(bench)
    setattr(bench.x, trouble, "503")
    bench.clock.move(timedelta(minutes=2))
    bench.x.readings, reconciler = 0, Reconciler(bench.equipment)

    for seconds in (0, 30, 30, 0):
        bench.clock.move(timedelta(seconds=seconds))
        reconciler.settle(ACME, bench.x)
    failed = bench.x.readings
    setattr(bench.x, trouble, None)
    bench.clock.move(MINUTE)
    reconciler.settle(ACME, bench.x)

    assert (failed, bench.x.readings) == (2, 3)
    assert len(bench.events.texts(EventKind.POSTED_TWICE)) == 1


def test_a_post_that_is_being_made_is_no_copy(bench: Bench) -> None:
    """Tomorrow's delivery says the same, and its receipt is not written down yet: it is nobody's so far."""
    resend(bench)
    bench.enroll(
        *(make_delivery(name, grace=GRACE) for name in ("a", "far")),
        replace(make_delivery("c", text="Text of a"), storm_on=bench.clock.at.date() + timedelta(days=1)),
    )
    bench.clock.move(timedelta(minutes=3))

    def look(post: OutgoingPost) -> Outcome:
        receipt = bench.x.accept(post)
        Reconciler(bench.equipment).settle(ACME, bench.x)
        return receipt

    bench.x.script.append(look)
    bench.serve()

    assert bench.events.texts(EventKind.POSTED_TWICE) == []
    assert bench.states()["c/en"] is State.DELIVERED


def test_any_runner_takes_them_when_the_storm_is_over(bench: Bench) -> None:
    """A launch ends without waiting; a tick and a daemon verify the channel again for nothing but that."""
    resend(bench)
    bench.ledger.manual.cancel(["storm/x:acme/far/en"], "ana", bench.clock.moment())
    later = [bench.clock.move(timedelta(seconds=wait)) for wait in (0, 120)]
    bench.clock.move(-timedelta(seconds=120))
    found = []
    for moment in later:
        bench.clock.at = bench.clock.wall_at = moment.at
        tick, daemon = ServedChannels(bench.equipment), ServedChannels(bench.equipment)
        tick.refresh(only_at_work=True)
        daemon.refresh()
        found.append((tick.channels(), daemon.channels(), is_work_left(bench.ledger, moment, [ACME])))

    assert found == [([], [ACME], False), ([ACME], [ACME], True)]


def test_a_run_that_ends_has_entered_what_is_to_be_read_again(bench: Bench) -> None:
    """Also where it ended before its next sweep: its end names them."""
    bench.enroll(make_delivery("a", grace=GRACE))
    bench.x.script.append(DROPPED)
    live(bench, timedelta(seconds=80), timedelta(seconds=10))
    with bench.ledger._database.transaction() as session:
        session._connection.execute("DELETE FROM follow_ups")

    onlooker = Onlooker(bench.events, lambda *_seen: None)
    run_storm(bench.equipment, onlooker, storm_id="storm", channels=[ACME], kind="launch")

    status = get_status(bench.ledger, bench.clock.moment(), "storm", bench.equipment.durations)
    assert [one.channel for one in status.follow_ups] == ["x:acme", "x:acme"]


def test_status_is_eight_until_the_copy_is_gone_or_left(bench: Bench) -> None:
    """Everything is delivered, and a person must look all the same."""
    resend(bench)
    copy_by_hand(bench)
    live(bench, timedelta(minutes=3), MINUTE)
    durations = bench.equipment.durations

    def codes() -> set[ExitCode]:
        status = bench.ledger.overview.status(bench.clock.moment(), runner_timeout=durations.runner_timeout)
        return exit_codes_of_ledger(status) & {ExitCode.IN_DOUBT}

    before = codes()
    bench.ledger.manual.retracted("storm/x:acme/a/en", "acme-2", "ana", bench.clock.moment())

    assert (before, codes()) == ({ExitCode.IN_DOUBT}, set())


def test_a_doubt_s_reading_that_shows_two_tells_the_second(bench: Bench) -> None:
    """Both attempts got through, both answers were lost: the older post is the receipt."""
    bench.enroll(make_delivery("a", grace=GRACE), make_delivery("b", channel=PAGE, grace=GRACE))
    bench.x.lag = timedelta(minutes=10)
    every_second(bench.x)
    bench.x.script[1] = bench.x.script[0]

    live(bench, timedelta(minutes=1.5))
    bench.x.lag = timedelta()
    live(bench, timedelta(seconds=70))

    (copy,) = get_status(bench.ledger, bench.clock.moment(), "storm", bench.equipment.durations).copies
    (view,) = bench.ledger.history.of_message("a")
    assert (view.post_id, copy.url) == ("acme-1", "http://127.0.0.1/acme-2")


def test_two_doubts_that_say_the_same_have_a_post_each(bench: Bench) -> None:
    """The same text on two days of a storm, both in doubt: no second copy, and neither is sent again."""
    bench.enroll(
        make_delivery("a", text="The same."),
        replace(make_delivery("b", text="The same."), storm_on=bench.clock.at.date() + timedelta(days=1)),
    )
    every_second(bench.x)
    bench.x.script[1] = bench.x.script[0]
    bench.serve()

    live(bench, timedelta(minutes=2))

    assert texts(bench) == {"The same.": 2}
    assert set(bench.states().values()) == {State.DELIVERED}
    assert bench.events.texts(EventKind.POSTED_TWICE) == []


def test_the_account_is_read_from_the_oldest_doubt_on(bench: Bench) -> None:
    """Two posts are in doubt, ten minutes apart: the first one's is found as well."""
    bench.enroll(make_delivery("a"), make_delivery("b", slot_at=bench.clock.at + 10 * MINUTE))
    every_second(bench.x)
    bench.x.script[1] = bench.x.script[0]
    bench.serve()
    bench.clock.move(10 * MINUTE)
    bench.serve()

    Reconciler(bench.equipment).settle(ACME, bench.x)

    assert set(bench.states().values()) == {State.DELIVERED}
