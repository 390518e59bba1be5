"""The emulator as a child process: `python -m stormctl.emulator --port 0 --accounts-json -`.

The first line of standard input is a JSON object {"accounts": […], "seed": 0, "faults": …}; `faults` is a
profile's name, a file, or a list of rules. The first line of standard output is {"port": …}, written when
the port is open. The process ends when its standard input is closed, so that a parent that was killed
leaves no orphan.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from typing import Any

from stormctl.emulator.core.accounts import parse_account
from stormctl.emulator.core.faults import Faults, parse_rules
from stormctl.emulator.server import EmulatorThread
from stormctl.errors import StormctlError, UsageError


def main() -> int:
    """Serve as told on standard input; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m stormctl.emulator")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--accounts-json", choices=["-"], required=True, help="read them from standard input")
    options = parser.parse_args()
    try:
        _serve(options.port, json.loads(sys.stdin.readline() or "{}"))
    except json.JSONDecodeError as error:
        sys.stderr.write(f"emulator: the first line of standard input is not JSON: {error}\n")
        return int(UsageError.exit_code)
    except StormctlError as error:
        sys.stderr.write(f"emulator: {error.message}\n")
        return int(error.exit_code)
    return 0


def _serve(port: int, data: dict[str, Any]) -> None:
    seed = int(data.get("seed", 0))
    wanted = data.get("faults") or "none"
    faults = (
        Faults.load(wanted, seed=seed) if isinstance(wanted, str) else Faults(parse_rules(wanted), seed=seed)
    )
    accounts = [parse_account(item) for item in data.get("accounts", [])]
    # Ctrl-C in a terminal reaches children too; the parent still wants to ask what arrived.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with EmulatorThread(accounts, seed=seed, faults=faults, port=port) as emulator:
        sys.stdout.write(json.dumps({"port": int(emulator.base_url.rpartition(":")[2])}) + "\n")
        sys.stdout.flush()
        while sys.stdin.read(4096):
            continue


if __name__ == "__main__":
    sys.exit(main())
