"""What no output repeats of secrets and of people."""

from __future__ import annotations

import pytest

from stormctl.domain.base.finding import Finding, Place, Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.private import BLOT, blot

TOKEN = "EAA" + "b7" * 20


@pytest.mark.parametrize(
    "value",
    [
        "650-555-0134",
        "(650) 555-0134",
        "+1 650 555 0134",
        "+1 (650) 555‑0134",
        "00 52 55 1234 5678",
        "06.12.34.56.78",
        "16505550134",
        "555-0134",
        "A-204 567 890",
        "A204567890",
        "a# 204-567-890",
        "A 20 456 789",
        "IOE0912345678",
        "123-45-6789",
        "maria.lopez+casa@mail.example.org",
        "500 Main St.",
        "1600B Old Mill Creek Road",
        "Calle Mayor 14",
        "Av. de la Reforma n.º 222",
        "12 rue de la Paix",
        TOKEN,
        "1234567-" + "aB3" * 12,
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
@pytest.mark.parametrize("around", ["{}", "“{}” is no link", "soy María ({}).", "tel:{}, y"])
def test_a_value_is_blotted_out_wherever_it_stands(value: str, around: str) -> None:
    """Telephones, A-numbers, numbers of cases, mail, streets, and what looks like a key."""
    shown = blot(around.format(value))

    assert BLOT in shown
    assert value.rstrip(".") not in shown
    assert [run for run in ("0134", "890", "lopez", "Main", "Mayor", "Paix") if run in shown] == []


@pytest.mark.parametrize(
    "text",
    [
        "the post is 25 too long for x:acme: 305 of 280",
        "part 2 is 1 too long for facebook:acme: 63207 of 63206",
        "“2026-12-18 20:00 America/New_York” is a moment",
        "“18/12/2026 20.00” is a date of some kind, and so are 18.12.2026 and 2026-12-18T08:00",
        "from 08:00:00 to 20:00:00 on 2026-12-18 and 2026-12-19",
        "the message holds U+202E (RIGHT-TO-LEFT OVERRIDE)",
        "https://un.org@evil.example/a leads to evil.example: what comes before the @ does not count",
        "staff may add “www.example.org” to [trust] links",
        "its figures are from 2026-01-02, more than 6 months before the storm",
        "@stranger is not a trusted mention",
    ],
)
def test_what_findings_say_is_kept(text: str) -> None:
    """Counts, dates, times, hosts and names of accounts are no numbers or addresses of people."""
    assert blot(text) == text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://maria:hunter2@example.org/", f"https://{BLOT}@example.org/"),
        ("https://example.org/?access_token=abc&p=1", f"https://example.org/?{BLOT}&p=1"),
        ("https://example.org/?lang=es&sig=a1#x", f"https://example.org/?lang=es&{BLOT}#x"),
    ],
)
def test_an_address_keeps_its_host_and_loses_its_secret(address: str, shown: str) -> None:
    """Where it leads stays told."""
    assert blot(address) == shown


def test_no_finding_repeats_a_value_in_its_message_or_hint() -> None:
    """Whatever rule made it: it loses the value when it is made."""
    place = Place("messages/imd/a.en.md", 5)

    finding = Finding(
        severity=Severity.ERROR,
        place=place,
        code="any",
        message=Phrase("https://example.org/650-555-0134 is not {token}", token=TOKEN),
        hint=Phrase("write https://example.org/650-555-0134"),
    )

    assert finding.message == f"https://example.org/{BLOT} is not {BLOT}"
    assert finding.hint == f"write https://example.org/{BLOT}"
    assert finding.place == place
