"""The bodies that X API v2 answers with when it refuses (source: docs.x.com, response codes; seen live)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

PROBLEMS = "https://api.x.com/2/problems"
"""Where the types of problems begin; a 403 always has one of them (source: docs.x.com OpenAPI 2.167)."""


@dataclass(frozen=True, slots=True)
class XAnswer:
    """A status, a body and headers beside the usual ones."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class XProblem(Exception):  # noqa: N818 - X's own word for its refusals
    """A refusal, raised where it is found and answered by the endpoint."""

    def __init__(self, answer: XAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def invalid_request(message: str, parameters: dict[str, list[str]] | None = None) -> XProblem:
    """400: a parameter or body that the specification doesn't allow."""
    body = {
        "errors": [{"parameters": parameters or {}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}/invalid-request",
    }
    return XProblem(XAnswer(400, body))


def text_too_long() -> XProblem:
    """400: the text weighs more than 280."""
    detail = (
        "Your Tweet text is too long. For more information on how Tweet length is determined see "
        "https://docs.x.com/fundamentals/counting-characters."
    )
    return _plain(400, "Invalid Request", detail, f"{PROBLEMS}/invalid-request")


def unauthorized() -> XProblem:
    """401: no credentials, or wrong ones."""
    return _plain(401, "Unauthorized", "Unauthorized")


def credits_depleted() -> XProblem:
    """402: the app's owner has run out of credits (seen since 2026)."""
    return _plain(402, "Payment Required", "credits depleted", f"{PROBLEMS}/credits-depleted")


def duplicate() -> XProblem:
    """403: the account has just posted the same text."""
    return forbidden("You are not allowed to create a Tweet with duplicate content.")


def reply_refused() -> XProblem:
    """403: replies go only to posts that mention us, or to our own.

    Source: docs.x.com changelog, 2026-02-23.
    """
    return forbidden("You can only reply to or quote posts where you are mentioned or are the author.")


def forbidden(detail: str) -> XProblem:
    """403: for a reason about the post itself."""
    problem = _plain(403, "Forbidden", detail, f"{PROBLEMS}/not-authorized-for-resource")
    return XProblem(XAnswer(403, {**problem.answer.body, "resource_type": "tweet"}))


def reading_keys() -> XProblem:
    """403: keys that were made while the app could only read."""
    return _plain(
        403,
        "Forbidden",
        "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
        f"{PROBLEMS}/oauth1-permissions",
    )


def client_forbidden() -> XProblem:
    """403: the app itself may not do this."""
    body = {
        "client_id": "28000000",
        "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and "
        "tokens from a Twitter developer App that is attached to a Project.",
        "registration_url": "https://developer.x.com/en/docs/projects/overview",
        "title": "Client Forbidden",
        "required_enrollment": "Appropriate Level of API Access",
        "reason": "client-not-enrolled",
        "type": f"{PROBLEMS}/client-forbidden",
        "status": 403,
    }
    return XProblem(XAnswer(403, body))


def not_found(resource_id: str, resource: str, parameter: str) -> XProblem:
    """404: nothing with this id."""
    return XProblem(XAnswer(404, {**missing(resource_id, resource, parameter), "status": 404}))


def unknown_path() -> XProblem:
    """404: no such endpoint here."""
    return _plain(404, "Not Found", "Not Found")


def missing(resource_id: str, resource: str, parameter: str) -> dict[str, Any]:
    """Return the error that accompanies found posts, for one that was not."""
    return {
        "value": resource_id,
        "detail": f"Could not find {resource} with {parameter}: [{resource_id}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": resource_id,
        "type": f"{PROBLEMS}/resource-not-found",
    }


def field_refused(post_id: str, field_name: str) -> dict[str, Any]:
    """Return the error for a field that the caller may not see on one post."""
    return {
        "resource_id": post_id,
        "parameter": field_name,
        "field": field_name,
        "resource_type": "tweet",
        "section": "data",
        "title": "Field Authorization Error",
        "detail": f"Sorry, you are not authorized to access '{field_name}' on the Tweet with id: "
        f"[{post_id}].",
        "type": f"{PROBLEMS}/not-authorized-for-field",
    }


def too_many_requests(headers: dict[str, str]) -> XProblem:
    """429: a window is used up; `headers` say which."""
    problem = _plain(429, "Too Many Requests", "Too Many Requests")
    return XProblem(XAnswer(429, problem.answer.body, headers))


def rate_headers(prefix: str, limit: int, remaining: int, reset_at: float) -> dict[str, str]:
    """Return one family of X's three rate headers; the reset is in Unix seconds."""
    return {
        f"{prefix}-limit": str(limit),
        f"{prefix}-remaining": str(remaining),
        f"{prefix}-reset": str(int(reset_at) + 1),
    }


def check_id(value: str, name: str) -> str:
    """Return an id, or raise the 400 for what is none."""
    if not re.fullmatch(r"[0-9]{1,19}", value):
        raise invalid_request(f"The `{name}` query parameter value [{value}] is not valid", {name: [value]})
    return value


def _plain(status: int, title: str, detail: str, kind: str = "about:blank") -> XProblem:
    return XProblem(XAnswer(status, {"title": title, "detail": detail, "type": kind, "status": status}))
