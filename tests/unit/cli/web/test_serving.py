"""Sockets on loopback and beyond."""

from __future__ import annotations

import pytest

from stormctl.cli.web.serving import name_address, open_listener
from stormctl.errors import UsageError


def test_a_free_port_is_taken_and_named() -> None:
    """Port 0 is whatever is free."""
    with open_listener("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]

        assert port > 0
        assert name_address(listener) == f"http://127.0.0.1:{port}/"
        assert name_address(listener, "laptop") == f"http://laptop:{port}/"


def test_a_port_that_is_taken_is_wrong_use() -> None:
    """With the way out."""
    with (
        open_listener("127.0.0.1", 0) as listener,
        pytest.raises(UsageError, match="can't be opened") as raised,
    ):
        open_listener("127.0.0.1", listener.getsockname()[1])

    assert "--port" in raised.value.hint


@pytest.mark.parametrize("host", ["192.0.2.1", "256.1.1.1"])
def test_an_address_that_is_not_this_machine_s_is_wrong_use(host: str) -> None:
    """A slip of the hand is no traceback."""
    with pytest.raises(UsageError, match=host.replace(".", r"\.")):
        open_listener(host, 0)
