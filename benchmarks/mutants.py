"""Break the promise's own code, one small change at a time, and count the mutants that a test notices.

    python -m benchmarks.mutants --sample 40 --seed 7 claims.sql answers.sql

Each change is made in a copy of the repository, where the tests of its area run until one fails: on SQLite,
then on PostgreSQL. What survives is printed: a person judges whether it is the same program in other words,
or whether a test is missing. No well-kept tool changes both Python and named SQL.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
_LEDGER = {
    "db/queries/claims.sql": " _claims _answers _spreading _budgets _rooms",
    "db/queries/answers.sql": "_answers _spreading _manual_changes _history",
    "db/queries/doubts.sql": "_rooms _gaps _answers _manual_changes _follow_ups",
    "db/queries/enrolment.sql": " _manual_changes _spreading",
    "db/queries/channels.sql": "_troubles _rooms _claims",
    "db/queries/halts.sql": "_rooms _answers _claims",
    "db/queries/gaps.sql": "_gaps",
    "db/queries/sweeping.sql": "_answers _spreading _budgets",
    "db/queries/spreading.sql": "_spreading",
    "db/queries/follow_ups.sql": "_follow_ups",
    "delivery/outbox.py": " _claims _answers _budgets",
    "delivery/claiming.py": "_claims _spreading _answers",
    "delivery/answers.py": "_answers _troubles _manual_changes",
    "delivery/follow_ups.py": "_follow_ups",
    "delivery/doubts.py": "_rooms _gaps _manual_changes",
    "delivery/sweeping.py": "_answers _spreading _budgets",
    "delivery/openings.py": "_claims _troubles _spreading _budgets",
    "delivery/enrolment.py": " _manual_changes _spreading",
    "delivery/spreading.py": "_spreading",
}
AREAS = {
    Path(f"stormctl/ledger/{file}"): [f"tests/contract/test_ledger{area}.py" for area in areas.split(" ")]
    for file, areas in _LEDGER.items()
} | {
    Path(f"stormctl/engine/deliver/{name}.py"): [
        f"tests/unit/engine/{area}.py" for area in (f"deliver/test_{name}", "run/test_runner")
    ]
    for name in ("dispatcher", "recorder", "reconciler")
}
"""What is mutated, and the tests that should notice."""

ENGINES = (["-k", "not postgresql"], ["-k", "postgresql"])
SECONDS_A_TEST = 20
"""A mutant that never ends is noticed."""

_WORDS = re.compile(
    r"--[^\n]*|'[^']*'|[();]|"
    r"\b(?:WHERE|AND|OR|ON|ORDER|LIMIT|RETURNING|UNION|GROUP|LEFT|JOIN|CROSS|CASE|END|SELECT|SET)\b"
)
_SWAPS = (
    (r"(?<![<>])<=", "<"), (r"<(?![=>])", "<="), (r">=", ">"), (r"(?<![<>=-])>(?!=)", ">="), (r"<>", "="),
    (r"\bIS NULL\b", "IS NOT NULL"), (r"\bIS NOT NULL\b", "IS NULL"),
    (r"\bmin\(", "max("), (r"\bmax\(", "min("),
    (r" DESC\b", ""), (r"\bORDER BY [^;)]*?(?=\s*(?:LIMIT|;|\)|$))", ""), (r"\bLIMIT [:\w]+", ""),
    (r"\bOFFSET [:\w]+", ""), (r"\bLEFT JOIN\b", "JOIN"), (r"(?<=\()'\w+', ", ""), (r", '\w+'(?=[,)])", ""),
    (r", \w+ = NULL\b", ""), (r"\b\w+ = NULL, ", ""), (r"\bNOT (?=EXISTS|IN)", ""),
)  # fmt: skip
_FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A file's text with one part of it replaced."""

    path: Path
    text: str
    start: int
    end: int
    new: str

    def __str__(self) -> str:
        line = self.text.count("\n", 0, self.start) + 1
        old, new = (" ".join(part.split()) for part in (self.text[self.start : self.end], self.new))
        return f"{self.path.name}:{line}: {old} -> {new or '(nothing)'}"

    def write(self, root: Path) -> None:
        """Change the file in a copy."""
        changed = self.text[: self.start] + self.new + self.text[self.end :]
        (root / self.path).write_text(changed, encoding="utf-8")


def mutate_sql(path: Path, text: str) -> Iterator[Mutant]:
    """Make every condition true, or false where it is one of several, and change single words."""
    shown = re.sub(r"--[^\n]*", lambda found: " " * len(found[0]), text)
    for start, end, new in _find_conditions(shown):
        yield Mutant(path, text, start, end, new)
    for pattern, new in _SWAPS:
        for found in re.finditer(pattern, shown, re.MULTILINE):
            yield Mutant(path, text, *found.span(), new)


def _find_conditions(text: str) -> Iterator[tuple[int, int, str]]:
    opened: list[tuple[str, int] | None] = [None]
    for word in _WORDS.finditer(text):
        name = word[0]
        if name in {"(", "CASE"}:
            opened.append(("(", word.end()))
        elif name in {")", "END"}:
            yield from _close(text, opened.pop(), word.start(), name)
        elif name in {"WHERE", "AND", "OR", "ON"}:
            yield from _close(text, opened[-1], word.start(), name)
            is_rule = name == "ON" and text[word.end() :].lstrip().startswith("CONFLICT")
            opened[-1] = None if is_rule else (name, word.end())
        elif name[0] not in "-'":
            if name != "SELECT":
                yield from _close(text, opened[-1], word.start(), name)
            opened[-1] = None


def _close(text: str, opened: tuple[str, int] | None, end: int, name: str) -> Iterator[tuple[int, int, str]]:
    """Yield a condition that ends here, unless it is only what stands in brackets."""
    if opened is None or (opened[0] == "(" and name not in {"AND", "OR"}):
        return
    old = text[opened[1] : end]
    if old.strip():
        start = opened[1] + len(old) - len(old.lstrip())
        yield start, opened[1] + len(old.rstrip()), "1 = 0" if "OR" in {opened[0], name} else "1 = 1"


def mutate_python(path: Path, text: str) -> Iterator[Mutant]:
    """Flip comparisons and truths, drop one of several conditions, swap least and most, plus and minus."""
    lines = text.encode().splitlines(keepends=True)

    def place(row: int, column: int) -> int:
        return len((b"".join(lines[: row - 1]) + lines[row - 1][:column]).decode())

    nodes = list(ast.walk(ast.parse(text)))
    left = [node for node in nodes if isinstance(node, ast.JoinedStr | ast.arguments | ast.AnnAssign)]
    left_out = {id(part) for node in left for part in ast.walk(node)}
    for node in nodes:
        if isinstance(node, ast.expr) and id(node) not in left_out:
            for changed in _change(node):
                start = place(node.lineno, node.col_offset)
                end = place(node.end_lineno or 0, node.end_col_offset or 0)
                yield Mutant(path, text, start, end, f"({ast.unparse(ast.fix_missing_locations(changed))})")


def _change(node: ast.expr) -> Iterator[ast.expr]:
    changed = copy.deepcopy(node)
    match changed:
        case ast.Compare(ops=[op]) if type(op) in _FLIPS:
            changed.ops = [_FLIPS[type(op)]()]
            yield changed
        case ast.BoolOp(op=op, values=values):
            for dropped in values:
                kept = [value for value in values if value is not dropped]
                yield ast.BoolOp(op, kept) if kept[1:] else kept[0]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.IfExp():
            changed.body, changed.orelse = changed.orelse, changed.body
            yield changed
        case ast.Call(func=ast.Name(id="min" | "max" as name)):
            changed.func = ast.Name({"min": "max", "max": "min"}[name])
            yield changed
        case ast.BinOp(op=ast.Add() | ast.Sub() as op):
            changed.op = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
            yield changed
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case _:
            pass


def run_tests(root: Path, tests: list[str]) -> bool:
    """Run tests in a copy, on SQLite and then on PostgreSQL; return whether one fails."""
    options = ["-xq", "-n0", "-pno:randomly", "-pno:cacheprovider", f"-otimeout={SECONDS_A_TEST}"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    for engine in ENGINES:
        command = [sys.executable, "-m", "pytest", *options, *engine, *tests]
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)  # noqa: S603 - our own words
        if done.returncode not in {0, 5}:  # 5: no test of these needs that engine
            return True
    return False


def make_copy(folder: Path, number: int) -> Path:
    """Copy what the tests need."""
    root = folder / str(number)
    for name in ("stormctl", "tests", "messages", "schedules"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def find_mutants(names: list[str]) -> list[Mutant]:
    """Find every mutant of some files, or of all."""
    found = list[Mutant]()
    for path in AREAS:
        if not names or path.name in names:
            text = (ROOT / path).read_text(encoding="utf-8")
            found += (mutate_sql if path.suffix == ".sql" else mutate_python)(path, text)
    return found


def main() -> None:
    """Mutate, run, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only these files, such as claims.sql")
    parser.add_argument("--sample", type=int, help="only so many of the mutants")
    parser.add_argument("--seed", type=int, default=0, help="which ones, and in which order")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, default=60.0, help="begin none later than that")
    options = parser.parse_args()
    mutants = find_mutants(options.names)
    random.Random(options.seed).shuffle(mutants)  # noqa: S311 - no secret
    ends_s = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(options.jobs) as pool:
        copies = queue.SimpleQueue[Path]()
        for number in range(options.jobs):
            copies.put(make_copy(Path(folder), number))

        def is_noticed(mutant: Mutant) -> bool | None:
            root = copies.get()
            mutant.write(root)
            try:
                return run_tests(root, AREAS[mutant.path]) if time.monotonic() < ends_s else None
            finally:
                (root / mutant.path).write_text(mutant.text, encoding="utf-8")
                copies.put(root)

        chosen = mutants[: options.sample]
        root = copies.get()
        if run_tests(root, sorted({test for mutant in chosen for test in AREAS[mutant.path]})):
            sys.exit("a test fails without any mutant: mend it first")
        copies.put(root)
        counts = Counter[tuple[str, bool]]()
        for mutant, was_noticed in zip(chosen, pool.map(is_noticed, chosen), strict=True):
            if was_noticed is not None:
                counts += Counter({(mutant.path.name, was_noticed): 1, ("together", was_noticed): 1})
            if was_noticed is False:
                sys.stdout.write(f"survived  {mutant}\n")
                sys.stdout.flush()
    for name in [*sorted({name for name, _ in counts} - {"together"}), "together"]:
        noticed, total = counts[name, True], counts[name, True] + counts[name, False]
        sys.stdout.write(f"{name:16} {noticed:4} of {total:4} noticed, {noticed / max(1, total):.0%}\n")
    sys.stdout.write(f"of {len(mutants)} mutants, seed {options.seed}\n")


if __name__ == "__main__":
    main()
