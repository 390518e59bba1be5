"""From a checked campaign to a running storm: refuse in time, enrol once, run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import State
from stormctl.domain.plan.cost import cost_of
from stormctl.engine.base.equipment import Equipment, Rewriting
from stormctl.engine.launch.launch import (
    LEFT_OUT,
    enroll,
    prepare_launch,
    require_approval,
    run_storm,
    terms_of,
)
from stormctl.errors import ApprovalError, CredentialsError, FindingsError, LedgerError, UsageError
from stormctl.ledger.delivery.outbox import Enrolled
from stormctl.platforms.adapter import Account, Certainty, SeenPost, Verification, VerificationProblem
from stormctl.settings import Settings
from tests.factories import ACME, PAGE
from tests.fakes import FakePlatform
from tests.unit.engine.campaigns import TEXTS, make_campaign

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.launch.launch import Preparation
    from stormctl.engine.run.runner import Runner
    from tests.unit.engine.conftest import Bench

LOCAL = Settings(base_urls={"X": "http://127.0.0.1:1", "FACEBOOK": "http://127.0.0.1:1"})
BAD = Verification(
    account=None, problems=(VerificationProblem(Certainty.BAD, "the token is dead", "Renew it."),)
)
SEND_LATE = '[late]\npolicy = "send"\ngrace = "2h"'
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """Two messages at noon and half past, on an X account and a Page."""
    return make_campaign(tmp_path)


def _prepare(bench: Bench, campaign: Campaign, settings: Settings = LOCAL, **options: Any) -> Preparation:
    usual: dict[str, Any] = {"where": "sqlite: ledger.db"}
    return prepare_launch(
        campaign, settings, bench.platforms, bench.ledger, bench.clock.moment(), **usual | options
    )


def _enroll(bench: Bench, preparation: Preparation, settings: Settings = LOCAL) -> Enrolled:
    return enroll(preparation, settings, bench.ledger, bench.clock)


def _states(bench: Bench) -> dict[str, State]:
    views = bench.ledger.history.deliveries("small")
    return {view.key.removeprefix("small/").removesuffix("/en"): view.state for view in views}


# What a person sees before


def test_the_summary_says_what_will_happen(bench: Bench, campaign: Campaign) -> None:
    """Accounts, hosts, first and last post, count, what is late, cost: before anything is enrolled."""
    bench.clock.move(timedelta(minutes=1))

    preparation = _prepare(bench, campaign)

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
    real = _prepare(bench, campaign, Settings()).summary
    half = _prepare(bench, campaign, Settings(base_urls={"X": "http://127.0.0.1:1"})).summary

    assert (real.is_live, half.is_live) == (True, False)
    assert real.hosts == (("Facebook", "graph.facebook.com"), ("X", "api.x.com"))


def test_without_a_ledger_everything_is_still_to_come(bench: Bench, campaign: Campaign) -> None:
    """The first launch has no ledger yet: nothing is created by looking."""
    preparation = prepare_launch(
        campaign, LOCAL, bench.platforms, None, bench.clock.moment(), where="sqlite: not there yet"
    )

    assert (preparation.summary.count, preparation.summary.ledger) == (4, "sqlite: not there yet")


def test_what_is_settled_is_not_counted_again(bench: Bench, campaign: Campaign) -> None:
    """A second launch shows what is left, and what that costs."""
    _enroll(bench, _prepare(bench, campaign))
    before = _prepare(bench, campaign).summary
    bench.serve(ACME)

    after = _prepare(bench, campaign).summary

    assert (before.count, after.count) == (4, 3)
    assert after.cost_usd_micros < before.cost_usd_micros


# What stops a launch


def test_findings_stop_a_launch(bench: Bench, tmp_path: Path) -> None:
    """A schedule with an error is not launched."""
    with pytest.raises(FindingsError):
        _prepare(bench, make_campaign(tmp_path, head="sede = 7"))


@pytest.mark.parametrize(("wanted", "words"), [(1, "asks for 1 approval of"), (2, "asks for 2 approvals of")])
def test_a_storm_that_asks_for_approval_is_refused(tmp_path: Path, wanted: int, words: str) -> None:
    """Nobody is made to believe that approvals were collected."""
    storm, _ = make_campaign(tmp_path, head=f"approval = {wanted}").get_plan()

    with pytest.raises(ApprovalError, match=words):
        require_approval(storm)


def test_a_storm_that_is_over_is_refused_the_first_time(bench: Bench, campaign: Campaign) -> None:
    """Yesterday's schedule is an error; until the last slot's grace has passed it is only late."""
    bench.clock.move(HALF_HOUR + timedelta(minutes=15))
    late = _prepare(bench, campaign).summary.late
    bench.clock.move(timedelta(seconds=1))

    with pytest.raises(UsageError, match="small is over: its last slot was 2026-12-18 17:30 UTC"):
        _prepare(bench, campaign)

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
        _prepare(bench, campaign)


def test_with_a_server_its_clock_is_the_one_that_is_refused(
    bench: Bench, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This machine's is right; the server's, by which posts go out, is an hour ahead."""
    monkeypatch.setattr(bench.ledger, "path", None)
    monkeypatch.setattr(bench.ledger, "clock_offset", lambda: timedelta(hours=1))
    bench.x.verification = replace(bench.x.verification, clock_offset_s=0.0)

    with pytest.raises(UsageError, match="the clock of the ledger's server is 1h ahead of"):
        _prepare(bench, campaign)


def test_a_clock_that_one_platform_confirms_is_accepted(bench: Bench, campaign: Campaign) -> None:
    """The other one's clock is wrong; two minutes are within what is borne."""
    bench.x.verification = replace(bench.x.verification, clock_offset_s=-3600.0)
    bench.facebook.verification = replace(bench.facebook.verification, clock_offset_s=120.0)

    assert _prepare(bench, campaign).summary.count == 4


def test_a_storm_that_was_enrolled_can_be_finished_whenever(bench: Bench, campaign: Campaign) -> None:
    """Open deliveries of yesterday are joined by a new runner."""
    _enroll(bench, _prepare(bench, campaign))
    bench.clock.move(timedelta(days=1))

    assert _prepare(bench, campaign).summary.count == 4


def test_a_storm_without_slots_for_its_messages_is_refused(bench: Bench, tmp_path: Path) -> None:
    """Nothing to publish is an error, not a success."""
    campaign = make_campaign(tmp_path)
    assert campaign.plan is not None
    empty = replace(campaign, plan=replace(campaign.plan, deliveries=()))

    with pytest.raises(UsageError, match="small has nothing to publish"):
        _prepare(bench, empty)


def test_a_channel_that_the_storm_does_not_have_cannot_be_left_out(bench: Bench, campaign: Campaign) -> None:
    """A typing error must not launch the channel that was meant to be left out."""
    stranger = type(ACME)(ACME.platform, "akme")

    with pytest.raises(UsageError, match="small has no channel x:akme") as caught:
        _prepare(bench, campaign, without=[stranger])

    assert caught.value.hint == "It has x:acme, facebook:acme."


def test_a_launch_with_every_channel_left_out_is_refused(bench: Bench, campaign: Campaign) -> None:
    """There would be nothing to launch."""
    with pytest.raises(UsageError, match="every channel of small is left out"):
        _prepare(bench, campaign, without=[ACME, PAGE])


def test_without_any_credentials_the_first_error_is_the_answer(bench: Bench, campaign: Campaign) -> None:
    """One line that names the variables to set, not one line a channel."""
    error = CredentialsError("no credentials for facebook:acme", "Put them into .env.")
    bench.platforms.withheld[PAGE] = error
    bench.x.verification = BAD

    with pytest.raises(CredentialsError) as caught:
        _prepare(bench, campaign)

    assert caught.value is error


def test_where_no_channel_that_is_asked_can_publish_nothing_is_launched(
    bench: Bench, campaign: Campaign
) -> None:
    """The one left out has no say in it; the reason is that of a bad one."""
    bench.facebook.verification = BAD

    with pytest.raises(
        CredentialsError, match="no channel of small can publish: the token is dead"
    ) as caught:
        _prepare(bench, campaign, without=[ACME])

    assert caught.value.hint == "Renew it."


def test_credentials_of_another_account_are_refused_before_anything_is_enrolled(
    bench: Bench, campaign: Campaign
) -> None:
    """The ledger knows who each channel is; a swapped key is seen before the first post."""
    bench.ledger.channels.bind(PAGE, "1002", "@acme", bench.clock.moment())
    bench.facebook.verification = Verification(account=Account("2002", "@stranger", "http://127.0.0.1/"))

    with pytest.raises(CredentialsError, match="facebook:acme belong to @stranger"):
        _prepare(bench, campaign)

    assert bench.ledger.history.storms() == []


def test_an_account_that_is_found_only_at_enrolment_is_refused_there(
    bench: Bench, campaign: Campaign
) -> None:
    """Between the summary and the word of a person another launch may have bound the channel."""
    preparation = _prepare(bench, campaign)
    bench.ledger.channels.bind(PAGE, "2002", "@stranger", bench.clock.moment())

    with pytest.raises(CredentialsError, match="facebook:acme is the account @stranger"):
        _enroll(bench, preparation)

    assert bench.ledger.history.storms() == []


def test_a_ledger_of_practice_is_never_taken_for_the_day(bench: Bench, campaign: Campaign) -> None:
    """The hosts of the first enrolment are the ledger's, at preparing and at enrolling."""
    real = Settings()
    preparation = _prepare(bench, campaign, real)
    _enroll(bench, _prepare(bench, campaign))

    with pytest.raises(LedgerError, match=r"belongs to 127\.0\.0\.1:1"):
        _prepare(bench, campaign, real)
    with pytest.raises(LedgerError, match=r"belongs to 127\.0\.0\.1:1"):
        _enroll(bench, preparation, real)

    assert bench.ledger.bound_hosts() == {"x": "127.0.0.1:1", "facebook": "127.0.0.1:1"}


def test_an_address_that_is_none_ends_in_one_line(bench: Bench, campaign: Campaign) -> None:
    """A typing error in STORMCTL_X_BASE_URL is no traceback; one of an unused platform doesn't matter."""
    wrong = Settings(base_urls={"X": "http://[::1"})

    with pytest.raises(UsageError, match="STORMCTL_X_BASE_URL is not an address"):
        _prepare(bench, campaign, wrong)

    assert wrong.hosts([PAGE]) == dict.fromkeys(("facebook", str(PAGE)), "graph.facebook.com")


# Enrolment


def test_two_launches_of_the_same_plan_change_nothing(bench: Bench, campaign: Campaign) -> None:
    """The second one joins; what it enrols is there already."""
    first = _enroll(bench, _prepare(bench, campaign))
    views = bench.ledger.history.deliveries("small")

    second = _enroll(bench, _prepare(bench, campaign))

    assert (first, second) == (Enrolled(added=4), Enrolled(unchanged=4))
    assert bench.ledger.history.deliveries("small") == views


def test_a_runner_needs_none_of_the_campaigns_files(bench: Bench, tmp_path: Path) -> None:
    """Pictures, accounts and terms are in the ledger: a server publishes what a laptop launched."""
    campaign = make_campaign(tmp_path, tail=SEND_LATE)
    _enroll(bench, _prepare(bench, campaign))
    for path in campaign.root.rglob("*.png"):
        path.unlink()
    bench.clock.move(HALF_HOUR)

    bench.serve(ACME)

    assert sorted(post.text for post in bench.x.sent) == sorted(TEXTS)
    assert [len(post.media_ids) for post in bench.x.sent if post.text == TEXTS[0]] == [1]
    assert bench.ledger.channels.get_account("x:acme") == ("1001", "@acme")


def test_a_picture_that_changed_since_the_check_stops_the_enrolment(bench: Bench, campaign: Campaign) -> None:
    """What was shown is what goes out, or nothing."""
    preparation = _prepare(bench, campaign)
    (campaign.root / "messages" / "acme" / "boat.png").write_bytes(b"another")

    with pytest.raises(FindingsError, match=r"boat\.png has changed"):
        _enroll(bench, preparation)

    assert bench.ledger.history.storms() == []


def test_a_channel_that_is_left_out_starts_suspended(bench: Bench, campaign: Campaign) -> None:
    """Its deliveries are enrolled, so that `resume --channel` can bring them; nothing goes out before."""
    preparation = _prepare(bench, campaign, without=[PAGE])

    _enroll(bench, preparation)
    bench.serve(PAGE)
    bench.serve(ACME)

    assert preparation.serving == (ACME,)
    assert bench.ledger.channels.suspended() == {"facebook:acme": LEFT_OUT}
    assert bench.facebook.sent == []
    assert list(_states(bench).values()).count(State.DELIVERED) == 1


def test_a_channel_that_is_proved_bad_starts_suspended_with_the_reason(
    bench: Bench, campaign: Campaign
) -> None:
    """A person has confirmed it; `status` shows why. Who its account is, is left open."""
    bench.x.verification = BAD
    preparation = _prepare(bench, campaign)

    _enroll(bench, preparation)

    assert [proof.channel for proof in preparation.bad] == [ACME]
    assert bench.ledger.channels.suspended() == {"x:acme": "the token is dead"}
    assert bench.ledger.channels.get_account("x:acme") is None


def test_a_channel_is_suspended_before_its_deliveries_are_there(
    bench: Bench, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that waits for the storm finds nothing that it might claim on a channel left out."""
    suspended: list[dict[str, str]] = []
    really = bench.ledger.outbox.enroll

    def look_and_enroll(*arguments: Any) -> Enrolled:
        suspended.append(bench.ledger.channels.suspended())
        return really(*arguments)

    monkeypatch.setattr(bench.ledger.outbox, "enroll", look_and_enroll)

    _enroll(bench, _prepare(bench, campaign, without=[PAGE]))

    assert suspended == [{"facebook:acme": LEFT_OUT}]


def test_posts_that_stand_there_already_are_recorded_and_not_sent_again(
    bench: Bench, campaign: Campaign
) -> None:
    """What adoption found has its receipt; the rest goes out."""
    preparation = _prepare(bench, campaign)
    key = next(str(d.key) for d in preparation.plan.deliveries if d.channel == ACME)
    there = SeenPost(post_id="9", url="http://127.0.0.1/9", text="", created_at=None)

    enroll(preparation, LOCAL, bench.ledger, bench.clock, {key: there})
    bench.clock.move(HALF_HOUR)
    bench.serve(ACME)

    view = bench.ledger.history.get(key)
    assert (view.state, view.post_id, view.url) == (State.DELIVERED, "9", "http://127.0.0.1/9")
    assert len(bench.x.sent) == 1


def test_a_storms_terms_are_what_its_schedule_says(tmp_path: Path) -> None:
    """Ceilings, silences as instants, and the budget in millionths of a dollar."""
    campaign = make_campaign(
        tmp_path,
        limits="per_15min = 3\nper_day = 20\nbudget_usd = 2.5",
        tail="[[quiet]]\nfrom = 12:10:00\nto = 12:15:00",
    )
    storm, _ = campaign.get_plan()

    terms = terms_of(storm)

    quiet_from = datetime(2026, 12, 18, 17, 10, tzinfo=UTC)
    assert (terms.storm_id, terms.name, terms.timezone) == ("small", "A small storm", "America/New_York")
    assert (terms.spacing, terms.per_15min, terms.per_day) == (timedelta(), 3, 20)
    assert terms.budget_usd_micros == 2_500_000
    assert (quiet_from, quiet_from + timedelta(minutes=5)) in terms.quiet
    assert terms.channels == ("x:acme", "facebook:acme")


def test_the_summary_shows_the_budget(bench: Bench, tmp_path: Path) -> None:
    """Beside what the storm costs stands what it may cost."""
    campaign = make_campaign(tmp_path, limits="budget_usd = 2.5")

    assert _prepare(bench, campaign).summary.budget_usd_micros == 2_500_000


# The run


def test_a_launch_waits_for_the_right_credentials(bench: Bench, tmp_path: Path) -> None:
    """A person wrote another account's into .env: the run does not end before they have mended it."""
    campaign = make_campaign(tmp_path, tail=SEND_LATE)
    _enroll(bench, _prepare(bench, campaign))
    bench.clock.move(HALF_HOUR)
    right, stranger = bench.x, FakePlatform(ACME, "2002")
    bench.platforms.rewritten[ACME] = stranger
    bench.platforms.news.append(Rewriting((ACME,)))
    looks: list[int] = []

    def mend(_runner: Runner) -> None:
        looks.append(len(bench.facebook.sent))
        if looks[-1] == 2 and not bench.platforms.news:  # the other channel has nothing left to do
            bench.platforms.rewritten[ACME] = right
            bench.platforms.news.append(Rewriting((ACME,)))

    durations = replace(bench.equipment.durations, sweep=timedelta(milliseconds=50))
    equipment = replace(bench.equipment, durations=durations)

    run_storm(equipment, storm_id="small", channels=[ACME, PAGE], kind="launch", watch=mend)

    assert set(_states(bench).values()) == {State.DELIVERED}
    assert stranger.sent == []
    assert len(right.sent) == 2


def test_a_storm_runs_until_nothing_more_can_happen(bench: Bench, tmp_path: Path) -> None:
    """What is due goes out on every channel, whoever watches is called, and the run ends by itself."""
    campaign = make_campaign(tmp_path, tail=SEND_LATE)
    _enroll(bench, _prepare(bench, campaign))
    bench.clock.move(HALF_HOUR)
    watched: list[Runner] = []
    equipment = Equipment(
        ledger=bench.ledger,
        adapters=bench.platforms,
        clock=bench.clock,
        listener=bench.events,
        durations=replace(bench.equipment.durations, sweep=timedelta(milliseconds=50)),
    )

    runner = run_storm(
        equipment, storm_id="small", channels=[ACME, PAGE], kind="launch", watch=watched.append
    )

    assert set(_states(bench).values()) == {State.DELIVERED}
    assert set(watched) == {runner}
    assert (len(bench.x.sent), len(bench.facebook.sent)) == (2, 2)


def test_a_run_that_the_budget_ends_says_so(bench: Bench, tmp_path: Path) -> None:
    """Nothing more can happen without a person, who must know why."""
    campaign = make_campaign(tmp_path, tail=SEND_LATE, limits="budget_usd = 10.0")
    preparation = _prepare(bench, campaign)
    _enroll(bench, preparation)
    terms = replace(terms_of(preparation.storm), budget_usd_micros=20_000)
    bench.ledger.outbox.enroll(terms, preparation.plan.deliveries, bench.clock.moment())
    bench.clock.move(HALF_HOUR)
    durations = replace(bench.equipment.durations, sweep=timedelta(milliseconds=50))
    equipment = replace(bench.equipment, durations=durations)

    run_storm(equipment, storm_id="small", channels=[ACME, PAGE], kind="launch")

    (line,) = bench.events.texts(EventKind.BUDGET_SPENT)
    assert line.startswith("the budget of $0.02 is spent")
    assert [view.state for view in bench.ledger.history.deliveries("small")].count(State.PLANNED) >= 1
