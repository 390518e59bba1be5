"""What a person sees of a ledger as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import State
from stormctl.domain.report.maintenance import (
    Backup,
    LedgerFacts,
    MigratedLedger,
    Move,
    Restoration,
    RestorePreview,
    StormCounts,
)
from stormctl.domain.report.status import GapView, RunnerStatus
from stormctl.render.terminal.maintenance import (
    facts_json,
    render_backup,
    render_exchange,
    render_facts,
    render_migration,
    render_move,
    render_restoration,
    render_size,
)
from tests.unit.render.conftest import at

if TYPE_CHECKING:
    from collections.abc import Callable

FACTS = LedgerFacts(
    where="sqlite: .stormctl/ledger.db",
    version=3,
    newest=3,
    size=1_440_000,
    hosts={"x": "api.x.com", "facebook": "graph.facebook.com"},
    storms=(
        StormCounts("imd-2026", "International Migrants Day", {State.DELIVERED: 1_204, State.IN_DOUBT: 2}),
    ),
    runners=(
        RunnerStatus(
            id="r", host="desk", pid=17, kind="launch", started_at=at(8), beat_at=at(12), alive=True
        ),
    ),
    halts=0,
    gaps=(GapView(since=at(10), until=at(11), why="the ledger was restored from a backup", in_doubt=2),),
    moved_to=None,
    backed_up_at=None,
    known_until=at(12),
    last_backup_at=at(11, 30),
    last_backup=".stormctl/backups/imd-2026-20261218T163000Z.db",
)
EMPTY = replace(FACTS, storms=(), hosts={}, runners=(), gaps=(), last_backup_at=None, last_backup=None)
COPY = replace(FACTS, where="sqlite: noon.db", runners=(), gaps=(), backed_up_at=at(12))

NEXT = "what is there is recorded, the rest is planned again"

EXPECTED_FACTS = """\
a ledger that can be used: 1 storm, 1 gap, 1 runner alive

Ledger       sqlite: .stormctl/ledger.db
Version      3
Size         1.4 MB
Hosts        facebook graph.facebook.com, x api.x.com
Storm        International Migrants Day (imd-2026)
               1,204 delivered, 2 in doubt
Last backup  Fri 18 Dec 2026, 16:30 UTC: .stormctl/backups/imd-2026-20261218T163000Z.db
Gap          Fri 18 Dec 2026, 15:00 UTC to Fri 18 Dec 2026, 16:00 UTC: the ledger was restored from
             a backup; 2 deliveries in doubt
Runner       launch on desk (process 17), alive"""

EXPECTED_EMPTY = """\
a ledger that can be used: 0 storms, no runner alive

Ledger       sqlite: .stormctl/ledger.db
Version      3
Size         1.4 MB
Hosts        none yet
Storms       none
Last backup  never
Runners      none alive"""

EXPECTED_BACKUP = """\
Backup  noon.db
Size    1.4 MB
Storm   International Migrants Day (imd-2026)
          1,204 delivered, 2 in doubt
It knows nothing of what is published after Fri 18 Dec 2026, 17:00 UTC. Once it is restored, all
that was due since then is in doubt."""

EXPECTED_EXCHANGE = """\
Restore      sqlite: noon.db
It knows     what was published until Fri 18 Dec 2026, 17:00 UTC
Storm        International Migrants Day (imd-2026)
               1,204 delivered, 2 in doubt
In place of  sqlite: .stormctl/ledger.db
Storm        International Migrants Day (imd-2026)
               1,204 delivered, 2 in doubt
             It is set aside, not thrown away."""


def test_facts(show: Callable[..., str]) -> None:
    """Everything that is known of it, one fact a line."""
    assert show(render_facts(FACTS)) == EXPECTED_FACTS
    assert show(render_facts(EMPTY)) == EXPECTED_EMPTY


def test_out_of_use_comes_first(show: Callable[..., str]) -> None:
    """A ledger that was copied, or is older, says so before all else."""
    moved = show(render_facts(replace(FACTS, moved_to="postgresql: storm on db.example.org")))
    older = show(render_facts(replace(FACTS, version=2)))

    assert "COPIED to postgresql: storm on db.example.org, and not used any more" in moved.splitlines()[1]
    assert "OF AN OLDER VERSION" in older.splitlines()[1]
    assert "Version      2 of 3" in older


def test_a_backup_says_that_it_is_one(show: Callable[..., str]) -> None:
    """For whoever takes it for the ledger."""
    assert "Backed up  Fri 18 Dec 2026, 17:00 UTC: this is a backup" in show(render_facts(COPY))


def test_backup(show: Callable[..., str]) -> None:
    """The file, what it holds, and what a restore of it means."""
    assert show(render_backup(Backup(path=Path("noon.db"), facts=COPY))) == EXPECTED_BACKUP


@pytest.mark.parametrize(
    ("present", "is_damaged", "words"),
    [
        (None, False, "There is none."),
        (None, True, "What is there can't be read. It is set aside, not thrown away."),
        (replace(FACTS, halts=2), False, "2 halts are in force now, 0 in the backup"),
    ],
)
def test_exchange_names_what_is_there(
    show: Callable[..., str], present: LedgerFacts | None, is_damaged: bool, words: str
) -> None:
    """Nothing, something damaged, or a halt that the backup does not know."""
    exchange = RestorePreview(backup=COPY, present=present, is_damaged=is_damaged)

    assert words in show(render_exchange(exchange, "sqlite: .stormctl/ledger.db"))


def test_exchange(show: Callable[..., str]) -> None:
    """Both ledgers, one above the other."""
    exchange = RestorePreview(backup=COPY, present=FACTS, is_damaged=False)

    assert show(render_exchange(exchange, FACTS.where)) == EXPECTED_EXCHANGE


def test_restoration(show: Callable[..., str]) -> None:
    """How many are in doubt, since when, and who settles them; nothing of that where there are none."""
    done = Restoration(where=FACTS.where, aside=Path("aside.db"), since=at(12), in_doubt=3)

    lines = show(render_restoration(done), width=160).splitlines()
    quiet = show(render_restoration(replace(done, aside=None, in_doubt=0)), width=160).splitlines()

    assert lines == [
        "restored sqlite: .stormctl/ledger.db",
        "what was there before is aside.db",
        "3 deliveries are in doubt: due since Fri 18 Dec 2026, 17:00 UTC, or claimed then",
        f"a runner (stormctl launch, daemon or tick) will read the accounts: {NEXT}",
    ]
    assert quiet == [lines[0], lines[2].replace("3 deliveries", "0 deliveries")]


def test_migration(show: Callable[..., str]) -> None:
    """The backup's path and both versions, or that there was nothing to do."""
    done = MigratedLedger(before=2, after=3, backup=Path("b.db"))

    assert show(render_migration(done, FACTS.where)).splitlines() == [
        "backed up to b.db",
        "migrated sqlite: .stormctl/ledger.db from version 2 to 3",
    ]
    assert show(render_migration(None, FACTS.where)) == (
        "nothing to do: sqlite: .stormctl/ledger.db is of this stormctl's version"
    )


def test_move(show: Callable[..., str]) -> None:
    """From where to where, and the line for .env on a line of its own, to be copied."""
    setting = "STORMCTL_LEDGER_URL=postgresql://storm@db.example.org/storm"
    done = Move(source=FACTS.where, target="postgresql: storm", rows=1, setting=setting, was_there=False)

    lines = show(render_move(done)).splitlines()
    again = show(render_move(replace(done, was_there=True))).splitlines()

    assert lines[0] == "copied and compared: 1 row from sqlite: .stormctl/ledger.db to postgresql: storm"
    assert setting in lines
    assert again[0].startswith("had been copied before, and is compared")


def test_facts_for_machines() -> None:
    """The same facts, with instants in UTC."""
    data = facts_json(FACTS)

    assert data["size_bytes"] == 1_440_000
    assert data["storms"][0]["counts"] == {"delivered": 1_204, "in_doubt": 2}
    assert data["last_backup_at"] == "2026-12-18T16:30:00Z"
    assert data["gaps"][0]["in_doubt"] == 2
    assert data["runners"][0]["pid"] == 17


@pytest.mark.parametrize(
    ("size", "written"), [(1, "1 kB"), (999_000, "999 kB"), (1_440_000, "1.4 MB"), (2 * 10**9, "2,000.0 MB")]
)
def test_size(size: int, written: str) -> None:
    """In the units of disks."""
    assert render_size(size) == written
