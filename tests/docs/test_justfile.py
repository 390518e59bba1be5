"""Each check is defined once, in the justfile, and everything else calls it there."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
RECIPES = set(
    re.findall(r"^([a-z]+)(?: [^:=]*)?:(?!=)", (ROOT / "justfile").read_text("utf-8"), re.MULTILINE)
)


def test_recipes_of_the_house_exist() -> None:
    """The recipes that the project promises exist."""
    promised = {"check", "fix", "lint", "types", "test", "bench", "docs"}

    assert set() == promised - RECIPES


def test_hooks_call_recipes() -> None:
    """Every hook of pre-commit is local and calls one recipe."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))

    entries = [hook["entry"].split() for repo in config["repos"] for hook in repo["hooks"]]

    assert {"local"} == {repo["repo"] for repo in config["repos"]}
    assert {"just"} == {command for command, _ in entries}
    assert set() == {recipe for _, recipe in entries} - RECIPES


def test_contributing_names_only_recipes_that_exist() -> None:
    """Every `just …` in CONTRIBUTING is a recipe."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    named = set(re.findall(r"`just ([a-z]+)", text))

    assert named
    assert set() == named - RECIPES
