# The one definition of every check: people, hooks and servers call these recipes.

set windows-shell := ["powershell.exe", "-NoLogo", "-NoProfile", "-Command"]

# List the recipes
default:
    @just --list

# Everything that must pass before a change is merged
check: lint types test

# Fix what can be fixed automatically
fix:
    ruff check --fix
    ruff format

# Format, lint rules, import contracts, spelling
lint:
    ruff format --check
    ruff check
    lint-imports
    codespell

# Types, strict, of the package and the tests
types:
    mypy

# Tests: the plain run, what is named (just test tests/unit/domain -x), or the long scenes (just test -m long)
test *args:
    pytest {{ args }}

# Run one benchmark of benchmarks/ by its name and print its ratio
bench name *args:
    python -m benchmarks.{{ name }} {{ args }}

# Write the generated pages anew: docs/cli.md and docs/schedules.md
docs:
    python -m stormctl.cli.reference
