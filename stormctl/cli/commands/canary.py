"""A canary in a terminal: what it will be, the link to look at, and its end."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

import typer

from stormctl.cli import console
from stormctl.cli.options import read_channel
from stormctl.errors import CredentialsError, ExitCode, UsageError
from stormctl.places import find_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from stormctl.cli.context import Context
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.domain.report.status import DeliveryView
    from stormctl.engine.doctor.canary import Canary, Release

_ONE_MOMENT = b"\nOne moment: the canary is brought to its end first.\n"
"""Said past every buffer, since a signal may come while one is being written."""


def post_canary(context: Context, name: str, schedule: str | None, *, yes: bool) -> None:
    """Post a canary, show its link, and delete it, whatever happens in between."""
    from stormctl.engine.doctor.canary import releasing

    channel, patience = read_channel(name), _Patience()
    lang = _find_language(context, channel, schedule)
    with context.open_workspace() as workspace, ExitStack() as signals:
        is_new = not workspace.has_ledger()

        def agree(canary: Canary) -> None:
            _tell_canary(canary, workspace.where, is_new=is_new)
            console.confirm("post it", str(channel), yes=yes)
            signals.enter_context(patience.catching_signals())

        with releasing(channel, lang, workspace, find_user(), listener=_listen, agree=agree) as release:
            _release(release, patience)


def _listen(event: StormEvent) -> None:
    """Tell what is worth it: of what was delivered or refused, more is said afterwards."""
    from stormctl.domain.base.event import EventKind

    text = event.text.removeprefix(f"{event.key.split('/')[2]}: ") if event.key else event.text
    if event.kind is EventKind.IN_DOUBT:
        console.tell(
            f"It is not known whether it went out: {text}. Reading the account; this may take a minute."
        )
    elif event.kind not in {
        EventKind.DELIVERED,
        EventKind.FAILED,
        EventKind.NOT_SENT,
        EventKind.PUT_OFF,
    }:
        console.tell(text)


def _release(release: Release, patience: _Patience) -> None:
    from stormctl.domain.delivery.delivery import State

    view = release.publish()
    if view.state is not State.DELIVERED:
        _tell_end(view, release.suspended)
    try:
        console.show_link(str(view.url))
        console.tell("Open this link in a browser where you are signed out: you see what everyone sees.")
        console.tell("Enter deletes it; Ctrl-C too.")
        patience.wait_for_enter()
    finally:
        _remove(release, view)


def _remove(release: Release, view: DeliveryView) -> None:
    from stormctl.domain.delivery.delivery import Delivered, InDoubt
    from stormctl.engine.operate.operator_actions import exit_code_of_removal
    from stormctl.render.terminal.deliveries import render_removal

    outcome = release.remove()
    if isinstance(outcome, Delivered):
        console.tell(render_removal(view, outcome))
        return
    words = "IT MAY STILL BE THERE" if isinstance(outcome, InDoubt) else "IT IS STILL THERE"
    console.tell(f"{words}: {outcome.reason}")
    console.tell(f"Delete it at {view.url}")
    console.tell(f"or run: stormctl retract {view.key}")
    raise typer.Exit(exit_code_of_removal(outcome))


def _tell_end(view: DeliveryView, suspended: str | None) -> NoReturn:
    """Say why there is no canary, and end with the exit code of that."""
    from stormctl.domain.delivery.delivery import State

    if view.state.is_open:
        state = view.state.value.replace("_", " ")
        console.tell(f"the canary is {state}: {view.why}")
        console.tell(f"Look at the account, then: stormctl resolve {view.key} --posted URL, or --not-posted")
        console.tell(f"If it is there, take it down: stormctl retract {view.key}")
        raise typer.Exit(ExitCode.IN_DOUBT)
    if suspended is not None:
        hint = f"Nothing was posted. Once that is fixed: stormctl resume --channel {view.channel}"
        raise CredentialsError(f"{view.channel} is suspended: {suspended}", hint)
    console.tell(f"no canary went out: {view.why}")
    raise typer.Exit(ExitCode.INCOMPLETE if view.state is State.FAILED else ExitCode.TRY_AGAIN)


def _tell_canary(canary: Canary, where: str, *, is_new: bool) -> None:
    from stormctl.render.terminal.doctor import render_canary

    delivery, ledger = canary.delivery, f"{where}, created for it" if is_new else where
    console.tell(
        render_canary(
            channel=str(canary.channel),
            account=canary.account.name,
            host=canary.host,
            is_live=canary.is_live,
            text=delivery.post.text,
            asked_usd_micros=canary.asked_usd_micros,
            cost_usd_micros=canary.cost_usd_micros,
            ledger=ledger,
        )
    )


def _find_language(context: Context, channel: ChannelId, schedule: str | None) -> str:
    """Return the first language of a channel by the schedule; English where none says."""
    try:
        storm = context.load_campaign(schedule).storm
    except UsageError:
        if schedule is not None:
            raise
        return "en"  # no schedule, or several: none of them is needed for a canary
    rules = storm.channels if storm is not None else ()
    languages = next((rule.languages for rule in rules if rule.id == channel), ())
    return languages[0] if languages else "en"


class _Patience:
    """Waits for Enter; Ctrl-C and the system's wish to end count as Enter, and interrupt nothing else."""

    def __init__(self) -> None:
        self._is_waiting = False
        self._was_asked = False

    @contextmanager
    def catching_signals(self) -> Iterator[None]:
        """Let no signal end the process before what was posted is deleted again."""
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: signal.signal(number, self.ask) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Take note of a signal; only the waiting is interrupted by it."""
        self._was_asked = True
        if self._is_waiting:
            raise KeyboardInterrupt
        with suppress(OSError):  # the terminal may be gone, which is why the signal came
            os.write(2, _ONE_MOMENT)

    def wait_for_enter(self) -> None:
        """Return when a line was typed, when the input has ended, or when a signal came."""
        try:
            self._is_waiting = True
            if not self._was_asked and sys.stdin is not None:
                sys.stdin.readline()
        except KeyboardInterrupt:
            with suppress(OSError):  # as above
                os.write(2, b"\n")
        except OSError:  # the terminal was closed, and the signal of that comes later
            self._was_asked = True
        finally:
            self._is_waiting = False
