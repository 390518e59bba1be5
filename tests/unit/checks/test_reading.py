"""What is found while files are read has rules like all else, and no rule is left over."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path

import stormctl
from stormctl.checks.registry import RULES

PACKAGE = Path(stormctl.__file__).parent
READERS = [*sorted((PACKAGE / "files").rglob("*.py")), PACKAGE / "checks" / "silences.py"]


def find_takers(tree: ast.Module) -> dict[str, tuple[int, ast.expr | None]]:
    """Find what takes a `code`: its name, which argument that is, and the default."""
    takers: dict[str, tuple[int, ast.expr | None]] = {"Finding": (-1, None)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [arg.arg for arg in node.args.args if arg.arg != "self"]
            if "code" in names:
                takers[node.name] = (names.index("code"), None)
        elif isinstance(node, ast.ClassDef):
            fields = [item for item in node.body if isinstance(item, ast.AnnAssign)]
            names = [item.target.id for item in fields if isinstance(item.target, ast.Name)]
            makers = [i for i in node.body if isinstance(i, ast.FunctionDef) and i.name == "__init__"]
            taken = [arg.arg for maker in makers for arg in maker.args.args if arg.arg != "self"] or names
            if "code" in taken:
                default = fields[names.index("code")].value if "code" in names else None
                takers[node.name] = (taken.index("code"), default)
    return takers


def find_codes() -> set[str]:
    """Find every code that is written in what reads files; a name stands for its module's constant."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in READERS]
    takers = {name: taker for tree in trees for name, taker in find_takers(tree).items()}
    given = [default for _, default in takers.values()]
    constants: dict[str, ast.expr] = {}
    for node in chain.from_iterable(map(ast.walk, trees)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = node.value
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            index, _ = takers.get(name, (-1, None))
            given += node.args[index : index + 1] if index >= 0 else []
            given += [word.value for word in node.keywords if word.arg == "code" and name in takers]
    found = (constants.get(each.id, each) if isinstance(each, ast.Name) else each for each in given)
    return {str(each.value) for each in found if isinstance(each, ast.Constant)}


def test_each_code_of_a_reader_is_a_rule() -> None:
    """Whatever is found while files are read, `check --explain` tells why."""
    codes = find_codes()

    assert {"front-matter", "not-text", "bad-value", "media-type", "silence-unused"} <= codes
    assert sorted(codes - RULES.keys()) == []


def test_each_rule_of_reading_is_used() -> None:
    """No rule without a test of its own is one that nothing ever finds."""
    reading = {code for code, found in RULES.items() if found.test is None}

    assert len(reading) > 30
    assert sorted(reading - find_codes()) == []
