"""Links that carry secrets, or imitate others."""

from __future__ import annotations

import time

import pytest

from stormctl.checks.case import CheckContext
from stormctl.checks.wording.links import find_link_credentials, find_lookalike_hosts
from stormctl.domain.plan.storm import Trust
from tests.unit.checks.holding import codes
from tests.unit.domain.making import make_bank, make_storm, make_variant

_STORM = make_storm(
    trust=Trust(
        links=(
            "un.org",
            "migrantsday.org",
            "migrants2026.org",
            "caritas.es",
            "amnesty.org",
            "www.iom.int",
            "icrc.org",
            "abc.org.uk",
            "example.com",
        )
    )
)


@pytest.mark.parametrize(
    "link",
    [
        "https://un-org.com/act",
        "https://www.un-org.com/act",
        "https://un-org-act.com",
        "https://un.org.evil.example/act",
        "https://un.org-act.com/act",
        "https://unn.org",
        "https://iorn.int",
        "https://migrantday.org",
        "https://act.migrantsdey.org",
        "https://rnigrantsday.org",
        "https://migrants-day.org",
    ],
)
@pytest.mark.parametrize("is_field", [True, False])
def test_a_host_that_looks_like_a_trusted_one_is_told(link: str, is_field: bool) -> None:
    """A letter, a hyphen for a dot, or the trusted host before another: only that is said of it."""
    variant = make_variant(link=link) if is_field else make_variant(text=f"Go to {link}")

    assert codes(variant, storm=_STORM) == ["link-lookalike"]


@pytest.mark.parametrize(
    "link",
    [
        "https://unv.org",
        "https://migrants2025.org",
        "https://caritas.eu",
        "https://amnesty.org.uk/act",
        "https://ilo.org",
        "https://ifrc.org",
        "https://abe.org.uk",
        "https://example.community",
        "https://fun.org",
        "https://migrationday.example",
    ],
)
def test_other_hosts_are_only_not_trusted(link: str) -> None:
    """Another year, another country and another short name imitate nobody."""
    assert codes(make_variant(link=link), storm=_STORM) == ["link-not-trusted"]


@pytest.mark.parametrize(
    "link",
    [
        "https://ana:secret@un.org/act",
        "https://un.org/act?token=abc",
        "https://un.org/act?a=1&access_token=abc",
        "https://un.org/act?invite_token=abc",
        "https://un.org/file?sig=Zm9v",
        "https://un.org/act#access_token=abc",
        "https://un.org/act?code=4f0b2c7d9e8a1b3c5d7f",
    ],
)
def test_a_link_with_a_password_or_token_is_told(link: str) -> None:
    """In the address, as a parameter or behind #; the value is not repeated."""
    assert codes(make_variant(link=link), storm=_STORM) == ["link-credentials"]


@pytest.mark.parametrize(
    "link",
    [
        "https://un.org/act?code=MIGRANTS",
        "https://un.org/act?key=value",
        "https://un.org/watch?v=abc&list=PLx0sYbCqOb8TBPRdmBHs5Iftvv9TPboYG",
        "https://un.org/story?fbclid=IwAR0x8Zq3bQmY7cK2pLr9TfVnHs5WdJgEuXo1iAyBzMv6Nt4RkPwSlDhCaQe",
        "https://un.org/design?signed=yes&sigma=2",
        "https://un.org/tokens?page=2",
    ],
)
def test_other_parameters_are_fine(link: str) -> None:
    """Codes that people hand out, lists and traces of clicks are no secrets."""
    assert codes(make_variant(link=link), storm=_STORM) == []


@pytest.mark.parametrize("piece", [":a", ";key=", "?sig", "//a", "&token", "rn", "-"])
def test_long_links_are_read_in_linear_time(piece: str) -> None:
    """However often what might be a secret or a look-alike begins."""

    def take(count: int) -> float:
        variant = make_variant(link=f"https://un.org/{piece * count}")
        case = CheckContext(_STORM, make_bank(variant), None)
        started = time.process_time()
        assert [*find_link_credentials(case), *find_lookalike_hosts(case)] == []
        return time.process_time() - started

    take(10)

    assert take(40_000) < 24 * max(take(5_000), 0.01)
