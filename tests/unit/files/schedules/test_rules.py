"""What must hold between a schedule's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.campaigns import MINIMAL, load

if TYPE_CHECKING:
    from tests.campaigns import CampaignFolder


def test_an_empty_schedule_lists_what_it_needs(campaign: CampaignFolder) -> None:
    """Everything that is missing is named at once, with an example."""
    storm, findings = load(campaign, "")

    assert storm is None
    assert [(f.place.line, f.code, f.message) for f in findings] == [
        (1, "missing-key", f"“{key}” is missing")
        for key in ("bank", "channels", "date", "name", "timezone", "windows")
    ]
    assert findings[2].hint == "write date = 2026-12-18"


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("[[pins]]\nat = 01:30:00\nmessage = 'a'", 12),
        ("[[quiet]]\nfrom = 01:30:00\nto = 03:00:00", 12),
        ("[[quiet]]\nfrom = 23:00:00\nto = 01:30:00", 13),
        ("[[windows]]\nfrom = 22:00:00\nto = 01:30:00\nevery = '1h'", 13),
        ("[[windows]]\nfrom = 22:00:00\nto = 04:00:00\nat = [23:00:00, 01:30:00]", 14),
        ("[[windows]]\nfrom = 01:30:00\nto = 04:00:00\nevery = '1h'\nweekdays = ['sun']", 12),
    ],
)
def test_a_time_that_exists_twice_is_an_error_everywhere(
    campaign: CampaignFolder, table: str, line: int
) -> None:
    """When clocks go back an hour exists twice: for windows, pins and silences, and past midnight."""
    dates = "{ from = 2026-10-31, to = 2026-11-01 }"
    source = f"{MINIMAL.replace('2026-12-18', dates)}{table}\n"

    storm, findings = load(campaign, source)

    assert storm is None
    assert [(f.place.line, f.code) for f in findings] == [(line, "no-such-time")]
    assert "2026-11-01 01:30 exists twice in America/New_York" in findings[0].message


def test_weekdays_leave_out_the_day_when_clocks_change(campaign: CampaignFolder) -> None:
    """A window that is closed on the day of the change may begin at any time."""
    dates = "{ from = 2026-10-31, to = 2026-11-01 }"
    source = f"{MINIMAL.replace('2026-12-18', dates).replace('08:00:00', '01:30:00')}weekdays = ['sat']\n"

    storm, findings = load(campaign, source)

    assert findings == []
    assert storm is not None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("post", "file name: “post” is kept for single posts"),
        (
            "My Day",
            "file name: “My Day” is not a name: a name is small letters, digits, “-” and “_”, at most 64",
        ),
    ],
)
def test_a_schedule_needs_a_name_that_can_be_an_id(campaign: CampaignFolder, name: str, message: str) -> None:
    """The file's name is the storm's id, and one id is taken."""
    storm, findings = load(campaign, MINIMAL, name)

    assert storm is None
    assert [f.message for f in findings] == [message]


def test_keys_that_a_platform_does_not_know_are_told_at_their_lines(campaign: CampaignFolder) -> None:
    """X knows who may reply and who is verified, and Facebook does not; the storm is there all the same."""
    keys = "verified = true\nreply_settings = 'following'"
    pages = "".join(f"[[channels]]\nid = '{name}'\n{keys}\n" for name in ("x:north", "facebook:north"))

    storm, findings = load(campaign, f"{MINIMAL}{pages}[[channels]]\nid = 'facebook:south'\n")

    assert storm is not None
    assert [(f.place.line, f.code, f.is_error, f.message) for f in findings] == [
        (17, "key-without-effect", False, "“verified” has no effect on Facebook"),
        (18, "key-without-effect", False, "“reply_settings” has no effect on Facebook"),
    ]


@pytest.mark.parametrize("key", ["from", "to", "at", "cron"])
@pytest.mark.parametrize(
    ("day", "clock", "told"),
    [
        (
            "2026-03-29",
            "02:30",
            "does not exist in Europe/Madrid, where the clocks change: it could be 01:30",
        ),
        ("2026-10-25", "02:30", "exists twice in Europe/Madrid, where the clocks change: it could be 02:30"),
    ],
    ids=["gap", "overlap"],
)
def test_a_windows_own_zone_shows_both_readings(
    campaign: CampaignFolder, key: str, day: str, clock: str, told: str
) -> None:
    """Clocks change in a window's zone, while those of the storm stand: for its ends and for its times."""
    begin, end = (clock if key == "from" else "00:00"), (clock if key == "to" else "09:00")
    rhythm = {"at": f"at = [{clock}:00]", "cron": "cron = '30 2,8 * * *'"}.get(key, "every = '30m'")
    window = f"[[windows]]\nfrom = {begin}:00\nto = {end}:00\n{rhythm}\ntimezone = 'Europe/Madrid'\n"

    storm, findings = load(campaign, f"{MINIMAL.replace('2026-12-18', day)}{window}")

    [found] = findings
    line = {"from": 12, "to": 13}.get(key, 14)
    assert (storm, found.place.line, found.code) == (None, line, "no-such-time")
    assert found.message.startswith(f"{day} {clock} {told}")
    assert [found.message.count(zone) for zone in (" CET (", " CEST (", " UTC)")] == [1, 1, 2]


@pytest.mark.parametrize(
    "cron", ["*/30 * * * *", "30 * * * *", "*/30 1-4 * * *", "30 4 * * *", "30 2 * * mon"]
)
def test_a_rhythm_goes_on_when_clocks_change(campaign: CampaignFolder, cron: str) -> None:
    """With * for hours or minutes cron goes on in real time; other hours and days name no such time."""
    ends = "from = 00:00:00\nto = 09:00:00"
    window = f"[[windows]]\n{ends}\ncron = '{cron}'\ntimezone = 'Europe/Madrid'\n"

    storm, findings = load(campaign, f"{MINIMAL.replace('2026-12-18', '2026-10-25')}{window}")

    assert (storm is None, findings) == (False, [])


def test_a_cron_time_after_midnight_is_of_the_next_day(campaign: CampaignFolder) -> None:
    """A window that crosses midnight meets the clocks' change on the day that it ends."""
    window = (
        "[[windows]]\nfrom = 22:00:00\nto = 04:00:00\ncron = '30 2,23 * * *'\ntimezone = 'Europe/Madrid'\n"
    )

    _, findings = load(campaign, f"{MINIMAL.replace('2026-12-18', '2026-10-24')}{window}")

    assert [f.message[:29] for f in findings] == ["2026-10-25 02:30 exists twice"]
