from __future__ import annotations

import pytest

from stormctl.domain.bank.deadline import render_deadline
from tests.unit.domain.making import at


@pytest.mark.parametrize(
    ("clock", "zone", "lang", "expected"),
    [
        ("20:00", "America/New_York", "en", "Friday, December 18, 8 PM EST"),
        ("00:05", "America/Los_Angeles", "en", "Friday, December 18, 12:05 AM PST"),
        ("00:00", "America/New_York", "en", "Friday, December 18, 12 AM EST"),
        ("12:00", "America/New_York", "en", "Friday, December 18, 12 PM EST"),
        ("12:30", "America/New_York", "en", "Friday, December 18, 12:30 PM EST"),
        ("11:59", "America/New_York", "en", "Friday, December 18, 11:59 AM EST"),
        ("12:00", "America/New_York", "es", "viernes 18 de diciembre, 12:00 (hora de Nueva York)"),
        ("12:00", "America/New_York", "fr", "vendredi 18 décembre, 12\u00a0h (heure de New York)"),
        ("00:00", "America/New_York", "fr", "vendredi 18 décembre, 0\u00a0h (heure de New York)"),
        ("20:00", "Europe/Madrid", "en", "Friday, December 18, 8 PM Madrid time"),
        ("20:00", "America/New_York", "es", "viernes 18 de diciembre, 20:00 (hora de Nueva York)"),
        ("20:00", "America/New_York", "fr", "vendredi 18 décembre, 20\u00a0h (heure de New York)"),
        ("20:30", "Europe/Athens", "fr", "vendredi 18 décembre, 20\u00a0h\u00a030 (heure d’Athènes)"),
        ("20:00", "Europe/Amsterdam", "nl", "vrijdag 18 december 2026, 20:00 (Amsterdam)"),
        ("20:00", "UTC", "en", "Friday, December 18, 8 PM UTC"),
        ("20:00", "Etc/GMT+5", "en", "Friday, December 18, 8 PM UTC−5"),
        ("20:00", "Etc/GMT-5", "es", "viernes 18 de diciembre, 20:00 UTC+5"),
        ("20:00", "Etc/GMT-5", "fr", "vendredi 18 décembre, 20\u00a0h UTC+5"),
        ("20:00", "Etc/GMT-5", "nl", "vrijdag 18 december 2026, 20:00 (UTC+5)"),
        ("20:00", "UTC", "es", "viernes 18 de diciembre, 20:00 UTC"),
        ("20:00", "Iran", "en", "Friday, December 18, 8 PM UTC+3:30"),
        ("20:00", "Etc/GMT+12", "en", "Friday, December 18, 8 PM UTC−12"),
        ("20:00", "Asia/Kolkata", "qqq", "2026-12-18 20:00 Asia/Kolkata"),
        ("20:00", "America/New_York", "!", "2026-12-18 20:00 America/New_York"),
    ],
)
def test_deadline_is_written_for_its_readers(clock: str, zone: str, lang: str, expected: str) -> None:
    """A deadline stands in the language's own form, in the zone in which it was set."""
    assert expected == render_deadline(at(clock, zone=zone), zone, lang)


def test_no_narrow_space_weighs_double() -> None:
    """The narrow no-break space of some languages' times, which weighs two on X, is not used."""
    assert "\u202f" not in render_deadline(at("20:00"), "America/New_York", "en-AU")
