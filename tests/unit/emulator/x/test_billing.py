"""What the emulated X bills, by endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from stormctl.emulator.server import EmulatorThread

    Ask = Callable[..., requests.Response]


def lines(emulator: EmulatorThread) -> dict[str, tuple[int, int]]:
    """Return count and cost of each item."""
    bill: list[dict[str, Any]] = emulator.world.bill.as_dicts()
    return {line["item"]: (line["count"], line["usd_micros"]) for line in bill}


def test_posts_with_a_link_are_dear_and_refusals_free(x: Ask, emulator: EmulatorThread) -> None:
    """A bare domain is a link too; what X refuses costs nothing."""
    for text in ("Hello", "See https://example.org/act", "See example.org", "Hello"):
        x("POST", "/2/tweets", json={"text": text})

    assert lines(emulator) == {"post": (1, 15_000), "post with URL": (2, 400_000)}


def test_a_post_is_read_once_a_utc_day(x: Ask, emulator: EmulatorThread) -> None:
    """However it is read: by its id or on its account's list; posts that are not there cost nothing."""
    post_id = x("POST", "/2/tweets", json={"text": "Hello"}).json()["data"]["id"]
    me = x("GET", "/2/users/me").json()["data"]["id"]
    for route in (f"/2/tweets?ids={post_id},7", f"/2/tweets/{post_id}", f"/2/users/{me}/tweets"):
        x("GET", route)

    x("DELETE", f"/2/tweets/{post_id}")
    x("GET", f"/2/tweets?ids={post_id}")

    assert lines(emulator) == {
        "post": (1, 15_000),
        "user read": (1, 10_000),
        "post read": (1, 5_000),
        "deletion": (1, 10_000),
    }


def test_a_reset_forgets_the_bill(x: Ask, emulator: EmulatorThread) -> None:
    """Each test pays for itself."""
    x("GET", "/2/users/me")

    emulator.world.reset()

    assert lines(emulator) == {}
