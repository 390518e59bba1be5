"""Whose keys of X they are and what they may do: what is proved bad, and what only could not be learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.delivery.signin import sign_in_command
from stormctl.domain.platforms.x import X
from stormctl.platforms.adapter import Account, Certainty, Verification, VerificationProblem
from stormctl.platforms.http.answers import PlatformAnswer, Silence, clock_offset_s, plain
from stormctl.platforms.x.errors import classify_problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stormctl.domain.platforms.channel import ChannelId

REPLIES_BAD = {402, 403}
"""Answers to "who am I" that prove that the account can't publish, where X gives them in its JSON: a proxy
refuses with 403 too. 401 proves it in any shape."""

SIGNED_WITHIN_S = 300
"""How far the clock that signs may be from X's (docs.x.com, OAuth 1.0a troubleshooting, 2026)."""

ACCESS_LEVEL = "x-access-level"
"""Tells of OAuth 1.0a keys whether they are `read` or `read-write…`. Many clients read it, but it is
undocumented for v2, and X's own playground says `read` of every key: only a 403 proves anything."""


def read_verification(
    answer: PlatformAnswer | Silence, now: datetime, channel: ChannelId, account_id: str | None, site: str
) -> Verification:
    """Read what `GET /2/users/me` brought.

    Args:
        account_id: of the first sign-in; None where that is not known.
        site: where the account's page is.
    """
    if isinstance(answer, Silence):
        return Verification(account=None, problems=(_unknown(answer.reason),))
    offset = clock_offset_s(answer, now)
    user_id, username = answer.id_at("data", "id"), answer.id_at("data", "username")
    if not answer.is_success or user_id is None:
        problem = _judge_refusal(answer, now, channel, offset)
        return Verification(account=None, problems=(problem,), clock_offset_s=offset)
    name = plain(answer.at("data", "name") or username or user_id)
    shown = f"{name} (@{username})" if username and name != username else name
    account = Account(user_id, shown, f"{site}/{username or f'i/user/{user_id}'}")
    level = str(answer.headers.get(ACCESS_LEVEL, "")).strip().lower()
    verified = answer.at("data", "verified")
    return Verification(
        account=account,
        problems=tuple(_find_problems(account, answer, channel, account_id)),
        clock_offset_s=offset,
        kind="keys of OAuth 1.0a, which do not expire",
        may_post=True if level.startswith("read-write") else None,
        is_verified=verified if isinstance(verified, bool) else None,
        is_as_signed_in=account_id == account.id,
        cost_usd_micros=X.prices.user_reading,
    )


def _find_problems(
    account: Account, answer: PlatformAnswer, channel: ChannelId, account_id: str | None
) -> Iterator[VerificationProblem]:
    again = sign_in_command(channel)
    if account_id not in {None, account.id}:
        variable = f"STORMCTL_X_{channel.env_name}_ACCOUNT_ID"
        message = f"the keys belong to {account.name} ({account.id}), and {variable} is {account_id}"
        hint = (
            f"To change accounts on purpose, remove {variable} and the channel's tokens from .env first. "
            f"Otherwise sign in to the right one: {again}"
        )
        yield VerificationProblem(Certainty.BAD, message, hint)
    if str(answer.headers.get(ACCESS_LEVEL, "")).strip().lower() == "read":
        hint = (
            "X may be wrong: a post will show. If X refuses it, set the app to “Read and write” "
            f"on the X developer console, then sign in again: {again}"
        )
        yield VerificationProblem(Certainty.UNKNOWN, "X says that the keys may only read, not post", hint)
    if answer.at("data", "protected") is True:
        message = "the account's posts are protected: only its followers see them"
        hint = "Turn “Protect your posts” off in the account's settings."
        yield VerificationProblem(Certainty.UNKNOWN, message, hint)


def _judge_refusal(
    answer: PlatformAnswer, now: datetime, channel: ChannelId, offset_s: float | None
) -> VerificationProblem:
    reason = classify_problem(answer, now).reason
    if answer.status != 401 and not (answer.status in REPLIES_BAD and isinstance(answer.body, dict)):
        return _unknown(reason if not answer.is_success else "X did not say whose keys these are")
    if answer.status == 401 and abs(offset_s or 0.0) > SIGNED_WITHIN_S:
        hint = "Set this machine's clock first: X refuses what is signed five minutes early or late."
    elif answer.status == 402:
        hint = "Top up the credits of the app on the X developer console."
    else:
        hint = (
            f"Sign in again: {sign_in_command(channel)}. If X refuses that too, check the app on X's "
            "developer console."
        )
    return VerificationProblem(Certainty.BAD, reason, hint)


def _unknown(reason: str) -> VerificationProblem:
    return VerificationProblem(
        Certainty.UNKNOWN, f"X could not be asked about the account: {reason}", "Try again later."
    )
