"""`show`, `retry`, `resolve`, `cancel` and `retract`: what people do about single deliveries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from stormctl.cli import console
from stormctl.cli.options import JsonOption, RehearsalOption
from stormctl.errors import ExitCode, UsageError, choose_exit_code
from stormctl.places import find_user

if TYPE_CHECKING:
    from datetime import datetime

    from stormctl.cli.context import Context, OpenLedger
    from stormctl.domain.delivery.delivery import State
    from stormctl.domain.report.status import DeliveryView

KEY_HELP = (
    "A delivery's key, or enough whole parts of it to be unique: noon-statement.en, x:acme/noon-statement."
)
LOCAL = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", re.ASCII)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help=KEY_HELP)]
KeysArgument = Annotated[list[str], typer.Argument(metavar="KEY", help=KEY_HELP)]
OptionalKeysArgument = Annotated[
    list[str] | None, typer.Argument(metavar="KEY", help=KEY_HELP, show_default=False)
]
WholeMessageOption = Annotated[
    str | None, typer.Option("--message", metavar="ID", help="Every delivery of this message.")
]
StormOption = Annotated[
    str | None,
    typer.Option(
        "--storm",
        metavar="STORM",
        help="With --message: only in this storm. Needed if several storms have it.",
    ),
]


def show(
    ctx: typer.Context, key: KeyArgument, as_json: JsonOption = False, rehearsal: RehearsalOption = False
) -> None:
    """Show everything known about one delivery.

    Its text, link and pictures, its slot and deadline, every attempt with the platform's answer, its
    history, and what you can do about it.
    """
    from stormctl.render.exports.deliveries import details_json
    from stormctl.render.terminal.deliveries import render_details

    with ctx.obj.open_with_clock(rehearsal=rehearsal, needs_keys=False) as opened:
        details = opened.ledger.history.details(opened.ledger.history.get_key(key))
    if as_json:
        console.show_json(details_json(details))
    else:
        console.show(render_details(details, rehearsal=rehearsal))


def cancel(
    ctx: typer.Context,
    keys: OptionalKeysArgument = None,
    message: WholeMessageOption = None,
    storm: StormOption = None,
    rehearsal: RehearsalOption = False,
) -> None:
    """Cancel what is planned.

    It stays cancelled when the storm is launched again; `retry` brings it back. Exit code 7 if something
    of the message is being sent just now, 8 if something is in doubt.
    """
    from stormctl.domain.delivery.delivery import State
    from stormctl.engine.operate.operator_actions import get_message

    _refuse_both(keys, message, storm)
    with ctx.obj.open_with_clock(rehearsal=rehearsal) as opened:
        who, moment = find_user(), opened.clock.moment()
        if message is None:
            found = _find_keys(opened, keys)
            opened.ledger.manual.cancel(found, who, moment)
            left: tuple[tuple[str, State], ...] = ()
        else:
            states = {State.PLANNED, State.CLAIMED, State.IN_DOUBT}
            storm_id = get_message(opened.ledger, message, states, storm)[0].storm_id
            cancelled = opened.ledger.manual.cancel_message(storm_id, message, who, moment)
            found, left = list(cancelled.keys), cancelled.left
    for key in found:
        console.show(f"cancelled {key}")
    for key, state in left:
        if state is State.IN_DOUBT:
            console.tell(
                f"NOT cancelled: {key} is in doubt: look at the account, then stormctl resolve{opened.option}"
            )
        else:
            console.tell(f"NOT cancelled: {key} is being sent: look again in a moment")
    codes = {ExitCode.IN_DOUBT if state is State.IN_DOUBT else ExitCode.INCOMPLETE for _, state in left}
    raise typer.Exit(choose_exit_code(codes))


def retry(
    ctx: typer.Context,
    keys: KeysArgument,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="'DATE TIME'",
            help="The new slot in the storm's zone, such as '2026-12-18 15:30'; by default now.",
            show_default=False,
        ),
    ] = None,
    without_alt: Annotated[
        bool,
        typer.Option(
            "--without-alt", help="Leave out the descriptions of its pictures: the platform refused them."
        ),
    ] = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Plan again what failed or was missed, cancelled or taken down.

    Every limit of the storm applies. Refused after the message's own deadline, and if the channel
    already says the same on that day.
    """
    from stormctl.engine.operate.operator_actions import order_parts
    from stormctl.engine.operate.standing import has_runner
    from stormctl.render.words import render_day_and_time

    with ctx.obj.open_with_clock(rehearsal=rehearsal) as opened:
        found = order_parts(_find_keys(opened, keys))
        zones = {key: opened.ledger.history.details(key).timezone for key in found}
        moment = opened.clock.moment()
        slot_at = None if at is None else read_moment(at, set(zones.values()))
        slots = opened.ledger.manual.retry(found, find_user(), moment, at=slot_at, without_alt=without_alt)
        is_served = has_runner(opened.ledger, moment, opened.durations)
    for key, new_at in slots.items():
        console.show(f"planned for {render_day_and_time(new_at, ZoneInfo(zones[key]))}: {key}")
    if not is_served:
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
    from stormctl.engine.operate.operator_actions import find_evidence

    if (posted is not None) + not_posted + both != 1:
        raise UsageError("say what you found: --posted URL, --not-posted or --both")
    context: Context = ctx.obj
    with context.open_with_clock(rehearsal=rehearsal) as opened:
        key = opened.ledger.history.get_key(key)
        if both:
            for url in opened.ledger.manual.leave_copies(key, find_user(), opened.clock.moment()):
                console.show(f"left in place {key}: {url}")
            return
        if posted is None:
            opened.ledger.manual.resolve_not_posted(key, find_user(), opened.clock.moment())
            console.show(f"cancelled {key}")
            console.tell(f"to send it after all: stormctl retry {key}{opened.option}")
            return
        with context.open_adapters(opened, rehearsal=rehearsal) as adapters:
            evidence = find_evidence(opened.ledger, adapters, opened.clock, key, posted)
        if evidence.reservation:
            console.tell(evidence.reservation)
            console.confirm("record it as the post of this delivery", "yes", yes=yes)
        opened.ledger.manual.resolve_posted(
            key, evidence.post_id, evidence.url, find_user(), opened.clock.moment()
        )
        console.show(f"delivered {key}: {evidence.url}")


def retract(
    ctx: typer.Context,
    keys: OptionalKeysArgument = None,
    message: WholeMessageOption = None,
    storm: StormOption = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Only the post at this address, if it was posted twice."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation (for scripts).")] = False,
    rehearsal: RehearsalOption = False,
) -> None:
    """Take posts down from the platform.

    Shows them and asks first. Works while halted. Exit codes, if one could not be taken down: 5
    credentials, 7 refused, 8 not known, 75 try again later.
    """
    from stormctl.domain.delivery.delivery import Delivered, State
    from stormctl.engine.operate.operator_actions import (
        exit_code_of_removal,
        find_removals,
        get_message,
        take_down,
    )
    from stormctl.render.terminal.deliveries import render_posts, render_removal

    _refuse_both(keys, message, storm)
    context: Context = ctx.obj
    with context.open_with_clock(rehearsal=rehearsal) as opened:
        if message is None:
            found = _find_keys(opened, keys)
        else:
            found = [view.key for view in get_message(opened.ledger, message, {State.DELIVERED}, storm)]
        removals = find_removals(opened.ledger, found, url)
        console.tell(render_posts(removals, _read_zones(opened, removals)))
        with context.open_adapters(opened, rehearsal=rehearsal) as adapters:
            posts = "this post" if len(removals) == 1 else f"these {len(removals)} posts"
            console.confirm(f"delete {posts} from the platform", "yes", yes=yes)
            codes = set()
            for removal in removals:
                outcome = take_down(opened.ledger, adapters, opened.clock, removal, find_user())
                codes.add(exit_code_of_removal(outcome))
                tell = console.show if isinstance(outcome, Delivered) else console.tell
                tell(render_removal(removal, outcome))
        if message is not None:
            _warn_of_more(opened, message, removals[0].storm_id)
    raise typer.Exit(choose_exit_code(codes))


def read_moment(text: str, zones: set[str], option: str = "--at") -> datetime:
    """Read a moment in the storm's zone, or one with a zone of its own.

    Raises:
        UsageError: it is none, or several storms' zones could be meant.
    """
    from stormctl.files.values import BadValueError, parse_instant

    if LOCAL.fullmatch(text.strip()):
        if len(zones) > 1:
            raise UsageError(f"{option} may be in any of {', '.join(sorted(zones))}", "Add the zone.")
        text = f"{text.strip()} {next(iter(zones))}"
    try:
        return parse_instant(text).at
    except BadValueError as error:
        raise UsageError(f"{option}: {error.message}", error.hint) from None


def _find_keys(opened: OpenLedger, parts: list[str] | None) -> list[str]:
    return list(dict.fromkeys(opened.ledger.history.get_key(part) for part in parts or ()))


def _read_zones(opened: OpenLedger, views: list[DeliveryView]) -> dict[str, str]:
    return {view.storm_id: opened.ledger.history.details(view.key).timezone for view in views}


def _refuse_both(keys: list[str] | None, message: str | None, storm: str | None) -> None:
    if bool(keys) == (message is not None):
        raise UsageError("name deliveries by key, or a whole message with --message")
    if storm is not None and message is None:
        raise UsageError("--storm goes with --message", "A key already names its storm.")


def _warn_of_more(opened: OpenLedger, message_id: str, storm_id: str) -> None:
    """Say what of a message may still go out after its posts were taken down."""
    views = opened.ledger.history.of_message(message_id)
    coming = sum(view.state.is_open for view in views if view.storm_id == storm_id)
    if coming:
        console.tell(f"{coming} more may still go out: stormctl cancel --message {message_id}{opened.option}")
