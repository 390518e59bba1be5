"""Ask, before anything is enrolled, whether every channel can publish and as whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from stormctl.domain.base.amounts import format_duration
from stormctl.domain.delivery.signin import sign_in_command
from stormctl.domain.plan.summary import ChannelCheck
from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.engine.base.parallel import ask_all
from stormctl.errors import CredentialsError
from stormctl.platforms.adapter import Certainty, VerificationProblem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from stormctl.domain.delivery.delivery import Plan
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.base.equipment import Readers
    from stormctl.ledger.ledger import Ledger
    from stormctl.platforms.adapter import Account, Ending, Verification
    from stormctl.settings import Settings

AT_ONCE = 8
"""Channels that are asked at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelProof:
    """What is known of a channel before it is used.

    Attributes:
        account: whose credentials they are; None if that could not be found out.
        error: the credentials are missing, or must not be sent; None otherwise.
        verification: everything that the platform told; None if it was not asked, or not heard in time.
    """

    channel: ChannelId
    check: ChannelCheck
    account: Account | None = None
    error: CredentialsError | None = None
    verification: Verification | None = None

    @property
    def is_bad(self) -> bool:
        """Whether the channel is proved unable to publish."""
        return bool(self.check.bad)

    @property
    def cost_usd_micros(self) -> int:
        """What asking cost, in millionths of a US dollar."""
        return self.verification.cost_usd_micros if self.verification is not None else 0


@dataclass(frozen=True, slots=True)
class ChannelNeeds:
    """From when until when credentials are needed: a storm's first and last post."""

    first_at: datetime
    last_at: datetime


def find_need(plan: Plan) -> ChannelNeeds | None:
    """Return from when until when a plan needs credentials; None for an empty one."""
    slots = [delivery.slot_at for delivery in plan.deliveries]
    return ChannelNeeds(min(slots), max(slots)) if slots else None


def prove_channels(
    channels: Sequence[ChannelId],
    adapters: Readers,
    without: Collection[ChannelId] = (),
    *,
    need: ChannelNeeds | None = None,
    within: timedelta | None = None,
) -> list[ChannelProof]:
    """Verify channels side by side, those in `without` left unasked.

    Args:
        need: what ends before it or in it is told.
        within: how long to wait in all (real time); who has not answered by then is not known. None waits
            for every answer: each request has a limit of its own.
    """
    questions = [partial(_prove, channel, adapters, channel in without, need) for channel in channels]
    proofs = ask_all(questions, "verify", at_once=AT_ONCE, within=within)
    return [
        proof.result() if proof.done() and not proof.cancelled() else _not_heard(channel, within)
        for channel, proof in zip(channels, proofs, strict=True)
    ]


def refuse_locked(settings: Settings, ledger: Ledger, *, waits: bool = False) -> None:
    """Make sure that the lock is open for what a ledger has to publish: behind it a runner would only idle.

    Raises:
        CredentialsError: it is not; for one that waits, also if nothing is launched and all is locked.
    """
    names = sorted(ledger.backlog.open_channels())
    wanted = sorted(map(parse_channel_id, names), key=lambda channel: list(Platform).index(channel.platform))
    locked = [place for place in wanted or Platform if settings.is_locked(place)]
    if locked and (wanted or (waits and len(locked) == len(Platform))):
        settings.check_destination(locked[0])


def check_accounts(proofs: Collection[ChannelProof], ledger: Ledger | None) -> None:
    """Make sure that no two channels are one account, and that each is the account that it was before.

    Raises:
        CredentialsError: otherwise, naming both.
    """
    bound = {}
    if ledger is not None:
        bound = {str(proof.channel): ledger.channels.get_account(str(proof.channel)) for proof in proofs}
    for _, error in find_strangers(proofs, bound):
        raise error


def find_strangers(
    proofs: Iterable[ChannelProof], bound: Mapping[str, tuple[str, str] | None]
) -> Iterator[tuple[ChannelId, CredentialsError]]:
    """Find channels whose credentials are those of another channel's account, or of another than before."""
    seen: dict[tuple[str, str], ChannelId] = {}
    for proof in proofs:
        if proof.account is None:
            continue
        channel, account = proof.channel, proof.account
        other = seen.setdefault((channel.platform.value, account.id), channel)
        known = bound.get(str(channel))
        if other != channel:
            message = f"{other} and {channel} are the same account: {account.name} ({account.id})"
            hint = "Each channel needs credentials of its own; correct the ones that were copied."
            yield channel, CredentialsError(message, hint)
        elif known is not None and known[0] != account.id:
            message = (
                f"the credentials of {channel} belong to {account.name} ({account.id}), "
                f"but the ledger knows it as {known[1]} ({known[0]})"
            )
            hint = "Restore the right credentials; to change accounts on purpose, name a new channel."
            yield channel, CredentialsError(message, hint)


def _not_heard(channel: ChannelId, within: timedelta | None) -> ChannelProof:
    limit = "in time" if within is None else f"within {format_duration(within)}"
    unknown = ((f"{channel.platform.label} did not answer {limit}", "Try again."),)
    check = ChannelCheck(channel=str(channel), account_name=None, account_url=None, unknown=unknown)
    return ChannelProof(channel=channel, check=check)


def _prove(channel: ChannelId, adapters: Readers, without: bool, need: ChannelNeeds | None) -> ChannelProof:
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
    account = verification.account
    problems = (*verification.problems, *_judge_endings(verification.endings, channel, need))
    check = ChannelCheck(
        channel=str(channel),
        account_name=account.name if account is not None else None,
        account_url=account.url if account is not None else None,
        bad=tuple((p.message, p.hint) for p in problems if p.certainty is Certainty.BAD),
        unknown=tuple((p.message, p.hint) for p in problems if p.certainty is Certainty.UNKNOWN),
    )
    return ChannelProof(channel=channel, check=check, account=account, verification=verification)


def outlasts(ending: Ending, need: ChannelNeeds | None) -> bool:
    """Whether what ends does so late enough for what it is needed for, so that nobody is warned of it."""
    return not ending.is_near if need is None else ending.at > need.last_at and not ending.is_near


def _judge_endings(
    endings: Sequence[Ending], channel: ChannelId, need: ChannelNeeds | None
) -> Iterator[VerificationProblem]:
    """Tell what ends too early: proof only where nothing at all can be published any more."""
    hint = f"Sign in again: {sign_in_command(channel)}"
    for ending in endings:
        words = f"{ending.what} ends at {ending.at:%Y-%m-%d %H:%M} UTC"
        if need is not None and ending.at <= need.first_at:
            certainty = Certainty.BAD if ending.stops else Certainty.UNKNOWN
            yield VerificationProblem(
                certainty, f"{words}, before the first post ({need.first_at:%Y-%m-%d %H:%M} UTC)", hint
            )
        elif need is not None and ending.at <= need.last_at:
            last = f"{need.last_at:%Y-%m-%d %H:%M} UTC"
            yield VerificationProblem(Certainty.UNKNOWN, f"{words}, before the last post ({last})", hint)
        elif ending.is_near:
            yield VerificationProblem(Certainty.UNKNOWN, words, hint)
