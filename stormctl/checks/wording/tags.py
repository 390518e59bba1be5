"""Rules about hashtags and names as the platforms treat them."""

from __future__ import annotations

import re
import unicodedata
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
    from collections.abc import Collection, Iterator

    from stormctl.checks.case import CheckContext, Words

MOST_TAGS = 3
"""Hashtags in a post on X that readers bear (source: X Business, hashtag best practices: one or two)."""

LONG_TAG = 12
"""From so many small letters on a tag of several words is hard to read."""

MOST_LETTERS = 60
WHOLE = 4
"""Letters of a word that is more than an article."""


def _without_accents(text: str) -> str:
    """Return a text as people write it in tags."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


_VOCABULARY = """
a al all america and asile asilo asylum au aux avec being beings bienvenue border borders care child
children climate con contre day de del derecho derechos des detención detention dia digna dignidad dignity
dignité droit droits du día días el en end enfants es et familias families familles family femmes for free
freedom from frontera fronteras frontières hate have hogar home humain humains human humana humanas humano
humanos igualdad ilegal illegal illégal immigrant immigrants immigration infancia inmigrantes
internacional international internationale is journée justice justicia la labor labour las le les libertad
liberté los matter matters migración migrant migrante migrantes migrants migration migrations mondiale
mujeres mundial my nadie ni ningún niñas niños no not nous now of one ou our paix para pas people personas
por pour protect refugee refugees refugiadas refugiados refugio rights réfugiées réfugiés safe sans save
ser sin solidaridad solidarity sommes somos stand stop sur the their to todas todos together tous toutes
trabajadoras trabajadores trabajo travail travailleurs un una une unidos united up vida vidas vie vivre we
welcome with women work workers world y
"""
_WORDS = frozenset(_without_accents(_VOCABULARY).split())
"""What tags of campaigns like this one are made of, in English, Spanish and French."""

_LONGEST = max(map(len, _WORDS))
_SMALL = re.compile(rf"[^\W\d_]{{{LONG_TAG},{MOST_LETTERS}}}\d*")


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
    """Find tags in another case than the schedule's, and long ones of several words without a capital.

    The first letter alone makes no difference to who hears or reads a tag.
    """
    known: dict[str, str] = {}
    spelt: set[str] = set()
    if case.storm is not None:
        known = {tag.casefold(): tag for tag in (*case.storm.trust.hashtags, *case.storm.hashtags)}
        spelt = {*case.storm.trust.hashtags, *case.storm.hashtags}
    for words in case.words:
        found = [(words.text, 0)] if words.kind == "tag" else []
        if words.kind == "text" and ("#" in words.text or "＃" in words.text):
            found = [(tag.text, tag.start + 1) for tag in words.reading.hashtags]
        for tag, start in found:
            right = known.get(tag.casefold(), "")
            if right and tag not in spelt and tag[1:] != right[1:]:
                yield CheckHit(
                    words.at(start),
                    Phrase("#{tag} is spelt #{right} in this storm", tag=tag, right=right),
                    Phrase("write #{right}", right=right),
                    words.variant,
                    edit=words.edit(start, start + len(tag), right),
                )
            elif not right and tag.islower() and _SMALL.fullmatch(tag) and _has_several_words(tag):
                yield CheckHit(
                    words.at(start),
                    Phrase("#{tag} has several words and no capital", tag=tag),
                    Phrase("begin each word with a capital, such as #MigrantsDay"),
                    words.variant,
                )


def _has_several_words(tag: str) -> bool:
    """Whether a tag is nothing but words that we know, two of them whole ones."""
    letters = _without_accents(tag.rstrip("0123456789"))
    whole: dict[int, int] = {0: 0}
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _LONGEST), end):
            if start in whole and letters[start:end] in _WORDS:
                whole[end] = max(whole.get(end, 0), whole[start] + (end - start >= WHOLE))
    return whole.get(len(letters), 0) > 1


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
    """Find wordings whose post on X has more hashtags than readers bear, with those that the storm adds.

    Where the storm itself has more, only those that have another one. Of a bank alone, its own count.
    """
    most = max(MOST_TAGS, len(case.storm.hashtags) if case.storm else 0)
    counts: dict[str, int] = {}
    for composed in case.composed:
        if composed.rule.id.platform is Platform.X:
            for post in composed.posts:
                if post.text.count("#") + post.text.count("＃") > most:
                    name = composed.variant.name
                    here = {tag.text.casefold() for tag in read(post.text).hashtags}
                    counts[name] = max(counts.get(name, 0), len(here))
    own = _find_own_tags(case, None if case.storm is None else counts)
    for name, tags in own.items():
        number = len(tags) if case.storm is None else counts[name]
        if number > most:
            words, start = list(tags.values())[min(most, len(tags) - 1)]
            yield CheckHit(
                words.at(start),
                Phrase("{number} hashtags; on X three are plenty", number=number),
                Phrase("keep the most important ones"),
                words.variant,
            )


def _find_own_tags(
    case: CheckContext, names: Collection[str] | None
) -> dict[str, dict[str, tuple[Words, int]]]:
    """Find where the tags stand that wordings have of their own, of these wordings or of all."""
    own: dict[str, dict[str, tuple[Words, int]]] = defaultdict(dict)
    begun: set[str] = set()
    for words in case.words if names is None or names else ():
        name, is_text = words.variant.name, words.kind == "text"
        is_first = not is_text or name not in begun
        if is_text:
            begun.add(name)
        is_asked = name in names if names is not None else words.variant.suits(Platform.X)
        if is_asked and (words.kind == "tag" or (is_text and ("#" in words.text or "＃" in words.text))):
            # of a bank alone, each part of a thread is counted for itself
            key = name if is_first or names is not None else f"{name} {words.line}"
            found = [(tag.text, tag.start) for tag in words.reading.hashtags] if is_text else []
            for tag, start in found or [(words.text, 0)] * (not is_text):
                own[key].setdefault(tag.casefold(), (words, start))
    return own


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
        has_name = "@" in words.text or "＠" in words.text
        if words.kind == "text" and has_name and name in on_pages and name not in met:
            mention = next((one for one in words.reading.mentions if not one.text.isdigit()), None)
            if mention is not None:
                met.add(name)
                message = Phrase("@{name} means nothing on Facebook", name=mention.text)
                hint = Phrase(
                    "write {message}.{lang}.facebook.md beside it, with the name in full",
                    message=words.variant.message_id,
                    lang=words.variant.lang,
                )
                if words.variant.label == Platform.FACEBOOK:
                    message = Phrase("@{name} is dead text in a wording for Facebook", name=mention.text)
                    hint = Phrase("write the name in full")
                yield CheckHit(words.at(mention.start), message, hint, words.variant)
