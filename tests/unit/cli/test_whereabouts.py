"""`stormctl` alone: where we are, and a next command that works."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.delivery.delivery import Delivered
from stormctl.errors import ExitCode
from tests.factories import make_delivery
from tests.unit.cli.conftest import enroll
from tests.unit.cli.conftest import read_moment as now

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

HOUR = timedelta(hours=1)


def _look(stormctl: CommandLine) -> tuple[str, str]:
    """Return where we are, and the next command."""
    ended = stormctl()

    where, following, every = ended.out.splitlines()
    assert (ended.code, ended.err, every) == (0, "", "All commands: stormctl --help")
    return where, following.removeprefix("Next: stormctl ")


def test_nowhere(stormctl: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a campaign the sample is offered."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")

    assert _look(stormctl) == ("no campaign here", "rehearse --sample imd-2026")


def test_files_with_errors(stormctl: CommandLine) -> None:
    """The errors are counted, and the next command lists them."""
    stormctl.write("messages/small/hope.en.md", "---\ntopicc: x\n---\nHope is a verb.\n")

    where, following = _look(stormctl)

    assert (where, following) == ("small: 1 error to fix before a launch", "check schedules/small.toml")
    assert stormctl(*shlex.split(following)).code == ExitCode.FINDINGS


def test_checked_and_planned(stormctl: CommandLine) -> None:
    """Good files are rehearsed next, and then everything else is looked at."""
    where, following = _look(stormctl)
    stormctl.write(".stormctl/rehearsal/report.json", "{}")

    assert where.startswith("small: checked, ")
    assert (where.endswith(" posts planned, not rehearsed"), following) == (True, "rehearse small")
    assert _look(stormctl)[1] == "doctor small"


def test_approval(stormctl: CommandLine) -> None:
    """A storm that asks for approvals is not sent to a launch that would refuse it."""
    path = stormctl.root / "schedules/small.toml"
    path.write_text(f"approval = 2\n{path.read_text()}")

    where, following = _look(stormctl)

    assert ("approval = 2 can't be collected yet" in where, following) == (True, "rehearse small")


def test_under_way(stormctl: CommandLine, ledger: Ledger) -> None:
    """Launched with nobody to run it, running, and halted; the storm under way comes before one to come."""
    enroll(ledger, make_delivery("boat", slot_at=now().at + HOUR))

    assert _look(stormctl) == ("storm: launched, and nothing runs it, 0 of 1 posts are out", "daemon")

    ledger.runners.register("launch", "elsewhere", 7, now())
    assert _look(stormctl) == ("storm: running, 0 of 1 posts are out", "status")

    ledger.halts.halt("channel", "x:acme", "quiet", "ana", now())
    assert _look(stormctl) == ("storm: channel x:acme halted by ana, 0 of 1 posts are out", "resume")


def test_done(stormctl: CommandLine, ledger: Ledger) -> None:
    """What is over is reported, once no other storm is to come."""
    (stormctl.root / "schedules/small.toml").unlink()
    enroll(ledger, make_delivery("boat", slot_at=now().at))
    claim = ledger.outbox.claim("x:acme", "r1", now(), timedelta(seconds=20))
    assert claim is not None
    ledger.outbox.mark_sending(claim, now())
    ledger.outbox.record(claim, Delivered(post_id="1", url="https://x.com/acme/status/1"), now())

    where, following = _look(stormctl)

    assert (where, following) == ("storm: done, 1 of 1 posts are out", "report storm")
    assert stormctl(*shlex.split(following)).code == 0


def test_no_storm_at_all(stormctl: CommandLine) -> None:
    """A folder of schedules without one says so."""
    (stormctl.root / "schedules/small.toml").unlink()

    assert _look(stormctl)[0] == "a campaign without a storm to come"
