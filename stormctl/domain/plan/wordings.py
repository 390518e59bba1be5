"""Which wordings of a bank a channel publishes, and in which order it prefers them."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from stormctl.domain.base.channel import Platform

if TYPE_CHECKING:
    from stormctl.domain.bank.message import Bank, Variant
    from stormctl.domain.plan.storm import ChannelRule

_PLATFORM_LABELS = frozenset(platform.value for platform in Platform)
_TOPIC = "topic:"


def is_extra(variant: Variant) -> bool:
    """Tell whether a variant is an extra wording: its label names no platform."""
    return variant.label is not None and variant.label not in _PLATFORM_LABELS


def selects(selector: str, variant: Variant) -> bool:
    """Tell whether `topic:NAME` or a shell pattern of message ids selects a variant."""
    if selector.startswith(_TOPIC):
        return variant.topic == selector.removeprefix(_TOPIC)
    return fnmatchcase(variant.message_id, selector)


def find_wordings(bank: Bank, rule: ChannelRule) -> dict[str, tuple[Variant, ...]]:
    """Find what a channel publishes: the wordings of each message, in the order in which it prefers them.

    Languages come in the rule's order, or by name where it takes all; then the plain wording, then extra
    ones by label. A wording labelled with the channel's platform takes the plain one's place.
    """
    chosen: dict[str, list[Variant]] = defaultdict(list)
    for variant in bank.variants:
        if _is_wanted(variant, rule):
            chosen[variant.message_id].append(variant)
    return {message_id: _in_order(variants, rule) for message_id, variants in chosen.items()}


def _is_wanted(variant: Variant, rule: ChannelRule) -> bool:
    return (
        variant.suits(rule.id.platform)
        and (not rule.languages or variant.lang in rule.languages)
        and variant.partner in {None, rule.partner}
        and (not rule.messages or any(selects(selector, variant) for selector in rule.messages))
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
