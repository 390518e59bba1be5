"""Whose accounts a campaign's channels are, and what is missing of their credentials."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from stormctl.domain.delivery.signin import ChannelAccess, CredentialsKnowledge, Owner, sign_in_command
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.engine.accounts.preflight import check_accounts, prove_channels
from stormctl.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.environment import Environment
    from stormctl.ledger.ledger import Ledger
    from stormctl.settings import Settings


def list_access(
    channels: Sequence[ChannelId], environment: Environment, ledger: Ledger | None, *, offline: bool
) -> list[ChannelAccess]:
    """Return what is known of the channels' credentials, without any of them."""
    known = [_look_up(channel, environment, ledger) for channel in channels]
    whole = [channel for channel, access in zip(channels, known, strict=True) if not access.missing]
    if offline or not whole:
        return known
    adapters = EnvironmentAdapters(environment)
    try:
        proofs = prove_channels(whole, adapters)
    finally:
        adapters.close()
    told = {str(proof.channel): proof for proof in proofs}
    alike: dict[object, list[ChannelProof]] = defaultdict(list)
    for proof in proofs:
        alike[_account_of(proof)].append(proof)
    return [
        _tell(access, told[access.channel], alike, ledger, environment.settings)
        if access.channel in told
        else access
        for access in known
    ]


def _account_of(proof: ChannelProof) -> object:
    return (proof.channel.platform, proof.account.id) if proof.account is not None else proof.channel


def _look_up(channel: ChannelId, environment: Environment, ledger: Ledger | None) -> ChannelAccess:
    bound = ledger.channels.get_account(str(channel)) if ledger is not None else None
    variables = environment.find_variables(channel)
    is_whole = not any(variable.is_missing for variable in variables)
    return ChannelAccess(
        channel=str(channel),
        variables=variables,
        owner=None if bound is None else Owner(*bound),
        known_from=None if bound is None else CredentialsKnowledge.LEDGER,
        hint="" if is_whole else f"Sign in: {sign_in_command(channel)}",
    )


def _tell(
    access: ChannelAccess,
    proof: ChannelProof,
    alike: Mapping[object, Sequence[ChannelProof]],
    ledger: Ledger | None,
    settings: Settings,
) -> ChannelAccess:
    """Add what a platform told; keys that nobody could ask about are not thereby bad."""
    if proof.error is not None:
        return replace(access, remarks=(f"not asked: {proof.error.message}",), hint=proof.error.hint)
    channel = proof.channel
    elsewhere = f"NOT LIVE: {channel.platform.label} is {settings.host(channel)} here, not the real one"
    remarks = (
        *(() if settings.is_official(channel) else (elsewhere,)),
        *(message for message, _ in proof.check.unknown),
    )
    problems, hints = [message for message, _ in proof.check.bad], [hint for _, hint in proof.check.bad]
    twins = [other for other in alike[_account_of(proof)] if other is not proof]
    for group, book in [((proof,), ledger), *(((proof, twin), None) for twin in twins)]:
        try:
            check_accounts(group, book)
        except CredentialsError as error:
            problems.append(error.message)
            hints.append(error.hint)
    told = replace(access, problems=tuple(problems), remarks=remarks, hint=next(iter(hints), ""))
    if proof.account is None:
        return told
    owner = Owner(proof.account.id, proof.account.name, proof.account.url)
    return replace(told, owner=owner, known_from=CredentialsKnowledge.PLATFORM)
