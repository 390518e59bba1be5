"""The words and numbers that every view shares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stormctl.domain.delivery.delivery import State
from stormctl.render.words import (
    STATE_STYLES,
    STATE_WORDS,
    clean,
    link,
    list_states,
    render_day_and_time,
    render_number,
    render_span,
    render_time,
    shorten_key,
)

NOON = datetime(2026, 12, 18, 17, 0, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("America/New_York", "12:00:03 EST"),
        ("Europe/Madrid", "18:00:03 CET"),
        ("America/Sao_Paulo", "14:00:03 UTC-03"),
        ("Asia/Kathmandu", "22:45:03 UTC+0545"),
    ],
)
def test_times_have_24_hours_and_a_zone(zone: str, shown: str) -> None:
    """A zone that has only an offset for a name is written as an offset from UTC."""
    assert render_time(NOON, ZoneInfo(zone), seconds=True) == shown


def test_a_day_has_its_weekday() -> None:
    """The date is the zone's, not UTC's."""
    assert render_day_and_time(NOON, ZoneInfo("Asia/Tokyo")) == "Sat 19 Dec 2026, 02:00 JST"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (61, "1 min"),
        (7_500, "2 h 5 min"),
        (7_200, "2 h"),
        (273_600, "3 d 4 h"),
        (86_460, "1 d"),
    ],
)
def test_a_span_has_two_units_at_most(seconds: int, shown: str) -> None:
    """Seconds are told below a minute only."""
    assert render_span(timedelta(seconds=seconds)) == shown


def test_what_was_not_given_is_a_dash() -> None:
    """It is not 0, which is a value."""
    assert [render_number(n) for n in (None, 0, 1234)] == ["–", "0", "1,234"]


def test_states_without_deliveries_are_left_out() -> None:
    """The order is that of the states asked for."""
    counts = {State.FAILED: 2, State.DELIVERED: 0, State.IN_DOUBT: 1_000}

    assert (
        list_states(counts, (State.IN_DOUBT, State.FAILED, State.DELIVERED)).plain
        == "1,000 in doubt, 2 failed"
    )


def test_every_state_has_a_word_and_a_style() -> None:
    """A state that is added to the domain can't be forgotten here."""
    assert set(State) == set(STATE_WORDS) == set(STATE_STYLES)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n b\t c", "a b c"),
        ("\x1b[31mred\x07", "[31mred"),
        ("safe\u202etxt.exe\u2069", "safe txt.exe"),
        ("👩\u200d🌾 نه\u200cخیر", "👩\u200d🌾 نه\u200cخیر"),
        ("\ud800half", "half"),
        ("line\u2028separator", "line separator"),
    ],
)
def test_text_is_one_line_without_what_steers_a_terminal(text: str, shown: str) -> None:
    """Joiners stay: emoji and several scripts need them."""
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://example.org/1", True),
        ("http://127.0.0.1:8123/1", True),
        ("javascript:alert(1)", False),
        ("https://example.org/ \x1b]8;;x", False),
    ],
)
def test_only_web_addresses_become_links(url: str, is_link: bool) -> None:
    """Anything else is shown as it is."""
    assert ("link" in str(link(url).style)) is is_link


def test_a_key_is_shortened_to_what_differs_within_a_channel() -> None:
    """A part of a thread keeps its number."""
    shortened = [shorten_key(f"imd-2026/x:a/story/en.x{part}") for part in ("", "/2")]

    assert shortened == ["story.en.x", "story.en.x/2"]
