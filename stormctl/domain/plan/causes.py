"""Why a channel has no slot for what it is to publish: the one key of the schedule that binds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import format_duration
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan.occupancy import find_key
from stormctl.domain.plan.slots import find_slots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stormctl.domain.plan.occupancy import Limits
    from stormctl.domain.plan.storm import ChannelRule, Storm
    from stormctl.domain.platforms.record import Ceiling


@dataclass(frozen=True, slots=True)
class Cause:
    """What binds, and what a person can do about it in the schedule."""

    reason: Phrase
    hint: Phrase


def find_cause(storm: Storm, rule: ChannelRule, taken: Sequence[datetime]) -> Cause:
    """Find what leaves a channel too few slots: the limit without which it would have most, or its windows.

    Where several limits bind alike, it is the one that alone would leave fewest.

    Args:
        storm: with the channel's own windows.
        taken: what goes out on the channel at set times.
    """
    limits = storm.limits
    lifted: list[tuple[Ceiling | None, Limits, Limits]] = [
        (None, replace(limits, spacing=timedelta()), replace(limits, ceilings=()))
    ]
    for ceiling in limits.ceilings:
        others = tuple(other for other in limits.ceilings if other is not ceiling)
        alone = replace(limits, spacing=timedelta(), ceilings=(ceiling,))
        lifted.append((ceiling, replace(limits, ceilings=others), alone))

    def count(tried: Limits) -> int:
        return len(find_slots(replace(storm, limits=tried), rule, taken))

    found, free = count(limits), count(replace(limits, spacing=timedelta(), ceilings=()))
    path = storm.place.path
    if found == free:
        return Cause(
            Phrase("its windows have {number} slots", number=found),
            Phrase("make the window longer in {path}, or its slots more frequent", path=path),
        )
    gains = [(count(without) - found, what) for what, without, _ in lifted]
    most = max(gain for gain, _ in gains)
    if most > 0:
        binding = next(what for gain, what in gains if gain == most)
    else:
        binding = min(lifted, key=lambda one: count(one[2]))[0]
    if binding is None:
        return Cause(
            _name("spacing", format_duration(limits.spacing), limits),
            Phrase("shorten it in {path}, or make the window longer", path=path),
        )
    key = find_key(binding)
    return Cause(
        _name(key, str(binding.count), limits),
        Phrase("raise it in {path}, or make the window longer", path=path),
    )


def _name(key: str, value: str, limits: Limits) -> Phrase:
    """Say what a limit is, and whether the schedule says so or it is as usual."""
    if key in limits.usual:
        return Phrase("`{key}` is {value} (default)", key=key, value=value)
    return Phrase("`{key}` is {value}", key=key, value=value)
