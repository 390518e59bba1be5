"""What people fix by hand on a platform: a doubt that they have settled, a post to take down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stormctl.domain.bank.resemblance import similarity
from stormctl.domain.delivery.delivery import Delivered, InDoubt, Refused, State
from stormctl.domain.plan.cost import price_of_readings
from stormctl.domain.platforms.channel import find_host, parse_channel_id
from stormctl.engine.base.account_readings import LOOK_BACK, read_account
from stormctl.engine.deliver.reconciler import ALIKE, is_same
from stormctl.errors import CredentialsError, ExitCode, UsageError
from stormctl.ledger.views.keys import find_part
from stormctl.platforms.adapter import ReadFailed
from stormctl.platforms.post_urls import is_same_address, parse_post_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stormctl.domain.base.clock import Clock
    from stormctl.domain.delivery.delivery import Outcome
    from stormctl.domain.report.status import DeliveryView
    from stormctl.engine.base.equipment import Adapters
    from stormctl.ledger.delivery.doubts import Doubt
    from stormctl.ledger.ledger import Ledger
    from stormctl.platforms.adapter import SeenPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the account says of a post that a person names for a delivery in doubt.

    Attributes:
        url: as the platform writes it, or as it was typed where the account could not be read.
        reservation: why it is not proved, for the person to judge; empty if it is.
    """

    post_id: str
    url: str
    reservation: str = ""


def order_parts(views: Iterable[DeliveryView]) -> list[DeliveryView]:
    """Put the parts of threads in order: one can only be asked for again after the part before it."""
    return sorted(views, key=lambda view: find_part(view.key))


def find_evidence(ledger: Ledger, adapters: Adapters, clock: Clock, key: str, url: str) -> Evidence:
    """Read the account, and compare the post at an address with a delivery in doubt.

    Raises:
        UsageError: the delivery is not in doubt, the address is none of a post there, the account proves
            that the post is not ours or says something else, or nothing can be known of it.
    """
    doubt = _get_doubt(ledger, key)
    platform, channel = doubt.channel.platform, str(doubt.channel)
    host = find_host(ledger.bound_hosts(), channel) or platform.facts.host
    account = ledger.channels.get_account(channel)
    post_id = parse_post_url(url, platform, host=host, account_id=account and account[0])
    try:
        reading = read_account(adapters.reader(doubt.channel), doubt.sending_at, clock.moment().at)
    except (ReadFailed, CredentialsError) as failed:
        return _trust(url, post_id, f"{channel} can't be read: {_reason(failed)}")
    ledger.budgets.charge(doubt.storm_id, price_of_readings(doubt.channel, len(reading.posts)))
    seen = _find_named(doubt, reading.posts, post_id, url)
    if seen is not None:
        return Evidence(post_id=seen.post_id, url=seen.url, reservation=_compare(doubt, seen))
    if not reading.complete:
        return _trust(url, post_id, f"{channel} could not be read completely: {reading.reason}")
    if doubt.is_said_to_stand:  # a duplicate that it never showed: people may see more than the API does
        return _trust(url, post_id, f"{channel} does not show that post, but refused it as a duplicate")
    raise UsageError(
        f"{channel} does not show that post among those since {doubt.sending_at - LOOK_BACK:%H:%M} UTC",
        f"If nothing was posted: stormctl resolve {key} --not-posted",
    )


def find_removals(ledger: Ledger, keys: Iterable[str], url: str | None = None) -> list[DeliveryView]:
    """Find the posts of deliveries that can be taken down, the newest first, so that replies go before.

    Args:
        url: only the post at this address: one delivery may have been posted twice.

    Returns:
        The deliveries, each with the id and address of the post to take down.

    Raises:
        UsageError: a delivery has no such post.
    """
    views = [ledger.history.get(key) for key in dict.fromkeys(keys)]
    removals = [_find_own(view) if url is None else _find_receipt(ledger, view, url) for view in views]
    return sorted(removals, key=_age_of, reverse=True)


def take_down(ledger: Ledger, adapters: Adapters, clock: Clock, removal: DeliveryView, who: str) -> Outcome:
    """Delete a post from its platform and, once it is gone, record that; halts don't keep it back.

    Returns:
        What the platform answered: Delivered if the post is gone; anything else leaves the ledger as it is.
    """
    post_id = removal.post_id or ""
    try:
        outcome = adapters.reader(parse_channel_id(removal.channel)).delete(post_id)
    except CredentialsError as error:
        return Refused(reason=error.message, code="", for_good=False, suspends=True)
    if isinstance(outcome, Delivered):
        price = parse_channel_id(removal.channel).platform.facts.prices.deletion
        ledger.budgets.charge(removal.storm_id, price)
        ledger.manual.retracted(removal.key, post_id, who, clock.moment())
    return outcome


def exit_code_of_removal(outcome: Outcome) -> ExitCode:
    """Return the exit code of one post that was to be taken down."""
    match outcome:
        case Delivered():
            return ExitCode.DONE
        case InDoubt():
            return ExitCode.IN_DOUBT
        case Refused(suspends=True):
            return ExitCode.CREDENTIALS
        case Refused(for_good=True):
            return ExitCode.INCOMPLETE
        case _:
            return ExitCode.TRY_AGAIN


def _find_own(view: DeliveryView) -> DeliveryView:
    if view.state is not State.DELIVERED or view.post_id is None:
        state = view.state.value.replace("_", " ")
        raise UsageError(
            f"{view.key} is {state}: there is no post to take down", f"stormctl show {view.key} says more."
        )
    return view


def _find_receipt(ledger: Ledger, view: DeliveryView, url: str) -> DeliveryView:
    receipts = ledger.manual.receipts(view.key)
    for post_id, address in receipts.items():
        if is_same_address(address, url):
            return replace(view, post_id=post_id, url=address)
    hint = f"It has: {', '.join(receipts.values())}" if receipts else "It has none."
    raise UsageError(f"{view.key} has no receipt of {url}", hint)


def _get_doubt(ledger: Ledger, key: str) -> Doubt:
    view = ledger.history.get(key)
    doubts = ledger.doubts.open([view.channel])
    found = next((doubt for doubt in doubts if doubt.key == key), None)
    if found is None:
        state = view.state.value.replace("_", " ")
        raise UsageError(f"{key} is {state}, not in doubt", f"stormctl show {key} shows how that came about.")
    return found


def _find_named(doubt: Doubt, posts: Iterable[SeenPost], post_id: str | None, url: str) -> SeenPost | None:
    """Find the post that was named: by its id or address; by its text where the address tells no id."""
    posts = list(posts)
    named = [post for post in posts if post.post_id == post_id or is_same_address(post.url, url)]
    if not named and post_id is None:
        named = [post for post in posts if is_same(doubt, post)]
    return named[0] if named else None


def _compare(doubt: Doubt, seen: SeenPost) -> str:
    """Return what speaks against a post being the delivery's; UsageError if it plainly is another."""
    if is_same(doubt, seen):
        return ""
    if similarity(seen.text, doubt.post.text) < ALIKE:
        raise UsageError(
            f"{seen.url} says something else: “{seen.text}”",
            f"stormctl show {doubt.key} shows what was to be posted.",
        )
    return f"{seen.url} resembles it, but text, pictures or thread are not the same: “{seen.text}”"


def _trust(url: str, post_id: str | None, reservation: str) -> Evidence:
    if post_id is None:
        raise UsageError(
            f"{reservation}; and {url} does not contain the post's number",
            "Try again when the account can be read, or give an address with the number in it.",
        )
    return Evidence(post_id=post_id, url=url, reservation=reservation)


def _reason(failed: ReadFailed | CredentialsError) -> str:
    return failed.reason if isinstance(failed, ReadFailed) else failed.message


def _age_of(view: DeliveryView) -> tuple[datetime, int]:
    return view.delivered_at or view.slot_at, find_part(view.key)
