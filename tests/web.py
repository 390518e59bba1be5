"""A storm of two channels and its pages, served on loopback."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from PIL import Image

from stormctl.cli.acting import OpenLedger
from stormctl.cli.web.day import DayReader, Outlook, make_day_app
from stormctl.cli.web.halting import HaltDesk, make_halt_app
from stormctl.cli.web.serving import Servers, name_address, open_listener
from stormctl.domain.base.clock import Moment
from stormctl.domain.delivery.delivery import Delivered, Refused
from stormctl.engine.base.equipment import Durations
from stormctl.ledger.ledger import open_ledger
from tests.factories import ACME, PAGE, bind_hosts_of, make_delivery, make_media, make_terms
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.ledger.ledger import Ledger

ZONE = ZoneInfo("America/New_York")
HOSTS = {"x": "api.x.com", "facebook": "graph.facebook.com"}
PRACTICE_HOSTS = {"x": "127.0.0.1:8080", "facebook": "127.0.0.1:8080"}
MINUTE = timedelta(minutes=1)


def draw_picture() -> bytes:
    """Draw a picture, as a PNG."""
    written = io.BytesIO()
    Image.new("RGB", (1200, 600), "teal").save(written, "PNG")
    return written.getvalue()


@dataclass
class Day:
    """The storm, its ledger and its clock, and what was done about it.

    Attributes:
        alerts: how often people were told.
        told: the lines on the terminal.
    """

    ledger: Ledger
    clock: FakeClock
    alerts: list[int] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def opened(self) -> OpenLedger:
        """The ledger as commands have it."""
        return OpenLedger(self.ledger, self.clock, Durations())

    def publish(self, channel: ChannelId = ACME, post_id: str = "1") -> str:
        """Publish what is due on a channel, and return its key."""
        moment = self.clock.moment()
        claim = self.ledger.outbox.claim(str(channel), "r1", moment, timedelta(minutes=1))
        assert claim is not None
        self.ledger.outbox.mark_sending(claim, moment)
        url = f"https://example.org/{channel.name}/{post_id}"
        self.ledger.outbox.record(claim, Delivered(post_id=post_id, url=url), moment)
        return claim.key

    def fail(self, channel: ChannelId = ACME) -> None:
        """Let the platform refuse what is due on a channel."""
        moment = self.clock.moment()
        claim = self.ledger.outbox.claim(str(channel), "r1", moment, timedelta(minutes=1))
        assert claim is not None
        self.ledger.outbox.mark_sending(claim, moment)
        self.ledger.outbox.record(
            claim, Refused(code="186", reason="the text is <b>too long</b>", for_good=True), moment
        )

    @contextmanager
    def alerting(self) -> Iterator[None]:
        """Count who is told."""
        self.alerts.append(1)
        yield


@contextmanager
def opened_day(folder: Path, *, is_practice: bool = False) -> Iterator[Day]:
    """Make a storm of eight posts on two channels, an hour apart; it is five past noon."""
    ledger = open_ledger(f"sqlite:///{folder}/ledger.db", root=folder, create=True)
    start = Moment(NOON - timedelta(hours=1), NOON - timedelta(hours=1))
    picture = draw_picture()
    boat = replace(make_media("boat", picture), alt="A paper boat")
    ledger.media.store(boat.digest, boat.mime, picture, start)
    bind_hosts_of(ledger, PRACTICE_HOSTS if is_practice else HOSTS)
    plan = [
        make_delivery(
            f"m{hour}",
            channel=channel,
            slot_at=NOON + timedelta(hours=hour),
            text=f"Everyone who moves has rights, number {hour}. https://example.org/" + "long/" * 20,
            media=(boat,) if hour == 0 else (),
        )
        for channel in (ACME, PAGE)
        for hour in range(4)
    ]
    ledger.enrolment.enroll(make_terms(ACME, PAGE, name="A storm of <two> channels"), plan, start)
    clock = FakeClock(NOON)
    clock.move(5 * MINUTE)
    ledger.runners.register("launch", "laptop", 4711, clock.moment())
    try:
        yield Day(ledger, clock)
    finally:
        ledger.close()


@dataclass(frozen=True)
class Served:
    """The pages' addresses, and the halt desk."""

    url: str
    halt_url: str
    desk: HaltDesk


@contextmanager
def serving(day: Day, port: int = 0) -> Iterator[Served]:
    """Serve a day's pages."""
    desk = HaltDesk(day.opened, day.alerting, day.told.append, ZONE)
    page, halt = open_listener("127.0.0.1", port), open_listener("127.0.0.1", 0)
    reader = DayReader(Outlook(day.opened, None, ZONE))
    ending: list[Servers] = []
    app = make_day_app(reader, lambda: any(one.is_ending for one in ending))
    servers = Servers([(app, page), (make_halt_app(desk), halt)])
    ending.append(servers)
    served = Served(name_address(page), f"{name_address(halt)}{desk.secret}", desk)
    servers.start()
    try:
        yield served
    finally:
        servers.stop()
