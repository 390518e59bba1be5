"""A channel in trouble is paused, verified, tried with one post, then suspended; a success resets it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt, Refused
from stormctl.engine.deliver.dispatcher import UNVERIFIED_REST
from stormctl.ledger.delivery.channel_health import PAUSES, TROUBLES_TO_PAUSE
from stormctl.platforms.adapter import Account, Certainty, Verification, VerificationProblem
from tests.factories import ACME, bind_account_of, make_delivery

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

REFUSED = Refused(reason="not allowed", code="403", for_good=True)
REVOKED = Verification(account=None, problems=(VerificationProblem(Certainty.BAD, "the token was revoked"),))
UNREACHABLE = Verification(
    account=None, problems=(VerificationProblem(Certainty.UNKNOWN, "the connection was refused"),)
)


def _pause(bench: Bench) -> None:
    """Bring the channel to its first pause, and let the pause pass."""
    bench.enroll(*(make_delivery(f"m{number:02}") for number in range(9)))
    bench.x.script.extend([REFUSED, InDoubt(reason="timed out"), REFUSED])
    bench.serve()
    bench.clock.move(PAUSES[0])


def test_three_troubles_in_a_row_pause_the_channel(bench: Bench) -> None:
    """Until the pause is over nothing is sent, nobody is asked, and the pause is told once."""
    _pause(bench)
    bench.clock.move(timedelta(seconds=-1))
    bench.serve()

    assert (len(bench.x.sent), bench.x.verifications) == (TROUBLES_TO_PAUSE, 0)
    assert bench.events.texts(EventKind.PAUSED) == ["paused for 30s: not allowed"]


def test_after_a_pause_the_account_is_asked_once_and_a_success_opens_the_channel(bench: Bench) -> None:
    """One verification, then everything goes out as before."""
    _pause(bench)

    bench.serve()

    assert bench.x.verifications == 1
    assert len(bench.x.sent) == 9


def test_when_pauses_do_not_help_the_channel_is_suspended(bench: Bench) -> None:
    """The trouble after the last pause stops the channel until a person resumes it; each pause asked once."""
    _pause(bench)
    bench.x.script.extend([REFUSED] * 2)

    for wait in (timedelta(), PAUSES[1], timedelta(minutes=5)):
        bench.clock.move(wait)
        bench.serve()

    assert len(bench.x.sent) == TROUBLES_TO_PAUSE + len(PAUSES)
    assert bench.x.verifications == len(PAUSES)
    assert bench.ledger.channels.suspended() == {"x:acme": "still in trouble after 2 pauses: not allowed"}
    assert "stormctl resume --channel x:acme" in bench.events.texts(EventKind.SUSPENDED)[0]


def test_what_verification_proves_bad_suspends_without_a_trial(bench: Bench) -> None:
    """A dead token is found by asking, and costs no further post."""
    _pause(bench)
    bench.x.verification = REVOKED

    bench.serve()

    assert len(bench.x.sent) == TROUBLES_TO_PAUSE
    assert bench.ledger.channels.suspended() == {"x:acme": "the token was revoked"}
    assert bench.events.texts(EventKind.SUSPENDED) == [
        "suspended: the token was revoked — once it is fixed: stormctl resume --channel x:acme"
    ]


def test_credentials_of_another_account_suspend_as_well(bench: Bench) -> None:
    """Nothing is tried on an account that is not the channel's."""
    bind_account_of(bench.ledger, ACME, "1001", "@acme", bench.clock.moment())
    _pause(bench)
    bench.x.verification = Verification(account=Account("6666", "@other", "http://127.0.0.1/"))

    bench.serve()

    assert len(bench.x.sent) == TROUBLES_TO_PAUSE
    assert "belong to @other" in bench.ledger.channels.suspended()["x:acme"]
    (told,) = bench.events.texts(EventKind.SUSPENDED)
    assert "belong to @other" in told


def test_a_platform_that_cannot_be_asked_gets_a_short_rest(bench: Bench) -> None:
    """It is told, it is no further pause, and once the platform answers the trial goes on."""
    _pause(bench)
    well, bench.x.verification = bench.x.verification, UNREACHABLE
    for _ in range(3):
        bench.serve()
        bench.clock.move(UNVERIFIED_REST)
    unreachable = (len(bench.x.sent), bench.x.verifications)
    bench.x.verification = well

    bench.serve()

    assert unreachable == (TROUBLES_TO_PAUSE, 3)
    assert len(bench.x.sent) == 9
    assert (
        bench.events.texts(EventKind.PAUSED)[1:]
        == ["not verified, trying again in 30s: the connection was refused"] * 3
    )
