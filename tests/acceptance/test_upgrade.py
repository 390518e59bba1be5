"""An installation of the first version is brought to this one in mid-storm, on both engines."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import PATIENCE_S, QUICK, ROOT, read_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.conftest import Campaign
    from tests.postgres import Server

pytestmark = [pytest.mark.slow, pytest.mark.long]

BEFORE = "b4b32739f33c7f8488fb738ca0add5d2e98945e1"
"""The last commit of the version that kept its witness in the campaign folder."""


@pytest.fixture
def before(tmp_path: Path, stage: Campaign) -> Campaign:
    """The campaign in the hands of the version before."""
    found = subprocess.run(
        ["git", "-C", str(ROOT), "archive", BEFORE, "stormctl"],  # noqa: S607 - wherever it is installed
        check=False,
        capture_output=True,
    )
    if found.returncode:
        pytest.skip("a clone without its history")
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(tmp_path / "before", filter="data")
    return replace(stage, environment={"PYTHONPATH": str(tmp_path / "before")})


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the ledger lies: nothing is there yet."""
    if request.param == "sqlite":
        yield "sqlite:///.stormctl/ledger.db"
    else:
        server: Server = request.getfixturevalue("postgres")
        server.execute("CREATE SCHEMA upgraded")  # a new one: those of other tests have this version's tables
        yield server.url_of("upgraded")
        server.execute("SET client_min_messages = warning; DROP SCHEMA upgraded CASCADE")


def test_a_running_installation_is_upgraded(stage: Campaign, before: Campaign, url: str) -> None:
    """Halted under its daemon, stopped, migrated, resumed: every post once, and nobody need say yes."""
    known = stage.environment | QUICK | {"STORMCTL_LIVE": "0", "STORMCTL_LEDGER_URL": url}
    env = stage.root / ".env"
    env.touch(mode=0o600)
    env.write_text("".join(f"{name}={value}\n" for name, value in known.items()), encoding="utf-8")
    stage.environment = {}
    stage.write_hours(every="4s", lasts=24)
    before.run("launch", "--yes", "--detach")
    old = before.start("daemon")
    read_until(old, " delivered ", 2)

    halted = before.run("halt", "--reason", "a newer version", expect=None)
    old.send_signal(signal.SIGTERM)
    old.communicate(timeout=PATIENCE_S)
    witnesses = list((stage.root / ".stormctl").rglob("*.witness"))
    looked = stage.run("doctor", expect=None)
    stage.run("ledger", "migrate")
    stage.run("resume", "--late", "send", "--yes", expect=None)
    new = stage.start("daemon")
    read_until(new, " delivered ", 10 - sum(stage.received().values()))
    new.send_signal(signal.SIGTERM)
    new.communicate(timeout=PATIENCE_S)

    counts = json.loads(stage.run("ledger", "--json").stdout)["storms"][0]["counts"]
    assert "has seen it" in halted.stdout
    assert "Traceback" not in looked.stderr
    assert witnesses
    assert list((stage.root / ".stormctl").rglob("*.witness")) == []
    assert sum(stage.received().values()) == len(stage.received())
    assert counts["delivered"] == sum(stage.received().values()) >= 10
    assert "nothing to do" in stage.run("ledger", "accept").stdout
