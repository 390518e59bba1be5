"""A request to X API v2, as the functions that answer it see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stormctl.emulator.core.bodies import parse_json
from stormctl.emulator.x import answers as x_answers

if TYPE_CHECKING:
    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.bodies import Body
    from stormctl.emulator.core.records import EmulatedPost
    from stormctl.emulator.core.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class XCall:
    """A request that is signed by a known caller and within its limits.

    Attributes:
        lag_s: real seconds by which lists are behind; a fault sets it.
        forgets_media: whether what the request attaches is forgotten first; a fault sets it.
    """

    world: World
    account: AccountSpec
    query: dict[str, str]
    path: dict[str, str]
    body: Body
    content: bytes
    is_json: bool
    request_id: str
    lag_s: float
    forgets_media: bool

    def lists(self, post: EmulatedPost) -> bool:
        """Say whether a list shows a post already."""
        return post.created_wall <= self.world.clock.wall() - self.lag_s

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            XProblem: 400, if it is none, or is not called one.
        """
        try:
            data = parse_json(self.content) if self.is_json else None
        except ValueError:
            data = None
        if not isinstance(data, dict):
            message = "Requests with bodies must have content-type of application/json."
            raise x_answers.invalid_request(message)
        return data
