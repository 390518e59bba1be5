"""Ask, before anything is enrolled, whether every channel can publish and as whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.duration import format_duration
from stormctl.domain.status import ChannelCheck
from stormctl.errors import CredentialsError
from stormctl.platforms.adapter import Certainty

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stormctl.domain.channel import ChannelId
    from stormctl.engine.equipment import Readers
    from stormctl.ledger.ledger import Ledger
    from stormctl.platforms.adapter import Account

AT_ONCE = 8
"""Channels that are asked at the same time."""

CLOCK_NOTICE = timedelta(minutes=1)
"""From this difference to the platform's clock on, ours is warned of; a Date header is whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelProof:
    """What is known of a channel before it is used.

    Attributes:
        account: whose credentials they are; None if that could not be learnt.
        error: the credentials are missing, or must not be sent; None otherwise.
    """

    channel: ChannelId
    check: ChannelCheck
    account: Account | None = None
    error: CredentialsError | None = None

    @property
    def is_bad(self) -> bool:
        """Whether the channel is proved unable to publish."""
        return bool(self.check.bad)


def prove_channels(
    channels: Sequence[ChannelId], adapters: Readers, without: Collection[ChannelId] = ()
) -> list[ChannelProof]:
    """Verify channels side by side, those in `without` left unasked."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda channel: _prove(channel, adapters, channel in without), channels))


def check_accounts(proofs: Iterable[ChannelProof], ledger: Ledger | None) -> None:
    """Make sure that no two channels are one account, and that each is the account that it was before.

    Raises:
        CredentialsError: otherwise, naming both.
    """
    seen: dict[tuple[str, str], ChannelId] = {}
    for proof in proofs:
        if proof.account is None:
            continue
        channel, account = proof.channel, proof.account
        other = seen.setdefault((channel.platform.value, account.id), channel)
        if other != channel:
            raise CredentialsError(
                f"{other} and {channel} are the same account: {account.name} ({account.id})",
                "Each channel needs credentials of its own; correct the ones that were copied.",
            )
        bound = ledger.channels.get_account(str(channel)) if ledger is not None else None
        if bound is not None and bound[0] != account.id:
            raise CredentialsError(
                f"the credentials of {channel} belong to {account.name} ({account.id}), "
                f"but the ledger knows it as {bound[1]} ({bound[0]})",
                "Put back the right credentials; to change accounts on purpose, name a new channel.",
            )


def _prove(channel: ChannelId, adapters: Readers, without: bool) -> ChannelProof:
    if without:
        check = ChannelCheck(channel=str(channel), account_name=None, account_url=None, without=True)
        return ChannelProof(channel=channel, check=check)
    try:
        verification = adapters.reader(channel).verify()
    except CredentialsError as error:
        check = ChannelCheck(
            channel=str(channel), account_name=None, account_url=None, bad=((error.message, error.hint),)
        )
        return ChannelProof(channel=channel, check=check, error=error)
    account, problems = verification.account, verification.problems
    check = ChannelCheck(
        channel=str(channel),
        account_name=account.name if account is not None else None,
        account_url=account.url if account is not None else None,
        bad=tuple((p.message, p.hint) for p in problems if p.certainty is Certainty.BAD),
        unknown=(
            *((p.message, p.hint) for p in problems if p.certainty is Certainty.UNKNOWN),
            *_judge_clock(verification.clock_offset_s, channel),
        ),
    )
    return ChannelProof(channel=channel, check=check, account=account)


def _judge_clock(offset_s: float | None, channel: ChannelId) -> Iterator[tuple[str, str]]:
    """Warn of a clock that is far from the platform's: everything would go out so much early or late."""
    off = timedelta(seconds=round(offset_s or 0.0))
    if abs(off) > CLOCK_NOTICE:
        way = "behind" if off > timedelta() else "ahead of"
        message = f"this machine's clock is {format_duration(abs(off))} {way} {channel.platform.label}'s"
        yield message, "Set it: posts go out by this clock."
