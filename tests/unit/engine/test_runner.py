"""A runner in real time: it wakes for what is due, keeps going past a bug, and ends when nothing is left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery import InDoubt, Refused, State
from stormctl.engine.clocks import SystemClock, read_wall_clock
from stormctl.engine.equipment import Durations, Equipment
from stormctl.engine.runner import Runner
from tests.factories import ACME, PAGE, make_delivery

if TYPE_CHECKING:
    from stormctl.domain.delivery import Outcome
    from stormctl.platforms.adapter import OutgoingPost
    from tests.unit.engine.conftest import Bench


@pytest.fixture
def durations() -> Durations:
    """Machine durations for the impatient."""
    return Durations(
        request_limit=timedelta(milliseconds=200),
        lease=timedelta(seconds=1),
        settling=timedelta(milliseconds=100),
        sweep=timedelta(milliseconds=50),
        heartbeat=timedelta(milliseconds=100),
    )


def _runner(bench: Bench) -> Runner:
    equipment = Equipment(
        ledger=bench.ledger,
        adapters=bench.platforms,
        clock=SystemClock(),
        listener=bench.events,
        durations=bench.equipment.durations,
    )
    return Runner(equipment, kind="launch", channels=lambda: [ACME, PAGE])


def test_a_run_publishes_what_comes_due_on_every_channel_and_ends(bench: Bench) -> None:
    """Deliveries of now and of half a second later go out on both channels; then the run is over."""
    now = read_wall_clock()
    soon = now + timedelta(milliseconds=500)
    bench.enroll(
        make_delivery("now", slot_at=now),
        make_delivery("soon", slot_at=soon),
        make_delivery("page", slot_at=soon, channel=PAGE),
    )
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert [post.text for post in bench.x.sent] == ["Text of now", "Text of soon"]
    assert [post.text for post in bench.facebook.sent] == ["Text of page"]
    assert read_wall_clock() >= soon


def test_a_doubt_is_settled_while_the_run_goes_on(bench: Bench) -> None:
    """A dropped connection whose post was accepted ends as delivered, with one request."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))

    def drop(post: OutgoingPost) -> Outcome:
        bench.x.accept(post)
        return InDoubt(reason="dropped")

    bench.x.script.append(drop)
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED
    assert len(bench.x.sent) == 1


def test_a_post_that_never_arrived_is_proved_absent_and_sent_again(bench: Bench) -> None:
    """Two readings free it, and the second request delivers it: in all one post."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    bench.x.script.append(InDoubt(reason="dropped before it was read"))
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.DELIVERED
    assert len(bench.x.posts) == 1


def test_a_suspended_channel_does_not_keep_the_run_alive(bench: Bench) -> None:
    """What only a person can mend is left, and the run ends."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    bench.x.script.append(Refused(reason="token revoked", code="401", for_good=False, suspends=True))
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.PLANNED


def test_a_bug_on_one_channel_stops_neither_the_others_nor_is_it_forgotten(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The other channel's posts go out; at the end the bug is raised with its traceback."""
    now = read_wall_clock()
    later = now + timedelta(milliseconds=300)
    bench.enroll(make_delivery("x", slot_at=now), make_delivery("page", slot_at=later, channel=PAGE))

    def fail(_post: OutgoingPost) -> Outcome:
        raise ZeroDivisionError("a bug of ours")

    bench.x.script.append(fail)
    runner = _runner(bench)

    with pytest.raises(ZeroDivisionError, match="a bug of ours"):
        runner.run(lambda: bool(bench.facebook.sent))

    assert [post.text for post in bench.facebook.sent] == ["Text of page"]
    assert "Traceback" in caplog.text


def test_one_round_does_what_is_due_now_and_no_more(bench: Bench) -> None:
    """`tick`: what is due goes out, what is due later stays."""
    now = read_wall_clock()
    bench.enroll(make_delivery("now", slot_at=now), make_delivery("later", slot_at=now + timedelta(hours=1)))

    _runner(bench).run_once()

    assert bench.states() == {"now/en": State.DELIVERED, "later/en": State.PLANNED}


def test_a_stopped_runner_leaves_the_rest_in_the_ledger(bench: Bench) -> None:
    """Ctrl-C: nothing new is started, and the runner says that it is gone."""
    bench.enroll(make_delivery(slot_at=read_wall_clock() + timedelta(hours=1)))
    runner = _runner(bench)
    runner.stop()

    runner.run(lambda: False)

    (seen,) = [
        r
        for r in bench.ledger.runners.list(SystemClock().moment(), timeout=timedelta(minutes=1))
        if r.id == runner.id
    ]
    assert not seen.alive
    assert bench.state() is State.PLANNED


def test_a_doubt_whose_account_cannot_be_read_does_not_keep_the_run_alive_for_ever(bench: Bench) -> None:
    """The run ends and leaves it in doubt: a later runner may read the account, or a person must."""
    bench.enroll(make_delivery(slot_at=read_wall_clock()))
    bench.x.script.append(InDoubt(reason="dropped"))
    bench.x.unreadable = "404"
    runner = _runner(bench)

    runner.run(lambda: runner.is_done("storm"))

    assert bench.state() is State.IN_DOUBT
