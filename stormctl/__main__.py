"""Run stormctl as `python -P -m stormctl`: without -P Python runs modules of the folder that it is in."""

from __future__ import annotations

from stormctl.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
