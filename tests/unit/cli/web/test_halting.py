"""The halt page: one button under a secret path, confirmed twice, written down and alerted."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from stormctl.cli.web import halting
from stormctl.cli.web.halting import CONFIRM_S, HALTS, STRANGERS, HaltDesk, Limit
from stormctl.domain.base.event import EventKind
from stormctl.errors import LedgerError
from tests.web import ZONE, opened_day, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.web import Day, Served


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of these tests stands still: nobody waits for a runner."""
    monkeypatch.setattr(halting, "PATIENCE", timedelta())


def post(served: Served, language: str = "en", **fields: str) -> requests.Response:
    """Press a button of the page."""
    return requests.post(served.halt_url, data=fields, headers={"Accept-Language": language}, timeout=10)


def find(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what happens behind an answer."""
    pause, end_s = threading.Event(), time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < end_s
        pause.wait(0.01)


def ask(served: Served, channel: str = "", reason: str = "a tragedy") -> requests.Response:
    """Fill in the first form."""
    token = find(requests.get(served.halt_url, timeout=10).text, "token")
    return post(served, token=token, channel=channel, reason=reason)


def test_everything_is_halted_after_two_confirmations(day: Day, served: Served) -> None:
    """A form, then a tick and a second button; nothing is halted before."""
    asked = ask(served)
    assert day.ledger.halts.active() == ()

    done = post(served, confirmation=find(asked.text, "confirmation"), sure="yes")

    (halt,) = day.ledger.halts.active()
    assert (halt.scope, halt.target, halt.reason, halt.who) == ("all", None, "a tragedy", "the halt page")
    assert "NOT SEEN by launch · laptop" in done.text
    assert "stormctl resume" in done.text
    wait_until(lambda: len(day.alerts) == 2)  # that it was opened, and that it halted


def test_one_channel_can_be_halted(day: Day, served: Served) -> None:
    """The others go on."""
    asked = ask(served, channel="facebook:acme")

    post(served, confirmation=find(asked.text, "confirmation"), sure="yes")

    (halt,) = day.ledger.halts.active()
    assert (halt.scope, halt.target) == ("channel", "facebook:acme")


def test_every_use_is_in_the_history(day: Day, served: Served) -> None:
    """Opening the page, too, now and then; what the terminal is told holds no address."""
    confirmation = find(ask(served).text, "confirmation")
    post(served, confirmation=confirmation, sure="yes")
    post(served, confirmation="made-up", sure="yes")
    requests.get(served.halt_url, timeout=10)

    with day.ledger._database.reading() as session:
        rows = session.rows("news", after=0, since_wall=0)
    told = [(row["kind"], row["text"]) for row in rows]
    assert [kind for kind, _ in told] == [EventKind.WARNING, EventKind.HALTED, EventKind.WARNING]
    assert told[0][1].startswith("the halt page was opened;")
    assert told[1][1] == "everything halted by the halt page: a tragedy"
    assert told[2][1].startswith("the halt page refused somebody")
    assert served.desk.secret not in f"{told}{day.told}"
    assert day.told[1] == "HALTED everything by the halt page: a tragedy"


def test_a_button_that_is_pressed_twice_halts_once(day: Day, served: Served) -> None:
    """A slow network makes people tap again; the second answer shows that it is halted."""
    confirmation = find(ask(served).text, "confirmation")

    first, second = (post(served, confirmation=confirmation, sure="yes") for _ in range(2))

    assert len(day.ledger.halts.active()) == 1
    assert "<h1>Halted</h1>" in first.text
    assert "Everything has been halted since 12:05 EST by the halt page: a tragedy" in second.text


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"reason": "x"}, "This page was too old"),
        ({"token": "guessed", "reason": "x"}, "This page was too old"),
        ({"token": "é", "reason": "x"}, "This page was too old"),
        ({"confirmation": "guessed", "sure": "yes"}, "confirmed already, or too long ago"),
        ({"token": "", "channel": "x:elsewhere", "reason": "x"}, "There is no such channel"),
        ({"token": "", "reason": " \u200b "}, "say why, for everyone who will ask"),
    ],
)
def test_what_is_not_whole_halts_nothing(
    day: Day, served: Served, fields: dict[str, str], problem: str
) -> None:
    """A stranger's page knows no token; a slip of the hand is explained."""
    # an empty token stands for the true one
    token = {"token": served.desk.token} if fields.get("token") == "" else {}

    answer = post(served, **fields | token)

    assert problem in answer.text
    assert day.ledger.halts.active() == ()


def test_without_the_tick_nothing_is_halted(day: Day, served: Served) -> None:
    """The question is asked again, and can still be confirmed."""
    confirmation = find(ask(served).text, "confirmation")

    unsure = post(served, confirmation=confirmation)
    post(served, confirmation=find(unsure.text, "confirmation"), sure="yes")

    assert "tick the box too" in unsure.text
    assert len(day.ledger.halts.active()) == 1


@pytest.mark.parametrize("path", ["", "halt", "x" * 43, "%00", "é", "../" * 5])
def test_wrong_addresses_are_not_there(served: Served, path: str) -> None:
    """They are told nothing, not even that there is a page."""
    base, _, secret = served.halt_url.rpartition("/")

    for url in (f"{base}/{path}", f"{base}/{secret}x", f"{base}/{secret[:-1]}", f"{base}/{secret}/{path}"):
        if url.rstrip("/") != served.halt_url:
            answer = requests.get(url, timeout=10)
            assert (answer.status_code, answer.text) == (404, "not found")


def test_strangers_do_not_keep_anybody_from_halting(day: Day, served: Served) -> None:
    """Who tries addresses is slowed down; the right one still works."""
    base = served.halt_url.rpartition("/")[0]

    codes = [requests.get(f"{base}/{n}", timeout=10).status_code for n in range(STRANGERS[0] + 2)]
    confirmation = find(ask(served).text, "confirmation")
    post(served, confirmation=confirmation, sure="yes")

    assert codes == [404] * STRANGERS[0] + [429] * 2
    assert len(day.ledger.halts.active()) == 1


def test_halts_are_limited(day: Day, served: Served) -> None:
    """Who leans on the button fills no ledger; a minute later it works again."""
    codes = []
    for _ in range(HALTS[0] + 1):
        confirmation = find(ask(served).text, "confirmation")
        codes.append(post(served, confirmation=confirmation, sure="yes").status_code)
    day.clock.move(timedelta(minutes=1))
    again = post(served, confirmation=confirmation, sure="yes")

    assert codes == [200] * HALTS[0] + [429]
    assert "<h1>Halted</h1>" in again.text


def test_a_confirmation_is_good_for_ten_minutes(day: Day, served: Served) -> None:
    """A telephone in a pocket halts nothing hours later."""
    confirmation = find(ask(served).text, "confirmation")
    day.clock.move(timedelta(seconds=CONFIRM_S))

    answer = post(served, confirmation=confirmation, sure="yes")

    assert "too long ago" in answer.text
    assert day.ledger.halts.active() == ()


def test_resuming_is_not_possible_from_there(day: Day, served: Served) -> None:
    """Nor is anything else: other methods are not answered."""
    answers = [requests.request(m, served.halt_url, timeout=10) for m in ("PUT", "DELETE", "PATCH")]

    assert [answer.status_code for answer in answers] == [405] * 3
    assert day.ledger.halts.active() == ()


def test_the_page_has_no_script_and_is_not_kept(served: Served) -> None:
    """Nor does it say to others where it is."""
    answer = requests.get(served.halt_url, timeout=10)

    assert "<script" not in answer.text
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert served.desk.secret not in answer.text


def test_a_form_that_is_too_long_is_refused(day: Day, served: Served) -> None:
    """However long a reason is, a line of it is kept."""
    long = ask(served, reason="word " * 100)
    post(served, confirmation=find(long.text, "confirmation"), sure="yes")

    assert ask(served, reason="x" * 20_000).status_code == 413
    assert len(day.ledger.halts.active()[0].reason) <= 300


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("es-MX,es;q=0.9,en;q=0.5", "Detener la tormenta"),
        ("fr", "Arrêter la tempête"),
        ("de", "Halt the storm"),
    ],
)
def test_the_page_speaks_the_telephone_s_language(served: Served, language: str, title: str) -> None:
    """Spanish, French, or English."""
    answer = requests.get(served.halt_url, headers={"Accept-Language": language}, timeout=10)

    assert f"<h1>{title}</h1>" in answer.text


def test_who_halted_is_told_in_that_language(served: Served) -> None:
    """The page's own name, too; the command stays as it is typed."""
    post(served, confirmation=find(ask(served).text, "confirmation"), sure="yes")

    page = requests.get(served.halt_url, headers={"Accept-Language": "fr"}, timeout=10).text

    assert "Tout est arrêté depuis 12:05 EST par la page d&#39;arrêt : a tragedy" in page
    assert "quelqu&#39;un tape sur l&#39;ordinateur : stormctl resume</p>" in page


def test_a_ledger_that_cannot_be_written_is_no_halt(
    day: Day, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is at the march hears it at once, in capitals."""
    confirmation = find(ask(served).text, "confirmation")

    def fail(*_: Any) -> None:
        raise LedgerError("the disk is full", "Make room.")

    monkeypatch.setattr(day.ledger.halts, "halt", fail)

    answer = post(served, confirmation=confirmation, sure="yes")

    assert (answer.status_code, answer.text) == (503, "NOT HALTED: the disk is full")


def test_practice_says_so(tmp_path: Path) -> None:
    """Nobody believes that the real storm is halted."""
    with opened_day(tmp_path, is_practice=True) as day, serving(day) as served:
        page = requests.get(served.halt_url, timeout=10).text

    assert "NOT LIVE" in page
    assert "this halts nothing on the real platforms" in page


def test_each_start_has_an_address_of_its_own(day: Day) -> None:
    """Ending the command ends the address; nobody prints it by chance."""
    first, second = (HaltDesk(day.opened, day.alerting, day.told.append, ZONE) for _ in range(2))

    assert first.secret != second.secret
    assert len(first.secret) >= 43
    assert first.secret not in repr(first)


def test_a_limit_counts_in_a_sliding_span() -> None:
    """Old times make room again."""
    now = 0.0
    limit = Limit(2, 10.0, lambda: now)

    found = []
    for at in (0.0, 1.0, 2.0, 10.0, 10.5, 11.0):
        now = at
        found.append(limit.admits())

    assert found == [True, True, False, True, False, True]
