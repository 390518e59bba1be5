"""Sign a Facebook Page in: from a person's token to the Page's, which does not expire."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from stormctl.engine.accounts.signin import SignIn
from stormctl.engine.base.clocks import read_wall_clock
from stormctl.errors import CredentialsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.domain.delivery.signin import ManagedPage
    from stormctl.engine.accounts.signin import Grant
    from stormctl.platforms.facebook.signin import GraphSignIn, PageToken


class PageSignIn(SignIn):
    """A sign-in on Facebook: list the Pages, then choose one."""

    _pages: tuple[PageToken, ...] = ()

    def list_pages(self, user_token: str) -> tuple[ManagedPage, ...]:
        """Return the Pages that the token's person manages; the token itself is kept nowhere.

        Raises:
            CredentialsError: the token or the app is no good, or there is no Page.
        """
        token = user_token.strip()
        if not token:
            raise UsageError("there is no user token", _hint())
        self._learn([token])
        with self._asking() as graph:
            self._pages = graph.read_pages(graph.extend(token))
        if not self._pages:
            raise CredentialsError("this user manages no Page that the app can see", _hint())
        return tuple(entry.page for entry in self._pages)

    def choose(self, page_id: str) -> Grant:
        """Take a Page of the list, and make sure that its token can post and lasts.

        Raises:
            UsageError: it is not on the list.
            CredentialsError: the person may not post there, or the token is not the Page's, or expires.
        """
        entry = next((entry for entry in self._pages if entry.page.id == page_id), None)
        if entry is None:
            listed = ", ".join(f"{e.page.id} ({e.page.name})" for e in self._pages)
            raise UsageError(f"the Page {page_id} is not on the list", f"One of: {listed}")
        page = entry.page
        if not page.can_publish or entry.token is None:
            raise CredentialsError(
                f"this user may not post on {page.name} ({page.id}): CREATE_CONTENT is missing",
                "Have someone who manages the Page give this user full control, or use another user's token.",
            )
        self._check_token(entry.token, page)
        return self._prove({"PAGE_ID": page.id, "PAGE_TOKEN": entry.token})

    def _check_token(self, token: str, page: ManagedPage) -> None:
        with self._asking() as graph:
            facts = graph.inspect(token)
        if not facts.is_valid or facts.kind != "PAGE" or facts.owner_id not in {None, page.id}:
            raise CredentialsError(
                f"Facebook gave an unusable token for {page.name} ({page.id}): its type is {facts.kind}",
                _hint(),
            )
        if not facts.is_endless:
            raise CredentialsError(
                f"the token for {page.name} ({page.id}) would expire",
                "Get a new user token, and try again.",
            )

    @contextmanager
    def _asking(self) -> Iterator[GraphSignIn]:
        from stormctl.platforms.facebook.signin import GraphSignIn

        settings = self.environment.settings
        graph = GraphSignIn(
            self._app(),
            base_url=settings.base_url(self.channel),
            request_limit=settings.request_limit,
            now=read_wall_clock,
            learn=self._learn,
            allowed_hosts=settings.allowed_hosts,
        )
        try:
            yield graph
        finally:
            graph.close()


def _hint() -> str:
    from stormctl.platforms.facebook.signin import USER_HINT

    return USER_HINT
