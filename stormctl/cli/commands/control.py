"""`status`, `halt` and `resume`: see everything, stop everything, go on."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli import console
from stormctl.cli.console import ask, show, show_json, tell
from stormctl.cli.options import (
    ChannelOption,
    JsonOption,
    MessageOption,
    PlatformOption,
    RehearsalOption,
    TopicOption,
)
from stormctl.cli.web.start import (
    HaltAddressOption,
    HostOption,
    PortOption,
    WebOption,
    WebOptions,
    serve_web,
)
from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.amounts import count
from stormctl.errors import ExitCode, UsageError, choose_exit_code
from stormctl.places import find_user

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from stormctl.cli.context import Context, OpenLedger
    from stormctl.domain.report.status import DeliveryView, LedgerStatus, Resumption
    from stormctl.engine.operate.halting import HaltAcknowledgement

ACKNOWLEDGED_WITHIN = timedelta(seconds=5)
"""How long `halt` waits for every live runner to have seen it."""


def status(
    ctx: typer.Context,
    storm: Annotated[
        str | None,
        typer.Argument(metavar="STORM", help="Only this storm; by default all storms in the ledger."),
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
    from stormctl.engine.operate.standing import exit_codes_of_ledger

    serving = WebOptions(web, port, halt_address, host)
    serving.check(is_printing=as_json or find is not None)
    with ctx.obj.open_with_clock(rehearsal=rehearsal, needs_keys=False) as opened:
        standing = opened.ledger.overview.status(
            opened.clock.moment(), storm_id=storm, runner_timeout=opened.durations.runner_timeout
        )
        if storm is not None and not standing.storms:
            raise UsageError(f"the ledger has no storm {storm}", "stormctl status shows all of them.")
        if find is not None:
            _show_found(find, opened.ledger.history.search(find, storm), standing, as_json=as_json)
            return
        if web:
            serve_web(opened, storm, serving, partial(_alerting, ctx.obj, opened, rehearsal=rehearsal))
            return
    if as_json:
        from stormctl.render.exports.documents import status_json

        show_json(status_json(standing))
    else:
        from stormctl.render.terminal.status import render_status

        show(render_status(standing, rehearsal=rehearsal))
    raise typer.Exit(choose_exit_code(exit_codes_of_ledger(standing)))


def _show_found(text: str, found: list[DeliveryView], standing: LedgerStatus, *, as_json: bool) -> None:
    from stormctl.render.exports.deliveries import found_json
    from stormctl.render.terminal.deliveries import render_found

    if as_json:
        show_json(found_json(text, found))
    else:
        show(render_found(text, found, {storm.storm_id: storm.timezone for storm in standing.storms}))


def halt(
    ctx: typer.Context,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            help="The reason, for everyone who will ask; at a terminal you are asked for it.",
            show_default=False,
        ),
    ] = None,
    channel: ChannelOption = None,
    platform: PlatformOption = None,
    topic: TopicOption = None,
    message: MessageOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """Stop publishing before the next request.

    Everything, or one platform, channel, topic or message. Waits up to 5 s until every live runner has
    seen it. Exit code 11 if none is alive or one does not answer.
    """
    from stormctl.engine.operate.halting import halt_scope, wait_for_runners

    scope, target = read_scope(channel=channel, platform=platform, topic=topic, message=message)
    reason = _read_reason(reason)
    with ctx.obj.open_with_clock(rehearsal=rehearsal, needs_keys=False) as opened:
        warning = halt_scope(opened.ledger, opened.clock, scope, target, reason=reason, who=find_user())
        what = "everything" if scope == "all" else f"{scope} {target}"
        show(f"halted {what} in {opened.ledger.where}: {reason}")
        if warning:
            tell(warning)
        with _alerting(ctx.obj, opened, rehearsal=rehearsal):
            heard = wait_for_runners(opened.ledger, opened.clock, opened.durations, ACKNOWLEDGED_WITHIN)
            _tell_heard(heard)  # before the alert is out: a slow address must keep nobody in suspense
    if heard.silent or not heard.acknowledged:
        raise typer.Exit(ExitCode.NO_RUNNER)


def _tell_heard(heard: HaltAcknowledgement) -> None:

    for runner in heard.acknowledged:
        show(f"{runner.kind} on {runner.host} (process {runner.pid}) has seen it")
    for key in heard.in_flight:
        tell(f"was already being sent: {key}")
    for runner in heard.silent:
        tell(f"NOT SEEN by {runner.kind} on {runner.host} (process {runner.pid}): stop that process by hand")
    if not heard.acknowledged and not heard.silent:
        tell(
            "no runner is alive: nothing is being published; the halt also applies to those that start later"
        )


def _read_reason(reason: str | None) -> str:
    """Return the reason in one line, asked for where none was given; nothing to say is a reason too."""
    from stormctl.render.words import clean

    if reason is None:
        if not console.is_terminal():
            raise UsageError("nothing was halted: give a reason", "Add it with --reason.")
        reason = ask("Reason")
    return clean(reason) or "no reason given"


def resume(
    ctx: typer.Context,
    channel: ChannelOption = None,
    platform: PlatformOption = None,
    topic: TopicOption = None,
    message: MessageOption = None,
    late: Annotated[
        LatePolicy | None,
        typer.Option(
            help="What to do with late posts: skip, send or spread; by default each post's own policy.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation (for scripts).")] = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Lift halts, or a channel's suspension.

    Everything, or one platform, channel, topic or message, also where the halt is wider. Shows first what of
    it goes out next and what is late, and asks; the answer applies to that alone.
    """
    from stormctl.engine.operate.halting import resume_scope
    from stormctl.engine.operate.standing import has_runner
    from stormctl.render.terminal.status import render_resumption

    def decide(preview: Resumption) -> LatePolicy | None:
        tell(render_resumption(preview))
        chosen = late
        if not yes and console.is_terminal():
            chosen = late or _ask_for_policy(preview.late)
            if not typer.confirm("Resume now?", err=True):
                raise UsageError("not resumed", "The halt stays in force.")
        return chosen

    scope, target = read_scope(channel=channel, platform=platform, topic=topic, message=message)
    with ctx.obj.open_with_clock(rehearsal=rehearsal, needs_keys=False) as opened:
        resumed = resume_scope(opened.ledger, opened.clock, scope, target, who=find_user(), decide=decide)
        with _alerting(ctx.obj, opened, rehearsal=rehearsal):
            done = [count(resumed.lifted, "halt", "halts") + " lifted"] if resumed.lifted else []
            done += [count(resumed.narrowed, "halt", "halts") + " narrowed"] if resumed.narrowed else []
            done += [f"{target} released"] if resumed.is_released else []
            show(f"resumed in {opened.ledger.where}: {', '.join(done) or 'someone else already did it'}")
        if not has_runner(opened.ledger, opened.clock.moment(), opened.durations):
            tell("no runner is alive: nothing goes out until one runs (stormctl launch, daemon or tick)")


def _alerting(context: Context, opened: OpenLedger, *, rehearsal: bool) -> AbstractContextManager[None]:
    """Have people told at once of what was just done, while the command goes on; a rehearsal tells nobody."""
    from stormctl.engine.alerts.notifications import alerting

    if rehearsal:
        return nullcontext()
    return alerting(context.environment.settings, opened.ledger, opened.clock, opened.durations, tell)


def read_scope(
    *, channel: str | None, platform: str | None, topic: str | None, message: str | None
) -> tuple[str, str | None]:
    """Return the scope and target of a halt; UsageError if several were named or one is not valid."""
    from stormctl.domain.platforms.channel import Platform, parse_channel_id

    named = [
        (scope, target)
        for scope, target in (
            ("channel", channel),
            ("platform", platform),
            ("topic", topic),
            ("message", message),
        )
        if target is not None
    ]
    if len(named) > 1:
        raise UsageError("name only one of --channel, --platform, --topic and --message")
    if not named:
        return "all", None
    scope, target = named[0]
    try:
        if scope == "channel":
            parse_channel_id(target)
        if scope == "platform":
            target = Platform(target.strip().lower()).value
    except ValueError as error:
        message = f"“{target}” is not a platform" if scope == "platform" else str(error)
        raise UsageError(message, f"Write {' or '.join(Platform)}, or a channel like x:acme.") from None
    return scope, target


def _ask_for_policy(late: int) -> LatePolicy | None:

    if not late:
        return None
    posts = count(late, "post is", "posts are")
    answer = ask(f"{posts} late: skip, send or spread? (Enter: each post's own policy)")
    try:
        return LatePolicy(answer) if answer else None
    except ValueError:
        raise UsageError(
            f"“{answer}” is not a choice: choose skip, send or spread", "Nothing was resumed."
        ) from None
