"""Run stormctl as `python -m stormctl`."""

from __future__ import annotations

from stormctl.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
