"""Deliveries by what people type: their keys, parts of them, and the shortest words that mean them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_WITH_PART = 5
"""Steps of the key of a thread's part: storm, channel, message, wording, number."""


def find_thread(key: str) -> str:
    """Return the key that all parts of a thread share; of a delivery that is no part of one, its own."""
    steps = key.split("/")
    return "/".join(steps[: _WITH_PART - 1]) if steps[_WITH_PART - 1 :] else key


def find_part(key: str) -> int:
    """Return which part of a thread a key names; 0 if it is not one."""
    steps = key.split("/")
    return int(steps[_WITH_PART - 1]) if steps[_WITH_PART - 1 :] else 0


def spell(key: str) -> tuple[str, str]:
    """Return a key as it stands, and with its message and wording as one step."""
    storm, channel, message, rest = key.split("/", 3)
    return key, f"{storm}/{channel}/{message}.{rest}"


def match_keys(part: str, keys: Iterable[str]) -> list[str]:
    """Return the keys that hold some words as whole steps, in a row.

    A step ends at `/`; `message.lang` stands for `message/lang`. A word alone that is a message is
    nothing else: no storm, no language, no number of a part.
    """
    found = [key for key in keys if any(f"/{part}/" in f"/{spelt}/" for spelt in spell(key))]
    if "/" in part:
        return found
    of_message = [key for key in found if part in {key.split("/")[2], spell(key)[1].split("/")[2]}]
    return of_message or found


def name_shortly(
    wanted: Collection[str], keys: Iterable[str], *, together: bool = True, on_channel: bool = False
) -> dict[str, tuple[str, ...]]:
    """Name deliveries by the shortest words that mean them, and nothing else, where they are typed.

    Args:
        keys: every key of the ledger.
        together: whether all parts of a thread have one name together.
        on_channel: whether the words name the channel, where nothing else does.

    Returns:
        The words, each with the keys that it means.
    """
    messages = {key.split("/")[2] for key in wanted}
    alike: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        message = key.split("/", 3)[2]
        if message in messages:
            alike[message].append(key)
    named = {}
    for group in _group(wanted, alike) if together else ((key,) for key in wanted):
        rivals = alike[group[0].split("/")[2]]
        named[_find_shortest(group, rivals, on_channel=on_channel)] = group
    return named


def _group(wanted: Collection[str], alike: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """Yield the keys, those of a thread of which no part is left out together."""
    threads: dict[str, list[str]] = defaultdict(list)
    for key in wanted:
        threads[find_thread(key)].append(key)
    for thread, members in threads.items():
        parts = {key for key in alike[thread.split("/")[2]] if find_thread(key) == thread}
        if parts == set(members):
            yield tuple(members)
        else:
            yield from ((key,) for key in members)


def _find_shortest(group: tuple[str, ...], rivals: Collection[str], *, on_channel: bool) -> str:
    storm, channel, message, wording, *_ = group[0].split("/")
    named = f"{message}.{wording}"
    ways = [named, f"{channel}/{named}", f"{storm}/{channel}/{named}"]
    if len(group) == 1 and find_part(group[0]):
        ways = [f"{way}/{find_part(group[0])}" for way in ways]
    else:
        ways += [message, f"{channel}/{message}", f"{storm}/{channel}/{message}"]
    meant = set(group)
    wanted = (way for way in sorted(ways, key=len) if channel in way or not on_channel)
    exact = (way for way in wanted if set(match_keys(way, rivals)) == meant)
    return next(exact, group[0])
