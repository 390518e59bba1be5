"""`halt` and `resume`: stop everything, go on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from stormctl.cli import console
from stormctl.cli.acting import alerting
from stormctl.cli.console import ask, show, tell
from stormctl.cli.options import (
    AnywayOption,
    ChannelOption,
    MessageOption,
    PlatformOption,
    RehearsalOption,
    TopicOption,
    read_channel,
)
from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.amounts import count
from stormctl.errors import ExitCode, UsageError
from stormctl.places import find_user

if TYPE_CHECKING:
    from stormctl.cli.acting import OpenLedger
    from stormctl.domain.report.halts import Resumption, Scope
    from stormctl.engine.operate.halting import HaltAcknowledgement

ACKNOWLEDGED_WITHIN = timedelta(seconds=5)
"""How long `halt` waits for every live runner to have seen it."""


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
    anyway: AnywayOption = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Stop publishing before the next request.

    Everything, or one platform, channel, topic or message. Waits up to 5 s until every live runner has
    seen it. Exit code 11 if none is alive or one does not answer, 2 if no post is of that name: nothing is
    written then.
    """
    from stormctl.engine.operate.halting import check_scope, wait_for_runners

    wanted = read_scope(channel=channel, platform=platform, topic=topic, message=message)
    with ctx.obj.open_with_clock(rehearsal=rehearsal, needs_keys=False, command="halt") as opened:
        scope = check_scope(opened.ledger, wanted, anyway=anyway)
        reason = _read_reason(reason)
        opened.ledger.halts.halt(scope.kind, scope.target, reason, find_user(), opened.clock.moment())
        show(f"halted {scope} in {opened.ledger.where}: {reason}")
        with alerting(ctx.obj, opened, rehearsal=rehearsal):
            heard = wait_for_runners(opened.ledger, opened.clock, opened.durations, ACKNOWLEDGED_WITHIN)
            _tell_heard(heard)  # before the alert is out: a slow address must keep nobody in suspense
        tell(f"to undo: stormctl resume{scope.options}{opened.option}")
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
    """Return the reason in one line, asked for until there is one; UsageError where nobody can be asked."""
    from stormctl.render.words import clean

    said = clean(reason or "")
    while not said:
        if not console.is_terminal():
            raise UsageError("nothing was halted: give a reason", "Add it with --reason.")
        said = clean(ask("Reason, for everyone who will ask"))
    return said


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

    One platform, channel, topic or message, also where the halt is wider. Without any it lists the halts and
    asks which one; --yes alone lifts them all. Shows first what goes out next and what is late, and asks; the
    answer applies to that alone.
    """
    from stormctl.engine.operate.halting import check_scope, resume_scope
    from stormctl.engine.operate.standing import has_runner
    from stormctl.render.terminal.deliveries import render_resumption

    def decide(preview: Resumption) -> LatePolicy | None:
        tell(render_resumption(preview))
        chosen = late
        if not yes and console.is_terminal():
            chosen = late or _ask_for_policy(opened, scope, preview.late)
            if not typer.confirm(f"Resume now{opened.mark}?", err=True):
                raise UsageError("not resumed", "The halt stays in force.")
        return chosen

    wanted = read_scope(channel=channel, platform=platform, topic=topic, message=message)
    with ctx.obj.open_with_clock(rehearsal=rehearsal, needs_keys=False, command="resume") as opened:
        is_open = wanted.target is None and not yes
        scope = _choose_halt(opened) if is_open else check_scope(opened.ledger, wanted)
        resumed = resume_scope(opened.ledger, opened.clock, scope, who=find_user(), decide=decide)
        with alerting(ctx.obj, opened, rehearsal=rehearsal):
            done = [count(resumed.lifted, "halt", "halts") + " lifted"] if resumed.lifted else []
            done += [count(resumed.narrowed, "halt", "halts") + " narrowed"] if resumed.narrowed else []
            done += [f"{scope.target} released"] if resumed.is_released else []
            show(f"resumed in {opened.ledger.where}: {', '.join(done) or 'someone else already did it'}")
        tell(f"to undo: stormctl halt{scope.options}{opened.option}")
        if not has_runner(opened.ledger, opened.clock.moment(), opened.durations):
            tell("no runner is alive: nothing goes out until one runs (stormctl launch, daemon or tick)")


def _choose_halt(opened: OpenLedger) -> Scope:
    """Show the halts in force, and return that which a person names; UsageError where nobody is asked."""
    from stormctl.domain.report.halts import Scope
    from stormctl.render.terminal.deliveries import render_halts

    halts = opened.ledger.halts.active()
    if not halts:
        return Scope()  # nothing to lift, which is said with what else is held back
    if len(halts) == 1 and console.is_terminal():
        return halts[0].only  # it is shown with what flows then
    tell(render_halts(halts))
    if not console.is_terminal():
        ways = ", ".join(f"stormctl resume{halt.only.options or ' --yes'}" for halt in halts)
        raise UsageError(
            "nothing was resumed: say which halt", f"One of: {ways}; --yes alone lifts them all."
        )
    places = {str(place): halt.only for place, halt in enumerate(halts, 1)} | {"all": Scope()}
    while answer := ask(f"Lift which one? (1 to {len(halts)}, or all; Enter: none)"):
        if answer.lower() in places:
            return places[answer.lower()]
        tell(f"“{answer}” is none of them.")
    raise UsageError("not resumed", "The halts stay in force.")


def read_scope(*, channel: str | None, platform: str | None, topic: str | None, message: str | None) -> Scope:
    """Return what was named; UsageError if it is more than one thing, or no channel in any ledger."""
    from stormctl.domain.report.halts import Scope

    options = {"channel": channel, "platform": platform, "topic": topic, "message": message}
    if channel is not None and ":" in channel:
        read_channel(channel.strip().lower())
    named = [Scope(kind, target) for kind, target in options.items() if target is not None]
    if len(named) > 1:
        raise UsageError("name only one of --channel, --platform, --topic and --message")
    return named[0] if named else Scope()


def _ask_for_policy(opened: OpenLedger, scope: Scope, late: int) -> LatePolicy | None:
    """Say what each policy would make of what is late, and ask until one of them is named."""
    from stormctl.render.terminal.deliveries import render_choices

    if not late:
        return None
    moment, trying = opened.clock.moment(), opened.ledger.resuming.try_policy
    tell(render_choices({policy: trying(policy, moment, scope) for policy in (*LatePolicy, None)}))
    posts = count(late, "post is", "posts are")
    while answer := ask(f"{posts} late: skip, send or spread? (Enter: each post's own policy)").lower():
        if answer in {*LatePolicy}:
            return LatePolicy(answer)
        tell(f"“{answer}” is none of them.")
    return None
