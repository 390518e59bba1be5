"""`rehearse` and `launch`: a storm in a minute, and the storm itself."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli.options import JsonOption, PlainOption, ScheduleArgument
from stormctl.errors import CredentialsError, ExitCode, UsageError, choose_exit_code

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.domain.status import LaunchSummary
    from stormctl.engine.adapters import EnvironmentAdapters
    from stormctl.engine.campaign import Campaign
    from stormctl.engine.launch import Preparation
    from stormctl.ledger.ledger import Ledger


def add_to(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(rehearse)
    app.command()(launch)


def rehearse(
    context: typer.Context,
    schedule: ScheduleArgument = None,
    speed: Annotated[
        float | None,
        typer.Option(
            help="Storm seconds a second while nothing is due; by default the day takes about a minute.",
            min=1.0,
            max=100_000.0,
            show_default=False,
        ),
    ] = None,
    faults: Annotated[
        str, typer.Option(metavar="PROFILE|FILE", help="none, normal, rough, or a TOML file of faults.")
    ] = "none",
    plain: PlainOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run the whole storm here, in a minute.

    It goes to a local stand-in for X and Facebook, by the very code of `launch`, on a fast clock and with a
    ledger of its own; nothing leaves this machine. At the end the stand-in is asked what it really
    received. Exit code 0 only if every delivery arrived exactly once.
    """
    from stormctl.cli.console import show, show_json, tell
    from stormctl.cli.report import write_report
    from stormctl.cli.watching import Watch, make_view, viewer_zone
    from stormctl.engine.rehearsal import DURATIONS, rehearsal_folder
    from stormctl.engine.rehearsal import rehearse as run_rehearsal
    from stormctl.engine.standing import exit_codes_of_storm
    from stormctl.render.exports import tally_json
    from stormctl.render.tables import render_summary, render_tally

    campaign = _load(context.obj, schedule)
    storm, _ = campaign.get_plan()
    report_path = rehearsal_folder(campaign.root) / "report.html"
    view = make_view(storm.timezone, plain=plain, is_rehearsal=True)
    watch = Watch(view, storm.id, DURATIONS)

    def show_summary(summary: LaunchSummary) -> None:
        tell(render_summary(summary, viewer_zone()))
        tell(f"The timelines as followers would see them: http://{summary.hosts[0][1]}/")

    with watch.catching_signals():
        rehearsed = run_rehearsal(
            campaign,
            view,
            speed=speed,
            faults=faults,
            report_path=_shorten(report_path),
            show=show_summary,
            watch=watch,
            showing=watch.showing(),
        )
    write_report(rehearsed.report, report_path)
    if as_json:
        show_json(tally_json(rehearsed.tally))
    else:
        show(render_tally(rehearsed.tally))
    if not rehearsed.tally.is_clean:
        raise typer.Exit(choose_exit_code(exit_codes_of_storm(rehearsed.status) | {ExitCode.INCOMPLETE}))


def launch(
    context: typer.Context,
    schedule: ScheduleArgument = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask: for scripts.")] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="CHANNEL",
            help="Leave a channel out; it starts suspended. May be repeated.",
            show_default=False,
        ),
    ] = None,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Record planned posts that already stand on the accounts as delivered."),
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Enrol only, and leave the running to a daemon or tick.")
    ] = False,
    plain: PlainOption = False,
) -> None:
    """Start the storm for real.

    Checks everything, shows what will happen and as whom, asks, enrols the plan, and runs it with a live
    view. A second launch of the same storm joins it as another runner; after a crash it goes on where it
    was. Ctrl-C finishes the request in flight and stops this runner; the storm stays in the ledger.
    """
    from stormctl.cli.console import tell
    from stormctl.cli.watching import viewer_zone
    from stormctl.domain.channel import parse_channel_id
    from stormctl.engine.adapters import EnvironmentAdapters
    from stormctl.engine.clocks import SystemClock
    from stormctl.engine.launch import prepare_launch, require_approval
    from stormctl.ledger.ledger import find_ledger
    from stormctl.render.tables import render_summary

    scene: Context = context.obj
    campaign = _load(scene, schedule)
    try:
        left_out = [parse_channel_id(name) for name in without or ()]
    except ValueError as error:
        raise UsageError(str(error)) from None
    storm, _ = campaign.get_plan()
    require_approval(storm)
    settings, clock = scene.environment.settings, SystemClock()
    adapters = EnvironmentAdapters(scene.environment)
    try:
        where, exists = find_ledger(scene.ledger_url, root=scene.root)
        with scene.open_ledger() if exists else nullcontext() as ledger:
            preparation = prepare_launch(
                campaign, settings, adapters, ledger, clock.moment(), where=where, without=left_out
            )
        tell(render_summary(preparation.summary, viewer_zone()))
        _confirm(preparation, yes=yes)
        with scene.open_ledger(create=True) as ledger:
            _run(scene, preparation, adapters, ledger, adopt=adopt, detach=detach, plain=plain)
    finally:
        adapters.close()


def _load(scene: Context, schedule: str | None) -> Campaign:
    """Read the campaign and tell what was found in its files."""
    from stormctl.cli.console import tell
    from stormctl.render.findings import render_findings

    campaign = scene.load_campaign(schedule)
    if campaign.findings:
        tell(render_findings(campaign.findings))
    return campaign


def _shorten(path: Path) -> str:
    """Write a path relative to where we are, if it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _confirm(preparation: Preparation, *, yes: bool) -> None:
    """Have a person type the storm's id; bad channels need their word too, or `--without`."""
    from stormctl.cli.console import is_terminal

    bad = preparation.bad
    names = ", ".join(str(proof.channel) for proof in bad)
    if yes:
        if bad:
            message, hint = bad[0].check.bad[0]
            raise CredentialsError(
                f"{names} can't publish: {message}",
                f"{hint} Or leave {'it' if len(bad) == 1 else 'them'} out: "
                + " ".join(f"--without {proof.channel}" for proof in bad),
            )
        return
    if not is_terminal():
        raise UsageError("nobody can confirm here", "For scripts: stormctl launch SCHEDULE --yes.")
    if bad:
        typer.echo(f"{names} will start suspended.", err=True)
    storm_id = preparation.storm.id
    answer = typer.prompt(f"Type {storm_id} to launch", default="", show_default=False, err=True)
    if answer.strip() != storm_id:
        raise UsageError("not launched: that was not the storm's name", "Nothing was enrolled or published.")


def _run(
    scene: Context,
    preparation: Preparation,
    adapters: EnvironmentAdapters,
    ledger: Ledger,
    *,
    adopt: bool,
    detach: bool,
    plain: bool,
) -> None:
    """Enrol the plan and run it; the exit code says how it ended."""
    from stormctl.cli.console import show, tell
    from stormctl.cli.watching import Watch, make_view
    from stormctl.engine.adoption import find_published
    from stormctl.engine.clocks import SystemClock
    from stormctl.engine.equipment import Equipment
    from stormctl.engine.launch import enroll, run_storm
    from stormctl.engine.standing import exit_codes_after_run, get_status
    from stormctl.render.status import render_status

    clock = SystemClock(ledger.clock_offset)
    storm, durations = preparation.storm, scene.durations
    published, unread = find_published(preparation, ledger, adapters, clock.moment(), adopt=adopt)
    for line in unread:
        tell(line)
    enrolled = enroll(preparation, scene.environment.settings, ledger, clock, published)
    tell(
        f"enrolled in {ledger.where}: {enrolled.added} new, {enrolled.updated} changed, "
        f"{enrolled.unchanged} as before, {enrolled.withdrawn} withdrawn, {enrolled.settled} settled already"
    )
    if detach:
        tell("detached: a daemon (stormctl daemon) or cron (stormctl tick) must run it")
        return
    view = make_view(storm.timezone, plain=plain)
    watch = Watch(view, storm.id, durations)
    with watch.catching_signals(), watch.showing():
        run_storm(
            Equipment(
                ledger=ledger,
                adapters=adapters,
                clock=clock,
                listener=view,
                durations=durations,
                root=scene.root,
            ),
            storm_id=storm.id,
            channels=preparation.serving,
            kind="launch",
            watch=lambda runner: watch(runner, ledger, clock),
        )
    moment = clock.moment()
    show(
        render_status(
            ledger.history.status(moment, storm_id=storm.id, runner_timeout=durations.runner_timeout)
        )
    )
    if watch.was_stopped:
        tell("this runner has stopped; the storm stays in the ledger: stormctl launch goes on with it")
    codes = exit_codes_after_run(
        get_status(ledger, moment, storm.id, durations),
        is_halted=bool(ledger.halts.active()),
        was_stopped=watch.was_stopped,
    )
    raise typer.Exit(choose_exit_code(codes))
