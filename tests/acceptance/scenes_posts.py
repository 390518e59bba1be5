"""What goes wrong with posts, halts, channels and keys: a scene for each of those sections of the runbook."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.acceptance.conftest import PATIENCE_S
from tests.acceptance.runbook import FACEBOOK, Scenes, X
from tests.acceptance.unwell import make_unwell
from tests.acceptance.warm import UNWELL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.runbook import Person


SCENES = Scenes()


@contextmanager
def holding(ledger: Path) -> Iterator[None]:
    """Hold a ledger's file locked for writing, so that no runner is in the midst of a change."""
    with closing(sqlite3.connect(ledger, isolation_level=None, timeout=20)) as file:
        file.execute("BEGIN IMMEDIATE")
        yield
        file.execute("ROLLBACK")


def change_schedule(person: Person, old: str, new: str) -> None:
    """Edit the schedule."""
    path = person.root / "schedules" / "imd-2026.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@SCENES.of("A mistake is live")
def play_mistake(person: Person) -> None:
    """The noon statement is out on X, and still to come on Facebook; it must go, here and there."""
    person.write_midday()
    person.fault(platform="facebook", action="rate_limited")
    person.run("launch", "--yes", "--detach")
    with person.running("daemon") as daemon:
        person.read(daemon, "  delivered  ")

    person.type(0, 0, 0, 0)

    assert person.posts() == []
    assert person.counts() == {"cancelled": 1, "retracted": 1, "planned": 4}


@SCENES.of("Everything must stop")
def play_tragedy(person: Person) -> None:
    """Everything is halted while a daemon runs; hours later it goes on, without what is late."""
    person.write_midday()
    person.run("launch", "--yes", "--detach")
    with person.running("daemon") as daemon:
        person.read(daemon, "  served  ", 2)
        person.type(0, 9)
        person.run("retry", f"{X}/noon-statement", expect=None)  # what is out by now stays out
        at_halt = person.posts()
        person.type(0, 0)
        assert person.posts() == at_halt
        assert "halts" not in [key for key, value in person.standing().items() if value]


@SCENES.of("A halt must become narrower")
def play_narrower(person: Person) -> None:
    """Under the halt of everything, one channel goes on; then all but one message."""
    person.write_midday()
    person.run("launch", "--yes", "--detach")
    person.run("halt", "--reason", "an accident", expect=11)

    person.type(0, 9)
    person.run("tick", expect=None)

    assert person.posts() == [f"{FACEBOOK}/noon-statement"]
    person.type(11, 0)
    person.run("tick", expect=None)
    assert person.posts() == [f"{FACEBOOK}/noon-statement", f"{X}/noon-statement"]


@SCENES.of("A runner has not seen the halt")
def play_silent(person: Person) -> None:
    """A daemon hangs: it is named, killed, and the halt holds for the one that is started then."""
    person.write_midday()
    person.environment["STORMCTL_HEARTBEAT"] = "10s"  # it is not taken for dead before somebody halts
    person.run("launch", "--yes", "--detach")
    with person.running("daemon") as daemon:
        person.read(daemon, "  delivered  ", 2)
        with holding(person.ledger):
            daemon.send_signal(signal.SIGSTOP)
        person.run("halt", "--reason", "an accident", expect=11)
        person.words["4711"] = str(daemon.pid)
        person.type(0)
        assert daemon.wait(PATIENCE_S) == -signal.SIGKILL
        person.type(9)


@SCENES.of("A post is in doubt")
def play_doubt(person: Person) -> None:
    """X took two posts without an answer and can't be read: one is found by hand, one is not there."""
    person.write_day(("noon-statement", "dignity"), channels=(X,))
    person.run("launch", "--yes", "--detach")
    person.fault(platform="x", action="drop_after", nth=[1])
    person.fault(platform="x", action="drop_before", nth=[2])
    person.fault(platform="x", operation="read_timeline", action="forbidden")
    while person.counts().get("in_doubt") != 2:
        person.run("tick", expect=None)
    (post,) = person.ask("/_emulator/posts")["posts"]
    there = next(name for name in ("noon-statement", "dignity") if name in post["text"])
    other = {"noon-statement": "dignity", "dignity": "noon-statement"}[there]
    person.words |= {"noon-statement": "THERE", "dignity": other, "THERE": there}
    person.words["https://x.com/migrants-day/status/1234567890"] = (
        f"{person.emulator_url}/i/status/{post['id']} --yes"
    )

    person.type(8, 0, 0, 0)

    person.forget_faults()
    person.type(0)
    person.run("tick", expect=None)
    assert person.posts() == [f"{X}/dignity", f"{X}/noon-statement"]
    assert person.counts() == {"delivered": 2}


@SCENES.of("A post is there twice")
def play_twice(person: Person) -> None:
    """A runner hung on an answer, and the account showed the post so late that it was sent again."""
    person.write_day(("dignity", "noon-statement", "sign-on"), channels=(FACEBOOK,))
    person.run("launch", "--yes", "--detach")
    person.fault(operation="read_timeline", action="lag", seconds=60.0)
    make_unwell(person.root, hangs=True)
    person.module = UNWELL
    with person.running("launch", "--yes", "--plain") as hanging:
        while not (person.root / "hung").exists():
            assert hanging.poll() is None
        person.module = "stormctl"
        person.run("launch", "--yes", "--plain")
        make_unwell(person.root)
        person.read(hanging, "  posted twice  ")
    person.forget_faults()
    (twice,) = {name for name in person.posts() if person.posts().count(name) == 2}
    key = f"imd-2026/{twice}/en"
    shown = person.run("show", key).stdout
    address = shown.split("--url ")[1].split()[0]
    person.words |= {
        "x:migrants-day/noon-statement": twice,
        "https://x.com/migrants-day/status/1234567890": address,
    }

    person.type(0, 0)

    assert len(person.posts()) == len(set(person.posts())) == 3


@SCENES.of("Posts were missed")
def play_missed(person: Person) -> None:
    """Nobody was running when they were due, and they were to be skipped."""
    person.write_midday(channels=(X,), late="skip", grace="1s")
    person.run("launch", "--yes", "--detach")
    over = datetime.now(UTC) + timedelta(seconds=2)  # noqa: TID251 - real processes, a real day
    while datetime.now(UTC) < over:  # noqa: TID251 - as above
        person.run("status", expect=None)
    person.run("tick", expect=7)

    with person.running("daemon") as daemon:
        person.read(daemon, "  served  ")
        person.type(7, 0, 0)
        person.read(daemon, "  delivered  ")

    assert person.posts() == [f"{X}/noon-statement"]


@SCENES.of("A channel is paused")
def play_paused(person: Person) -> None:
    """X breaks down three times in a row; once it is well, a person ends the pause."""
    person.write_day(("noon-statement", "dignity", "sign-on", "open-door"), channels=(X,))
    person.fault(platform="x", action="error_before", status=503)
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  paused  ")
        person.forget_faults()

        person.type(None, 0)

        person.read(launch, "  delivered  ", 4)
    assert len(set(person.posts())) == len(person.posts()) == 4


def suspend(person: Person, action: str) -> None:
    """Have X refuse every post until the faults are forgotten; Facebook goes on."""
    person.write_day(("noon-statement",))
    person.fault(platform="x", action=action)
    person.run("launch", "--yes", "--plain", expect=7)
    assert person.posts() == [f"{FACEBOOK}/noon-statement"]


@SCENES.of("A partner's token is dead")
def play_dead_token(person: Person) -> None:
    """X refuses the token; new keys are written, and what waited goes out."""
    suspend(person, "unauthorized")
    person.write_env(person.take_credentials(), 0o644)

    person.type(11)
    assert ".env can be read by others on this machine" in person.seen[-1]
    person.forget_faults()

    person.type(0, 0, 0)
    assert person.counts() == {"delivered": 2}


@SCENES.of("The credits are gone")
def play_credits(person: Person) -> None:
    """X asks for money; once it is paid, what waited goes out."""
    suspend(person, "credits_depleted")
    person.forget_faults()

    person.type(0, 0)

    assert person.counts() == {"delivered": 2}


@SCENES.of("Keys are renewed during the storm")
def play_renewed(person: Person) -> None:
    """A daemon takes the new keys up by itself, once nobody else can read them."""
    person.write_midday()
    keys = person.take_credentials()
    person.write_env(keys)
    person.run("launch", "--yes", "--detach")
    with person.running("daemon") as daemon:
        person.read(daemon, "  delivered  ", 2)
        renewed = {name: value for name, value in keys.items() if not name.endswith("_APP_SECRET")}
        person.write_env(renewed, 0o644)
        person.read(daemon, "is not read")

        person.type(0)

        person.read(daemon, "reloaded credentials")
        person.type(0)


@SCENES.of("The keys are another account's")
def play_wrong_account(person: Person) -> None:
    """Somebody copied a partner's keys to the wrong names: nothing goes out with them."""
    person.write_day(("noon-statement",))
    keys = person.take_credentials()
    partner = {
        n.replace("NORTH_COALITION", "MIGRANTS_DAY"): v for n, v in person.environment.items() if "NORTH" in n
    }
    person.write_env(keys)
    person.run("launch", "--yes", "--detach")
    person.write_env(keys | partner)
    person.run("launch", "--yes", "--plain", expect=5)
    assert person.posts() == []
    person.write_env(keys)

    person.type(0, 0)

    assert person.counts() == {"delivered": 2}


@SCENES.of("Too many requests")
def play_too_many(person: Person) -> None:
    """X's window is used up for two seconds; it ends by itself."""
    person.write_day(("noon-statement",), channels=(X,))
    person.fault(platform="x", action="rate_limited", times=1, reset_s=8.0)
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  put off  ")

        person.type(0)

        person.read(launch, "  delivered  ")


@SCENES.of("A ceiling is reached")
def play_ceiling(person: Person) -> None:
    """One post in a quarter of an hour is not enough: the schedule's ceiling is raised in mid-storm."""
    person.write_day(
        ("noon-statement", "dignity"),
        channels=(X,),
        starts_in=-1200,
        every="16m",
        lasts=1210,
        limits="per_15min = 1",
        grace="1h",
    )
    with person.running("launch", "--yes", "--plain") as launch:
        person.read(launch, "  delivered  ")
        while "waits until" not in person.run("status", expect=None).stdout:
            pass
    change_schedule(person, "per_15min = 1", "per_15min = 10")

    person.type(11, 0)

    assert person.counts() == {"delivered": 2}


@SCENES.of("The budget is spent")
def play_budget(person: Person) -> None:
    """Each launch looks the account up, which costs money too; then the schedule allows more."""
    person.write_day(channels=(X,), limits="budget_usd = 0.125")
    for _ in range(9):
        person.run("launch", "--yes", "--detach")
    person.run("launch", "--yes", "--plain", expect=6)
    change_schedule(person, "budget_usd = 0.125", "budget_usd = 10.0")

    person.type(None, 0)

    assert person.counts() == {"delivered": 3}


@SCENES.of("No runner can serve a channel")
def play_unserved(person: Person) -> None:
    """The daemon has no keys of X; they are written, and it takes the channel up."""
    person.write_midday()
    keys = person.take_credentials()
    person.write_env(keys)
    person.run("launch", "--yes", "--detach")
    person.write_env({n: v for n, v in keys.items() if "_X_" not in n})
    with person.running("daemon") as daemon:
        person.read(daemon, "  delivered  ")
        person.type(0)
        person.write_env(keys, 0o644)
        person.type(0)
        person.read(daemon, f"{X}  delivered  ")
