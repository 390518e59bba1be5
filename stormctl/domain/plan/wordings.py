"""Which wordings of a bank a channel publishes, and in which order it prefers them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from stormctl.domain.platforms.channel import Platform

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Bank, Variant
    from stormctl.domain.plan.storm import ChannelRule

_PLATFORM_LABELS = frozenset(platform.value for platform in Platform)
_TOPIC = "topic:"
_WILDCARD = re.compile(r"[*?\[]")


def is_extra(variant: Variant) -> bool:
    """Return whether a variant is an extra wording: its label names no platform."""
    return variant.label is not None and variant.label not in _PLATFORM_LABELS


class Wordings:
    """Which wordings of a bank each channel publishes, found without a look at all the others.

    A storm may have hundreds of channels, each with its own part of the bank: so that planning takes time in
    proportion to what is published, wordings are indexed by message id, topic, language and partner.
    """

    def __init__(self, bank: Bank) -> None:
        self._variants = bank.variants
        self._by_id: dict[str, list[int]] = defaultdict(list)
        self._by_topic: dict[str | None, list[int]] = defaultdict(list)
        self._by_origin: dict[tuple[str, str | None], list[int]] = defaultdict(list)
        for number, variant in enumerate(bank.variants):
            self._by_id[variant.message_id].append(number)
            self._by_topic[variant.topic].append(number)
            self._by_origin[variant.lang, variant.partner].append(number)
        self._ids = sorted(self._by_id)

    def select(self, selector: str) -> list[int]:
        """Return the positions of what a selector selects.

        It is `topic:NAME`, a shell pattern of message ids, or with a dot one of single wordings, such as
        `sign-on.en` or `*.es.north`.
        """
        if selector.startswith(_TOPIC):
            return self._by_topic.get(selector.removeprefix(_TOPIC), [])
        message, dot, _ = selector.partition(".")
        found = self._select_messages(message)
        if not dot:
            return found
        return [number for number in found if fnmatchcase(self._variants[number].name, selector)]

    def name(self, rule: ChannelRule) -> frozenset[str]:
        """Return the names of the single wordings that a channel's selectors name, rather than messages."""
        single = [s for s in rule.messages if "." in s and not s.startswith(_TOPIC)]
        return frozenset(self._variants[number].name for s in single for number in self.select(s))

    def _select_messages(self, selector: str) -> list[int]:
        fixed = _WILDCARD.split(selector, maxsplit=1)[0]
        low = bisect_left(self._ids, fixed)
        high = bisect_right(self._ids, fixed, low, key=lambda name: name[: len(fixed)])
        names = (name for name in self._ids[low:high] if fnmatchcase(name, selector))
        return [number for name in names for number in self._by_id[name]]

    def find(self, rule: ChannelRule) -> dict[str, tuple[Variant, ...]]:
        """Find what a channel publishes: the wordings of each message, in the order in which it prefers them.

        Languages come in the rule's order, or by name where it takes all; then the plain wording, then extra
        ones by label. A wording labelled with the channel's platform takes the plain one's place.
        """
        chosen: dict[str, list[Variant]] = defaultdict(list)
        for number in sorted(self._find_candidates(rule)):
            variant = self._variants[number]
            if _is_wanted(variant, rule):
                chosen[variant.message_id].append(variant)
        return {message_id: _in_order(variants, rule) for message_id, variants in chosen.items()}

    def _find_candidates(self, rule: ChannelRule) -> set[int]:
        if rule.messages:
            return {number for selector in rule.messages for number in self.select(selector)}
        languages = rule.languages or {lang for lang, _ in self._by_origin}
        origins = ((lang, partner) for lang in languages for partner in (None, rule.partner))
        return {number for origin in origins for number in self._by_origin.get(origin, ())}


def _is_wanted(variant: Variant, rule: ChannelRule) -> bool:
    return (
        variant.suits(rule.id.platform)
        and (not rule.languages or variant.lang in rule.languages)
        and variant.partner in {None, rule.partner}
    )


def _in_order(variants: list[Variant], rule: ChannelRule) -> tuple[Variant, ...]:
    replaced = {v.lang for v in variants if v.label == rule.id.platform.value}
    languages = {lang: index for index, lang in enumerate(rule.languages)}
    return tuple(
        sorted(
            (v for v in variants if v.label is not None or v.lang not in replaced),
            key=lambda v: (languages.get(v.lang, 0), v.lang, is_extra(v), v.label or ""),
        )
    )
