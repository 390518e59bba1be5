"""Help must come at once: nothing heavy is imported for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "PIL",
    "apscheduler",
    "babel",
    "facebook",
    "jinja2",
    "psycopg",
    "pydantic",
    "pygal",
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
