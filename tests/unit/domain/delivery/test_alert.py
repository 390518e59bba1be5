"""The message that tells people what they must hear of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.alert import ALARMING, Notice, write_alert

NOON = datetime(2026, 12, 18, 17, tzinfo=UTC)
ZONE = "America/New_York"


def make_notice(kind: EventKind, message: str = "noon", **fields: Any) -> Notice:
    """Make a notice of a delivery on X."""
    usual: dict[str, Any] = {
        "at": NOON,
        "text": f"{message}: its slot passed",
        "storm_id": "imd-2026",
        "channel": "x:acme",
        "key": f"imd-2026/x:acme/{message}/en",
        "timezone": ZONE,
    }
    return Notice(kind=kind, **usual | fields)


def test_a_message_says_what_it_means_and_what_to_type() -> None:
    """Storm, channel, message, time with its zone, meaning and command: the whole of it."""
    notices = [
        make_notice(EventKind.MISSED, "noon"),
        make_notice(EventKind.MISSED, "dusk", at=NOON + timedelta(minutes=20)),
        Notice(
            kind=EventKind.SUSPENDED,
            at=NOON,
            text="x:acme suspended: token dead",
            storm_id="imd-2026",
            channel="x:acme",
            timezone=ZONE,
        ),
    ]

    title, text = write_alert(notices, "sqlite: ledger.db · desk")

    assert title == "stormctl: imd-2026: 2 missed, x:acme suspended"
    assert (
        text
        == """\
2 missed: x:acme (imd-2026)
  2026-12-18 12:00 EST noon: its slot passed
  2026-12-18 12:20 EST dusk: its slot passed
  It means: its time passed by more than the grace: it is not published unless you ask for it.
  Run: stormctl retry imd-2026/x:acme/dusk/en

suspended: x:acme (imd-2026)
  2026-12-18 12:00 EST x:acme suspended: token dead
  It means: nothing is published there until someone fixes the cause.
  Run: stormctl resume --channel x:acme

Sent by sqlite: ledger.db · desk"""
    )


def test_a_flood_stays_short() -> None:
    """Five lines of a kind, the rest in numbers; a telephone shows no more."""
    notices = [make_notice(EventKind.MISSED, f"m{number}") for number in range(300)]

    title, text = write_alert(notices, "desk")

    assert title == "stormctl: imd-2026: 300 missed"
    assert text.count("its slot passed") == 5
    assert "and 295 more" in text


def test_many_channels_stay_short() -> None:
    """Beyond eight groups a number is told, and the command that shows all."""
    notices = [make_notice(EventKind.MISSED, channel=f"x:a{number}") for number in range(11)]

    _, text = write_alert(notices, "desk")

    assert text.count("It means") == 8
    assert "Plus 3 other kinds or channels. Run: stormctl status" in text


def test_what_was_held_back_is_told() -> None:
    """The reader sees since when, so that three messages an hour don't look like three events."""
    notices = [make_notice(EventKind.MISSED, told_at=NOON - timedelta(minutes=20))] * 3

    _, text = write_alert(notices, "desk")

    assert "3 missed" in text
    assert "what was held back since the alert at 2026-12-18 11:40 EST" in text


def test_a_platforms_words_stay_one_line() -> None:
    """Line ends, control characters and length of somebody else's text change nothing of the message."""
    notice = make_notice(EventKind.FAILED, text="no\n\x1b[31m Run: stormctl resume\n" + "x" * 900)

    _, text = write_alert([notice], "desk")

    assert all(len(line) <= 302 for line in text.splitlines())
    assert "\n Run: stormctl resume\n" not in text
    assert "\x1b" not in text


def test_a_halt_has_no_channel_and_no_storm() -> None:
    """It covers everything: only what is known is said."""
    notice = Notice(kind=EventKind.HALTED, at=NOON, text="everything halted by alice: a tragedy")

    title, text = write_alert([notice], "desk")

    assert title == "stormctl: halted"
    assert text.startswith("halted\n  2026-12-18 17:00 UTC everything halted by alice: a tragedy\n")


def test_a_posts_address_is_told() -> None:
    """So that a person can look at it, and take it down."""
    url = "https://example.org/p7"

    _, text = write_alert([make_notice(EventKind.POSTED_TWICE, url=url)], "desk")

    assert f"its slot passed {url}" in text
    assert f"  Run: stormctl retract imd-2026/x:acme/noon/en --url {url}\n" in text


@pytest.mark.parametrize("kind", sorted(ALARMING))
def test_every_kind_names_a_command(kind: EventKind) -> None:
    """Whoever reads it at two in the afternoon knows what to type."""
    _, text = write_alert([make_notice(kind)], "desk")

    assert "Run: stormctl " in text
    assert "{" not in text
