"""What commands of stormctl import and make on their way, so that a warm process has it already."""

from __future__ import annotations

from importlib import import_module

from stormctl.ledger.engines import load_queries
from stormctl.settings import Settings

MODULES = """
apscheduler.triggers.date apscheduler.triggers.interval certifi charset_normalizer dotenv facebook requests
rich.console tweepy yaml stormctl.cli.console stormctl.cli.context stormctl.cli.logfile stormctl.cli.main
stormctl.cli.watching stormctl.engine.adapters stormctl.engine.awake stormctl.engine.launch
stormctl.engine.lookout stormctl.engine.mending stormctl.engine.rewriting stormctl.engine.standing
stormctl.engine.upkeep stormctl.ledger.postgres stormctl.platforms.facebook stormctl.platforms.x
stormctl.render.deliveries stormctl.render.report stormctl.render.tables stormctl.render.upkeep
tests.acceptance.unwell tests.acceptance.warm
"""

for module in MODULES.split():
    import_module(module)
Settings()
for driver in ("sqlite3", "psycopg"):
    queries = load_queries(driver)
    for name in queries.names:
        getattr(queries, name)
