"""`status`, `halt` and `resume`, on a ledger that nobody else uses."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stormctl.cli.commands import control
from stormctl.cli.commands.control import read_scope
from stormctl.domain.report.halts import Scope
from stormctl.errors import ExitCode, UsageError
from tests.factories import PAGE, make_delivery
from tests.unit.cli.conftest import enroll, read_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.ledger.ledger import Ledger
    from tests.unit.cli.conftest import CommandLine

SOON = timedelta(hours=2)
LATE = timedelta(minutes=-5)


def _acknowledge_next_halt(ledger: Ledger, runner: str) -> None:
    """Do what a runner does with each sweep."""
    pause = threading.Event()
    while not ledger.halts.active():
        pause.wait(0.02)
    ledger.halts.acknowledge(runner, read_moment())


def _named(**named: str) -> Scope:
    everything: dict[str, str | None] = dict.fromkeys(("channel", "platform", "topic", "message"))
    wanted = everything | named
    return read_scope(
        channel=wanted["channel"],
        platform=wanted["platform"],
        topic=wanted["topic"],
        message=wanted["message"],
    )


@pytest.mark.parametrize(
    ("named", "scope"),
    [
        ({}, ("all", None)),
        ({"channel": "x:acme"}, ("channel", "x:acme")),
        ({"platform": "Facebook"}, ("platform", "Facebook")),
        ({"topic": "sign-on"}, ("topic", "sign-on")),
        ({"message": "boat"}, ("message", "boat")),
    ],
)
def test_scope_is_what_was_named(named: dict[str, str], scope: tuple[str, str | None]) -> None:
    """Nothing named means everything; one thing named means that."""
    assert Scope(*scope) == _named(**named)


def test_two_scopes_at_once_are_refused() -> None:
    """Which of them was meant would be a guess."""
    with pytest.raises(UsageError):
        _named(channel="x:acme", topic="sign-on")


def test_status_of_what_is_to_come_is_calm(stormctl: CommandLine, ledger: Ledger) -> None:
    """Nothing due: exit code 0, and the next post is named."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON))

    ended = stormctl("status")

    assert (ended.code, ended.err) == (0, "")
    assert "boat" in ended.out


def test_status_warns_when_something_is_due_and_nobody_runs(stormctl: CommandLine, ledger: Ledger) -> None:
    """A monitor learns by exit code 11 that the storm stands still."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + LATE))

    ended = stormctl("status", "--json")

    assert ended.code == ExitCode.NO_RUNNER
    assert ended.json["schema_version"] == 1
    assert ended.json["storms"][0]["late"] == 1


def test_status_of_an_unknown_storm_is_wrong_use(stormctl: CommandLine, ledger: Ledger) -> None:
    """A mistyped storm isn't shown as one without work."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON))

    ended = stormctl("status", "strom")

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "no storm strom" in ended.err


def test_halt_holds_for_runners_to_come(stormctl: CommandLine, ledger: Ledger) -> None:
    """Where no runner is live the halt is written all the same, and exit code 11 says that none saw it."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON, topic="sign-on"))

    ended = stormctl("halt", "--topic", "sign-on", "--reason", "the letter has a [mistake]")

    (halt,) = ledger.halts.active()
    assert ended.code == ExitCode.NO_RUNNER
    assert "halted topic sign-on in sqlite: .stormctl/ledger.db: the letter has a [mistake]" in ended.out
    assert "no runner is alive" in ended.err
    assert (halt.scope, halt.target, halt.reason) == ("topic", "sign-on", "the letter has a [mistake]")
    assert stormctl("status").code == ExitCode.HALTED


def test_halt_waits_for_a_runner_to_see_it(
    stormctl: CommandLine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live runner that never looks is named with its process, to be stopped by hand; exit code 11."""
    monkeypatch.setattr(control, "ACKNOWLEDGED_WITHIN", timedelta())
    ledger.runners.register("launch", "laptop", 4711, read_moment())

    ended = stormctl("halt", "--reason", "practice")

    assert ended.code == ExitCode.NO_RUNNER
    assert "NOT SEEN by launch on laptop (process 4711): stop that process by hand" in ended.err


def test_who_has_seen_a_halt_is_told_before_alerts_are_out(
    stormctl: CommandLine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An address that hangs keeps nobody in suspense."""
    told = []

    @contextmanager
    def alert(*_scene: object, rehearsal: bool) -> Iterator[None]:
        yield
        told.append((rehearsal, capsys.readouterr().err))

    monkeypatch.setattr(control, "alerting", alert)
    monkeypatch.setattr(control, "ACKNOWLEDGED_WITHIN", timedelta())
    ledger.runners.register("launch", "laptop", 4711, read_moment())

    stormctl("halt", "--reason", "practice")

    ((is_rehearsal, heard),) = told
    assert not is_rehearsal
    assert "NOT SEEN by launch on laptop (process 4711)" in heard


def test_halt_names_the_runner_that_has_seen_it(stormctl: CommandLine, ledger: Ledger) -> None:
    """Once every live runner has acknowledged, the halt is certain: exit code 0."""
    runner = ledger.runners.register("launch", "laptop", 4711, read_moment())
    looking = threading.Thread(target=_acknowledge_next_halt, args=(ledger, runner))
    looking.start()

    ended = stormctl("halt", "--reason", "practice")

    looking.join()
    assert (ended.code, ended.err) == (0, "to undo: stormctl resume\n")
    assert "launch on laptop (process 4711) has seen it" in ended.out


@pytest.mark.parametrize("command", ["halt", "resume"])
@pytest.mark.parametrize(
    ("scope", "hint"),
    [
        ("--channel x:acmee", "did you mean “x:acme”?"),
        ("--channel acme", "did you mean “x:acme”?"),
        ("--topic signon", "did you mean “sign-on”?"),
        ("--message boat.en", "did you mean “boat”?"),
        ("--platform facebok", "did you mean “facebook”?"),
        ("--platform facebook", "known: x"),
    ],
)
def test_a_name_that_no_post_has_writes_nothing(
    stormctl: CommandLine, ledger: Ledger, scope: str, hint: str, command: str
) -> None:
    """A slip of the hand in a hurry is told, with the nearest name, and changes nothing."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON, topic="sign-on"))
    ledger.halts.halt("all", None, "practice", "ana", read_moment())
    more = ["--reason", "practice"] if command == "halt" else ["--yes"]

    ended = stormctl(command, *scope.split(), *more)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert len(ledger.halts.active()) == 1
    assert hint in ended.err


def test_what_no_post_has_yet_is_halted_on_demand(stormctl: CommandLine, ledger: Ledger) -> None:
    """`--anyway` halts in advance, and what it halted can be resumed by the same name."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON))

    ended = stormctl("halt", "--channel", "facebook:acme", "--reason", "not yet", "--anyway")
    form = stormctl("halt", "--channel", "acme", "--reason", "not yet", "--anyway")
    targets = [halt.target for halt in ledger.halts.active()]
    resumed = stormctl("resume", "--channel", "facebook:acme")

    assert (ended.code, targets) == (ExitCode.NO_RUNNER, ["facebook:acme"])
    assert form.code == ExitCode.USAGE
    assert (resumed.code, ledger.halts.active()) == (0, ())


def test_a_name_may_be_typed_in_any_case(stormctl: CommandLine, ledger: Ledger) -> None:
    """The halt has the name that the posts have, so that it holds them."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON, topic="sign-on"))

    for option, name in (("--topic", "Sign-On"), ("--platform", "X"), ("--channel", "X:Acme")):
        stormctl("halt", option, name, "--reason", "practice")

    assert [halt.target for halt in ledger.halts.active()] == ["sign-on", "x", "x:acme"]


def test_a_halt_without_a_reason_is_refused_where_nobody_can_be_asked(
    stormctl: CommandLine, ledger: Ledger
) -> None:
    """A script hears that it is wrong use, and not that somebody interrupted it."""
    ended = stormctl("halt")

    assert (ended.code, ledger.halts.active()) == (ExitCode.USAGE, ())
    assert ended.err == "error: nothing was halted: give a reason\nhint: Add it with --reason.\n"


@pytest.mark.parametrize("reason", ["", "  ", "\x1b"])
def test_an_empty_reason_is_none(stormctl: CommandLine, ledger: Ledger, reason: str) -> None:
    """A script hears of it; a person is asked until there is one, and it is one line."""
    script = stormctl("halt", "--reason", reason)
    stormctl.answer("", " ", "a\tb\x1b[2J")
    person = stormctl("halt", "--reason", reason)

    assert script.code == ExitCode.USAGE
    assert person.err.count("Reason, for everyone who will ask") == 3
    assert [halt.reason for halt in ledger.halts.active()] == ["a b [2J"]


def test_resume_says_that_nothing_runs(stormctl: CommandLine, ledger: Ledger) -> None:
    """A launch that had nothing left to do has ended: lifting alone sends nothing."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON))
    stormctl("halt", "--reason", "practice")

    without = stormctl("resume", "--yes")
    ledger.runners.register("launch", "laptop", 4711, read_moment())
    ledger.halts.halt("all", None, "practice", "ana", read_moment())
    served = stormctl("resume", "--yes")

    assert "no runner is alive: nothing goes out until one runs" in without.err
    assert "no runner is alive" not in served.err


def test_resume_says_what_stays_halted(stormctl: CommandLine, ledger: Ledger) -> None:
    """A halt out of which one channel was taken is not lifted."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON))
    stormctl("halt", "--reason", "practice")
    stormctl("halt", "--channel", "x:acme", "--reason", "a mistake")

    ended = stormctl("resume", "--channel", "x:acme", "--yes")

    assert "resumed in sqlite: .stormctl/ledger.db: 1 halt lifted, 1 halt narrowed" in ended.out


def test_halt_asks_for_the_reason(stormctl: CommandLine, ledger: Ledger) -> None:
    """Everyone will ask why, so the reason is asked for where it was not given."""
    stormctl.answer("the venue is being evacuated")

    stormctl("halt")

    assert [halt.reason for halt in ledger.halts.active()] == ["the venue is being evacuated"]


def test_resume_lifts_halts(stormctl: CommandLine, ledger: Ledger) -> None:
    """`--yes` asks nothing, and nothing stays in force."""
    stormctl("halt", "--reason", "practice")

    ended = stormctl("resume", "--yes")

    assert (ended.code, ledger.halts.active()) == (0, ())
    assert "resumed in sqlite: .stormctl/ledger.db: 1 halt lifted" in ended.out


def test_resume_with_nothing_to_lift_says_so(stormctl: CommandLine, ledger: Ledger) -> None:
    """Nobody believes to have lifted a halt that was another one."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON, topic="sea"))
    ledger.halts.halt("topic", "sea", "fog", "ana", read_moment())

    ended = stormctl("resume", "--channel", "x:acme", "--yes")

    assert ended.code == ExitCode.USAGE
    assert "there was no halt of channel x:acme to lift" in ended.err
    assert "What is held back: stormctl resume --topic sea" in ended.err


def test_resume_releases_a_suspended_channel(stormctl: CommandLine, ledger: Ledger) -> None:
    """A suspension is lifted by naming its channel."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON))
    ledger.channels.suspend("x:acme", "its token is dead", read_moment())

    ended = stormctl("resume", "--channel", "x:acme", "--yes")

    assert (ended.code, dict(ledger.channels.suspended())) == (0, {})
    assert "x:acme released" in ended.out


def test_a_person_who_says_no_keeps_the_halt(stormctl: CommandLine, ledger: Ledger) -> None:
    """Resuming is asked for at a terminal; no means no."""
    stormctl("halt", "--reason", "practice")
    stormctl.answer("n")

    ended = stormctl("resume")

    assert ended.code == ExitCode.USAGE
    assert "not resumed" in ended.err
    assert len(ledger.halts.active()) == 1


def test_resume_shows_and_treats_its_own_scope_alone(stormctl: CommandLine, ledger: Ledger) -> None:
    """Under a wide halt one topic flows again: only its late posts are shown, asked about and skipped."""
    late = read_moment().at + LATE
    enroll(
        ledger,
        make_delivery("boat", slot_at=late, topic="sea"),
        make_delivery("train", slot_at=late, topic="rail"),
        make_delivery("plane", slot_at=late, topic="air"),
    )
    stormctl("halt", "--reason", "practice")
    stormctl("halt", "--topic", "air", "--reason", "fog")
    stormctl.answer("send", "y")

    ended = stormctl("resume", "--topic", "sea")

    details = {name: ledger.history.details(f"storm/x:acme/{name}/en") for name in ("boat", "train", "plane")}
    assert (ended.code, len(ledger.halts.active())) == (0, 2)
    assert "1 post is late: " in ended.err
    assert "boat" in ended.err
    assert "train" not in ended.err
    assert [name for name, found in details.items() if found.give_up_at is None] == ["boat"]


def test_resume_of_all_leaves_out_what_stays_suspended(stormctl: CommandLine, ledger: Ledger) -> None:
    """A suspended channel flows only when it is named."""
    late = read_moment().at + LATE
    enroll(ledger, make_delivery("boat", slot_at=late), make_delivery("page", slot_at=late, channel=PAGE))
    ledger.channels.suspend("x:acme", "its token is dead", read_moment())
    stormctl("halt", "--reason", "practice")

    everything = stormctl("resume", "--yes")
    channel = stormctl("resume", "--channel", "x:acme", "--yes")

    assert ("page" in everything.err, "boat" in everything.err) == (True, False)
    assert "The channel was held: its token is dead" in channel.err
    assert "boat" in channel.err


def test_resume_that_lifts_nothing_changes_nothing(stormctl: CommandLine, ledger: Ledger) -> None:
    """The answer about late posts holds only together with what is lifted."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + LATE))

    nothing = stormctl("resume", "--channel", "x:acme", "--late", "send", "--yes")

    assert nothing.code == ExitCode.USAGE
    assert ledger.history.details("storm/x:acme/boat/en").give_up_at is not None


@pytest.mark.parametrize("answer", ["skip", "", "SEND"])
def test_a_person_is_asked_about_what_is_late(stormctl: CommandLine, ledger: Ledger, answer: str) -> None:
    """Each way is said in numbers, and a wrong answer is asked again: nothing is resumed by it."""
    long_ago = read_moment().at - timedelta(hours=2)
    late = (make_delivery(name, slot_at=read_moment().at + LATE) for name in ("boat", "door"))
    enroll(ledger, *late, make_delivery("train", slot_at=long_ago))
    stormctl("halt", "--reason", "practice")
    stormctl.answer("later", answer, "y")

    ended = stormctl("resume")

    assert (ended.code, ledger.halts.active()) == (0, ())
    told = ended.err.splitlines()
    assert "skip    2 go out as soon as the limits allow, 1 is missed" in told
    assert "send    3 go out as soon as the limits allow" in told
    assert "spread  2 go out as soon as the limits allow, 1 is missed" in told
    assert "Enter   2 go out as soon as the limits allow, 1 is missed" in told
    assert ended.err.count("3 posts are late: ") == 2
    assert "“later” is none of them." in ended.err


def test_resume_without_a_scope_asks_which_halt(stormctl: CommandLine, ledger: Ledger) -> None:
    """Halts are listed with who, when and why; one is lifted, the others stay, also under a wider one."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON, topic="sea"))
    ledger.halts.halt("topic", "sea", "fog", "ana", read_moment())
    ledger.halts.halt("all", None, "a tragedy", "ben", read_moment())
    stormctl.answer("3", "2", "y")

    ended = stormctl("resume")

    assert (ended.code, [halt.reason for halt in ledger.halts.active()]) == (0, ["fog"])
    assert "1  HALTED (topic sea) since " in ended.err
    assert " by ben: a tragedy" in ended.err
    assert "“3” is none of them." in ended.err
    assert ended.err.count("Lift which one? (1 to 2, or all; Enter: none)") == 2
    assert "to undo: stormctl halt\n" in ended.err


@pytest.mark.parametrize(("answers", "left"), [(["all", "y"], 0), ([""], 2)])
def test_all_halts_or_none(stormctl: CommandLine, ledger: Ledger, answers: list[str], left: int) -> None:
    """`all` is a word to be typed; Enter alone lifts none."""
    ledger.halts.halt("all", None, "a tragedy", "ben", read_moment())
    ledger.halts.halt("all", None, "another", "ana", read_moment())
    stormctl.answer(*answers)

    stormctl("resume")

    assert len(ledger.halts.active()) == left


def test_a_script_does_not_lift_other_peoples_halts_unasked(stormctl: CommandLine, ledger: Ledger) -> None:
    """Off a terminal `resume` alone says what there is; `--yes`, or the scope, is the word."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON, topic="sea"))
    ledger.halts.halt("topic", "sea", "fog", "ana", read_moment())

    alone = stormctl("resume")
    standing = len(ledger.halts.active())
    named = stormctl("resume", "--topic", "sea")

    assert (alone.code, standing) == (ExitCode.USAGE, 1)
    assert "HALTED (topic sea)" in alone.err
    assert "One of: stormctl resume --topic sea; --yes alone lifts them all." in alone.err
    assert (named.code, ledger.halts.active()) == (0, ())


def test_a_rehearsal_that_was_not_is_not_acted_on(stormctl: CommandLine, ledger: Ledger) -> None:
    """`--rehearsal` never falls back to the day's own ledger."""
    enroll(ledger, make_delivery("boat", slot_at=read_moment().at + SOON))

    ended = stormctl("halt", "--rehearsal", "--reason", "practice")

    assert ended.code == ExitCode.USAGE
    assert "no rehearsal" in ended.err
    assert ledger.halts.active() == ()
