"""How much a platform lets one account publish, and how far behind its lists may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.channel import Platform

if TYPE_CHECKING:
    from stormctl.domain.base.channel import ChannelId

X_PER_15MIN = 100
"""Posts a user may create by the API in 15 minutes (source: docs.x.com rate limits, 2026-08)."""

X_PER_DAY = 50
"""Original posts of an account that is not verified, in 24 hours (source: help.x.com, 2026-05).

X counts a thread's parts as replies, of which it allows more; they are counted here all the same. It also
divides the day into half hours, and does not say how.
"""

X_PER_DAY_VERIFIED = 2_400
"""Posts of any other account, in 24 hours (source: help.x.com, 2026-05)."""

SETTLING = {Platform.X: timedelta(seconds=60), Platform.FACEBOOK: timedelta(seconds=60)}
"""How long after a complete reading of an account a second one proves that a post is not there, real time.

Neither platform documents how far its lists lag, nor how late it accepts a request whose sender has hung up:
of either, 40 s are borne.
"""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most posts of an account in any 15 minutes and in any 24 hours; None where none is documented."""

    per_15min: int | None = None
    per_day: int | None = None


def find_ceilings(channel: ChannelId, *, verified: bool) -> Ceilings:
    """Return what the platform documents for a channel's account; Facebook documents no ceiling for Pages."""
    if channel.platform is not Platform.X:
        return Ceilings()
    return Ceilings(X_PER_15MIN, X_PER_DAY_VERIFIED if verified else X_PER_DAY)
