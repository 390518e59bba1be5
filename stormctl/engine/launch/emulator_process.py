"""The emulator as a process of its own, spoken to over HTTP like any other server."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from stormctl.domain.platforms.channel import Platform
from stormctl.emulator.core.accounts import make_accounts
from stormctl.emulator.core.faults import PROFILES, Faults
from stormctl.errors import TryAgainError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import TracebackType

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.clocks import Pace

LOOPBACK = "127.0.0.1"

ANSWER_S = 10.0
"""Real seconds to wait for an answer of the emulator's control addresses."""


@dataclass(frozen=True, slots=True)
class ReceivedPost:
    """A post that the emulator holds: what really arrived."""

    channel: str
    id: str
    text: str
    deleted: bool


class EmulatorProcess:
    """Start the emulator on a free port of the loopback; it ends with us, however we end.

    Args:
        verified: the accounts to which X allows more.

    Raises:
        UsageError: there are no such faults.
        TryAgainError: the emulator does not start.
    """

    def __init__(
        self,
        channels: Sequence[ChannelId],
        *,
        seed: int,
        faults: str,
        verified: Collection[ChannelId] = (),
    ) -> None:
        Faults.load(faults, seed=seed)
        self._channels = tuple(channels)
        names = {str(channel) for channel in verified}
        accounts = make_accounts([str(channel) for channel in channels], seed)
        self._accounts = tuple(replace(a, verified=a.channel in names) for a in accounts)
        self._process = subprocess.Popen(
            # -P, and a folder of our own: what lies in the current one is a campaign, never code
            [sys.executable, "-P", "-m", "stormctl.emulator", "--port", "0", "--accounts-json", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=sys.prefix,
        )
        faults = faults if faults in PROFILES else str(Path(faults).absolute())
        wish = {"accounts": [a.as_dict() for a in self._accounts], "seed": seed, "faults": faults}
        self.port = self._start(json.dumps(wish))

    @property
    def base_url(self) -> str:
        """Where both platforms' APIs are."""
        return f"http://{LOOPBACK}:{self.port}"

    def variables(self) -> dict[str, str]:
        """Return the environment variables with which a client reaches the emulator's accounts."""
        values = {f"STORMCTL_{platform.name}_BASE_URL": self.base_url for platform in Platform}
        for account, channel in zip(self._accounts, self._channels, strict=True):
            prefix = f"STORMCTL_{channel.platform.name}_{channel.env_name}"
            values |= {f"{prefix}_{field}": value for field, value in account.credentials.items()}
        return values

    def set_pace(self, pace: Pace) -> None:
        """Let the emulator's clock run like the storm's.

        To the emulator no `fast_until` is fast for ever; to a pace it is 1×.
        """
        speed = 1.0 if pace.fast_until is None else pace.speed
        self._ask("POST", "/_emulator/clock", asdict(replace(pace, speed=speed)))

    def received(self) -> list[ReceivedPost]:
        """Ask what really arrived, in order."""
        answer = self._ask("GET", "/_emulator/posts")
        return [
            ReceivedPost(channel=p["channel"], id=p["id"], text=p["text"], deleted=p["deleted"])
            for p in answer["posts"]
        ]

    def billed(self) -> int:
        """Ask what the platforms have billed so far, in millionths of a US dollar."""
        return sum(line["usd_micros"] for line in self._ask("GET", "/_emulator/bill")["bill"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process; it ends by itself when its standard input closes."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what it never read is of no use any more
                    pipe.close()
        try:
            self._process.wait(timeout=ANSWER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self, wish: str) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:  # only without pipes, which are asked for above
            raise TryAgainError("the emulator has no standard input or output")
        try:
            stdin.write(wish + "\n")
            stdin.flush()
            first = stdout.readline()
            return int(json.loads(first)["port"])
        except (OSError, ValueError, KeyError) as error:
            self.stop()
            raise TryAgainError(
                "the emulator did not start", "Its output is above; try it alone: stormctl emulator"
            ) from error

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=ANSWER_S)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= http.client.BAD_REQUEST:
                raise TryAgainError(f"the emulator answered {answer.status} to {method} {path}")
            return json.loads(text) if text else None
        except (OSError, http.client.HTTPException) as error:
            raise TryAgainError(f"the emulator does not answer: {error}") from error
        finally:
            connection.close()
