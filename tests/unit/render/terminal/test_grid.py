"""Tables that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.render.terminal.grid import Column, Grid, GridSection

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = (
    Column("Time"),
    Column("Message", least=6),
    Column("Posts", "right"),
    Column("Why", least=8, wrap=True),
)
ROWS = [("08:00", "noon-statement", "1,200", "a long reason for it"), ("12:00", "dignity", "3", "")]


def test_columns_are_aligned_under_their_heads(show: Callable[..., str]) -> None:
    """Numbers stand on the right, and sections follow each other under one head."""
    grid = Grid(FIELDS, [GridSection(ROWS[:1]), GridSection(ROWS[1:], "Later")], indent=1)

    assert show(grid, width=60).splitlines() == [
        " Time   Message         Posts  Why",
        " 08:00  noon-statement  1,200  a long reason for it",
        " Later",
        " 12:00  dignity             3",
    ]


def test_the_last_columns_are_cut_first(show: Callable[..., str]) -> None:
    """One cell goes on in the next line, another ends in an ellipsis."""
    grid = Grid(FIELDS, [GridSection(ROWS)])

    assert show(grid, width=34).splitlines() == [
        "Time   Message     Posts  Why",
        "08:00  noon-stat…  1,200  a long",
        "                          reason",
        "                          for it",
        "12:00  dignity         3",
    ]


def test_where_nothing_more_can_be_cut_rows_become_lists(show: Callable[..., str]) -> None:
    """Each value has its head beside it, and empty ones are left out."""
    grid = Grid(FIELDS, [GridSection(ROWS, "Today")])

    assert show(grid, width=26).splitlines() == [
        "Today",
        "08:00",
        "  Message: noon-statement",
        "  Posts: 1,200",
        "  Why: a long reason for",
        "  it",
        "12:00",
        "  Message: dignity",
        "  Posts: 3",
    ]


def test_wide_characters_count_as_two(show: Callable[..., str]) -> None:
    """Columns stay aligned beside characters that fill two cells."""
    grid = Grid((Column(""), Column("")), [GridSection([("移民", "a"), ("ab", "b")])])

    assert show(grid).splitlines() == ["移民  a", "ab    b"]
