"""The architecture page shows the house as it is."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections import Counter
from pathlib import Path

from stormctl.domain.delivery.delivery import State

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = sorted(path.parent for path in (ROOT / "stormctl").glob("*/**/__init__.py"))
MODULES = [path for path in (ROOT / "stormctl").rglob("*.py") if path.name != "__init__.py"]


def get_section(title: str) -> str:
    """Get the text beneath a heading, up to the next of its rank."""
    _, heading, rest = PAGE.partition(f"\n## {title}\n")
    assert heading, f"there is no section “{title}”"
    return rest.partition("\n## ")[0]


def get_block(section: str) -> str:
    """Get the first code block of a section."""
    match = re.search(r"^```\w+\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


def find_tree_paths() -> list[str]:
    """Find the paths that the tree draws: two spaces a level, names before two or more spaces."""
    paths = []
    folders: list[str] = []
    for line in get_block(get_section("The tree")).splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r" {2,}", line.strip())[0].split()
        paths += ["/".join([*folders[:depth], name.rstrip("/")]) for name in names]
        folders = [*folders[:depth], names[-1].rstrip("/")]
    return paths


def test_tree_names_exist() -> None:
    """Every file and folder that the tree draws exists."""
    paths = find_tree_paths()

    assert len(paths) > 40
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_module_is_in_the_tree() -> None:
    """No module and no package of stormctl is missing from the tree."""
    there = {*MODULES, *PACKAGES}

    missing = {path.relative_to(ROOT).as_posix() for path in there} - set(find_tree_paths())

    assert sorted(missing) == []


def test_every_folder_says_what_belongs_in_it() -> None:
    """The tree's sentence about a package is that of its docstring."""
    sentences = {
        line.strip().rstrip(".").lower() for line in re.split(r" {2,}|\n", get_block(get_section("The tree")))
    }

    said = {
        str(p.relative_to(ROOT)): ast.get_docstring(ast.parse((p / "__init__.py").read_text("utf-8")))
        for p in PACKAGES
    }

    assert [name for name, text in said.items() if (text or "").rstrip(".").lower() not in sentences] == []


def test_no_folder_is_a_corridor() -> None:
    """A folder of the package has sixteen modules at most."""
    crowded = [name for name, count in Counter(path.parent for path in MODULES).items() if count > 16]

    assert crowded == []


def test_no_module_and_no_class_is_too_long() -> None:
    """A module ends at 300 lines, a class at 200."""
    modules = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in MODULES}

    long_modules = [name for name, text in modules.items() if len(text.splitlines()) > 300]
    long_classes = [node.name for node in find_classes() if (node.end_lineno or 0) - node.lineno >= 200]

    assert (long_modules, long_classes) == ([], [])


def test_a_class_name_exists_once() -> None:
    """Whoever reads a name knows what it is, wherever it stands; what a module keeps to itself is its own."""
    names = Counter(node.name for node in find_classes() if not node.name.startswith("_"))

    assert [name for name, count in names.items() if count > 1] == []


def find_classes() -> list[ast.ClassDef]:
    """Find every class of the package."""
    nodes = (node for path in MODULES for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return [node for node in nodes if isinstance(node, ast.ClassDef)]


def test_reading_order_is_seven_files() -> None:
    """The reading order leads through seven files, and they exist."""
    files = re.findall(r"^\d\. `([^`]+)`", get_section("Reading order"), re.MULTILINE)

    assert len(set(files)) == 7
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_named_paths_exist() -> None:
    """Every path of the package that the page names exists."""
    paths = set(re.findall(r"`(stormctl/[\w./]+)`", PAGE))

    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_diagram_shows_every_state() -> None:
    """The diagram shows the states of the code, all of them and no others."""
    diagram = get_block(get_section("The states of a delivery"))

    shown = set(re.findall(r"\b[a-z_]{2,}\b", diagram.partition("\n")[2]))

    assert {state.value for state in State} == shown


def test_every_letter_is_explained() -> None:
    """Each letter of the diagram is explained once, in order, and none is left over."""
    section = get_section("The states of a delivery")
    drawn = set(re.findall(r": ([a-z])$", get_block(section), re.MULTILINE))

    explained = re.findall(r"^- \*\*([a-z])\.\*\*", section, re.MULTILINE)

    assert sorted(drawn) == explained
    assert list(string.ascii_lowercase[: len(explained)]) == explained


def test_layers_are_those_of_the_contracts() -> None:
    """The rows of the dependency pictures are the layers that import-linter proves, highest first."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    proved = {c["containers"][0]: c["layers"] for c in config["contracts"] if c["type"] == "layers"}
    section = get_section("Dependencies")

    house = get_block(section).split("\n")[:-1]
    wings = dict(re.findall(r"^- `(stormctl\.\w+)`: `([^`]+)`$", section, re.MULTILINE))

    assert proved.pop("stormctl")[1:] == house
    assert {name: " → ".join(layers) for name, layers in proved.items()} == wings
