"""The errors that the Graph API answers with (source: developers.facebook.com, error handling, 2026-02)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OAUTH = "OAuthException"
METHOD = "GraphMethodException"


NO_OBJECT = 33
"""Subcode of (#100) for an id that is not there, or not for the caller."""


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """A status, a body and headers beside the usual ones."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class GraphError(Exception):
    """A refusal, raised where it is found; goes by its code, for the HTTP status says little."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int | None = None,
        kind: str = OAUTH,
        status: int = 400,
        title: str = "",
        user_message: str = "",
        is_transient: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.error: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            self.error["error_subcode"] = subcode
        self.error["is_transient"] = is_transient
        if title:
            self.error |= {"error_user_title": title, "error_user_msg": user_message}

    def answer(self, trace_id: str) -> GraphAnswer:
        """Return the answer with the trace id that Facebook's support would ask for."""
        challenge = f'OAuth "Facebook Platform" "invalid_request" "{self.error["message"]}"'
        headers = {"www-authenticate": challenge.encode("ascii", "replace").decode(), **self.headers}
        return GraphAnswer(self.status, {"error": {**self.error, "fbtrace_id": trace_id}}, headers)


def invalid_parameter(detail: str) -> GraphError:
    """100: a parameter is missing or wrong."""
    return GraphError(100, f"(#100) {detail}")


def no_such_object(object_id: str, verb: str = "get") -> GraphError:
    """100/33: nothing with this id, or no right to see it."""
    message = (
        f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api"
    )
    return GraphError(100, message, subcode=NO_OBJECT, kind=METHOD)


def no_token() -> GraphError:
    """104: no access token at all."""
    return GraphError(104, "An access token is required to request this resource.")


def dead_token(subcode: int | None = None) -> GraphError:
    """190: the token is unknown, or dead for the reason that the subcode says."""
    reasons = {
        458: "Error validating access token: The user has not authorized application.",
        459: "Error validating access token: The user must log in at www.facebook.com to clear a checkpoint.",
        464: "Error validating access token: Sessions are not allowed because the user is not confirmed.",
        492: "Error validating access token: The user has no role on the Page any more.",
        460: "Error validating access token: The session has been invalidated because the user changed "
        "their password or Facebook has changed the session for security reasons.",
        463: "Error validating access token: Session has expired.",
        467: "The access token is invalid since the user has logged out.",
    }
    message = reasons.get(subcode or 0, "Invalid OAuth access token - Cannot parse access token")
    return GraphError(190, message, subcode=subcode)


def page_token_required() -> GraphError:
    """190/2069032: a user token where a Page token is needed."""
    return GraphError(
        190,
        "User Access Token Is Not Supported",
        subcode=2069032,
        title="User Access Token Is Not Supported",
        user_message="A Page access token is required for this call for the new Pages experience.",
    )


def permission_missing() -> GraphError:
    """200: the token lacks a permission."""
    message = "(#200) The permission(s) pages_read_engagement, pages_manage_posts are not available."
    return GraphError(200, message, status=403)


def scope_missing(scope: str) -> GraphError:
    """10: the token may not read this."""
    message = (
        f"(#10) This endpoint requires the '{scope}' permission or the 'Page Public Content Access' feature. "
        "Refer to https://developers.facebook.com/docs/apps/review/login-permissions and "
        "https://developers.facebook.com/docs/apps/review/feature for details."
    )
    return GraphError(10, message, status=403)


def duplicate_status() -> GraphError:
    """506: the same text as the post before."""
    return GraphError(
        506,
        "(#506) Duplicate status message",
        title="Duplicate Status Update",
        user_message="Duplicate posts cannot be published consecutively. Change the content and try again.",
    )


def temporarily_blocked() -> GraphError:
    """368: blocked for policies; for hours."""
    return GraphError(
        368,
        "The action attempted has been deemed abusive or is otherwise disallowed",
        subcode=1390008,
        title="We limit how often you can post",
        user_message="We limit how often you can post, comment or do other things in a given amount of time.",
    )


def invalid_image() -> GraphError:
    """324: no image, or none that Facebook reads."""
    return GraphError(324, "(#324) Missing or invalid image file")


def no_metric() -> GraphError:
    """3001: insights without a metric."""
    message = (
        "(#3001) No metric was specified to be fetched. Please specify one or more metrics to be fetched "
        "and try again."
    )
    return GraphError(3001, message, subcode=1504028)


def page_throttled(headers: dict[str, str]) -> GraphError:
    """80001: too many calls with this Page's token; arrives as 400."""
    message = (
        "(#80001) There have been too many calls to this Page account. Wait a bit and try again. For more "
        "info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting."
    )
    return GraphError(80001, message, headers=headers)


def service_down(code: int = 2) -> GraphError:
    """1 or 2: something broke over there; what it was doing may be done or not."""
    message = {
        1: "An unknown error occurred",
        2: "An unexpected error has occurred. Please retry your request later.",
    }[code]
    return GraphError(code, message, status=500, is_transient=True)
