"""The days of a plan: each drawn channel by channel, or, where they are many, a row a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from stormctl.domain.base.localtime import DAY, LocalTimeError, days_between
from stormctl.domain.base.phrase import Phrase
from stormctl.domain.plan.slots import find_spans
from stormctl.render.outline import by_channel, by_day, round_down
from stormctl.render.terminal.plan.day import (
    OTHER_TOPIC,
    PLAIN_SIGNS,
    SIGNS,
    Drawing,
    DrawnRow,
    assign_letters,
    read_clock,
)
from stormctl.render.words import BAD, QUIET, STRONG, WARN, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from stormctl.domain.plan.slots import Span
    from stormctl.domain.plan.storm import ChannelRule, Storm
    from stormctl.render.outline import Entry, Mark, Viewer
    from stormctl.render.terminal.plan.day import Hours

MOST_BLOCKS = 3
"""Days that are drawn channel by channel; of more, each is a row."""

MOST_DAYS = 31
"""Days that are drawn on a screen unless everything is asked for."""

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a plan is shown.

    Attributes:
        is_full: every post with its whole text, every day channel by channel.
        is_screen: whether a person looks at it in a window, so that it is kept short.
        widest: columns of the drawing at most; None for the console's.
    """

    is_full: bool = False
    is_screen: bool = True
    widest: int | None = None


class Days:
    """Draws a storm's days: each channel by channel, or, where they are many, a row a day."""

    def __init__(
        self, storm: Storm, entries: Sequence[Entry], marks: Sequence[Mark], viewer: Viewer, look: Look
    ) -> None:
        self._storm, self._marks, self._viewer, self._look = storm, marks, viewer, look
        self._entries = by_day(entries)
        self._letters = assign_letters([entry.first.topic for entry in entries])
        self._spans = {rule.id: _find_spans(storm, rule) for rule in storm.channels}
        everything = [*days_between(storm.first_on, storm.last_on), *self._entries]
        self._days = sorted(set(everything))

    def draw(self) -> Iterator[RenderableType]:
        """Draw them, and say what stands for what."""
        if not self._entries and not any(self._spans.values()):
            return
        shown = self._days
        if len(shown) > MOST_BLOCKS and not self._look.is_full:
            if self._look.is_screen:
                shown = shown[:MOST_DAYS]
            yield from ("", self._draw_rows(shown))
        else:
            for day in shown:
                yield from self._draw_block(day)
        left = len(self._days) - len(shown)
        if left:
            yield Text(self._viewer.say(Phrase("and {number:,} more days: --full", number=left)), QUIET)
        yield _Legend(self._letters, self._viewer, self._has_marks())

    def _has_marks(self) -> tuple[bool, bool]:
        return any(m.end_at for m in self._marks), any(m.end_at is None for m in self._marks)

    def _draw_block(self, day: date) -> Iterator[RenderableType]:
        """Draw a day in real time, in which clocks may be changed."""
        entries = self._entries.get(day, [])
        spans = {channel: found.get(day, []) for channel, found in self._spans.items()}
        moments = [at for found in spans.values() for span in found for at in (span.start_at, span.end_at)]
        moments += [at for entry in entries for at in (entry.at, entry.at + _MINUTE)]
        if len(self._days) > 1:
            yield from ("", Text(self._viewer.name_day(day), STRONG))
        else:
            yield ""
        if not moments:
            yield Text(self._viewer.say(Phrase("nothing goes out")), QUIET)
            return
        deadlines = [mark.at for mark in self._marks if mark.end_at is None]
        today = [at for at in deadlines if at.astimezone(self._viewer.home).date() == day]
        moments += [at + _MINUTE for at in today]
        begin = round_down(min(moments), self._viewer.home)
        minutes = _minutes(max(moments) - begin)
        quiet = [(_minutes(m.at - begin), _minutes(m.end_at - begin)) for m in self._marks if m.end_at]
        lines = [at for at in (_minutes(at - begin) for at in deadlines) if 0 <= at <= minutes]
        channels = by_channel(entries)
        rows = [
            DrawnRow(
                name=str(rule.id),
                posts=[(_minutes(e.at - begin), e.first.topic) for e in channels.get(rule.id, ())],
                number=sum(len(e.parts) for e in channels.get(rule.id, ())),
                open=[(_minutes(s.start_at - begin), _minutes(s.end_at - begin)) for s in spans[rule.id]],
                quiet=quiet,
                deadlines=lines,
            )
            for rule in self._storm.channels
        ]
        hours = [read_clock(begin, self._viewer.home)]
        if self._viewer.differs(begin) or self._viewer.differs(max(moments)):
            hours.append(read_clock(begin, self._viewer.zone))
        yield self._make_drawing(rows, hours, minutes)

    def _draw_rows(self, days: Sequence[date]) -> Drawing:
        """Draw each day as a row, all channels together, by what the clocks of the storm show."""
        spans = [span for days_of in self._spans.values() for found in days_of.values() for span in found]
        ends = [(self._read(at, s.on)) for s in spans for at in (s.start_at, s.end_at)]
        ends += [self._read(e.at, day) for day, found in self._entries.items() for e in found]
        first = int(min(ends) // 60) * 60
        last = max([*ends, first + 60])
        opened: dict[date, list[tuple[float, float]]] = {}
        for span in spans:
            opened.setdefault(span.on, []).append(
                (self._read(span.start_at, span.on) - first, self._read(span.end_at, span.on) - first)
            )
        rows = [self._make_row(day, opened.get(day, []), first, last) for day in days]
        begin = datetime.combine(days[0], time(first // 60 % 24), self._viewer.home)
        hours = [read_clock(begin, self._viewer.home)]
        shown = [e.at for found in self._entries.values() for e in found] or [begin]
        if len({self._viewer.find_shift(at) for at in shown}) == 1 and self._viewer.differs(shown[0]):
            hours.append(read_clock(begin, self._viewer.zone))
        return self._make_drawing(rows, hours, int(last - first))

    def _make_row(
        self, day: date, opened: Sequence[tuple[float, float]], first: int, last: float
    ) -> DrawnRow:
        entries = self._entries.get(day, [])
        deadlines = [self._read(mark.at, day) for mark in self._marks if mark.end_at is None]
        return DrawnRow(
            name=self._viewer.name_day(day),
            posts=[(self._read(entry.at, day) - first, entry.first.topic) for entry in entries],
            number=sum(len(entry.parts) for entry in entries),
            open=opened,
            quiet=[
                (self._read(mark.at, day) - first, self._read(mark.end_at, day) - first)
                for mark in self._marks
                if mark.end_at is not None
            ],
            deadlines=[minute - first for minute in deadlines if first <= minute <= last],
        )

    def _read(self, at: datetime, day: date) -> float:
        """Return what the storm's clocks show, in minutes since a day began."""
        local = at.astimezone(self._viewer.home)
        return (local.date() - day) / DAY * 1440 + local.hour * 60 + local.minute

    def _make_drawing(self, rows: Sequence[DrawnRow], hours: Sequence[Hours], minutes: float) -> Drawing:
        return Drawing(
            rows,
            hours,
            int(-(-minutes // 1)),
            self._letters,
            widest=self._look.widest,
            keeps_names=not self._look.is_screen,
        )


class _Legend:
    """Says what the letters of a drawing stand for."""

    def __init__(self, letters: dict[str | None, str], viewer: Viewer, has_marks: tuple[bool, bool]) -> None:
        self._letters, self._viewer, self._has_marks = letters, viewer, has_marks

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        signs = PLAIN_SIGNS if options.ascii_only else SIGNS
        style_of = Drawing((), (), 0, self._letters).style_of
        named = [
            ((sign, style_of(topic)), clean(topic))
            for topic, sign in self._letters.items()
            if topic is not None and sign != OTHER_TOPIC
        ]
        plain = Phrase("no topic") if len(self._letters) > 1 else Phrase("a post")
        if None in self._letters:
            named.append(((self._letters[None], STRONG), self._viewer.say(plain)))
        if OTHER_TOPIC in self._letters.values():
            named.append(((OTHER_TOPIC, STRONG), self._viewer.say(Phrase("another topic"))))
        others = [
            ("2–9 +" if not options.ascii_only else "2-9 +", STRONG, Phrase("so many at once"), True),
            (signs.free, QUIET, Phrase("free"), True),
            (signs.quiet, WARN, Phrase("quiet time"), self._has_marks[0]),
            (signs.deadline, BAD, Phrase("deadline"), self._has_marks[1]),
        ]
        named += [((sign, style), self._viewer.say(said)) for sign, style, said, is_used in others if is_used]
        yield from _wrap([Text.assemble(sign, " ", words) for sign, words in named], options.max_width)


def _wrap(pieces: Iterable[Text], width: int) -> Iterator[Text]:
    """Put pieces in lines, none of them over the end of one."""
    line = Text()
    for piece in pieces:
        if line and line.cell_len + 2 + piece.cell_len > width:
            yield line
            line = Text()
        line = line.append("  ").append_text(piece) if line else piece
    yield line


def _find_spans(storm: Storm, rule: ChannelRule) -> dict[date, list[Span]]:
    """Find a channel's windows by day; none where a finding says that they can't be read."""
    found: dict[date, list[Span]] = {}
    try:
        for span in find_spans(storm, rule):
            found.setdefault(span.on, []).append(span)
    except LocalTimeError:
        return {}
    return found


def _minutes(span: timedelta) -> float:
    return span / _MINUTE
