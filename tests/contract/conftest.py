"""A ledger on every engine, and a bench to work it: plans, moments, whole attempts."""

from __future__ import annotations

import itertools
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from stormctl.domain.bank.message import LatePolicy
from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import Delivered, DeliveryKey, Kind, PlannedDelivery, Post
from stormctl.domain.plan.occupancy import Limits
from stormctl.domain.platforms.channel import parse_channel_id
from stormctl.ledger.delivery.enrolment import Adoption, Enrolled, StormTerms
from tests.contract.crowd import gather
from tests.contract.places import File, Schema
from tests.factories import take_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stormctl.domain.delivery.delivery import Claim, Outcome, State
    from stormctl.ledger.delivery.doubts import Doubt
    from stormctl.ledger.ledger import Ledger
    from tests.contract.places import Place
    from tests.postgres import Server

NOON = datetime(2026, 12, 18, 12, tzinfo=UTC)
WALL = datetime(2026, 11, 2, 9, tzinfo=UTC)
LEASE = timedelta(seconds=20)
X = "x:migrants-day"
TERMS = StormTerms(
    storm_id="imd",
    name="International Migrants Day",
    timezone="America/New_York",
    limits=Limits(),
    quiet=(),
    channels=(X,),
)


def at(minutes: float, *, wall_s: float | None = None) -> Moment:
    """Return a moment so many minutes after noon; the wall clock goes along unless it is given in seconds."""
    wall = timedelta(minutes=minutes) if wall_s is None else timedelta(seconds=wall_s)
    return Moment(NOON + timedelta(minutes=minutes), WALL + wall)


def plan(message: str = "dignity", slot: float = 0, *, channel: str = X, **fields: Any) -> PlannedDelivery:
    """Plan a delivery so many minutes after noon; `text`, `part`, `storm` and any field may be given."""
    post = Post(text=fields.pop("text", f"About {message}"), media=fields.pop("media", ()))
    key = DeliveryKey(
        storm=fields.pop("storm", "imd"),
        channel=channel,
        message=message,
        tail="en",
        part=fields.pop("part", None),
    )
    values: dict[str, Any] = {
        "slot_at": NOON + timedelta(minutes=slot),
        "storm_on": NOON.date(),
        "kind": Kind.SLOT,
        "late": LatePolicy.SKIP,
        "grace": timedelta(minutes=15),
    }
    return PlannedDelivery(key=key, channel=parse_channel_id(channel), post=post, **(values | fields))


@dataclass
class Bench:
    """A ledger and the steps that a runner takes on it."""

    ledger: Ledger
    place: Place
    opened: list[Ledger] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def reopen(self) -> Ledger:
        """Open the ledger once more; it is closed in the end."""
        self.opened.append(self.place.open())
        return self.opened[-1]

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Do something behind the ledger's back; return its rows."""
        return self.place.execute(statement)

    @staticmethod
    def at(minutes: float, *, wall_s: float | None = None) -> Moment:
        """Return a moment so many minutes after noon; see `at`."""
        return at(minutes, wall_s=wall_s)

    def enroll(
        self,
        *deliveries: PlannedDelivery,
        moment: Moment | None = None,
        published: Mapping[str, Delivered] | None = None,
        **terms: Any,
    ) -> Enrolled:
        """Enrol a plan; `terms` replace those of the storm, with limits called as in `take_limits`."""
        channels = tuple(dict.fromkeys(str(d.channel) for d in deliveries)) or (X,)
        usual: dict[str, Any] = {"channels": channels, "limits": take_limits(terms)}
        changed = replace(TERMS, **usual | terms)
        return self.ledger.enrolment.enroll(
            changed, deliveries, moment or at(-60), Adoption(published=published or {})
        )

    def claim(self, minutes: float = 0, channel: str = X, runner: str = "r1") -> Claim:
        """Claim what must be there."""
        claim = self.find_claim(minutes, channel, runner)
        assert claim is not None
        return claim

    def find_claim(self, minutes: float = 0, channel: str = X, runner: str = "r1") -> Claim | None:
        """Claim what may be there."""
        return self.ledger.outbox.claim(channel, runner, at(minutes), LEASE)

    def send(self, minutes: float = 0, channel: str = X, runner: str = "r1") -> Claim:
        """Claim and begin the request."""
        claim = self.claim(minutes, channel, runner)
        self.ledger.outbox.mark_sending(claim, at(minutes))
        return claim

    def answer(self, claim: Claim, outcome: Outcome, minutes: float = 0, retry: float | None = None) -> State:
        """Record what came of a request."""
        retry_at = None if retry is None else at(retry).at
        return self.ledger.outbox.record(claim, outcome, at(minutes), retry_at=retry_at).state

    def deliver(self, minutes: float = 0, channel: str = X) -> Claim:
        """Publish what is due."""
        claim = self.send(minutes, channel)
        self.answer(claim, self.receipt(), minutes)
        return claim

    def receipt(self, name: str = "p") -> Delivered:
        """Make a receipt with a new id."""
        post_id = f"{name}{next(self.numbers)}"
        return Delivered(post_id=post_id, url=f"https://example.org/{post_id}")

    def prove_absent(self, doubt: Doubt, moment: Moment) -> bool:
        """Tell whether readings settled a doubt: a request takes 10 s at most, lists lag less than 60 s."""
        times = {"request_limit": timedelta(seconds=10), "settling": timedelta(seconds=60)}
        return self.ledger.doubts.settle_not_there(doubt, moment, **times) is not None

    def states(self, storm: str = "imd") -> dict[str, str]:
        """Return the state of each delivery by its message, with the part if there is one."""
        views = self.ledger.history.deliveries(storm)
        return {view.key.split("/", 2)[2].replace("/en", ""): view.state.value for view in views}

    def next_due(self, minutes: float = 0, *channels: str) -> float | None:
        """Return the next due moment in minutes after noon."""
        due = min(self.ledger.backlog.next_dues(at(minutes), channels or (X,)).values(), default=None)
        return None if due is None else (due - NOON) / timedelta(minutes=1)


ENGINES = ["sqlite", "postgresql"]
"""Every engine keeps the same contract; one more is one more word here and one more branch in `new_place`."""


@pytest.fixture(name="plan")
def make_plan() -> Callable[..., PlannedDelivery]:
    """Return the maker of planned deliveries."""
    return plan


@pytest.fixture(params=ENGINES)
def new_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Place]]:
    """What makes a new place on each engine: empty, or with a ledger that holds nothing."""
    with ExitStack() as stack:

        def make(*, founded: bool = False) -> Place:
            root = tmp_path_factory.mktemp("campaign")
            if request.param == "sqlite":
                return File(root)
            server: Server = request.getfixturevalue("postgres")
            lent = server.ledger() if founded else server.schema()
            return Schema(server, stack.enter_context(lent), root)

        yield make


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The statements that put into a ledger what others have there."""
    place = File(tmp_path_factory.mktemp("crowd"))
    with closing(place.open()) as ledger:
        return gather(Bench(ledger, place), plan)


@pytest.fixture
def bench(new_place: Callable[..., Place], crowd: tuple[str, ...]) -> Iterator[Bench]:
    """A ledger on an engine, in which others have deliveries in every state; see `crowd`."""
    place = new_place(founded=True)
    ledger = place.open()
    for statement in crowd:
        place.execute(statement)
    made = Bench(ledger, place, [ledger])
    yield made
    for opened in made.opened:
        opened.close()
