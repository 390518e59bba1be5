"""What commands of stormctl import and make on their way, so that a warm process has it already."""

from __future__ import annotations

from importlib import import_module

from stormctl.ledger.db.sessions import load_queries
from stormctl.settings import Settings

MODULES = """
apscheduler.triggers.date apscheduler.triggers.interval certifi charset_normalizer dotenv facebook requests
rich.console tweepy yaml stormctl.cli.console stormctl.cli.context stormctl.cli.logfile stormctl.cli.main
stormctl.cli.watching stormctl.engine.accounts.adapters stormctl.engine.run.keep_awake
stormctl.engine.launch.launch stormctl.engine.alerts.notifications stormctl.engine.operate.operator_actions
stormctl.engine.accounts.rewriting stormctl.engine.operate.standing stormctl.engine.operate.maintenance
stormctl.ledger.control.alerts stormctl.ledger.views.backlog stormctl.ledger.control.budgets
stormctl.ledger.control.channels stormctl.ledger.delivery.manual_changes stormctl.ledger.delivery.enrolment
stormctl.ledger.db.guards stormctl.ledger.journal.metrics stormctl.ledger.delivery.outbox
stormctl.ledger.views.overview stormctl.ledger.db.postgres
stormctl.ledger.delivery.sweeping stormctl.platforms.facebook.adapter stormctl.platforms.x.adapter
stormctl.render.terminal.deliveries stormctl.render.terminal.report stormctl.render.terminal.tables
stormctl.render.terminal.maintenance tests.acceptance.unwell tests.acceptance.warm
"""

for module in MODULES.split():
    import_module(module)
Settings()
for driver in ("sqlite3", "psycopg"):
    queries = load_queries(driver)
    for name in queries.names:
        getattr(queries, name)
