"""Every command that a message names is typed as it stands there, and works."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.delivery.delivery import Delivered, InDoubt, Refused
from stormctl.engine.accounts import adapters
from stormctl.errors import ExitCode
from stormctl.platforms.adapter import SeenPost
from tests.factories import ACME, PAGE, bind_hosts_of, make_delivery
from tests.fakes import FakePlatforms
from tests.unit.cli.conftest import enroll, read_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine, Ended

HERE = "127.0.0.1:8123"
NAMED = re.compile(
    r"stormctl (?:status|halt|resume|show|cancel|retry|resolve|retract|report)\b"
    r"(?: (?!or\b|and\b|then\b|says\b|shows\b|helps\b|acts\b|enrols\b|to\b)[^\s,;()]+)*"
)
"""A command in a sentence, up to the words or marks that end it there."""

PLACEHOLDERS = {
    "URL": f"http://{HERE}/acme/status/2",
    "TEXT": "boat",
    "KEY": "a",
    "CHANNEL/MESSAGE": "x:acme/a",
}


def list_named(text: str) -> Iterator[list[str]]:
    """Yield the words of each command that a text names, with something real for what stands in capitals."""
    for found in NAMED.findall(text):
        words = shlex.split(found.rstrip(".:"))
        yield [PLACEHOLDERS.get(word, word) for word in words[1:]]


@pytest.fixture(autouse=True)
def storm(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger with posts live, in doubt, failed and coming, a thread, two languages and two channels."""
    platforms = FakePlatforms([ACME, PAGE])
    for number, name in enumerate("ab", 1):
        url = f"http://{HERE}/acme/status/{number}"
        seen = SeenPost(post_id=str(number), url=url, text=f"Text of {name}", created_at=None)
        platforms.platforms[ACME].posts.append(seen)
    monkeypatch.setattr(adapters, "EnvironmentAdapters", lambda _environment: platforms)
    for platform in ("X", "FACEBOOK"):
        monkeypatch.setenv(f"STORMCTL_{platform}_BASE_URL", f"http://{HERE}")
    bind_hosts_of(ledger, {"x": HERE, "facebook": HERE})
    now = read_moment().at
    due = [make_delivery(name, slot_at=now - timedelta(minutes=n)) for n, name in enumerate("abc", 1)]
    spanish = make_delivery("boat", slot_at=now + timedelta(hours=3), channel=PAGE, text="Un barco")
    coming = [
        make_delivery("boat", slot_at=now + timedelta(hours=1), topic="sea"),
        make_delivery("boat", slot_at=now + timedelta(hours=1), channel=PAGE, topic="sea"),
        replace(spanish, key=replace(spanish.key, tail="es")),
        *(make_delivery("tale", slot_at=now + timedelta(hours=2), part=part) for part in (1, 2)),
    ]
    enroll(ledger, *due, *coming)
    outcomes: tuple[Outcome, ...] = (
        Delivered(post_id="1", url=f"http://{HERE}/acme/status/1"),
        InDoubt(reason="timed out"),
        Refused(reason="too long", code="400", for_good=True),
    )
    for outcome in outcomes:
        claim = ledger.outbox.claim("x:acme", "r1", read_moment(), timedelta(seconds=20))
        assert claim is not None
        ledger.outbox.mark_sending(claim, read_moment())
        ledger.outbox.record(claim, outcome, read_moment())
    return ledger


SCENES = [
    "halt --reason practice",
    "halt --channel facebook:acme --reason practice",
    "halt --topic sea --reason practice",
    "halt --message boat --reason practice",
    "resume",
    "resume --topic sea",
    "resume --channel facebook:acme",
    "status",
    "status strom",
    "status --find boat",
    "show a",
    "show b",
    "show c",
    "show boat",
    "show tale",
    "cancel x:acme/boat",
    "cancel facebook:acme/boat",
    "cancel tale",
    "cancel --message boat --yes",
    "cancel a",
    "cancel --message c",
    "retry c",
    "retry tale",
    "retry a",
    "resolve b --not-posted",
    "resolve a --not-posted",
    "retract c",
    "retract a --yes",
]


@pytest.mark.parametrize("is_held", [False, True], ids=["flowing", "held"])
@pytest.mark.parametrize("scene", SCENES)
def test_what_a_message_names_works(stormctl: CommandLine, storm: Ledger, scene: str, is_held: bool) -> None:
    """Whoever does what the last message says is not told that it is wrong use."""
    if is_held:
        storm.halts.halt("topic", "sea", "fog", "ana", read_moment())
        storm.halts.halt("all", None, "a tragedy", "ben", read_moment())
        storm.channels.suspend("facebook:acme", "its token is dead", read_moment())
    first = stormctl(*scene.split())
    typed: list[tuple[list[str], Ended]] = []

    for words in list_named(first.out + first.err):
        if words[0] == "resolve" and any(words[:2] == others[:2] for others, _ in typed):
            continue  # the other way to settle the same doubt
        stormctl.answer(*(["1", "y"] if words[0] == "resume" else ["yes"] * 3))
        typed.append((words, stormctl(*words)))

    failed = [(words, ended.err) for words, ended in typed if ended.code in {ExitCode.BUG, ExitCode.USAGE}]
    assert failed == [], first.out + first.err


def test_commands_are_found_in_sentences() -> None:
    """The words that follow a command in a sentence are no part of it."""
    text = (
        "hint: One of: stormctl resume --topic sea, stormctl resume --yes; --yes alone lifts all.\n"
        "to go on: stormctl resume, then stormctl launch small\n"
        "stormctl show x:a/b says more. It is there: stormctl resolve b --posted URL\n"
    )

    assert [" ".join(words) for words in list_named(text)] == [
        "resume --topic sea",
        "resume --yes",
        "resume",
        "show x:a/b",
        f"resolve b --posted http://{HERE}/acme/status/2",
    ]
