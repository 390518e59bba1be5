"""A rehearsal held against what the platforms really received."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTally:
    """A channel's deliveries beside what the platform really received.

    Attributes:
        delivered: those with a receipt in the ledger.
        duplicates: how many times a post is there more than once.
        lost: delivered by the ledger's word, and not on the platform.
        unexpected: on the platform, and no delivery of the ledger's.
        open: neither delivered nor settled otherwise (missed, expired, failed, in doubt, planned).
    """

    channel: str
    planned: int
    delivered: int
    received: int
    duplicates: int
    lost: int
    unexpected: int
    open: int

    @property
    def is_clean(self) -> bool:
        """Whether each delivery arrived exactly once."""
        return self.planned == self.delivered == self.received and not (
            self.duplicates or self.lost or self.unexpected or self.open
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A rehearsal's result.

    Attributes:
        differences: one line each: what is not as it should be.
        report_path: where the report is.
    """

    channels: tuple[ChannelTally, ...]
    differences: tuple[str, ...]
    took_s: float
    storm_s: float
    report_path: str

    @property
    def is_sound(self) -> bool:
        """Whether what arrived is what was sent, once each, however much of it is still to come."""
        return not any(c.duplicates or c.lost or c.unexpected for c in self.channels)

    @property
    def is_clean(self) -> bool:
        """Whether every delivery of every channel arrived exactly once."""
        return not self.differences and all(c.is_clean for c in self.channels)
