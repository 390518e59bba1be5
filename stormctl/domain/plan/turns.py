"""Whose turn it is to have a slot: near to where it would like to be, and no topic twice in a row."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from stormctl.domain.bank.message import Variant

LOOKAHEAD = 64
"""How many wordings or slots are tried, at most, where one is blocked: it keeps planning n log n."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A wording that wants a slot.

    Attributes:
        after: not before this moment; None for any.
        before: strictly before this moment; None for any.
        weight: how many posts it makes at once.
        share: where in its time it would like to be, from 0 to 1.
        turn: who of two that would like the same slot has it: the lesser.
    """

    variant: Variant
    after: datetime | None = None
    before: datetime | None = None
    weight: int = 1
    share: float = 0.0
    turn: float = 0.0


def arrange(
    waiting: Sequence[tuple[int, Candidate, tuple[int, int]]], indices: Sequence[int]
) -> dict[int, int]:
    """Return the turn of each: by priority, then near to where in its time it would like to be.

    Whose place is taken moves a little earlier: one candidate more makes few others move.

    Args:
        waiting: candidates with their numbers and the range of slots that each may have.
        indices: the slots that are to be filled, in order.
    """
    turns: dict[int, int] = {}
    by_priority: dict[int, list[tuple[float, int, int]]] = defaultdict(list)
    for number, candidate, (low, high) in waiting:
        wish = low + int(candidate.share * (high - low))
        by_priority[candidate.variant.priority].append((candidate.turn, number, wish))
    for _, members in sorted(by_priority.items(), reverse=True):
        start, count = len(turns), len(members)
        free = FreeBefore(count)
        for _, number, wish in sorted(members):
            position = bisect_left(indices, wish, start, start + count) - start
            position = free.find(min(position, count - 1))
            if position < 0:
                position = free.find(count - 1)
            free.take(position)
            turns[number] = start + position
    return turns


class Queue:
    """Who waits for a slot, by turn, with a queue for each topic.

    Args:
        topics: of all that will come.
    """

    def __init__(self, topics: Iterable[str | None]) -> None:
        self._waiting: dict[str | None, list[tuple[int, int]]] = defaultdict(list)
        self._heads: list[tuple[int, int, str | None]] = []
        self._counts = Counter(topics)
        self._left = sum(self._counts.values())
        self._most = [(-count, topic) for topic, count in self._counts.items() if topic is not None]
        heapify(self._most)

    def push(self, topic: str | None, turn: int, number: int) -> None:
        """Let one join."""
        waiting = self._waiting[topic]
        heappush(waiting, (turn, number))
        if waiting[0] == (turn, number):
            heappush(self._heads, (turn, number, topic))

    def count_off(self, topic: str | None) -> None:
        """Note that one of a topic has its slot."""
        self._left -= 1
        self._counts[topic] -= 1
        if topic is not None:
            heappush(self._most, (-self._counts[topic], topic))

    def take(self, avoid: Collection[str], judge: Callable[[int], bool | None]) -> int | None:
        """Take the first who may have the slot: of a topic that would be left with itself, of others, of any.

        Args:
            judge: whether one may have it; None if it need not be asked again.
        """
        passed: list[tuple[str | None, int, int]] = []
        pressing = self._find_pressing()
        found = None
        if pressing is not None and pressing not in avoid:
            found = self._take(lambda topic: topic == pressing, judge, passed)
        for is_wanted in (lambda topic: topic not in avoid, lambda _: True):
            if found is None:
                found = self._take(is_wanted, judge, passed)
        for one in passed:
            self.push(*one)
        return found

    def _find_pressing(self) -> str | None:
        while self._most and self._counts[self._most[0][1]] != -self._most[0][0]:
            heappop(self._most)
        if self._most and -self._most[0][0] > self._left // 2:
            return self._most[0][1]
        return None

    def _take(
        self,
        is_wanted: Callable[[str | None], bool],
        judge: Callable[[int], bool | None],
        passed: list[tuple[str | None, int, int]],
    ) -> int | None:
        aside: list[tuple[int, int, str | None]] = []
        found = None
        while self._heads and found is None and len(passed) < LOOKAHEAD:
            turn, number, topic = head = heappop(self._heads)
            waiting = self._waiting[topic]
            if not waiting or waiting[0] != (turn, number):
                continue  # somebody else has become the first since
            if not is_wanted(topic):
                aside.append(head)
                continue
            heappop(waiting)
            if waiting:
                heappush(self._heads, (*waiting[0], topic))
            verdict = judge(number)
            if verdict:
                found = number
            elif verdict is False:
                passed.append((topic, turn, number))
        for head in aside:
            heappush(self._heads, head)
        return found


def find_swaps(
    topics: Sequence[str | None], may_swap: Callable[[int, int], bool]
) -> Iterator[tuple[int, int]]:
    """Find pairs in a row that are to change places, one after the other, so that no topic is beside itself.

    Each is changed with the nearest one that mends it and harms none; in all no more is tried than what is
    a few times the row.

    Args:
        may_swap: whether two may change places, for every other reason.
    """
    row = list(topics)
    tries = LOOKAHEAD + 4 * len(row)

    def fits(position: int) -> bool:
        beside = row[max(0, position - 1) : position] + row[position + 1 : position + 2]
        return row[position] is None or row[position] not in beside

    for here in range(len(row)):
        if fits(here):
            continue
        near = (here + sign * step for step in range(1, LOOKAHEAD) for sign in (1, -1))
        for there in islice((position for position in near if 0 <= position < len(row)), tries):
            tries -= 1
            row[here], row[there] = row[there], row[here]
            if fits(here) and fits(there) and may_swap(here, there):
                yield here, there
                break
            row[here], row[there] = row[there], row[here]


class FreeBefore:
    """The free positions of a row, found from the right in nearly constant time."""

    def __init__(self, size: int) -> None:
        # Position n stands at n + 1; 0 is before the row.
        self._parents = list(range(size + 1))

    def find(self, position: int) -> int:
        """Return the nearest free position at or before the given one; -1 if there is none."""
        root = node = position + 1
        while self._parents[root] != root:
            root = self._parents[root]
        while self._parents[node] != root:
            self._parents[node], node = root, self._parents[node]
        return root - 1

    def take(self, position: int) -> None:
        """Make a free position taken."""
        self._parents[position + 1] = position
