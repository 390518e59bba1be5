"""Rules about figures and days in a text: how old they are, and whether they are over."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from stormctl.checks.case import CheckContext

_FIGURE = re.compile(
    r"(?<![\w#@.,/:-])(?<!\d\s)(?<!\b(?-i:A)\s)(?<!\+)(?:"
    r"[$€£]\s?\d[\d.,]*(?:\s?(?:million|billion|millones|milliards?|bn|[mk]))?\b"
    r"|\d{1,3}(?:[.,]\d{1,2})?\s?%"
    r"|\d[\d.,]*\s(?:million|billion|trillion|millones|mill[oó]n|mil\smillones|millions|milliards?|milhões)\b"
    r"|\d{1,3}(?:[.,\s\u00a0\u202f]\d{3})+(?![\d.,\s]?\d)"
    r"|\d{5,9}(?![\w-])"
    r")",
    re.IGNORECASE,
)
"""Shares, sums of money, millions, and numbers over 999 but years."""

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTHS = (
    "january february march april may june july august september october november december",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
)
_MONTH_OF = {name: number for names in _MONTHS for number, name in enumerate(names.split(), start=1)}
_NAMES = "|".join([*_MONTH_OF, "février", "août", "décembre"])
_BEFORE = (
    r"\b(?:by|before|until|till|no later than|antes del?|hasta el?|avant le|jusqu['’]au)\s(?:el\s|the\s)?"
)
_DEADLINE = re.compile(
    rf"{_BEFORE}(?:\w+,?\s)?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\s(?:de\s|of\s)?(?P<month>{_NAMES})"
    rf"|(?P<first>{_NAMES})\s(?P<second>\d{{1,2}})(?:st|nd|rd|th)?)\b(?:,?\s(?:de\s|del\s)?(?P<year>\d{{4}}))?",
    re.IGNORECASE,
)


@rule(
    "figures-without-date",
    Severity.WARNING,
    Phrase("A figure says of when it is."),
    why=Phrase("Figures age; one without its year can't be checked, and is used against the campaign."),
    fix=Phrase("Name the year in the text, or write `as_of: 2026-06-01` above it."),
    bad="281 million people live outside the country of their birth.",
    good="In 2020, 281 million people lived outside the country of their birth.",
    silenced_by=SilencedBy.WRITER,
)
def find_undated_figures(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings with shares, sums or large numbers whose date is neither in the text nor above it."""
    dated = {words.variant.name for words in case.words if words.kind == "text" and _YEAR.search(words.text)}
    met: set[str] = set()
    for words in case.numbered:
        variant = words.variant
        if words.kind != "text" or variant.as_of or variant.name in dated or variant.name in met:
            continue
        links = [(link.start, link.end) for link in read(words.text).all_links]
        for match in _FIGURE.finditer(words.text):
            if not any(begin <= match.start() < end for begin, end in links):
                met.add(variant.name)
                yield CheckHit(
                    words.at(match.start()),
                    Phrase("nothing says of when “{figure}” is", figure=match[0].strip()),
                    Phrase("name the year, or write “as_of: 2026-06-01” above the text"),
                    variant,
                )
                break


@rule(
    "date-passed",
    Severity.WARNING,
    Phrase("A day by which people are to do something is not over when the storm begins."),
    why=Phrase("“Sign by 10 December” on the 18th sends people to a closed door."),
    fix=Phrase("Correct the day, or take the message out; {{deadline}} with `expires` is never late."),
    bad="Sign by December 10.  # in a storm on December 18",
    good="Sign by December 20.",
    silenced_by=SilencedBy.WRITER,
)
def find_passed_days(case: CheckContext) -> Iterator[CheckHit]:
    """Find deadlines in a text, in English, Spanish or French, that are over on the storm's first day."""
    if case.storm is None:
        return
    first_on = case.storm.first_on
    for words in case.numbered:
        if words.kind == "text":
            for match in _DEADLINE.finditer(words.text):
                on = _day_of(match, first_on)
                if on is not None and on < (first_on.year, first_on.month, first_on.day):
                    yield CheckHit(
                        words.at(match.start()),
                        Phrase(
                            "“{words}” is over when the storm begins, on {day}", words=match[0], day=first_on
                        ),
                        Phrase("correct the day, or take the message out"),
                        words.variant,
                    )


def _day_of(match: re.Match[str], first_on: date) -> tuple[int, int, int] | None:
    """Return the year, month and day that are meant; None for a year that is long over, or to come."""
    name = unicodedata.normalize("NFKD", (match["month"] or match["first"]).casefold())
    month = _MONTH_OF.get("".join(sign for sign in name if sign.isalpha()))
    year = int(match["year"] or first_on.year)
    if month is None or not first_on.year - 1 <= year <= first_on.year:
        return None
    return year, month, int(match["day"] or match["second"])
