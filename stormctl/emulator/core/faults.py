"""Scripted faults: which requests meet one, and what happens to them."""

from __future__ import annotations

import hashlib
import threading
import tomllib
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stormctl.emulator.core.rates import QUARTER_HOUR_S
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Action(StrEnum):
    """What happens to a request. "Accepted" means that it is carried out before anything goes wrong."""

    DROP_BEFORE = "drop_before"  # the connection closes; nothing was read
    DROP_AFTER = "drop_after"  # accepted; the connection closes without an answer
    ERROR_BEFORE = "error_before"  # a 5xx; nothing was done
    ERROR_AFTER = "error_after"  # accepted; a 5xx all the same
    SLOW = "slow"  # accepted; the answer comes `seconds` later
    LATE_ACCEPT = "late_accept"  # accepted `seconds` later, whoever still listens; `ending` says to what end
    DRIP = "drip"  # accepted; the answer comes byte by byte, `seconds` apart
    EMPTY = "empty"  # accepted; 200 without a body
    TRUNCATED = "truncated"  # accepted; half of the answer's JSON
    RATE_LIMITED = "rate_limited"  # 429, or Facebook's 80001
    DAY_LIMITED = "day_limited"  # X's 24-hour block, while the plain window shows requests remaining
    UNAUTHORIZED = "unauthorized"  # 401, or Facebook's 190
    CREDITS_DEPLETED = "credits_depleted"  # 402; X only
    FORBIDDEN = "forbidden"  # 403 for the app, or Facebook's 200
    DUPLICATE_FIRST = "duplicate_first"  # 403, or Facebook's 506, to a text that is new; it `stands` or not
    WRONG_RECEIPT = "wrong_receipt"  # a receipt with the id of an earlier post; the post `stands` or not
    MEDIA_EXPIRED = "media_expired"  # what the post attaches is forgotten before it is looked for
    REPLY_REFUSED = "reply_refused"  # 403; X only
    BLOCKED = "blocked"  # 368; Facebook only
    REDIRECT = "redirect"  # 307 to elsewhere
    LAG = "lag"  # a list shows a post only `seconds` after it was accepted
    ANSWER = "answer"  # `status`, `headers` and `text`, whatever they are; nothing was done


class FaultRule(BaseModel):
    """Which requests meet which fault; what is not named matches all, but for `operation`.

    Attributes:
        platform: x or facebook.
        channel: `x:migrants-day`, or with `*`.
        operation: create_post unless another is named: upload, describe_media, read_me, read_timeline,
            read_posts, read_insights, delete_post, read_token; or with `*`. What lags is a timeline.
        path: the request's path without a Graph version, with `*`.
        nth: only these of a channel's matching requests, counted from 1; empty for all.
        probability: of meeting the fault, drawn from the seed.
        times: at most this many times per channel; None for no end.
        seconds: for slow, late_accept, drip and lag; real time.
        ending: of the connection at a late acceptance: hang_up at once, silence, or the answer then.
        stands: whether the post was accepted that is refused as a duplicate, or given another one's receipt.
        body: of a 5xx: json, text or html.
        status: of a 5xx, or of an answer.
        text: of an answer, as it is.
        kind: its content type.
        headers: of an answer, beside that.
        reset: of a rate limit: future, none or past.
        reset_s: how far ahead a future one lies; emulated seconds. Facebook tells it in whole minutes.
        subcode: of Facebook's 190.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Action
    platform: str = "*"
    channel: str = "*"
    operation: str = "create_post"
    path: str = "*"
    nth: tuple[int, ...] = ()
    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    times: int | None = Field(default=None, ge=0)
    seconds: float = Field(default=15.0, ge=0.0)
    ending: str = Field(default="hang_up", pattern="^(hang_up|silence|answer)$")
    stands: bool = True
    body: str = Field(default="text", pattern="^(json|text|html)$")
    status: int = Field(default=503, ge=200, le=599)
    text: str = ""
    kind: str = "application/json"
    headers: dict[str, str] = {}
    reset: str = Field(default="future", pattern="^(future|none|past)$")
    reset_s: float = Field(default=QUARTER_HOUR_S, ge=0.0)
    subcode: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _lag_in_a_list(cls, data: Any) -> Any:
        is_bare = isinstance(data, dict) and data.get("action") == Action.LAG and "operation" not in data
        return {**data, "operation": "read_timeline"} if is_bare else data

    @model_validator(mode="after")
    def _fail_with_5xx(self) -> Self:
        if self.status < 500 and self.action is not Action.ANSWER:  # noqa: PLR2004 - HTTP
            raise ValueError(f"{self.action} takes a status of 500 to 599")
        return self

    def matches(self, call: Call) -> bool:
        """Say whether a request is of the kind that this rule is about."""
        return all(
            fnmatchcase(value, pattern)
            for value, pattern in (
                (call.platform, self.platform),
                (call.channel, self.channel),
                (call.operation, self.operation),
                (call.path, self.path),
            )
        )


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a request before its body is read; `channel` is empty if it is not known."""

    platform: str
    channel: str
    operation: str
    path: str


def _posts(action: str, probability: float, **options: Any) -> dict[str, Any]:
    return {"action": action, "probability": probability, **options}


PROFILES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "none": (),
    "normal": (
        _posts("drop_before", 0.010),
        _posts("drop_after", 0.015),
        _posts("error_before", 0.010),
        _posts("error_after", 0.015, body="html", status=502),
        _posts("slow", 0.010),
        _posts("rate_limited", 0.010),
        _posts("truncated", 0.005),
        _posts("empty", 0.005),
        _posts("error_before", 0.02, operation="upload"),
        _posts("lag", 0.25, operation="read_timeline", seconds=1.0),
    ),
    "rough": (
        _posts("drop_before", 0.03),
        _posts("drop_after", 0.05),
        _posts("error_before", 0.03, body="json", status=500),
        _posts("error_after", 0.05, body="html", status=502),
        _posts("slow", 0.03),
        _posts("rate_limited", 0.01, reset_s=5.0),
        _posts("rate_limited", 0.02, reset="none"),
        _posts("truncated", 0.02),
        _posts("empty", 0.02),
        _posts("late_accept", 0.02, seconds=1.0),
        _posts("late_accept", 0.01, seconds=2.0, ending="silence"),
        _posts("duplicate_first", 0.02),
        _posts("wrong_receipt", 0.01),
        _posts("wrong_receipt", 0.01, stands=False),
        _posts("media_expired", 0.10, times=1),
        _posts("error_before", 0.10, operation="upload"),
        _posts("drop_before", 0.05, operation="read_*"),
        _posts("error_before", 0.05, operation="read_*"),
        _posts("lag", 0.5, operation="read_timeline", seconds=2.0),
        _posts("rate_limited", 0.01, reset_s=30.0),
    ),
}
"""`normal` is a day as others report theirs: some 8 % of posts meet a fault. On a rough one, over a quarter.

On a rough day acceptance and lists are late by 2 s at most, so that the second reading of a rehearsal, 5 s
after the request, sees what was late twice. Longer delays are for scenes with a longer settling.

A window of X's that is used up may end in a quarter of an hour or in the next second, as far as it has run.
On a rough day it ends soon, so that a storm of minutes meets it more than once on a channel.
"""


class Faults:
    """Decides, repeatably, which requests meet a fault.

    What a channel meets depends on the seed and on its own requests only, so that channels that run side
    by side do not disturb each other.

    Args:
        rules: the first one that fires wins.
        seed: of the probabilities.
    """

    def __init__(self, rules: Iterable[FaultRule] = (), *, seed: int = 0) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._counts: dict[tuple[int, str], int] = {}
        self._fired: dict[tuple[int, str], int] = {}
        self._rules: tuple[FaultRule, ...] = tuple(rules)

    @classmethod
    def load(cls, profile: str, *, seed: int = 0) -> Faults:
        """Load a profile by name, or a TOML file with `[[rules]]`.

        Raises:
            UsageError: if there is no such profile or file, or a rule is wrong.
        """
        if profile in PROFILES:
            return cls.named(profile, seed=seed)
        try:
            data = tomllib.loads(Path(profile).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            message = f"no fault profile or file {profile!r}"
            raise UsageError(message, f"Use {', '.join(PROFILES)}, or a TOML file.") from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{profile}: {error}") from error
        return cls(parse_rules(data.get("rules", [])), seed=seed)

    @classmethod
    def named(cls, profile: str, *, seed: int = 0) -> Faults:
        """Return a profile by its name alone: who asks over the network has no file opened.

        Raises:
            UsageError: if there is no such profile.
        """
        if profile not in PROFILES:
            raise UsageError(f"no fault profile {profile[:100]!r}", f"Use {', '.join(PROFILES)}.")
        return cls(parse_rules(PROFILES[profile]), seed=seed)

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """The rules in force."""
        return self._rules

    def add(self, rules: Iterable[FaultRule]) -> None:
        """Put rules before those in force."""
        with self._lock:
            added = tuple(rules)
            self._rules = added + self._rules
            for table in (self._counts, self._fired):
                moved = {(index + len(added), channel): n for (index, channel), n in table.items()}
                table.clear()
                table.update(moved)

    def clear(self) -> None:
        """Drop all rules and what was counted."""
        with self._lock:
            self._rules = ()
            self._counts.clear()
            self._fired.clear()

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the rules in force as plain values."""
        return [rule.model_dump(mode="json") for rule in self._rules]

    def pick(self, call: Call) -> FaultRule | None:
        """Return the rule that this request falls under; every matching rule counts it."""
        with self._lock:
            picked: FaultRule | None = None
            for index, rule in enumerate(self._rules):
                if rule.matches(call) and self._fires(index, rule, call) and picked is None:
                    picked = rule
                    self._fired[index, call.channel] = self._fired.get((index, call.channel), 0) + 1
            return picked

    def _fires(self, index: int, rule: FaultRule, call: Call) -> bool:
        key = (index, call.channel)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if rule.times is not None and self._fired.get(key, 0) >= rule.times:
            return False
        if rule.nth and count not in rule.nth:
            return False
        place = "/".join(map(str, (self._seed, index, *asdict(call).values(), count)))
        draw = int.from_bytes(hashlib.sha256(place.encode()).digest()[:7], "big") / 2**56
        return draw < rule.probability


def parse_rules(data: Any) -> tuple[FaultRule, ...]:
    """Read rules from plain values.

    Raises:
        UsageError: if one is wrong.
    """
    if not isinstance(data, list | tuple):
        raise UsageError("fault rules must be a list")
    try:
        return tuple(FaultRule.model_validate(item) for item in data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"fault rule: {where}: {first['msg']}") from error
