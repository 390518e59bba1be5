"""A schedule's keys: what they may hold, and what is said about anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.campaigns import MINIMAL, load, to_lines

if TYPE_CHECKING:
    from tests.campaigns import CampaignFolder


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("bank =", "bnak = 1\nbank =", "4 unknown-key unknown key “bnak”"),
        ("every =", "everys = 1\nevery =", "10 unknown-key unknown key “everys” in windows[1]"),
        ("to = 20:00:00", "", "7 missing-key “to” is missing in windows[1]"),
        ("2026-12-18", '"tomorrow"', "2 bad-value date: “tomorrow” is not a day"),
        ("2026-12-18", "2026-12-18T08:00:00", "2 bad-value date: “2026-12-18 08:00:00” is not a day"),
        ("2026-12-18", "{ from = 2026-12-18 }", "2 missing-key “to” is missing in date"),
        (
            "2026-12-18",
            "{ from = 2026-12-18, to = 2026-12-17 }",
            "2 bad-value date: it ends on 2026-12-17, before it starts",
        ),
        (
            "2026-12-18",
            "{ from = 2026-01-01, to = 2027-12-17 }",
            "2 bad-value date: a storm lasts at most 366 days",
        ),
        ("2026-12-18", "0026-12-18", "2 bad-value date: 0026-12-18 is not a possible day for a storm"),
        (
            "America/New_York",
            "America/New_Yrok",
            "3 bad-value timezone: there is no time zone “America/New_Yrok”",
        ),
        ('"imd"', '"imf"', "4 unknown-bank there is no bank messages/imf/"),
        ('"A day"', '" "', "1 bad-value name: must not be empty"),
        ("bank =", "seed = true\nbank =", "4 bad-value seed: must be a whole number, not true"),
        ("bank =", "approval = -1\nbank =", "4 bad-value approval: must be at least 0, not -1"),
        ("bank =", 'hashtags = ["a b"]\nbank =', "4 bad-value hashtags[1]: “a b” is not a hashtag"),
        ("bank =", 'limits = "none"\nbank =', "4 bad-value limits: must be a table, not “none”"),
        (
            "bank =",
            "limits.budget_usd = -0.5\nbank =",
            "4 bad-value limits.budget_usd: must be a number of dollars such as 10.0, not -0.5",
        ),
        (
            "bank =",
            "limits.budget_usd = nan\nbank =",
            "4 bad-value limits.budget_usd: must be a number of dollars such as 10.0, not NaN",
        ),
        (
            "bank =",
            'late.policy = "never"\nbank =',
            "4 bad-value late.policy: “never” is not a policy: choose skip, send or spread",
        ),
        (
            "bank =",
            'trust.links = ["https://un.org"]\nbank =',
            "4 bad-value trust.links[1]: “https://un.org” is not a host name",
        ),
        ("bank =", 'trust.mentions = ["UN"]\nbank =', "4 bad-value trust.mentions[1]: “UN” is not a mention"),
        (
            "bank =",
            'reminders.before = ["0s"]\nbank =',
            "4 bad-value reminders.before[1]: “0s” must be longer than 0s",
        ),
        (
            "x:migrants",
            "y:migrants",
            "6 bad-value channels[1].id: “y:migrants-day” is not a channel: write x:NAME or facebook:NAME",
        ),
        ('every = "20m"', "", "7 window-rhythm the window has no rhythm"),
        (
            'every = "20m"',
            'every = "20m"\ncron = "0 9 * * *"',
            "7 window-rhythm the window has every and cron",
        ),
        (
            'every = "20m"',
            'every = "20 minutes"',
            (
                "10 bad-value windows[1].every: “20 minutes” is not a duration: write it like "
                "90s, 20m, 2h30m or 7d"
            ),
        ),
        ('every = "20m"', "every = 20", "10 bad-value windows[1].every: must be a text, not 20"),
        (
            'every = "20m"',
            'cron = "0 9 * * * *"',
            "10 bad-value windows[1].cron: “0 9 * * * *” does not have cron's five fields",
        ),
        (
            'every = "20m"',
            'cron = "0 25 * * *"',
            "10 bad-value windows[1].cron: “25” can't stand there in “0 25 * * *”",
        ),
        (
            'every = "20m"',
            'at = ["09:00"]',
            "10 bad-value windows[1].at[1]: must be a time such as 08:00:00, without quotes, not “09:00”",
        ),
        (
            'every = "20m"',
            'every = "20m"\nweekdays = ["monday"]',
            "11 bad-value windows[1].weekdays[1]: must be mon, tue, wed, thu, fri, sat or sun, not “monday”",
        ),
        (
            'every = "20m"',
            'every = "20m"\nchannels = ["x:migrants-dya"]',
            "11 unknown-channel “x:migrants-dya” is not among the storm's channels",
        ),
        (
            "[[windows]]",
            '[[channels]]\nid = "x:migrants-day"\n[[windows]]',
            "7 duplicate-channel “x:migrants-day” is listed twice",
        ),
        (
            "[[windows]]",
            '[[channels]]\nid = "x:migrants.day"\n[[windows]]',
            (
                "8 channel-collision “x:migrants.day” and “x:migrants-day” would share the "
                "secrets STORMCTL_X_MIGRANTS_DAY_…"
            ),
        ),
        ("[[windows]]", "[windows]", "7 bad-value windows: must be a list of tables"),
        (
            "[[windows]]",
            '[[resources]]\ntitle = { en = "a" }\nfile = "a.pdf"\n[[windows]]',
            "9 file-missing there is no file “a.pdf”",
        ),
        (
            "[[windows]]",
            '[[resources]]\ntitle = { en = "a" }\nfile = "../a.pdf"\n[[windows]]',
            "9 file-outside “../a.pdf” points outside the campaign's folder",
        ),
        (
            "[[windows]]",
            '[[events]]\ntitle = { en = "a" }\nat = 2026-12-18T18:00:00\n[[windows]]',
            "9 bad-value events[1].at: must be a text, not 2026-12-18 18:00:00",
        ),
        ("[[windows]]", "[[asks]]\ntitle = {}\n[[windows]]", "8 bad-value asks[1].title: must not be empty"),
    ],
)
def test_bad_content_is_a_finding_with_its_line(
    campaign: CampaignFolder, before: str, after: str, line: str
) -> None:
    """Whatever is wrong with a schedule is reported in one line with its place, and never raises."""
    source = MINIMAL.replace(before, after, 1)

    _, findings = load(campaign, source)

    assert to_lines(findings) == [line]


def test_all_that_is_wrong_is_found_at_once(campaign: CampaignFolder) -> None:
    """Wrong keys, impossible times and missing files are reported together, in the order of their lines."""
    source = """\
name = 5
date = 2026-03-08
timezone = "America/New_York"
bank = "imf"
hashtag = ["MigrantsDay"]
[[channels]]
id = "x:migrants-day"
[[windows]]
from = 02:30:00
to = 20:00:00
everys = "20m"
[[windows]]
from = 02:15:00
to = 20:00:00
every = "20m"
"""

    storm, findings = load(campaign, source)

    assert storm is None
    assert to_lines(findings) == [
        "1 bad-value name: must be a text, not 5",
        "4 unknown-bank there is no bank messages/imf/",
        "5 unknown-key unknown key “hashtag”",
        "11 unknown-key unknown key “everys” in windows[1]",
        (
            "13 no-such-time 2026-03-08 02:15 does not exist in America/New_York, where the clocks change: "
            "it could be 01:15 EST (06:15 UTC) or 03:15 EDT (07:15 UTC)"
        ),
    ]
    assert [f.hint for f in findings][2:4] == ["did you mean “hashtags”?", "did you mean “every”?"]


def test_silences_are_read_with_their_lines(campaign: CampaignFolder) -> None:
    """Each rule is a table, each message a key of it with the reason."""
    source = f'{MINIMAL}[silence.phone-number]\nhotline = "ours"\n"door.en" = "public"\n'

    storm, findings = load(campaign, source)

    assert findings == []
    assert storm is not None
    told = [(one.code, one.message, one.reason, one.place.line) for one in storm.silence]
    first = MINIMAL.count("\n") + 2
    assert told == [
        ("phone-number", "hotline", "ours", first),
        ("phone-number", "door.en", "public", first + 1),
    ]


def test_a_silence_needs_a_rules_name_and_a_reason(campaign: CampaignFolder) -> None:
    """What is neither is told at its key, and the storm is not built."""
    text = f'{MINIMAL}[silence]\nfoo = 3\n[silence."Too Long"]\na = "x"\n[silence.too-long]\na = ""\n'

    storm, findings = load(campaign, text)

    assert storm is None
    assert [finding.message.partition(": ")[0] for finding in findings] == [
        "silence.foo",
        "silence.Too Long",
        "silence.too-long.a",
    ]


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ('utm_source = "{storrm}"', "nothing is known to fill in for “{storrm}”"),
        ('utm_source = "{}"', "nothing is known to fill in for “{}”"),
        ('utm_source = "{platform"', "a brace is open or closed alone in “{platform”"),
        ('utm_source = " "', "must not be empty"),
        ('"utm source" = "x"', "“utm source” is not a link tag"),
        (f'utm_source = "{"a" * 101}"', "is longer than 100 characters"),
    ],
)
def test_a_link_tag_that_means_nothing_is_told(campaign: CampaignFolder, tag: str, told: str) -> None:
    """A wrong placeholder would be posted as it stands; the nearest known one is named."""
    storm, findings = load(campaign, f"{MINIMAL}[link_tags]\n{tag}\n")

    assert storm is None
    (finding,) = findings
    assert told in finding.message
    if "storrm" in tag:
        assert finding.hint == "did you mean “storm”?"
