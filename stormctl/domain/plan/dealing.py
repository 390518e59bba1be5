"""Deal the wordings that several accounts of one platform may post: each goes to one of them."""

from __future__ import annotations

from collections import defaultdict
from heapq import heapify, heapreplace
from types import MappingProxyType
from typing import TYPE_CHECKING

from stormctl.domain.plan.slots import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from stormctl.domain.bank.message import Variant
    from stormctl.domain.plan.storm import ChannelRule, Storm
    from stormctl.domain.plan.wordings import Wordings
    from stormctl.domain.platforms.channel import ChannelId

Hand = dict[str, tuple["Variant", ...]]
"""What a channel is to publish: the wordings of each message, in the order in which it prefers them."""

_Takers = tuple["ChannelRule", ...]


def deal(
    storm: Storm,
    wordings: Wordings,
    room_of: Callable[[ChannelRule], int],
    held: Mapping[str, Collection[ChannelId]] = MappingProxyType({}),
) -> dict[ChannelId, Hand]:
    """Deal a bank to a storm's channels.

    Where a platform forbids the same text on two accounts, a wording that several channels may post goes to
    one of them: to who holds it already, else to who names it in `messages`, else by lot. Each channel gets
    wordings in proportion to its room, those that it alone may post included. The lots of a language are
    laid in an order drawn from the seed and cut into as many pieces as there are takers: one wording more
    or less moves at most one other between two pieces that lie side by side. A pinned message's wordings
    are dealt first, one to each.

    Args:
        room_of: how many posts a channel has room for; it is asked only of channels that share wordings.
        held: by a wording's name, the channels that it is enrolled on.
    """
    hands = _find_all(storm, wordings)
    for rules in _sharing(storm):
        alike = tuple(_by_hand(rules, hands))
        variants = {v.name: v for _, hand in alike for some in hand.values() for v in some}
        named = {rule.id: wordings.name(rule) for rule in rules}
        claimed = held.keys() | {name for names in named.values() for name in names}
        takers = _find_takers(alike, named, held, claimed)
        lots = [
            (variants[name], found) for name, found in takers.items() if len(found) > 1 or name in claimed
        ]
        if lots:
            alone = [found for name, found in takers.items() if len(found) == 1 and name not in claimed]
            owners = _Table(storm, rules, room_of, alone).share(lots)
            for some_rules, hand in alike:
                hands |= _hand_out(hand, [rule.id for rule in some_rules], owners)
    return hands


def _find_takers(
    alike: Sequence[tuple[list[ChannelRule], Hand]],
    named: Mapping[ChannelId, Collection[str]],
    held: Mapping[str, Collection[ChannelId]],
    claimed: Collection[str],
) -> dict[str, _Takers]:
    """Find who may have each wording; wordings with the same takers have one and the same tuple.

    Channels that may post alike are looked at together: there may be hundreds of them.
    """
    positions: dict[str, tuple[int, ...]] = {}
    for position, (_, hand) in enumerate(alike):
        for some in hand.values():
            for variant in some:
                positions[variant.name] = (*positions.get(variant.name, ()), position)
    together: dict[tuple[int, ...], _Takers] = {}
    narrowed: dict[tuple[str, ...], _Takers] = {}
    takers = {}
    for name, where in positions.items():
        if where not in together:
            together[where] = tuple(rule for position in where for rule in alike[position][0])
        found = together[where]
        if name in claimed:
            few = [rule for rule in found if rule.id in held.get(name, ())]
            few = few or [rule for rule in found if name in named[rule.id]] or list(found)
            found = narrowed.setdefault(tuple(str(rule.id) for rule in few), tuple(few))
        takers[name] = found
    return takers


def _find_all(storm: Storm, wordings: Wordings) -> dict[ChannelId, Hand]:
    """Find what each channel may post; channels that ask for the same share the answer."""
    found: dict[tuple[object, ...], Hand] = {}
    hands = {}
    for rule in storm.channels:
        key = rule.id.platform, rule.languages, rule.partner, rule.messages
        if key not in found:
            found[key] = wordings.find(rule)
        hands[rule.id] = found[key]
    return hands


def _sharing(storm: Storm) -> list[list[ChannelRule]]:
    """Return the channels among which wordings are dealt, by platform."""
    by_platform: dict[str, list[ChannelRule]] = defaultdict(list)
    for rule in storm.channels:
        if not rule.id.platform.facts.allows_same_text:
            by_platform[rule.id.platform].append(rule)
    return [rules for rules in by_platform.values() if len(rules) > 1]


def _by_hand(
    rules: Iterable[ChannelRule], hands: Mapping[ChannelId, Hand]
) -> Iterable[tuple[list[ChannelRule], Hand]]:
    alike: dict[int, tuple[list[ChannelRule], Hand]] = {}
    for rule in rules:
        hand = hands[rule.id]
        alike.setdefault(id(hand), ([], hand))[0].append(rule)
    return alike.values()


def _hand_out(
    hand: Hand, channels: Sequence[ChannelId], owners: Mapping[str, ChannelId]
) -> dict[ChannelId, Hand]:
    """Split what channels may post alike into what each of them is to post."""
    split: dict[ChannelId, Hand] = {channel: {} for channel in channels}
    for message, some in hand.items():
        for variant in some:
            owner = owners.get(variant.name, channels[0])
            if owner in split:
                split[owner][message] = (*split[owner].get(message, ()), variant)
    return split


class _Table:
    """The channels of a platform, each with its room and what it was dealt so far."""

    def __init__(
        self,
        storm: Storm,
        rules: Sequence[ChannelRule],
        room_of: Callable[[ChannelRule], int],
        alone: Iterable[Sequence[ChannelRule]],
    ) -> None:
        self._seed = storm.seed
        self._pinned = {pin.message for pin in storm.pins}
        self._room = {rule.id: max(1, room_of(rule)) for rule in rules}
        self._load = dict.fromkeys(self._room, 0)
        for (rule,) in alone:
            self._load[rule.id] += 1

    def share(self, lots: Iterable[tuple[Variant, _Takers]]) -> dict[str, ChannelId]:
        """Deal all; return who has each wording, by its name."""
        owners: dict[str, ChannelId] = {}
        groups: dict[tuple[int, str], list[Variant]] = defaultdict(list)
        pinned: dict[str, list[tuple[Variant, _Takers]]] = defaultdict(list)
        known: dict[int, _Takers] = {}
        for variant, takers in lots:
            if variant.message_id in self._pinned:
                pinned[variant.message_id].append((variant, takers))
            else:
                known[id(takers)] = takers
                groups[id(takers), variant.lang].append(variant)
        for message in sorted(pinned):
            self._deal_around(message, pinned[message], owners)
        names = {each: sorted(str(rule.id) for rule in takers) for each, takers in known.items()}
        ranked = sorted((len(names[each]), names[each], lang, each) for each, lang in groups)
        for _, some, lang, each in ranked:
            self._cut(groups[each, lang], known[each], f"{lang} {' '.join(some)}", owners)
        return owners

    def _deal_around(
        self,
        message: str,
        lots: Sequence[tuple[Variant, _Takers]],
        owners: dict[str, ChannelId],
    ) -> None:
        """Give a message's wordings one by one to who has fewest of them."""
        had = dict.fromkeys(self._load, 0)
        for variant, takers in sorted(lots, key=lambda lot: (len(lot[1]), lot[0].name)):
            owner = min(
                (rule.id for rule in takers),
                key=lambda c: (had[c], self._fullness(c), draw(self._seed, "deal", message, c)),
            )
            had[owner] += 1
            self._load[owner] += 1
            owners[variant.name] = owner

    def _cut(
        self,
        variants: list[Variant],
        takers: _Takers,
        name: str,
        owners: dict[str, ChannelId],
    ) -> None:
        """Lay wordings in an order drawn from the seed, and give each taker a piece of its size."""
        waiting = [
            (self._fullness(rule.id), draw(self._seed, "deal", name, rule.id), number, rule.id)
            for number, rule in enumerate(takers)
        ]
        heapify(waiting)
        sizes = dict.fromkeys((rule.id for rule in takers), 0)
        for _ in variants:
            _, chance, number, channel = waiting[0]
            sizes[channel] += 1
            self._load[channel] += 1
            heapreplace(waiting, (self._fullness(channel), chance, number, channel))
        order = iter(sorted(variants, key=lambda v: (draw(self._seed, "deal", v.name), v.name)))
        for channel, size in sizes.items():
            for _ in range(size):
                owners[next(order).name] = channel

    def _fullness(self, channel: ChannelId) -> float:
        return (self._load[channel] + 1) / self._room[channel]
