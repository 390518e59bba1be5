"""Rules about a message in its languages: that none is missing, and that all say the same."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, place_of, words_of
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant
    from stormctl.domain.base.finding import Place
    from stormctl.domain.plan.storm import ChannelRule

SEVERAL = 3
"""Digits of a number that is no hour, day or small count."""

MOSTLY = 0.8
"""Where so large a part of the messages is in a language, one that is not was forgotten."""

_NUMBER = re.compile(
    r"(?<![\w#@.,/-])(?P<digits>\d{1,3}(?:[.,’'\u00a0\u202f ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
    r"(?![\w/-]|[.,]\d)(?P<scale>\s?(?:%|(?:[mbtr]+illions?|milliards?|mil\smillones|mil|mille|millones|thousand)\b))?"
    r"(?P<other>\s?(?:miles?|mi|km|kil[oó]metros?|kilomètres?|feet|pies|pieds|pounds|libras|livres|kilos?"
    r"|acres|hect[aá]reas|hectares|°)|\s[A-ZÀ-Ý])?"
)
"""A number; `other` is a measure that languages convert, or the town of a postal code."""


@rule(
    "translation-missing",
    Severity.WARNING,
    Phrase("In a bank of several languages each message is in each of them."),
    why=Phrase("Whoever reads the other channel would miss it."),
    fix=Phrase("Add the translation as a file of its own, ID.LANG.md."),
    bad=Phrase("open-door.en.md, where all other messages are also in es"),
    good=Phrase("open-door.en.md and open-door.es.md"),
    silenced_by=SilencedBy.WRITER,
)
def find_missing_translations(case: CheckContext) -> Iterator[CheckHit]:
    """Find messages that lack a language which most of what its channels publish has."""
    lacking: dict[str, dict[str, None]] = defaultdict(dict)
    seen: set[tuple[object, ...]] = set()
    for channel in case.storm.channels if case.storm else ():
        if (terms := (channel.messages, channel.languages, channel.partner)) not in seen:
            seen.add(terms)
            for message_id, lang in _find_lacking(case, channel):
                lacking[message_id].setdefault(lang)
    first = {variant.message_id: variant for variant in reversed(case.bank.variants) if lacking}
    for message_id, languages in lacking.items():
        variant = first[message_id]
        yield CheckHit(
            variant.place,
            Phrase(
                "“{message}” is not there in {languages}, as most messages are",
                message=message_id,
                languages=", ".join(f"“{lang}”" for lang in languages),
            ),
            Phrase("write {names}", names=", ".join(f"{message_id}.{lang}.md" for lang in languages)),
            variant,
        )


def _find_lacking(case: CheckContext, channel: ChannelRule) -> Iterator[tuple[str, str]]:
    """Find which messages of a channel lack one of its languages that most of them have.

    Where it names single wordings of a message, staff have chosen.
    """
    messages, named = case.index.find(replace(channel, languages=())), case.index.name(channel)
    having = {
        message_id: {variant.lang for variant in wordings}
        for message_id, wordings in messages.items()
        if named.isdisjoint(variant.name for variant in wordings)
    }
    for lang in channel.languages:
        if sum(lang in own for own in having.values()) >= MOSTLY * len(having):
            yield from ((message_id, lang) for message_id, own in having.items() if lang not in own)


@rule(
    "translation-differs",
    Severity.WARNING,
    Phrase("A message has the same figures in each language."),
    why=Phrase("A figure that was corrected in one language only contradicts itself in public."),
    fix=Phrase("Bring the wordings in line; `as_of` too."),
    bad="rights.en.md: 304 million people. rights.es.md: 281 millones de personas.",
    good="rights.en.md: 304 million people. rights.es.md: 304 millones de personas.",
    silenced_by=SilencedBy.WRITER,
)
def find_differing_translations(case: CheckContext) -> Iterator[CheckHit]:
    """Find translations whose large figures, or the date of them, are not those of the first wording."""
    messages: dict[str, list[Variant]] = defaultdict(list)
    for variant in case.bank.variants:
        if variant.label is None:
            messages[variant.message_id].append(variant)
    for source, *others in messages.values():
        for other in others:
            if source.as_of and other.as_of and source.as_of != other.as_of:
                yield CheckHit(
                    place_of(other, "as_of"),
                    Phrase("its as_of differs from that of {name}", name=source.name),
                    Phrase("bring the figures and as_of in line"),
                    other,
                )
                continue
            ours, theirs = _figures(source), _figures(other)
            missing = [figure for value, figure in ours.items() if value not in theirs]
            added = [figure for value, figure in theirs.items() if value not in ours]
            if missing and added:
                yield CheckHit(
                    _place_of_figure(other, added),
                    Phrase(
                        "it says {added} where {name} says {missing}",
                        added=", ".join(added),
                        name=source.name,
                        missing=", ".join(missing),
                    ),
                    Phrase("bring the figures in line"),
                    other,
                )


def _place_of_figure(variant: Variant, figures: Collection[str]) -> Place:
    """Return where the first of these stands that is found; they were read from the wording's parts."""
    places = (
        words.at(words.text.index(figure))
        for words in words_of(variant)
        for figure in figures
        if words.kind == "text" and figure in words.text
    )
    return next(places, variant.place)


def _figures(variant: Variant) -> dict[str, str]:
    """Return a wording's shares, millions and numbers of three digits and more, as written, by their value.

    The value is the digits without the zeros around them, so that 2.55 billion and 2.550 millones are one.
    Numbers of links and tags, and what languages convert, such as miles, are left out.
    """
    found: dict[str, str] = {}
    for part in variant.parts:
        if any(map(str.isdigit, part)):
            links = [(link.start, link.end) for link in read(part).all_links]
            for match in _NUMBER.finditer(part):
                digits = re.sub(r"\D", "", match["digits"])
                counts = match["scale"] or (len(digits) >= SEVERAL and not match["other"])
                if counts and not any(begin <= match.start() < end for begin, end in links):
                    found.setdefault(digits.strip("0") or "0", match[0].strip())
    return found
