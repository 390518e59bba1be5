"""A runner's equipment with a real ledger, a fake clock and fake platforms."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.engine.base.equipment import Durations, Equipment, Workspace, pass_on
from stormctl.engine.deliver.dispatcher import Dispatcher
from stormctl.engine.deliver.uploader import Uploader
from stormctl.engine.launch.preparation import prepare_launch
from stormctl.ledger.ledger import Ledger, open_ledger
from stormctl.settings import Settings
from tests.factories import ACME, PAGE, make_terms
from tests.fakes import Events, FakeClock, FakePlatform, FakePlatforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.domain.delivery.delivery import PlannedDelivery, State
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.base.equipment import Checkpoint
    from stormctl.engine.launch.preparation import Preparation


DAY = timedelta(days=1)
LOCAL = Settings(base_urls={"X": "http://127.0.0.1:1", "FACEBOOK": "http://127.0.0.1:1"})


@dataclass
class Bench:
    """Everything that an engine's test has at hand."""

    ledger: Ledger
    clock: FakeClock
    platforms: FakePlatforms
    events: Events
    equipment: Equipment
    runner_id: str

    @property
    def x(self) -> FakePlatform:
        """The X account's platform."""
        return self.platforms.platforms[ACME]

    @property
    def facebook(self) -> FakePlatform:
        """The Page's platform."""
        return self.platforms.platforms[PAGE]

    def enroll(self, *deliveries: PlannedDelivery, **fields: Any) -> None:
        """Enter deliveries in the ledger; `fields` replace the storm's terms."""
        terms = make_terms(*dict.fromkeys(d.channel for d in deliveries), **fields)
        self.ledger.enrolment.enroll(terms, deliveries, self.clock.moment())

    def workspace(self, settings: Settings = LOCAL) -> Workspace:
        """Make what a use case is handed: the ledger is there, and so are the platforms."""
        return Workspace(
            root=Path(),
            settings=settings,
            durations=self.equipment.durations,
            adapters=self.platforms,
            where="sqlite: ledger.db",
            has_ledger=lambda: True,
            open_ledger=lambda **_options: nullcontext(self.ledger),
            clock=self.clock,
        )

    def prepare(self, campaign: Campaign, settings: Settings = LOCAL, **options: Any) -> Preparation:
        """Prepare the launch of a campaign."""
        return prepare_launch(campaign, self.workspace(settings), self.ledger, **options)

    def dispatcher(self, checkpoint: Checkpoint = pass_on) -> Dispatcher:
        """Make a dispatcher."""
        uploader = Uploader(self.equipment, self.runner_id)
        return Dispatcher(self.equipment, self.runner_id, uploader, checkpoint)

    def serve(self, channel: ChannelId = ACME) -> int:
        """Serve a channel once, with a new dispatcher."""
        return self.dispatcher().serve(channel, lambda: False)

    def states(self) -> dict[str, State]:
        """Return each delivery's state by its message (and part)."""
        views = self.ledger.history.deliveries("storm")
        return {view.key.removeprefix("storm/").split("/", 1)[1]: view.state for view in views}

    def spent(self) -> int:
        """Return what the storm has spent, in millionths of a US dollar."""
        status = self.ledger.overview.status(self.clock.moment(), runner_timeout=DAY)
        (budget,) = (storm.budget for storm in status.storms)
        assert budget is not None
        return budget.spent_usd_micros

    def state(self) -> State:
        """Return the state of the only delivery."""
        (state,) = self.states().values()
        return state


@pytest.fixture
def durations() -> Durations:
    """The machine durations of the day."""
    return Durations()


@pytest.fixture
def bench(tmp_path: Path, durations: Durations) -> Iterator[Bench]:
    """A bench with one X account and one Page, at noon."""
    clock, events = FakeClock(), Events()
    platforms = FakePlatforms([ACME, PAGE], clock=clock)
    ledger = open_ledger("sqlite:///ledger.db", root=tmp_path, create=True)
    equipment = Equipment(
        ledger=ledger, adapters=platforms, clock=clock, listener=events, durations=durations
    )
    runner_id = ledger.runners.register("launch", "here", 1, clock.moment())
    yield Bench(ledger, clock, platforms, events, equipment, runner_id)
    ledger.close()
