"""Tests of the signature check, against the example that RFC 5849 and X's documents share."""

from __future__ import annotations

import pytest

from stormctl.emulator.core.oauth1 import Nonces, is_signed_by, parse_authorization, parse_form

HEADER = (
    'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", '
    'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", '
    'oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"'
)
SECRETS = ("kd94hf93k423kf44", "pfkkdhi9sl3r4s00")
URL = "http://photos.example.net/photos"
PARAMETERS = [("file", "vacation.jpg"), ("size", "original")]


def test_the_example_of_the_specification_is_accepted() -> None:
    """RFC 5849 §1.2 signs a GET with two query parameters; its signature is right."""
    fields = parse_authorization(HEADER)

    signed = is_signed_by(
        fields, SECRETS, method="GET", urls=["http://other.example", URL], parameters=PARAMETERS
    )

    assert signed


@pytest.mark.parametrize(
    "change",
    [
        {"method": "POST"},
        {"urls": ["http://photos.example.net/other"]},
        {"parameters": [("file", "other.jpg"), ("size", "original")]},
    ],
)
def test_anything_else_under_the_same_signature_is_not(change: dict[str, object]) -> None:
    """The signature covers the verb, the address and every parameter."""
    request = {"method": "GET", "urls": [URL], "parameters": PARAMETERS} | change

    signed = is_signed_by(parse_authorization(HEADER), SECRETS, **request)  # type: ignore[arg-type] # a table of kinds

    assert not signed


def test_another_secret_or_a_missing_field_is_not() -> None:
    """A wrong token secret, or a header without nonce, proves nothing."""
    fields = parse_authorization(HEADER)
    without = {key: value for key, value in fields.items() if key != "oauth_nonce"}

    wrong = is_signed_by(fields, ("kd94hf93k423kf44", "no"), method="GET", urls=[URL], parameters=PARAMETERS)
    bare = is_signed_by(without, SECRETS, method="GET", urls=[URL], parameters=PARAMETERS)

    assert (wrong, bare) == (False, False)


def test_a_nonce_serves_once_until_its_time_is_over() -> None:
    """What is as old as that is refused for its age, and need not be remembered."""
    at = [0.0]
    nonces = Nonces(lambda: at[0])
    fields = parse_authorization(HEADER)

    taken = [nonces.take(fields), nonces.take(fields), nonces.take(fields | {"oauth_nonce": "another"})]
    at[0] = 601.0
    taken.append(nonces.take(fields))
    nonces.clear()
    taken.append(nonces.take(fields))

    assert taken == [True, False, True, True, True]


def test_other_headers_have_no_fields() -> None:
    """A bearer token is no OAuth 1.0a."""
    assert parse_authorization("Bearer abc") == {}
    assert parse_form("a=1&b=") == [("a", "1"), ("b", "")]
