"""`status`: see everything, on the screen or as a page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.acting import alerting
from stormctl.cli.completion import complete_storm
from stormctl.cli.console import show, show_json
from stormctl.cli.options import JsonOption, RehearsalOption
from stormctl.cli.web.start import (
    HaltAddressOption,
    HostOption,
    PortOption,
    WebOption,
    WebOptions,
    serve_web,
)
from stormctl.errors import UsageError, choose_exit_code

if TYPE_CHECKING:
    from stormctl.domain.report.status import DeliveryView, LedgerStatus


def status(
    ctx: typer.Context,
    storm: Annotated[
        str | None,
        typer.Argument(
            metavar="STORM",
            help="Only this storm; by default all storms in the ledger.",
            autocompletion=complete_storm,
        ),
    ] = None,
    find: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Show only the published and coming posts that contain a text, with their keys.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    web: WebOption = False,
    port: PortOption = None,
    halt_address: HaltAddressOption = False,
    host: HostOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """Show how things stand.

    Runners, halts, the next posts, what is late, missed or in doubt. Exit codes: 9 halted, 8 in doubt, 11
    something is due and nothing runs, 6 a budget is spent, 7 some were not delivered. With `--find` it is
    0, whether anything is found or not, and so it is when the page of `--web` ends.
    """
    from stormctl.engine.operate.choosing import name_shown
    from stormctl.engine.operate.standing import exit_codes_of_ledger
    from stormctl.files.nearest import suggest

    serving = WebOptions(web, port, halt_address, host)
    serving.check(is_printing=as_json or find is not None)
    with ctx.obj.open_with_clock(
        rehearsal=rehearsal, needs_keys=False, command="status", as_json=as_json
    ) as opened:
        standing = opened.ledger.overview.status(
            opened.clock.moment(), storm_id=storm, runner_timeout=opened.durations.runner_timeout
        )
        if storm is not None and not standing.storms:
            hint = suggest(storm, opened.ledger.history.storms())
            raise UsageError(f"the ledger has no storm {storm}", hint or "stormctl launch enrols one.")
        if find is not None:
            history = opened.ledger.history
            found = history.search(find, storm)
            names = history.short_keys([view.key for view in found])
            _show_found(find, found, names, standing, as_json=as_json)
            return
        if web:
            serve_web(opened, storm, serving, partial(alerting, ctx.obj, opened, rehearsal=rehearsal))
            return
        names = {} if as_json else name_shown(opened.ledger, standing)
    if as_json:
        from stormctl.render.exports.documents import status_json

        show_json(status_json(standing))
    else:
        from stormctl.render.terminal.status import render_status

        show(render_status(standing, names, rehearsal=rehearsal))
    raise typer.Exit(choose_exit_code(exit_codes_of_ledger(standing)))


def _show_found(
    text: str, found: list[DeliveryView], names: dict[str, str], standing: LedgerStatus, *, as_json: bool
) -> None:
    from stormctl.render.exports.deliveries import found_json
    from stormctl.render.terminal.deliveries import render_found

    if as_json:
        show_json(found_json(text, found))
    else:
        zones = {storm.storm_id: storm.timezone for storm in standing.storms}
        show(render_found(text, found, zones, names))
