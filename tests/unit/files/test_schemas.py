"""JSON Schemas of what people write name every key, with what it means and its true default."""

from __future__ import annotations

from typing import Any

from stormctl.domain.plan.occupancy import Limits
from stormctl.files.bank.variants import MediaItem, Wording
from stormctl.files.schemas import (
    MEDIA_KEYS,
    MESSAGE_KEYS,
    SCHEDULE_KEYS,
    TABLES,
    message_schema,
    schedule_schema,
)


def keys_of(table: dict[str, Any]) -> set[str]:
    """Return the keys of a table in a schema."""
    return set(table["properties"])


def test_every_key_of_a_schedule_has_a_meaning() -> None:
    """No key is without words, and no words are left of a key that went."""
    schema = schedule_schema()
    tables = {name: keys_of(schema["$defs"][table]) for name, table in TABLES.items()}

    explained = {name: set(keys) for name, keys in SCHEDULE_KEYS.items() if name not in {"", "silence"}}

    assert tables == explained
    assert keys_of(schema) == set(SCHEDULE_KEYS[""]) | set(SCHEDULE_KEYS) - {""}
    assert all(
        schema["$defs"][table]["properties"][key].get("description")
        for name, table in TABLES.items()
        for key in SCHEDULE_KEYS[name]
    )


def test_defaults_are_those_that_hold() -> None:
    """What a schedule leaves out has the value that the page says."""
    limits = schedule_schema()["$defs"]["LimitsTable"]["properties"]

    usual = {str(ceiling.period): ceiling.count for ceiling in Limits().ceilings}
    assert usual == {"0:15:00": 5, "1 day, 0:00:00": 45}
    assert [limits[key]["default"] for key in ("per_15min", "per_day", "spacing")] == [5, 45, "5m"]


def test_every_key_of_a_message_has_a_meaning() -> None:
    """Front matter and its pictures, too; unknown keys are none."""
    schema = message_schema()

    assert set(MESSAGE_KEYS) == keys_of(schema) == set(Wording.model_fields)
    assert set(MEDIA_KEYS) == set(MediaItem.model_fields)
    assert schema["additionalProperties"] is False
