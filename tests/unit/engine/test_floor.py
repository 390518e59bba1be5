"""The floor: one thread works at a time, but for its waits for the network."""

from __future__ import annotations

import threading

import pytest

from stormctl.engine.floor import Floor
from stormctl.platforms.adapter import WAITING

SOON_S = 10
"""Longer than any machine needs; a test that passes never waits for it."""


def test_nobody_works_beside_whoever_holds_the_floor() -> None:
    """A second thread begins only when the first is done."""
    floor, order = Floor(), list[str]()

    def work() -> None:
        with floor.held():
            order.append("second")

    second = threading.Thread(target=work)
    with floor.held():
        second.start()
        second.join(0.05)
        order.append("first")
    second.join(SOON_S)

    assert order == ["first", "second"]


def test_another_works_while_one_waits_for_the_network() -> None:
    """Whoever waits leaves the floor, and has it again before going on."""
    floor, was_free = Floor(), threading.Event()

    def work() -> None:
        with floor.held():
            was_free.set()

    second = threading.Thread(target=work)
    with floor.held():
        with WAITING.get()():
            second.start()
            came = was_free.wait(SOON_S)
        second.join(SOON_S)
        third = threading.Thread(target=lambda: floor.held().__enter__(), daemon=True)
        third.start()
        third.join(0.05)

        assert (came, third.is_alive()) == (True, True)


def test_a_wait_that_fails_gives_the_floor_back() -> None:
    """After a connection that broke the thread goes on, and so does the next one after it."""
    floor = Floor()

    with pytest.raises(ConnectionError), floor.held(), WAITING.get()():
        raise ConnectionError

    with floor.held():
        pass


def test_without_the_floor_waits_are_nobody_else_s_affair() -> None:
    """What uploads, reads and verifies waits as it is."""
    floor = Floor()
    with floor.held():
        pass

    with WAITING.get()() as nothing:
        pass

    assert nothing is None
