"""Stop publishing before the next request, for all or for a part, and let it flow again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.report.status import HaltView
from stormctl.ledger.control.channels import release_channel
from stormctl.ledger.journal.rows import note_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from stormctl.domain.bank.message import LatePolicy
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.report.status import RunnerStatus
    from stormctl.ledger.control.runners import Runners
    from stormctl.ledger.db.sessions import Database, Row, Session

_COLUMNS = {"channel": "channel", "topic": "topic", "message": "message_id"}


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a resumption did.

    Attributes:
        narrowed: out of how many it took something.
        is_released: whether it ended a channel's suspension or pause.
        forgiven: how many late deliveries were given another policy.
    """

    lifted: int = 0
    narrowed: int = 0
    is_released: bool = False
    forgiven: int = 0


@dataclass(frozen=True, slots=True)
class Halt:
    """A halt in force, with what flows again under it."""

    id: int
    scope: str
    target: str | None
    exceptions: tuple[tuple[str, str], ...]
    reason: str
    who: str
    at: int

    def covers(self, delivery: Row) -> bool:
        """Whether it blocks a delivery, of which the row has channel, topic and message_id."""
        return matches(self.scope, self.target, delivery) and not any(
            matches(scope, target, delivery) for scope, target in self.exceptions
        )

    def is_touched_by(self, scope: str, target: str | None) -> bool:
        """Whether resuming a scope lifts or narrows it."""
        return scope == "all" or (self.scope, self.target) == (scope, target) or self.is_wider(scope, target)

    def is_wider(self, scope: str, target: str | None) -> bool:
        """Whether it covers more than all of another scope and target."""
        if self.scope == "all":
            return True
        return self.scope == "platform" and scope == "channel" and str(target).startswith(f"{self.target}:")


def load_halts(session: Session) -> list[Halt]:
    """Load the halts in force."""
    return [
        Halt(
            id=row["id"],
            scope=row["scope"],
            target=row["target"],
            exceptions=tuple(
                (line["scope"], line["target"]) for line in session.recall("exceptions_of", halt_id=row["id"])
            ),
            reason=row["reason"],
            who=row["who"],
            at=row["halted_at"],
        )
        for row in session.recall("active_halts")
    ]


def is_halted(halts: Iterable[Halt], delivery: Row) -> bool:
    """Whether any of the halts covers a delivery."""
    return any(halt.covers(delivery) for halt in halts)


class Halts:
    """The halts of a ledger."""

    def __init__(self, database: Database, runners: Runners) -> None:
        self._database = database
        self._runners = runners

    def halt(self, scope: str, target: str | None, reason: str, who: str, moment: Moment) -> int:
        """Stop publishing from the next request on; return the halt's number.

        Args:
            scope: all, platform, channel, topic or message.
            target: which one; None for all.
            reason: shown to everyone, without secrets.
        """
        with self._database.transaction() as session:
            row = session.get(
                "add_halt",
                scope=scope,
                target=target,
                reason=reason,
                who=who,
                now=to_micros(moment.at),
                wall_now=to_micros(moment.wall_at),
            )
            text = f"{_name(scope, target)} halted by {who}: {reason}"
            note_event(session, moment, EventKind.HALTED, text)
            return int(row["id"])

    def resume(
        self,
        moment: Moment,
        who: str,
        *,
        scope: str = "all",
        target: str | None = None,
        late: LatePolicy | None = None,
    ) -> Resumed:
        """Let publishing flow again, in one transaction; return what became of halts, channel and late posts.

        `all` lifts every halt. A narrower scope lifts the halts of exactly that scope and target, and is
        made an exception of those that cover more. A channel is released from its suspension, too.

        Args:
            late: what happens to what is late and flows from now on; None leaves each its own policy. What
                stays halted or suspended keeps its own: nobody has been asked about it. With `skip`, those
                late beyond their grace become missed at the next sweep.
        """
        with self._database.transaction() as session:
            lifted = narrowed = 0
            # Before anything is lifted: what flows is found by the halts that still stand.
            forgiven = 0 if late is None else _forgive_late(session, late, moment, scope, target)
            for halt in load_halts(session):
                if scope == "all" or (halt.scope, halt.target) == (scope, target):
                    lifted += session.write(
                        "lift_halt", id=halt.id, who=who, wall_now=to_micros(moment.wall_at)
                    )
                elif halt.is_wider(scope, target):
                    narrowed += session.write("add_exception", halt_id=halt.id, scope=scope, target=target)
            if lifted or narrowed:
                text = f"{_name(scope, target)} resumed by {who}"
                note_event(session, moment, EventKind.RESUMED, text)
            is_channel = scope == "channel" and target is not None
            is_released = is_channel and release_channel(session, str(target), moment)
            return Resumed(lifted, narrowed, is_released, forgiven)

    def find_names(self, scope: str) -> set[str]:
        """Return the channels, topics or messages of which the ledger has posts: what a halt can mean."""
        with self._database.reading() as session:
            return {
                row["name"] for row in session.rows("known_names", scope=scope) if row["name"] is not None
            }

    def claimed(self) -> tuple[str, ...]:
        """Return the keys of what is claimed now: it may be on its way to a platform."""
        with self._database.reading() as session:
            return tuple(row["key"] for row in session.rows("claimed_keys"))

    def active(self) -> tuple[HaltView, ...]:
        """Return the halts in force, oldest first."""
        with self._database.reading() as session:
            return view_halts(session)

    def find_over(self, channel: str) -> Halt | None:
        """Return a halt of a channel as a whole, or of more; None without one."""
        whole = {"channel": channel, "topic": None, "message_id": None}
        with self._database.reading() as session:
            return next((halt for halt in load_halts(session) if halt.covers(whole)), None)

    def acknowledge(self, runner_id: str, moment: Moment) -> None:
        """Write down that a runner has seen every halt until now; that is a heartbeat as well."""
        with self._database.reading() as session:
            if session.find("unseen_halt", runner_id=runner_id) is None:
                return
        with self._database.transaction() as session:
            session.write("acknowledge_halts", runner_id=runner_id, wall_now=to_micros(moment.wall_at))

    def unacknowledged(self, moment: Moment, *, timeout: timedelta) -> tuple[RunnerStatus, ...]:
        """Return the live runners that have not seen the newest halt in force."""
        with self._database.reading() as session:
            halts = load_halts(session)
            behind = (
                {row["id"] for row in session.rows("behind_on_halts", halt_id=halts[-1].id)}
                if halts
                else set()
            )
        if not behind:
            return ()
        statuses = self._runners.list(moment, timeout=timeout)
        return tuple(runner for runner in statuses if runner.alive and runner.id in behind)


def view_halts(session: Session) -> tuple[HaltView, ...]:
    """Return the halts in force as people look at them."""
    return tuple(
        HaltView(
            id=halt.id,
            scope=halt.scope,
            target=halt.target,
            reason=halt.reason,
            who=halt.who,
            at=from_micros(halt.at),
            exceptions=tuple(f"{scope} {target}" for scope, target in halt.exceptions),
        )
        for halt in load_halts(session)
    )


def matches(scope: str, target: str | None, delivery: Row) -> bool:
    """Whether a scope takes in a delivery, of which the row has channel, topic and message_id."""
    if scope == "all":
        return True
    if scope == "platform":
        return str(delivery["channel"]).startswith(f"{target}:")
    return bool(delivery[_COLUMNS[scope]] == target)


def make_rule(session: Session, scope: str, target: str | None) -> Callable[[Row], bool]:
    """Return what tells whether a planned delivery flows once a scope is resumed, and by that alone."""
    remaining = _remaining(load_halts(session), scope, target)
    suspended = {row["id"] for row in session.rows("suspended_channels")}
    if scope == "channel":
        suspended.discard(target)

    def flows(row: Row) -> bool:
        is_free = row["channel"] not in suspended and not is_halted(remaining, row)
        return is_free and matches(scope, target, row)

    return flows


def _remaining(halts: Iterable[Halt], scope: str, target: str | None) -> list[Halt]:
    if scope == "all" or target is None:
        return []
    return [
        replace(halt, exceptions=(*halt.exceptions, (scope, target)))
        if halt.is_wider(scope, target)
        else halt
        for halt in halts
        if (halt.scope, halt.target) != (scope, target)
    ]


def _forgive_late(
    session: Session, policy: LatePolicy, moment: Moment, scope: str, target: str | None
) -> int:
    flows = make_rule(session, scope, target)
    keys = [row["key"] for row in session.rows("late_planned", now=to_micros(moment.at)) if flows(row)]
    for key in keys:
        session.write("forgive_late", key=key, policy=policy.value)
    return len(keys)


def _name(scope: str, target: str | None) -> str:
    return "everything" if target is None else f"{scope} {target}"
