"""The composition root: from the command line's options to the things that use cases are handed."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.cli.scrubbing import SCRUBBER
from stormctl.errors import StormctlError
from stormctl.places import is_guest, name_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.domain.base.clock import Clock
    from stormctl.engine.accounts.adapters import EnvironmentAdapters
    from stormctl.engine.alerts.notifications import Notifications
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Durations
    from stormctl.environment import Environment
    from stormctl.ledger.ledger import Ledger


REHEARSAL = " --rehearsal"
COMMAND = re.compile(r"\bstormctl (status|halt|resume|show|cancel|retry|resolve|retract|report)\b")
"""A command that an error tells people to type, and that takes the option."""


@dataclass(frozen=True)
class Context:
    """What every command starts from.

    Attributes:
        folder: `--dir`, or None to look upwards from where we are.
    """

    folder: Path | None

    @cached_property
    def root(self) -> Path:
        """The campaign folder; UsageError if there is none."""
        from stormctl.files.campaign import find_campaign_dir

        root = find_campaign_dir(Path.cwd(), self.folder)
        if is_guest(root):
            from stormctl.cli.console import tell

            owner = name_user(root.stat().st_uid)
            tell(f"you are root, and the campaign folder belongs to {owner}: better sudo -u {owner} stormctl")
        return root

    @cached_property
    def environment(self) -> Environment:
        """Settings and credentials; CredentialsError or UsageError if they can't be read."""
        from stormctl.environment import load_environment

        environment = load_environment(self.root)
        SCRUBBER.learn(environment.secrets())
        return environment

    @cached_property
    def durations(self) -> Durations:
        """How patient machines are, by the settings."""
        from stormctl.domain.base.channel import Platform
        from stormctl.engine.base.equipment import Durations

        settings = self.environment.settings
        return Durations(
            request_limit=settings.request_limit,
            lease=settings.lease,
            settling={platform: settings.settling_of(platform) for platform in Platform},
            sweep=settings.sweep,
            heartbeat=settings.heartbeat,
        )

    @cached_property
    def notifications(self) -> Notifications:
        """Who hears of what happens, by the settings; UsageError if an address can't be used."""
        from stormctl.engine.alerts.notifications import make_notifications

        return make_notifications(self.environment.settings)

    @property
    def ledger_url(self) -> str:
        """The ledger's address, password included: never print it."""
        return self.environment.settings.ledger_url.get_secret_value()

    def load_campaign(self, schedule: str | None) -> Campaign:
        """Read a schedule, its bank and its plan; UsageError if there is no such schedule."""
        from stormctl.engine.base.campaign import load_campaign
        from stormctl.files.campaign import find_schedule

        return load_campaign(self.root, find_schedule(self.root, schedule))

    @contextmanager
    def open_ledger(self, *, create: bool = False, publishing: bool = False) -> Iterator[Ledger]:
        """Open the ledger and close it again.

        Raises:
            LedgerError: there is none and `create` is False, or nothing may be published from it and
                `publishing` is True.
        """
        from stormctl.ledger.ledger import open_ledger

        ledger = open_ledger(
            self.ledger_url, root=self.root, create=create, publishing=publishing, is_known=True
        )
        try:
            yield ledger
        finally:
            ledger.close()

    @contextmanager
    def watching_adapters(self) -> Iterator[EnvironmentAdapters]:
        """Make adapters that take up rewritten credentials, for a runner; close them again."""
        from stormctl.engine.accounts.adapters import EnvironmentAdapters
        from stormctl.engine.accounts.rewriting import EnvironmentFile

        file = EnvironmentFile(
            self.root, self.environment, learn=lambda rewritten: SCRUBBER.learn(rewritten.secrets())
        )
        adapters = EnvironmentAdapters(self.environment, file)
        try:
            yield adapters
        finally:
            adapters.close()

    @contextmanager
    def open_with_clock(self, *, rehearsal: bool, needs_keys: bool = True) -> Iterator[OpenLedger]:
        """Open the ledger of the day, or the rehearsal's, with its clock and durations.

        Args:
            needs_keys: whether an `.env` that can't be trusted is an error; else another way to the ledger is
                looked for.

        Raises:
            UsageError: there is no rehearsal to act on.
            LedgerError: there is no ledger.
        """
        from stormctl.engine.base.clocks import SystemClock

        if rehearsal:
            from stormctl.engine.launch.rehearsal import open_rehearsal

            ledger, clock, durations = open_rehearsal(self.root)
            try:
                yield OpenLedger(ledger, clock, durations, REHEARSAL)
            except StormctlError as error:
                error.hint = COMMAND.sub(rf"\g<0>{REHEARSAL}", error.hint)
                raise
            finally:
                ledger.close()
        else:
            if not needs_keys:
                from stormctl.cli.keyless import find_environment

                self.__dict__["environment"] = find_environment(self.root, lambda: self.environment)
            with self.open_ledger() as ledger:
                yield OpenLedger(ledger, SystemClock(ledger.clock_offset), self.durations)

    @contextmanager
    def open_adapters(self, opened: OpenLedger, *, rehearsal: bool) -> Iterator[EnvironmentAdapters]:
        """Make adapters for the platforms that a desk's ledger belongs to, and close them again.

        Raises:
            UsageError: there is no rehearsal running.
            LedgerError: the ledger belongs to other hosts.
        """
        from stormctl.engine.accounts.adapters import EnvironmentAdapters

        if rehearsal:
            from stormctl.engine.launch.rehearsal import open_rehearsal_adapters

            adapters = open_rehearsal_adapters(self.root)
        else:
            opened.ledger.check_hosts(self.environment.settings.hosts)
            adapters = EnvironmentAdapters(self.environment)
        try:
            yield adapters
        finally:
            adapters.close()


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """A ledger to act on, with the clock that it runs on.

    Attributes:
        option: what the commands that people are told to type need, so that they act on the same ledger.
    """

    ledger: Ledger
    clock: Clock
    durations: Durations
    option: str = ""
