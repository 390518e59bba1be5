"""A daemon or tick serves the channels whose credentials it holds and has verified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import InDoubt
from stormctl.engine.base.equipment import Rewriting
from stormctl.engine.run.served_channels import ASK_AGAIN_AFTER, UNKNOWN_AGAIN_AFTER, ServedChannels
from stormctl.errors import CredentialsError
from stormctl.platforms.adapter import Account, Certainty, Verification, VerificationProblem
from tests.factories import ACME, PAGE, bind_account_of, make_delivery
from tests.fakes import FakePlatform

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

HOUR = timedelta(hours=1)


def test_channels_with_open_deliveries_are_verified_once_and_served(bench: Bench) -> None:
    """Each question costs: a channel that is served is not asked again."""
    bench.enroll(make_delivery(), make_delivery(channel=PAGE))
    served_channels = ServedChannels(bench.equipment)
    before = served_channels.channels()

    served_channels.refresh()
    bench.clock.move(HOUR)
    served_channels.refresh()

    assert before == []
    assert served_channels.channels() == [PAGE, ACME]
    assert (bench.x.verifications, bench.facebook.verifications) == (1, 1)
    assert bench.events.texts(EventKind.SERVED) == ["as @acme (1002)", "as @acme (1001)"]


def test_a_storm_that_is_launched_later_is_taken_up(bench: Bench) -> None:
    """The daemon need not be started again."""
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    bench.enroll(make_delivery())

    served_channels.refresh()

    assert served_channels.channels() == [ACME]


def test_a_channel_without_credentials_here_is_told_and_asked_again_later(bench: Bench) -> None:
    """Another machine may hold them; credentials that come later are taken up without a restart."""
    bench.enroll(make_delivery())
    bench.platforms.withheld[ACME] = CredentialsError("no credentials for x:acme", "Put them into .env.")
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    bench.platforms.withheld.clear()

    bench.clock.move(ASK_AGAIN_AFTER - timedelta(seconds=1))
    served_channels.refresh()
    early = served_channels.channels()
    bench.clock.move(timedelta(seconds=1))
    served_channels.refresh()

    assert (early, served_channels.channels()) == ([], [ACME])
    assert bench.events.texts(EventKind.WARNING) == ["not served: no credentials for x:acme"]


def test_a_clock_that_is_set_back_keeps_no_channel_waiting_for_hours(bench: Bench) -> None:
    """It was asked at an hour that is still to come: it is asked again at once."""
    bench.enroll(make_delivery())
    bench.platforms.withheld[ACME] = CredentialsError("no credentials for x:acme", "Put them into .env.")
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    bench.platforms.withheld.clear()

    bench.clock.set_by(timedelta(hours=-3))
    served_channels.refresh()

    assert served_channels.channels() == [ACME]


def test_a_channel_of_another_account_is_not_served(bench: Bench) -> None:
    """Nothing is claimed with credentials that belong to somebody else."""
    bench.enroll(make_delivery())
    bind_account_of(bench.ledger, ACME, "1001", "@acme", bench.clock.moment())
    bench.x.verification = Verification(account=Account("2002", "@stranger", "http://127.0.0.1/"))
    served_channels = ServedChannels(bench.equipment)

    served_channels.refresh()

    (warning,) = bench.events.texts(EventKind.WARNING)
    assert "belong to @stranger (2002)" in warning
    assert served_channels.channels() == []


def test_what_is_only_unknown_is_a_warning(bench: Bench) -> None:
    """A server that does not offer a question is served all the same."""
    bench.enroll(make_delivery())
    bench.x.verification = Verification(
        account=bench.x.verification.account,
        problems=(VerificationProblem(Certainty.UNKNOWN, "scopes can't be read"),),
    )
    served_channels = ServedChannels(bench.equipment)

    served_channels.refresh()

    assert bench.events.texts(EventKind.WARNING) == ["scopes can't be read"]
    assert served_channels.channels() == [ACME]


def test_a_tick_asks_only_where_it_will_publish(bench: Bench) -> None:
    """Every minute of a day would be 1,440 paid questions: what is due in an hour is not asked about."""
    bench.enroll(make_delivery(slot_at=bench.clock.at + HOUR), make_delivery(channel=PAGE))
    served_channels = ServedChannels(bench.equipment)

    served_channels.refresh(only_at_work=True)
    now = served_channels.channels()
    bench.clock.move(HOUR)
    served_channels.refresh(only_at_work=True)

    assert (now, served_channels.channels()) == ([PAGE], [PAGE, ACME])


def test_a_tick_asks_where_something_is_in_doubt(bench: Bench) -> None:
    """Only a reader with credentials can settle it."""
    bench.enroll(make_delivery())
    bench.x.script.append(InDoubt(reason="timed out"))
    bench.serve()
    served_channels = ServedChannels(bench.equipment)

    served_channels.refresh(only_at_work=True)

    assert served_channels.channels() == [ACME]


def _rewrite(bench: Bench, account: str | None) -> FakePlatform:
    """Put credentials in place that lead to an account, or to nobody knows whom."""
    platform = FakePlatform(ACME, account or "")
    if account is None:
        platform.verification = Verification(
            account=None, problems=(VerificationProblem(Certainty.UNKNOWN, "X does not answer"),)
        )
    bench.platforms.rewritten[ACME] = platform
    bench.platforms.news.append(Rewriting((ACME,)))
    return platform


def test_new_credentials_of_the_same_account_are_taken(bench: Bench) -> None:
    """They are asked first, and told; the channel never stops being served."""
    bench.enroll(make_delivery())
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    fresh = _rewrite(bench, "1001")

    served_channels.refresh()
    served_channels.refresh()

    assert served_channels.channels() == [ACME]
    assert fresh.verifications == 1
    assert bench.platforms.publisher(ACME) is fresh
    assert bench.events.texts(EventKind.SERVED)[-1] == "reloaded credentials, as @acme (1001)"


def test_new_credentials_of_another_account_are_not_published_with(bench: Bench) -> None:
    """The channel is served no more, and those of before stay where they are until the right ones come."""
    bench.enroll(make_delivery())
    before = bench.x
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    _rewrite(bench, "2002")

    served_channels.refresh()
    refused = served_channels.channels()
    _rewrite(bench, "1001")
    served_channels.refresh()

    assert refused == []
    assert before is not bench.x
    assert "another account" in bench.events.texts(EventKind.WARNING)[0]
    assert served_channels.channels() == [ACME]


def test_new_credentials_that_nobody_can_check_wait(bench: Bench) -> None:
    """A platform that does not answer proves nothing: those of before are used until it does."""
    bench.enroll(make_delivery())
    before = bench.x
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    fresh = _rewrite(bench, None)

    served_channels.refresh()
    waiting = (served_channels.channels(), bench.platforms.publisher(ACME) is before)
    fresh.verification = before.verification
    bench.clock.move(UNKNOWN_AGAIN_AFTER)
    served_channels.refresh()

    assert waiting == ([ACME], True)
    assert bench.platforms.publisher(ACME) is fresh


def test_missing_credentials_that_come_are_asked_at_once(bench: Bench) -> None:
    """Whoever has just written them into .env does not wait for five minutes."""
    bench.enroll(make_delivery())
    bench.platforms.withheld[ACME] = CredentialsError("no credentials for x:acme")
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    bench.platforms.withheld.clear()
    bench.platforms.news.append(Rewriting())

    served_channels.refresh()

    assert served_channels.channels() == [ACME]


def test_a_refused_file_changes_nothing(bench: Bench) -> None:
    """Its remark is told, and nobody is asked anything."""
    bench.enroll(make_delivery())
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    bench.platforms.news.append(Rewriting((), ("others can read it",), is_read=False))

    served_channels.refresh()

    assert bench.events.texts(EventKind.WARNING) == ["others can read it"]
    assert (served_channels.channels(), bench.x.verifications) == ([ACME], 1)


def test_a_suspended_channel_stays_so_with_new_credentials(bench: Bench) -> None:
    """A person suspended it, or a dead token: the command that releases it is named."""
    bench.enroll(make_delivery())
    served_channels = ServedChannels(bench.equipment)
    served_channels.refresh()
    bench.ledger.channels.suspend(str(ACME), "token dead", bench.clock.moment())
    _rewrite(bench, "1001")

    served_channels.refresh()

    assert bench.events.texts(EventKind.WARNING) == [
        "it stays suspended until someone runs: stormctl resume --channel x:acme"
    ]


def test_a_launch_serves_its_own_channels_and_waits_for_their_credentials(bench: Bench) -> None:
    """They are verified already; no other channel of the ledger is taken up."""
    bench.enroll(make_delivery(), make_delivery(channel=PAGE))
    bind_account_of(bench.ledger, ACME, "1001", "@acme", bench.clock.moment())
    served_channels = ServedChannels(bench.equipment, [ACME])
    served_channels.refresh()
    first = (served_channels.channels(), bench.x.verifications, served_channels.is_waiting)
    _rewrite(bench, "2002")

    served_channels.refresh()

    assert first == ([ACME], 0, False)
    assert (served_channels.channels(), served_channels.is_waiting) == ([], True)


def test_what_was_heard_of_the_time_is_told_once(bench: Bench) -> None:
    """The nearest platform counts, and later nobody takes an old answer for a new one."""
    bench.enroll(make_delivery(), make_delivery(channel=PAGE))
    bench.x.verification = replace(bench.x.verification, clock_offset_s=-3660.0)
    bench.facebook.verification = replace(bench.facebook.verification, clock_offset_s=-3661.0)
    served_channels = ServedChannels(bench.equipment)

    served_channels.refresh()

    assert [served_channels.tell_offset(), served_channels.tell_offset()] == [timedelta(seconds=-3660), None]


def test_a_tick_asks_where_something_would_be_given_up(bench: Bench) -> None:
    """Before that, somebody must confirm the clock; what is halted stays as it is, and costs no question."""
    bench.enroll(
        make_delivery("late", slot_at=bench.clock.at - 9 * HOUR),
        make_delivery("late-too", channel=PAGE, slot_at=bench.clock.at - 9 * HOUR),
        make_delivery("coming", channel=PAGE, slot_at=bench.clock.at + HOUR),
    )
    bench.ledger.halts.halt("channel", str(ACME), "test", "ada", bench.clock.moment())
    served_channels = ServedChannels(bench.equipment)

    served_channels.refresh(only_at_work=True)

    assert (bench.x.verifications, bench.facebook.verifications) == (0, 1)
