"""Before anything is enrolled every channel is asked who it is and what it may do."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import Plan
from stormctl.domain.plan.summary import ChannelCheck
from stormctl.engine.accounts.preflight import (
    ChannelNeeds,
    check_accounts,
    find_need,
    prove_channels,
    refuse_locked,
)
from stormctl.errors import CredentialsError
from stormctl.platforms.adapter import Account, Certainty, Ending, Verification, VerificationProblem
from stormctl.settings import Settings
from tests.factories import ACME, PAGE, bind_account_of, make_delivery
from tests.fakes import NOON, FakePlatform

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

URL = "http://127.0.0.1/"


def test_a_channel_that_can_publish_is_shown_by_its_real_name(bench: Bench) -> None:
    """Proofs come in the channels' order, each with its account."""
    proofs = prove_channels([PAGE, ACME], bench.platforms)

    assert [proof.check for proof in proofs] == [
        ChannelCheck(channel="facebook:acme", account_name="@acme", account_url=URL),
        ChannelCheck(channel="x:acme", account_name="@acme", account_url=URL),
    ]
    assert [proof.account for proof in proofs] == [
        Account("1002", "@acme", URL),
        Account("1001", "@acme", URL),
    ]
    assert not any(proof.is_bad for proof in proofs)


@pytest.mark.parametrize(
    ("hours", "stops", "certainty", "words"),
    [
        (
            -1,
            True,
            "bad",
            "the token ends at 2026-12-18 16:00 UTC, before the first post (2026-12-18 17:00 UTC)",
        ),
        (-1, False, "unknown", "before the first post"),
        (
            1,
            True,
            "unknown",
            "the token ends at 2026-12-18 18:00 UTC, before the last post (2026-12-18 19:00 UTC)",
        ),
        (3, True, None, ""),
    ],
)
def test_what_ends_too_early_is_told(
    bench: Bench, hours: int, stops: bool, certainty: str | None, words: str
) -> None:
    """Bad is only what lets nothing out at all; what ends after the last post is fine."""
    ending = Ending("the token", NOON + timedelta(hours=hours), stops=stops, is_near=False)
    bench.x.verification = replace(bench.x.verification, endings=(ending,))

    (proof,) = prove_channels([ACME], bench.platforms, need=ChannelNeeds(NOON, NOON + timedelta(hours=2)))

    told = {"bad": proof.check.bad, "unknown": proof.check.unknown}
    assert {kind for kind, lines in told.items() if lines} == ({certainty} if certainty else set())
    for message, hint in told.get(certainty or "", ()):
        assert words in message
        assert hint == "Sign in again: stormctl auth x acme"


@pytest.mark.parametrize(("is_near", "count"), [(True, 1), (False, 0)])
def test_without_a_storm_only_a_near_end_is_told(bench: Bench, is_near: bool, count: int) -> None:
    """A daemon that takes up a channel does not know for how long."""
    ending = Ending("the token", NOON, stops=True, is_near=is_near)
    bench.x.verification = replace(bench.x.verification, endings=(ending,))

    (proof,) = prove_channels([ACME], bench.platforms)

    assert (proof.is_bad, len(proof.check.unknown)) == (False, count)


def test_a_platform_that_hangs_is_not_waited_for_too_long(bench: Bench) -> None:
    """The others' answers count; of this one nothing is known, and nothing is proved."""
    let_go = threading.Event()

    class Hanging(FakePlatform):
        def verify(self) -> Verification:
            let_go.wait(10)
            return super().verify()

    bench.platforms.platforms[ACME] = Hanging(ACME)

    acme, page = prove_channels([ACME, PAGE], bench.platforms, within=timedelta(milliseconds=200))
    let_go.set()

    assert (acme.is_bad, acme.account, page.account) == (False, None, Account("1002", "@acme", URL))
    assert acme.check.unknown[0][0].startswith("X did not answer within")


def test_a_plan_needs_credentials_from_its_first_post_to_its_last() -> None:
    """An empty one needs none."""
    slots = [NOON + timedelta(hours=hours) for hours in (1, 0, 2)]
    plan = Plan(storm_id="storm", deliveries=tuple(make_delivery(slot_at=slot) for slot in slots))

    assert find_need(plan) == ChannelNeeds(NOON, NOON + timedelta(hours=2))
    assert find_need(replace(plan, deliveries=())) is None


def test_a_channel_that_is_left_out_is_not_asked(bench: Bench) -> None:
    """X bills each question; what is left out may have no credentials at all."""
    bench.platforms.withheld[PAGE] = CredentialsError("no credentials")

    _, page = prove_channels([ACME, PAGE], bench.platforms, without=[PAGE])

    assert (page.check.without, page.is_bad, page.account) == (True, False, None)
    assert bench.facebook.verifications == 0


def test_missing_credentials_prove_a_channel_bad(bench: Bench) -> None:
    """One channel without keys doesn't keep the others from being asked."""
    error = CredentialsError("no credentials for x:acme", "Put them into .env.")
    bench.platforms.withheld[ACME] = error

    acme, page = prove_channels([ACME, PAGE], bench.platforms)

    assert acme.check.bad == (("no credentials for x:acme", "Put them into .env."),)
    assert (acme.is_bad, acme.error, page.is_bad) == (True, error, False)


def test_what_is_proved_and_what_is_only_unknown_are_told_apart(bench: Bench) -> None:
    """A missing permission stops the channel; a server that lacks a question is a warning."""
    bench.x.verification = Verification(
        account=None,
        problems=(
            VerificationProblem(Certainty.UNKNOWN, "scopes can't be read", "Look at the developer portal."),
            VerificationProblem(Certainty.BAD, "the token may only read", "Make a new one."),
        ),
    )

    (proof,) = prove_channels([ACME], bench.platforms)

    assert proof.check == ChannelCheck(
        channel="x:acme",
        account_name=None,
        account_url=None,
        bad=(("the token may only read", "Make a new one."),),
        unknown=(("scopes can't be read", "Look at the developer portal."),),
    )
    assert (proof.is_bad, proof.account) == (True, None)


def test_who_would_only_idle_behind_the_lock_is_refused(bench: Bench) -> None:
    """A platform that has posts to go out counts; where nothing is launched, only who waits for it minds."""
    here = "http://127.0.0.1:9"
    locked, half = Settings(), Settings(base_urls={"X": here})
    for settings in (locked, half, Settings(live=True)):
        refuse_locked(settings, bench.ledger)
    refuse_locked(half, bench.ledger, waits=True)

    with pytest.raises(CredentialsError, match="STORMCTL_LIVE is not 1, which locks X"):
        refuse_locked(locked, bench.ledger, waits=True)
    bench.enroll(make_delivery("boat", channel=PAGE))
    with pytest.raises(CredentialsError, match="STORMCTL_LIVE is not 1, which locks Facebook"):
        refuse_locked(half, bench.ledger)
    refuse_locked(Settings(base_urls={"FACEBOOK": here}), bench.ledger)
    refuse_locked(Settings(live=True), bench.ledger)


def test_two_channels_of_one_account_are_refused(bench: Bench) -> None:
    """Credentials that were copied from one channel to another would post everything twice."""
    other = type(ACME)(ACME.platform, "beta")
    platforms = type(bench.platforms)([ACME, other])
    platforms.platforms[other].verification = platforms.platforms[ACME].verification

    with pytest.raises(CredentialsError, match=r"x:acme and x:beta are the same account: @acme \(1001\)"):
        check_accounts(prove_channels([ACME, other], platforms), None)


def test_ids_of_different_platforms_may_be_the_same(bench: Bench) -> None:
    """An X account and a Page with one number are two accounts."""
    bench.facebook.verification = bench.x.verification
    proofs = prove_channels([ACME, PAGE], bench.platforms)

    check_accounts(proofs, bench.ledger)

    assert [proof.account and proof.account.id for proof in proofs] == ["1001", "1001"]


def test_credentials_of_another_account_than_before_are_refused(bench: Bench) -> None:
    """The ledger remembers who a channel is; the same account under a new name is still the same."""
    bind_account_of(bench.ledger, ACME, "1001", "@old-name", bench.clock.moment())
    check_accounts(prove_channels([ACME], bench.platforms), bench.ledger)
    bench.x.verification = Verification(account=Account("2002", "@stranger", URL))

    with pytest.raises(CredentialsError, match=r"x:acme belong to @stranger \(2002\).*as @old-name \(1001\)"):
        check_accounts(prove_channels([ACME], bench.platforms), bench.ledger)


def test_an_account_that_could_not_be_learnt_is_no_contradiction(bench: Bench) -> None:
    """A platform that is down for a minute proves nothing."""
    bind_account_of(bench.ledger, ACME, "1001", "@acme", bench.clock.moment())
    bench.x.verification = Verification(
        account=None, problems=(VerificationProblem(Certainty.UNKNOWN, "503"),)
    )
    proofs = prove_channels([ACME, PAGE], bench.platforms)

    check_accounts(proofs, bench.ledger)

    assert [(proof.account is None, proof.is_bad) for proof in proofs] == [(True, False), (False, False)]
    assert bench.ledger.channels.get_account(str(ACME)) == ("1001", "@acme")
