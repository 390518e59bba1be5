"""Credentials that don't show themselves."""

from __future__ import annotations

from stormctl.platforms.credentials import FacebookCredentials, XCredentials


def test_repr_shows_no_field() -> None:
    """A traceback or log that prints credentials prints no part of them."""
    x = XCredentials(consumer_key="aa", consumer_secret="bb", access_token="cc", access_token_secret="dd")  # noqa: S106 - throw-away
    page = FacebookCredentials(page_id="aa", page_token="bb", app_secret="cc", app_id="dd")  # noqa: S106 - throw-away

    shown = repr(x) + repr(page)

    assert shown == "XCredentials()FacebookCredentials()"
