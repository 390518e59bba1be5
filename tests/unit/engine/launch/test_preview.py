"""What a launch would make of a campaign now, looked at without a change."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import pytest

from stormctl.engine.base.campaign import load_campaign
from stormctl.engine.launch.launch import enroll
from stormctl.engine.launch.preview import Preview, preview
from stormctl.errors import CredentialsError, LedgerError, StormctlError, UsageError
from tests.campaigns import make_campaign

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.engine.base.campaign import Campaign
    from tests.unit.engine.conftest import Bench

BEFORE = datetime(2026, 12, 1, tzinfo=UTC)
LAST = datetime(2026, 12, 18, 17, 30, tzinfo=UTC)
GRACE = timedelta(minutes=15)


def look(campaign: Campaign, bench: Bench | None = None, now: datetime = BEFORE) -> Preview:
    """Preview a campaign, with a ledger or without one."""
    return preview(campaign, lambda: nullcontext(bench.ledger if bench else None), now, str)


def begin(bench: Bench, root: Path) -> Campaign:
    """Enrol the small campaign, and write a message more and times for it; return it as it is now."""
    enroll(bench.prepare(make_campaign(root)), bench.workspace(), bench.ledger, lambda _line: None)
    schedule = root / "schedules" / "small.toml"
    more = "at = [12:00:00, 12:15:00, 12:30:00, 12:45:00]"
    text = schedule.read_text(encoding="utf-8").replace("at = [12:00:00, 12:30:00]", more)
    schedule.write_text(f"seed = 99\n{text}", encoding="utf-8")
    message = root / "messages" / "acme" / "a-new-one.en.md"
    message.write_text("Bring a song to the bridge tonight.\n", encoding="utf-8")
    return load_campaign(root, schedule)


def test_what_is_enrolled_keeps_its_times_as_in_a_launch(bench: Bench, tmp_path: Path) -> None:
    """The plan is the one that a launch would enrol, and a line counts what is enrolled."""
    campaign = begin(bench, tmp_path)

    seen = look(campaign, bench)

    assert seen.remarks == ("4 of 6 posts are enrolled and keep their times",)
    planned = {str(d.key): d.slot_at for d in seen.campaign.get_plan()[1].deliveries}
    enrolled = {view.key: view.slot_at for view in bench.ledger.history.deliveries("small")}
    assert enrolled.items() <= planned.items()
    assert bench.prepare(seen.campaign).summary.changes == ()


def test_what_cannot_stay_is_counted_apart(bench: Bench, tmp_path: Path) -> None:
    """A window that begins later moves what is enrolled before it, and the line says how much."""
    begin(bench, tmp_path)
    schedule = tmp_path / "schedules" / "small.toml"
    text = schedule.read_text(encoding="utf-8")
    schedule.write_text(text.replace("from = 12:00:00", "from = 12:10:00"), encoding="utf-8")

    seen = look(load_campaign(tmp_path, schedule), bench)

    assert seen.remarks == (
        "2 of 6 posts are enrolled and keep their times; 2 more are enrolled and would move",
    )


def test_a_storm_that_no_ledger_has_is_planned_afresh(bench: Bench, tmp_path: Path) -> None:
    """Without a ledger, and with one that has only other storms."""
    campaign = make_campaign(tmp_path)

    alone, beside = look(campaign), look(campaign, bench)

    assert (alone.campaign, alone.remarks) == (campaign, ())
    assert beside == alone


@pytest.mark.parametrize(
    "error",
    [LedgerError("it is locked"), CredentialsError("it is locked"), UsageError("it is locked")],
    ids=["ledger", "credentials", "settings"],
)
def test_a_ledger_that_cannot_be_asked_is_no_error(tmp_path: Path, error: StormctlError) -> None:
    """Locked, in maintenance, newer, or named by settings that can't be read: a line says so."""
    campaign = make_campaign(tmp_path)

    def refuse() -> NoReturn:
        raise error

    seen = preview(campaign, refuse, BEFORE, lambda text: text.replace("locked", "[…]"))

    assert seen.campaign is campaign
    assert seen.remarks == ("A fresh plan: the ledger can't be asked: it is […]",)


@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=1)], ids=["in its grace", "after it"])
def test_a_day_that_is_past_is_told_once_with_what_follows(tmp_path: Path, late: timedelta) -> None:
    """From the moment at which a launch would be refused, with the place of the date."""
    campaign = make_campaign(tmp_path)

    seen = look(campaign, now=LAST + GRACE + late)

    over = (
        "schedules/small.toml:2: its day is past, the last post was due 2026-12-18 12:30 EST: "
        "it can be rehearsed and never launched"
    )
    assert (seen.is_over, seen.remarks) == ((True, (over,)) if late else (False, ()))


def test_a_storm_that_was_launched_is_not_called_past(bench: Bench, tmp_path: Path) -> None:
    """A launch may still finish it."""
    seen = look(begin(bench, tmp_path), bench, LAST + timedelta(days=30))

    assert not seen.is_over
    assert seen.remarks == ("4 of 6 posts are enrolled and keep their times",)


def test_without_a_plan_there_is_nothing_to_say(tmp_path: Path) -> None:
    """A schedule that can't be built is as it was read."""
    campaign = make_campaign(tmp_path, head="sede = 7")

    assert look(campaign) == Preview(campaign)
