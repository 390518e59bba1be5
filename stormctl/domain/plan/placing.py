"""Put wordings into slots: deadlines first of all, then priority, then an order drawn from the seed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict, deque
from functools import partial
from itertools import islice, zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING

from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan.slots import order_evenly
from stormctl.domain.plan.turns import LOOKAHEAD, FreeBefore, Queue, arrange, find_swaps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime, timedelta

    from stormctl.domain.bank.message import Variant
    from stormctl.domain.plan.occupancy import Occupancy
    from stormctl.domain.plan.slots import Slot
    from stormctl.domain.plan.turns import Candidate

NO_SLOT = Phrase("no slot is left on this channel")
NOT_IN_TIME = Phrase("no slot is left between its not_before and its deadline")
TOO_NEAR = Phrase("every slot left is nearer than same_message_apart to another post of the message")
NO_ROOM = Phrase("no slot left has room for all its parts within the ceilings")


class MessageTimes:
    """When each message goes out, on any channel, so that its wordings stay apart."""

    def __init__(self, apart: timedelta) -> None:
        self._apart = apart
        self._times: dict[str, list[datetime]] = defaultdict(list)

    def add(self, message_id: str, at: datetime) -> None:
        """Enter that a message goes out."""
        insort(self._times[message_id], at)

    def find_free(self, message_id: str, at: datetime) -> datetime:
        """Return the moment itself if the message may go out then, else the end of what blocks it."""
        times = self._times.get(message_id, [])
        index = bisect_left(times, at)
        if index < len(times) and times[index] - at < self._apart:
            return times[index] + self._apart
        if index and at - times[index - 1] < self._apart:
            return times[index - 1] + self._apart
        return at

    def swap(self, one: tuple[str, datetime], other: tuple[str, datetime]) -> bool:
        """Let two messages change times, if both may go out then; whether they did."""
        for message_id, at in (one, other):
            self._times[message_id].remove(at)
        after = [(one[0], other[1]), (other[0], one[1])]
        is_free = all(self.find_free(message_id, at) == at for message_id, at in after)
        for message_id, at in after if is_free else (one, other):
            self.add(message_id, at)
        return is_free


class Placing:
    """One channel's slots being filled.

    Args:
        candidates: the more important first.
        spread: what goes out on all channels so far.
        fixed: what goes out on the channel at set times, in order: when, and on which topic.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        candidates: Sequence[Candidate],
        occupancy: Occupancy,
        spread: MessageTimes,
        fixed: Sequence[tuple[datetime, str | None]] = (),
    ) -> None:
        self._slots = slots
        self._times = [slot.at for slot in slots]
        self._candidates = candidates
        self._ranges = [self._find_range(candidate) for candidate in candidates]
        self._occupancy = occupancy
        self._spread = spread
        self._fixed = fixed
        self._placed: dict[int, int] = {}
        self._last: int | None = None
        self.unplaced: list[tuple[Variant, Phrase]] = []

    def fill(self) -> list[tuple[Slot, Variant]]:
        """Place as many candidates as the slots hold; what is left over is in `unplaced`."""
        chosen, reserved = self._choose()
        indices, reserved = _choose_slots(self._ranges, len(self._slots), len(chosen), reserved)
        leftover = self._fill_in_order(chosen, indices, reserved)
        self._fill_gaps(leftover)
        self._swap_topics()
        return [
            (self._slots[index], self._candidates[number].variant)
            for index, number in sorted(self._placed.items())
        ]

    def _find_range(self, candidate: Candidate) -> tuple[int, int]:
        low = 0 if candidate.after is None else bisect_left(self._times, candidate.after)
        high = len(self._times) if candidate.before is None else bisect_left(self._times, candidate.before)
        return low, high

    def _choose(self) -> tuple[list[int], dict[int, int]]:
        """Choose whom there are slots for, and reserve the latest possible one for who is bound to a time.

        Latest-first is what keeps room for the others: a set of deadlines can be kept if and only if
        each finds a free slot this way, in whatever order they are asked.
        """
        free = FreeBefore(len(self._slots))
        chosen: list[int] = []
        reserved: dict[int, int] = {}
        for number, candidate in enumerate(self._candidates):
            low, high = self._ranges[number]
            if len(chosen) >= len(self._slots):
                self.unplaced.append((candidate.variant, NO_SLOT))
                continue
            if (low, high) != (0, len(self._slots)):
                index = free.find(high - 1)
                if index < low:
                    self.unplaced.append((candidate.variant, NOT_IN_TIME))
                    continue
                free.take(index)
                reserved[index] = number
            chosen.append(number)
        return chosen, reserved

    def _fill_in_order(
        self, chosen: Sequence[int], indices: Sequence[int], reserved: dict[int, int]
    ) -> list[int]:
        """Give each slot to who can't wait any longer, else to whose turn it is; return the rest.

        No topic comes twice in a row as long as there is another one.
        """
        turns = arrange([(n, self._candidates[n], self._ranges[n]) for n in chosen], indices)
        by_turn = sorted(chosen, key=turns.__getitem__)
        waiting = deque(sorted(by_turn, key=lambda number: self._ranges[number][0]))
        queue = Queue(self._topic_of(number) for number in chosen)
        done: set[int] = set()
        for index, upcoming in zip_longest(indices, indices[1:]):
            while waiting and self._ranges[waiting[0]][0] <= index:
                number = waiting.popleft()
                queue.push(self._topic_of(number), turns[number], number)
            due = reserved.get(index)
            if due is not None and due not in done and self._suits(due, index):
                found: int | None = due
            else:
                neighbours = self._find_neighbours(index, upcoming)
                found = queue.take(neighbours, partial(self._judge, index=index, done=done))
            if found is not None:
                done.add(found)
                queue.count_off(self._topic_of(found))
                self._put(found, index)
        return [number for number in chosen if number not in done]

    def _topic_of(self, number: int) -> str | None:
        return self._candidates[number].variant.topic

    def _judge(self, number: int, index: int, done: Collection[int]) -> bool | None:
        """Whether a candidate may have a slot now; None if it never will again."""
        if number in done or self._ranges[number][1] <= index:
            return None
        return self._suits(number, index)

    def _find_neighbours(self, index: int, upcoming: int | None) -> set[str]:
        """Return the topics of what goes out directly before a slot, and at a set time directly after it."""
        at = self._times[index]
        position = bisect_left(self._fixed, at, key=itemgetter(0))
        topics: set[str | None] = set()
        if position and (self._last is None or self._fixed[position - 1][0] > self._times[self._last]):
            topics.add(self._fixed[position - 1][1])
        elif self._last is not None:
            topics.add(self._topic_of(self._placed[self._last]))
        if position < len(self._fixed) and (
            upcoming is None or self._fixed[position][0] <= self._times[upcoming]
        ):
            topics.add(self._fixed[position][1])
        return {topic for topic in topics if topic is not None}

    def _fill_gaps(self, leftover: Sequence[int]) -> None:
        """Give those who were blocked at their turn any free slot that suits them."""
        free = [index for index in range(len(self._slots)) if index not in self._placed] if leftover else []
        for number in leftover:
            candidate = self._candidates[number]
            low, high = self._ranges[number]
            position = self._find_gap(candidate, free, bisect_left(free, low), bisect_left(free, high))
            if position is None:
                self.unplaced.append((candidate.variant, self._why_no_gap(candidate, low, high)))
            else:
                self._put(number, free.pop(position))

    def _swap_topics(self) -> None:
        """Swap wordings where a topic comes twice in a row: who chose them one by one could not know."""
        row: list[tuple[datetime, str | None, int | None]] = [(at, topic, None) for at, topic in self._fixed]
        row += [(self._times[index], self._topic_of(n), index) for index, n in self._placed.items()]
        row.sort(key=itemgetter(0))
        indices = [index for _, _, index in row]

        def may_swap(here: int, there: int) -> bool:
            first, second = indices[here], indices[there]
            return first is not None and second is not None and self._may_swap(first, second)

        for here, there in find_swaps([topic for _, topic, _ in row], may_swap):
            first, second = indices[here], indices[there]
            if first is not None and second is not None:
                self._placed[first], self._placed[second] = self._placed[second], self._placed[first]

    def _may_swap(self, first: int, second: int) -> bool:
        one, other = self._placed[first], self._placed[second]
        (low, high), (other_low, other_high) = self._ranges[one], self._ranges[other]
        a, b = self._candidates[one], self._candidates[other]
        at, other_at = self._times[first], self._times[second]
        return (
            low <= second < high
            and other_low <= first < other_high
            and (a.weight, a.variant.priority) == (b.weight, b.variant.priority)
            and self._spread.swap((a.variant.message_id, at), (b.variant.message_id, other_at))
        )

    def _why_no_gap(self, candidate: Candidate, low: int, high: int) -> Phrase:
        message, free = candidate.variant.message_id, (n for n in range(low, high) if n not in self._placed)
        times = (self._times[index] for index in islice(free, LOOKAHEAD))
        return NO_ROOM if any(self._spread.find_free(message, at) == at for at in times) else TOO_NEAR

    def _find_gap(self, candidate: Candidate, free: Sequence[int], position: int, end: int) -> int | None:
        for _ in range(LOOKAHEAD):
            if position >= end:
                return None
            at = self._times[free[position]]
            clear = self._spread.find_free(candidate.variant.message_id, at)
            if clear > at:
                position = bisect_left(free, clear, key=lambda index: self._times[index])
            elif self._occupancy.is_free(at, candidate.weight):
                return position
            else:
                position += 1
        return None

    def _suits(self, number: int, index: int) -> bool:
        candidate, at = self._candidates[number], self._times[index]
        return self._spread.find_free(candidate.variant.message_id, at) == at and self._occupancy.is_free(
            at, candidate.weight
        )

    def _put(self, number: int, index: int) -> None:
        candidate, at = self._candidates[number], self._times[index]
        self._placed[index] = number
        self._last = index
        self._occupancy.add(at, candidate.weight)
        self._spread.add(candidate.variant.message_id, at)


def _choose_slots(
    ranges: Sequence[tuple[int, int]], total: int, wanted: int, reserved: dict[int, int]
) -> tuple[list[int], dict[int, int]]:
    """Leave spare slots evenly over the day, as far as those bound to a time allow it.

    Who finds no place among evenly spread slots gets one more in the middle of its own time, and a slot that
    nobody needs is left instead.
    """
    even = sorted(order_evenly(total)[:wanted])
    used = set(even)
    spare = [index for index in range(total) if index not in used]
    free = FreeBefore(len(even))
    bound: dict[int, int] = {}
    for number in reserved.values():
        low, high = ranges[number]
        position = free.find(bisect_left(even, high) - 1)
        if position >= bisect_left(even, low):
            free.take(position)
            bound[even[position]] = number
            continue
        first, last = bisect_left(spare, low), bisect_left(spare, high)
        if first == last:
            others = [index for index in range(total) if index not in reserved]
            return _add_evenly(reserved, others, wanted), reserved
        bound[spare.pop((first + last) // 2)] = number
    return _add_evenly(bound, [index for index in even if index not in bound], wanted), bound


def _add_evenly(bound: Iterable[int], others: Sequence[int], count: int) -> list[int]:
    indices = list(bound)
    picked = order_evenly(len(others))[: count - len(indices)]
    return sorted([*indices, *(others[position] for position in picked)])
