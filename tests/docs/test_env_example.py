"""`.env.example` names the variables that stormctl reads, all of them and with their defaults."""

from __future__ import annotations

import re
from pathlib import Path

from stormctl.domain.platforms.channel import Platform, parse_channel_id
from stormctl.environment import SETTINGS, load_environment
from stormctl.settings import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
TEXT = EXAMPLE.read_text(encoding="utf-8")
PREFIX = "STORMCTL_"


def read_assignments() -> dict[str, str]:
    """Read the example's assignments, those behind a comment sign too."""
    return dict(re.findall(r"^#?(STORMCTL_[A-Z_]+)=(.*)$", TEXT, re.MULTILINE))


def uncomment(folder: Path) -> None:
    """Write an `.env` in which every assignment of the example counts."""
    env = folder / ".env"
    env.touch(mode=0o600)
    env.write_text(re.sub(r"^#(?=STORMCTL_)", "", TEXT, flags=re.MULTILINE), encoding="utf-8")


def test_every_variable_is_named() -> None:
    """The example names every setting, every credential and every shared field, and nothing else."""
    expected = {f"{PREFIX}{name.upper()}" for name in SETTINGS} | {
        f"{PREFIX}{name}" for name in ("DIR", "STATE_DIR", "X_MIGRANTS_DAY_BASE_URL")
    }
    for platform in Platform:
        expected.add(f"{PREFIX}{platform.name}_BASE_URL")
        for field in platform.facts.fields:
            expected.add(f"{PREFIX}{platform.name}_MIGRANTS_DAY_{field.name}")
        expected |= {f"{PREFIX}{platform.name}_{field}" for field in platform.facts.app_fields}

    assert expected == set(re.findall(r"STORMCTL_[A-Z_]+", TEXT))


def test_defaults_are_those_of_the_code(tmp_path: Path) -> None:
    """What the example shows as a default is the default; only the lock is closed."""
    uncomment(tmp_path)

    settings = load_environment(tmp_path, {}).settings

    assert settings.base_urls == {platform.name: platform.facts.origin for platform in Platform}
    assert settings.model_copy(update={"base_urls": {}}) == Settings(live=False)


def test_a_fresh_copy_is_locked(tmp_path: Path) -> None:
    """A copy that nobody has filled in locks the platforms, and holds no credentials."""
    env = tmp_path / ".env"
    env.touch(mode=0o600)
    env.write_text(TEXT, encoding="utf-8")

    environment = load_environment(tmp_path, {})

    found, missing = environment.find_credentials(parse_channel_id("x:migrants-day"))
    assert not environment.settings.live
    assert found == {}
    assert len(missing) == len([field for field in Platform.X.facts.fields if not field.is_optional])


def test_example_holds_no_secret() -> None:
    """No credential in the example has a value."""
    credentials = {field.name for platform in Platform for field in platform.facts.fields}

    given = [
        name for name, value in read_assignments().items() if value and name.endswith(tuple(credentials))
    ]

    assert not given
