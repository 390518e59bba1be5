"""Channels: whose account they are, and what keeps them from posting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stormctl.domain.base.clock import to_micros
from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import RateLimit
from stormctl.domain.platforms.channel import find_host, parse_channel_id
from stormctl.errors import CredentialsError, LedgerError
from stormctl.ledger.journal.gaps import doubt_unread
from stormctl.ledger.journal.rows import event_of, maybe_instant, note_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.domain.delivery.delivery import Claim
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.ledger.db.sessions import Database, Session

VERIFYING = timedelta(seconds=30)
"""How long nobody else verifies a channel after its pause, storm time: a runner may die while it asks."""

_BEING_VERIFIED = "its account is being verified"


class Channels:
    """The channels of a ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_account(self, channel: str) -> tuple[str, str] | None:
        """Return the id and name of the account behind a channel; None if it is not bound yet."""
        with self._database.reading() as session:
            row = session.find("channel_row", id=channel)
        return None if row is None or row["account_id"] is None else (row["account_id"], row["account_name"])

    def limits(self, channel: str) -> list[RateLimit]:
        """Return the newest reading of each ceiling of a channel, by name; those long over included."""
        with self._database.reading() as session:
            return [
                RateLimit(
                    name=row["name"],
                    limit=row["ceiling"],
                    remaining=row["remaining"],
                    reset_at=maybe_instant(row["reset_at"]),
                )
                for row in session.rows("limits_of", channel=channel)
            ]

    def suspend(self, channel: str, reason: str, moment: Moment) -> None:
        """Keep a channel from posting until a person releases it."""
        with self._database.transaction() as session:
            suspend_channel(session, channel, reason, moment)

    def suspended(self) -> dict[str, str]:
        """Return the suspended channels with the reasons."""
        with self._database.reading() as session:
            return {row["id"]: row["suspended_why"] for row in session.rows("suspended_channels")}

    def find_verdict(self, claim: Claim) -> StormEvent | None:
        """Return how the channel was paused or suspended upon an attempt's answer; None if it was not."""
        with self._database.reading() as session:
            row = session.find("verdict_on", storm_id=claim.storm_id, attempt_id=claim.attempt_id)
        return None if row is None else event_of(row)

    def take_verification(self, channel: str, moment: Moment) -> bool:
        """Take the turn to verify a channel whose pause is over; one runner gets it, for `VERIFYING`."""
        with self._database.reading() as session:
            row = session.find("channel_row", id=channel)
        if row is None or row["on_trial"] != 1:
            return False  # the usual case, and no reason to hold the gate
        with self._database.transaction() as session:
            touched = session.write(
                "take_verification",
                id=channel,
                now=to_micros(moment.at),
                until=to_micros(moment.at + VERIFYING),
                why=_BEING_VERIFIED,
            )
        return bool(touched)

    def start_trial(self, channel: str) -> None:
        """Let a verified channel post one delivery, whose answer decides."""
        with self._database.transaction() as session:
            session.write("start_trial", id=channel)

    def rest(self, channel: str, rest: timedelta, reason: str, moment: Moment) -> None:
        """Let a channel that could not be verified rest (storm time); that is no further pause."""
        with self._database.transaction() as session:
            session.write("rest_channel", id=channel, until=to_micros(moment.at + rest), why=reason)
            note_event(session, moment, EventKind.PAUSED, reason, channel=channel)


def check_hosts(session: Session, hosts: Mapping[str, str], where: str) -> dict[str, str]:
    """Return the hosts that the ledger is bound to; LedgerError if one of `hosts` is not the one that is."""
    bound = {row["place"]: row["host"] for row in session.rows("bound_hosts")}
    for place, host in sorted(hosts.items()):
        there = find_host(bound, place)
        if there is not None and there != host:
            message = f"the ledger {where} belongs to {there}, but {place} would be posted to {host}"
            raise LedgerError(message, "Use another ledger for it: set STORMCTL_LEDGER_URL.")
    return bound


def bind_hosts(session: Session, hosts: Mapping[str, str], where: str) -> None:
    """Bind the ledger to the hosts of its first enrolment: practice is never taken for the day.

    What channels share is bound by platform, and a channel's own server by channel.

    Args:
        hosts: by channel and by platform, such as `x:acme` and `x` to `api.x.com`.

    Raises:
        LedgerError: if one is bound to another host already.
    """
    bound = check_hosts(session, hosts, where)
    for place, host in sorted(hosts.items()):  # a platform before its channels
        if find_host(bound, place) != host:
            session.write("bind_host", place=place, host=host)
            bound[place] = host


def bind_account(
    session: Session, channel: ChannelId, account_id: str, account_name: str, moment: Moment
) -> None:
    """Store the account behind a channel, or check that it is still the same one.

    Raises:
        CredentialsError: if the channel is bound to another account, or the account to another channel.
    """
    name, platform = str(channel), channel.platform.value
    _ensure(session, name)
    row = session.get("channel_row", id=name)
    if row["account_id"] not in {None, account_id}:
        message = (
            f"{name} is the account {row['account_name']} ({row['account_id']}), "
            f"but its credentials are of {account_name} ({account_id})"
        )
        raise CredentialsError(message, "Put the credentials of the right account in place.")
    other = session.find("channel_of_account", platform=platform, account_id=account_id)
    if other is not None and other["id"] != name:
        message = f"{other['id']} and {name} are the same account: {account_name} ({account_id})"
        raise CredentialsError(message, "Each channel needs an account of its own.")
    if (row["account_id"], row["account_name"]) != (account_id, account_name):
        session.write(
            "bind_account",
            id=name,
            account_id=account_id,
            account_name=account_name,
            wall_now=to_micros(moment.wall_at),
        )


def suspend_channel(session: Session, channel: str, reason: str, moment: Moment) -> None:
    """Do what `Channels.suspend` does, within a transaction."""
    _ensure(session, channel)
    session.write("suspend_channel", id=channel, why=reason)
    note_event(session, moment, EventKind.SUSPENDED, f"{channel} suspended: {reason}", channel=channel)


def release_channel(session: Session, channel: str, moment: Moment) -> bool:
    """Let a suspended or paused channel post again, its troubles forgotten; False if it is neither.

    What nobody has looked for on its account is in doubt from then on, until somebody has.
    """
    touched = session.write("release_channel", id=channel, now=to_micros(moment.at))
    if touched:
        doubt_unread(session, channel, moment)
        note_event(session, moment, EventKind.RESUMED, f"{channel} released", channel=channel)
    return bool(touched)


def _ensure(session: Session, channel: str) -> None:
    platform = parse_channel_id(channel).platform.value
    session.write("ensure_channel", id=channel, platform=platform)
