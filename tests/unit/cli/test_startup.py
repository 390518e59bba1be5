"""Help must come at once: nothing heavy is imported for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.factories import make_delivery
from tests.fakes import NOON
from tests.unit.cli.conftest import enroll

if TYPE_CHECKING:
    from pathlib import Path

    from stormctl.ledger.ledger import Ledger

HEAVY = {
    "PIL",
    "apscheduler",
    "babel",
    "facebook",
    "jinja2",
    "psycopg",
    "pydantic",
    "requests",
    "rich",
    "sqlite3",
    "starlette",
    "tweepy",
    "twitter_text",
    "uvicorn",
    "yaml",
}
"""Packages that only the commands that use them may load."""

PROGRAM = """\
import json, sys
from stormctl.cli.main import main

code = main(sys.argv[1:])
print()
print(json.dumps({"code": code, "modules": sorted(sys.modules)}))
"""


NOT_FOR_STATUS = {
    "stormctl.domain.plan.cost",
    "stormctl.domain.report.report",
    "stormctl.domain.plan.storm",
    "stormctl.domain.text.reader",
    "emoji",
    "stormctl.engine.run.runner",
    "stormctl.files.schedules.schedule",
    "stormctl.render.exports.documents",
    "requests",
    "statistics",
}
"""What the command that is typed most often has no use for."""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["launch", "--help"]], ids=" ".join)
def test_nothing_heavy_is_loaded_to_answer_at_once(arguments: list[str]) -> None:
    """A fresh process that only prints help or the version loads none of the heavy packages.

    A command's own help may load pydantic: typer reads the types of its options with it.
    """
    allowed = {"pydantic"} if len(arguments) > 1 else set()
    command = [sys.executable, "-c", PROGRAM, *arguments]

    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout

    seen = json.loads(printed.splitlines()[-1])
    assert seen["code"] == 0
    assert HEAVY.intersection(seen["modules"]) <= allowed


def test_a_heavy_package_would_be_seen() -> None:
    """The names above are those under which Python knows the packages."""
    program = "import json, stormctl.emulator.server, sys; print(json.dumps(sorted(sys.modules)))"

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout

    assert HEAVY.intersection(json.loads(printed)) >= {"pydantic", "starlette", "uvicorn"}


def test_status_loads_only_what_it_shows(ledger: Ledger) -> None:
    """It is typed again and again on the day: planning, prices and reports are not its business."""
    enroll(ledger, make_delivery("boat", slot_at=NOON + timedelta(days=9_000)))
    command = [sys.executable, "-c", PROGRAM, "status"]

    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout

    seen = json.loads(printed.splitlines()[-1])
    assert seen["code"] == 0
    assert NOT_FOR_STATUS.intersection(seen["modules"]) == set()


NOT_FOR_REPORT = {
    "stormctl.ledger.delivery.answers",
    "stormctl.ledger.views.backlog",
    "stormctl.ledger.delivery.claiming",
    "stormctl.ledger.delivery.manual_changes",
    "stormctl.ledger.delivery.doubts",
    "stormctl.ledger.delivery.enrolment",
    "stormctl.ledger.delivery.follow_ups",
    "stormctl.ledger.delivery.outbox",
    "stormctl.ledger.delivery.spreading",
    "stormctl.ledger.delivery.sweeping",
    "stormctl.ledger.delivery.channel_health",
}
"""What publishes, and what people do to deliveries."""


def test_report_loads_no_room_of_delivery(ledger: Ledger) -> None:
    """It reads: what claims, sends, records and sweeps is not even made, and so can do nothing."""
    enroll(ledger, make_delivery("boat", slot_at=NOON + timedelta(days=9_000)))
    command = [sys.executable, "-c", PROGRAM, "report"]

    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout

    seen = json.loads(printed.splitlines()[-1])
    assert seen["code"] == 0
    assert NOT_FOR_REPORT.intersection(seen["modules"]) == set()


@pytest.mark.parametrize("name", sorted(NOT_FOR_REPORT | NOT_FOR_STATUS))
def test_what_must_not_be_loaded_exists(name: str) -> None:
    """A name that nothing has would never be loaded."""
    assert find_spec(name) is not None


PLUG_IN = """\
class Plug:
    def new_schema_validator(self, *_arguments):
        return None, None, None

plug = Plug()
"""


@pytest.mark.parametrize(("wish", "is_loaded"), [({}, False), ({"PYDANTIC_DISABLE_PLUGINS": "other"}, True)])
def test_no_plug_in_of_pydantic_is_looked_for(
    ledger: Ledger, tmp_path: Path, wish: dict[str, str], is_loaded: bool
) -> None:
    """To find none it reads the metadata of every installed package; whoever wants one may say so."""
    enroll(ledger, make_delivery("boat", slot_at=NOON + timedelta(days=9_000)))
    folder = tmp_path / "installed"
    (folder / "plug_in-1.0.dist-info").mkdir(parents=True)
    (folder / "plug_in-1.0.dist-info" / "METADATA").write_text("Name: plug-in\nVersion: 1.0\n")
    (folder / "plug_in-1.0.dist-info" / "entry_points.txt").write_text("[pydantic]\nplug = plug_in:plug\n")
    (folder / "plug_in.py").write_text(PLUG_IN)
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(folder)!r})\n{PROGRAM}", "status"]
    kept = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}

    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", env=kept | wish)

    assert is_loaded == ("plug_in" in json.loads(done.stdout.splitlines()[-1])["modules"])
