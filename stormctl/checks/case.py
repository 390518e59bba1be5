"""What the rules look at, worked out once for all of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from stormctl.domain.base.finding import Place
from stormctl.domain.plan.compose import compose
from stormctl.domain.plan.wordings import Wordings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.domain.bank.message import Bank, Variant
    from stormctl.domain.delivery.delivery import Plan, Post
    from stormctl.domain.plan.storm import ChannelRule, Storm
    from stormctl.domain.platforms.channel import ChannelId


@dataclass(frozen=True, slots=True)
class CheckHit:
    """One thing that breaks a rule: where, what with the offending value, and what to write instead."""

    place: Place
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A variant as one channel would post it."""

    variant: Variant
    rule: ChannelRule
    posts: tuple[Post, ...]


class CheckContext:
    """A bank, with the storm that uses it and its plan where there are any."""

    def __init__(self, storm: Storm | None, bank: Bank, plan: Plan | None) -> None:
        self.storm = storm
        self.bank = bank
        self.plan = plan

    @cached_property
    def index(self) -> Wordings:
        """The bank's wordings, to be selected from."""
        return Wordings(self.bank)

    @cached_property
    def wordings(self) -> tuple[tuple[ChannelRule, dict[str, tuple[Variant, ...]]], ...]:
        """What each channel would publish, message by message."""
        rules = self.storm.channels if self.storm else ()
        return tuple((rule, self.index.find(rule)) for rule in rules)

    @cached_property
    def composed(self) -> tuple[Composed, ...]:
        """Every variant on every channel that would publish it; what is planned, as it was planned."""
        if self.storm is None:
            return ()
        planned: dict[tuple[ChannelId, str, str], tuple[Post, ...]] = defaultdict(tuple)
        for delivery in self.plan.deliveries if self.plan else ():
            planned[delivery.channel, delivery.key.message, delivery.key.tail] += (delivery.post,)
        return tuple(
            Composed(
                variant,
                rule,
                planned.get((rule.id, message_id, variant.tail)) or compose(variant, rule, self.storm),
            )
            for rule, messages in self.wordings
            for message_id, wordings in messages.items()
            for variant in wordings
        )


@dataclass(frozen=True, slots=True)
class Words:
    """Words that go out with a variant, where they are, and what they are called in a sentence."""

    text: str
    place: Place
    what: str = "the message"


def words_of(variant: Variant) -> Iterator[Words]:
    """Go through everything that people will read of a variant: texts, tags, link, descriptions, captions."""
    for text in (*variant.parts, *variant.hashtags, *(media.alt for media in variant.media)):
        yield Words(text, variant.place)
    if variant.link is not None:
        yield Words(variant.link, variant.place)
    yield from captions_of(variant)


def captions_of(variant: Variant) -> Iterator[Words]:
    """Go through the captions of a variant's video, line by line of their file."""
    for media in variant.media:
        for line, text in media.caption_lines:
            yield Words(text, Place(media.captions or media.file, line), "the caption")


def place_of(variant: Variant, key: str) -> Place:
    """Return where a variant's file sets a key; where its body begins if it doesn't."""
    lines = dict(variant.lines)
    return Place(variant.place.path, lines[key]) if key in lines else variant.place
