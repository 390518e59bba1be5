"""A table where there is room for one, and the same facts as a list where there is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stormctl.render.words import QUIET, STRONG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult

GAP = 2
"""Blanks between columns."""

Cell = Text | str


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, on which side its cells stand, and how far they may be cut.

    Attributes:
        least: the width in characters below which a cut cell says nothing any more; None if cells are
            never cut.
        wrap: whether such a cell goes on in the next line instead of losing its end.
    """

    head: str
    justify: JustifyMethod = "left"
    least: int | None = None
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class GridSection:
    """Rows that belong together, with a heading over them, or none."""

    rows: Sequence[Sequence[Cell]]
    heading: str = ""


class Grid:
    """Sections of rows under common heads; where the screen is too narrow, one short list a row.

    Args:
        fields: the columns; the first names the row.
        sections: each row has as many cells as there are fields.
        indent: blanks on the left.
    """

    def __init__(self, fields: Sequence[Column], sections: Sequence[GridSection], indent: int = 0) -> None:
        self._fields = fields
        self._sections = sections
        self._indent = indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._fit(options.max_width - self._indent)
        for part in self._build_list() if widths is None else self._build_tables(widths):
            yield Padding(part, (0, 0, 0, self._indent), expand=False)

    def _fit(self, room: int) -> list[int] | None:
        rows = [row for section in self._sections for row in section.rows]
        widths = [
            max([len(field.head), *(_as_text(row[place]).cell_len for row in rows)])
            for place, field in enumerate(self._fields)
        ]
        spare = room - sum(widths) - GAP * (len(widths) - 1)
        # The last columns hold the words that are missed least.
        for place, field in reversed(list(enumerate(self._fields))):
            if spare < 0 and field.least is not None:
                cut = min(-spare, max(widths[place] - field.least, 0))
                widths[place] -= cut
                spare += cut
        return widths if spare >= 0 else None

    def _build_tables(self, widths: list[int]) -> Iterator[RenderableType]:
        for number, section in enumerate(self._sections):
            table = Table(
                box=None,
                padding=(0, GAP, 0, 0),
                pad_edge=False,
                header_style=QUIET,
                show_header=number == 0 and any(f.head for f in self._fields),
            )
            for field, width in zip(self._fields, widths, strict=True):
                table.add_column(
                    field.head,
                    justify=field.justify,
                    width=width,
                    no_wrap=not field.wrap,
                    overflow="fold" if field.wrap else "ellipsis",
                )
            for row in section.rows:
                table.add_row(*map(_as_text, row))
            if section.heading:
                yield Text(section.heading, STRONG)
            yield table

    def _build_list(self) -> Iterator[RenderableType]:
        for section in self._sections:
            if section.heading:
                yield Text(section.heading, STRONG)
            for name, *others in section.rows:
                yield _as_text(name)
                for field, cell in zip(self._fields[1:], others, strict=True):
                    text = _as_text(cell)
                    if text.plain:
                        head = Text(f"{field.head}: " if field.head else "", QUIET)
                        yield Padding(Text.assemble(head, text), (0, 0, 0, 2), expand=False)


def make_facts() -> Table:
    """Return an empty list of facts: rows of a name and what is to be said of it."""
    facts = Table.grid(padding=(0, GAP, 0, 0))
    facts.add_column(style=QUIET, no_wrap=True)
    facts.add_column(overflow="fold")
    return facts


def _as_text(cell: Cell) -> Text:
    return Text(cell) if isinstance(cell, str) else cell
