"""An adapter beside the emulator that it talks to, over HTTP only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests

from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.emulator.core.clock import EmulatorClock
from stormctl.platforms.adapter import OutgoingPost, PlatformAdapter
from stormctl.platforms.credentials import FacebookCredentials, XCredentials
from stormctl.platforms.facebook.adapter import FacebookAdapter
from stormctl.platforms.x.adapter import XAdapter

if TYPE_CHECKING:
    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.emulator.server import EmulatorThread

LIMIT = timedelta(seconds=5)


def now() -> datetime:
    """Return the real time, which the emulator goes by too."""
    return datetime.now(UTC)  # noqa: TID251 - the emulator stamps posts with the real time


class Skipping(EmulatorClock):
    """The real time, and ahead of it by what an adapter has waited for: that is not really waited."""

    def __init__(self) -> None:
        self._skipped = timedelta()
        super().__init__(lambda: self.now().timestamp())

    def now(self) -> datetime:
        """Return the time."""
        return now() + self._skipped

    def wait(self, seconds: float) -> None:
        """Let seconds pass at once."""
        self._skipped += timedelta(seconds=seconds)


class Practice:
    """An adapter beside the emulator that it talks to.

    Args:
        channel: the adapter's.
        emulator: has its account.
        clock: the emulator's, if the adapter's waiting passes on it.
    """

    def __init__(self, channel: str, emulator: EmulatorThread, clock: Skipping | None = None) -> None:
        self.channel = parse_channel_id(channel)
        self.emulator = emulator
        self._clock = clock
        self.begun_at = now() - timedelta(minutes=2)
        (self.account,) = (a for a in emulator.world.accounts if a.channel == channel)
        self.adapter = self.make()

    @property
    def is_x(self) -> bool:
        """Whether the channel is on X."""
        return self.channel.platform is Platform.X

    def now(self) -> datetime:
        """Return the time on the platform's clock."""
        return now() if self._clock is None else self._clock.now()

    def make(
        self,
        changed: dict[str, str] | None = None,
        limit: timedelta = LIMIT,
        *,
        base_url: str | None = None,
    ) -> PlatformAdapter:
        """Return an adapter, perhaps with other credentials, or by another way to the emulator."""
        given = {key.lower(): value for key, value in self.account.credentials.items()} | (changed or {})
        kind: Any = XAdapter if self.is_x else FacebookAdapter
        credentials = XCredentials(**given) if self.is_x else FacebookCredentials(**given)
        adapter: PlatformAdapter = kind(
            self.channel,
            credentials,
            base_url=base_url or self.emulator.base_url,
            request_limit=limit,
            now=self.now,
            wait=None if self._clock is None else self._clock.wait,
        )
        return adapter

    def publish(self, text: str, **more: Any) -> Outcome:
        """Publish without a last check."""
        return self.adapter.publish(OutgoingPost(text=text, **more), lambda: None)

    def posts(self) -> list[dict[str, Any]]:
        """Return what the emulator really received and still shows."""
        found = requests.get(f"{self.emulator.base_url}/_emulator/posts", timeout=5).json()["posts"]
        return [post for post in found if post["published"] and not post["deleted"]]

    def texts(self) -> list[str]:
        """Return the texts of the posts."""
        return [post["text"] for post in self.posts()]

    def read_back(self) -> list[str]:
        """Return the texts that the adapter finds on the account."""
        reading = self.adapter.find_recent(self.begun_at, self.now())
        assert reading.complete
        return [post.text for post in reading.posts]

    def break_with(self, action: str, **rule: object) -> None:
        """Make the next matching request meet a fault."""
        rules = [{"action": action, "times": 1, **rule}]
        url = f"{self.emulator.base_url}/_emulator/faults"
        requests.post(url, json={"rules": rules}, timeout=5).raise_for_status()
