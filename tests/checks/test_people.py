"""What finds or names a person is found where it stands, and what resembles it is left alone."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest

from stormctl.checks.case import CheckContext
from stormctl.checks.registry import RULES
from stormctl.domain.bank.message import Bank, Variant
from stormctl.domain.base.finding import Place
from stormctl.domain.base.private import blot
from stormctl.domain.text.people import find_cases, find_mail, find_phones, find_streets

CODES = ("phone-number", "case-number", "mail-address", "street-address", "person-at-risk")
FILE = Path(__file__).parent / "people.txt"
LINES = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
MARK = re.compile(r"\{([a-z-]+)\}")
LENGTH = 64 * 1024


def read_line(line: str) -> tuple[str, str, list[tuple[int, str]]]:
    """Return the language, the text without marks, and for each mark its column and code."""
    lang, _, marked = line.partition(" ")
    plain, *rest = MARK.split(marked)
    marks = []
    for code, following in zip(rest[::2], rest[1::2], strict=True):
        marks.append((len(plain) + 1, code))
        plain += following
    return lang, plain, sorted(marks)


def find_all(lang: str, text: str, link: str | None = None) -> list[tuple[int | None, str]]:
    """Return the columns and codes of what the rules that protect people find."""
    place = Place("messages/b/m.md", 1)
    variant = Variant(message_id="m", lang=lang, label=None, parts=(text,), place=place, link=link)
    case = CheckContext(None, Bank("b", (variant,)), None)
    tests = [(code, test) for code in CODES if (test := RULES[code].test)]
    return sorted((hit.place.column, code) for code, test in tests for hit in test(case))


@pytest.mark.parametrize("line", LINES)
def test_each_thing_is_found_at_its_place_and_nothing_else(line: str) -> None:
    """Telephones, mail, case numbers, houses and names: in English, Spanish, French and beside."""
    lang, text, expected = read_line(line)

    found = find_all(lang, text)

    assert found == expected


@pytest.mark.parametrize("line", [line for line in LINES if "{" in line])
def test_what_is_found_is_never_repeated(line: str) -> None:
    """Whatever value is found is blotted out where a finding would show it, whole."""
    lang, text, _ = read_line(line)

    spans = [*find_phones(text, lang), *find_cases(text), *find_mail(text), *find_streets(text)]

    assert [text[start:end] for start, end in spans if re.search(r"[^\W_]{2}", blot(text[start:end]))] == []


@pytest.mark.parametrize(
    "link", ["https://wa.me/12024561111", "https://api.whatsapp.com/send?phone=12024561111"]
)
def test_a_link_of_front_matter_that_calls_somebody_is_found(link: str) -> None:
    """It is a telephone number; an id in any other link is none."""
    other = find_all("en", "We march.", "https://example.org/posts/12024561111")

    found = find_all("en", "We march.", link)

    assert [code for _, code in found] == ["phone-number"]
    assert other == []


@pytest.mark.parametrize("end", [" detenido", "@", " St", "x"])
@pytest.mark.parametrize(
    "piece",
    [
        *("1", "1-", "12 ", "+(", "1 (", "650-555-0134 ", "150-155-0134 ", "A-", "A 20 ", "a@", "a.", "a@b."),
        *(
            "1 Aa ",
            "Aa ",
            "calle de la ",
            "Calle Aa ",
            "at 1 aa ",
            "12 rue de la ",
            "soy ",
            "mi hermana ",
            " ",
        ),
    ],
)
def test_a_hostile_text_takes_no_time(piece: str, end: str) -> None:
    """As long as a message may be, of nothing but what looks like one of these: well below a second."""
    text = piece * ((LENGTH - len(end)) // len(piece)) + end
    find_all("es", "650-555-0134")  # the library is loaded once

    started = time.process_time()
    find_all("es", text)

    assert time.process_time() - started < 1


def test_the_file_has_both_kinds_in_each_language() -> None:
    """What must be found, and more that must not: some hundreds of lines."""
    counts = Counter((line[:2], "{" in line) for line in LINES)

    assert len(LINES) > 350
    assert min(counts[lang, is_bad] for lang in ("en", "es", "fr") for is_bad in (True, False)) > 15
