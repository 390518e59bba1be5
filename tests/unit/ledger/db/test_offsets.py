"""How far a server's clock is ahead, from readings that take their time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stormctl.ledger.db.offsets import ServerOffset

NOON = datetime(2026, 12, 18, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """Return the moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def measure(*readings: tuple[float, float, float]) -> float:
    """Return the offset in seconds after readings: asked at, the server's answer, answered at."""
    offset = ServerOffset()
    for reading in readings:
        offset.note(*(after(seconds) for seconds in reading))
    return offset.value.total_seconds()


def test_nothing_read_yet() -> None:
    """Until the server was asked, the clocks count as one."""
    assert measure() == 0


def test_clocks_that_may_agree_do() -> None:
    """A server's time between question and answer proves no difference."""
    assert measure((10, 10.9, 11)) == 0


def test_middle_of_what_is_possible() -> None:
    """The server said 20 between 10 and 11: it is between 9 and 10 seconds ahead."""
    assert measure((10, 20, 11)) == 9.5


def test_server_behind() -> None:
    """The offset may be negative."""
    assert measure((10, 5, 10)) == -5


def test_quicker_reading_is_kept() -> None:
    """A slow answer that agrees tells nothing new."""
    assert measure((10, 20, 10), (12, 23, 14)) == 10


def test_sharper_reading_replaces() -> None:
    """A quick answer after a slow one is the better one."""
    assert measure((10, 20, 14), (15, 24, 15)) == 9


def test_old_reading_is_replaced() -> None:
    """After a minute a slow answer is better than none: clocks drift."""
    assert measure((10, 20, 10), (71, 81, 73)) == 9


def test_clock_that_was_set_is_noticed_at_once() -> None:
    """A reading that contradicts the kept one wins, however slow: one of the clocks was set."""
    assert measure((10, 20, 10), (12, 112, 14)) == 99


def test_clock_that_was_set_back_is_noticed_at_once() -> None:
    """This machine's clock jumped back by an hour since the kept reading."""
    assert measure((5000, 5010, 5000), (1400, 5011, 1402)) == 3610


def test_clock_set_back_during_the_question_proves_nothing() -> None:
    """An answer that came before its question is thrown away."""
    assert measure((10, 20, 10), (12, 3000, 9)) == 10
