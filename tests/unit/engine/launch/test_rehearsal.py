"""A whole storm through the real emulator, on a fast clock and a ledger of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import State
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.engine.base.campaign import load_campaign
from stormctl.engine.base.clocks import SystemClock
from stormctl.engine.launch.rehearsal import choose_speed, rehearse
from stormctl.engine.launch.stage import (
    ACCESS,
    DURATIONS,
    open_rehearsal,
    open_rehearsal_adapters,
    rehearsal_folder,
)
from stormctl.engine.operate.standing import get_status
from stormctl.engine.run.service import Onlooker
from stormctl.errors import FindingsError, UsageError
from stormctl.ledger.ledger import open_ledger
from tests.campaigns import make_campaign, write_campaign
from tests.fakes import Events

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.plan.summary import LaunchSummary
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.launch.rehearsal import Rehearsed
    from stormctl.engine.run.runner import Runner
    from stormctl.ledger.ledger import Ledger

pytestmark = pytest.mark.slow

FAULTS = """
[[rules]]
action = "drop_after"
platform = "x"
nth = [1]
[[rules]]
action = "error_after"
platform = "facebook"
body = "html"
status = 502
nth = [2]
"""
"""A post that was accepted before the connection broke, and one that was accepted with a 502."""


LOST = """
[[rules]]
action = "drop_before"
nth = [2]
"""
"""The last post of each channel never arrives: two readings prove it, and it is sent again."""


@dataclass
class Stage:
    """Whoever watches a rehearsal."""

    events: Events = field(default_factory=Events)
    summaries: list[LaunchSummary] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    looks: int = 0
    stop_at: int = 0

    def watch(self, runner: Runner, _ledger: Ledger, _clock: Clock) -> None:
        """Count the looks, and end the run at one of them."""
        self.looks += 1
        if self.looks == self.stop_at:
            runner.stop()

    def rehearse(self, campaign: Campaign, **options: Any) -> Rehearsed:
        """Rehearse as fast as can be."""
        usual: dict[str, Any] = {"speed": 20_000, "is_watched": False, "faults": "none"}
        show = options.pop("show", self.summaries.append)
        return rehearse(
            campaign,
            lambda preparation: show(preparation.summary),
            self.told.append,
            Onlooker(self.events, self.watch),
            report_path="report.html",
            **usual | options,
        )


@pytest.fixture
def stage() -> Stage:
    """A stage where nobody interferes."""
    return Stage()


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """Two messages at noon and half past, on an X account and a Page."""
    return make_campaign(tmp_path)


def test_a_small_storm_arrives_exactly_once(stage: Stage, campaign: Campaign) -> None:
    """Four deliveries on two channels, held against the emulator's own word; then their reach is read.

    The summary is that of a launch, and says that it is practice.
    """
    rehearsed = stage.rehearse(campaign)

    assert rehearsed.tally.is_clean, rehearsed.tally.differences
    assert [(t.channel, t.planned, t.received) for t in rehearsed.tally.channels] == [
        ("facebook:acme", 2, 2),
        ("x:acme", 2, 2),
    ]
    assert rehearsed.status.counts == {State.DELIVERED: 4}
    assert rehearsed.tally.storm_s == pytest.approx(30 * 60, abs=30)
    assert (rehearsed.report.delivered, rehearsed.report.unread) == (4, 0)
    assert stage.looks > 1
    (summary,) = stage.summaries
    assert (summary.is_live, summary.count, summary.late) == (False, 4, 0)
    assert all(host.startswith("127.0.0.1:") for _, host in summary.hosts)
    assert [check.bad for check in summary.channels] == [(), ()]
    assert [line.partition(": ")[2] for line in stage.told] == [
        ".stormctl/rehearsal/ledger.db: 4 new, 0 changed, 0 unchanged, 0 withdrawn, 0 already settled"
    ]


def test_posts_whose_answers_were_lost_still_arrive_exactly_once(
    stage: Stage, campaign: Campaign, tmp_path: Path
) -> None:
    """The doubts are settled by reading the accounts; nothing is sent a second time."""
    faults = tmp_path / "faults.toml"
    faults.write_text(FAULTS, encoding="utf-8")

    rehearsed = stage.rehearse(campaign, faults=str(faults))

    assert rehearsed.tally.is_clean, rehearsed.tally.differences
    assert len(stage.events.texts(EventKind.IN_DOUBT)) == 2
    assert stage.events.texts(EventKind.RECONCILED) == ["it is on the account"] * 2


def test_a_rehearsal_that_is_ended_early_says_what_is_missing(stage: Stage, campaign: Campaign) -> None:
    """Ctrl-C: what was not delivered is a difference."""
    stage.stop_at = 1

    rehearsed = stage.rehearse(campaign, speed=1.0)

    assert not rehearsed.tally.is_clean
    assert [t.open for t in rehearsed.tally.channels] == [2, 2]
    assert all("is planned" in line for line in rehearsed.tally.differences)


def test_a_new_rehearsal_begins_with_nothing(stage: Stage, campaign: Campaign) -> None:
    """What an older one left, even one that can't be opened, is thrown away."""
    folder = rehearsal_folder(campaign.root)
    folder.mkdir(parents=True)
    (folder / "ledger.db").write_bytes(b"not a ledger" * 100)
    (folder / "report.html").write_text("old", encoding="utf-8")
    stage.stop_at = 1
    stage.rehearse(campaign)
    stage.looks = 0

    again = stage.rehearse(campaign)

    assert sum(again.status.counts.values()) == 4
    assert not (folder / "report.html").exists()


def test_a_folder_that_can_not_be_made_is_told(stage: Stage, campaign: Campaign) -> None:
    """Before an emulator is started."""
    (campaign.root / ".stormctl").write_text("a file, by mistake", encoding="utf-8")

    with pytest.raises(UsageError, match=r"the rehearsal's folder .* can't be made: ") as caught:
        stage.rehearse(campaign)

    assert caught.value.hint == "The campaign folder must be writable for you."


def test_two_rehearsals_of_one_campaign_do_not_run_at_once(stage: Stage, campaign: Campaign) -> None:
    """The second one is refused, and leaves the first one's ledger alone."""
    folder = rehearsal_folder(campaign.root)
    folder.mkdir(parents=True)
    ledger = open_ledger("sqlite:///ledger.db", root=folder, create=True)
    ledger.runners.register("rehearsal", "here", 1, SystemClock().moment())

    with pytest.raises(UsageError, match="a rehearsal of this campaign is running"):
        stage.rehearse(campaign)

    assert ledger.history.storms() == []
    ledger.close()


def test_findings_stop_a_rehearsal_before_anything_starts(stage: Stage, tmp_path: Path) -> None:
    """Nothing is made on disk for files that break a rule."""
    broken = make_campaign(tmp_path, head="sede = 7")

    with pytest.raises(FindingsError):
        stage.rehearse(broken)

    assert not rehearsal_folder(tmp_path).exists()


def test_a_storm_without_slots_is_refused(stage: Stage, campaign: Campaign) -> None:
    """There would be nothing to rehearse."""
    assert campaign.plan is not None
    empty = replace(campaign, plan=replace(campaign.plan, deliveries=()))

    with pytest.raises(UsageError, match="small has nothing to publish"):
        stage.rehearse(empty, speed=None)


def test_accounts_are_read_again_before_the_tally(stage: Stage, campaign: Campaign, tmp_path: Path) -> None:
    """What was sent again is looked at on the day hours later; here the clock is set ahead for it."""
    faults = tmp_path / "lost.toml"
    faults.write_text(LOST, encoding="utf-8")

    rehearsed = stage.rehearse(campaign, faults=str(faults))

    ledger, _, _ = open_rehearsal(campaign.root)
    with ledger._database.reading() as session:
        rows = session._connection.execute("SELECT channel, taken_wall_at FROM follow_ups").fetchall()
    ledger.close()
    assert sorted(channel for channel, taken_at in rows if taken_at) == ["facebook:acme"] * 3 + ["x:acme"] * 3
    assert rehearsed.status.follow_ups == ()
    assert rehearsed.tally.is_clean, rehearsed.tally.differences


def test_the_newest_rehearsal_can_be_looked_at(stage: Stage, campaign: Campaign) -> None:
    """`status --rehearsal` in another window: its ledger, its clock, its durations."""
    with pytest.raises(UsageError, match="there is no rehearsal to act on"):
        open_rehearsal(campaign.root)
    stage.stop_at = 1
    stage.rehearse(campaign, speed=1.0)

    ledger, clock, durations = open_rehearsal(campaign.root)
    status = get_status(ledger, clock.moment(), "small", durations)
    ledger.close()

    assert (status.total, durations) == (4, DURATIONS)
    assert clock.moment().at > clock.moment().wall_at


def test_its_accounts_are_verified_as_the_schedule_says(stage: Stage, tmp_path: Path) -> None:
    """X allows a verified account more posts a day: the emulated one knows which it is."""
    schedule = write_campaign(tmp_path)
    text = schedule.read_text(encoding="utf-8")
    schedule.write_text(text.replace('id = "x:acme"', 'id = "x:acme"\nverified = true'), encoding="utf-8")
    campaign = load_campaign(tmp_path, schedule)
    seen: list[bool | None] = []

    def look(_summary: LaunchSummary) -> None:
        adapters = open_rehearsal_adapters(campaign.root)
        seen.append(adapters.reader(parse_channel_id("x:acme")).verify().is_verified)
        adapters.close()

    stage.stop_at = 1
    stage.rehearse(campaign, speed=1.0, show=look)

    assert seen == [True]


def test_its_platforms_can_be_reached_while_it_runs(stage: Stage, campaign: Campaign) -> None:
    """`retract --rehearsal` in another window: by keys that nobody else can read, until the end."""
    access = rehearsal_folder(campaign.root) / ACCESS
    seen: list[tuple[bool, int]] = []

    def look(_summary: LaunchSummary) -> None:
        adapters = open_rehearsal_adapters(campaign.root)
        verified = adapters.reader(parse_channel_id("x:acme")).verify()
        adapters.close()
        seen.append((verified.is_bad, access.stat().st_mode & 0o077))

    stage.stop_at = 1
    stage.rehearse(campaign, speed=1.0, show=look)

    assert seen == [(False, 0)]
    with pytest.raises(UsageError, match="the rehearsal is over"):
        open_rehearsal_adapters(campaign.root)


@pytest.mark.parametrize(("is_watched", "seconds"), [(False, 4), (True, 12)])
def test_the_speed_makes_a_day_some_seconds(campaign: Campaign, is_watched: bool, seconds: int) -> None:
    """What lies between the posts is passed in four seconds, or in twelve where somebody looks.

    That is so for 32 minutes and for two; an empty storm runs at real speed.
    """
    _, plan = campaign.get_plan()

    speeds = [
        choose_speed(replace(plan, deliveries=deliveries), is_watched=is_watched)
        for deliveries in (plan.deliveries, plan.deliveries[:1], ())
    ]

    assert speeds == pytest.approx([32 * 60 / seconds, 120 / seconds, 1.0])
