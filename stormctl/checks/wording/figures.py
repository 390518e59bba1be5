"""Rules about figures and days in a text: how old they are, and whether they are over."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.people import find_cases
from stormctl.domain.text.spans import cover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext

_SCALES = (
    r"(?:thousand|[mbtr]+illion|milhões|mil\smillones|mil|millones|mill[oó]n|mille|millions|milliards?|bn)\b"
)
_FIGURE = re.compile(
    r"(?<![\w#@.,/:+(-])(?<!\d\s)(?<!\b(?-i:A)\s)(?:"
    rf"[$€£]\s?\d[\d.,]*(?:\s?(?:{_SCALES}|[mk]\b))?(?![\d])"
    r"|\d{1,3}(?:[.,]\d{1,2})?\s?%"
    rf"|\d[\d.,]*\s{_SCALES}"
    r"|\d{1,3}(?:[.,\s\u00a0\u202f]\d{3})+(?![\d.,\s]?\d)"
    r"|\d{5,9}(?![\w-])(?!\s(?-i:[A-ZÀ-Ý]))"
    r")",
    re.IGNORECASE,
)
"""Shares, sums of money, thousands and millions, and numbers over 999 but years."""

_GIVE = re.compile(
    r"\b(?:give|gift|donat\w*|chip in|contribut\w*|dona\w*|aport\w*|regala|donn\w*|dons?(?!['’]t)|offr\w*)\b",
    re.IGNORECASE,
)
"""Words of a text whose sums of money are asked for."""

_AIM = re.compile(
    r"\b(?:goal|reach|need|meta|llegar a|alcanzar|faltan|necesitamos|objectif|atteindre|il nous faut)\b",
    re.IGNORECASE,
)
"""Words of a text whose numbers are aimed at."""

_DIAL = re.compile(
    r"\b(?:text|call|dial|llam\w*|marca|env[ií]a|escribe|appel\w*|envoy\w*|composez)\b", re.IGNORECASE
)
"""Words of a sentence whose number is dialled."""

_AFTER = re.compile(
    r"\s?(?:miles?|mi|km|kil[oó]metros?|kilomètres?|meters|metros|mètres|feet|pies|pieds)\b", re.IGNORECASE
)
_STATE = re.compile(r"\b[A-Z]{2}\s\Z")
"""What stands before an American postal code."""

_SENTENCE = re.compile(r"[.!?…]\s|\n")
_SENTENCE_LENGTH = 300
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTHS = (
    "january february march april may june july august september october november december",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "jan feb mar apr - jun jul aug sept oct nov dec",
)
_MONTH_OF = {name: number for names in _MONTHS for number, name in enumerate(names.split(), start=1)}
_NAMES = "|".join(sorted([*_MONTH_OF, "février", "août", "décembre"], key=len, reverse=True))
_BEFORE = (
    r"\b(?:by|before|until|till|no later than|deadline:?|antes del?|hasta|a más tardar|fecha límite:?"
    r"|avant le|jusqu['’]au|d['’]ici (?:le|au)|au plus tard le|date limite\s?:?)\s(?:el\s|the\s|le\s)?"
)
_STEMS = (
    *("by", "before", "until", "till", "later", "deadline", "antes", "hasta", "tardar", "fecha", "avant"),
    *("usqu", "ici", "tard", "limite"),
)
"""What each of them holds: looked for first, since that is faster."""

_DEADLINE = re.compile(
    rf"{_BEFORE}(?:\w+,?\s)?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\s(?:de\s|of\s)?(?P<month>{_NAMES})"
    rf"|(?P<first>{_NAMES})\.?\s(?P<second>\d{{1,2}})(?:st|nd|rd|th)?)\b"
    r"(?:,?\s(?:de\s|del\s)?(?P<year>\d{4}))?",
    re.IGNORECASE,
)
_DO = re.compile(
    r"\b(?:sign|register|rsvp|apply|join|send|submit|write|vote|comment|donate|pledge|book|reply|respond"
    r"|enrol+|open|deadline|firm(?:a|e|en|ad|emos)|f[ií]rmal[ao]|inscr[ií]b(?:e|a|an)te|inscr[ií]banse"
    r"|inscr[ií]base|inscripci[oó]n(?:es)?|reg[ií]str(?:ate|ese|ense)|env[ií](?:a|e|en|ad)|escrib(?:e|a|an|id)"
    r"|vot(?:a|e|en|ad)|don(?:a|e|en)|[uú]nete|particip(?:a|e|en)|solicit(?:a|e|en)|respond(?:e|a|an)"
    r"|abiert[oa]s?|plazo|fecha límite|signez|signe|inscri(?:vez|s)|inscriptions?|envoyez|écrivez|votez"
    r"|donnez|rejoignez|participez|postulez|répondez|ouverte?s?|date limite)\b",
    re.IGNORECASE,
)
"""What people are asked to do by a day, in the forms that ask for it."""

_TOLD = re.compile(
    r"\b(?:was|were|had|did|fue|fueron|era|eran|estuvo|hab[ií]an?|est[aá]bamos|étai(?:t|ent)|avai(?:t|ent)"
    r"|a été|ont été)\b",
    re.IGNORECASE,
)
"""What a sentence holds that tells of something past."""

_RECENT = 120
"""A day without its year was so many days ago at most; an earlier one is that of the next year."""


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
        others = cover(
            [*((link.start, link.end) for link in words.reading.all_links), *find_cases(words.text)]
        )
        for match in _FIGURE.finditer(words.text):
            if match.start() not in others and _ages(words.text, match):
                met.add(variant.name)
                yield CheckHit(
                    words.at(match.start()),
                    Phrase("nothing says of when “{figure}” is", figure=match[0].strip(" .,")),
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
    bad=Phrase("Sign by December 10.  # in a storm on December 18"),
    good="Sign by December 20.",
    silenced_by=SilencedBy.WRITER,
)
def find_passed_days(case: CheckContext) -> Iterator[CheckHit]:
    """Find deadlines in a text, in English, Spanish or French, that are over on the storm's first day."""
    if case.storm is None:
        return
    first_on = case.storm.first_on
    for words in case.numbered:
        lowered = words.text.lower() if words.kind == "text" else ""
        if any(stem in lowered for stem in _STEMS):
            for match in _DEADLINE.finditer(words.text):
                if _day_of(match, first_on) and _is_asked_for(words.text, match):
                    yield CheckHit(
                        words.at(match.start()),
                        Phrase(
                            "“{words}” is over when the storm begins, on {day}", words=match[0], day=first_on
                        ),
                        Phrase("correct the day, or take the message out"),
                        words.variant,
                    )


def _ages(text: str, match: re.Match[str]) -> bool:
    """Whether a figure is a fact: no 100 %, distance, postal code, gift, aim or number to call."""
    if match[0].replace(" ", "") in {"100%", "0%"} or _AFTER.match(text, match.end()):
        return False
    if match[0].isdigit() and _STATE.search(text[max(0, match.start() - 4) : match.start()]):
        return False
    if any(map(str.isalpha, match[0])) or "%" in match[0]:
        return True
    if match[0].isdigit() and _DIAL.search(_sentence_around(text, match)):
        return False
    # the request is often in the next sentence
    return not (_GIVE if match[0][0] in "$€£" else _AIM).search(text)


def _is_asked_for(text: str, match: re.Match[str]) -> bool:
    """Whether the sentence of a deadline asks for something, and is no story of what was."""
    sentence = _sentence_around(text, match)
    return _DO.search(sentence) is not None and _TOLD.search(sentence) is None


def _sentence_around(text: str, match: re.Match[str]) -> str:
    """Return the sentence or line that something stands in, as far as people read it as one."""
    before = _SENTENCE.split(text[max(0, match.start() - _SENTENCE_LENGTH) : match.start()])[-1]
    after = _SENTENCE.split(text[match.end() : match.end() + _SENTENCE_LENGTH], maxsplit=1)[0]
    return f"{before}{match[0]}{after}"


def _day_of(match: re.Match[str], first_on: date) -> date | None:
    """Return the day that is meant, of the storm's year or the last one that was; None for any other."""
    name = unicodedata.normalize("NFKD", (match["month"] or match["first"]).casefold())
    month = _MONTH_OF["".join(sign for sign in name if sign.isalpha())]
    day = int(match["day"] or match["second"])
    years = [int(match["year"])] if match["year"] else [first_on.year, first_on.year - 1]
    for year in years:
        try:
            on = date(year, month, day)
        except ValueError:
            continue
        if 0 < (first_on - on).days <= _RECENT:
            return on
    return None
