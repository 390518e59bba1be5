"""A machine is kept awake where that is possible, and it is never a failure where it is not."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from stormctl.engine.run.keep_awake import advise, staying_awake

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_machine_that_can_be_kept_awake_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says so; the switch is wakepy's own for tests."""
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "1")

    with staying_awake() as line:
        told = line

    assert told == "this machine is kept awake while the storm runs"


def test_a_machine_that_refuses_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person can do instead is said, and the storm runs."""
    monkeypatch.setenv("WAKEPY_FORCE_FAILURE", "1")

    with staying_awake() as line:
        told = line

    assert told == advise()


@pytest.mark.parametrize("stage", ["before", "after"])
def test_trouble_with_the_system_is_no_trouble_for_the_storm(stage: str) -> None:
    """A message bus that breaks when it is asked, or when it is let go, ends nothing."""

    @contextmanager
    def break_down() -> Iterator[bool]:
        if stage == "before":
            raise ConnectionError("no bus")
        yield True
        raise ConnectionError("the bus has gone")

    with staying_awake(break_down) as line:
        told = line

    assert told == (advise() if stage == "before" else "this machine is kept awake while the storm runs")


def test_what_breaks_a_storm_passes() -> None:
    """A bug of the storm's own is neither swallowed nor changed."""
    released = []

    @contextmanager
    def inhibit() -> Iterator[bool]:
        try:
            yield True
        finally:
            released.append(True)

    with pytest.raises(ZeroDivisionError), staying_awake(inhibit):
        raise ZeroDivisionError

    assert released == [True]


@pytest.mark.parametrize(
    ("platform", "desktop", "word"),
    [
        ("darwin", {}, "caffeinate"),
        ("win32", {}, "Settings"),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, "systemd-inhibit"),
        ("linux", {}, "no desktop here"),
    ],
)
def test_the_advice_fits_the_system(platform: str, desktop: dict[str, str], word: str) -> None:
    """Each system has its own way, and a server needs none."""
    assert word in advise(platform, desktop)
