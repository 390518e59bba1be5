"""`launch`: the storm itself."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer

from stormctl.cli import console
from stormctl.cli.completion import complete_scheduled_channel
from stormctl.cli.console import confirm, show, tell, translate
from stormctl.cli.options import LanguageOption, LogFileOption, PlainOption, ScheduleArgument, read_channel
from stormctl.cli.scrubbing import SCRUBBER
from stormctl.errors import CredentialsError, FindingsError, StormctlError

if TYPE_CHECKING:
    from stormctl.cli.context import Context
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Workspace
    from stormctl.engine.launch.continuing import Continuation
    from stormctl.engine.launch.launch import Launch
    from stormctl.engine.launch.preparation import Preparation


def launch(
    ctx: typer.Context,
    schedule: ScheduleArgument = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation (for scripts).")] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="CHANNEL",
            autocompletion=complete_scheduled_channel,
            help="Leave a channel out; it starts suspended. May be repeated.",
            show_default=False,
        ),
    ] = None,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Record planned posts that are already on the accounts as delivered."),
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Only enrol; a daemon or tick then publishes.")
    ] = False,
    plain: PlainOption = False,
    log_file: LogFileOption = None,
    lang: LanguageOption = None,
) -> None:
    """Start the storm for real.

    Checks everything, shows what will happen and as whom, asks, enrols the plan, and runs it with a live
    view. A second launch of the same storm joins it as another runner; after a crash it goes on where it
    was. What is enrolled goes on whatever has become of the files: what is new in them waits until they are
    clean. At a terminal Ctrl-C asks what becomes of the storm; closing the window finishes the request in
    flight and stops this runner. The storm stays in the ledger.
    """
    from stormctl.engine.launch.launch import continuing, launching
    from stormctl.engine.launch.preparation import NothingToPublishError

    del lang
    context: Context = ctx.obj
    left_out = [read_channel(name) for name in without or ()]
    files = _read_files(context, schedule)
    with context.open_workspace() as workspace, ExitStack() as stack:
        agree = partial(_agree, context, context.notifications.summary, yes=yes)
        problem = files.problem
        if problem is None:
            try:
                launched = stack.enter_context(
                    launching(files.get_campaign(), workspace, agree, tell, without=left_out, adopt=adopt)
                )
            except (CredentialsError, FindingsError, NothingToPublishError) as error:
                problem = error
        if problem is not None:
            storm_id = _find_running(context, workspace, schedule, problem)
            go_on = partial(_agree_to_continue, problem, yes=yes, detach=detach)
            launched = stack.enter_context(
                continuing(workspace, storm_id, files.campaign, go_on, without=left_out)
            )
        if detach:
            tell("detached: a daemon (stormctl daemon) or cron (stormctl tick) must run it")
        else:
            _run(context, launched, plain=plain, log_file=log_file)


@dataclass(frozen=True, slots=True)
class _Files:
    """What the campaign's files say, and why that can't be launched."""

    campaign: Campaign | None
    problem: Exception | None = None

    def get_campaign(self) -> Campaign:
        """Return the campaign; there is one where there is no problem."""
        if self.campaign is None:
            raise LookupError("no campaign was read")
        return self.campaign


def _read_files(context: Context, schedule: str | None) -> _Files:
    """Read the campaign and tell what was found; what keeps it from being launched is for later.

    A bug in the checks must not keep from running what is enrolled already: it is raised if nothing is.
    """
    from stormctl.engine.launch.preparation import require_approval

    campaign = None
    try:
        campaign = context.load_and_tell(schedule)
        require_approval(campaign.get_plan()[0])
    except Exception as problem:  # noqa: BLE001 - `_find_running` raises it where nothing can go on
        return _Files(campaign, problem)
    return _Files(campaign)


def _find_running(context: Context, workspace: Workspace, schedule: str | None, problem: Exception) -> str:
    """Return the storm that goes on although its files can't be launched; otherwise raise why not."""
    from stormctl.engine.launch.continuing import find_running

    with workspace.open_known() as ledger:
        storm_id = find_running(ledger, context.root, schedule) if ledger is not None else None
    if storm_id is None:
        raise problem
    return storm_id


def _agree_to_continue(problem: Exception, continuation: Continuation, *, yes: bool, detach: bool) -> None:
    """Say that nothing new is enrolled, and why; show what goes on, and have a person say yes to it."""
    from stormctl.render.terminal.tables import render_continuation

    is_ours = any(proof.is_bad for proof in continuation.proofs) or bool(continuation.strangers)
    if detach or (isinstance(problem, CredentialsError) and is_ours):
        raise problem  # nothing could be done but enrol, or it is no new content that is wrong
    if isinstance(problem, StormctlError):
        why = f"{translate(problem.message)}. {translate(problem.hint)}"
    else:
        why = f"stormctl has a bug that their reading met: {type(problem).__name__}"
    tell(
        render_continuation(
            continuation.status,
            [proof.check for proof in continuation.proofs],
            SCRUBBER.scrub(why),
            hosts=continuation.hosts,
            is_live=continuation.is_live,
            drift=continuation.drift,
        )
    )
    for channel, error in continuation.strangers:
        tell(f"{channel} is not served: {error.message}")
    _tell_runners(continuation)
    script = "stormctl launch SCHEDULE --yes"
    mark = "" if continuation.is_live else " (NOT LIVE)"
    confirm(f"go on with what is enrolled{mark}", continuation.storm_id, yes=yes, script=script)


def _tell_runners(prepared: Preparation | Continuation) -> None:
    """Say who runs the storm already, where and since when."""
    from stormctl.render.terminal.notices import describe_runners

    for line in describe_runners(prepared.storm_id, prepared.runners, ZoneInfo(prepared.timezone)):
        tell(line)


def _agree(context: Context, alerts: str, preparation: Preparation, *, yes: bool) -> None:
    """Show what will happen and what `doctor` would warn of, and have a person say yes to it."""
    from stormctl.cli.watching import viewer_zone
    from stormctl.engine.base.clocks import SystemClock
    from stormctl.engine.doctor.doctor import find_troubles
    from stormctl.render.terminal.doctor import render_sections
    from stormctl.render.terminal.tables import render_summary

    tell(render_summary(replace(preparation.summary, alerts=alerts), viewer_zone()))
    case = context.make_case(preparation.campaign, SystemClock().moment(), is_launching=True)
    for part in render_sections(find_troubles(case, preparation)):
        tell(part)
    _tell_runners(preparation)
    _confirm(preparation, yes=yes)


def _confirm(preparation: Preparation, *, yes: bool) -> None:
    """Have a person type the storm's id; bad channels need their word too, or `--without`."""
    bad = preparation.bad
    names = ", ".join(str(proof.channel) for proof in bad)
    if bad and yes:
        message, hint = bad[0].check.bad[0]
        raise CredentialsError(
            f"{names} can't publish: {message}",
            f"{hint.rstrip('.')}. Or leave {'it' if len(bad) == 1 else 'them'} out: "
            + " ".join(f"--without {proof.channel}" for proof in bad),
        )
    if bad:
        tell(f"{names} will start suspended.")
    mark = "" if preparation.summary.is_live else " (NOT LIVE)"
    confirm(f"launch{mark}", preparation.storm.id, yes=yes, script="stormctl launch SCHEDULE --yes")


def _run(context: Context, launched: Launch, *, plain: bool, log_file: Path | None) -> NoReturn:
    """Run what was enrolled, show how things stand at its end, and end with the exit code that says it."""
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import Watch, make_view
    from stormctl.engine.operate.choosing import name_shown
    from stormctl.engine.operate.standing import end_run, report_storm
    from stormctl.engine.run.keep_awake import staying_awake
    from stormctl.engine.run.service import Onlooker, Service
    from stormctl.render.terminal.notices import describe_end
    from stormctl.render.terminal.report import render_reading_times
    from stormctl.render.terminal.status import render_status

    storm_id, service = launched.preparation.storm_id, Service.from_environment()
    view = make_view(launched.preparation.timezone, plain=plain)
    with logging_to(log_file, view) as log, staying_awake() as how:
        tell(how)
        watch = Watch(view, storm_id, context.durations, log=log, service=service, asks=console.is_terminal())
        with watch.catching_signals():
            launched.run("launch", context.notifications, Onlooker(log, watch, service, watch.showing()))
    moment = launched.workspace.find_clock(launched.ledger).moment()
    standing, code = end_run(
        launched.ledger, moment, storm_id, context.durations, was_stopped=watch.was_stopped
    )
    show(describe_end(standing.storms[0], was_stopped=watch.was_stopped))
    show(render_status(standing, name_shown(launched.ledger, standing)))
    tell(render_reading_times(report_storm(launched.ledger, moment, storm_id, context.durations), standing))
    if watch.was_stopped:
        tell(watch.parting or f"this runner has stopped; to go on: stormctl launch {storm_id}")
    raise typer.Exit(code)
