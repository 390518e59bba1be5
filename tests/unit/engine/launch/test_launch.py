"""From a checked campaign to a running storm: refuse in time, enrol once, run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import State
from stormctl.domain.plan.occupancy import make_limits
from stormctl.domain.platforms.channel import Platform
from stormctl.engine.alerts.notifications import make_notifications
from stormctl.engine.base.campaign import load_campaign
from stormctl.engine.base.equipment import Rewriting
from stormctl.engine.launch.launch import LEFT_OUT, enroll, launching, terms_of
from stormctl.engine.launch.preparation import Preparation
from stormctl.engine.run.service import Onlooker
from stormctl.errors import FindingsError, UsageError
from stormctl.ledger.delivery.enrolment import Enrolled
from stormctl.platforms.adapter import Certainty, OutgoingPost, Verification, VerificationProblem
from tests.campaigns import TEXTS, make_campaign, make_png
from tests.factories import ACME, PAGE
from tests.fakes import FakePlatform
from tests.unit.engine.conftest import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stormctl.engine.base.campaign import Campaign
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


def _enroll(bench: Bench, preparation: Preparation) -> Enrolled:
    return enroll(preparation, bench.workspace(), bench.ledger, lambda _line: None)


def _states(bench: Bench) -> dict[str, State]:
    views = bench.ledger.history.deliveries("small")
    return {view.key.removeprefix("small/").removesuffix("/en"): view.state for view in views}


def test_two_launches_of_the_same_plan_change_nothing(bench: Bench, campaign: Campaign) -> None:
    """The second one joins; what it enrols is there already."""
    first = _enroll(bench, bench.prepare(campaign))
    views = bench.ledger.history.deliveries("small")

    second = _enroll(bench, bench.prepare(campaign))

    assert (first, second) == (Enrolled(added=4), Enrolled(unchanged=4))
    assert bench.ledger.history.deliveries("small") == views


def test_a_new_launch_leaves_what_is_enrolled_where_it_is(bench: Bench, tmp_path: Path) -> None:
    """One message more, and another seed: what is enrolled keeps its slot, and only the new one is placed."""
    campaign = make_campaign(tmp_path)
    _enroll(bench, bench.prepare(campaign))
    before = {view.key: view.slot_at for view in bench.ledger.history.deliveries("small")}
    schedule = tmp_path / "schedules" / "small.toml"
    more = "at = [12:00:00, 12:15:00, 12:30:00, 12:45:00]"
    text = schedule.read_text(encoding="utf-8").replace("at = [12:00:00, 12:30:00]", more)
    schedule.write_text(f"seed = 99\n{text}", encoding="utf-8")
    message = tmp_path / "messages" / "acme" / "a-new-one.en.md"
    message.write_text("Bring a song to the bridge tonight.\n", encoding="utf-8")
    plans: list[Preparation] = []

    with launching(load_campaign(tmp_path, schedule), bench.workspace(), plans.append, lambda _line: None):
        after = {view.key: view.slot_at for view in bench.ledger.history.deliveries("small")}

    assert before.items() <= after.items()
    assert {key.split("/")[2] for key in after.keys() - before.keys()} == {"a-new-one"}
    assert plans[0].summary.changes == ()


def test_a_runner_needs_none_of_the_campaigns_files(bench: Bench, tmp_path: Path) -> None:
    """Pictures, accounts and terms are in the ledger: a server publishes what a laptop launched."""
    campaign = make_campaign(tmp_path, tail=SEND_LATE)
    _enroll(bench, bench.prepare(campaign))
    for path in campaign.root.rglob("*.png"):
        path.unlink()
    bench.clock.move(HALF_HOUR)

    bench.serve(ACME)

    assert sorted(post.text for post in bench.x.sent) == sorted(TEXTS)
    assert [len(post.media_ids) for post in bench.x.sent if post.text == TEXTS[0]] == [1]
    assert bench.ledger.channels.get_account("x:acme") == ("1001", "@acme")


def test_a_picture_that_changed_since_the_check_stops_the_enrolment(bench: Bench, campaign: Campaign) -> None:
    """What was shown is what goes out, or nothing."""
    preparation = bench.prepare(campaign)
    (campaign.root / "messages" / "acme" / "boat.png").write_bytes(b"another")

    with pytest.raises(FindingsError, match=r"boat\.png has changed"):
        _enroll(bench, preparation)

    assert bench.ledger.history.storms() == []


def test_what_is_sent_is_never_only_remembered(bench: Bench, campaign: Campaign) -> None:
    """The next launch reads every picture, though its ledger has one of that digest already."""
    _enroll(bench, bench.prepare(campaign))
    preparation = bench.prepare(campaign)
    (campaign.root / "messages" / "acme" / "boat.png").write_bytes(make_png(6, 6))

    with pytest.raises(FindingsError, match=r"boat\.png has changed"):
        _enroll(bench, preparation)


def test_a_channel_that_is_left_out_starts_suspended(bench: Bench, campaign: Campaign) -> None:
    """Its deliveries are enrolled, so that `resume --channel` can bring them; nothing goes out before."""
    preparation = bench.prepare(campaign, without=[PAGE])

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
    preparation = bench.prepare(campaign)

    _enroll(bench, preparation)

    assert [proof.channel for proof in preparation.bad] == [ACME]
    assert bench.ledger.channels.suspended() == {"x:acme": "the token is dead"}
    assert bench.ledger.channels.get_account("x:acme") is None


def test_posts_that_stand_there_already_are_recorded_and_not_sent_again(bench: Bench, tmp_path: Path) -> None:
    """What adoption found has its receipt, the reading is charged, and the rest goes out."""
    bench.clock.move(timedelta(minutes=5))
    preparation = bench.prepare(make_campaign(tmp_path, limits="budget_usd = 2.5"))
    there = next(d for d in preparation.plan.deliveries if d.channel == ACME)
    bench.x.accept(OutgoingPost(text=there.post.text))

    enroll(preparation, bench.workspace(), bench.ledger, lambda _line: None, adopt=True)
    bench.clock.move(HALF_HOUR)
    spent = bench.spent()
    bench.serve(ACME)

    view = bench.ledger.history.get(str(there.key))
    assert (view.state, view.post_id, spent) == (
        State.DELIVERED,
        "acme-1",
        Platform.X.facts.prices.post_reading,
    )
    assert len(bench.x.sent) == 1


def test_asking_whose_accounts_they_are_is_charged(bench: Bench, tmp_path: Path) -> None:
    """Each launch looks every account up, whatever becomes of its posts."""
    bench.x.verification = replace(bench.x.verification, cost_usd_micros=10_000)
    campaign = make_campaign(tmp_path, limits="budget_usd = 2.5")

    for _ in range(2):
        enroll(bench.prepare(campaign), bench.workspace(), bench.ledger, lambda _line: None)

    assert bench.spent() == 2 * 10_000


def test_a_storms_terms_are_what_its_schedule_says(tmp_path: Path) -> None:
    """Its limits as they are, and silences as instants."""
    campaign = make_campaign(
        tmp_path,
        limits="per_15min = 3\nper_day = 20\nbudget_usd = 2.5",
        tail="[[quiet]]\nfrom = 12:10:00\nto = 12:15:00",
    )
    storm, _ = campaign.get_plan()

    terms = terms_of(storm)

    quiet_from = datetime(2026, 12, 18, 17, 10, tzinfo=UTC)
    assert (terms.storm_id, terms.name, terms.timezone) == ("small", "A small storm", "America/New_York")
    assert terms.limits == make_limits(
        spacing=timedelta(), per_15min=3, per_day=20, budget_usd=Decimal("2.5")
    )
    assert (quiet_from, quiet_from + timedelta(minutes=5)) in terms.quiet
    assert terms.channels == ("x:acme", "facebook:acme")


def test_the_summary_shows_the_budget(bench: Bench, tmp_path: Path) -> None:
    """Beside what the storm costs stands what it may cost."""
    campaign = make_campaign(tmp_path, limits="budget_usd = 2.5")

    assert bench.prepare(campaign).summary.budget_usd_micros == 2_500_000


# The whole of it


def _launch(
    bench: Bench,
    campaign: Campaign,
    agree: Callable[[Preparation], None] = lambda _preparation: None,
    watch: Callable[..., None] = lambda *_seen: None,
    **limits: Any,
) -> list[str]:
    """Launch what has just begun, and run it to its end; return what was told."""
    bench.clock.move(HALF_HOUR)
    told: list[str] = []
    durations = replace(bench.equipment.durations, sweep=timedelta(milliseconds=50))
    workspace = replace(bench.workspace(), durations=durations)
    with launching(campaign, workspace, agree, told.append) as launched:
        if limits:
            assert isinstance(launched.preparation, Preparation)
            terms, plan = terms_of(launched.preparation.storm), launched.preparation.plan
            changed = replace(terms, limits=replace(terms.limits, **limits))
            bench.ledger.enrolment.enroll(changed, plan.deliveries, bench.clock.moment())
        launched.run("launch", make_notifications(LOCAL), Onlooker(bench.events, watch))
    return told


def test_a_launch_asks_enrols_and_runs_until_nothing_more_can_happen(bench: Bench, tmp_path: Path) -> None:
    """In this order, on every channel; whoever watches is called, and the run ends by itself."""
    agreed: list[tuple[int, int]] = []
    watched: set[object] = set()

    told = _launch(
        bench,
        make_campaign(tmp_path, tail=SEND_LATE),
        lambda preparation: agreed.append((preparation.summary.count, len(_states(bench)))),
        lambda runner, *_seen: watched.add(runner),
    )

    enrolled = "4 new, 0 changed, 0 unchanged, 0 withdrawn, 0 already settled"
    assert (agreed, told) == ([(4, 0)], [f"enrolled in {bench.ledger.where}: {enrolled}"])
    assert set(_states(bench).values()) == {State.DELIVERED}
    assert (len(watched), len(bench.x.sent), len(bench.facebook.sent)) == (1, 2, 2)


def test_whoever_does_not_agree_has_enrolled_nothing(bench: Bench, campaign: Campaign) -> None:
    """Nothing is read, bound or written before."""

    def refuse(_preparation: Preparation) -> None:
        raise UsageError("not launched")

    with pytest.raises(UsageError, match="not launched"):
        _launch(bench, campaign, refuse)

    assert (bench.ledger.history.storms(), bench.ledger.bound_hosts(), bench.x.readings) == ([], {}, 0)


def test_a_launch_waits_for_the_right_credentials(bench: Bench, tmp_path: Path) -> None:
    """A person wrote another account's into .env: the run does not end before they have mended it."""
    right, stranger = bench.x, FakePlatform(ACME, "2002")
    looks: list[int] = []

    def rewrite(platform: FakePlatform) -> None:
        bench.platforms.rewritten[ACME] = platform
        bench.platforms.news.append(Rewriting((ACME,)))

    def mend(*_seen: object) -> None:
        looks.append(len(bench.facebook.sent))
        if looks[-1] == 2 and not bench.platforms.news:  # the other channel has nothing left to do
            rewrite(right)

    _launch(bench, make_campaign(tmp_path, tail=SEND_LATE), lambda _preparation: rewrite(stranger), mend)

    assert set(_states(bench).values()) == {State.DELIVERED}
    assert stranger.sent == []
    assert len(right.sent) == 2


def test_a_run_that_the_budget_ends_says_so(bench: Bench, tmp_path: Path) -> None:
    """Nothing more can happen without a person, who must know why."""
    campaign = make_campaign(tmp_path, tail=SEND_LATE, limits="budget_usd = 10.0")

    _launch(bench, campaign, budget_usd=Decimal("0.02"))

    (line,) = bench.events.texts(EventKind.BUDGET_SPENT)
    assert line.startswith("the budget of $0.02 is spent")
    assert [view.state for view in bench.ledger.history.deliveries("small")].count(State.PLANNED) >= 1
