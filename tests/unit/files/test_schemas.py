"""JSON Schemas of what people write take what stormctl takes, and name every key with its true default."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import yaml

from stormctl.cli.reference import render_schedules
from stormctl.domain.plan.occupancy import make_limits
from stormctl.domain.plan.storm import Late
from stormctl.files.schedules.schedule import _read_schedule
from stormctl.files.schedules.tables import ScheduleFile
from stormctl.files.schemas import message_schema, schedule_schema
from stormctl.files.validation import Notes

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
SHELF = ROOT / "stormctl" / "samples"
MESSAGES = [*(ROOT / "messages").rglob("*.md"), *SHELF.glob("*/messages/**/*.md")]
SCHEDULES = [ROOT / "schedules" / "imd-2026.toml", *SHELF.glob("*/schedules/*.toml")]
HEAD = """\
name = "A day"
date = 2026-12-18
timezone = "UTC"
bank = "a"
[[channels]]
id = "x:acme"
[[windows]]
from = 08:00:00
to = 20:00:00
"""


def hold(schema: dict[str, Any], document: object) -> list[str]:
    """Return what an editor would mark: formats count, as they do for Taplo."""
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return [
        f"{'.'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator.iter_errors(document)
    ]


def read_toml(text: str) -> Any:
    """Read TOML as Taplo hands it to a schema: days and times as the texts that they are in the file."""
    return json.loads(json.dumps(tomllib.loads(text), default=write_moment))


def write_moment(value: object) -> str:
    """Write a day or a time."""
    assert isinstance(value, date | time)
    return value.isoformat()


def list_keys(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every key of every table, but for the tables themselves."""
    for name, table in {"": schema, **schema["$defs"]}.items():
        for key, spot in table["properties"].items():
            if "$ref" not in spot.get("items", spot):
                yield f"{name}.{key}", spot


@pytest.mark.parametrize(
    "path",
    [*sorted(SCHEDULES), ROOT / "tests" / "checks" / "corpus" / "schedules" / "s.toml"],
    ids=lambda path: path.stem,
)
def test_schedules_that_load_are_taken(path: Path) -> None:
    """Days and times of TOML too, which JSON does not have."""
    text = path.read_text(encoding="utf-8")

    assert hold(schedule_schema(), read_toml(text)) == []


def test_a_storm_of_several_days_is_taken() -> None:
    """`date` is one day, or a table."""
    text = HEAD.replace("2026-12-18", "{ from = 2026-12-01, to = 2026-12-18 }")

    assert hold(schedule_schema(), read_toml(text)) == []


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("date = 2026-12-18", "date = 12", "date: "),
        ('bank = "a"\n', "", ': "bank" is a required property'),
        ("from = 08:00:00", 'from = "8am"', "windows.0.from: "),
        ("from = 08:00:00", "form = 08:00:00", "windows.0: "),
        ('id = "x:acme"', "verified = true", 'channels.0: "id" is a required property'),
        ("[[windows]]", '[late]\npolicy = "sometimes"\n[[windows]]', "late.policy: "),
    ],
)
def test_mistakes_are_marked(before: str, after: str, marked: str) -> None:
    """In an editor as in a check: keys that are missing, unknown, or hold something else."""
    assert before in HEAD

    errors = hold(schedule_schema(), read_toml(HEAD.replace(before, after)))

    assert [error for error in errors if error.startswith(marked)]


@pytest.mark.parametrize("schema", [schedule_schema(), message_schema()], ids=["schedule", "message"])
def test_every_key_is_explained(schema: dict[str, Any]) -> None:
    """In plain words, whatever table it is in; and no value may be null, which neither format has."""
    unexplained = [name for name, spot in list_keys(schema) if not spot.get("description")]

    assert unexplained == []
    assert '"null"' not in json.dumps(schema)
    assert schema["additionalProperties"] is False


def test_defaults_are_those_that_hold() -> None:
    """What a schedule leaves out has the value that the schema says."""
    tables = schedule_schema()["$defs"]
    said = {
        name: {key: spot["default"] for key, spot in tables[name]["properties"].items() if "default" in spot}
        for name in ("LimitsTable", "LateTable", "WindowTable")
    }
    read = ScheduleFile.model_validate({})

    assert said == {
        "LimitsTable": {"per_15min": 5, "per_day": 45, "spacing": "5m", "same_message_apart": "0s"},
        "LateTable": {"policy": "skip", "grace": "15m"},
        "WindowTable": {"jitter": "0s"},
    }
    assert make_limits(**read.limits.model_dump(exclude_none=True)) == make_limits()
    assert Late(policy=read.late.policy, grace=read.late.grace) == Late()


def test_every_example_of_the_page_is_taken() -> None:
    """Each line can be copied into a schedule: the model that reads schedules has nothing against it."""
    table, refused = "", []
    for line in render_schedules().partition("## At the top")[2].splitlines():
        if line.startswith("## "):
            table = line.removeprefix("## ").strip("`").replace("CODE", "phone-number") + "\n"
        elif line.startswith("| `"):
            example = line.split(" | ")[-1].strip(" |`")
            refused += refuse(f"{table}{example}\n")

    assert refused == []


def refuse(text: str) -> list[str]:
    """Return what is said of a part of a schedule; keys may be missing."""
    notes = Notes("a.toml", {})
    _read_schedule(notes, tomllib.loads(text, parse_float=Decimal))
    return [f"{text}: {finding.message}" for finding in notes.findings if finding.code != "missing-key"]


@pytest.mark.parametrize("path", sorted(MESSAGES), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_messages_that_load_are_taken(path: Path) -> None:
    """Whatever YAML makes of a date or a number that has no quotes."""
    front = re.match(r"---\n(.*?)^---\n", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)

    read = yaml.safe_load(front[1]) if front else {}

    assert hold(message_schema(), json.loads(json.dumps(read, default=write_moment))) == []


@pytest.mark.parametrize("said", ["yes", "no", True, False, "none"])
def test_yes_and_no_are_taken(said: object) -> None:
    """YAML 1.1 reads them as true and false, YAML 1.2 as texts; `none` drops what the plain wording says."""
    assert hold(message_schema(), {"consent": said, "priority": "none"}) == []


@pytest.mark.parametrize(
    "front",
    [
        {"hashtag": "MigrantsDay"},
        {"media": [{"alt": "A boat."}]},
        {"media": ["a.png"] * 5},
        {"late": "sometimes"},
        {"priority": "high"},
        {"silence": {"fancy-letters": 3}},
    ],
)
def test_mistakes_in_front_matter_are_marked(front: dict[str, object]) -> None:
    """Keys that are none, and values that can't be meant."""
    assert hold(message_schema(), front)
