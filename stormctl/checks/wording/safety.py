"""Rules that protect people: what finds or names somebody is not published by mistake, and never repeated."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.private import find_personal
from stormctl.domain.base.rules import SilencedBy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext, Words

_NUMBER = re.compile(r"(?<![\w.,#@/=&-])\+?\(?\d(?:[\s().\-/\u2010-\u2015]{0,2}\d){6,14}(?!\w|[.,]\d)")
"""What may be a telephone number: the library looks closer."""

_SUM = re.compile(r"\d{1,3}(?:\s\d{3})+|\d{4}\s?[-–/]\s?\d{2,4}(?:[-/]\d{2})?|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}")
_MOST_NUMBERS = 50
_REGIONS = {"en": "US", "es": "MX", "fr": "FR", "pt": "BR", "de": "DE", "it": "IT", "ht": "HT"}
"""The country that a number without + is looked for in, by the language of the wording; and always the US."""

_UPPER = r"[A-ZÁÉÍÓÚÑÀÈÊÇ][a-záéíóúñàèêëïôûüç'’-]+"
_NAMED = re.compile(
    rf"\b(?:(?i:soy|me llamo|mi nombre es|my name is|i am|i['’]m|je suis|je m['’]appelle)\s+{_UPPER}"
    r"|(?i:mi|nuestr[oa]|su|my|our|his|her|mon|ma|notre|son|sa)\s+"
    r"(?i:herman[oa]|espos[oa]|marido|mujer|hij[oa]|padre|madre|pap[aá]|mam[aá]|prim[oa]|t[ií][oa]|vecin[oa]"
    r"|amig[oa]|compañer[oa]|brother|sister|husband|wife|son|daughter|father|mother|dad|mom|cousin|uncle|aunt"
    r"|neighbou?r|friend|colleague|frère|sœur|soeur|mari|femme|fils|fille|père|mère|cousine?|oncle|tante"
    rf"|voisine?|amie?|collègue),?\s+{_UPPER}"
    rf"|{_UPPER}\s+{_UPPER}(?=,\s\d{{1,2}}(?:\s(?:años|ans|years)|,|-year)))"
)
_STATUS = re.compile(
    r"\b(?:detained|detention|in custody|arrested|deported|deportation|undocumented|picked up by|taken by ice"
    r"|without papers|no papers|detenid[oa]s?|detención|deportad[oa]s?|deportación|indocumentad[oa]s?"
    r"|sin papeles"
    r"|arrestad[oa]s?|détenue?s?|détention|rétention|expulsée?s?|arrêtée?s?|sans[- ]papiers)\b",
)
_STEMS = (
    *(
        "deten",
        "detain",
        "tention",
        "custody",
        "arrest",
        "arrêt",
        "deport",
        "undocument",
        "indocument",
        "picked up",
    ),
    *("taken by ice", "papers", "papeles", "papiers", "détenu", "expuls"),
)
"""What each of them holds: looked for first, since that is faster."""

_REMOVE = Phrase("remove it; what is published can be copied before it is taken down")


@rule(
    "phone-number",
    Severity.ERROR,
    Phrase("No text holds a telephone number, unless staff say that it is meant."),
    why=Phrase("A private number that is posted once brings its owner calls and threats for years."),
    fix=Phrase("Remove it, or have staff silence the rule for this message, such as a hotline's."),
    bad="Call my aunt: +1 202 456 1111",
    good="Call the hotline: its number is on our page.",
    silenced_by=SilencedBy.STAFF,
)
def find_phone_numbers(case: CheckContext) -> Iterator[CheckHit]:
    """Find telephone numbers, without repeating them."""
    for words in case.numbered:
        if words.kind != "link" and _NUMBER.search(words.text):
            for start in _find_numbers(words):
                yield CheckHit(
                    words.at(start),
                    Phrase("{what} holds what looks like a telephone number", what=words.what),
                    _REMOVE,
                    words.variant,
                )


def _find_numbers(words: Words) -> Iterator[int]:
    import phonenumbers  # only texts with many digits need it

    links = [(link.start, link.end) for link in words.reading.all_links]
    own = _REGIONS.get(words.variant.lang.partition("-")[0], "US")
    for match in islice(_NUMBER.finditer(words.text), _MOST_NUMBERS):
        if any(begin <= match.start() < end for begin, end in links) or _is_sum(match[0]):
            continue
        for region in dict.fromkeys((own, "US")):
            try:
                number = phonenumbers.parse(match[0], region)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number(number):
                yield match.start()
                break


def _is_sum(text: str) -> bool:
    """Whether a number is grouped by thousands, or is a date or a span of years."""
    return (
        re.fullmatch(r"\d{1,3}(?:\s\d{3})+|\d{4}\s?[-–/]\s?\d{2,4}(?:[-/]\d{2})?|\d{1,2}/\d{1,2}/\d{4}", text)
        is not None
    )


@rule(
    "case-number",
    Severity.ERROR,
    Phrase("No text holds a person's A-number or the number of a case."),
    why=Phrase("With it anybody can look up, and harm, the person."),
    fix=Phrase("Remove it."),
    bad="My brother, A-204 567 890, needs a lawyer.",
    good="Somebody's brother needs a lawyer.",
    silenced_by=SilencedBy.STAFF,
)
def find_case_numbers(case: CheckContext) -> Iterator[CheckHit]:
    """Find A-numbers and receipt numbers, without repeating them."""
    for words, start in _find_personal(case, "case-number"):
        message = Phrase("{what} holds what looks like a person's case number", what=words.what)
        yield CheckHit(words.at(start), message, _REMOVE, words.variant)


@rule(
    "mail-address",
    Severity.ERROR,
    Phrase("No text holds a mail address, unless staff say that it is meant."),
    why=Phrase("A private address that is posted once is never private again."),
    fix=Phrase("Remove it, or have staff silence the rule for this message, such as our own."),
    bad="Write to ana.lopez@example.org",
    good="Write to us: the address is on our page.",
    silenced_by=SilencedBy.STAFF,
)
def find_mail_addresses(case: CheckContext) -> Iterator[CheckHit]:
    """Find mail addresses, without repeating them."""
    for words, start in _find_personal(case, "mail-address"):
        message = Phrase("{what} holds what looks like a mail address", what=words.what)
        yield CheckHit(words.at(start), message, _REMOVE, words.variant)


@rule(
    "street-address",
    Severity.ERROR,
    Phrase("No text holds a street address, unless staff say that it is meant."),
    why=Phrase("An address tells everybody where to find somebody."),
    fix=Phrase("Remove it, or have staff silence the rule for this message, such as a public meeting."),
    bad="He lives at 500 Main St.",
    good="Join us in front of the city hall.",
    silenced_by=SilencedBy.STAFF,
)
def find_street_addresses(case: CheckContext) -> Iterator[CheckHit]:
    """Find streets with a house's number, without repeating them."""
    for words, start in _find_personal(case, "street-address"):
        message = Phrase("{what} holds what looks like a street address", what=words.what)
        yield CheckHit(words.at(start), message, _REMOVE, words.variant)


def _find_personal(case: CheckContext, kind: str) -> Iterator[tuple[Words, int]]:
    sign = "@" if kind == "mail-address" else ""
    for words in case.words if sign else case.numbered:
        if sign in words.text and words.kind != "link":
            links = [(link.start, link.end) for link in words.reading.all_links] if sign else []
            for start, _ in find_personal(words.text, kind):
                if not any(begin < start < end for begin, end in links):
                    yield words, start


@rule(
    "consent-refused",
    Severity.ERROR,
    Phrase("The people in a picture agreed to be shown."),
    why=Phrase("`consent: no` says that they did not."),
    fix=Phrase("Take the picture out, or ask them, and write `consent: yes`."),
    bad='---\nmedia: [{file: march.jpg, alt: "A woman with a sign"}]\nconsent: no\n---\nWe march.',
    good='---\nmedia: [{file: march.jpg, alt: "A woman with a sign"}]\nconsent: yes\n---\nWe march.',
    silenced_by=SilencedBy.STAFF,
)
def find_refused_consent(case: CheckContext) -> Iterator[CheckHit]:
    """Find pictures and videos that go out though somebody in them did not agree."""
    for variant in case.bank.variants:
        if variant.media and variant.consent is False:
            source = case.source_of(variant, "consent")
            yield CheckHit(
                place_of(source, "consent"),
                Phrase("somebody in the picture did not agree to be shown"),
                Phrase("take the picture out, or ask them"),
                source,
            )


@rule(
    "consent-missing",
    Severity.WARNING,
    Phrase("It is said whether the people in a picture agreed."),
    why=Phrase("Whoever is shown may be harmed by it; somebody must have asked."),
    fix=Phrase("Write `consent: yes` once everybody in it has agreed, or nobody is in it."),
    bad='---\nmedia: [{file: march.jpg, alt: "A woman with a sign"}]\n---\nWe march.',
    good='---\nmedia: [{file: march.jpg, alt: "A woman with a sign"}]\nconsent: yes\n---\nWe march.',
    silenced_by=SilencedBy.STAFF,
)
def find_missing_consent(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings with a picture or video of their own that say nothing of consent."""
    for variant in case.bank.variants:
        owns_it = variant.label is None or "media" in dict(variant.lines)
        if variant.media and variant.consent is None and owns_it:
            yield CheckHit(
                place_of(variant, "media"),
                Phrase("nothing says whether the people in the picture agreed"),
                Phrase("write “consent: yes” if they did, or if nobody is in it"),
                variant,
            )


@rule(
    "person-at-risk",
    Severity.WARNING,
    Phrase("Nobody is named together with detention, status or papers, unless a second person has read it."),
    why=Phrase("A name beside such a word can lead to an arrest, here or at home."),
    fix=Phrase("Leave the name out, or have staff silence the rule once a second person has read the text."),
    bad="My brother Luis was detained on Monday.",
    good="Somebody's brother was detained on Monday.",
    silenced_by=SilencedBy.STAFF,
)
def find_people_at_risk(case: CheckContext) -> Iterator[CheckHit]:
    """Find texts that seem to name a person and speak of detention, status or papers."""
    for words in case.words:
        low = words.text.lower()
        if (
            words.kind in {"text", "alt", "caption"}
            and any(stem in low for stem in _STEMS)
            and _STATUS.search(low)
        ):
            match = _NAMED.search(words.text)
            if match:
                yield CheckHit(
                    words.at(match.start()),
                    Phrase(
                        "{what} seems to name a person together with detention, status or papers",
                        what=words.what,
                    ),
                    Phrase("leave the name out, or ask a second person to read it"),
                    words.variant,
                )
