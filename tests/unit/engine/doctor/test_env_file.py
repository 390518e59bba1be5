"""Lines of `.env` that have no effect, in words."""

from __future__ import annotations

import pytest

from stormctl.engine.doctor.env_file import explain_unused
from stormctl.env_reading import UnusedVariable
from tests.factories import ACME


@pytest.mark.parametrize(
    ("name", "is_repeated", "message", "hint"),
    [
        ("STORMCTL_LIVELY", False, "is a name that nothing uses", "Did you mean STORMCTL_LIVE?"),
        (
            "STORMCTL_X_ACME_API_KEY",
            False,
            "is a name that nothing uses",
            "Did you mean STORMCTL_X_ACME_CONSUMER_KEY?",
        ),
        ("STORMCTL_§", False, "is a name that nothing uses", "See .env.example for every variable."),
        ("STORMCTL_ALLOW_HOST", False, "has no effect in a file", "It counts in the environment only."),
        (
            "STORMCTL_LIVE",
            True,
            "has another value further down, which counts",
            "Remove the line that is out of date.",
        ),
    ],
)
def test_what_has_no_effect_is_named_with_what_was_meant(
    name: str, is_repeated: bool, message: str, hint: str
) -> None:
    """The line and the name, and the nearest name that is read; never a value."""
    explained = explain_unused(UnusedVariable(7, name, is_repeated), [ACME])

    assert explained == (f".env:7: {name} {message}", hint)
