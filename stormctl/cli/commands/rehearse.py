"""`rehearse`: a storm in seconds, before it is the day's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from stormctl.cli import console
from stormctl.cli.console import show, show_json, tell
from stormctl.cli.context import Context
from stormctl.cli.options import (
    FaultsOption,
    JsonOption,
    LanguageOption,
    LogFileOption,
    PlainOption,
    ScheduleArgument,
)
from stormctl.domain.base.amounts import count
from stormctl.errors import ExitCode, UsageError, choose_exit_code

if TYPE_CHECKING:
    from stormctl.engine.launch.preparation import Preparation
    from stormctl.engine.launch.rehearsal import Rehearsed
    from stormctl.files.samples import Sample


class RehearseCommand(TyperCommand):
    """The command, whose `--sample` may stand alone: typer knows no value that can be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a `--sample` that no name follows the name of the first sample."""
        from stormctl.files.campaign import SAMPLE

        given = list(args)
        options = given[: given.index("--")] if "--" in given else given
        for place, word in enumerate(options):
            if word == "--sample" and (options[place + 1 :] or ["-"])[0].startswith("-"):
                given.insert(place + 1, SAMPLE)
                break
        return super().parse_args(ctx, given)


SpeedOption = Annotated[
    float | None,
    typer.Option(
        help="Storm seconds per second while nothing is due; by default the day takes 15 to 20 s.",
        min=1.0,
        max=100_000.0,
        show_default=False,
    ),
]


def _complete_sample(incomplete: str) -> list[str]:
    """Name the samples that a shell may complete to."""
    from stormctl.files.samples import find_samples

    return [name for name in sorted(find_samples()) if name.startswith(incomplete)]


SampleOption = Annotated[
    str | None,
    typer.Option(
        metavar="[NAME]",
        help="First copy a sample campaign, by default imd-2026, to a new folder of that name here.",
        autocompletion=_complete_sample,
        show_default=False,
    ),
]


def rehearse(
    ctx: typer.Context,
    schedule: ScheduleArgument = None,
    speed: SpeedOption = None,
    faults: FaultsOption = "none",
    sample: SampleOption = None,
    plain: PlainOption = False,
    as_json: JsonOption = False,
    log_file: LogFileOption = None,
    lang: LanguageOption = None,
) -> None:
    """Run the whole storm here, in seconds.

    It publishes to a local stand-in for X and Facebook with the code of `launch`, on a fast clock and with
    a ledger of its own; nothing leaves this machine. At the end the stand-in is asked what it really
    received. Exit code 0 only if every delivery arrived exactly once.

    Outside a campaign folder it offers to copy a sample campaign; --sample copies it without asking, and
    never overwrites anything.
    """
    from stormctl.cli.logfile import logging_to
    from stormctl.cli.watching import Watch, make_view
    from stormctl.engine.launch.rehearsal import rehearse as run_rehearsal
    from stormctl.engine.launch.stage import DURATIONS, rehearsal_folder
    from stormctl.engine.run.service import Onlooker

    del lang
    campaign = _find_scene(ctx.obj, schedule, sample).load_and_tell(schedule)
    storm, _ = campaign.get_plan()
    report_path = rehearsal_folder(campaign.root) / "report.html"
    view = make_view(storm.timezone, plain=plain, is_rehearsal=True)
    with logging_to(log_file, view) as log:
        watch = Watch(view, storm.id, DURATIONS, log=log)
        with watch.catching_signals():
            rehearsed = run_rehearsal(
                campaign,
                _agree,
                tell,
                Onlooker(log, watch, showing=watch.showing()),
                speed=speed,
                is_watched=view.is_live,
                faults=faults,
                report_path=_shorten(report_path),
            )
    if watch.was_stopped and not as_json and rehearsed.tally.is_sound:
        out = sum(channel.delivered for channel in rehearsed.tally.channels)
        posts = count(sum(channel.planned for channel in rehearsed.tally.channels), "post")
        show(
            f"rehearsal stopped after {out:,} of {posts} (NOT LIVE); a new one: stormctl rehearse {storm.id}"
        )
        raise typer.Exit(ExitCode.INCOMPLETE)
    _show(rehearsed, report_path, as_json=as_json)


def _agree(preparation: Preparation) -> None:
    """Show what a launch shows; nobody is asked."""
    from stormctl.cli.watching import viewer_zone
    from stormctl.render.terminal.tables import render_summary

    summary = preparation.summary
    tell(render_summary(summary, viewer_zone()))
    tell(f"The timelines as followers would see them: http://{summary.hosts[0][1]}/")


def _show(rehearsed: Rehearsed, report_path: Path, *, as_json: bool) -> None:
    """Show how it went, and end with the exit code that says it."""
    from stormctl.cli.commands.report import write_report
    from stormctl.engine.operate.standing import exit_codes_of_storm
    from stormctl.render.exports.documents import tally_json
    from stormctl.render.terminal.tables import render_tally

    write_report(rehearsed.report, report_path)
    if as_json:
        show_json(tally_json(rehearsed.tally))
    else:
        show(render_tally(rehearsed.tally))
    if not rehearsed.tally.is_clean:
        raise typer.Exit(choose_exit_code(exit_codes_of_storm(rehearsed.status) | {ExitCode.INCOMPLETE}))


def _find_scene(context: Context, schedule: str | None, sample: str | None) -> Context:
    """Return the campaign to rehearse: the one that we are in, or a copy of a sample that is made here.

    A sample is never put into a campaign: its files would be taken for the campaign's own, and its rehearsal
    for the campaign's.

    Raises:
        UsageError: there is no campaign and no sample is wanted, or none can be made here.
    """
    from stormctl.files.campaign import SAMPLE
    from stormctl.files.samples import choose_place, get_sample

    try:
        root = context.root
    except UsageError as error:
        is_asked = sample is None and schedule is None and console.is_terminal()
        if context.folder is not None or (sample is None and not is_asked):
            raise
        if schedule is not None:
            raise UsageError("a sample has one schedule", "With --sample, leave SCHEDULE out.") from None
        found = get_sample(SAMPLE if sample is None else sample)
        place = choose_place(found, Path.cwd())
        question = f"No campaign here. Copy the sample {found.name} to ./{place.name} and rehearse it?"
        if is_asked and not typer.confirm(question, default=True, err=True):
            raise UsageError("nothing was made", error.hint) from None
        return _make_campaign(found, place)
    if sample is not None:
        elsewhere = (
            "go to a folder outside it" if context.folder is None else "leave --dir and STORMCTL_DIR out"
        )
        raise UsageError(
            f"{root} is already a campaign, and a sample is never copied into one",
            f"To rehearse it, leave --sample out. For the sample, {elsewhere}.",
        )
    return context


def _make_campaign(sample: Sample, place: Path) -> Context:
    from stormctl.files.samples import copy_sample

    copy_sample(sample, place)
    tell(f"Made {place.name}/, a campaign of your own: its schedule, messages and pictures are the sample's.")
    tell(f"To continue with it: cd {place.name}, edit the files, then stormctl check and stormctl rehearse.")
    return Context(place)


def _shorten(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
