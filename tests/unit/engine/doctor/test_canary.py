"""A canary goes the way of every delivery: once at most, by all rules, and it is taken down again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import CANARY_STORM, Delivered, InDoubt, NotSent, Refused, State
from stormctl.engine.doctor.canary import SETTLINGS, Canary, Release, enroll_canary, prepare_canary
from stormctl.errors import CredentialsError, HaltedError, LedgerError, UsageError
from stormctl.platforms.adapter import Account, Certainty, Verification, VerificationProblem
from tests.factories import ACME, bind_account_of, bind_hosts_of, make_delivery, make_terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.domain.report.status import DeliveryView
    from stormctl.platforms.adapter import OutgoingPost
    from tests.unit.engine.conftest import Bench

DROPPED = InDoubt(reason="the connection was lost")


def _prepare(bench: Bench) -> Canary:
    return prepare_canary(ACME, "en", bench.workspace(), bench.ledger)


def _enroll(bench: Bench) -> Canary:
    return enroll_canary(_prepare(bench), bench.workspace(), bench.ledger)


def _release(bench: Bench, canary: Canary) -> Release:
    return Release(
        canary, bench.equipment, "ada", wait=lambda seconds: bench.clock.move(timedelta(seconds=seconds))
    )


def _publish(bench: Bench) -> tuple[Release, DeliveryView]:
    release = _release(bench, _enroll(bench))
    return release, release.publish()


def _accept_and_drop(bench: Bench) -> Callable[[OutgoingPost], Outcome]:
    def answer(post: OutgoingPost) -> Outcome:
        bench.x.accept(post)
        return DROPPED

    return answer


def test_it_is_posted_and_taken_down(bench: Bench) -> None:
    """One request publishes it, one deletes it; the ledger knows both."""
    release, view = _publish(bench)

    outcome = release.remove()

    assert (view.state, len(bench.x.sent)) == (State.DELIVERED, 1)
    assert isinstance(outcome, Delivered)
    assert (bench.x.posts, bench.ledger.history.get(view.key).state) == ([], State.RETRACTED)


def test_what_was_shown_is_what_is_posted(bench: Bench) -> None:
    """A person may think for minutes: the text stays, and its patience begins when they have answered."""
    prepared = _prepare(bench)
    bench.clock.move(timedelta(minutes=10))

    release = _release(bench, enroll_canary(prepared, bench.workspace(), bench.ledger))

    assert release.publish().state is State.DELIVERED
    assert bench.x.sent[0].text == prepared.delivery.post.text


def test_it_counts_against_the_accounts_ceilings(bench: Bench) -> None:
    """X counts every post; so the storm's next one keeps its spacing to the canary."""
    _publish(bench)
    terms = make_terms(ACME, spacing=timedelta(minutes=5))

    bench.ledger.enrolment.enroll(terms, [make_delivery()], bench.clock.moment())

    assert bench.ledger.backlog.due_channels(bench.clock.moment(), [str(ACME)]) == []


def test_it_stands_at_the_accounts_ceiling(bench: Bench) -> None:
    """Fifty posts in a day are all that an account gets that nobody called verified, the canary included."""
    for number in range(50):
        bench.enroll(make_delivery(f"m{number}", slot_at=bench.clock.at))
        assert bench.serve() == 1

    _, view = _publish(bench)

    assert (view.state, len(bench.x.sent)) == (State.CANCELLED, 50)
    assert "did not go out in time" in view.why


def test_a_lost_answer_is_settled_by_reading_the_account(bench: Bench) -> None:
    """It was posted: reading finds it, and it is taken down; nothing is sent a second time."""
    bench.x.script.append(_accept_and_drop(bench))

    release, view = _publish(bench)

    assert (view.state, len(bench.x.sent)) == (State.DELIVERED, 1)
    assert isinstance(release.remove(), Delivered)
    assert bench.x.posts == []


def test_what_is_proved_not_to_be_there_is_called_off(bench: Bench) -> None:
    """It was not posted: two readings prove it, and it is not sent again, not by a daemon either."""
    bench.x.script.append(DROPPED)

    _, view = _publish(bench)

    assert (view.state, len(bench.x.sent), bench.x.readings) == (State.CANCELLED, 1, 3)
    assert view.why == "two complete readings of the account don't show it"
    assert bench.serve() == 0


def test_a_clock_that_is_set_back_does_not_prolong_its_patience(bench: Bench) -> None:
    """A canary whose account can't be read ends in doubt after two minutes that really passed."""
    canary = _enroll(bench)
    bench.x.script.append(DROPPED)
    bench.x.unreadable = "503"
    waits: list[float] = []

    def wait(seconds: float) -> None:
        if not waits:
            bench.clock.set_by(-timedelta(hours=1))
        waits.append(seconds)
        bench.clock.move(timedelta(seconds=seconds))

    view = Release(canary, bench.equipment, "ada", wait=wait).publish()

    durations = bench.equipment.durations
    assert view.state is State.IN_DOUBT
    assert sum(waits) == durations.patience(SETTLINGS).total_seconds()


def test_a_canary_that_is_proved_away_has_outlived_its_patience(bench: Bench) -> None:
    """Even before it is called off, no runner may claim it: its deadline is over when the proof is there."""
    canary = _enroll(bench)
    bench.x.script.append(DROPPED)
    bench.serve()
    durations = bench.equipment.durations

    bench.clock.move(durations.patience(1))

    (doubt,) = bench.ledger.doubts.open([str(ACME)])
    assert canary.delivery.expires_at is not None
    assert doubt.sending_wall_at + durations.patience(1) >= canary.delivery.expires_at


def test_an_account_that_cannot_be_read_leaves_it_in_doubt(bench: Bench) -> None:
    """A person must look: it is not guessed."""
    bench.x.script.append(DROPPED)
    bench.x.unreadable = "503"

    _, view = _publish(bench)

    assert (view.state, len(bench.x.sent)) == (State.IN_DOUBT, 1)


@pytest.mark.parametrize(
    "refusal",
    [
        Refused(reason="too many requests", code="429", for_good=False),
        NotSent(reason="the connection was refused"),
    ],
)
def test_a_refusal_for_now_is_not_tried_again(bench: Bench, refusal: Refused | NotSent) -> None:
    """A canary is a question: it has its answer, and waits for no second one."""
    bench.x.script.append(refusal)

    _, view = _publish(bench)

    assert (view.state, len(bench.x.sent)) == (State.CANCELLED, 1)
    assert view.why == refusal.reason


def test_a_dead_token_suspends_its_channel(bench: Bench) -> None:
    """As it would in a storm: who runs the canary is told why."""
    bench.x.script.append(Refused(reason="the token is dead", code="401", for_good=False, suspends=True))

    release, view = _publish(bench)

    assert view.state is State.CANCELLED
    assert "the token is dead" in (release.suspended or "")


def test_a_runner_may_be_quicker(bench: Bench) -> None:
    """Whoever claims it, it goes out once, and is found here."""
    canary = _enroll(bench)
    bench.serve()

    view = _release(bench, canary).publish()

    assert (view.state, len(bench.x.sent)) == (State.DELIVERED, 1)


def test_nothing_else_goes_out_with_it(bench: Bench) -> None:
    """What a storm has due on the channel is a runner's business, not doctor's."""
    bench.enroll(make_delivery())

    _publish(bench)

    assert [post.text.split(".")[0] for post in bench.x.sent] == ["Technical test of this account"]
    assert bench.state() is State.PLANNED


def test_a_deletion_is_tried_again_where_its_answer_is_lost(bench: Bench) -> None:
    """Deleting twice does no harm; three times is enough."""
    release, view = _publish(bench)
    bench.x.removals.extend([DROPPED, NotSent(reason="the connection was refused")])

    assert isinstance(release.remove(), Delivered)
    assert bench.x.deleted == [view.post_id]


def test_one_that_somebody_else_took_down_is_gone(bench: Bench) -> None:
    """A colleague types retract while the link is looked at."""
    release, view = _publish(bench)
    bench.ledger.manual.retracted(view.key, view.post_id or "", "bob", bench.clock.moment())

    assert isinstance(release.remove(), Delivered)
    assert bench.x.deleted == []


@pytest.mark.parametrize(
    ("removals", "kind"),
    [([DROPPED] * 3, InDoubt), ([Refused(reason="no", code="403", for_good=True)], Refused)],
)
def test_a_deletion_that_fails_is_told(bench: Bench, removals: list[Outcome], kind: type[Outcome]) -> None:
    """The ledger keeps it as delivered, so that doctor and retract still know it."""
    release, view = _publish(bench)
    bench.x.removals.extend(removals)

    outcome = release.remove()

    assert isinstance(outcome, kind)
    assert bench.ledger.history.get(view.key).state is State.DELIVERED


def test_a_halt_meanwhile_is_seen_and_obeyed(bench: Bench) -> None:
    """Whoever halts waits for every live runner to have seen it: this one does, and sends nothing."""
    canary, silent = _enroll(bench), []

    def wait(seconds: float) -> None:
        silent.append(bench.ledger.halts.unacknowledged(bench.clock.moment(), timeout=timedelta(minutes=1)))
        bench.clock.move(timedelta(seconds=seconds))

    bench.ledger.runners.stop(bench.runner_id, bench.clock.moment())
    bench.ledger.halts.halt("all", None, "a mistake", "ada", bench.clock.moment())
    view = Release(canary, bench.equipment, "ada", wait=wait).publish()

    assert (view.state, bench.x.sent) == (State.CANCELLED, [])
    assert silent
    assert not any(silent)


# What keeps a canary from going out


@pytest.mark.parametrize(
    ("scope", "target"), [("all", None), ("platform", "x"), ("channel", "x:acme")], ids=str
)
def test_a_halt_refuses_it(bench: Bench, scope: str, target: str | None) -> None:
    """Before anything is asked or written: a halt means silence."""
    bench.ledger.halts.halt(scope, target, "a mistake", "ada", bench.clock.moment())

    with pytest.raises(HaltedError, match="halted by ada: a mistake"):
        _prepare(bench)
    assert (bench.x.verifications, bench.ledger.history.storms()) == (0, [])


@pytest.mark.parametrize(("scope", "target"), [("platform", "facebook"), ("message", "m1")])
def test_a_halt_of_something_else_does_not(bench: Bench, scope: str, target: str) -> None:
    """A canary is no message of the storm."""
    bench.ledger.halts.halt(scope, target, "a mistake", "ada", bench.clock.moment())

    assert _publish(bench)[1].state is State.DELIVERED


def test_a_halt_while_a_person_thinks_refuses_it(bench: Bench) -> None:
    """It is looked for once more before the canary is entered."""
    prepared = _prepare(bench)
    bench.ledger.halts.halt("all", None, "a mistake", "ada", bench.clock.moment())

    with pytest.raises(HaltedError):
        enroll_canary(prepared, bench.workspace(), bench.ledger)
    assert bench.ledger.history.storms() == []


def test_a_suspended_channel_refuses_it(bench: Bench) -> None:
    """A person releases it first."""
    bench.ledger.channels.suspend(str(ACME), "the token is dead", bench.clock.moment())

    with pytest.raises(UsageError, match="is suspended: the token is dead"):
        _prepare(bench)


def test_there_is_one_canary_at_a_time(bench: Bench) -> None:
    """One that still stands is taken down first; one in doubt is settled first."""
    bench.x.script.append(DROPPED)
    bench.x.unreadable = "503"
    _, doubtful = _publish(bench)

    with pytest.raises(UsageError, match="another canary is in doubt"):
        _prepare(bench)
    bench.ledger.manual.resolve_posted(doubtful.key, "1", "http://127.0.0.1/1", "ada", bench.clock.moment())
    with pytest.raises(UsageError, match=r"a canary is still there: http://127\.0\.0\.1/1") as caught:
        _prepare(bench)
    assert caught.value.hint == f"stormctl retract {doubtful.key}"


def test_bad_credentials_refuse_it(bench: Bench) -> None:
    """What is proved bad before is not tried out."""
    bench.x.verification = Verification(
        account=None, problems=(VerificationProblem(Certainty.BAD, "the token is dead", "Renew it."),)
    )

    with pytest.raises(CredentialsError, match="no canary on x:acme: the token is dead"):
        _prepare(bench)


def test_an_unknown_account_refuses_it(bench: Bench) -> None:
    """Nobody posts as somebody whom nobody can name."""
    bench.x.verification = Verification(
        account=None, problems=(VerificationProblem(Certainty.UNKNOWN, "503"),)
    )

    with pytest.raises(CredentialsError, match="503"):
        _prepare(bench)


def test_another_account_than_before_refuses_it(bench: Bench) -> None:
    """The account is pinned when it is first used, and a canary pins it too."""
    release, _ = _publish(bench)
    release.remove()
    bench.x.verification = Verification(account=Account("6666", "@other", "http://127.0.0.1/"))

    with pytest.raises(CredentialsError, match="but the ledger knows it as @acme"):
        _prepare(bench)


def test_a_ledger_of_other_hosts_refuses_it(bench: Bench) -> None:
    """Practice is never taken for the day."""
    bind_hosts_of(bench.ledger, {"x": "api.x.com"})

    with pytest.raises(LedgerError, match=r"belongs to api\.x\.com"):
        _prepare(bench)


def test_a_canary_leaves_the_ceilings_of_a_known_account(bench: Bench) -> None:
    """What a launch has told of the account (that it is verified) is not forgotten."""
    bind_account_of(bench.ledger, ACME, "1001", "@acme", bench.clock.moment())
    _enroll(bench)

    assert bench.ledger.history.deliveries(CANARY_STORM)[0].state is State.PLANNED
    for number in range(60):
        bench.enroll(make_delivery(f"m{number}", slot_at=bench.clock.at))
        bench.serve()
    assert len(bench.x.sent) == 61
