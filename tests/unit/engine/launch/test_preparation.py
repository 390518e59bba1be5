"""What is known before a storm is enrolled: what a person is shown, and what stops a launch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.plan.cost import cost_of
from stormctl.engine.base.campaign import load_campaign
from stormctl.engine.launch.launch import enroll
from stormctl.engine.launch.preparation import prepare_launch, require_approval
from stormctl.errors import ApprovalError, CredentialsError, FindingsError, LedgerError, UsageError
from stormctl.platforms.adapter import Account, Certainty, Verification, VerificationProblem
from stormctl.settings import Settings
from tests.campaigns import M1, CampaignFolder, make_campaign, write_campaign
from tests.factories import ACME, PAGE, bind_account_of
from tests.unit.engine.conftest import LOCAL

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.launch.preparation import Preparation
    from tests.unit.engine.conftest import Bench

BAD = Verification(
    account=None, problems=(VerificationProblem(Certainty.BAD, "the token is dead", "Renew it."),)
)
SEND_LATE = '[late]\npolicy = "send"\ngrace = "2h"'
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """Two messages at noon and half past, on an X account and a Page."""
    return make_campaign(tmp_path)


def _enroll(bench: Bench, preparation: Preparation, settings: Settings = LOCAL) -> None:
    enroll(preparation, bench.workspace(settings), bench.ledger, lambda _line: None)


# What a person sees before


def test_a_second_launch_says_which_posts_it_changes(
    bench: Bench, campaign: Campaign, tmp_path: Path
) -> None:
    """Posts that got another deadline or text since the first launch are named before anyone is asked.

    A label's deadline may have come from the plain wording, after an upgrade: nobody wrote it there.
    """
    first = bench.prepare(campaign)
    _enroll(bench, first)
    same = bench.prepare(make_campaign(tmp_path))
    schedule, folder = write_campaign(tmp_path), CampaignFolder(tmp_path, "acme")
    folder.write("m1.en.md", M1.replace("---\nE", "expires: 2026-12-18 20:00 America/New_York\n---\nE"))
    folder.write("m2.en.md", "Sign at once.")

    second = bench.prepare(load_campaign(tmp_path, schedule))

    assert (first.summary.changes, same.summary.changes) == ((), ())
    assert second.summary.changes == (
        ("small/facebook:acme/m1/en", "deadline"),
        ("small/facebook:acme/m2/en", "text"),
        ("small/x:acme/m1/en", "deadline"),
        ("small/x:acme/m2/en", "text"),
    )


def test_a_second_launch_says_which_posts_go(bench: Bench, campaign: Campaign, tmp_path: Path) -> None:
    """Posts of a message that left the bank are named too, and its return."""
    _enroll(bench, bench.prepare(campaign))
    schedule, folder = write_campaign(tmp_path), CampaignFolder(tmp_path, "acme")
    (folder.bank / "m2.en.md").unlink()

    without = bench.prepare(load_campaign(tmp_path, schedule))
    _enroll(bench, without)
    again = bench.prepare(make_campaign(tmp_path))

    assert {key: what for key, what in without.summary.changes if "m2" in key} == {
        "small/facebook:acme/m2/en": "no longer in the plan",
        "small/x:acme/m2/en": "no longer in the plan",
    }
    assert {key: what for key, what in again.summary.changes if "m2" in key} == {
        "small/facebook:acme/m2/en": "in the plan again",
        "small/x:acme/m2/en": "in the plan again",
    }


def test_the_summary_says_what_will_happen(bench: Bench, campaign: Campaign) -> None:
    """Accounts, hosts, first and last post, count, what is late, cost: before anything is enrolled."""
    bench.clock.move(timedelta(minutes=1))

    preparation = bench.prepare(campaign)

    summary, (_, plan) = preparation.summary, campaign.get_plan()
    noon = datetime(2026, 12, 18, 17, 0, tzinfo=UTC)
    assert (summary.first_at, summary.last_at) == (noon, noon + HALF_HOUR)
    assert (summary.count, summary.late, summary.unplaced) == (4, 2, 0)
    assert summary.hosts == (("Facebook", "127.0.0.1:1"), ("X", "127.0.0.1:1"))
    assert [check.account_name for check in summary.channels] == ["@acme", "@acme"]
    assert (summary.is_live, summary.budget_usd_micros) == (False, None)
    assert summary.cost_usd_micros == cost_of(plan).total_usd_micros
    assert (preparation.serving, preparation.bad) == ((ACME, PAGE), ())
    assert bench.ledger.history.storms() == []


def test_a_summary_is_live_only_if_every_platform_is_the_real_one(bench: Bench, campaign: Campaign) -> None:
    """One platform on an emulator makes it practice."""
    real = bench.prepare(campaign, Settings()).summary
    half = bench.prepare(campaign, Settings(base_urls={"X": "http://127.0.0.1:1"})).summary

    assert (real.is_live, half.is_live) == (True, False)
    assert real.hosts == (("Facebook", "graph.facebook.com"), ("X", "api.x.com"))


def test_without_a_ledger_everything_is_still_to_come(bench: Bench, campaign: Campaign) -> None:
    """The first launch has no ledger yet: nothing is created by looking."""
    summary = prepare_launch(campaign, bench.workspace(), None).summary

    assert (summary.count, summary.ledger) == (4, "sqlite: ledger.db")


def test_what_is_settled_is_not_counted_again(bench: Bench, campaign: Campaign) -> None:
    """A second launch shows what is left, and what that costs."""
    _enroll(bench, bench.prepare(campaign))
    before = bench.prepare(campaign).summary
    bench.serve(ACME)

    after = bench.prepare(campaign).summary

    assert (before.count, after.count) == (4, 3)
    assert after.cost_usd_micros < before.cost_usd_micros


# What stops a launch


def test_findings_stop_a_launch(bench: Bench, tmp_path: Path) -> None:
    """A schedule with an error is not launched."""
    with pytest.raises(FindingsError):
        bench.prepare(make_campaign(tmp_path, head="sede = 7"))


@pytest.mark.parametrize(("wanted", "words"), [(1, "asks for 1 approval of"), (2, "asks for 2 approvals of")])
def test_a_storm_that_asks_for_approval_is_refused(tmp_path: Path, wanted: int, words: str) -> None:
    """Nobody is made to believe that approvals were collected."""
    storm, _ = make_campaign(tmp_path, head=f"approval = {wanted}").get_plan()

    with pytest.raises(ApprovalError, match=words):
        require_approval(storm)


def test_a_storm_that_is_over_is_refused_the_first_time(bench: Bench, campaign: Campaign) -> None:
    """Yesterday's schedule is an error; until the last slot's grace has passed it is only late."""
    bench.clock.move(HALF_HOUR + timedelta(minutes=15))
    late = bench.prepare(campaign).summary.late
    bench.clock.move(timedelta(seconds=1))

    with pytest.raises(UsageError, match="small is over: its last slot was 2026-12-18 17:30 UTC"):
        bench.prepare(campaign)

    assert late == 4


@pytest.mark.parametrize(
    ("x_s", "page_s", "told"),
    [
        (-3660.0, -3661.0, "this machine's clock is 1h1m ahead of the platforms'"),
        (180.0, None, "this machine's clock is 3m behind the platforms'"),
        (None, -121.0, "this machine's clock is 2m1s ahead of the platforms'"),
        (-86_400.0, -86_400.0, "this machine's clock is 1d ahead of the platforms'"),
    ],
)
def test_a_wrong_clock_is_refused(
    bench: Bench, campaign: Campaign, x_s: float | None, page_s: float | None, told: str
) -> None:
    """By whichever platform told the time; also where the storm looks over by it."""
    bench.clock.set_by(timedelta(days=1) if x_s == -86_400.0 else timedelta())
    for platform, offset_s in ((bench.x, x_s), (bench.facebook, page_s)):
        platform.verification = replace(platform.verification, clock_offset_s=offset_s)

    with pytest.raises(UsageError, match=f"^{told}"):
        bench.prepare(campaign)


def test_with_a_server_its_clock_is_the_one_that_is_refused(
    bench: Bench, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This machine's is right; the server's, by which posts go out, is an hour ahead."""
    monkeypatch.setattr(bench.ledger, "path", None)
    monkeypatch.setattr(bench.ledger, "clock_offset", lambda: timedelta(hours=1))
    bench.x.verification = replace(bench.x.verification, clock_offset_s=0.0)

    with pytest.raises(UsageError, match="the clock of the ledger's server is 1h ahead of"):
        bench.prepare(campaign)


def test_a_clock_that_one_platform_confirms_is_accepted(bench: Bench, campaign: Campaign) -> None:
    """The other one's clock is wrong; two minutes are within what is borne."""
    bench.x.verification = replace(bench.x.verification, clock_offset_s=-3600.0)
    bench.facebook.verification = replace(bench.facebook.verification, clock_offset_s=120.0)

    assert bench.prepare(campaign).summary.count == 4


def test_a_storm_that_was_enrolled_can_be_finished_whenever(bench: Bench, campaign: Campaign) -> None:
    """Open deliveries of yesterday are joined by a new runner."""
    _enroll(bench, bench.prepare(campaign))
    bench.clock.move(timedelta(days=1))

    assert bench.prepare(campaign).summary.count == 4


def test_a_storm_without_slots_for_its_messages_is_refused(bench: Bench, tmp_path: Path) -> None:
    """Nothing to publish is an error, not a success."""
    campaign = make_campaign(tmp_path)
    assert campaign.plan is not None
    empty = replace(campaign, plan=replace(campaign.plan, deliveries=()))

    with pytest.raises(UsageError, match="small has nothing to publish"):
        bench.prepare(empty)


def test_a_channel_that_the_storm_does_not_have_cannot_be_left_out(bench: Bench, campaign: Campaign) -> None:
    """A typing error must not launch the channel that was meant to be left out."""
    stranger = type(ACME)(ACME.platform, "akme")

    with pytest.raises(UsageError, match="small has no channel x:akme") as caught:
        bench.prepare(campaign, without=[stranger])

    assert caught.value.hint == "did you mean “x:acme”?"


def test_a_launch_with_every_channel_left_out_is_refused(bench: Bench, campaign: Campaign) -> None:
    """There would be nothing to launch."""
    with pytest.raises(UsageError, match="every channel of small is left out"):
        bench.prepare(campaign, without=[ACME, PAGE])


def test_without_any_credentials_the_first_error_is_the_answer(bench: Bench, campaign: Campaign) -> None:
    """One line that names the variables to set, not one line a channel."""
    error = CredentialsError("no credentials for facebook:acme", "Put them into .env.")
    bench.platforms.withheld[PAGE] = error
    bench.x.verification = BAD

    with pytest.raises(CredentialsError) as caught:
        bench.prepare(campaign)

    assert caught.value is error


def test_where_no_channel_that_is_asked_can_publish_nothing_is_launched(
    bench: Bench, campaign: Campaign
) -> None:
    """The one left out has no say in it; the reason is that of a bad one."""
    bench.facebook.verification = BAD

    with pytest.raises(
        CredentialsError, match="no channel of small can publish: the token is dead"
    ) as caught:
        bench.prepare(campaign, without=[ACME])

    assert caught.value.hint == "Renew it."


def test_credentials_of_another_account_are_refused_before_anything_is_enrolled(
    bench: Bench, campaign: Campaign
) -> None:
    """The ledger knows who each channel is; a swapped key is seen before the first post."""
    bind_account_of(bench.ledger, PAGE, "1002", "@acme", bench.clock.moment())
    bench.facebook.verification = Verification(account=Account("2002", "@stranger", "http://127.0.0.1/"))

    with pytest.raises(CredentialsError, match="facebook:acme belong to @stranger"):
        bench.prepare(campaign)

    assert bench.ledger.history.storms() == []


def test_an_account_that_is_found_only_at_enrolment_is_refused_there(
    bench: Bench, campaign: Campaign
) -> None:
    """Between the summary and the word of a person another launch may have bound the channel."""
    preparation = bench.prepare(campaign)
    bind_account_of(bench.ledger, PAGE, "2002", "@stranger", bench.clock.moment())

    with pytest.raises(CredentialsError, match="facebook:acme is the account @stranger"):
        _enroll(bench, preparation)

    assert bench.ledger.history.storms() == []


def test_a_ledger_of_practice_is_never_taken_for_the_day(bench: Bench, campaign: Campaign) -> None:
    """The hosts of the first enrolment are the ledger's, at preparing and at enrolling."""
    real = Settings()
    preparation = bench.prepare(campaign, real)
    _enroll(bench, bench.prepare(campaign))

    with pytest.raises(LedgerError, match=r"belongs to 127\.0\.0\.1:1"):
        bench.prepare(campaign, real)
    with pytest.raises(LedgerError, match=r"belongs to 127\.0\.0\.1:1"):
        _enroll(bench, preparation, real)

    assert bench.ledger.bound_hosts() == {"x": "127.0.0.1:1", "facebook": "127.0.0.1:1"}


def test_an_address_that_is_none_ends_in_one_line(bench: Bench, campaign: Campaign) -> None:
    """A typing error in STORMCTL_X_BASE_URL is no traceback; one of an unused platform doesn't matter."""
    wrong = Settings(base_urls={"X": "http://[::1"})

    with pytest.raises(UsageError, match="STORMCTL_X_BASE_URL is not an address"):
        bench.prepare(campaign, wrong)

    assert wrong.hosts([PAGE]) == dict.fromkeys(("facebook", str(PAGE)), "graph.facebook.com")
