"""`auth`: sign accounts in, and see whose they are."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from stormctl.cli import console
from stormctl.cli.command_names import Commands
from stormctl.cli.completion import complete_account
from stormctl.cli.options import AnywayOption, JsonOption, read_channel
from stormctl.cli.scrubbing import SCRUBBER
from stormctl.domain.platforms.channel import Platform
from stormctl.errors import CredentialsError, ExitCode, LedgerError, UsageError
from stormctl.places import find_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stormctl.cli.context import Context
    from stormctl.domain.delivery.signin import ManagedPage
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.accounts.account_signin import AccountSignIn
    from stormctl.engine.accounts.page_signin import PageSignIn
    from stormctl.engine.accounts.signin import Grant, SignIn
    from stormctl.ledger.ledger import Ledger

TRIES = 3
"""How often a person may mistype a PIN."""

ChannelArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="CHANNEL",
        autocompletion=complete_account,
        help="The channel, such as migrants-day. Not needed where the schedules have only one.",
        show_default=False,
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Don't ask whether it is the right one: for scripts.")]


def add_to(app: typer.Typer) -> None:
    """Add this module's commands, a group of their own."""
    group = typer.Typer(
        cls=Commands,
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Sign in to accounts, and see whose they are.",
    )
    for platform in Platform:
        group.command(platform.value)(find_sign_in(platform))
    group.command("list")(list_accounts)
    app.add_typer(group, name="auth")


def find_sign_in(platform: Platform) -> Callable[..., None]:
    """Return a platform's way to sign in."""
    match platform:
        case Platform.X:
            return sign_in_x
        case Platform.FACEBOOK:
            return sign_in_facebook
        case _:
            assert_never(platform)


def sign_in_x(
    ctx: typer.Context,
    channel: ChannelArgument = None,
    pin: Annotated[
        str | None,
        typer.Option(
            metavar="PIN",
            help="Finish the sign-in that was begun, with the PIN that X showed.",
            show_default=False,
        ),
    ] = None,
    yes: YesOption = False,
    anyway: AnywayOption = False,
) -> None:
    """Sign in to an account on X, by PIN.

    Prints an address. The account's owner opens it, wherever they are, allows the app, and reads the PIN back
    to you. Then X is asked whose account it is, and the tokens are written to .env. Without a terminal only
    the address is printed: run the command again with --pin once you have the PIN.
    """
    from stormctl.engine.accounts.account_signin import AccountSignIn

    context: Context = ctx.obj
    found = _find_channel(context, Platform.X, channel, anyway=anyway)
    if pin is not None:
        _refuse_unasked(yes)
    signin = AccountSignIn(context.root, context.environment, found, SCRUBBER.learn)
    _ask_for_app(signin)
    if pin is None:
        console.tell(f"Have the owner of {found} open this address, and allow the app. X then shows a PIN.")
        console.show_link(signin.begin())
        later = f"stormctl auth x {found} --pin PIN"
        if not console.is_terminal():
            console.tell(f"Then run: {later}")
            return
        console.tell(f"Type the PIN here, or later: {later}")
    grant = signin.finish(pin) if pin is not None else _ask_for_pin(signin)
    _finish(context, signin, grant, yes=yes)


def sign_in_facebook(
    ctx: typer.Context,
    channel: ChannelArgument = None,
    page: Annotated[
        str | None, typer.Option(metavar="ID", help="The Page, by its number.", show_default=False)
    ] = None,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read the user token from standard input.")
    ] = False,
    yes: YesOption = False,
    anyway: AnywayOption = False,
) -> None:
    """Sign in to a Facebook Page.

    Asks for the user token of someone who manages the Page, from the Graph API Explorer for example. It is
    exchanged for one that lasts, shows the Pages that the person manages, and is then forgotten. The token of
    the Page that you choose is written to .env; it does not expire.
    """
    from stormctl.engine.accounts.page_signin import PageSignIn
    from stormctl.render.terminal.accounts import render_pages

    context: Context = ctx.obj
    found = _find_channel(context, Platform.FACEBOOK, channel, anyway=anyway)
    if not token_stdin and not console.is_terminal():
        raise UsageError("can't ask for the user token: not a terminal", "For scripts: --token-stdin")
    if token_stdin or not console.is_terminal():
        _refuse_unasked(yes)
    signin = PageSignIn(context.root, context.environment, found, SCRUBBER.learn)
    _ask_for_app(signin)
    pages = signin.list_pages(sys.stdin.readline()) if token_stdin else _ask_for_pages(signin)
    console.tell(render_pages(pages))
    grant = signin.choose(page or _choose_page(pages, found, can_ask=not token_stdin))
    _finish(context, signin, grant, yes=yes)


def list_accounts(
    ctx: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no platform: show the accounts as the ledger knows them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show whose accounts the channels are, and what is missing.

    Asks the platforms, all channels at once; X bills each as the reading of a user. Shows by name
    which variables are set, and where, and never a value. Exit code 5 if a channel can't post.
    """
    from stormctl.engine.accounts.accounts import list_access
    from stormctl.engine.base.campaign import find_scheduled_channels
    from stormctl.engine.doctor.machine import explain_unused
    from stormctl.render.terminal.accounts import access_json, render_access

    context: Context = ctx.obj
    channels = find_scheduled_channels(context.root) or context.environment.find_channels()
    if not channels:
        raise UsageError(
            "there are no channels yet", "Name them in a schedule, or sign in: stormctl auth x NAME"
        )
    with _open_known(context, channels) as ledger, console.waiting("Asking the platforms"):
        rows = list_access(channels, context.environment, ledger, offline=offline)
    for variable in context.environment.unused_variables:
        message, hint = explain_unused(variable, channels)
        console.tell(f"{message}. {hint}")
    if as_json:
        console.show_json(access_json(rows))
    else:
        console.show(render_access(rows))
    if any(row.is_bad for row in rows):
        raise typer.Exit(ExitCode.CREDENTIALS)


def _find_channel(context: Context, platform: Platform, name: str | None, *, anyway: bool) -> ChannelId:
    """Return the channel that is named, or the only one of the platform in the schedules."""
    from stormctl.engine.base.campaign import find_scheduled_channels
    from stormctl.engine.operate.halting import ANYWAY
    from stormctl.files.nearest import suggest

    scheduled = [c for c in find_scheduled_channels(context.root) if c.platform is platform]
    listed = ", ".join(map(str, scheduled))
    if name is None:
        if len(scheduled) == 1:
            return scheduled[0]
        why = f"the schedules have {len(scheduled)} channels on {platform.label}: say which one"
        raise UsageError(
            why, f"One of: {listed}" if listed else f"Such as: stormctl auth {platform.value} NAME"
        )
    found = read_channel(name if ":" in name else f"{platform.value}:{name}")
    if found.platform is not platform:
        raise UsageError(f"{found} is not on {platform.label}", f"Run: stormctl auth {found.platform.value}")
    if scheduled and found not in scheduled and not anyway:
        nearest = suggest(str(found), map(str, scheduled))
        message = f"nothing was done: no schedule has the channel {found}"
        raise UsageError(message, f"{nearest} {ANYWAY}")
    return found


def _refuse_unasked(yes: bool) -> None:
    if not yes and not console.is_terminal():
        raise UsageError("can't ask for confirmation: not a terminal", "For scripts: --yes")


def _ask_for_app(signin: SignIn) -> None:
    """Have a person type what is missing of the app's keys, where one can."""
    missing = signin.missing_app()
    if missing and console.is_terminal():
        label = signin.channel.platform.label
        console.tell(
            f"The keys of your app on {label} are not set yet. They are written to .env with the rest."
        )
        given = {
            field.name: (console.ask_secret if field.is_secret else console.ask)(missing[field.name])
            for field in signin.channel.platform.facts.fields
            if field.name in missing
        }
        signin.give_app(given)


def _ask_for_pin(signin: AccountSignIn) -> Grant:
    """Ask until X takes the PIN; PinRefusedError after the last try."""
    from stormctl.platforms.x.signin import PinRefusedError

    for _ in range(TRIES - 1):
        try:
            return signin.finish(console.ask("PIN"))
        except PinRefusedError as refused:
            console.tell(f"{refused.message}. {refused.hint}")
    return signin.finish(console.ask("PIN"))


def _ask_for_pages(signin: PageSignIn) -> tuple[ManagedPage, ...]:
    """Ask for a user token until Facebook lists its Pages; the error of the last try is raised."""
    from stormctl.platforms.facebook.signin import USER_HINT

    console.tell(USER_HINT)
    for _ in range(TRIES - 1):
        try:
            return signin.list_pages(console.ask_secret("User token"))
        except (CredentialsError, UsageError) as refused:
            console.tell(f"{refused.message}. Try another one.")
    return signin.list_pages(console.ask_secret("User token"))


def _choose_page(pages: Sequence[ManagedPage], channel: ChannelId, *, can_ask: bool) -> str:
    """Return the number of the only Page, or of the one that a person names by its place in the list."""
    if len(pages) == 1:
        return pages[0].id
    if not can_ask:
        listed = ", ".join(page.id for page in pages)
        raise UsageError("there are several Pages: say which one", f"With --page, one of: {listed}")
    places = {str(place): page.id for place, page in enumerate(pages, 1)}
    for _ in range(TRIES):
        typed = console.ask(f"Which one is {channel}? (1 to {len(pages)})")
        chosen = places.get(typed, typed)
        if chosen in places.values():
            return chosen
        console.tell(f"“{typed}” is not one of them.")
    raise UsageError("no Page was chosen", "Nothing was written.")


def _finish(context: Context, signin: SignIn, grant: Grant, *, yes: bool) -> None:
    """Show whose account it is, ask, and write."""
    from stormctl.engine.accounts.signin import record_sign_in
    from stormctl.render.terminal.accounts import render_grant, render_signed_in

    settings = context.environment.settings
    host, is_live = settings.host(signin.channel), settings.is_official(signin.channel)
    with context.open_existing() as ledger:
        signin.check(grant, ledger)
    console.tell(render_grant(str(signin.channel), grant.owner, grant.remarks, host, is_live=is_live))
    if not yes and not typer.confirm(f"Is this the account of {signin.channel}?", err=True):
        raise UsageError("not signed in", "Nothing was written. Start again with the right account.")
    signin.save(grant)
    with _open_known(context, [signin.channel]) as ledger:
        if ledger is not None:
            record_sign_in(ledger, signin.channel, grant.owner.name, find_user())
    console.show(render_signed_in(str(signin.channel), grant.owner, signin.env_file, tuple(grant.values)))


@contextmanager
def _open_known(context: Context, channels: Sequence[ChannelId]) -> Iterator[Ledger | None]:
    """Open the ledger if there is one that can be read and belongs to the same hosts; tell if not."""
    with ExitStack() as stack:
        try:
            ledger = stack.enter_context(context.open_existing())
            if ledger is not None:
                ledger.check_hosts(context.environment.settings.hosts, channels)
        except LedgerError as error:
            console.tell(f"the ledger is not read: {error.message}")
            ledger = None
        yield ledger
