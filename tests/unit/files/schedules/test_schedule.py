"""A schedule read from disk, with everything that is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.finding import Place
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.plan.storm import (
    Ask,
    CampaignEvent,
    ChannelRule,
    Late,
    Pin,
    Quiet,
    Resource,
    Storm,
    Trust,
    Window,
)
from stormctl.domain.platforms.channel import ChannelId, Platform
from stormctl.domain.platforms.record import Ceiling
from stormctl.errors import UsageError
from stormctl.files.schedules.schedule import load_storm
from tests.campaigns import MINIMAL, load, to_lines

if TYPE_CHECKING:
    from tests.campaigns import CampaignFolder

PATH = "schedules/imd-2026.toml"
X = ChannelId(Platform.X, "migrants-day")
PAGE = ChannelId(Platform.FACEBOOK, "migrants-day")

FULL = """\
name = "A day"
date = { from = 2026-12-01, to = 2026-12-18 }
timezone = "America/New_York"
bank = "imd"
hashtags = ["#MigrantsDay", "Dignity"]
seed = 7
approval = 2

[[channels]]
id = "x:migrants-day"
languages = ["en", "pt-br"]
partner = "north-coalition"
messages = ["topic:sign-on", "dignity-*"]
verified = true

[[channels]]
id = "facebook:migrants-day"

[[windows]]
from = 20:00:00
to = 04:00:00
at = [21:00:00, 01:30:00]
weekdays = ["mon", "sun"]
jitter = "4m"
channels = ["x:migrants-day"]
timezone = "Europe/Madrid"

[[windows]]
from = 08:00:00
to = 12:00:00
cron = "0 9-17/2 * * 1-5"

[[quiet]]
from = 11:00:00
to = 11:05:00

[[pins]]
at = 12:00:00
message = "noon-statement"

[reminders]
before = ["3h", "45m"]

[limits]
spacing = "7m"
per_15min = 4
per_day = 40
same_message_apart = "30m"
budget_usd = 10.1

[late]
policy = "send"
grace = "1h"

[trust]
links = ["UN.org", "example.org"]
mentions = ["@UNmigration"]
hashtags = ["StandUp4Migrants"]
scheduling = true

[facts]
max_age = "3y"

[[asks]]
title = { en = "Ratify", es = "Ratifiquen" }
individual = "https://example.org/sign"
organization = "https://example.org/sign-org"
deadline = "2026-12-17 17:00 America/Los_Angeles"

[[resources]]
title = { en = "Flyer" }
file = "messages/imd/flyer.png"
lang = "en"

[[events]]
title = { en = "Vigil" }
place = "City Hall"
at = "2026-12-18 18:00 America/New_York"
"""


def test_every_key_of_a_schedule_is_understood(campaign: CampaignFolder) -> None:
    """A schedule with all tables becomes a storm, each part with its place in the file."""
    campaign.write("flyer.png", b"")

    storm, findings = load(campaign, FULL)

    assert findings == []
    assert storm == Storm(
        id="imd-2026",
        place=Place(PATH, 1),
        date_place=Place(PATH, 2),
        name="A day",
        first_on=date(2026, 12, 1),
        last_on=date(2026, 12, 18),
        timezone="America/New_York",
        bank="imd",
        hashtags=("MigrantsDay", "Dignity"),
        seed=7,
        approval=2,
        channels=(
            ChannelRule(
                id=X,
                place=Place(PATH, 9),
                languages=("en", "pt-BR"),
                partner="north-coalition",
                messages=("topic:sign-on", "dignity-*"),
                verified=True,
            ),
            ChannelRule(id=PAGE, place=Place(PATH, 16)),
        ),
        windows=(
            Window(
                place=Place(PATH, 19),
                from_time=time(20),
                to_time=time(4),
                timezone="Europe/Madrid",
                at=(time(21), time(1, 30)),
                weekdays=frozenset({0, 6}),
                jitter=timedelta(minutes=4),
                channels=(X,),
            ),
            Window(
                place=Place(PATH, 28),
                from_time=time(8),
                to_time=time(12),
                timezone="America/New_York",
                cron="0 9-17/2 * * 1-5",
            ),
        ),
        quiet=(Quiet(place=Place(PATH, 33), from_time=time(11), to_time=time(11, 5)),),
        pins=(Pin(place=Place(PATH, 37), at=time(12), message="noon-statement"),),
        reminders=(timedelta(hours=3), timedelta(minutes=45)),
        limits=Limits(
            spacing=timedelta(minutes=7),
            ceilings=(Ceiling(4, timedelta(minutes=15)), Ceiling(40, timedelta(hours=24))),
            same_message_apart=timedelta(minutes=30),
            budget_usd=Decimal("10.1"),
        ),
        late=Late(policy=LatePolicy.SEND, grace=timedelta(hours=1)),
        trust=Trust(
            links=("un.org", "example.org"),
            mentions=("@UNmigration",),
            hashtags=("StandUp4Migrants",),
            scheduling=True,
        ),
        facts_max_age=timedelta(days=3 * 365.25),
        asks=(
            Ask(
                title={"en": "Ratify", "es": "Ratifiquen"},
                individual="https://example.org/sign",
                organization="https://example.org/sign-org",
                deadline=datetime(2026, 12, 18, 1, tzinfo=UTC),
            ),
        ),
        resources=(Resource(title={"en": "Flyer"}, file="messages/imd/flyer.png", lang="en"),),
        events=(
            CampaignEvent(
                title={"en": "Vigil"}, at=datetime(2026, 12, 18, 23, tzinfo=UTC), place="City Hall"
            ),
        ),
    )


def test_a_short_schedule_has_the_defaults(campaign: CampaignFolder) -> None:
    """Six keys are enough; the rest is as the storm's own defaults say."""
    storm, findings = load(campaign, MINIMAL)

    assert findings == []
    assert storm is not None
    assert (storm.limits, storm.late, storm.trust) == (Limits(), Late(), Trust())
    assert storm.windows[0].every == timedelta(minutes=20)
    assert (storm.first_on, storm.last_on) == (date(2026, 12, 18), date(2026, 12, 18))


def test_one_more_key_of_a_ceiling_is_one_line_of_one_list(campaign: CampaignFolder) -> None:
    """With `per_hour` in the list, a schedule may have it; like its siblings it allows one post at least."""
    schedules = [campaign.write_schedule(MINIMAL + f"[limits]\nper_hour = {n}\n", f"of-{n}") for n in (12, 0)]
    code = f"""if True:
        import datetime, pathlib
        from stormctl.domain.plan.occupancy import CEILING_KEYS
        CEILING_KEYS["per_hour"] = datetime.timedelta(hours=1)
        from stormctl.files.schedules.schedule import load_storm
        for path in {[str(path) for path in schedules]}:
            storm, findings = load_storm(pathlib.Path({str(campaign.root)!r}), pathlib.Path(path))
            found = [finding.message for finding in findings if "limits" in finding.message]
            print(found or [str(ceiling) for ceiling in storm.limits.ceilings])
    """

    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert told.stdout.splitlines() == [
        "['5 posts in 15 minutes', '12 posts in 1 hour', '45 posts in 24 hours']",
        "['limits.per_hour: must be at least 1, not 0']",
    ]


def test_what_lies_around_a_schedule_leaves_a_storm(campaign: CampaignFolder) -> None:
    """Missing files and colliding secrets do not keep the plan from being checked; a missing bank does."""
    resource = '[[resources]]\ntitle = { en = "Flyer" }\nfile = "flyer.pdf"\n'

    storm, findings = load(campaign, MINIMAL + resource)
    without_bank, _ = load(campaign, MINIMAL.replace('"imd"', '"imf"'))

    assert storm is not None
    assert [f.code for f in findings] == ["file-missing"]
    assert without_bank is None


@pytest.mark.parametrize(
    ("source", "at", "message", "hint"),
    [
        (
            'name = "A day\n',
            (1, 14),
            "not readable as TOML: the quotation mark that opens here is not closed",
            "",
        ),
        (
            "name = 'x'\nat = 08:00\n",
            (2, 7),
            "not readable as TOML: something stands behind the value",
            "a time needs seconds: 08:00:00",
        ),
        (
            "name = “A day”\n",
            (1, 8),
            "not readable as TOML: here must be a value; texts stand in quotation marks",
            'use straight quotes: "',
        ),
        ("a = 1\na = 2\n", (2, 6), "not readable as TOML: this key or table is there already", ""),
        (
            "tags = [1,\n",
            (2, None),
            "not readable as TOML: here must be a value; texts stand in quotation marks",
            "",
        ),
    ],
)
def test_broken_toml_is_one_finding_with_line_and_column(
    campaign: CampaignFolder, source: str, at: tuple[int, int | None], message: str, hint: str
) -> None:
    """A schedule that is no TOML says where, and what people usually got wrong."""
    storm, findings = load(campaign, source)

    assert storm is None
    assert [(f.place, f.code, f.message, f.hint) for f in findings] == [
        (Place(PATH, *at), "schedule-syntax", message, hint)
    ]


def test_a_schedule_in_another_encoding_is_a_finding(campaign: CampaignFolder) -> None:
    """A schedule that was not saved as UTF-8 says so."""
    storm, findings = load(campaign, 'name = "é"'.encode("latin-1"))

    assert storm is None
    assert to_lines(findings) == [
        "1 not-utf8 not saved as UTF-8: the byte 0xe9 in line 1 does not belong there"
    ]


def test_a_schedule_that_cannot_be_opened_is_a_usage_error(campaign: CampaignFolder) -> None:
    """There is nothing to find in a file that is not there."""
    with pytest.raises(UsageError, match="can't be read: No such file"):
        load_storm(campaign.root, campaign.root / "schedules" / "none.toml")
