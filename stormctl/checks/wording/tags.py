"""Rules about hashtags and names as the platforms treat them."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit
from stormctl.checks.registry import rule
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.base.rules import SilencedBy
from stormctl.domain.platforms.channel import Platform
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext, Words

MOST_TAGS = 3
"""Hashtags in a post on X that readers bear (source: X Business, hashtag best practices: one or two)."""

LONG_TAG = 14
"""From so many small letters on a tag is surely several words."""

_SMALL = re.compile(rf"[a-zà-öø-ÿ]{{{LONG_TAG},}}\d*")


@rule(
    "tag-spelling",
    Severity.WARNING,
    Phrase("A hashtag is spelt as the storm spells it, and each of its words begins with a capital."),
    why=Phrase("Screen readers read #MigrantsDay as two words, and #migrantsday as none."),
    fix=Phrase(
        "Write it as the storm does (stormctl check --fix does it), or with capitals: #HumanRightsDay."
    ),
    bad="Everyone has rights. #migrantsday #humanrightsforeveryone",
    good="Everyone has rights. #MigrantsDay #HumanRightsForEveryone",
    silenced_by=SilencedBy.WRITER,
)
def find_tag_spellings(case: CheckContext) -> Iterator[CheckHit]:
    """Find tags in another case than the schedule's, and long ones without a capital."""
    known: dict[str, str] = {}
    if case.storm is not None:
        known = {tag.casefold(): tag for tag in (*case.storm.trust.hashtags, *case.storm.hashtags)}
    for words in case.words:
        found = [(words.text, 0)] if words.kind == "tag" else []
        if words.kind == "text" and ("#" in words.text or "＃" in words.text):
            found = [(tag.text, tag.start + 1) for tag in read(words.text).hashtags]
        for tag, start in found:
            right = known.get(tag.casefold(), "")
            if right and right != tag:
                yield CheckHit(
                    words.at(start),
                    Phrase("#{tag} is spelt #{right} in this storm", tag=tag, right=right),
                    Phrase("write #{right}", right=right),
                    words.variant,
                    edit=words.edit(start, start + len(tag), right),
                )
            elif not right and _SMALL.fullmatch(tag):
                yield CheckHit(
                    words.at(start),
                    Phrase("#{tag} has several words and no capital", tag=tag),
                    Phrase("begin each word with a capital, such as #MigrantsDay"),
                    words.variant,
                )


@rule(
    "many-tags",
    Severity.WARNING,
    Phrase("A post on X has at most three hashtags."),
    why=Phrase("More of them read like spam, and are shown to fewer people."),
    fix=Phrase("Keep the storm's and one or two others; the storm's are added by themselves."),
    bad="Sign today. #One #Two #Three #Four",
    good="Sign today. #MigrantsDay #MigrationWithDignity",
    silenced_by=SilencedBy.WRITER,
)
def find_many_tags(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings that have more hashtags of their own than X's readers bear."""
    if case.storm is not None and not any(rule.id.platform is Platform.X for rule in case.storm.channels):
        return
    tags: dict[str, dict[str, None]] = defaultdict(dict)
    first: dict[str, tuple[Words, int]] = {}
    for words in case.words:
        if words.kind in {"text", "tag"} and words.variant.suits(Platform.X):
            found = [(words.text, 0)] if words.kind == "tag" else []
            if words.kind == "text" and ("#" in words.text or "＃" in words.text):
                found = [(tag.text, tag.start) for tag in read(words.text).hashtags]
            for tag, start in found:
                own = tags[words.variant.name]
                own.setdefault(tag.casefold())
                if len(own) == MOST_TAGS + 1:
                    first.setdefault(words.variant.name, (words, start))
    for name, (words, start) in first.items():
        yield CheckHit(
            words.at(start),
            Phrase("{number} hashtags; on X three are plenty", number=len(tags[name])),
            Phrase("keep the most important ones"),
            words.variant,
        )


@rule(
    "mention-on-facebook",
    Severity.WARNING,
    Phrase("Names with @ are in wordings for X alone."),
    why=Phrase("On Facebook the name of an X account is dead text, or another Page's name."),
    fix=Phrase("Write a wording for Facebook beside it, named ID.LANG.facebook.md, with the name in full."),
    bad="open-door.en.md: Thank you @UNmigration.",
    good="open-door.en.facebook.md: Thank you, International Organization for Migration.",
    silenced_by=SilencedBy.WRITER,
)
def find_mentions_on_facebook(case: CheckContext) -> Iterator[CheckHit]:
    """Find wordings with names of X accounts that a Page would post."""
    on_pages = {
        composed.variant.name for composed in case.composed if composed.rule.id.platform is Platform.FACEBOOK
    }
    met: set[str] = set()
    for words in case.words:
        name = words.variant.name
        if words.kind == "text" and "@" in words.text and name in on_pages and name not in met:
            mention = next((one for one in read(words.text).mentions if not one.text.isdigit()), None)
            if mention is not None:
                met.add(name)
                yield CheckHit(
                    words.at(mention.start),
                    Phrase("@{name} means nothing on Facebook", name=mention.text),
                    Phrase(
                        "write {message}.{lang}.facebook.md beside it, with the name in full",
                        message=words.variant.message_id,
                        lang=words.variant.lang,
                    ),
                    words.variant,
                )
