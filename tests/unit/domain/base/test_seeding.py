from __future__ import annotations

from stormctl.domain.base.seeding import draw


def test_same_names_draw_the_same() -> None:
    """A draw depends on seed and names alone, on every machine and in every run."""
    assert draw(7, "order", "x:acme", "dignity") == 0.5418593943493482


def test_other_names_draw_otherwise() -> None:
    """Seeds, names and their boundaries matter, and every draw is below one."""
    draws = {draw(7, "ab", "c"), draw(7, "a", "bc"), draw(8, "ab", "c"), draw(7, "ab", "d")}

    assert len(draws) == 4
    assert all(0 <= number < 1 for number in draws)
