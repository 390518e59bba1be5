"""A storm as it happens: a picture that renews itself on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from rich.live import Live

from stormctl.domain.base.event import EventKind
from stormctl.render.terminal.events import render_event
from stormctl.render.terminal.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from types import TracebackType
    from typing import TextIO

    from rich.console import Console

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.report.halts import HaltView
    from stormctl.domain.report.status import StormStatus

REFRESHES_PER_SECOND = 4

KEPT_EVENTS = 50

UNREMARKABLE = frozenset(
    {EventKind.CLAIMED, EventKind.DELIVERED, EventKind.PREPARED, EventKind.METRICS, EventKind.STARTED}
)
"""Events that the picture shows by itself: they would push away those that a person must know."""

UNTOLD_IN_REHEARSALS = UNREMARKABLE - {EventKind.DELIVERED}
"""Events for which lines of a rehearsal have no room: they are the posts, and what went wrong."""


class StormView(Protocol):
    """Whoever shows a running storm; every method may be called from any thread."""

    def __call__(self, event: StormEvent) -> None:
        """Take note of an event."""
        ...

    def update(self, status: StormStatus, moment: Moment, halts: Sequence[HaltView] = ()) -> None:
        """Take note of how the storm stands."""
        ...

    def start(self) -> None:
        """Begin to show."""
        ...

    def stop(self) -> None:
        """End; what was shown last stays on the screen."""
        ...


class LiveView:
    """A live view of the storm, drawn again at most four times a second.

    Args:
        console: a terminal; off one, use PlainView.
        is_rehearsal: whether the commands that it names need `--rehearsal`.
    """

    is_live: ClassVar[bool] = True
    """Whether it moves, for someone who looks."""

    def __init__(self, console: Console, zone: tzinfo, *, is_rehearsal: bool = False) -> None:
        self._lock = threading.Lock()
        self._events: deque[StormEvent] = deque(maxlen=KEPT_EVENTS)
        self._frame = Frame(zone=zone, is_rehearsal=is_rehearsal)
        self._first: Moment | None = None
        self._live = Live(
            console=console,
            get_renderable=self._draw,
            refresh_per_second=REFRESHES_PER_SECOND,
            vertical_overflow="crop",
        )

    def __call__(self, event: StormEvent) -> None:
        """Keep an event that the picture would not show by itself."""
        if event.kind in UNREMARKABLE:
            return
        with self._lock:
            self._events.append(event)

    def update(self, status: StormStatus, moment: Moment, halts: Sequence[HaltView] = ()) -> None:
        """Take over the newest state; it is drawn with the next refresh."""
        with self._lock:
            self._first = self._first or moment
            self._frame = replace(
                self._frame,
                status=status,
                moment=moment,
                halts=tuple(halts),
                speed=_measure_speed(self._first, moment),
            )

    def start(self) -> None:
        """Begin to draw, a line below what is there already."""
        self._live.console.line()
        self._live.start(refresh=True)

    def stop(self) -> None:
        """Draw the last picture and leave it on the screen, with a line below it."""
        self._live.stop()
        self._live.console.line()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _draw(self) -> Frame:
        with self._lock:
            frame, events = self._frame, tuple(self._events)
        return replace(frame, events=events)


class PlainView:
    """One line an event, written at once.

    When the stream is gone (a closed pipe, a lost connection) it falls silent: the storm goes on.

    Args:
        stream: where to write; characters that it cannot encode are written as escapes.
        is_rehearsal: whether the commands that lines name need `--rehearsal`; its lines are the posts and
            what went wrong.
    """

    is_live: ClassVar[bool] = False

    def __init__(self, stream: TextIO, zone: tzinfo, *, is_rehearsal: bool = False) -> None:
        self._stream = stream
        self._zone = zone
        self._is_rehearsal = is_rehearsal
        self._lock = threading.Lock()
        self._is_gone = False

    def __call__(self, event: StormEvent) -> None:
        """Write the event's line."""
        if self._is_rehearsal and event.kind in UNTOLD_IN_REHEARSALS:
            return
        line = render_event(event, self._zone, is_rehearsal=self._is_rehearsal)
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        writable = line.encode(encoding, "backslashreplace").decode(encoding)
        with self._lock:
            if self._is_gone:
                return
            try:
                self._stream.write(f"{writable}\n")
                self._stream.flush()
            except (OSError, ValueError):
                # Broken pipe, or closed: nobody is left to be told, and the ledger keeps every event.
                self._is_gone = True

    def update(self, status: StormStatus, moment: Moment, halts: Sequence[HaltView] = ()) -> None:
        """Write nothing: lines tell what happens, and `status` how things stand."""

    def start(self) -> None:
        """Nothing has to be prepared."""

    def stop(self) -> None:
        """Nothing has to be put away."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the stream open: it is not ours."""


def _measure_speed(first: Moment, now: Moment) -> float:
    """Return how much faster than real time the storm's clock has run since the first moment."""
    real_s = (now.wall_at - first.wall_at).total_seconds()
    return (now.at - first.at).total_seconds() / real_s if real_s > 0 else 1.0
