"""Several machines on one ledger: runner processes in folders of their own, and a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import read_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.conftest import Campaign
    from tests.postgres import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def machines(stage: Campaign, postgres: Server) -> Iterator[tuple[Campaign, Campaign]]:
    """Two campaign folders as on two machines: no file is shared, only the ledger on the server."""
    with postgres.schema() as schema:
        stage.environment |= {
            "STORMCTL_LEDGER_URL": postgres.url_of(schema),
            "STORMCTL_REQUEST_LIMIT": "1s",
            "STORMCTL_LEASE": "3s",
            "STORMCTL_SETTLING": "1s",
        }
        other = replace(stage, root=stage.root.with_name("other-machine"))
        shutil.copytree(stage.root, other.root)
        yield stage, other


def test_two_machines_deliver_each_post_once(machines: tuple[Campaign, Campaign]) -> None:
    """A launch on a second machine joins the first one, and finds nothing new to enrol."""
    one, two = machines
    first = one.start("launch", "--yes", "--plain")
    read_until(first, " delivered ", 1)
    second = two.start("launch", "--yes", "--plain")

    outputs = [process.communicate(timeout=50)[0] for process in (first, second)]

    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert "0 new" in outputs[1]
    assert sum(one.received().values()) == len(one.received()) == 12
    assert not list(one.root.rglob("ledger.db"))


def test_another_machine_takes_over_after_kill_9(machines: tuple[Campaign, Campaign]) -> None:
    """What the dead runner had claimed lapses with its lease; nothing is posted twice, nothing is lost."""
    one, two = machines
    first = one.start("launch", "--yes", "--plain")
    read_until(first, " delivered ", 1)
    second = two.start("launch", "--yes", "--plain")
    read_until(first, " delivered ", 2)

    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    output, _ = second.communicate(timeout=50)

    assert second.returncode == 0, output
    assert sum(one.received().values()) == len(one.received()) == 12


def test_a_server_that_cuts_every_connection_stops_nobody(
    machines: tuple[Campaign, Campaign], postgres: Server
) -> None:
    """Runners connect anew, and each post still goes out once."""
    one, _ = machines
    process = one.start("launch", "--yes", "--plain")
    for _ in range(3):
        read_until(process, " delivered ", 2)
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'stormctl'"
        )

    output, _ = process.communicate(timeout=50)

    assert process.returncode == 0, output
    assert sum(one.received().values()) == len(one.received()) == 12
