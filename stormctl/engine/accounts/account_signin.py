"""Sign an account on X in: an address for its owner, a PIN back, and the tokens that last."""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import TYPE_CHECKING

from stormctl.engine.accounts.signin import SignIn
from stormctl.errors import CredentialsError, UsageError
from stormctl.places import make_folder, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.engine.accounts.signin import Grant
    from stormctl.platforms.x.signin import RequestToken, XSignIn


class AccountSignIn(SignIn):
    """A sign-in on X.

    What was begun is kept in `.stormctl/`, readable for one person only, until it is finished: the account's
    owner may sit elsewhere, and the terminal be closed before the PIN comes.
    """

    def begin(self) -> str:
        """Ask X for a sign-in; return the address at which the account's owner allows the app.

        Raises:
            CredentialsError: X refused, or what was begun can't be kept.
        """
        with closing(self._steps()) as steps:
            begun, url = steps.begin()
        self._learn([begun.secret])
        self._keep(begun)
        return url

    def finish(self, pin: str) -> Grant:
        """Exchange the PIN for the account's tokens, and ask whose they are.

        Raises:
            UsageError: no sign-in was begun here.
            PinRefusedError: it is not the PIN; another one may be tried.
            CredentialsError: X gave no tokens, or they are no good.
        """
        begun = self._find_begun()
        with closing(self._steps()) as steps:
            given = steps.finish(begun, _read_pin(pin))
        self._learn([given.token, given.secret])
        self._begun_file.unlink(missing_ok=True)
        return self._prove({"ACCESS_TOKEN": given.token, "ACCESS_TOKEN_SECRET": given.secret})

    @property
    def _begun_file(self) -> Path:
        return self._root / ".stormctl" / f"signin-{self.channel.platform.value}-{self.channel.name}.json"

    def _steps(self) -> XSignIn:
        from stormctl.platforms.x.signin import XSignIn

        settings = self.environment.settings
        return XSignIn(
            self._app(),
            base_url=settings.base_url(self.channel),
            request_limit=settings.request_limit,
            allowed_hosts=settings.allowed_hosts,
        )

    def _keep(self, begun: RequestToken) -> None:
        host = self.environment.settings.host(self.channel)
        kept = json.dumps({"host": host, "token": begun.token, "secret": begun.secret})
        file = self._begun_file
        try:
            make_folder(file.parent)
            file.unlink(missing_ok=True)
            write_text(file, kept, 0o600)
        except OSError as error:
            raise CredentialsError(f"{file} can't be written: {error.strerror}") from None

    def _find_begun(self) -> RequestToken:
        """Return what was begun here, at this host; UsageError if nothing was."""
        from stormctl.platforms.x.signin import RequestToken

        try:
            kept = json.loads(self._begun_file.read_text(encoding="utf-8"))
            begun, host = RequestToken(kept["token"], kept["secret"]), kept["host"]
        except (OSError, ValueError, KeyError, TypeError):  # never begun, or cut off while it was written
            host = None
        if host != self.environment.settings.host(self.channel):
            raise UsageError(
                f"no sign-in of {self.channel} was started here",
                f"Start it: stormctl auth x {self.channel}",
            )
        self._learn([begun.secret])
        return begun


def _read_pin(typed: str) -> str:
    """Return a PIN without what people put between its digits; PinRefusedError if it is no number."""
    from stormctl.platforms.x.signin import PinRefusedError

    pin = re.sub(r"[\s-]", "", typed)
    if not re.fullmatch(r"[0-9]+", pin):
        raise PinRefusedError("that is not a PIN", "It is a number of about seven digits.")
    return pin
