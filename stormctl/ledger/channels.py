"""Channels: whose account they are, and what keeps them from posting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.channel import parse_channel_id
from stormctl.domain.clock import to_micros
from stormctl.domain.event import EventKind, StormEvent
from stormctl.errors import CredentialsError
from stormctl.ledger.events import append_event
from stormctl.ledger.rows import maybe_micros

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stormctl.domain.channel import ChannelId
    from stormctl.domain.clock import Moment
    from stormctl.domain.delivery import RateLimit
    from stormctl.ledger.engines import Database, Session


class Channels:
    """The channels of a ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bind(self, channel: ChannelId, account_id: str, account_name: str, moment: Moment) -> None:
        """Store the account behind a channel, or check that it is still the same one.

        Raises:
            CredentialsError: if the channel is bound to another account, or the account to another channel.
        """
        name, platform = str(channel), channel.platform.value
        with self._database.transaction() as session:
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

    def get_account(self, channel: str) -> tuple[str, str] | None:
        """Return the id and name of the account behind a channel; None if it is not bound yet."""
        with self._database.reading() as session:
            row = session.find("channel_row", id=channel)
        return None if row is None or row["account_id"] is None else (row["account_id"], row["account_name"])

    def suspend(self, channel: str, reason: str, moment: Moment) -> None:
        """Keep a channel from posting until a person releases it."""
        with self._database.transaction() as session:
            _ensure(session, channel)
            session.write("suspend_channel", id=channel, why=reason)
            _tell(session, EventKind.SUSPENDED, channel, f"{channel} suspended: {reason}", moment)

    def release(self, channel: str, moment: Moment) -> None:
        """Let a suspended or paused channel post again, with its troubles forgotten."""
        with self._database.transaction() as session:
            if session.write("release_channel", id=channel):
                _tell(session, EventKind.RESUMED, channel, f"{channel} released", moment)

    def suspended(self) -> dict[str, str]:
        """Return the suspended channels with the reasons."""
        with self._database.reading() as session:
            return {row["id"]: row["suspended_why"] for row in session.rows("suspended_channels")}

    def trouble(self, channel: str, moment: Moment) -> tuple[int, int]:
        """Count one more trouble in a row (in doubt, or refused for good).

        Returns:
            how many there were since the last success or pause, and how many pauses since the last success.
        """
        with self._database.transaction() as session:
            _ensure(session, channel)
            row = session.get("count_trouble", id=channel, now=to_micros(moment.at))
        return row["troubles"], row["pauses"]

    def success(self, channel: str, moment: Moment) -> None:
        """Forget the troubles and pauses of a channel."""
        with self._database.transaction() as session:
            session.write("forget_troubles", id=channel, now=to_micros(moment.at))

    def pause(self, channel: str, until: datetime, reason: str, moment: Moment) -> None:
        """Keep a channel from posting until a storm time; that is one more pause, and troubles start anew."""
        with self._database.transaction() as session:
            _ensure(session, channel)
            session.write("pause_channel", id=channel, until=to_micros(until), why=reason)
            text = f"{channel} paused until {until:%H:%M:%S} UTC: {reason}"
            _tell(session, EventKind.PAUSED, channel, text, moment)

    def record_limits(self, channel: str, limits: Sequence[RateLimit], moment: Moment) -> None:
        """Keep the newest reading of each ceiling of a channel.

        One that is exhausted keeps the channel from posting until its reset, read as storm time: in a
        rehearsal the emulator's clock is the storm's.
        """
        with self._database.transaction() as session:
            _ensure(session, channel)
            for limit in limits:
                session.write(
                    "record_limit",
                    channel=channel,
                    name=limit.name,
                    ceiling=limit.limit,
                    remaining=limit.remaining,
                    reset_at=maybe_micros(limit.reset_at),
                    now=to_micros(moment.at),
                )


def _ensure(session: Session, channel: str) -> None:
    platform = parse_channel_id(channel).platform.value
    session.write("ensure_channel", id=channel, platform=platform)


def _tell(session: Session, kind: EventKind, channel: str, text: str, moment: Moment) -> None:
    append_event(session, StormEvent(kind=kind, at=moment.at, text=text, channel=channel), moment)
