"""Pins and reminders: the posts of a storm whose time is set by something else than a rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.localtime import days_between, to_utc
from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.occupancy import Occupancy
from stormctl.domain.plan.slots import Silences, find_quiet_spans, find_spans
from stormctl.domain.plan.wordings import is_extra

if TYPE_CHECKING:
    from datetime import date, datetime

    from stormctl.domain.bank.message import Variant
    from stormctl.domain.plan.slots import Span
    from stormctl.domain.plan.storm import ChannelRule, Storm
    from stormctl.domain.plan.wordings import Wordings

_MINUTE = timedelta(minutes=1)

PIN_IN_QUIET = Phrase("its pin is in a quiet time")


@dataclass(frozen=True, slots=True)
class FixedPost:
    """A wording with its set time.

    Attributes:
        storm_on: the storm's date that it belongs to.
        window_end_at: the end of a reminder's window, aware UTC; None for a pin.
    """

    variant: Variant
    kind: Kind
    at: datetime
    storm_on: date
    window_end_at: datetime | None = None


class ChannelDraft:
    """What one channel publishes, while it is being planned.

    Attributes:
        queue: the wordings that are still to get a slot, message by message.
        refused: pinned wordings that cannot go out at their time, and why.
        before: by message, when its first reminder goes out.
        occupancy: the moments that are claimed.
    """

    def __init__(self, storm: Storm, rule: ChannelRule, wordings: Wordings) -> None:
        self.storm = storm
        self.rule = rule
        self.fixed: list[FixedPost] = []
        self.queue = {message: list(variants) for message, variants in wordings.find(rule).items()}
        self.refused: list[tuple[Variant, Phrase]] = []
        self.before: dict[str, datetime] = {}
        self.occupancy = Occupancy(storm.limits)
        self._spans = find_spans(storm, rule)
        self._silences = Silences(find_quiet_spans(storm))

    def fix_pins(self) -> None:
        """Give each pin the first wording of its message that this channel has not used.

        On a storm of several days a pin comes back each day, as long as there are wordings.
        """
        zone = ZoneInfo(self.storm.timezone)
        for day in days_between(self.storm.first_on, self.storm.last_on):
            for pin in sorted(self.storm.pins, key=lambda pin: pin.at):
                wordings = self.queue.get(pin.message)
                if wordings:
                    variant, at = wordings.pop(0), to_utc(day, pin.at, zone)
                    why_not = self._why_not(variant, at)
                    if why_not:
                        self.refused.append((variant, why_not))
                    else:
                        self._fix(FixedPost(variant, Kind.PIN, at, day))

    def fix_reminders(self) -> None:
        """Give extra wordings of a message with a deadline their times before it.

        The plain wording keeps an ordinary slot. Extra ones go out in the order of their labels; where there
        are fewer than reminders, the reminders nearest to the deadline have them. A time that is claimed
        moves earlier within its window; one that finds no place leaves its wording to the ordinary slots.
        """
        pinned = {post.variant.message_id for post in self.fixed}
        for message, wordings in self.queue.items():
            spare = [(v, v.expires_at) for v in wordings if is_extra(v) and v.expires_at is not None]
            if len(spare) == len(wordings) and message not in pinned:
                spare = spare[1:]
            leads = sorted(self.storm.reminders)[: len(spare)]
            for (variant, expires_at), lead in zip(spare, reversed(leads), strict=False):
                post = self._find_reminder(variant, expires_at - lead)
                if post is not None:
                    wordings.remove(variant)
                    self._fix(post)
                    self.before[message] = min(post.at, self.before.get(message, post.at))

    def weigh(self, variant: Variant) -> int:
        """Return how many posts a wording makes at once here: the parts of a thread count each."""
        return max(1, len(variant.parts)) if self.rule.id.platform.facts.has_threads else 1

    def _fix(self, post: FixedPost) -> None:
        self.fixed.append(post)
        self.occupancy.add(post.at, self.weigh(post.variant))

    def _why_not(self, variant: Variant, at: datetime) -> Hint:
        if variant.expires_at is not None and at >= variant.expires_at:
            return Phrase("its deadline has passed when its pin is due")
        if variant.not_before is not None and at < variant.not_before:
            return Phrase("its pin is due before its not_before")
        if self._silences.find(at):
            return PIN_IN_QUIET
        if not self.occupancy.is_free(at, self.weigh(variant)):
            return Phrase("its pin is too close to another one, or beyond a ceiling")
        return ""

    def _find_reminder(self, variant: Variant, at: datetime) -> FixedPost | None:
        """Find the reminder's own time or the nearest free one before it, within its window."""
        span = self._find_span(at)
        if span is None:
            return None
        earliest = max(span.start_at, variant.not_before or span.start_at)
        while at >= earliest:
            silence, near = self._silences.find(at), self.occupancy.find_nearer(at)
            if silence is None and near is None:
                if not self.occupancy.is_free(at, self.weigh(variant)):
                    return None
                return FixedPost(variant, Kind.REMINDER, at, span.on, span.end_at)
            at = silence[0] - _MINUTE if silence else (near or at) - self.storm.limits.spacing
        return None

    def _find_span(self, at: datetime) -> Span | None:
        return next((span for span in self._spans if span.start_at <= at < span.end_at), None)
