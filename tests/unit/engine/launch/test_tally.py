"""The ledger is held against what the platform really received."""

from __future__ import annotations

from typing import Any

from stormctl.domain.delivery.delivery import State
from stormctl.domain.report.status import DeliveryView
from stormctl.domain.report.tally import ChannelTally
from stormctl.engine.launch.emulator_process import ReceivedPost
from stormctl.engine.launch.tally import tally_channels
from tests.fakes import NOON, Walked


def _delivery(message: str, *, channel: str = "x:acme", **fields: Any) -> DeliveryView:
    usual: dict[str, Any] = {"state": State.DELIVERED, "post_id": f"id-{message}"}
    return DeliveryView(
        key=f"storm/{channel}/{message}/en",
        storm_id="storm",
        channel=channel,
        message_id=message,
        text=f"Text of {message}",
        slot_at=NOON,
        **usual | fields,
    )


def _post(message: str, *, channel: str = "x:acme", post_id: str = "", deleted: bool = False) -> ReceivedPost:
    return ReceivedPost(
        channel=channel, id=post_id or f"id-{message}", text=f"Text of {message}", deleted=deleted
    )


def _counts(**fields: int) -> dict[str, int]:
    usual = dict.fromkeys(("planned", "delivered", "received", "duplicates", "lost", "unexpected", "open"), 0)
    return usual | fields


def test_a_storm_that_arrived_exactly_once_has_no_differences() -> None:
    """Each channel has its own line; nothing else is said."""
    deliveries = [_delivery("m1"), _delivery("m2"), _delivery("m1", channel="facebook:acme")]
    posts = [_post("m2"), _post("m1"), _post("m1", channel="facebook:acme")]

    tallies, differences = tally_channels(deliveries, posts)

    assert tallies == (
        ChannelTally(channel="facebook:acme", **_counts(planned=1, delivered=1, received=1)),
        ChannelTally(channel="x:acme", **_counts(planned=2, delivered=2, received=2)),
    )
    assert differences == ()
    assert all(tally.is_clean for tally in tallies)


def test_a_text_that_stands_there_twice_is_a_duplicate() -> None:
    """Each one too many counts; the second id is not told again as unexpected."""
    posts = [_post("m1"), _post("m1", post_id="id-again"), _post("m1", post_id="id-thrice")]

    (tally,), differences = tally_channels([_delivery("m1")], posts)

    assert tally == ChannelTally(
        channel="x:acme", **_counts(planned=1, delivered=1, received=3, duplicates=2)
    )
    assert differences == ("x:acme: is there 3 times: Text of m1",)


def test_a_receipt_without_a_post_is_lost() -> None:
    """The ledger says delivered, the platform has nothing: also when it was deleted."""
    deliveries = [_delivery("m1"), _delivery("m2")]

    (tally,), differences = tally_channels(deliveries, [_post("m1", deleted=True)])

    assert tally == ChannelTally(channel="x:acme", **_counts(planned=2, delivered=2, lost=2))
    assert differences == (
        "x:acme/m1/en has a receipt (id-m1), but it is not there",
        "x:acme/m2/en has a receipt (id-m2), but it is not there",
    )


def test_a_post_without_a_receipt_is_unexpected() -> None:
    """Also on a channel that the storm does not use."""
    posts = [_post("m1"), _post("other"), _post("m1", channel="x:beta")]

    tallies, differences = tally_channels([_delivery("m1")], posts)

    assert [(t.channel, t.unexpected, t.is_clean) for t in tallies] == [
        ("x:acme", 1, False),
        ("x:beta", 1, False),
    ]
    assert differences == (
        "x:acme: no delivery has a receipt for post id-other: Text of other",
        "x:beta: no delivery has a receipt for post id-m1: Text of m1",
    )


def test_what_was_not_delivered_is_named_with_its_state_and_reason() -> None:
    """A post of a delivery in doubt that did arrive is unexpected, too: nobody has its receipt."""
    deliveries = [
        _delivery("m1", state=State.MISSED, post_id=None, why="late by more than 15m"),
        _delivery("m2", state=State.IN_DOUBT, post_id=None),
    ]

    (tally,), differences = tally_channels(deliveries, [_post("m2")])

    assert tally == ChannelTally(channel="x:acme", **_counts(planned=2, received=1, unexpected=1, open=2))
    assert differences == (
        "x:acme/m1/en is missed: late by more than 15m",
        "x:acme/m2/en is in_doubt: no reason given",
        "x:acme: no delivery has a receipt for post id-m2: Text of m2",
    )


def test_nothing_planned_and_nothing_received_is_nothing_to_tell() -> None:
    """An empty storm has no channels to tally."""
    assert tally_channels([], []) == ((), ())


def test_the_ledger_is_gone_through_once_however_many_channels() -> None:
    """A storm may have hundreds."""
    channels = [f"x:c{number:02}" for number in range(30)]
    deliveries = Walked(
        _delivery(message, channel=channel) for message in ("m1", "m2") for channel in channels
    )
    posts = Walked(_post(message, channel=channel) for channel in channels for message in ("m1", "m2"))

    tallies, differences = tally_channels(deliveries, posts)

    assert [tally.channel for tally in tallies] == channels
    assert (differences, deliveries.walks, posts.walks) == ((), 1, 1)
