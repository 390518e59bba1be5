"""What X bills for a call, by endpoint: a list of the emulator's own, to hold a client's against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.emulator.x.text import shorten_links

if TYPE_CHECKING:
    from stormctl.emulator.x.answers import XAnswer
    from stormctl.emulator.x.call import XCall

ITEMS = {
    "create_post": ("post", 15_000),
    "delete_post": ("deletion", 10_000),
    "read_posts": ("post read", 5_000),
    "read_timeline": ("post read", 5_000),
    "read_me": ("user read", 10_000),
    "describe_media": ("media metadata", 5_000),
}
"""The item of each operation that is billed, in millionths of a US dollar (source: docs.x.com, pay-per-use
pricing, 2026-08-22). X does not say which of two items a deletion is: this is the dearer. No account owns the
app here, so that a timeline is no “owned read”."""

POST_WITH_URL = ("post with URL", 200_000)


def bill(call: XCall, operation: str, answer: XAnswer) -> None:
    """Bill a call that succeeded; posts that are read, once a UTC day."""
    item, price = ITEMS.get(operation, ("", 0))
    if not item or answer.status >= 400:  # noqa: PLR2004 - HTTP
        return
    number = 1
    if operation == "create_post" and shorten_links(str(call.json().get("text", "")), "")[1]:
        item, price = POST_WITH_URL
    if item == "post read":
        data = answer.body.get("data", [])
        rows = data if isinstance(data, list) else [data]
        number = call.world.bill.take_unread(
            call.account.credentials["CONSUMER_KEY"], [row["id"] for row in rows]
        )
    call.world.bill.add(call.account.channel, item, number, price)
