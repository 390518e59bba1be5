"""A daemon or tick serves the channels whose credentials it holds and has verified."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.delivery import InDoubt
from stormctl.domain.event import EventKind
from stormctl.engine.roster import ASK_AGAIN_AFTER, Roster
from stormctl.errors import CredentialsError
from stormctl.platforms.adapter import Account, Certainty, Problem, Verification
from tests.factories import ACME, PAGE, make_delivery

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

HOUR = timedelta(hours=1)


def test_channels_with_open_deliveries_are_verified_once_and_served(bench: Bench) -> None:
    """Each question costs: a channel that is served is not asked again."""
    bench.enroll(make_delivery(), make_delivery(channel=PAGE))
    roster = Roster(bench.equipment)
    before = roster.channels()

    roster.refresh()
    bench.clock.move(HOUR)
    roster.refresh()

    assert before == []
    assert roster.channels() == [PAGE, ACME]
    assert (bench.x.verifications, bench.facebook.verifications) == (1, 1)
    assert bench.events.all == []


def test_a_storm_that_is_launched_later_is_taken_up(bench: Bench) -> None:
    """The daemon need not be started again."""
    roster = Roster(bench.equipment)
    roster.refresh()
    bench.enroll(make_delivery())

    roster.refresh()

    assert roster.channels() == [ACME]


def test_a_channel_without_credentials_here_is_told_and_asked_again_later(bench: Bench) -> None:
    """Another machine may hold them; credentials that come later are taken up without a restart."""
    bench.enroll(make_delivery())
    bench.platforms.withheld[ACME] = CredentialsError("no credentials for x:acme", "Put them into .env.")
    roster = Roster(bench.equipment)
    roster.refresh()
    bench.platforms.withheld.clear()

    bench.clock.move(ASK_AGAIN_AFTER - timedelta(seconds=1))
    roster.refresh()
    early = roster.channels()
    bench.clock.move(timedelta(seconds=1))
    roster.refresh()

    assert (early, roster.channels()) == ([], [ACME])
    assert bench.events.texts(EventKind.WARNING) == ["not served: no credentials for x:acme"]


def test_a_channel_of_another_account_is_not_served(bench: Bench) -> None:
    """Nothing is claimed with credentials that belong to somebody else."""
    bench.enroll(make_delivery())
    bench.ledger.channels.bind(ACME, "1001", "@acme", bench.clock.moment())
    bench.x.verification = Verification(account=Account("2002", "@stranger", "http://127.0.0.1/"))
    roster = Roster(bench.equipment)

    roster.refresh()

    (warning,) = bench.events.texts(EventKind.WARNING)
    assert "belong to @stranger (2002)" in warning
    assert roster.channels() == []


def test_what_is_only_unknown_is_a_warning(bench: Bench) -> None:
    """A server that does not offer a question is served all the same."""
    bench.enroll(make_delivery())
    bench.x.verification = Verification(
        account=bench.x.verification.account, problems=(Problem(Certainty.UNKNOWN, "scopes can't be read"),)
    )
    roster = Roster(bench.equipment)

    roster.refresh()

    assert bench.events.texts(EventKind.WARNING) == ["scopes can't be read"]
    assert roster.channels() == [ACME]


def test_a_tick_asks_only_where_it_will_publish(bench: Bench) -> None:
    """Every minute of a day would be 1,440 paid questions: what is due in an hour is not asked about."""
    bench.enroll(make_delivery(slot_at=bench.clock.at + HOUR), make_delivery(channel=PAGE))
    roster = Roster(bench.equipment)

    roster.refresh(only_at_work=True)
    now = roster.channels()
    bench.clock.move(HOUR)
    roster.refresh(only_at_work=True)

    assert (now, roster.channels()) == ([PAGE], [PAGE, ACME])


def test_a_tick_asks_where_something_is_in_doubt(bench: Bench) -> None:
    """Only a reader with credentials can settle it."""
    bench.enroll(make_delivery())
    bench.x.script.append(InDoubt(reason="timed out"))
    bench.serve()
    roster = Roster(bench.equipment)

    roster.refresh(only_at_work=True)

    assert roster.channels() == [ACME]
