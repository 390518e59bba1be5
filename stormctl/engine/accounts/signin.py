"""Sign in: what both platforms' ways have in common, from the app's keys to `.env`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind, StormEvent
from stormctl.domain.delivery.signin import Owner, Source
from stormctl.engine.accounts.adapters import EnvironmentAdapters
from stormctl.engine.accounts.preflight import check_accounts, prove_channels
from stormctl.engine.base.clocks import SystemClock
from stormctl.environment import name_variable
from stormctl.errors import CredentialsError, UsageError
from stormctl.files.env_file import find_target, write_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.engine.accounts.preflight import ChannelProof
    from stormctl.environment import Environment
    from stormctl.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Credentials that a platform gave and whose account is known; nothing is written yet.

    Attributes:
        proof: what the platform says of them.
        values: by the names of their variables.
    """

    owner: Owner
    proof: ChannelProof
    values: Mapping[str, str] = field(repr=False)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What could not be found out, one line each."""
        return tuple(message for message, _ in self.proof.check.unknown)


class SignIn:
    """One channel's sign-in.

    Raises:
        CredentialsError: credentials may not go where the settings point, or `.env` can't be rewritten.
        UsageError: what would be written to `.env` is set in the environment, which wins.
    """

    def __init__(
        self,
        root: Path,
        environment: Environment,
        channel: ChannelId,
        learn: Callable[[Iterable[str]], None],
    ) -> None:
        self.channel = channel
        self.environment = environment
        self._root = root
        self._learn = learn
        self._given: dict[str, str] = {}
        environment.settings.check_destination(channel)
        find_target(root / ".env")
        for name in self._token_names().values():
            if environment.find_source(name) is Source.ENVIRONMENT:
                raise UsageError(
                    f"{name} is set in the environment, which wins over .env",
                    "Remove it from the environment, and sign in again.",
                )

    @property
    def env_file(self) -> Path:
        """Where the credentials are written."""
        return self._root / ".env"

    def missing_app(self) -> dict[str, str]:
        """Return the app's fields that are not set, with the names of their variables.

        They are named after the channel only where it has an app of its own: one app serves all channels.
        """
        platform, fields = self.channel.platform, self.channel.platform.facts.app_fields
        variables = [v for v in self.environment.find_variables(self.channel) if v.field in fields]
        own = {name_variable(platform, field, self.channel) for field in fields}
        has_own = any(v.source is not None and v.name in own for v in variables)
        scope = self.channel if has_own else None
        return {v.field: name_variable(platform, v.field, scope) for v in variables if v.source is None}

    def give_app(self, values: Mapping[str, str]) -> None:
        """Take the app's fields that were missing; they are written with the rest."""
        names = self.missing_app()
        self._given = {names[field]: value.strip() for field, value in values.items()}
        self._learn(self._given.values())

    def check(self, grant: Grant, ledger: Ledger | None) -> None:
        """Make sure that the account is this channel's, and nobody else's.

        Raises:
            CredentialsError: the channel was signed in as another account, or the ledger knows it as one; or
                the account is another channel's.
            LedgerError: the ledger belongs to other hosts.
        """
        owner = grant.owner
        self._refuse_change(owner)
        for other in self.environment.find_channels():
            is_other = other.platform is self.channel.platform and other.env_name != self.channel.env_name
            if is_other and _find_account_id(self.environment, other) == owner.id:
                raise CredentialsError(
                    f"{owner.name} ({owner.id}) is already the "
                    f"account of STORMCTL_{other.platform.name}_{other.env_name}_…",
                    "Each channel needs an account of its own. Nothing was written.",
                )
        if ledger is not None:
            ledger.check_hosts(self.environment.settings.hosts, [self.channel])
            check_accounts([grant.proof], ledger)

    def _refuse_change(self, owner: Owner) -> None:
        """Refuse another account than the one of the first sign-in, be its credentials dead or alive."""
        before = _find_account_id(self.environment, self.channel)
        if before in {None, owner.id}:
            return
        platform, facts = self.channel.platform, self.channel.platform.facts
        fields = (facts.account_field, *facts.token_fields)
        names = dict.fromkeys(name_variable(platform, field, self.channel) for field in fields)
        set_ones = " and ".join(name for name in names if self.environment.find_source(name))
        raise CredentialsError(
            f"{self.channel} was signed in as the account {before}, and this is {owner.name} ({owner.id})",
            f"Sign in to the right one. To change accounts on purpose, remove {set_ones} from .env first.",
        )

    def save(self, grant: Grant) -> None:
        """Write the credentials to `.env`; CredentialsError if it can't be written."""
        write_values(self.env_file, grant.values)

    def _app(self) -> tuple[str, str]:
        """Return what the app is known by; CredentialsError if it is not known."""
        names = self.missing_app()
        missing = [name for field, name in names.items() if not self._given.get(name)]
        if missing:
            raise CredentialsError(
                f"the app's {' and '.join(missing)} not set",
                "Put them in .env, or sign in on a terminal, where they are asked for.",
            )
        found = self.environment.find_credentials(self.channel)[0]
        given = {field: self._given[name] for field, name in names.items()}
        first, second = ({**found, **given}[field] for field in self.channel.platform.facts.app_fields)
        return first, second

    def _token_names(self) -> dict[str, str]:
        platform = self.channel.platform
        return {field: name_variable(platform, field, self.channel) for field in platform.facts.token_fields}

    def _prove(self, tokens: Mapping[str, str]) -> Grant:
        """Ask whose new tokens these are; CredentialsError if they are no good, or nobody can say."""
        names = self._token_names()
        values = {**self._given, **{names[field]: value for field, value in tokens.items()}}
        signed_in = self.environment.with_values(values)
        self._learn(signed_in.secrets())
        adapters = EnvironmentAdapters(signed_in)
        try:
            (proof,) = prove_channels([self.channel], adapters)
        finally:
            adapters.close()
        if proof.check.bad:
            message, hint = proof.check.bad[0]
            raise CredentialsError(f"the new credentials do not work: {message}", hint)
        if proof.account is None:
            why = "; ".join(message for message, _ in proof.check.unknown)
            raise CredentialsError(
                f"it is not known whose account it is: {why}", "Nothing was written. Try again."
            )
        account = proof.account
        platform = self.channel.platform
        name = name_variable(platform, platform.facts.account_field, self.channel)
        if not self.environment.find_source(name):
            values[name] = account.id
        return Grant(owner=Owner(account.id, account.name, account.url), proof=proof, values=values)


def _find_account_id(environment: Environment, channel: ChannelId) -> str | None:
    """Return the account that a channel's credentials name, be they dead or alive; None if they name none."""
    return channel.platform.facts.find_account(environment.find_credentials(channel)[0])


def record_sign_in(ledger: Ledger, channel: ChannelId, owner: str, who: str) -> None:
    """Write into a ledger's history that a channel was signed in to, as whom and by whom."""
    moment = SystemClock(ledger.clock_offset).moment()
    text = f"signed in as {owner} by {who}"
    event = StormEvent(kind=EventKind.SIGNED_IN, at=moment.at, text=text, channel=str(channel))
    ledger.history.append(event, moment)
