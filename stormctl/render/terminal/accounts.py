"""Whose accounts the channels are, and what is missing of their credentials: names, never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stormctl.domain.base.amounts import count
from stormctl.domain.delivery.signin import CredentialsKnowledge, Source
from stormctl.render.exports.documents import SCHEMA_VERSION
from stormctl.render.words import BAD, GOOD, QUIET, STRONG, WARN, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from stormctl.domain.delivery.signin import ChannelAccess, ManagedPage, Owner
    from stormctl.render.exports.setup_shapes import AuthDocument

_INDENT = (0, 0, 0, 4)
_SOURCES = {Source.ENVIRONMENT: "in the environment", Source.FILE: "in .env"}


def render_access(rows: Sequence[ChannelAccess]) -> RenderableType:
    """Show how many can't post, then each channel with its account, its variables, and what is wrong."""
    bad = sum(row.is_bad for row in rows)
    what = "no channel is known to lack anything"
    if bad:
        what = f"{bad} of {count(len(rows), 'channel')} can't post yet"
    parts: list[RenderableType] = [Text(what, STRONG)]
    for row in rows:
        parts += ["", *_render_channel(row)]
    return Group(*parts)


def access_json(rows: Sequence[ChannelAccess]) -> AuthDocument:
    """Export what `render_access` shows."""
    return {
        "schema_version": SCHEMA_VERSION,
        "channels": [
            {
                "channel": row.channel,
                "account": None
                if row.owner is None
                else {"id": row.owner.id, "name": row.owner.name, "url": row.owner.url},
                "known_from": row.known_from,
                "missing": list(row.missing),
                "variables": [
                    {
                        "name": v.name,
                        "source": v.source,
                        "optional": v.is_optional,
                    }
                    for v in row.variables
                ],
                "problems": list(row.problems),
                "remarks": list(row.remarks),
                "hint": row.hint,
                "ok": not row.is_bad,
            }
            for row in rows
        ],
    }


def render_pages(pages: Sequence[ManagedPage]) -> RenderableType:
    """Show the Pages to choose from, with what the person may do on each."""
    grid = _make_grid()
    for place, page in enumerate(pages, 1):
        tasks = ", ".join(page.tasks) or "no tasks"
        verdict = Text("can post", GOOD) if page.can_publish else Text("can't post: no CREATE_CONTENT", BAD)
        name = Text(clean(page.name), STRONG)
        grid.add_row(str(place), name, page.id, verdict, Text(clean(tasks), QUIET))
    return grid


def render_grant(
    channel: str, owner: Owner, remarks: Sequence[str], host: str, *, is_live: bool
) -> RenderableType:
    """Show whose credentials a sign-in brought, before anything is written."""
    grid = _make_grid()
    grid.add_row("Channel", channel)
    grid.add_row("Account", Text(clean(owner.name), STRONG))
    grid.add_row("Number", owner.id)
    if owner.url is not None:
        grid.add_row("Address", clean(owner.url))
    where = Text(host)
    if not is_live:
        where.append("  NOT LIVE: this is not the real platform", WARN)
    grid.add_row("Host", where)
    for remark in remarks:
        grid.add_row("Note", Text(clean(remark), WARN))
    return grid


def render_signed_in(channel: str, owner: Owner, file: Path, names: Sequence[str]) -> RenderableType:
    """Show what a sign-in has written, and where: the variables by their names."""
    head = Text(channel, STRONG).append(f" is {clean(owner.name)}", GOOD)
    return Group(head, f"written to {file}:", *(Padding(name, _INDENT, expand=False) for name in names))


def _render_channel(row: ChannelAccess) -> Iterator[RenderableType]:
    yield Text(row.channel, STRONG).append("  ").append(_describe_owner(row))
    grid = _make_grid()
    for variable in row.variables:
        if variable.source is not None:
            grid.add_row(variable.name, Text(_SOURCES[variable.source], QUIET))
        elif variable.is_optional:
            grid.add_row(variable.name, Text("not set; not needed", QUIET))
        else:
            grid.add_row(variable.name, Text("missing", BAD))
    yield Padding(grid, _INDENT)
    for problem in row.problems:
        yield Padding(Text(clean(problem), BAD), _INDENT)
    for remark in row.remarks:
        yield Padding(Text(clean(remark), WARN), _INDENT)
    if row.hint:
        yield Padding(Text(clean(row.hint), STRONG), _INDENT)


def _describe_owner(row: ChannelAccess) -> Text:
    if row.owner is None:
        return Text("account not known", BAD if row.is_bad else WARN)
    style = BAD if row.is_bad else GOOD if row.known_from is CredentialsKnowledge.PLATFORM else ""
    name = Text(f"{clean(row.owner.name)} ({row.owner.id})", style)
    return (
        name
        if row.known_from is CredentialsKnowledge.PLATFORM
        else name.append(", as the ledger knows it", QUIET)
    )


def _make_grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    return grid
