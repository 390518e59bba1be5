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
from stormctl.domain.plan.compose import DEADLINE
from stormctl.domain.platforms.channel import Platform

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant

NEARLY = 90.0
"""From so many of a hundred on (rapidfuzz's ratio) two texts say the same to a reader."""

RAREST = 4
"""Of each text so many of its rarest words find its candidates."""

MOST_SHARING = 24
"""Of a word that more texts share only the last one counts, so that a series on one pattern is found too."""

_PUNCTUATION = ".,;:!?…)]»”\"'"
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
    """Find wordings whose texts differ in a word or two, and which one platform is to get, or may get.

    A message's wordings for different platforms, and the parts of a thread, may be alike.
    """
    from rapidfuzz import fuzz  # a bank of one message needs none

    names = {(variant.message_id, variant.tail) for variant in case.bank.variants}
    dealt: dict[str, set[Platform]] = defaultdict(set)
    for channel, messages in case.wordings:
        for variant in (one for some in messages.values() for one in some):
            dealt[variant.name].add(channel.id.platform)

    def platforms_of(variant: Variant) -> set[Platform]:
        return _platforms_of(variant, names) if case.plan is None else dealt[variant.name]

    by_language: dict[str, list[tuple[str, Variant]]] = defaultdict(list)
    for variant in case.bank.variants:
        text = _strip(variant)
        if len(text) > 40 and len(text.split()) > 5:  # noqa: PLR2004 - shorter ones may well be alike
            by_language[variant.lang].append((text, variant))
    for texts in by_language.values():
        told = -1
        for first, second in _find_candidates([text for text, _ in texts]):
            (a, one), (b, other) = texts[first], texts[second]
            if (
                second != told
                and fuzz.ratio(a, b, score_cutoff=NEARLY)
                and platforms_of(one) & platforms_of(other)
                and not (case.storm and _is_repeat(one, other))  # for same-text-on-channel to tell
            ):
                told = second
                yield CheckHit(
                    other.place,
                    Phrase("it says nearly the same as {name}", name=one.name),
                    Phrase("say it in other words, or remove one of the two"),
                    other,
                )


def _is_repeat(one: Variant, other: Variant) -> bool:
    """Whether two wordings are the same, link and tags too."""
    texts, link_and_tags = zip(
        *(
            (comparable("\n".join(each.parts)).casefold(), (each.link, each.hashtags))
            for each in (one, other)
        ),
        strict=True,
    )
    return len({*texts}) == len({*link_and_tags}) == 1


def _platforms_of(variant: Variant, names: Collection[tuple[str, str]]) -> set[Platform]:
    """Return where a wording may be posted: the plain one not where a labelled one takes its place."""
    return {
        platform
        for platform in Platform
        if variant.suits(platform)
        and (variant.label is not None or (variant.message_id, f"{variant.lang}.{platform}") not in names)
    }


def _strip(variant: Variant) -> str:
    """Return a wording's text without its deadline and what seems to be a link or tag, as it is compared."""
    text = comparable(" ".join(variant.parts).replace(DEADLINE, " ")).casefold()
    return " ".join(word for word in text.split(" ") if not _is_link_or_tag(word))


def _is_link_or_tag(word: str) -> bool:
    """Whether a word is one at a glance; a reading of each text would take longer than the comparison."""
    if "#" in word or "＃" in word or "://" in word:
        return True
    _, dot, ending = word.rstrip(_PUNCTUATION).partition(".")
    return bool(dot) and ending[:1].isalpha()


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
            met.update(sharing[word][-MOST_SHARING if count[word] <= MOST_SHARING else -1 :])
        for word in shared[: 2 * RAREST]:
            sharing[word].append(number)
        for other in sorted(met):
            yield other, number
