"""Rules about the texts as they would be posted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Place, Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.text.reader import read
from stormctl.domain.text.weights import LINK_WEIGHT

_MAY_COUNT_TWO = re.compile("[\u1100-\U0010ffff]")
"""Characters that may count two (source: twitter-text 3)."""

_INNER_DOT = re.compile(r"[.\u3002\uff0e\uff61]\w")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext
    from stormctl.domain.bank.message import Variant


@rule(
    "too-long",
    Severity.ERROR,
    Phrase("Every post fits its platform."),
    why=Phrase(
        "X refuses more than 280, counted its way: letters 1, CJK and emoji 2, any link 23. Nothing is cut."
    ),
    fix=Phrase(
        "Shorten the text, split it into a thread with a line of `---`, or write one for the platform."
    ),
    bad=Phrase("a text of 292 on X"),
    good=Phrase("a text of 280, or a thread: a line of --- begins its next part"),
)
def find_long_texts(case: CheckContext) -> Iterator[CheckHit]:
    """Find posts that are longer than their platform takes, with their link and before any hashtag."""
    for facts, variant, number, post, channels in case.posts:
        limit = facts.max_length
        if not may_be_longer(post.text, limit):
            continue
        length = facts.measure(post.text)
        if length > limit:
            which = Phrase("part {number}", number=number) if number else Phrase("the post")
            yield CheckHit(
                _place_of_part(variant, number),
                Phrase(
                    "{which} is {excess} too long for {channels}: {length} of {limit}",
                    which=which,
                    excess=length - limit,
                    channels=channels,
                    length=length,
                    limit=limit,
                ),
                Phrase("shorten it, or split it with a line of ---")
                if facts.has_threads
                else Phrase("shorten it"),
                variant,
            )


@rule(
    "cashtags",
    Severity.ERROR,
    Phrase("A post on X holds at most one cashtag."),
    why=Phrase("X refuses more than one through the API (source: docs.x.com manage posts, 2026-08)."),
    fix=Phrase("Write the others without the dollar sign."),
    bad="$AAA and $BBB fell.",
    good="$AAA and BBB fell.",
)
def find_many_cashtags(case: CheckContext) -> Iterator[CheckHit]:
    """Find posts on X with more than one cashtag."""
    for facts, variant, number, post, _ in case.posts:
        most = facts.max_cashtags
        if most is not None and "$" in post.text:
            tags = read(post.text).cashtags
            if len(tags) > most:
                written = " ".join(f"${tag.text}" for tag in tags)
                yield CheckHit(
                    _place_of_part(variant, number),
                    Phrase(
                        "{number} cashtags, where {most} is taken: {written}",
                        number=len(tags),
                        most=most,
                        written=written,
                    ),
                    Phrase("keep {most}", most=most),
                    variant,
                )


def _place_of_part(variant: Variant, number: int) -> Place:
    if number <= len(variant.starts) > 0:
        return Place(variant.place.path, *variant.starts[max(number - 1, 0)])
    return variant.place


def may_be_longer(text: str, limit: int) -> bool:
    """Whether a text could be longer than a limit, however a platform counts it; most plainly are not.

    A character counts two at most, one if it is of a Western script. A link counts 23, is four long at least
    (`a.co`), and has a dot within.
    """
    longest = len(text)
    if not text.isascii():
        longest += len(_MAY_COUNT_TWO.findall(text))
    return longest > limit or longest + (LINK_WEIGHT - 4) * len(_INNER_DOT.findall(text)) > limit
