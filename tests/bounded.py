"""Run a piece of a test in a process whose time and memory the operating system limits and measures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[1]
CPU_S = 20
"""Ten times what one file may cost, for a machine that is busy or slow."""

MEMORY_MB = 400
"""The 300 MB that one file may cost, and those of the interpreter with its libraries."""

_RUN = """
import importlib, json, resource, sys
name, argument, cpu_s, memory_mb = json.load(sys.stdin)
module, _, function = name.rpartition(":")
run = getattr(importlib.import_module(module), function)
resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + memory_mb * 1_000_000,) * 2)
result = run(argument)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps([result, int(status["VmHWM"].split()[0]) // 1000]))
"""
"""What `getrusage` calls the most memory is at least that of the parent, as it was at the start (Linux)."""


def run_bounded(name: str, argument: Any, *, cpu_s: int = CPU_S, memory_mb: int = MEMORY_MB) -> Any:
    """Call a function of a test module in a child; return what it returns, which JSON can hold.

    Args:
        name: the module and the function, as in `tests.unit.files.test_bounds:check`.
        argument: what it is given, which JSON can hold.
        cpu_s: seconds of a processor, after which the system kills it.
        memory_mb: megabytes beyond what the imports have mapped; more is refused, and the most of the whole
            process is measured.
    """
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux limits a process so")
    told = json.dumps([name, argument, cpu_s, memory_mb])
    done = subprocess.run(
        [sys.executable, "-c", _RUN], input=told, capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-2000:]}"
    result, used_mb = json.loads(done.stdout)
    assert used_mb <= memory_mb, f"{used_mb} MB were used"
    return result
