"""The emulator's own interface under /_emulator: what a rehearsal and a test steer it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from stormctl.emulator.core.accounts import short_user_token, user_token, x_user_token
from stormctl.emulator.core.bodies import parse_json
from stormctl.emulator.core.clock import Scale, iso
from stormctl.emulator.core.faults import Faults, parse_rules
from stormctl.errors import UsageError

if TYPE_CHECKING:
    from starlette.requests import Request

    from stormctl.emulator.core.accounts import AccountSpec
    from stormctl.emulator.core.world import World


def control_routes(world: World, faults: Faults) -> list[Route]:
    """Return the routes that read and steer a world."""
    control = _Control(world, faults)
    table = [
        ("GET", "health", control.health),
        ("GET", "accounts", control.accounts),
        ("GET", "posts", control.posts),
        ("GET", "requests", control.requests),
        ("GET", "bill", control.bill),
        ("GET", "media/{id}", control.media),
        ("POST", "clock", control.set_clock),
        ("DELETE", "clock", control.reset_clock),
        ("GET", "faults", control.read_faults),
        ("POST", "faults", control.add_faults),
        ("DELETE", "faults", control.clear_faults),
        ("POST", "reset", control.reset),
    ]
    return [Route(f"/_emulator/{path}", endpoint, methods=[method]) for method, path, endpoint in table]


class _Control:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    async def health(self, _: Request) -> Response:
        at, wall = self._world.clock.both()
        return JSONResponse({"ok": True, "at": iso(at), "wall_at": iso(wall)})

    async def accounts(self, _: Request) -> Response:
        return JSONResponse({"accounts": [_describe(account) for account in self._world.accounts]})

    async def posts(self, _: Request) -> Response:
        return JSONResponse({"posts": [post.as_dict() for post in self._world.posts()]})

    async def requests(self, _: Request) -> Response:
        return JSONResponse({"requests": [request.as_dict() for request in self._world.requests()]})

    async def bill(self, _: Request) -> Response:
        """Tell what the platforms bill so far, in millionths of a US dollar; Facebook bills nothing."""
        return JSONResponse({"bill": self._world.bill.as_dicts()})

    async def media(self, request: Request) -> Response:
        media = self._world.get_media(request.path_params["id"])
        if media is None:
            return PlainTextResponse("no such media", 404)
        headers = {"x-content-type-options": "nosniff", "cache-control": "max-age=3600"}
        return Response(media.content, media_type=media.mime, headers=headers)

    async def set_clock(self, request: Request) -> Response:
        """Follow a scale: anchor_wall, anchor_at, speed, fast_until, all in Unix seconds but speed."""
        try:
            data = parse_json(await request.body())
            until = data.get("fast_until")
            scale = Scale(
                anchor_wall=float(data["anchor_wall"]),
                anchor_at=float(data["anchor_at"]),
                speed=float(data["speed"]),
                fast_until=None if until is None else float(until),
            )
            self._world.clock.follow(scale)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
            return _refuse(f"not a clock: {error!r}")
        return await self.health(request)

    async def reset_clock(self, request: Request) -> Response:
        self._world.clock.follow(None)
        return await self.health(request)

    async def read_faults(self, _: Request) -> Response:
        return JSONResponse({"rules": self._faults.as_dicts()})

    async def add_faults(self, request: Request) -> Response:
        """Put rules before those in force: one rule, or {"rules": […]}, or {"profile": "normal"}."""
        try:
            data = parse_json(await request.body())
            if isinstance(data, dict) and "profile" in data:
                rules = Faults.named(str(data["profile"])).rules
            else:
                rules = parse_rules(data["rules"] if isinstance(data, dict) and "rules" in data else [data])
        except (UsageError, ValueError) as error:
            return _refuse(str(error))
        self._faults.add(rules)
        return await self.read_faults(request)

    async def clear_faults(self, request: Request) -> Response:
        self._faults.clear()
        return await self.read_faults(request)

    async def reset(self, request: Request) -> Response:
        self._world.reset()
        return await self.health(request)


def _describe(account: AccountSpec) -> dict[str, Any]:
    described = account.as_dict() | {"username": account.username}
    if account.platform == "x":
        described["user_token"] = x_user_token(account.credentials["ACCESS_TOKEN"])
    else:
        app_id, secret = (account.credentials[key] for key in ("APP_ID", "APP_SECRET"))
        described["user_token"] = user_token(app_id, secret)
        described["short_user_token"] = short_user_token(app_id, secret)
    return described


def _refuse(message: str) -> Response:
    return JSONResponse({"error": message}, 400)
