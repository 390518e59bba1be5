"""What has its time already: what is enrolled, pins, and reminders."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stormctl.domain.base.localtime import days_between, readings_of, to_utc
from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.domain.delivery.delivery import Kind
from stormctl.domain.plan.occupancy import Occupancy
from stormctl.domain.plan.slots import Silences, find_quiet_spans, find_spans
from stormctl.domain.plan.wordings import is_extra

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from stormctl.domain.bank.message import Variant
    from stormctl.domain.plan.dealing import Hand
    from stormctl.domain.plan.slots import Span
    from stormctl.domain.plan.storm import ChannelRule, Storm

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


@dataclass(frozen=True, slots=True)
class EnrolledSlot:
    """Where a ledger has a wording of a storm: it stays there as long as the schedule allows it.

    Attributes:
        name: the wording's, such as `dignity.en.facebook`.
        is_open: whether it is still to go out; where it is not, it has had its time.
    """

    channel: str
    name: str
    kind: Kind
    slot_at: datetime
    storm_on: date
    expires_at: datetime | None
    is_open: bool


class ChannelDraft:
    """What one channel publishes, while it is being planned.

    Attributes:
        queue: the wordings that are still to get a slot, message by message.
        refused: pinned wordings that cannot go out at their time, and why.
        before: by message, when its first reminder goes out.
        occupancy: the moments that are claimed.
    """

    def __init__(self, storm: Storm, rule: ChannelRule, hand: Hand) -> None:
        self.storm = storm
        self.rule = rule
        self.fixed: list[FixedPost] = []
        self.queue = {message: list(variants) for message, variants in hand.items()}
        self.refused: list[tuple[Variant, Phrase]] = []
        self.before: dict[str, datetime] = {}
        self.occupancy = Occupancy(storm.limits)
        self._spans = find_spans(storm, rule)
        self._spans_on = defaultdict(list)
        for span in self._spans:
            self._spans_on[span.on].append(span)
        self._silences = Silences(find_quiet_spans(storm))

    def fix_enrolled(self, enrolled: Iterable[EnrolledSlot]) -> None:
        """Leave what is enrolled where it is, unless it is still to go out and may not any longer."""
        variants = {variant.name: variant for some in self.queue.values() for variant in some}
        for slot in sorted(enrolled, key=lambda slot: (slot.is_open, slot.slot_at)):
            variant = variants.get(slot.name)
            if variant is not None and (not slot.is_open or self._may_stay(variant, slot)):
                self.queue[variant.message_id].remove(variant)
                span = self._find_span_on(slot)
                end = span.end_at if span is not None and slot.kind is not Kind.PIN else None
                self._fix(FixedPost(variant, slot.kind, slot.slot_at, slot.storm_on, end))
        self.queue = {message: wordings for message, wordings in self.queue.items() if wordings}

    def fix_pins(self) -> None:
        """Give each pin the first wording of its message that this channel has not used.

        On a storm of several days a pin comes back each day, as long as there are wordings.
        """
        zone = ZoneInfo(self.storm.timezone)
        had = {(post.variant.message_id, post.at) for post in self.fixed if post.kind is Kind.PIN}
        for day in days_between(self.storm.first_on, self.storm.last_on):
            for pin in sorted(self.storm.pins, key=lambda pin: pin.at):
                wordings = self.queue.get(pin.message)
                at = to_utc(day, pin.at, zone)
                if wordings and (pin.message, at) not in had:
                    variant = wordings.pop(0)
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
        has_its_time = {post.variant.message_id for post in self.fixed if post.kind is not Kind.REMINDER}
        reminded = Counter(post.variant.message_id for post in self.fixed if post.kind is Kind.REMINDER)
        for message, wordings in self.queue.items():
            spare = [(v, v.expires_at) for v in wordings if is_extra(v) and v.expires_at is not None]
            if len(spare) == len(wordings) and message not in has_its_time:
                spare = spare[1:]
            leads = sorted(self.storm.reminders)[: max(0, len(self.storm.reminders) - reminded[message])]
            leads = leads[: len(spare)]
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

    def _may_stay(self, variant: Variant, slot: EnrolledSlot) -> bool:
        at = slot.slot_at
        is_in_time = (variant.expires_at is None or at < variant.expires_at) and (
            variant.not_before is None or at >= variant.not_before
        )
        match slot.kind:
            case Kind.PIN:
                zone = ZoneInfo(self.storm.timezone)
                pins = [pin for pin in self.storm.pins if pin.message == variant.message_id]
                has_place = any(readings_of(slot.storm_on, pin.at, zone)[0] == at for pin in pins)
            case Kind.REMINDER:
                is_same = slot.expires_at == variant.expires_at and bool(self.storm.reminders)
                has_place = is_same and self._find_span_on(slot) is not None
            case _:
                has_place = self._find_span_on(slot) is not None
        is_quiet = self._silences.find(at) is not None
        return is_in_time and has_place and not is_quiet and self.occupancy.is_free(at, self.weigh(variant))

    def _find_span_on(self, slot: EnrolledSlot) -> Span | None:
        spans = self._spans_on[slot.storm_on]
        return next((span for span in spans if span.start_at <= slot.slot_at < span.end_at), None)

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
