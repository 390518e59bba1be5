"""A day drawn with letters: one row a channel, hours on top, and what lies across it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

from rich.text import Text

from stormctl.render.words import BAD, QUIET, STRONG, WARN, name_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from rich.console import Console, ConsoleOptions, RenderResult

STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440)
"""Minutes that a cell may stand for; those up to an hour divide it."""

LEAST_CELLS = 12
LEAST_NAME = 8

NO_TOPIC, OTHER_TOPIC = "o", "*"
MOST_TOPICS = 20
"""Topics with a letter of their own; a legend of more would be longer than the day."""

TOO_MANY = 10
"""Posts in one cell whose number has no room in it."""

COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2")
"""Told apart with every kind of colour blindness (source: Okabe and Ito, Color Universal Design, 2008);
beside the letter, which alone says it all."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands for what in a drawing."""

    free: str
    quiet: str
    deadline: str
    rule: str
    cut: str


SIGNS = Signs(free="·", quiet="▒", deadline="│", rule="─", cut="…")
PLAIN_SIGNS = Signs(free=".", quiet="#", deadline="|", rule="-", cut="~")
"""For terminals that have no other letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRow:
    """A row of a drawing; all times in minutes from the drawing's beginning.

    Attributes:
        posts: when something goes out, and its topic.
        number: how many posts these are, a thread's parts each.
        open: when something may go out.
    """

    name: str
    posts: Sequence[tuple[float, str | None]]
    number: int
    open: Sequence[tuple[float, float]] = ()
    quiet: Sequence[tuple[float, float]] = ()
    deadlines: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """A line of hours: the name of its clock, and what that shows so many minutes after the beginning."""

    name: str
    read: Callable[[int], tuple[int, int]]


def read_clock(begin_at: datetime, zone: tzinfo) -> Hours:
    """Make the line of hours that a zone's clock shows from a moment on."""

    def read(minutes: int) -> tuple[int, int]:
        local = (begin_at + timedelta(minutes=minutes)).astimezone(zone)
        return local.hour, local.minute

    return Hours(name_zone(begin_at.astimezone(zone)), read)


def assign_letters(topics: Sequence[str | None]) -> dict[str | None, str]:
    """Give each topic a letter: the first of its name that is free, else any.

    Those with the most posts choose first; beyond `MOST_TOPICS` all have the same sign.
    """
    letters: dict[str | None, str] = {None: NO_TOPIC} if None in topics else {}
    free = dict.fromkeys(sign for sign in ascii_lowercase + ascii_uppercase if sign != NO_TOPIC)
    numbers = Counter(topic for topic in topics if topic is not None)
    for place, topic in enumerate(sorted(numbers, key=lambda name: (-numbers[name], name))):
        wanted = [sign for sign in (*topic.lower(), *topic.upper()) if sign in free]
        letters[topic] = next(iter([*wanted, *free])) if place < MOST_TOPICS else OTHER_TOPIC
        free.pop(letters[topic], None)
    return letters


class Drawing:
    """Rows of one scale below their hours, as wide as there is room for.

    Args:
        minutes: how long the drawing is.
        letters: the sign of each topic.
        widest: columns at most; None for the console's.
        keeps_names: whether long names stay whole, though there is less room for the day.
    """

    def __init__(
        self,
        rows: Sequence[DrawnRow],
        hours: Sequence[Hours],
        minutes: int,
        letters: dict[str | None, str],
        *,
        widest: int | None = None,
        keeps_names: bool = False,
    ) -> None:
        self._rows = rows
        self._hours = hours
        self._minutes = max(minutes, 60)
        self._letters = letters
        self._widest = widest
        self._keeps_names = keeps_names
        self._signs = SIGNS

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = self._widest or options.max_width
        self._signs = PLAIN_SIGNS if options.ascii_only else SIGNS
        total = max(len(f"{row.number:,}") for row in self._rows) + 1
        longest = max(len(name) for name in [*(r.name for r in self._rows), *(h.name for h in self._hours)])
        least = max(LEAST_NAME, width - LEAST_CELLS - total - 1)
        most = longest if self._keeps_names else min(longest, max(width // 3, LEAST_NAME), least)
        step = self._choose_step(max(width - most - 1 - total, LEAST_CELLS))
        cells = -(-self._minutes // step)
        lines = [_draw_hours(line, most, cells, step) for line in self._hours]
        lines.append(self._draw_rule(most, cells, step))
        lines += [
            self._draw_row(row, most, cells, step).append(f"{row.number:>{total},}", QUIET)
            for row in self._rows
        ]
        for line in lines:
            line.no_wrap, line.overflow = True, "ignore"
            yield line

    def _choose_step(self, room: int) -> int:
        return next((step for step in STEPS if -(-self._minutes // step) <= room), STEPS[-1])

    def _draw_rule(self, most: int, cells: int, step: int) -> Text:
        """Draw the line below the hours, on which deadlines and quiet times show whatever goes out there."""
        signs = self._signs
        line = [signs.rule] * cells
        for row in self._rows:
            _fill(line, row, step, signs)
        return Text.assemble(" " * (most + 1), *((sign, _style_of(sign, signs)) for sign in line))

    def _draw_row(self, row: DrawnRow, most: int, cells: int, step: int) -> Text:
        signs = self._signs
        line = [" "] * cells
        for start, end in row.open:
            for cell in _cells_between(start, end, step, cells):
                line[cell] = signs.free
        _fill(line, row, step, signs)
        met: dict[int, list[str | None]] = {}
        for minute, topic in row.posts:
            met.setdefault(min(max(int(minute // step), 0), cells - 1), []).append(topic)
        text = Text(f"{_shorten(row.name, most, signs.cut):<{most}} ")
        for cell, sign in enumerate(line):
            if cell in met:
                text.append(*self._draw_posts(met[cell]))
            else:
                text.append(sign, _style_of(sign, signs))
        return text

    def _draw_posts(self, topics: Sequence[str | None]) -> tuple[str, str]:
        style = self.style_of(topics[0]) if len(set(topics)) == 1 else STRONG
        if len(topics) == 1:
            return self._letters[topics[0]], style
        return (f"{len(topics)}" if len(topics) < TOO_MANY else "+"), style

    def style_of(self, topic: str | None) -> str:
        """Return the colour of a topic."""
        if topic is None:
            return STRONG
        place = list(self._letters).index(topic)
        return f"bold {COLOURS[place % len(COLOURS)]}"


def _draw_hours(hours: Hours, most: int, cells: int, step: int) -> Text:
    """Write each hour where it begins, as many of them as there is room for."""
    begins: dict[int, int] = {}
    for cell in range(cells):
        hour, minute = hours.read(cell * step + min(step, 60) - 1)
        if minute < step:
            begins[cell] = hour
    an_hour = max(60 // step, 1)
    apart = next(n for n in (1, 2, 3, 4, 6, 12, 24) if n * an_hour >= 3 or n == 24)  # noqa: PLR2004 - `08 `
    line = [" "] * (cells + 2)
    for cell, hour in begins.items():
        is_free = line[max(cell - 1, 0)] == line[cell] == " "
        if is_free and hour % apart == 0 and cell + 1 < cells + 1:
            line[cell : cell + 2] = f"{hour:02}"
    return Text(f"{hours.name:>{most}} {''.join(line).rstrip()}", QUIET)


def _fill(line: list[str], row: DrawnRow, step: int, signs: Signs) -> None:
    """Mark a row's quiet times and deadlines, the latter over the former."""
    for start, end in row.quiet:
        for cell in _cells_between(start, end, step, len(line)):
            line[cell] = signs.quiet
    for minute in row.deadlines:
        cell = int(minute // step)
        if minute >= 0 and cell <= len(line):
            line[min(cell, len(line) - 1)] = signs.deadline


def _cells_between(start: float, end: float, step: int, cells: int) -> range:
    if end <= 0 or start >= cells * step:
        return range(0)
    return range(max(int(start // step), 0), min(max(-int(-end // step), int(start // step) + 1), cells))


def _style_of(sign: str, signs: Signs) -> str:
    return BAD if sign == signs.deadline else WARN if sign == signs.quiet else QUIET


def _shorten(name: str, most: int, cut: str) -> str:
    """Cut a name that is too long in its middle: channels differ at both ends."""
    if len(name) <= most:
        return name
    tail = (most - 1) // 2
    return f"{name[: most - 1 - tail]}{cut}{name[-tail:]}"
