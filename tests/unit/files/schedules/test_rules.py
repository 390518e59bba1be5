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
