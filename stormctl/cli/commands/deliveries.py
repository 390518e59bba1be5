"""`show`, `retry`, `resolve`, `cancel` and `retract`: what people do about single deliveries."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from stormctl.cli import console
from stormctl.cli.acting import agree, find_deliveries, name_undo, read_moment, show_deliveries
from stormctl.cli.options import (
    JsonOption,
    KeyArgument,
    OptionalKeysArgument,
    RehearsalOption,
    StormOption,
    WholeMessageOption,
    YesOption,
)
from stormctl.errors import ExitCode, UsageError, choose_exit_code
from stormctl.places import find_user

if TYPE_CHECKING:
    from stormctl.cli.acting import OpenLedger
    from stormctl.cli.context import Context
    from stormctl.domain.delivery.delivery import State


def show(
    ctx: typer.Context, key: KeyArgument, as_json: JsonOption = False, rehearsal: RehearsalOption = False
) -> None:
    """Show everything known about one delivery, or each part of a thread.

    Its text, link and pictures, its slot and deadline, every attempt with the platform's answer, its
    history, and what you can do about it.
    """
    from stormctl.domain.delivery.delivery import State
    from stormctl.render.exports.deliveries import details_json
    from stormctl.render.terminal.deliveries import render_details

    with ctx.obj.open_with_clock(
        rehearsal=rehearsal, needs_keys=False, command="show", as_json=as_json
    ) as opened:
        history = opened.ledger.history
        if as_json:
            console.show_json(details_json(history.details(history.get_key(key))))
            return
        found = find_deliveries(opened, [key], tuple(State))
        names = history.short_keys([view.key for view in found])
        for view in found:
            details = history.details(view.key)
            console.show(render_details(details, names[view.key], rehearsal=rehearsal))


def cancel(
    ctx: typer.Context,
    keys: OptionalKeysArgument = None,
    message: WholeMessageOption = None,
    storm: StormOption = None,
    yes: YesOption = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Cancel what is planned.

    Shows what it is, and asks where a message means several. It stays cancelled when the storm is launched
    again; `retry` brings it back. Exit code 7 if something of the message is being sent just now, 8 if
    something is in doubt.
    """
    from stormctl.domain.delivery.delivery import State

    with ctx.obj.open_with_clock(rehearsal=rehearsal, command="cancel") as opened:
        states = {State.PLANNED} if message is None else {State.PLANNED, State.CLAIMED, State.IN_DOUBT}
        views = find_deliveries(opened, keys, states, message=message, storm=storm)
        who, moment = find_user(), opened.clock.moment()
        planned = [view.key for view in views if view.state is State.PLANNED]
        if views[1:]:
            show_deliveries(opened, views)
        left: tuple[tuple[str, State], ...] = ()
        if message is None:
            done = [view.key for view in views]
            opened.ledger.manual.cancel(done, who, moment)
        else:
            if planned[1:]:
                agree(opened, f"cancel these {len(planned)} posts", yes=yes)
            cancelled = opened.ledger.manual.cancel_message(views[0].storm_id, message, who, moment)
            done, left = list(cancelled.keys), cancelled.left
        for key in done:
            console.show(f"cancelled {key}")
        for key, state in left:
            _tell_left(opened, key, state)
        if done:
            console.tell(f"to undo: {name_undo(opened, 'retry', done)}")
    codes = {ExitCode.IN_DOUBT if state is State.IN_DOUBT else ExitCode.INCOMPLETE for _, state in left}
    raise typer.Exit(choose_exit_code(codes))


def _tell_left(opened: OpenLedger, key: str, state: State) -> None:
    if state is state.IN_DOUBT:
        look = name_undo(opened, "show", [key])
        console.tell(f"NOT cancelled: {key} is in doubt: look at the account; {look} says how to settle it")
    else:
        console.tell(f"NOT cancelled: {key} is being sent: look again in a moment")


def retry(
    ctx: typer.Context,
    keys: OptionalKeysArgument = None,
    message: WholeMessageOption = None,
    storm: StormOption = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="'DATE TIME'|now",
            help="The new slot in the storm's zone, such as '2026-12-18 15:30'. By default now, or the old "
            "slot of what was cancelled, while that is ahead.",
            show_default=False,
        ),
    ] = None,
    without_alt: Annotated[
        bool,
        typer.Option(
            "--without-alt", help="Leave out the descriptions of its pictures: the platform refused them."
        ),
    ] = False,
    yes: YesOption = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Plan again what failed or was missed, cancelled or taken down.

    Every limit of the storm applies. Asks about what was taken down, and where a message means several.
    Refused after the message's own deadline, and if the channel already says the same on that day.
    """
    from stormctl.domain.delivery.delivery import State
    from stormctl.engine.operate.operator_actions import order_parts
    from stormctl.engine.operate.standing import has_runner
    from stormctl.ledger.delivery.manual_changes import RETRIED_FROM
    from stormctl.render.words import render_day_and_time

    with ctx.obj.open_with_clock(rehearsal=rehearsal, command="retry") as opened:
        # a whole message means what of it can still go out
        states = set(RETRIED_FROM) - ({State.EXPIRED} if message is not None else set())
        views = order_parts(find_deliveries(opened, keys, states, message=message, storm=storm))
        found = [view.key for view in views]
        zones = {key: opened.ledger.history.details(key).timezone for key in found}
        taken_down = [view for view in views if view.state is State.RETRACTED]
        if views[1:] or taken_down:
            show_deliveries(opened, views)
        if taken_down:
            what = "what was taken down" if views[1:] else "this post, which was taken down,"
            agree(opened, f"publish {what} again", yes=yes)
        elif message is not None and views[1:]:
            agree(opened, f"publish these {len(views)} posts", yes=yes)
        moment = opened.clock.moment()
        slot_at = moment.at if at == "now" else at and read_moment(at, set(zones.values()))
        slots = opened.ledger.manual.retry(
            found, find_user(), moment, at=slot_at or None, without_alt=without_alt
        )
        for key, new_at in slots.items():
            console.show(f"planned for {render_day_and_time(new_at, ZoneInfo(zones[key]))}: {key}")
        console.tell(f"to undo: {name_undo(opened, 'cancel', found)}")
        if not has_runner(opened.ledger, moment, opened.durations):
            console.tell("no runner is alive: it goes out when one runs (stormctl launch, daemon or tick)")


def resolve(
    ctx: typer.Context,
    key: KeyArgument,
    posted: Annotated[
        str | None,
        typer.Option(metavar="URL", help="It is on the account, at this address.", show_default=False),
    ] = None,
    not_posted: Annotated[
        bool, typer.Option("--not-posted", help="It is not on the account; it becomes cancelled.")
    ] = False,
    both: Annotated[bool, typer.Option("--both", help="It is there twice, and both posts may stay.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Don't ask if the account can't prove it (for scripts).")
    ] = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Settle a delivery that is in doubt, or was posted twice, after you have looked at the account.

    The post at the address is read and compared with the delivery. Where that proves nothing, you are
    asked.
    """
    from stormctl.domain.delivery.delivery import State
    from stormctl.engine.operate.operator_actions import find_evidence

    if (posted is not None) + not_posted + both != 1:
        raise UsageError("say what you found: --posted URL, --not-posted or --both")
    context: Context = ctx.obj
    with context.open_with_clock(rehearsal=rehearsal, command="resolve") as opened:
        key = _find_one(opened, key, {State.DELIVERED} if both else {State.IN_DOUBT})
        if both:
            urls = opened.ledger.manual.leave_copies(key, find_user(), opened.clock.moment())
            for url in urls:
                console.show(f"left in place {key}: {url}")
            for url in urls:
                console.tell(f"to undo: {name_undo(opened, 'retract', [key])} --url {shlex.quote(url)}")
            return
        if posted is None:
            opened.ledger.manual.resolve_not_posted(key, find_user(), opened.clock.moment())
            console.show(f"cancelled {key}")
            console.tell(f"to send it after all: {name_undo(opened, 'retry', [key])}")
            return
        with context.open_adapters(opened, rehearsal=rehearsal) as adapters:
            evidence = find_evidence(opened.ledger, adapters, opened.clock, key, posted)
        if evidence.reservation:
            console.tell(evidence.reservation)
            agree(opened, "record it as the post of this delivery", yes=yes)
        opened.ledger.manual.resolve_posted(
            key, evidence.post_id, evidence.url, find_user(), opened.clock.moment()
        )
        console.show(f"delivered {key}: {evidence.url}")
        console.tell(f"that stands; to take the post down: {name_undo(opened, 'retract', [key])}")


def retract(
    ctx: typer.Context,
    keys: OptionalKeysArgument = None,
    message: WholeMessageOption = None,
    storm: StormOption = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Only the post at this address, if it was posted twice."),
    ] = None,
    yes: YesOption = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Take posts down from the platform.

    Shows them and asks first. Works while halted. Exit codes, if one could not be taken down: 5
    credentials, 7 refused, 8 not known, 75 try again later.
    """
    from stormctl.domain.delivery.delivery import Delivered, State
    from stormctl.engine.operate.operator_actions import exit_code_of_removal, find_removals, take_down
    from stormctl.render.terminal.deliveries import render_removal

    context: Context = ctx.obj
    with context.open_with_clock(rehearsal=rehearsal, command="retract") as opened:
        views = find_deliveries(opened, keys, {State.DELIVERED}, message=message, storm=storm)
        removals = find_removals(opened.ledger, [view.key for view in views], url)
        show_deliveries(opened, removals, is_whole=True)
        with context.open_adapters(opened, rehearsal=rehearsal) as adapters:
            posts = "this post" if len(removals) == 1 else f"these {len(removals)} posts"
            agree(opened, f"delete {posts} from the platform", yes=yes)
            codes, gone = set(), []
            for removal in removals:
                outcome = take_down(opened.ledger, adapters, opened.clock, removal, find_user())
                codes.add(exit_code_of_removal(outcome))
                tell = console.show if isinstance(outcome, Delivered) else console.tell
                tell(render_removal(removal, outcome))
                gone += [removal.key] if isinstance(outcome, Delivered) and url is None else []
        if gone:
            console.tell(f"to publish it anew: {name_undo(opened, 'retry', gone)}")
        if message is not None:
            _warn_of_more(opened, message, removals[0].storm_id)
    raise typer.Exit(choose_exit_code(codes))


def _find_one(opened: OpenLedger, part: str, states: set[State]) -> str:
    """Return the key of the one delivery that is meant; UsageError if it may be several, which are shown."""
    views = find_deliveries(opened, [part], states)
    fitting = [view for view in views if view.state in states] or views
    if len(fitting) > 1:
        show_deliveries(opened, fitting)
        names = opened.ledger.history.short_keys([view.key for view in fitting]).values()
        raise UsageError(f"{part} may be any of {len(fitting)}", f"Type one of: {', '.join(names)}")
    return fitting[0].key


def _warn_of_more(opened: OpenLedger, message_id: str, storm_id: str) -> None:
    """Say what of a message may still go out after its posts were taken down."""
    views = opened.ledger.history.of_message(message_id)
    coming = sum(view.state.is_open for view in views if view.storm_id == storm_id)
    if coming:
        console.tell(f"{coming} more may still go out: stormctl cancel --message {message_id}{opened.option}")
