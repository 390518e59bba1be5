"""What is known about a ledger as a whole: where it is, what it holds, what was done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from stormctl.domain.delivery.delivery import State
    from stormctl.domain.report.status import DeliveryView, GapView, RunnerStatus


@dataclass(frozen=True, slots=True)
class StormCounts:
    """A storm of a ledger, and how many of its deliveries are in which state."""

    storm_id: str
    name: str
    counts: Mapping[State, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """A ledger, or a backup of one, from outside.

    Attributes:
        where: for people: engine and place, without a password.
        version, newest: what its tables are, and what this stormctl knows.
        hosts: that it is bound to, by platform, and by channel where it has a server of its own.
        runners: those that may post; only the live ones.
        moved_to: where it was copied to; None if it is in use.
        backed_up_at: of a backup: from when on it may not know what was published.
        known_until: the newest instant that it knows of.
        last_backup_at: when it was last backed up, to `last_backup`.
    """

    where: str
    version: int
    newest: int
    size: int
    hosts: Mapping[str, str]
    storms: tuple[StormCounts, ...]
    runners: tuple[RunnerStatus, ...]
    halts: int
    gaps: tuple[GapView, ...]
    moved_to: str | None
    backed_up_at: datetime | None
    known_until: datetime | None
    last_backup_at: datetime | None
    last_backup: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was made: `facts` are those of the file."""

    path: Path
    facts: LedgerFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePreview:
    """What a restore would do, for a person to see before it happens.

    Attributes:
        present: what it would replace; None if there is nothing that can be read.
        is_damaged: whether something is there that can't be read.
    """

    backup: LedgerFacts
    present: LedgerFacts | None
    is_damaged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """A ledger from elsewhere, for a person to look at before anything is posted from it.

    Attributes:
        ledger_id: its id, which a script must name.
        first: what it would post first, in order of the slots.
    """

    facts: LedgerFacts
    ledger_id: str
    first: tuple[DeliveryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigratedLedger:
    """A ledger that was brought to this version."""

    before: int
    after: int
    backup: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """A ledger that was restored.

    Attributes:
        aside: where the ledger that was there before is now; None if there was none.
        since: from when on it may not know what was published.
    """

    where: str
    aside: Path | None
    since: datetime
    in_doubt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A ledger that was copied to another database.

    Attributes:
        rows: how many, over all tables.
        setting: the line for `.env`, without a password.
        was_there: whether an earlier copying, cut off before its last step, had brought it there already.
    """

    source: str
    target: str
    rows: int
    setting: str
    was_there: bool
