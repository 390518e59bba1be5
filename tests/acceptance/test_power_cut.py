"""The power goes: what no sync had brought to the disk is lost, and still each post goes out once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import PATIENCE_S
from tests.acceptance.test_failover import OLDER, finish, two_runners, wait_for
from tests.contract.conftest import Bench
from tests.contract.conftest import plan as make_plan
from tests.contract.places import Schema
from tests.postgres import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Campaign
    from tests.postgres import Server

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(400)]

SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int keep(int fd) {
    char link[64], path[PATH_MAX + 1], part[PATH_MAX + 8], image[PATH_MAX + 8], bytes[65536];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX);
    if (size < 0) return 0;
    path[size] = 0;
    if (!strstr(path, "/ledger.db")) return 0;
    snprintf(part, sizeof part, "%s.part", path);
    snprintf(image, sizeof image, "%s.disk", path);
    int out = open(part, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    for (off_t at = 0; (size = pread(fd, bytes, sizeof bytes, at)) > 0; at += size)
        if (write(out, bytes, size) != size) _exit(99);
    close(out);
    return rename(part, image);
}

int fsync(int fd) { return keep(fd); }
int fdatasync(int fd) { return keep(fd); }
"""
"""Keeps beside each file of a ledger what its last sync brought to the disk."""

CUTS = (5, 9, 13, 17, 22, 27)
"""How many posts have been made in all when the power goes, each time."""

POSTS = 40
ANSWERED = "SELECT id FROM attempts WHERE answer IS NOT NULL"
SETTLED = "SELECT id FROM attempts WHERE lapsed = 'in_doubt' AND settled = 'delivered'"
BUSY = """
SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock'
"""
"""How many sessions do something, but for those that wait for one that is stopped."""


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    """The shim as a library to be preloaded."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not shutil.which("ldd"):
        pytest.skip("needs a C compiler, and a system that preloads libraries")
    source, library = tmp_path / "shim.c", tmp_path / "shim.so"
    source.write_text(SHIM, encoding="ascii")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library


@pytest.fixture
def storm(stage: Campaign) -> Campaign:
    """A storm that goes out as fast as it can, twenty posts on each channel, with short patience."""
    stage.write_messages(20)
    stage.write_hours(lasts=20)
    stage.environment |= {
        "STORMCTL_REQUEST_LIMIT": "1s",
        "STORMCTL_LEASE": "3s",
        "STORMCTL_SETTLING": "1s",
    }
    return stage


def files_of(storm: Campaign) -> list[tuple[Path, Path]]:
    """Return the ledger's files with what the disk has of them."""
    folder = storm.root / ".stormctl"
    names = ("ledger.db", "ledger.db-wal")
    return [(folder / name, folder / f"{name}.disk") for name in names]


def cut_power(storm: Campaign, shim: Path, count: int) -> str:
    """Let a runner post until there are so many posts; then take from it all that is not on the disk."""
    for path, disk in files_of(storm):
        disk.write_bytes(path.read_bytes() if path.exists() else b"")
    runner = storm.start("launch", "--yes", "--plain", LD_PRELOAD=str(shim))
    wait_for(storm, count)
    runner.kill()
    said, _ = runner.communicate(timeout=PATIENCE_S)
    for path, disk in files_of(storm):
        path.write_bytes(disk.read_bytes())  # the file stays the same, or it would be taken for a copy
    (storm.root / ".stormctl" / "ledger.db-shm").unlink()
    return said


def assert_each_once(storm: Campaign) -> None:
    """Make sure that every post stands on the accounts once."""
    received = storm.received()
    assert (sum(received.values()), len(received)) == (POSTS, POSTS)


def test_power_cuts_with_a_file(storm: Campaign, shim: Path) -> None:
    """Six cuts right after a post: claims and receipts are lost, moments of sending are not."""
    storm.run("launch", "--yes", "--detach")
    said = [cut_power(storm, shim, count) for count in CUTS]
    said.append(storm.run("launch", "--yes", "--plain").stdout)

    assert_each_once(storm)
    assert OLDER not in "".join(said)
    assert "reconciled" in "".join(said)


def test_what_a_crash_of_a_server_takes(tmp_path: Path) -> None:
    """Of two posts, an answer that was not yet on the disk is lost; its moment of sending is not: a doubt."""
    with serving() as server, server.schema() as schema:
        place = Schema(server, schema, tmp_path)
        with closing(place.open()) as ledger, server.stilled():
            bench = Bench(ledger, place)
            bench.enroll(make_plan("door"), make_plan("dignity", 10))
            bench.deliver()
            second = bench.send(10)  # its moment of sending brings the first answer to the disk
            bench.answer(second, bench.receipt(), 10)

            server.crash()
        server.start()

        with closing(place.open()) as ledger:
            ledger.sweeping.sweep(bench.at(12))
            states = Bench(ledger, place).states()

    assert states == {"door": "delivered", "dignity": "in_doubt"}


def look(server: Server, schema: str) -> tuple[str, set[int]]:
    """Return how far the server's log is on its disk, then the attempts whose answer it holds."""
    ((synced,),) = server.execute("SELECT pg_current_wal_flush_lsn()::text")
    return synced, {number for (number,) in server.execute(ANSWERED, schema)}


def signal_all(runners: list[subprocess.Popen[str]], number: signal.Signals) -> None:
    """Send a signal to the runners; one that stops them has done so."""
    for runner in runners:
        runner.send_signal(number)
        if number == signal.SIGSTOP:
            os.waitid(os.P_PID, runner.pid, os.WSTOPPED)


def stop_with_answers_in_memory(
    server: Server, schema: str, runners: list[subprocess.Popen[str]]
) -> set[int]:
    """Stop the runners when an answer is committed and not on the disk; return the attempts that have one.

    One that was not there at a look, and is at the next, can only be on the disk if that was written since.
    """
    synced, answered = look(server, schema)
    while len(answered) < POSTS:
        (synced_before, before), (synced, answered) = (synced, answered), look(server, schema)
        if answered > before and synced == synced_before:
            signal_all(runners, signal.SIGSTOP)
            while server.execute(BUSY) != [(0,)]:
                pass
            if look(server, schema)[0] == synced:
                return answered
            signal_all(runners, signal.SIGCONT)
    pytest.fail("every answer was brought to the disk at once")


def test_crashes_of_a_server(storm: Campaign) -> None:
    """Each takes an answer that was committed; two runners live through it, and read the account for it."""
    storm.write_hours(starts_in=12, lasts=20)
    slow = {"platform": "facebook", "action": "slow", "seconds": 0.3}  # its answer comes after X has sent
    storm.ask("/_emulator/faults", slow)
    lost = []
    with serving() as server, server.schema() as schema:
        storm.environment["STORMCTL_LEDGER_URL"] = server.url_of(schema)
        with two_runners(storm) as runners:
            for count in CUTS[::2]:
                with server.stilled():
                    wait_for(storm, count)
                    answered = stop_with_answers_in_memory(server, schema, runners)
                    server.crash()
                signal_all(runners, signal.SIGCONT)
                server.start()
                lost.append(answered - look(server, schema)[1])
            said = finish(runners)
        settled = {number for (number,) in server.execute(SETTLED, schema)}

    assert_each_once(storm)
    assert OLDER not in said
    assert all(lost)
    assert settled >= set().union(*lost)
