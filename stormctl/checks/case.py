"""What the rules look at, worked out once for all of them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from stormctl.domain.bank.resemblance import comparable
from stormctl.domain.base.finding import Edit, Place
from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.link_tags import without_tags
from stormctl.domain.plan.wordings import Wordings
from stormctl.domain.text.hosts import find_host
from stormctl.domain.text.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from stormctl.domain.bank.message import Bank, Variant
    from stormctl.domain.delivery.delivery import Plan, Post
    from stormctl.domain.plan.storm import ChannelRule, Storm
    from stormctl.domain.platforms.channel import ChannelId, Platform
    from stormctl.domain.platforms.record import PlatformFacts
    from stormctl.domain.text.reader import TextReading


@dataclass(frozen=True, slots=True)
class CheckHit:
    """One thing that breaks a rule.

    Attributes:
        place, others: where it stands, and further places of the same.
        message, hint: what is wrong, with the offending value, and what to write instead.
        variant: whose text it is; None where it is about the schedule. Silences go by it.
        edit: what mends it, if no person has to decide.
        wanted: the list of `[trust]` and the value that would make it right.
    """

    place: Place
    message: Phrase
    hint: Hint = ""
    variant: Variant | None = None
    edit: Edit | None = None
    wanted: tuple[str, str] | None = None
    others: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Composed:
    """A variant as one channel would post it.

    Attributes:
        tags: the names of the storm's link tags.
        is_planned: whether the plan has a slot for it.
    """

    variant: Variant
    rule: ChannelRule
    posts: tuple[Post, ...]
    tags: tuple[str, ...] = ()
    is_planned: bool = True

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """What each post says, without regard to case, white space and link tags."""
        said = (f"{comparable(post.text)} {post.link or ''}" for post in self.posts)
        return tuple(without_tags(text, self.tags).casefold() for text in said)


_DIGIT = re.compile(r"\d")
_LINE_END = re.compile("\n")
_KINDS = {
    "text": Phrase("the message"),
    "alt": Phrase("the description"),
    "caption": Phrase("the caption"),
    "link": Phrase("the link"),
    "tag": Phrase("the hashtag"),
}


@dataclass(frozen=True)
class Words:
    """Words that go out with a variant, and where they stand.

    Attributes:
        kind: a part of the text, the description of a picture, a line of captions, or of front matter
            the link or a hashtag (without `#`).
        path: of the file that holds them.
        line: on which they start.
        column: at which they start; None where only the line is known.
    """

    text: str
    variant: Variant
    kind: Literal["text", "alt", "caption", "link", "tag"]
    path: str
    line: int | None
    column: int | None

    @cached_property
    def reading(self) -> TextReading:
        """The text as the platforms read it: kept, since many rules ask for it."""
        return read(self.text)

    @property
    def what(self) -> Phrase:
        """What these words are, as the beginning of a sentence."""
        return _KINDS[self.kind]

    def at(self, start: int = 0) -> Place:
        """Return the place of the character with that number, from 0."""
        if self.kind != "text":
            return Place(self.path, self.line, self.column and self.column + start)
        line = bisect_left(self._line_ends, start)
        column = start - (self._line_ends[line - 1] if line else -1)
        if not line and self.column:
            column += self.column - 1
        return Place(self.path, (self.line or 1) + line, column)

    @cached_property
    def _line_ends(self) -> list[int]:
        return [found.start() for found in _LINE_END.finditer(self.text)]

    def edit(self, start: int, end: int, new: str) -> Edit | None:
        """Return the change that writes something else over some of it; None if it can't be made."""
        place = self.at(start)
        return Edit(place=place, old=self.text[start:end], new=new) if place.column else None


class CheckContext:
    """A bank, with the storm that uses it and its plan where there are any."""

    def __init__(self, storm: Storm | None, bank: Bank, plan: Plan | None) -> None:
        self.storm = storm
        self.bank = bank
        self.plan = plan

    @cached_property
    def words(self) -> tuple[Words, ...]:
        """Everything that people will read of the bank, each once: at the wording that says it itself."""
        return tuple(words for variant in self.bank.variants for words in words_of(variant))

    @cached_property
    def numbered(self) -> tuple[Words, ...]:
        """Those of them that hold a digit."""
        return tuple(words for words in self.words if _DIGIT.search(words.text))

    @cached_property
    def links(self) -> tuple[tuple[Words, str, int], ...]:
        """Every link that people will read, each once a wording, and where in its words it starts."""
        return tuple(_links_of(self.words))

    @cached_property
    def hosts(self) -> dict[str, str]:
        """The host of each of these links; empty where it is no address."""
        return {link: find_host(link) for link in {link for _, link, _ in self.links}}

    @cached_property
    def posts(self) -> tuple[tuple[PlatformFacts, Variant, int, Post, str], ...]:
        """All posts, each once: platform, wording, the number of a thread's part or 0, and the channels."""
        found: dict[tuple[Platform, str, int, str], tuple[Variant, Post, list[str]]] = {}
        for composed in self.composed:
            for number, post in enumerate(composed.posts, start=1):
                part = number if len(composed.posts) > 1 else 0
                key = composed.rule.id.platform, composed.variant.name, part, post.text
                _, _, channels = found.setdefault(key, (composed.variant, post, []))
                channels.append(str(composed.rule.id))
        return tuple(
            (platform.facts, variant, number, post, ", ".join(channels))
            for (platform, _, number, _), (variant, post, channels) in found.items()
        )

    @cached_property
    def threads(self) -> dict[ChannelId, list[tuple[datetime, int]]]:
        """Each channel's slots in order, each with how many posts go out there: of a thread, its parts."""
        threads: dict[ChannelId, Counter[tuple[datetime, str, str]]] = defaultdict(Counter)
        for delivery in self.plan.deliveries if self.plan else ():
            threads[delivery.channel][delivery.slot_at, delivery.key.message, delivery.key.tail] += 1
        return {
            channel: [(at, parts) for (at, *_), parts in sorted(found.items())]
            for channel, found in threads.items()
        }

    def source_of(self, variant: Variant, *keys: str) -> Variant:
        """Return the wording whose file says one of these keys: the plain one where a label does not.

        A rule tells of a value there, once, however many wordings inherit it.
        """
        if variant.label is None or any(key in keys for key, _ in variant.lines):
            return variant
        return self._plain.get((variant.message_id, variant.lang), variant)

    @cached_property
    def _plain(self) -> dict[tuple[str, str], Variant]:
        return {(one.message_id, one.lang): one for one in self.bank.variants if one.label is None}

    @cached_property
    def index(self) -> Wordings:
        """The bank's wordings, to be selected from."""
        return Wordings(self.bank)

    @cached_property
    def wordings(self) -> tuple[tuple[ChannelRule, dict[str, tuple[Variant, ...]]], ...]:
        """What each channel is to publish, message by message: what it is dealt, with a slot or without."""
        rules = self.storm.channels if self.storm else ()
        if self.plan is None:
            return tuple((rule, self.index.find(rule)) for rule in rules)
        variants = {one.name: one for one in self.bank.variants}
        names: dict[ChannelId, dict[str, None]] = defaultdict(dict)
        for delivery in self.plan.deliveries:
            names[delivery.channel][f"{delivery.key.message}.{delivery.key.tail}"] = None
        for left in self.plan.unplaced:
            names[left.channel][left.variant] = None
        known = ((rule, (variants[n] for n in names[rule.id] if n in variants)) for rule in rules)
        return tuple((rule, _by_message(some)) for rule, some in known)

    @cached_property
    def composed(self) -> tuple[Composed, ...]:
        """Every variant on every channel that is to publish it; what is planned, as it was planned."""
        if self.storm is None:
            return ()
        planned: dict[tuple[ChannelId, str, str], tuple[Post, ...]] = defaultdict(tuple)
        for delivery in self.plan.deliveries if self.plan else ():
            planned[delivery.channel, delivery.key.message, delivery.key.tail] += (delivery.post,)
        tags = tuple(name for name, _ in self.storm.link_tags)
        return tuple(
            Composed(
                variant,
                rule,
                planned.get((rule.id, message_id, variant.tail)) or compose(variant, rule, self.storm),
                tags,
                self.plan is None or (rule.id, message_id, variant.tail) in planned,
            )
            for rule, messages in self.wordings
            for message_id, wordings in messages.items()
            for variant in wordings
        )


def _by_message(variants: Iterable[Variant]) -> dict[str, tuple[Variant, ...]]:
    ordered = sorted(variants, key=lambda v: (v.message_id, v.name))
    return {message: tuple(some) for message, some in groupby(ordered, key=lambda v: v.message_id)}


def _links_of(all_words: Iterable[Words]) -> Iterator[tuple[Words, str, int]]:
    met: set[tuple[str, str, str]] = set()
    for words in all_words:
        if words.kind == "link":
            yield words, words.text, 0
        elif words.kind in {"text", "caption"}:
            for link in words.reading.all_links:
                key = words.variant.name, words.kind, link.text
                is_repeated = words.kind == "text" and link.text == words.variant.link
                if key not in met and not is_repeated:
                    met.add(key)
                    yield words, link.text, link.start


def words_of(variant: Variant) -> Iterator[Words]:
    """Go through what people will read of a variant: texts, link, tags, descriptions, captions.

    What a labelled wording takes from the plain one is the plain one's.
    """
    path = variant.place.path
    said = dict(variant.lines)
    spots = {key: (line, column) for key, line, column in variant.spots}
    starts = variant.starts or ((variant.place.line or 1, 1),) * len(variant.parts)
    for text, (line, column) in zip(variant.parts, starts, strict=True):
        yield Words(text, variant, "text", path, line, column)
    owns_all = variant.label is None
    if variant.link is not None and (owns_all or "link" in said):
        yield Words(variant.link, variant, "link", path, *spots.get("link", (said.get("link"), None)))
    if owns_all or "hashtags" in said:
        for number, tag in enumerate(variant.hashtags):
            spot = spots.get(f"hashtags.{number}", (said.get("hashtags"), None))
            yield Words(tag, variant, "tag", path, *spot)
    if owns_all or "media" in said:
        for number, media in enumerate(variant.media):
            yield Words(
                media.alt, variant, "alt", path, *spots.get(f"alt.{number}", (said.get("media"), None))
            )
            for line, text in media.caption_lines:
                yield Words(text, variant, "caption", media.captions or media.file, line, 1)


def place_of(variant: Variant, *keys: str) -> Place:
    """Return where a variant's file gives one of these keys a value, the first that it has.

    Where it has none of them, that is where its body begins.
    """
    places: dict[str, tuple[int, int | None]] = {key: (line, None) for key, line in variant.lines}
    places.update((key, (line, column)) for key, line, column in variant.spots)
    return next((Place(variant.place.path, *places[key]) for key in keys if key in places), variant.place)
