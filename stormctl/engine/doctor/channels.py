"""What is known of each channel before the day, from one question to its platform and from the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.bank.message import MediaKind
from stormctl.domain.delivery.delivery import State
from stormctl.domain.delivery.signin import sign_in_command
from stormctl.domain.plan.cost import cost_of
from stormctl.domain.report.diagnosis import DiagnosisSection, fail, ok, warn
from stormctl.engine.accounts.preflight import find_need, find_strangers, outlasts
from stormctl.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.delivery.delivery import RateLimit
    from stormctl.domain.platforms.channel import ChannelId, Platform
    from stormctl.domain.report.diagnosis import Line
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.engine.base.campaign import Campaign
    from stormctl.engine.doctor.ledger import LedgerNotes
    from stormctl.platforms.adapter import Verification

CANARY_COUNTS = timedelta(days=30)
"""How long a canary that went out says something of its account."""

SCARCE = 0.1
"""From this share of a ceiling on, what is left is worth a warning."""


def examine_channels(
    campaign: Campaign, proofs: Sequence[ChannelProof], notes: LedgerNotes, moment: Moment
) -> tuple[DiagnosisSection, ...]:
    """Judge every channel; what the plan needs is added up once for all of them."""
    strangers, needs = dict(find_strangers(proofs, notes.accounts)), _Needs(campaign)
    canaries = _find_canaries(notes, moment)
    sections = []
    for proof in proofs:
        lines = [*_judge_account(proof, notes)]
        stranger = strangers.get(proof.channel)
        if stranger is not None:
            lines.append(fail(stranger.message, stranger.hint, stranger.exit_code))
        if proof.verification is not None and not proof.is_bad:
            lines += _judge_verification(
                proof.channel, proof.verification, needs, canaries.get(str(proof.channel))
            )
        lines += _judge_ledger(proof.channel, proof.verification, notes, moment)
        sections.append(DiagnosisSection(str(proof.channel), tuple(lines)))
    return tuple(sections)


class _Needs:
    """What a storm's plan asks of its channels.

    Attributes:
        span: from when until when credentials are needed; None without a plan.
        usd_micros: what each channel costs, in millionths of a US dollar.
        videos: the channels that publish one.
        verified: the channels that the schedule calls verified.
    """

    def __init__(self, campaign: Campaign) -> None:
        storm, plan = campaign.storm, campaign.plan
        costs, deliveries = (cost_of(plan).by_channel, plan.deliveries) if plan is not None else ((), ())
        self.span = find_need(plan) if plan is not None else None
        self.usd_micros = {cost.channel: cost.total_usd_micros for cost in costs}
        self.videos = {d.channel for d in deliveries for m in d.post.media if m.kind is MediaKind.VIDEO}
        self.verified = {rule.id for rule in storm.channels if rule.verified} if storm is not None else set()


def _judge_account(proof: ChannelProof, notes: LedgerNotes) -> Iterator[Line]:
    account = proof.account
    if account is not None:
        known = notes.accounts.get(str(proof.channel))
        as_before = (
            ", as it was signed in" if proof.verification and proof.verification.is_as_signed_in else ""
        )
        if known is not None and known[0] == account.id:
            as_before = ", as the ledger knows it"
        yield ok(f"{account.name} ({account.id}){as_before}: {account.url}")
    if proof.check.without:
        yield ok("left out: not checked")
    exit_code = proof.error.exit_code if proof.error is not None else ExitCode.CREDENTIALS
    for message, hint in proof.check.bad:
        yield fail(message, hint, exit_code)
    for message, hint in proof.check.unknown:
        yield warn(message, hint)


def _judge_verification(
    channel: ChannelId, told: Verification, needs: _Needs, canary: str | None
) -> Iterator[Line]:
    """Judge what the platform told of credentials that are not proved bad."""
    if told.kind:
        yield ok(told.kind)
    for ending in told.endings:
        if outlasts(ending, needs.span):
            yield ok(f"{ending.what} lasts until {ending.at:%Y-%m-%d %H:%M} UTC")
    label = channel.platform.label
    if told.may_post:
        yield ok(f"{label} says that the credentials may post")
    elif canary is None and told.account is not None:
        hint = f"Prove it with one post: {_canary_command(channel)}"
        yield warn(f"{label} does not say whether the credentials may post", hint)
    unasked = channel.platform.facts.unasked
    if unasked and canary is None:
        hint = f"Prove it with one post, and open its link signed out: {_canary_command(channel)}"
        yield warn(unasked, hint)
    yield from _judge_rights(channel, told, needs)
    yield from _judge_api(channel.platform, needs)
    yield from _judge_standing(channel, told, needs)
    if canary is not None:
        yield ok(f"a canary went out on {canary}")


def _judge_rights(channel: ChannelId, told: Verification, needs: _Needs) -> Iterator[Line]:
    """Judge the permissions that the platform told; where it told none, nothing is concluded."""
    if told.permissions is None:
        return
    facts = channel.platform.facts
    again = f"Sign in again, with a user token that has it: {sign_in_command(channel)}"
    for right, loss in facts.rights.items():
        if right not in told.permissions:
            yield warn(f"the token lacks {right}: {loss}", again)
    if channel in needs.videos and facts.video_right and facts.video_right not in told.permissions:
        lack = f"the plan has videos, and the token lacks {facts.video_right}"
        yield warn(f"{lack}, which {facts.label} may ask for", again)


def _judge_api(platform: Platform, needs: _Needs) -> Iterator[Line]:
    """Judge whether the version of the platform's API outlives the storm."""
    ends_on = platform.facts.api_ends_on
    if ends_on is None:
        return
    text = f"{platform.facts.api} lives until {ends_on} at least"
    if needs.span is not None and needs.span.last_at.date() >= ends_on:
        yield warn(f"{text}, and the storm lasts longer", "Check for a newer stormctl.")
    else:
        yield ok(text)


def _judge_standing(channel: ChannelId, told: Verification, needs: _Needs) -> Iterator[Line]:
    """Judge whether the account is verified as the schedule says, and what the storm needs of its credits."""
    label = channel.platform.label
    if channel in needs.verified and told.is_verified is False:
        text = (
            f"the schedule says the account is verified, and {label} says it is not: its ceilings are lower"
        )
        yield warn(text, "Take verified = true out of the schedule.")
    if told.account is not None and channel.platform.facts.prices.dearest_post:
        micros = needs.usd_micros.get(channel)
        need = f"; this storm needs about ${micros / 1_000_000:.2f} here" if micros else ""
        yield ok(f"there are credits left; {label} does not say how many{need}")


def _judge_ledger(
    channel: ChannelId, told: Verification | None, notes: LedgerNotes, moment: Moment
) -> Iterator[Line]:
    """Judge what the ledger knows of a channel, and what the platform's headers told just now."""
    why = notes.suspended.get(str(channel))
    if why is not None:
        yield warn(
            f"suspended in the ledger: {why}", f"Once it is fixed: stormctl resume --channel {channel}"
        )
    fresh = {limit.name: limit for limit in (told.limits if told is not None else ())}
    known = {limit.name: limit for limit in notes.limits.get(str(channel), ()) if limit.reset_at is not None}
    for limit in (known | fresh).values():
        if limit.reset_at is None or limit.reset_at > moment.at:
            yield from _judge_limit(limit, channel.platform)


def _judge_limit(limit: RateLimit, platform: Platform) -> Iterator[Line]:
    if limit.remaining is None or (limit.remaining and not limit.limit):
        return
    known = platform.facts.limits.get(limit.name)
    words = known.left if known else f"{{left}} of {{all}} are left of the platform's limit “{limit.name}”"
    until = f", until {limit.reset_at:%Y-%m-%d %H:%M} UTC" if limit.reset_at is not None else ""
    text = words.format(left=limit.remaining, all=limit.limit or "?") + until
    if limit.remaining == 0:
        yield warn(text, "Posts wait by themselves until there are more.")
    elif limit.remaining <= SCARCE * (limit.limit or 0):
        yield warn(text, "Post nothing else from there; when none are left, posts wait by themselves.")
    else:
        yield ok(text)


def _find_canaries(notes: LedgerNotes, moment: Moment) -> dict[str, str]:
    """Return, by channel, the day of the newest canary that went out lately."""
    times = sorted(
        (view.delivered_at, view.channel)
        for view in notes.canaries
        if view.state in {State.DELIVERED, State.RETRACTED}
        and view.delivered_at is not None
        and view.delivered_at > moment.at - CANARY_COUNTS
    )
    return {channel: f"{at:%Y-%m-%d}" for at, channel in times}


def _canary_command(channel: ChannelId) -> str:
    return f"stormctl doctor --canary {channel}"
