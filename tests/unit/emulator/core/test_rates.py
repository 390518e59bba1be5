"""Tests of the rate windows."""

from __future__ import annotations

from stormctl.emulator.core.rates import RateWindow, RateWindows


def test_a_window_starts_with_its_first_request_and_ends_after_its_period() -> None:
    """Requests count down the window; after its end a new one starts."""
    now = [1000.0]
    rates = RateWindows(lambda: now[0])

    first = rates.count("read", "x:one", limit=2, period_s=900)
    now[0] = 1600.0
    second = rates.count("read", "x:one", limit=2, period_s=900)
    now[0] = 1900.0
    third = rates.peek("read", "x:one", limit=2, period_s=900)

    assert first == RateWindow(limit=2, remaining=1, reset_at=1900.0)
    assert second == RateWindow(limit=2, remaining=0, reset_at=1900.0)
    assert third == RateWindow(limit=2, remaining=2, reset_at=2800.0)


def test_accounts_and_kinds_of_request_are_counted_apart() -> None:
    """One account's requests don't use up another's, nor one endpoint's another's."""
    rates = RateWindows(lambda: 0.0)

    rates.count("read", "x:one", limit=5, period_s=900)

    assert rates.peek("read", "x:two", limit=5, period_s=900).remaining == 5
    assert rates.peek("write", "x:one", limit=5, period_s=900).remaining == 5


def test_what_was_counted_can_be_forgotten() -> None:
    """After clear a window is new."""
    rates = RateWindows(lambda: 0.0)
    rates.count("read", "x:one", limit=5, period_s=900)

    rates.clear()

    assert rates.peek("read", "x:one", limit=5, period_s=900).remaining == 5


def test_a_clock_that_steps_back_starts_a_new_window() -> None:
    """A window from the future does not block anybody."""
    now = [9000.0]
    rates = RateWindows(lambda: now[0])
    rates.count("read", "x:one", limit=1, period_s=900)

    now[0] = 1000.0

    assert rates.peek("read", "x:one", limit=1, period_s=900).remaining == 1
