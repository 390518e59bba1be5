"""Stop publishing before the next request, for all or for a part, and let it flow again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import from_micros, to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.report.halts import HaltView, Scope
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

    def is_touched_by(self, scope: Scope) -> bool:
        """Whether resuming a scope lifts or narrows it."""
        if scope.only is not None:
            return self.id == scope.only
        is_same = (self.scope, self.target) == (scope.kind, scope.target)
        return scope.kind == "all" or is_same or self.is_wider(scope)

    def is_wider(self, scope: Scope) -> bool:
        """Whether it covers more than all of another scope."""
        if self.scope == "all":
            return True
        is_platforms = self.scope == "platform" and scope.kind == "channel"
        return is_platforms and str(scope.target).startswith(f"{self.target}:")


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
            text = f"{Scope(scope, target)} halted by {who}: {reason}"
            note_event(session, moment, EventKind.HALTED, text)
            return int(row["id"])

    def resume(
        self,
        moment: Moment,
        who: str,
        *,
        scope: str = "all",
        target: str | None = None,
        only: int | None = None,
        late: LatePolicy | None = None,
    ) -> Resumed:
        """Let publishing flow again, in one transaction; return what became of halts, channel and late posts.

        `all` lifts every halt. A narrower scope lifts the halts of exactly that scope and target, and is
        made an exception of those that cover more. A channel is released from its suspension, too.

        Args:
            only: the number of the one halt to lift, of that scope and target; None for all that it touches.
            late: what happens to what is late and flows from now on; None leaves each its own policy. What
                stays halted or suspended keeps its own: nobody has been asked about it. With `skip`, those
                late beyond their grace become missed at the next sweep.
        """
        with self._database.transaction() as session:
            meant = Scope(scope, target, only)
            # Before anything is lifted: what flows is found by the halts that still stand.
            forgiven = 0 if late is None else forgive_late(session, late, moment, meant)
            lifted, narrowed = lift_halts(session, moment, who, meant)
            if lifted or narrowed:
                text = f"{meant} resumed by {who}"
                note_event(session, moment, EventKind.RESUMED, text)
            is_channel = scope == "channel" and only is None
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


def lift_halts(session: Session, moment: Moment, who: str, scope: Scope) -> tuple[int, int]:
    """Lift what resuming a scope lifts, and narrow what covers more; return how many of each."""
    lifted = narrowed = 0
    for halt in load_halts(session):
        if not halt.is_touched_by(scope):
            continue
        if scope.only is None and scope.kind != "all" and halt.is_wider(scope):
            names = {"scope": scope.kind, "target": scope.target}
            narrowed += session.write("add_exception", halt_id=halt.id, **names)
        else:
            lifted += session.write("lift_halt", id=halt.id, who=who, wall_now=to_micros(moment.wall_at))
    return lifted, narrowed


def make_rule(session: Session, scope: Scope) -> Callable[[Row], bool]:
    """Return what tells whether a planned delivery flows once a scope is resumed, and by that alone."""
    remaining = _remaining(load_halts(session), scope)
    suspended = {row["id"] for row in session.rows("suspended_channels")}
    if scope.kind == "channel" and scope.only is None:
        suspended.discard(scope.target)

    def flows(row: Row) -> bool:
        is_free = row["channel"] not in suspended and not is_halted(remaining, row)
        return is_free and matches(scope.kind, scope.target, row)

    return flows


def _remaining(halts: Iterable[Halt], scope: Scope) -> list[Halt]:
    if scope.only is not None:
        return [halt for halt in halts if halt.id != scope.only]
    if scope.target is None:
        return []
    return [
        replace(halt, exceptions=(*halt.exceptions, (scope.kind, scope.target)))
        if halt.is_wider(scope)
        else halt
        for halt in halts
        if (halt.scope, halt.target) != (scope.kind, scope.target)
    ]


def find_late(session: Session, moment: Moment, scope: Scope) -> list[str]:
    """Return the keys of what is late and flows once a scope is resumed, of each thread its first part."""
    flows = make_rule(session, scope)
    return [row["key"] for row in session.rows("late_planned", now=to_micros(moment.at)) if flows(row)]


def forgive_late(session: Session, policy: LatePolicy, moment: Moment, scope: Scope) -> int:
    """Give what is late and flows once a scope is resumed another policy; return how many."""
    keys = find_late(session, moment, scope)
    for key in keys:
        session.write("forgive_late", key=key, policy=policy.value)
    return len(keys)
