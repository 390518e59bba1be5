"""Whose a Page token is and what it may do: what is proved bad, and what only could not be found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stormctl.domain.delivery.signin import sign_in_command
from stormctl.domain.platforms.facebook import GRAPH_VERSION
from stormctl.platforms.adapter import Account, Certainty, Ending, Verification, VerificationProblem
from stormctl.platforms.facebook.errors import (
    TOKEN_DEAD,
    classify_problem,
    is_proof_error,
    read_error,
    read_limits,
)
from stormctl.platforms.http.answers import PlatformAnswer, Silence, clock_offset_s, plain
from stormctl.platforms.http.timestamps import parse_unix

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stormctl.domain.delivery.delivery import RateLimit
    from stormctl.domain.platforms.channel import ChannelId
    from stormctl.platforms.credentials import FacebookCredentials

    Get = Callable[..., PlatformAnswer | Silence]

PUBLISH_SCOPE = "pages_manage_posts"
READ_SCOPE = "pages_read_engagement"
"""Permissions for posting to a Page and for reading its posts (Pages API, Posts, 2026)."""

EXPIRY_NOTICE = timedelta(days=2)
"""A token that ends sooner is worth a warning: the storm may last as long."""

NO_OBJECT = {100, 803}
"""Codes for an id that does not exist or is not for this token."""

PAGE_FIELDS = "id,name,link"

VERSION_HEADER = "facebook-api-version"
"""Names the version that answers, which every answer of Graph carries (seen; undocumented)."""

_WRONG_KIND = "this is a user token; a Page token is needed"


@dataclass(slots=True)
class PageCheck:
    """Gathers what three questions bring: what the token is, whether the Page is there, who the token is.

    Args:
        get: makes one Graph call: path, arguments, and perhaps another token.
        url_of: the address of an object's page.
    """

    get: Get
    credentials: FacebookCredentials
    url_of: Callable[[str], str]
    now: datetime
    channel: ChannelId
    problems: list[VerificationProblem] = field(default_factory=list)
    offset_s: float | None = None
    permissions: frozenset[str] | None = None
    is_endless: bool = False
    is_dead: bool = False
    endings: list[Ending] = field(default_factory=list)
    limits: tuple[RateLimit, ...] = ()

    def run(self) -> Verification:
        """Ask, and put what is proved bad first."""
        kind = self._check_token()
        account = self._check_page()
        if kind is None and account is not None:
            self._check_identity()
        problems = sorted(dict.fromkeys(self.problems), key=lambda p: p.certainty is not Certainty.BAD)
        is_bad = any(problem.certainty is Certainty.BAD for problem in problems)
        page_kind = "a Page token, which does not expire" if self.is_endless else "a Page token"
        return Verification(
            account=account,
            problems=tuple(problems),
            clock_offset_s=self.offset_s,
            kind=page_kind if kind == "PAGE" else "",
            may_post=True if self.permissions and PUBLISH_SCOPE in self.permissions else None,
            permissions=self.permissions,
            is_as_signed_in=account is not None and not is_bad,
            endings=tuple(self.endings),
            limits=self.limits,
        )

    def _check_token(self) -> str | None:
        """Ask `/debug_token`; return the kind of the token, None if it could not be found out."""
        app_id, secret = self.credentials.app_id, self.credentials.app_secret
        app_token = f"{app_id}|{secret}" if app_id and secret else None  # else the Page's own
        answer = self._ask("debug_token", {"input_token": self.credentials.page_token}, app_token)
        data = answer.at("data") if isinstance(answer, PlatformAnswer) and answer.is_success else None
        if not isinstance(data, dict):
            if not self._note_dead_token(answer, is_ours=app_token is None):
                self._warn("it could not be found out what the token may do", answer)
            return None
        self._check_life(data)
        kind = data.get("type")
        if kind == "USER":
            self._bad(_WRONG_KIND)
        owner = data.get("profile_id")
        if kind == "PAGE" and owner is not None and str(owner) != self.credentials.page_id:
            self._bad(f"the token belongs to another Page ({plain(owner)})")
        else:
            self._check_permissions(data)
        self._check_version(answer)
        return str(kind) if kind else None

    def _check_permissions(self, data: dict[str, Any]) -> None:
        """Compare what was granted, and for which Pages, with what publishing needs."""
        scopes = data.get("scopes")
        if not isinstance(scopes, list) or not scopes:
            return
        granted = data.get("granular_scopes")
        elsewhere = {
            row.get("scope")
            for row in (granted if isinstance(granted, list) else ())
            if isinstance(row, dict) and _is_for_others(row.get("target_ids"), self.credentials.page_id)
        }
        self.permissions = frozenset(str(scope) for scope in scopes) - elsewhere
        if PUBLISH_SCOPE not in scopes:
            self._bad(
                f"the token lacks the permission {PUBLISH_SCOPE}",
                f"Sign in again, with a user token that has it: {self._sign_in}",
            )
        elif PUBLISH_SCOPE in elsewhere:
            self._bad(f"{PUBLISH_SCOPE} was granted for other Pages, not for {self.credentials.page_id}")
        if READ_SCOPE not in self.permissions:
            self._doubt(
                f"the token lacks {READ_SCOPE}: posts can't be read back",
                f"Sign in again, with a user token that has it: {self._sign_in}",
            )

    def _check_version(self, answer: PlatformAnswer | Silence) -> None:
        """Warn where another version answers than was asked: then ours has ended."""
        told = answer.headers.get(VERSION_HEADER) if isinstance(answer, PlatformAnswer) else None
        if told is not None and told.strip() != GRAPH_VERSION:
            message = (
                f"Facebook answers as {plain(told)}: {GRAPH_VERSION}, which this stormctl uses, has ended"
            )
            self._doubt(message, "Check for a newer stormctl.")

    def _check_life(self, data: dict[str, Any]) -> None:
        ends_at, data_ends_at = _read_end(data, "expires_at"), _read_end(data, "data_access_expires_at")
        self.is_endless = data.get("expires_at") == 0
        if ends_at is not None and ends_at <= self.now:
            self._bury(f"the token expired at {ends_at:%Y-%m-%d %H:%M} UTC")
        elif data.get("is_valid") is False:
            error = data.get("error")
            words = error.get("message") if isinstance(error, dict) else None
            self._bury(f"the token is not valid: {plain(words)}" if words else "the token is not valid")
        elif ends_at is not None:
            self._end("the token", ends_at, stops=True)
        if data_ends_at is not None and data_ends_at <= self.now:
            message = f"the app's access to the Page's data ended at {data_ends_at:%Y-%m-%d %H:%M} UTC"
            self._doubt(f"{message}: posts may not be readable", f"Sign in again: {self._sign_in}")
        elif data_ends_at is not None:
            self._end("the app's access to the Page's data", data_ends_at, stops=False)

    def _end(self, what: str, at: datetime, *, stops: bool) -> None:
        self.endings.append(Ending(what, at, stops, at < self.now + EXPIRY_NOTICE))

    def _check_page(self) -> Account | None:
        page_id = self.credentials.page_id
        may_read = READ_SCOPE in (self.permissions or ())  # else asking for more would spoil the answer
        answer = self._ask(page_id, {"fields": f"{PAGE_FIELDS},is_published" if may_read else PAGE_FIELDS})
        if isinstance(answer, PlatformAnswer) and answer.is_success and answer.id_at("id") == page_id:
            self.limits = read_limits(answer, self.now)
            if answer.at("is_published") is False:
                message = "the Page is not published: only those who manage it see it"
                self._doubt(message, "Publish it in the Page's settings.")
            link, name = answer.at("link"), answer.at("name")
            is_web = isinstance(link, str) and link.startswith("http")
            return Account(page_id, plain(name or page_id), link if is_web else self.url_of(page_id))
        if not self._note_dead_token(answer, is_ours=True):
            error = read_error(answer) if isinstance(answer, PlatformAnswer) else None
            if error and error["code"] in NO_OBJECT:
                variable = f"STORMCTL_FACEBOOK_{self.channel.env_name}_PAGE_ID"
                hint = f"Check {variable}, or sign in again: {self._sign_in}"
                self._bad(f"the Page {page_id} is not there for this token", hint)
            else:
                self._warn("the Page could not be read", answer)
        return None

    def _check_identity(self) -> None:
        """Ask `/me`, which is the Page for a Page token and a person for a user token."""
        answer = self._ask("me", {"fields": "id,name"})
        owner = answer.id_at("id") if isinstance(answer, PlatformAnswer) and answer.is_success else None
        if owner is None:
            self._warn("it could not be found out whose token it is", answer)
        elif owner != self.credentials.page_id:
            self._bad(f"{_WRONG_KIND} (or the token of another Page)")

    def _ask(self, path: str, args: dict[str, str], token: str | None = None) -> PlatformAnswer | Silence:
        answer = self.get(path, args, token)
        if self.offset_s is None and isinstance(answer, PlatformAnswer):
            self.offset_s = clock_offset_s(answer, self.now)
        return answer

    def _note_dead_token(self, answer: PlatformAnswer | Silence, *, is_ours: bool) -> bool:
        """Note what an error proves about our own token; return whether it proved anything."""
        error = read_error(answer) if isinstance(answer, PlatformAnswer) else None
        if error is None or not is_ours or not isinstance(answer, PlatformAnswer):
            return False
        if error["code"] in TOKEN_DEAD:
            self._bury(classify_problem(answer, self.now).reason)
        elif is_proof_error(error):
            hint = "Check the app's id and secret: they must be of the app that the token was made with."
            self._bad("the app secret does not belong to the token's app", hint)
        else:
            return False
        return True

    def _warn(self, what: str, answer: PlatformAnswer | Silence) -> None:
        if isinstance(answer, Silence):
            why = answer.reason
        elif answer.is_success:
            why = "the answer could not be read"
        else:
            why = classify_problem(answer, self.now).reason
        self._doubt(f"{what}: {why}", "Try again later.")

    def _bury(self, message: str) -> None:
        """Note why the token is dead: the first reason is enough."""
        if not self.is_dead:
            self._bad(message)
        self.is_dead = True

    def _bad(self, message: str, hint: str = "") -> None:
        self.problems.append(
            VerificationProblem(Certainty.BAD, message, hint or f"Sign in again: {self._sign_in}")
        )

    def _doubt(self, message: str, hint: str) -> None:
        self.problems.append(VerificationProblem(Certainty.UNKNOWN, message, hint))

    @property
    def _sign_in(self) -> str:
        return sign_in_command(self.channel)


def _read_end(data: dict[str, Any], name: str) -> datetime | None:
    """Return when something ends; None where it has no end (0), or none is told."""
    unix_s = data.get(name)
    return parse_unix(unix_s) if isinstance(unix_s, int) and unix_s > 0 else None


def _is_for_others(target_ids: object, page_id: str) -> bool:
    """Whether a permission was granted for some Pages, and not for ours; without a list it holds for all."""
    return isinstance(target_ids, list) and bool(target_ids) and page_id not in map(str, target_ids)
