"""`ledger`: maintain the ledger as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli import console
from stormctl.cli.command_names import Commands
from stormctl.cli.console import ask, confirm, show, show_json, tell
from stormctl.cli.options import JsonOption
from stormctl.cli.scrubbing import SCRUBBER
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.engine.operate.maintenance import LedgerMaintenance


def add_to(app: typer.Typer) -> None:
    """Add this module's commands, a group of their own."""
    group = typer.Typer(cls=Commands, invoke_without_command=True, rich_markup_mode=None)
    group.callback()(ledger)
    for command in (backup, restore, migrate, copy, accept):
        group.command()(command)
    app.add_typer(group, name="ledger")


def ledger(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Show the ledger, back it up, restore, migrate, copy or accept it.

    Without a command: where it is, its version, size and hosts, its storms, the last backup, gaps of which
    it may not know everything, and live runners. It works with a ledger of any version.
    """
    from stormctl.render.terminal.maintenance import facts_json, render_facts

    if ctx.invoked_subcommand is not None:
        return
    facts = _open(ctx).describe()
    if as_json:
        show_json(facts_json(facts))
    else:
        show(render_facts(facts))


def backup(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="A new file; by default one with the time in its name in .stormctl/backups.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Copy the ledger into one new file.

    Works while runners post, and from a server too: the file is always SQLite. It is checked at the end.
    Nothing is overwritten.
    """
    from stormctl.render.terminal.maintenance import render_backup

    show(render_backup(_open(ctx).back_up(file)))


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that stormctl ledger backup made.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation (for scripts).")] = False,
) -> None:
    """Put a backup in place of the ledger.

    Shows what it holds and what it replaces, and asks. The ledger that is there is set aside. Whatever was
    due since the backup is in doubt until a runner has read the accounts. No runner may be alive.
    """
    from stormctl.render.terminal.maintenance import render_exchange, render_restoration

    context: Context = ctx.obj
    upkeep = _open(ctx)
    exchange = upkeep.look_at(file, context.environment.settings.host)
    tell(render_exchange(exchange, upkeep.where))
    word = exchange.backup.storms[0].storm_id if exchange.backup.storms else "restore"
    confirm("restore", word, yes=yes, script="stormctl ledger restore FILE --yes")
    show(render_restoration(upkeep.restore(file)))


def migrate(ctx: typer.Context) -> None:
    """Bring an older ledger to this version.

    It makes a backup first and prints its path. No runner may be alive while the tables
    change.
    """
    from stormctl.render.terminal.maintenance import render_migration

    upkeep = _open(ctx)
    show(render_migration(upkeep.migrate(), upkeep.where))


def copy(
    ctx: typer.Context,
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="The new ledger: postgresql://USER@HOST/DATABASE, or sqlite:///FILE. The password can be in "
            "PGPASSWORD or ~/.pgpass instead.",
        ),
    ],
) -> None:
    """Copy the ledger to another database.

    Everything must be halted, and no runner alive. All rows are compared before the new ledger counts; this
    one is then out of use. The new one stays halted until stormctl resume.
    """
    from stormctl.environment import find_secret_parts
    from stormctl.render.terminal.maintenance import render_move

    SCRUBBER.learn(find_secret_parts(url, is_ledger=True))
    show(render_move(_open(ctx).copy(url)))


def accept(
    ctx: typer.Context,
    yes: Annotated[
        str | None,
        typer.Option(
            "--yes",
            metavar="LEDGER_ID",
            help="Don't ask for confirmation (for scripts): the id of this ledger.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Allow publishing from a ledger that was not made here.

    For a ledger's file that came from another machine, or was moved by hand. Shows what it would post
    first, and asks. Until then nothing in it is published; status and halt work without it.
    """
    from stormctl.render.terminal.maintenance import render_introduction

    upkeep = _open(ctx)
    introduction = upkeep.introduce()
    if introduction is None:
        show(f"nothing to do: {upkeep.where} is known on this machine")
        return
    ledger_id = introduction.ledger_id
    tell(render_introduction(introduction))
    if yes is not None:
        if yes.strip() != ledger_id:
            raise UsageError(f"“{yes}” is not the id of the ledger that is there", f"Its id is {ledger_id}.")
    elif not console.is_terminal():
        hint = f"Have a person check it. Then, for scripts: stormctl ledger accept --yes {ledger_id}"
        raise UsageError("can't ask for confirmation: not a terminal", hint)
    elif ask("Type yes to accept it") != "yes":
        raise UsageError("not accepted: that was not yes", "Nothing in it is published.")
    for alarm in upkeep.accept(ledger_id):
        tell(alarm)
    show(f"accepted {upkeep.where}: it is now used like one that was made here")


def _open(ctx: typer.Context) -> LedgerMaintenance:
    from stormctl.engine.operate.maintenance import LedgerMaintenance

    context: Context = ctx.obj
    return LedgerMaintenance(context.ledger_url, context.root, context.durations.runner_timeout)
