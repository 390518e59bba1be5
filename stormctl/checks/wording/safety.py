"""Rules that protect people: what finds or names somebody is not published by mistake, and never repeated."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.naming import find_person_at_risk
from stormctl.domain.text.people import find_cases, find_linked_phones, find_mail, find_phones, find_streets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stormctl.checks.case import CheckContext, Words
    from stormctl.domain.text.people import Span

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
    found = _find_outside_links(case.numbered, lambda words: find_phones(words.text, words.variant.lang))
    linked = ((words, start) for words in case.numbered for start, _ in find_linked_phones(words.text))
    for words, start in chain(found, linked):
        message = Phrase("{what} holds what looks like a telephone number", what=words.what)
        yield CheckHit(words.at(start), message, _REMOVE, words.variant)


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
    for words, start in _find_outside_links(case.numbered, lambda words: find_cases(words.text)):
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
    for words, start in _find_outside_links(case.words, lambda words: find_mail(words.text)):
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
    for words, start in _find_outside_links(case.numbered, lambda words: find_streets(words.text)):
        message = Phrase("{what} holds what looks like a street address", what=words.what)
        yield CheckHit(words.at(start), message, _REMOVE, words.variant)


def _find_outside_links(
    all_words: Iterable[Words], find: Callable[[Words], list[Span]]
) -> Iterator[tuple[Words, int]]:
    for words in all_words:
        if words.kind != "link":
            for start, _ in find(words):
                if not any(link.start < start < link.end for link in words.reading.all_links):
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
        start = find_person_at_risk(words.text) if words.kind in {"text", "alt", "caption"} else None
        if start is not None:
            message = Phrase(
                "{what} seems to name a person together with detention, status or papers", what=words.what
            )
            hint = Phrase("leave the name out, or ask a second person to read it")
            yield CheckHit(words.at(start), message, hint, words.variant)
