"""The composition root: from the command line's options to the things that use cases are handed."""

from __future__ import annotations

from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from stormctl.cli.console import language, tell
from stormctl.cli.scrubbing import SCRUBBER
from stormctl.errors import UsageError
from stormctl.places import is_guest, name_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from stormctl.cli.acting import OpenLedger
    from stormctl.domain.base.clock import Moment
    from stormctl.engine.accounts.adapters import EnvironmentAdapters
    from stormctl.engine.alerts.notifications import Notifications
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Durations, Workspace
    from stormctl.engine.doctor.doctor import DoctorScope
    from stormctl.engine.launch.preview import Preview
    from stormctl.environment import Environment
    from stormctl.ledger.ledger import Ledger


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
            owner = name_user(root.stat().st_uid)
            tell(f"you are root, and the campaign folder belongs to {owner}: use sudo -u {owner} stormctl")
        return root

    def find_root(self) -> Path | None:
        """Return the campaign folder; None if there is none here, and none was named."""
        from stormctl.files.campaign import find_campaign_dir

        try:
            find_campaign_dir(Path.cwd(), self.folder)
        except UsageError:
            if self.folder is not None:
                raise
            return None
        return self.root

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
        from stormctl.engine.base.equipment import Durations

        return Durations.by(self.environment.settings)

    @cached_property
    def notifications(self) -> Notifications:
        """Who is told what happens, by the settings; UsageError if an address can't be used."""
        from stormctl.engine.alerts.notifications import make_notifications

        return make_notifications(self.environment.settings)

    @property
    def ledger_url(self) -> str:
        """The ledger's address, password included: never print it."""
        return self.environment.settings.ledger_url.get_secret_value()

    def load_campaign(self, schedule: str | None, *, remember: bool = False) -> Campaign:
        """Read a schedule, its bank and its plan; UsageError if there is no such schedule."""
        from stormctl.engine.base.campaign import load_campaign
        from stormctl.files.campaign import find_schedule

        return load_campaign(self.root, find_schedule(self.root, schedule), remember=remember)

    def load_and_tell(self, schedule: str | None) -> Campaign:
        """Read the campaign and tell what was found in its files."""
        campaign = self.load_campaign(schedule, remember=True)
        _tell_findings(campaign)
        return campaign

    def preview(self, schedule: str | None) -> Preview:
        """Read the campaign as a launch would plan it now; its ledger is only read, if there is one."""
        from stormctl.engine.base.clocks import SystemClock
        from stormctl.engine.launch.preview import preview

        campaign = self.load_campaign(schedule, remember=True)
        return preview(campaign, self.open_existing, SystemClock().moment().at, SCRUBBER.scrub)

    def preview_and_tell(self, schedule: str | None) -> Preview:
        """Read the campaign as a launch would plan it now, and tell what was found."""
        seen = self.preview(schedule)
        _tell_findings(seen.campaign)
        return seen

    def make_case(self, campaign: Campaign, moment: Moment, *, is_launching: bool = False) -> DoctorScope:
        """Say what `doctor` is to look at."""
        from stormctl.engine.doctor.doctor import DoctorScope

        return DoctorScope(
            root=self.root,
            settings=self.environment.settings,
            unused_variables=self.environment.unused_variables,
            durations=self.durations,
            campaign=campaign,
            moment=moment,
            is_launching=is_launching,
        )

    @contextmanager
    def open_ledger(self, *, create: bool = False, publishing: bool = False) -> Iterator[Ledger]:
        """Open the ledger and close it again.

        Raises:
            LedgerError: there is none and `create` is False, or nothing may be published from it and
                `publishing` is True.
        """
        from stormctl.ledger.ledger import open_ledger

        opened = open_ledger(
            self.ledger_url, root=self.root, create=create, publishing=publishing, is_known=True
        )
        with closing(opened) as ledger:
            yield ledger

    def open_existing(self) -> AbstractContextManager[Ledger | None]:
        """Open the ledger if there is one."""
        from stormctl.ledger.db.stores import find_store

        return self.open_ledger() if find_store(self.ledger_url, self.root).exists() else nullcontext()

    @contextmanager
    def open_workspace(self) -> Iterator[Workspace]:
        """Hand out what launches and runners work with; their adapters reload changed credentials."""
        from stormctl.engine.accounts.adapters import EnvironmentAdapters
        from stormctl.engine.accounts.rewriting import EnvironmentFile
        from stormctl.engine.base.equipment import Workspace
        from stormctl.ledger.db.stores import find_store

        store = find_store(self.ledger_url, self.root)
        file = EnvironmentFile(
            self.root, self.environment, learn=lambda rewritten: SCRUBBER.learn(rewritten.secrets())
        )
        with closing(EnvironmentAdapters(self.environment, file)) as adapters:
            yield Workspace(
                root=self.root,
                settings=self.environment.settings,
                durations=self.durations,
                adapters=adapters,
                where=store.where,
                has_ledger=store.exists,
                open_ledger=partial(self.open_ledger, publishing=True),
            )

    def open_with_clock(
        self, *, rehearsal: bool, needs_keys: bool = True, command: str = "", as_json: bool = False
    ) -> AbstractContextManager[OpenLedger]:
        """Open the ledger of the day, or the rehearsal's, with its clock and durations; see `acting`."""
        from stormctl.cli.acting import open_to_act

        return open_to_act(self, rehearsal=rehearsal, needs_keys=needs_keys, command=command, as_json=as_json)

    @contextmanager
    def open_adapters(self, opened: OpenLedger, *, rehearsal: bool) -> Iterator[EnvironmentAdapters]:
        """Make adapters for the platforms that a desk's ledger belongs to, and close them again.

        Raises:
            UsageError: there is no rehearsal running.
            LedgerError: the ledger belongs to other hosts.
        """
        from stormctl.engine.accounts.adapters import EnvironmentAdapters

        if rehearsal:
            from stormctl.engine.launch.stage import open_rehearsal_adapters

            adapters = open_rehearsal_adapters(self.root)
        else:
            opened.ledger.check_hosts(self.environment.settings.hosts)
            adapters = EnvironmentAdapters(self.environment)
        with closing(adapters):
            yield adapters


def _tell_findings(campaign: Campaign) -> None:
    from stormctl.render.terminal.findings import render_findings

    if campaign.findings:
        tell(render_findings(campaign.findings, language()))
