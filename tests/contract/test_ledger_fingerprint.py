"""What this machine has seen of a ledger tells a copy, and one that was restored."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import SendForbidden, State
from stormctl.errors import LedgerRewoundError
from stormctl.ledger.ledger import open_ledger
from stormctl.ledger.place.memory import find_state_folder
from tests.contract.conftest import LEASE, TERMS, X, at, plan
from tests.contract.places import File

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stormctl.ledger.ledger import Ledger
    from tests.contract.conftest import Bench


@pytest.fixture
def crowd() -> tuple[str, ...]:
    """Nobody else: what is looked at here is all that a ledger holds."""
    return ()


def live(ledger: Ledger, start: float, *beats: float) -> str:
    """Have a runner of a ledger show itself at some minutes after noon."""
    runner = ledger.runners.register("launch", "h", 1, at(start))
    for minutes in beats:
        ledger.runners.beat(runner, at(minutes), channels=[X])
    return runner


def find_witness() -> Path:
    """Return the only file in which this machine remembers a ledger."""
    (path,) = (find_state_folder() / "ledgers").glob("*.json")
    return path


def set_back(bench: Bench, pulse: int, minutes: float) -> None:
    """Make the ledger what it was when its pulse was lower."""
    micros = int(at(minutes).at.timestamp()) * 10**6
    bench.execute(f"UPDATE meta SET value = '{pulse}' WHERE key = 'pulse'")  # noqa: S608 - a number
    bench.execute(f"UPDATE meta SET value = '{micros}' WHERE key = 'pulse_at'")  # noqa: S608 - a number


def test_a_ledger_that_goes_on_raises_no_alarm(bench: Bench) -> None:
    """Runners come, beat, stop and come again; several at a time."""
    bench.enroll(plan())
    first = live(bench.ledger, 0, 1, 2)
    other = bench.reopen()
    live(other, 2, 3)
    bench.ledger.runners.beat(first, at(3), channels=[X])
    bench.ledger.runners.stop(first, at(4))
    third = bench.reopen()
    live(third, 5)

    alarms = [alarm for ledger in bench.opened for alarm in ledger.fingerprint_check.take_alarms()]

    assert alarms == []
    assert bench.ledger.gaps.list() == ()


def test_an_older_ledger_is_recognised_and_its_gap_noted(bench: Bench) -> None:
    """What was due since its last sign of life is in doubt before anybody can claim it."""
    bench.enroll(plan(slot=20), plan("later", 90))
    live(bench.ledger, 0, 10, 30)
    set_back(bench, 2, 10)
    restored = bench.reopen()

    live(restored, 40)

    (alarm,) = restored.fingerprint_check.take_alarms()
    (gap,) = restored.gaps.list()
    assert "older than what was seen of it here" in alarm
    assert "since 2026-12-18 12:10 UTC may be unknown here: 1 in doubt" in alarm
    assert (gap.since, gap.until, gap.in_doubt) == (at(10).at, at(40).at, 1)
    assert bench.states() == {"dignity": "in_doubt", "later": "planned"}
    assert restored.fingerprint_check.take_alarms() == []


def test_an_alarm_is_raised_once(bench: Bench) -> None:
    """The next runner finds a ledger that was seen as it is."""
    bench.enroll(plan())
    live(bench.ledger, 0, 1, 2)
    set_back(bench, 1, 0)
    live(bench.reopen(), 3)
    next_one = bench.reopen()

    live(next_one, 4)

    assert next_one.fingerprint_check.take_alarms() == []
    assert len(next_one.gaps.list()) == 1


def test_a_database_that_was_replaced_under_a_runner_is_recognised(bench: Bench) -> None:
    """A standby without the last seconds took over: the next beat finds out."""
    bench.enroll(plan())
    runner = live(bench.ledger, 0, 1, 2)
    set_back(bench, 2, 1)

    bench.ledger.runners.beat(runner, at(3), channels=[X])

    assert len(bench.ledger.fingerprint_check.take_alarms()) == 1
    assert bench.states() == {"dignity": "in_doubt"}


def test_a_ledger_that_was_accepted_is_doubted_once(bench: Bench) -> None:
    """What it may lack is noted when a person says yes to it, and the next runner finds nothing."""
    bench.enroll(plan())
    live(bench.ledger, 0, 1, 2)
    set_back(bench, 1, 0)
    restored = bench.reopen()

    restored.fingerprint_check.accept(at(3))

    alarms = restored.fingerprint_check.take_alarms()
    live(restored, 4)
    assert len(alarms) == len(restored.gaps.list()) == 1
    assert restored.fingerprint_check.take_alarms() == []


def test_a_witness_that_cannot_be_written_is_a_warning(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The storm goes on, and the warning is not repeated with every beat."""
    runner = live(bench.ledger, 0)
    fingerprint_check = find_witness()
    fingerprint_check.unlink()
    fingerprint_check.mkdir()
    (fingerprint_check / "in the way").touch()

    with caplog.at_level(logging.WARNING):
        bench.ledger.runners.beat(runner, at(1), channels=[X])
        bench.ledger.runners.beat(runner, at(2), channels=[X])

    assert caplog.text.count("may not be recognised") == 1
    assert [path.name for path in fingerprint_check.parent.iterdir() if ".json." in path.name] == []


def test_a_witness_is_whole_or_not_there(bench: Bench) -> None:
    """One that can't be read is as good as none, and is written anew."""
    live(bench.ledger, 0)
    find_witness().write_text("{", encoding="utf-8")
    again = bench.reopen()

    live(again, 1)

    assert find_witness().read_text(encoding="utf-8").endswith("}")


def test_another_machine_joins_a_ledger_on_a_server(bench: Bench) -> None:
    """It has no witness of it, and that is as it should be."""
    if isinstance(bench.place, File):
        pytest.skip("a file belongs to one machine")
    bench.enroll(plan())
    live(bench.ledger, 0, 1)
    find_witness().unlink()
    joining = bench.reopen()

    live(joining, 2)

    assert joining.fingerprint_check.take_alarms() == []


PAGE = "facebook:migrants-day"
FORGET_SENDINGS = "UPDATE deliveries SET sending_at = NULL, sending_wall_at = NULL WHERE state = 'claimed'"
FORGET_CLAIMS = (
    "UPDATE deliveries SET state = 'planned', token = NULL, lease_until = NULL, attempt_id = NULL",
    "DELETE FROM attempts",
)
"""What a ledger forgets that is made what it was before a sending, or before a claim."""


class TestFailover:
    """A ledger that becomes what it was some seconds ago, under runners that are at work."""

    @pytest.fixture
    def other(self, bench: Bench) -> Ledger:
        """Two runners are at work, the bench's and this one, and two channels have two posts each."""
        bench.enroll(
            *(plan(f"m{n}", slot, channel=c, text=f"{n}") for c in (X, PAGE) for n, slot in ((1, 0), (2, 60)))
        )
        other = bench.reopen()
        live(bench.ledger, -2)
        live(other, -1)
        return other

    @pytest.fixture
    def forget(self, bench: Bench, other: Ledger) -> Callable[..., None]:  # noqa: ARG002 - it is made before
        """What makes the ledger what it is now, but for what these statements leave."""
        ((pulse,),) = bench.execute("SELECT value FROM meta WHERE key = 'pulse'")

        def forget(*statements: str) -> None:
            for statement in (*statements, f"UPDATE meta SET value = '{pulse}' WHERE key = 'pulse'"):  # noqa: S608 - a number
                bench.execute(statement)

        return forget

    @pytest.mark.parametrize("is_own", [True, False])
    def test_a_lost_sending_lets_nobody_claim(
        self, bench: Bench, other: Ledger, forget: Callable[..., None], is_own: bool
    ) -> None:
        """Neither the runner that had made it, nor one that had seen it; and no sweep gives anything up."""
        bench.send(0)
        other.sweeping.sweep(at(1, wall_s=1))
        forget(FORGET_SENDINGS, *FORGET_CLAIMS)
        runner = bench.ledger if is_own else other

        with pytest.raises(LedgerRewoundError, match="is older than what was seen of it"):
            runner.outbox.claim(X, "r2", at(2), LEASE)
        with pytest.raises(LedgerRewoundError):
            runner.sweeping.sweep(at(3))

        assert runner.fingerprint_check.must_renew()
        assert set(bench.states().values()) == {"planned"}

    @pytest.mark.parametrize("is_own", [True, False])
    def test_what_was_due_is_in_doubt_before_the_next_claim(
        self, bench: Bench, other: Ledger, forget: Callable[..., None], is_own: bool
    ) -> None:
        """The next sign of life of a runner notes it, on every channel, and claims go on after it."""
        bench.send(0)
        other.sweeping.sweep(at(1, wall_s=1))
        forget(FORGET_SENDINGS, *FORGET_CLAIMS)
        runner = bench.ledger if is_own else other
        with pytest.raises(LedgerRewoundError):
            runner.outbox.claim(X, "r2", at(2), LEASE)

        runner.fingerprint_check.renew(at(3))

        claims = [runner.outbox.claim(channel, "r2", at(4), LEASE) for channel in (X, PAGE)]
        (alarm,) = runner.fingerprint_check.take_alarms()
        states = [
            (view.channel, view.message_id, view.state.value)
            for view in bench.ledger.history.deliveries("imd")
        ]
        assert claims == [None, None]
        assert sorted(states) == [
            (PAGE, "m1", "in_doubt"),
            (PAGE, "m2", "planned"),
            (X, "m1", "in_doubt"),
            (X, "m2", "planned"),
        ]
        assert "2 in doubt until the accounts have been read" in alarm
        assert not runner.fingerprint_check.must_renew()
        assert bench.find_claim(60, X) is not None

    def test_a_ledger_from_before_its_first_runner_is_recognised(
        self, bench: Bench, other: Ledger, forget: Callable[..., None]
    ) -> None:
        """The accounts are read from the first slot on."""
        bench.send(0)
        forget(FORGET_SENDINGS, *FORGET_CLAIMS)
        bench.execute("DELETE FROM meta WHERE key IN ('pulse', 'pulse_at', 'ledger_id')")
        with pytest.raises(LedgerRewoundError):
            bench.ledger.outbox.claim(X, "r1", at(70), LEASE)

        bench.ledger.fingerprint_check.renew(at(70))

        (gap,) = bench.ledger.gaps.list()
        assert (gap.since, gap.in_doubt) == (at(0).at, 4)
        assert bench.find_claim(71) is None
        assert other.outbox.claim(PAGE, "r2", at(71), LEASE) is None

    def test_a_sending_is_missed_though_a_later_attempt_was_sent(
        self, bench: Bench, other: Ledger, forget: Callable[..., None]
    ) -> None:
        """Attempts are numbered by their claims, and sent in any order."""
        first = bench.claim(0, X)
        bench.send(0, PAGE)
        ((pulse,),) = bench.execute("SELECT value FROM meta WHERE key = 'pulse'")
        bench.ledger.outbox.mark_sending(first, at(1, wall_s=1))
        other.sweeping.sweep(at(1, wall_s=1))
        forget(f"{FORGET_SENDINGS} AND channel = '{X}'")
        bench.execute(f"UPDATE meta SET value = '{pulse}' WHERE key = 'pulse'")  # noqa: S608 - a number

        with pytest.raises(LedgerRewoundError):
            other.sweeping.sweep(at(2))

    @pytest.mark.parametrize("is_own", [True, False])
    def test_a_lost_claim_is_no_alarm(
        self, bench: Bench, other: Ledger, forget: Callable[..., None], is_own: bool
    ) -> None:
        """It need not be on the disk: its runner is forbidden to send, and it is claimed again."""
        claim = bench.claim(0)
        other.sweeping.sweep(at(0))
        forget(*FORGET_CLAIMS)
        runner = bench.ledger if is_own else other

        again = runner.outbox.claim(X, "r2", at(1), LEASE)

        with pytest.raises(SendForbidden):
            bench.ledger.outbox.mark_sending(claim, at(1))
        assert again is not None
        assert again.key == claim.key
        assert not runner.fingerprint_check.must_renew()

    def test_answers_wait_until_the_loss_is_noted(
        self, bench: Bench, other: Ledger, forget: Callable[..., None]
    ) -> None:
        """The receipt of a request whose sending was lost delivers it all the same."""
        claim = bench.send(0)
        forget(FORGET_SENDINGS)
        with pytest.raises(LedgerRewoundError):
            bench.answer(claim, bench.receipt(), 1)

        bench.ledger.fingerprint_check.renew(at(2))

        assert bench.answer(claim, bench.receipt(), 3) is State.DELIVERED
        assert other.outbox.claim(X, "r2", at(4), LEASE) is None


class TestFiles:
    """What only a file can go through."""

    @staticmethod
    def open(root: Path) -> Ledger:
        """Open the ledger in a folder."""
        return open_ledger("sqlite:///ledger.db", root=root)

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A folder with a ledger that has lived, and one planned delivery that was due by now."""
        root = tmp_path / "campaign"
        ledger = open_ledger("sqlite:///ledger.db", root=root, create=True)
        ledger.enrolment.enroll(TERMS, [plan()], at(-60))
        ledger.runners.stop(live(ledger, -10, -5), at(-4))
        ledger.close()
        return root

    def test_a_copied_file_is_recognised(self, root: Path, tmp_path: Path) -> None:
        """Somewhere else its original may be at work still."""
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        shutil.copy(root / "ledger.db", elsewhere)
        copy = self.open(elsewhere)

        live(copy, 5)

        (alarm,) = copy.fingerprint_check.take_alarms()
        copy.close()
        assert "is a copy of one that was at work elsewhere" in alarm
        assert "Make sure that no one still runs the original" in alarm

    def test_a_folder_copied_with_its_witness_is_recognised(self, root: Path, tmp_path: Path) -> None:
        """Its file is another one on the disk."""
        shutil.copytree(root, tmp_path / "elsewhere")
        copy = self.open(tmp_path / "elsewhere")

        live(copy, 5)

        alarms = copy.fingerprint_check.take_alarms()
        copy.close()
        assert len(alarms) == 1

    def test_a_moved_folder_raises_no_alarm(self, root: Path, tmp_path: Path) -> None:
        """It is the same file, and there is no other."""
        root.rename(tmp_path / "elsewhere")
        moved = self.open(tmp_path / "elsewhere")

        live(moved, 5)

        alarms = moved.fingerprint_check.take_alarms()
        moved.close()
        assert alarms == []

    def test_an_older_copy_over_the_file_is_recognised(self, root: Path, tmp_path: Path) -> None:
        """`cp backup ledger.db` keeps the file and loses what came since."""
        shutil.copy(root / "ledger.db", tmp_path / "backup.db")
        ledger = self.open(root)
        ledger.runners.stop(live(ledger, 1, 2), at(3))
        ledger.close()
        shutil.copy(tmp_path / "backup.db", root / "ledger.db")
        restored = self.open(root)

        live(restored, 5)

        (alarm,) = restored.fingerprint_check.take_alarms()
        (gap,) = restored.gaps.list()
        restored.close()
        assert "it was restored from a copy" in alarm
        assert (gap.since, gap.in_doubt) == (at(-4).at, 1)
