"""One delivery with all that is known of it, and lists of some."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stormctl.domain.bank.message import Media, MediaKind
from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.delivery import Delivered, InDoubt, Kind, NotSent, Post, Refused, State
from stormctl.domain.report.status import AttemptView, DeliveryDetails
from stormctl.render.terminal.deliveries import render_details, render_found, render_removal
from tests.unit.render.conftest import at, view_delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from stormctl.domain.delivery.delivery import Outcome

X = "x:migrants-day"
KEY = f"imd-2026/{X}/boat/en"
ZONES = {"imd-2026": "America/New_York"}
URL = "http://127.0.0.1:8123/migrants-day/status/22"
EXPECTED = """\
delivered: imd-2026/x:migrants-day/boat/en

    Everyone who moves has rights.

    #MigrantsDay

State       delivered
Address     http://127.0.0.1:8123/migrants-day/status/22
Slot        Fri 18 Dec 2026, 12:00 EST (pin)
Delivered   Fri 18 Dec 2026, 12:00 EST
Not before  Fri 18 Dec 2026, 11:00 EST
Deadline    Fri 18 Dec 2026, 20:00 EST
Storm       International Migrants Day 2026 (imd-2026)
Topic       sign-on
Link        https://example.org/act
Image       images/boat.png: “A paper boat”
Image       images/door.png: without a description

Attempts
1  12:00:01 EST  sent 12:00:02 EST: refused (429)
    too many requests
4  12:00:20 EST  sent 12:00:20 EST: in doubt (502)
    no answer; it was found on the account
    http://127.0.0.1:8123/migrants-day/status/22

History
12:00:01 EST  claimed     –
12:00:03 EST  put off     too many requests
12:00:30 EST  reconciled  found on the account

To take it down: stormctl retract imd-2026/x:migrants-day/boat/en
"""


def _picture(name: str, alt: str) -> Media:
    return Media(
        file=f"images/{name}.png", alt=alt, kind=MediaKind.IMAGE, mime="image/png", digest="0" * 64, size=1
    )


def _event(second: int, kind: EventKind, text: str) -> StormEvent:
    return StormEvent(kind=kind, at=at(12, 0, second), text=text, storm_id="imd-2026", channel=X, key=KEY)


@pytest.fixture
def details() -> DeliveryDetails:
    """A pin that was refused for now, then in doubt, then found on the account."""
    text = "Everyone who moves has rights.\n\n#MigrantsDay"
    view = view_delivery(X, "boat", text, at(12), State.DELIVERED, url=URL)
    return DeliveryDetails(
        view=replace(view, expires_at=at(20)),
        post=Post(
            text=text,
            link="https://example.org/act",
            media=(_picture("boat", "A paper boat"), _picture("door", "")),
        ),
        kind=Kind.PIN,
        topic="sign-on",
        storm_name="International Migrants Day 2026",
        timezone="America/New_York",
        not_before=at(11),
        give_up_at=at(12, 15),
        attempts=(
            AttemptView(
                id=1,
                claimed_at=at(12, 0, 1),
                sending_at=at(12, 0, 2),
                outcome="refused",
                code="429",
                why="too many requests",
                runner_id="r1",
            ),
            AttemptView(
                id=4,
                claimed_at=at(12, 0, 20),
                sending_at=at(12, 0, 20),
                outcome="in_doubt",
                code="502",
                why="no answer",
                settled="delivered",
                url=URL,
                runner_id="r1",
            ),
        ),
        events=(
            _event(1, EventKind.CLAIMED, "boat"),
            _event(3, EventKind.PUT_OFF, "boat: too many requests"),
            _event(30, EventKind.RECONCILED, "boat: found on the account"),
        ),
    )


def test_details_show_everything(show: Callable[..., str], details: DeliveryDetails) -> None:
    """Text as it is, times in the storm's zone, each attempt with its answer, and what to type next."""
    assert show(render_details(details, KEY)) + "\n" == EXPECTED


def test_what_is_planned_shows_when_it_would_be_missed(
    show: Callable[..., str], details: DeliveryDetails
) -> None:
    """Without attempts and history there is no heading for them; what was not sent says so."""
    view = replace(
        details.view, state=State.PLANNED, url=None, delivered_at=None, retry_at=at(12, 5), why="too many"
    )
    attempt = AttemptView(id=1, runner_id="r1", claimed_at=at(12), sending_at=None, outcome=None)

    shown = show(render_details(replace(details, view=view, attempts=(), events=()), KEY))
    tried = show(render_details(replace(details, view=view, attempts=(attempt,)), KEY))

    assert "State         planned: too many" in shown
    assert "Again from    Fri 18 Dec 2026, 12:05 EST" in shown
    assert "Missed after  Fri 18 Dec 2026, 12:15 EST" in shown
    assert "Attempts" not in shown
    assert "History" not in shown
    assert "1  12:00:00 EST  not sent: under way" in tried


@pytest.mark.parametrize(
    ("state", "remedies"),
    [
        (State.PLANNED, [f"stormctl cancel {KEY}"]),
        (State.CLAIMED, []),
        (State.DELIVERED, [f"stormctl retract {KEY}"]),
        (State.IN_DOUBT, [f"stormctl resolve {KEY} --posted URL", f"stormctl resolve {KEY} --not-posted"]),
        (State.FAILED, [f"stormctl retry {KEY}"]),
        (State.MISSED, [f"stormctl retry {KEY}"]),
        (State.EXPIRED, []),
        (State.CANCELLED, [f"stormctl retry {KEY}"]),
        (State.RETRACTED, [f"stormctl retry {KEY}"]),
    ],
)
def test_each_state_has_its_remedies(
    show: Callable[..., str], details: DeliveryDetails, state: State, remedies: list[str]
) -> None:
    """They are commands to type; in a rehearsal they act on the rehearsal."""
    stands = replace(details, view=replace(details.view, state=state))

    shown = [line.partition(": ")[2] for line in show(render_details(stands, KEY)).splitlines()]
    practice = show(render_details(stands, KEY, rehearsal=True))

    assert remedies == [line for line in shown if line.startswith("stormctl ")]
    for line in remedies:
        assert line.replace(KEY, f"{KEY} --rehearsal") in practice


def test_text_can_not_steer_the_terminal(show: Callable[..., str], details: DeliveryDetails) -> None:
    """A volunteer's file is not trusted on anybody's screen."""
    text = "Red \x1b[31malert"

    shown = show(render_details(replace(details, view=replace(details.view, text=text, why=text)), KEY))

    assert "\x1b" not in shown


def test_found_posts_have_their_keys(show: Callable[..., str]) -> None:
    """What is live shows where; what is coming shows when."""
    live = view_delivery(X, "boat", "A paper boat.", at(12), State.DELIVERED, url=URL)
    coming = view_delivery(X, "door", "A paper\ndoor.", at(13), State.PLANNED, url="http://127.0.0.1/old")

    names = {live.key: "boat.en", coming.key: f"{X}/door"}

    lines = show(render_found("paper", [live, coming], ZONES, names)).splitlines()

    assert lines == [
        "delivered  boat.en  x:migrants-day  Fri 18 Dec 2026, 12:00 EST",
        "    A paper boat.",
        f"    {URL}",
        f"planned  {X}/door  Fri 18 Dec 2026, 13:00 EST",
        "    A paper door.",
        "2 posts contain “paper”, 1 of them live",
    ]


def test_nothing_found_says_so(show: Callable[..., str]) -> None:
    """Silence would not be an answer."""
    assert show(render_found("paper", [], {}, {})) == "no published or coming post contains “paper”"


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Delivered(post_id="22", url=""), f"taken down  {KEY}  {URL}"),
        (NotSent(reason="no such host"), f"STILL THERE  {KEY}  {URL}: no such host"),
        (Refused(reason="not yours", code="403", for_good=True), f"STILL THERE  {KEY}  {URL}: not yours"),
        (
            InDoubt(reason="timed out"),
            f"NOT SURE  {KEY}  {URL}: timed out: look, or run the same command again",
        ),
    ],
)
def test_a_removal_says_whether_the_post_is_gone(
    show: Callable[..., str], outcome: Outcome, line: str
) -> None:
    """With the platform's own reason if it is not."""
    view = view_delivery(X, "boat", "A paper boat.", at(12), State.DELIVERED, url=URL)

    assert line == show(render_removal(view, outcome), 200)
