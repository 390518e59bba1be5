"""A request to the Graph API, as the functions that answer it see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphCall:
    """A request by a known caller.

    Attributes:
        token: as it was sent.
        kind: whose token it is; none for the calls that need none.
        page: the Page that a Page token belongs to.
        parameters: of query and body together, without the token.
        base_url: with which answers build addresses: scheme, host, version.
        lag_s: real seconds by which lists are behind; a fault sets it.
        forgets_media: whether what the request attaches is forgotten first; a fault sets it.
    """

    world: World
    method: str
    token: str
    kind: Literal["page", "user", "app", "none"]
    page: AccountSpec | None
    parameters: dict[str, str]
    files: dict[str, bytes]
    file_names: dict[str, str]
    base_url: str
    path: str
    request_id: str
    lag_s: float
    forgets_media: bool

    @property
    def origin(self) -> str:
        """The scheme and host alone."""
        return "/".join(self.base_url.split("/")[:3])
