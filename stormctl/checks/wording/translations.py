"""Rules about a message in its languages: that none is missing, and that all say the same."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant

MOSTLY = 0.8
"""Where so large a part of the messages is in a language, one that is not was forgotten."""

_NUMBER = re.compile(r"(?<![\w#@])\d[\d.,\s\u00a0\u202f]*\d|(?<![\w#@])\d")


def _plain(case: CheckContext) -> dict[str, dict[str, Variant]]:
    """Return the wordings without a label, or the first one, by message and language."""
    found: dict[str, dict[str, Variant]] = defaultdict(dict)
    for variant in case.bank.variants:
        found[variant.message_id].setdefault(variant.lang, variant)
    return found


@rule(
    "translation-missing",
    Severity.WARNING,
    Phrase("In a bank of several languages each message is in each of them."),
    why=Phrase("Whoever reads the other channel would miss it."),
    fix=Phrase("Add the translation as a file of its own, ID.LANG.md."),
    bad="open-door.en.md, where all other messages are also in es",
    good="open-door.en.md and open-door.es.md",
    silenced_by=SilencedBy.WRITER,
)
def find_missing_translations(case: CheckContext) -> Iterator[CheckHit]:
    """Find messages that lack a language which most of the bank has, and which a channel takes."""
    messages = _plain(case)
    taken = {lang for rule in case.storm.channels for lang in rule.languages} if case.storm else set()
    having = {lang: sum(lang in wordings for wordings in messages.values()) for lang in sorted(taken)}
    usual = [lang for lang, number in having.items() if number >= MOSTLY * len(messages)]
    for message_id, wordings in messages.items():
        missing = [lang for lang in usual if lang not in wordings]
        if missing:
            variant = next(iter(wordings.values()))
            yield CheckHit(
                variant.place,
                Phrase(
                    "“{message}” is not there in {languages}, as most messages are",
                    message=message_id,
                    languages=", ".join(f"“{lang}”" for lang in missing),
                ),
                Phrase("write {names}", names=", ".join(f"{message_id}.{lang}.md" for lang in missing)),
                variant,
            )


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
    for wordings in _plain(case).values():
        source, *others = wordings.values()
        for other in others:
            if source.as_of and other.as_of and source.as_of != other.as_of:
                yield CheckHit(
                    other.place,
                    Phrase("its as_of differs from that of {name}", name=source.name),
                    Phrase("bring the figures and as_of in line"),
                    other,
                )
                continue
            missing = _figures(source) - _figures(other)
            added = _figures(other) - _figures(source)
            if missing and added:
                yield CheckHit(
                    other.place,
                    Phrase(
                        "it says {added} where {name} says {missing}",
                        added=", ".join(sorted(added)),
                        name=source.name,
                        missing=", ".join(sorted(missing)),
                    ),
                    Phrase("bring the figures in line"),
                    other,
                )


def _figures(variant: Variant) -> set[str]:
    """Return a wording's numbers of three digits and more, without what groups them; none of links."""
    found = set()
    for part in variant.parts:
        if any(map(str.isdigit, part)):
            links = [(link.start, link.end) for link in read(part).all_links]
            for match in _NUMBER.finditer(part):
                digits = re.sub(r"\D", "", match[0])
                if len(digits) > 2 and not any(begin <= match.start() < end for begin, end in links):  # noqa: PLR2004
                    found.add(digits)
    return found
