"""Texts that are nearly the same: candidates share rare words, so that never all are compared with all."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.bank.resemblance import comparable
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant

NEARLY = 90.0
"""From so many of a hundred on (rapidfuzz's ratio) two texts say the same to a reader."""

RAREST = 4
"""Of each text so many of its rarest words find its candidates."""

MOST_SHARING = 24
"""A word that more texts share finds nothing: it is a common one."""

_WORD = re.compile(r"\w{3,}")


@rule(
    "near-duplicate",
    Severity.WARNING,
    Phrase("No two messages say nearly the same in a language."),
    why=Phrase("X and Facebook treat near repeats as spam, and readers notice them."),
    fix=Phrase("Say it in other words, or remove one of the two."),
    bad="door.en.md: Every open door is a new beginning. gate.en.md: Each open door is a new beginning.",
    good="gate.en.md: Somebody opened a gate, and a street came to life.",
    silenced_by=SilencedBy.WRITER,
)
def find_near_duplicates(case: CheckContext) -> Iterator[CheckHit]:
    """Find messages whose texts differ in a word or two."""
    from rapidfuzz import fuzz  # a bank of one message needs none

    by_language: dict[str, list[tuple[str, Variant]]] = defaultdict(list)
    for variant in case.bank.variants:
        text = _strip(variant)
        if len(text) > 40 and len(text.split()) > 5:  # noqa: PLR2004 - shorter ones may well be alike
            by_language[variant.lang].append((text, variant))
    for texts in by_language.values():
        told: set[int] = set()
        for first, second in _find_candidates([text for text, _ in texts]):
            (a, one), (b, other) = texts[first], texts[second]
            if second in told or one.message_id == other.message_id or a == b:
                continue
            if fuzz.ratio(a, b, score_cutoff=NEARLY):
                told.add(second)
                yield CheckHit(
                    other.place,
                    Phrase("it says nearly the same as {name}", name=one.name),
                    Phrase("say it in other words, or remove one of the two"),
                    other,
                )


def _strip(variant: Variant) -> str:
    """Return a wording's text without links and tags, as it is compared."""
    pieces = []
    for part in variant.parts:
        reading, position = read(part), 0
        for span in sorted((*reading.all_links, *reading.hashtags), key=lambda one: one.start):
            pieces.append(part[position : span.start])
            position = max(position, span.end)
        pieces.append(part[position:])
    return comparable(" ".join(pieces)).casefold()


def _find_candidates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Find pairs of texts that share one of their rarest words, the earlier one first."""
    words = [set(_WORD.findall(text)) for text in texts]
    count: dict[str, int] = defaultdict(int)
    for some in words:
        for word in some:
            count[word] += 1
    sharing: dict[str, list[int]] = defaultdict(list)
    for number, some in enumerate(words):
        shared = sorted((word for word in some if count[word] > 1), key=lambda word: (count[word], word))
        met: set[int] = set()
        for word in shared[:RAREST]:
            if count[word] <= MOST_SHARING:
                met.update(sharing[word])
        for word in shared[: 2 * RAREST]:
            sharing[word].append(number)
        for other in sorted(met):
            yield other, number
