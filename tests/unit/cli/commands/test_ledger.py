"""`ledger` and its commands: what is printed, what is asked, and how it ends."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.commands import ledger as ledger_commands
from stormctl.cli.scrubbing import Scrubber
from stormctl.domain.base.private import BLOT
from stormctl.errors import ExitCode
from stormctl.ledger.db.migrator import load_migrations
from tests.factories import make_delivery
from tests.unit.cli.conftest import enroll, read_moment

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

LATE = timedelta(minutes=-5)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """The campaign's ledger with one delivery that is late, and closed."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + LATE))
    ledger.close()
    return ledger


def make_old(stormctl: CommandLine) -> None:
    """Make a ledger of version 2."""
    folder = stormctl.root / ".stormctl"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "ledger.db", isolation_level=None)) as connection:
        for migration in load_migrations("sqlite")[:2]:
            for statement in migration.statements:
                connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('schema_version', '2')")


@pytest.mark.usefixtures("filled")
def test_alone_it_tells_of_the_ledger(stormctl: CommandLine) -> None:
    """For people, and for machines."""
    people, machine = stormctl("ledger"), stormctl("ledger", "--json")

    assert (people.code, machine.code) == (0, 0)
    assert "sqlite: .stormctl/ledger.db" in people.out
    assert "1 planned" in people.out
    assert machine.json["storms"] == [{"id": "storm", "name": "A storm", "counts": {"planned": 1}}]
    assert machine.json["schema_version"] == 1


@pytest.mark.usefixtures("filled")
def test_backup_and_restore(stormctl: CommandLine) -> None:
    """The path, what a restore means, and after it how many are in doubt and who settles them."""
    saved = stormctl("ledger", "backup", "b.db")
    again = stormctl("ledger", "backup", "b.db")
    restored = stormctl("ledger", "restore", "b.db", "--yes")

    assert (saved.code, again.code, restored.code) == (0, ExitCode.MAINTENANCE, 0)
    assert "b.db" in saved.out
    assert "all that was due since then is in doubt" in saved.out
    assert "b.db already exists, and nothing is ever overwritten" in again.err
    assert "1 delivery is in doubt: due since" in restored.out
    assert "a runner (stormctl launch, daemon or tick) will read the accounts" in restored.out
    assert "It is set aside, not thrown away." in restored.err
    assert "in doubt" in stormctl("ledger").out


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("typed", "code"), [("storm", 0), ("yes", ExitCode.USAGE)])
def test_restore_asks_for_the_storm_s_name(stormctl: CommandLine, typed: str, code: int) -> None:
    """Anything else changes nothing."""
    stormctl("ledger", "backup", "b.db")
    stormctl.answer(typed)

    ended = stormctl("ledger", "restore", "b.db")

    assert (ended.code, len(stormctl("ledger", "--json").json["gaps"])) == (code, int(code == 0))


@pytest.mark.usefixtures("filled")
def test_off_a_terminal_nobody_can_confirm(stormctl: CommandLine) -> None:
    """A script must say --yes."""
    stormctl("ledger", "backup", "b.db")

    ended = stormctl("ledger", "restore", "b.db")

    assert (ended.code, "stormctl ledger restore FILE --yes" in ended.err) == (ExitCode.USAGE, True)


def test_a_halt_that_the_backup_lacks_is_told(stormctl: CommandLine, ledger: Ledger) -> None:
    """Or what was stopped would go out again after the restore."""
    stormctl("ledger", "backup", "b.db")
    ledger.halts.halt("all", None, "a tragedy", "ana", read_moment())
    ledger.close()

    ended = stormctl("ledger", "restore", "b.db", "--yes")

    assert "1 halt is in force now, 0 in the backup" in ended.err


def test_migrate(stormctl: CommandLine) -> None:
    """Every other command points to it; it tells the backup's path; a second time there is nothing to do."""
    make_old(stormctl)

    refused, seen = stormctl("status"), stormctl("ledger")
    first, second = stormctl("ledger", "migrate"), stormctl("ledger", "migrate")

    assert (refused.code, seen.code, first.code, second.code) == (ExitCode.MAINTENANCE, 0, 0, 0)
    assert "is of version 2" in refused.err
    assert "stormctl ledger migrate" in refused.err
    assert "OF AN OLDER VERSION" in seen.out
    assert "backups/ledger-" in first.out
    assert "from version 2 to" in first.out
    assert "nothing to do" in second.out
    assert stormctl("status").code == 0


def test_copy(stormctl: CommandLine, ledger: Ledger) -> None:
    """Refused until all is halted; then the line for .env; then this ledger is out of use."""
    enroll(ledger, make_delivery("boat"))
    early = stormctl("ledger", "copy", "sqlite:///new.db")
    ledger.halts.halt("all", None, "the ledger moves", "ana", read_moment())

    copied = stormctl("ledger", "copy", "sqlite:///new.db")
    again = stormctl("ledger", "copy", "sqlite:///new.db")
    resumed, shown = stormctl("resume", "--yes"), stormctl("ledger")

    assert [early.code, copied.code, again.code, resumed.code, shown.code] == [10, 0, 10, 10, 0]
    assert "Run: stormctl halt --reason" in early.err
    assert "STORMCTL_LEDGER_URL=sqlite:///new.db" in copied.out
    assert "stormctl resume" in copied.out
    assert "was copied to sqlite: new.db" in again.err
    assert "was copied to sqlite: new.db" in resumed.err
    assert "COPIED to sqlite: new.db, and not used any more" in shown.out


def test_copy_to_no_ledger_at_all(stormctl: CommandLine, ledger: Ledger) -> None:
    """An address that names nothing, without a word of its password."""
    del ledger

    ended = stormctl("ledger", "copy", "mysql://ana:geheim@db.example.org/storm")

    assert ended.code == ExitCode.MAINTENANCE
    assert "geheim" not in ended.err


def test_the_password_of_a_copys_address_is_learnt(
    stormctl: CommandLine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is and as it stands in the address: a bug, or a library's words, must not show it either."""
    del ledger
    monkeypatch.setattr(ledger_commands, "SCRUBBER", scrubber := Scrubber())

    stormctl("ledger", "copy", "postgresql://ana:geheim%2Fund%40mehr@127.0.0.1:9/storm")

    assert scrubber.scrub("geheim/und@mehr, geheim%2Fund%40mehr") == f"{BLOT}, {BLOT}"


class TestAccept:
    """A ledger from elsewhere: what is shown, what is asked, and how it ends."""

    @pytest.fixture(autouse=True)
    def elsewhere(self, filled: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Be another machine than the one that has made the ledger."""
        del filled
        monkeypatch.setenv("STORMCTL_STATE_DIR", str(tmp_path / "another-machine"))

    def test_a_person_says_yes(self, stormctl: CommandLine) -> None:
        """After seeing the ledger's id and its first posts; then there is nothing to do any more."""
        stormctl.answer("yes")

        accepted, again = stormctl("ledger", "accept"), stormctl("ledger", "accept")

        assert (accepted.code, again.code) == (0, 0)
        assert "1 post to come, these first:" in accepted.err
        assert "storm/x:acme/boat/en" in accepted.err
        assert "accepted sqlite: .stormctl/ledger.db" in accepted.out
        assert "nothing to do" in again.out

    @pytest.mark.parametrize("answer", ["", "no", "y", "storm"])
    def test_anything_else_is_no(self, stormctl: CommandLine, answer: str) -> None:
        """Nothing is remembered."""
        stormctl.answer(answer)

        refused, tick = stormctl("ledger", "accept"), stormctl("tick")

        assert (refused.code, tick.code) == (ExitCode.USAGE, ExitCode.MAINTENANCE)
        assert "Nothing in it is published." in refused.err

    def test_a_script_names_the_ledger(self, stormctl: CommandLine) -> None:
        """One that was looked at, and no other; the id is in the hint."""
        unsaid = stormctl("ledger", "accept")
        (name,) = re.findall(r"stormctl ledger accept --yes ([0-9a-f]{32})\n", unsaid.err)

        wrong = stormctl("ledger", "accept", "--yes", "0" * 32)
        right = stormctl("ledger", "accept", "--yes", name)

        assert (unsaid.code, wrong.code, right.code) == (ExitCode.USAGE, ExitCode.USAGE, 0)
        assert f"Its id is {name}." in wrong.err

    def test_what_git_tracks_cannot_be_accepted(self, stormctl: CommandLine) -> None:
        """Tomorrow it would be another one."""
        for words in (("init",), ("add", "-f", ".stormctl/ledger.db")):
            command = ["git", "-C", str(stormctl.root), *words]
            subprocess.run(command, check=True, capture_output=True)
        stormctl.answer("yes")

        ended = stormctl("ledger", "accept")

        assert ended.code == ExitCode.MAINTENANCE
        assert "is tracked by Git" in ended.err

    def test_what_cannot_be_remembered_is_not_accepted(
        self, stormctl: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The variable is named that says where."""
        (tmp_path / "file").touch()
        monkeypatch.setenv("STORMCTL_STATE_DIR", str(tmp_path / "file"))
        stormctl.answer("yes")

        ended = stormctl("ledger", "accept")

        assert ended.code == ExitCode.MAINTENANCE
        assert "STORMCTL_STATE_DIR" in ended.err

    def test_doctor_says_that_nothing_would_be_posted(self, stormctl: CommandLine) -> None:
        """Before the day, with the command that helps."""
        ended = stormctl("doctor")

        assert "was not made on this machine by this user" in ended.out
        assert "stormctl ledger accept" in ended.out
