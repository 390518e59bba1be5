"""A storm goes on with what is enrolled when its files can't be launched."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import CANARY_STORM
from stormctl.engine.launch.continuing import find_running, prepare_continuation
from stormctl.engine.launch.launch import LEFT_OUT, continuing, enroll
from stormctl.errors import CredentialsError, UsageError
from stormctl.platforms.adapter import Account, Verification
from tests.campaigns import make_campaign
from tests.factories import ACME, PAGE, make_delivery, make_terms

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.launch.continuing import Continuation
    from tests.unit.engine.conftest import Bench


@pytest.fixture
def campaign(bench: Bench, tmp_path: Path) -> Campaign:
    """Two messages on an X account and a Page, enrolled."""
    made = make_campaign(tmp_path)
    enroll(bench.prepare(made), bench.workspace(), bench.ledger, lambda _line: None)
    return made


def _prepare(bench: Bench, campaign: Campaign | None = None) -> Continuation:
    return prepare_continuation(bench.workspace(), bench.ledger, "small", campaign)


class TestFinding:
    """Which storm is meant."""

    @pytest.mark.parametrize(
        "typed", ["small", "small.toml", "schedules/small.toml", "/elsewhere/small.toml", None]
    )
    def test_the_one_that_was_typed_or_the_only_one(
        self, bench: Bench, campaign: Campaign, typed: str | None
    ) -> None:
        """By its id or its schedule's path, which need not be there."""
        (campaign.root / "schedules" / "small.toml").unlink(missing_ok=True)

        assert find_running(bench.ledger, campaign.root, typed) == "small"

    def test_no_other_is_meant(self, bench: Bench, campaign: Campaign) -> None:
        """A slip of the hand, a storm that is over, and a canary run nothing."""
        terms = make_terms(ACME, storm_id=CANARY_STORM)
        canary = make_delivery()
        canary = replace(canary, key=replace(canary.key, storm=CANARY_STORM))
        bench.ledger.enrolment.enroll(terms, [canary], bench.clock.moment())
        slip = find_running(bench.ledger, campaign.root, "smalll")
        for view in bench.ledger.history.deliveries("small"):
            bench.ledger.manual.cancel([view.key], "ana", bench.clock.moment())

        over = [find_running(bench.ledger, campaign.root, typed) for typed in ("small", None)]

        assert (slip, over) == (None, [None, None])

    def test_of_two_the_person_names_one(self, bench: Bench, campaign: Campaign, tmp_path: Path) -> None:
        """Unless the folder has one schedule alone, and it is of one of them."""
        bench.enroll(make_delivery())
        schedule = next((campaign.root / "schedules").glob("*.toml"))
        by_schedule = find_running(bench.ledger, campaign.root, None)
        schedule.unlink()

        with pytest.raises(UsageError, match="2 storms are running: say which one") as caught:
            find_running(bench.ledger, tmp_path, None)

        assert by_schedule == schedule.stem == "small"
        assert caught.value.hint == "stormctl launch small or storm"


class TestDrift:
    """How the files differ from what is enrolled."""

    def test_the_same(self, bench: Bench, campaign: Campaign) -> None:
        """Nothing, or nothing that can be known."""
        assert _prepare(bench, campaign).drift == ()
        assert _prepare(bench, None).drift is None
        assert _prepare(bench, replace(campaign, plan=None)).drift is None

    def test_new_changed_and_withdrawn(self, bench: Bench, campaign: Campaign) -> None:
        """Each by its key; nothing of it is enrolled."""
        assert campaign.plan is not None
        first, second, *_ = campaign.plan.deliveries
        changed = replace(second, post=replace(second.post, text="Another word."))
        new = replace(first, key=replace(first.key, message="new"))
        drifted = replace(campaign, plan=replace(campaign.plan, deliveries=(changed, new)))
        before = bench.ledger.history.deliveries("small")

        drift = dict(_prepare(bench, drifted).drift or ())

        assert drift[str(new.key)] == "new"
        assert drift[str(second.key)] == "text"
        assert Counter(drift.values()) == {"new": 1, "text": 1, "no longer in the plan": 3}
        assert bench.ledger.history.deliveries("small") == before


class TestChannels:
    """As whom it goes on."""

    def test_what_can_not_publish_is_left_out(self, bench: Bench, campaign: Campaign) -> None:
        """The others go on; with none left there is nothing to go on with."""
        assert campaign.storm is not None
        bench.platforms.withheld[ACME] = CredentialsError("no keys of x:acme")
        serving = _prepare(bench).serving
        bench.platforms.withheld[PAGE] = CredentialsError("no keys of the Page")

        with pytest.raises(CredentialsError, match="no keys of x:acme"):
            _prepare(bench)

        assert serving == (PAGE,)

    def test_another_account_is_not_served(self, bench: Bench, campaign: Campaign) -> None:
        """What is enrolled for one account never goes out on another."""
        assert campaign.storm is not None
        bench.x.verification = Verification(account=Account("666", "@other", "http://127.0.0.1/"))

        continuation = _prepare(bench)

        assert continuation.serving == (PAGE,)
        assert [channel for channel, _ in continuation.strangers] == [ACME]

    def test_a_channel_may_be_left_out(self, bench: Bench, campaign: Campaign) -> None:
        """It is suspended once a person has said yes; a name that the storm does not have is refused."""
        assert campaign.storm is not None
        stranger = type(ACME)(ACME.platform, "akme")

        def agree(_: Continuation) -> None:
            assert bench.ledger.channels.suspended() == {}

        with continuing(bench.workspace(), "small", None, agree, without=[PAGE]) as launched:
            assert launched.preparation.serving == (ACME,)
        with pytest.raises(UsageError) as caught:
            prepare_continuation(bench.workspace(), bench.ledger, "small", None, without=[stranger])
        with pytest.raises(CredentialsError, match="all that is open is left out: x:acme, facebook:acme"):
            prepare_continuation(bench.workspace(), bench.ledger, "small", None, without=[ACME, PAGE])

        assert bench.ledger.channels.suspended() == {"facebook:acme": LEFT_OUT}
        assert caught.value.hint == "did you mean “x:acme”?"
