"""What people mend by hand, with the installed command against an emulator."""

from __future__ import annotations

import json
import signal
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.conftest import read_until

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign

pytestmark = [pytest.mark.slow, pytest.mark.long]

X, PAGE = "small/x:acme/m000/en", "small/facebook:acme/m000/en"
LOST_ANSWER = {
    "rules": [
        {"platform": "x", "action": "drop_after", "nth": [1]},
        {"platform": "x", "operation": "read_timeline", "action": "credits_depleted"},
    ]
}
"""X accepts a post without answering, and then can't be read."""


def _show(stage: Campaign, key: str) -> Any:
    return json.loads(stage.run("show", key, "--json").stdout)["delivery"]


def _status(stage: Campaign) -> Any:
    return json.loads(stage.run("status", "--json", expect=None).stdout)


def _now(stage: Campaign) -> str:
    return str(_status(stage)["at"])


def _first_key(stage: Campaign) -> str:
    """Return the key of what comes first on X."""
    (storm,) = _status(stage)["storms"]
    return str(next(view["key"] for view in storm["upcoming"] if view["channel"] == "x:acme"))


def _tick_until(stage: Campaign, **states: str) -> None:
    """Let ticks publish until each channel's delivery is in a state."""
    keys = {"x": X, "facebook": PAGE}
    for _ in range(40):
        stage.run(
            "tick", expect=None, STORMCTL_REQUEST_LIMIT="5s", STORMCTL_SETTLING="1s", STORMCTL_LEASE="8s"
        )
        if all(_show(stage, keys[name])["state"] == state for name, state in states.items()):
            return
    pytest.fail(f"never {states}: {stage.run('status', expect=None).stdout}")


def _forget_faults(stage: Campaign) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{stage.emulator_url}/_emulator/faults", method="DELETE"
    )
    urllib.request.urlopen(request).close()  # noqa: S310 - as above


def test_a_doubt_that_nothing_settles_is_resolved_by_hand(stage: Campaign) -> None:
    """A person finds the post on the account: its address is read, compared and becomes the receipt."""
    stage.write_messages(1)
    for number in range(1, 6):
        (stage.root / "messages" / "small" / f"m{number:03}.en.md").unlink()
    stage.run("launch", "--yes", "--detach")  # before the faults: a late first launch reads the accounts
    stage.ask("/_emulator/faults", LOST_ANSWER)
    _tick_until(stage, x="in_doubt", facebook="delivered")
    (post,) = [post for post in stage.ask("/_emulator/posts")["posts"] if post["channel"] == "x:acme"]
    address = f"{stage.emulator_url}/i/status/{post['id']}"

    unproved = stage.run("resolve", "x:acme/m000", "--posted", address, expect=2)
    _forget_faults(stage)
    wrong = stage.run("resolve", X, "--posted", f"{address}7", expect=2)
    stage.run("resolve", X, "--posted", address)

    assert "can't be read" in unproved.stderr
    assert "does not show that post" in wrong.stderr
    delivery = _show(stage, X)
    assert (delivery["state"], delivery["post_id"]) == ("delivered", post["id"])
    assert sum(stage.received().values()) == 2
    stage.run("status")


def test_a_message_is_taken_down_from_every_channel(stage: Campaign) -> None:
    """Its posts are really gone, also while everything is halted, and a launch doesn't bring them back."""
    stage.run("launch", "--yes", "--plain")
    stage.run("halt", "--reason", "a mistake", expect=11)

    done = stage.run("retract", "--message", "m000", "--yes")
    again = stage.run("launch", "--yes", "--detach")

    assert done.stdout.count("taken down") == 2
    assert sum(stage.received().values()) == 10
    assert not [text for _, text in stage.received() if "000" in text]
    assert {_show(stage, key)["state"] for key in (X, PAGE)} == {"retracted"}
    assert "0 new" in again.stderr
    stage.run("retract", X, "--yes", expect=2)


def test_what_was_cancelled_stays_so_until_it_is_retried(stage: Campaign) -> None:
    """A second launch doesn't bring it back; `retry` does, and it goes out."""
    stage.write_hours(starts_in=3600)
    stage.run("launch", "--yes", "--detach")

    stage.run("cancel", "--message", "m000")
    stage.run("launch", "--yes", "--detach")
    cancelled = {_show(stage, key)["state"] for key in (X, PAGE)}
    stage.run("retry", X)
    stage.run("tick")

    assert cancelled == {"cancelled"}
    assert list(stage.received()) == [
        ("x:acme", "Message 000: everyone who moves has rights, today and every day.\n\n#MigrantsDay")
    ]
    assert _show(stage, PAGE)["state"] == "cancelled"


def test_what_was_missed_goes_out_when_it_is_retried(stage: Campaign) -> None:
    """Nobody was there at its slot; a person says that it is worth saying all the same."""
    stage.write_hours(every="1h", lasts=7200)  # the later slot lets a slow launch in
    schedule = stage.root / "schedules" / "small.toml"
    text = schedule.read_text(encoding="utf-8")
    schedule.write_text(text.replace('policy = "send"', 'policy = "skip"\ngrace = "4s"'), encoding="utf-8")
    stage.run("launch", "--yes", "--detach")
    key = _first_key(stage)
    while _show(stage, key)["give_up_at"] > _now(stage):
        pass  # each look takes a while

    stage.run("tick", expect=7)
    missed = _show(stage, key)["state"]
    stage.run("retry", key, "--at", "2020-01-01 12:00", expect=2)
    for _ in range(5):  # a machine under load may be slower than the grace
        stage.run("retry", key)
        stage.run("tick", expect=None)
        if _show(stage, key)["state"] == "delivered":
            break

    assert missed == "missed"
    assert sum(stage.received().values()) == 1
    assert _show(stage, key)["state"] == "delivered"


def test_a_post_of_a_rehearsal_is_taken_down_while_it_runs(campaign: Campaign) -> None:
    """Practising with one's hands: the rehearsal's emulator is reached with its own throw-away keys."""
    campaign.write_hours(every="100s", lasts=600)
    process = campaign.start("rehearse", "--speed", "20", "--plain")
    read_until(process, " delivered ", 2)

    try:
        status = json.loads(campaign.run("status", "--rehearsal", "--json", expect=None).stdout)
        key = status["storms"][0]["recent"][0]["key"]
        done = campaign.run("retract", key, "--yes", "--rehearsal")
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=50)

    assert done.stdout.startswith(f"taken down  {key}")
    assert "is retracted: taken down by" in output
    late = campaign.run("retract", key, "--yes", "--rehearsal", expect=2)
    assert "is retracted: there is no post" in late.stderr
