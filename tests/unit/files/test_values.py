"""Moments, days, links, names and hashtags as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.files.values import (
    BadValueError,
    ZonedInstant,
    parse_day,
    parse_hashtags,
    parse_instant,
    parse_language,
    parse_late,
    parse_link,
    parse_slug,
    parse_text,
    parse_whole_number,
    parse_yes_no,
    parse_zone,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "2026-12-18 20:00 America/New_York",
            ZonedInstant(datetime(2026, 12, 19, 1, tzinfo=UTC), "America/New_York"),
        ),
        (
            "2026-12-18T20:00:30 Europe/Madrid",
            ZonedInstant(datetime(2026, 12, 18, 19, 0, 30, tzinfo=UTC), "Europe/Madrid"),
        ),
        ("2026-12-18T20:00-05:00", ZonedInstant(datetime(2026, 12, 19, 1, tzinfo=UTC), "Etc/GMT+5")),
        ("2026-12-18T20:00+02:00", ZonedInstant(datetime(2026, 12, 18, 18, tzinfo=UTC), "Etc/GMT-2")),
        ("2026-12-18T20:00Z", ZonedInstant(datetime(2026, 12, 18, 20, tzinfo=UTC), "UTC")),
        ("2026-12-18 20:00 UTC", ZonedInstant(datetime(2026, 12, 18, 20, tzinfo=UTC), "UTC")),
    ],
)
def test_a_moment_is_read_with_its_zone(text: str, expected: ZonedInstant) -> None:
    """A moment is written with a zone's name or an offset, and both its instant and its zone are kept."""
    assert expected == parse_instant(text)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("2026-12-18 20:00", "“2026-12-18 20:00” has no time zone", "write 2026-12-18 20:00, then the place"),
        ("tomorrow", "“tomorrow” is not a day, a time and a zone", "2026-12-18 20:00 America/New_York"),
        ("2026-13-18 20:00 UTC", "“2026-13-18 20:00 UTC” is on no calendar or clock", "write it like"),
        ("2026-12-18T20:00-05:00 UTC", "has both an offset and a zone", "keep one"),
        ("2026-12-18T20:00+05:30", "not in whole hours", "Asia/Kolkata"),
        ("2026-12-18T20:00+25:00", "not in whole hours", "Asia/Kolkata"),
        ("2026-12-18 20:00 America/New_Yrok", "there is no time zone “America/New_Yrok”", "America/New_York"),
        (
            "2026-03-08 02:30 America/New_York",
            (
                "2026-03-08 02:30 does not exist in America/New_York, where the clocks change: "
                "it could be 01:30 EST (06:30 UTC) or 03:30 EDT (07:30 UTC)"
            ),
            "an hour earlier or later",
        ),
        (
            "2026-10-25 02:30 Europe/Madrid",
            (
                "2026-10-25 02:30 exists twice in Europe/Madrid, where the clocks change: "
                "it could be 02:30 CEST (00:30 UTC) or 02:30 CET (01:30 UTC)"
            ),
            "an hour earlier or later",
        ),
    ],
)
def test_a_moment_that_cannot_be_meant_is_explained(text: str, message: str, hint: str) -> None:
    """A moment without a zone, off the calendar or changed away by the clocks says so, and what to write."""
    with pytest.raises(BadValueError) as caught:
        parse_instant(text)

    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("EST", "it may be several: write America/New_York or America/Panama"),
        ("PST", "it may be several: write America/Los_Angeles, America/Tijuana or Asia/Manila"),
        ("cet", "it may be several: write Europe/Madrid, Europe/Paris or Europe/Berlin"),
        ("XYZT", "write the place whose clock is meant, as Continent/City"),
        ("New York", "did you mean “America/New_York”?"),
        ("madrid", "did you mean “Europe/Madrid”?"),
        ("america/new_yorc", "did you mean “America/New_York”?"),
        ("../../etc/passwd", "the names are those of the IANA list"),
    ],
)
def test_a_zone_that_is_none_gets_the_nearest_place(name: str, hint: str) -> None:
    """Slips are refused as zones, with the place that was probably meant; abbreviations mean several."""
    with pytest.raises(BadValueError) as caught:
        parse_zone(name)

    assert hint == caught.value.hint


def test_hashtags_lose_their_sign_and_repeats() -> None:
    """Hashtags may be a list or one text, with or without #; the first spelling of a tag is kept."""
    from_list = parse_hashtags(["#MigrantsDay", "migrantsday", "प्रवासी", "DíaDelMigrante"])
    from_text = parse_hashtags("#One, Two #Three")

    assert from_list == ("MigrantsDay", "प्रवासी", "DíaDelMigrante")
    assert from_text == ("One", "Two", "Three")


@pytest.mark.parametrize(
    ("parse", "good", "expected"),
    [
        (parse_day, "2018-12-01", date(2018, 12, 1)),
        (parse_yes_no, "Yes", True),
        (parse_yes_no, "no", False),
        (parse_whole_number, "-2", -2),
        (parse_late, "spread", LatePolicy.SPREAD),
        (parse_slug, "sign-on_2", "sign-on_2"),
        (parse_language, "PT-br", "pt-BR"),
        (parse_language, "zh-HANT", "zh-hant"),
        (parse_link, "https://example.org/act?x=1#y", "https://example.org/act?x=1#y"),
    ],
)
def test_single_values_are_typed(parse: Callable[[object], object], good: str, expected: object) -> None:
    """What people write as text becomes what it means."""
    assert expected == parse(good)


@pytest.mark.parametrize(
    ("parse", "bad", "message", "hint"),
    [
        (parse_day, "20181201", "“20181201” is not a day", "write it like 2018-12-01"),
        (parse_day, "2018-02-30", "“2018-02-30” is not a day", "write it like 2018-12-01"),
        (parse_yes_no, "maybe", "“maybe” is neither yes nor no", ""),
        (parse_whole_number, "2.5", "“2.5” is not a whole number below 10000", ""),
        (parse_late, "never", "“never” is not a policy: choose skip, send or spread", ""),
        (
            parse_slug,
            "Sign on, às 5!",
            "“Sign on, às 5!” is not a name: a name is small letters, digits, “-” and “_”, at most 64",
            "write “sign-on-as-5”",
        ),
        (parse_language, "english", "“english” is not a language code such as en, es or pt-BR", ""),
        (
            parse_link,
            "example.org",
            "“example.org” is not a link",
            "write the whole address, such as https://example.org/act",
        ),
        (
            parse_link,
            "https://[",
            "“https://[” is not a link",
            "write the whole address, such as https://example.org/act",
        ),
        (
            parse_link,
            "https://a b.org",
            "“https://a b.org” is not a link",
            "write the whole address, such as https://example.org/act",
        ),
        (
            parse_link,
            "javascript:alert(1)",
            "“javascript:alert(1)” is not a link",
            "write the whole address, such as https://example.org/act",
        ),
        (
            parse_hashtags,
            ["2026"],
            "“2026” is not a hashtag",
            "a hashtag is letters and digits without spaces, such as MigrantsDay",
        ),
        (
            parse_hashtags,
            ["two words"],
            "“two words” is not a hashtag",
            "a hashtag is letters and digits without spaces, such as MigrantsDay",
        ),
        (
            parse_hashtags,
            {"a": "b"},
            "must be a list of hashtags",
            "write it like [MigrantsDay, HumanRights]",
        ),
        (parse_text, ["a"], "must be one text", ""),
        (parse_text, 7, "must be a text, not 7", "put it in quotes"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(
    parse: Callable[[object], object], bad: object, message: str, hint: str
) -> None:
    """A wrong value is quoted in the message, and the hint shows a right one."""
    with pytest.raises(BadValueError) as caught:
        parse(bad)

    assert (message, hint) == (caught.value.message, caught.value.hint)
