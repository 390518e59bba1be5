"""What commands of stormctl import and make on their way, so that a warm process has it already."""

from __future__ import annotations

import tests.acceptance.unwell
import tests.acceptance.warm  # noqa: F401 - all of these are imported for commands to find them
from stormctl.ledger.engines import load_queries
from stormctl.settings import Settings

Settings()
for driver in ("sqlite3", "psycopg"):
    load_queries(driver)
