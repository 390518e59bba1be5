"""What storms may spend: how far that goes, and the word, said once, that it goes no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stormctl.domain.base.event import EventKind
from stormctl.domain.delivery.delivery import RAISE, Budget
from stormctl.domain.platforms.channel import Platform
from stormctl.ledger.journal.rows import note_event

if TYPE_CHECKING:
    from stormctl.domain.base.clock import Moment
    from stormctl.domain.base.event import StormEvent
    from stormctl.ledger.db.sessions import Database, Session


class Budgets:
    """The budgets of a ledger's storms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def charge(self, storm_id: str, usd_micros: int) -> None:
        """Count what a storm has spent beside its posts, such as on a reading of its account.

        It may go beyond the budget: without readings no doubt could be settled.
        """
        if usd_micros:
            with self._database.transaction() as session:
                session.write("spend", storm_id=storm_id, micros=usd_micros)

    def spent(self, storm_id: str) -> int:
        """Return what a storm has spent, in millionths of a US dollar, whether it has a budget or not."""
        with self._database.reading() as session:
            spent: int = session.get("spent_of", storm_id=storm_id)["spent_usd_micros"]
            return spent

    def charge_channel(self, channel: str, usd_micros: int) -> None:
        """Count what asking about a channel has cost: the storm with the next post there has spent it."""
        if usd_micros:
            with self._database.transaction() as session:
                session.write("spend_on_channel", channel=channel, micros=usd_micros)

    def tell_spent(self, moment: Moment) -> tuple[StormEvent, ...]:
        """Write down which budgets don't pay for what is planned; each is reported once until it is changed.

        Returns:
            What was not told before, by whichever runner.
        """
        with self._database.reading() as session:
            if not _find_spent(session):
                return ()
        with self._database.transaction() as session:
            return tuple(
                _tell(session, storm_id, budget, moment) for storm_id, budget in _find_spent(session).items()
            )


def _find_dearest() -> int:
    return max(platform.facts.prices.dearest_post for platform in Platform)


def find_budget(session: Session, storm_id: str) -> Budget | None:
    """Return a storm's budget; None if it has none."""
    row = session.find("budget_of", storm_id=storm_id, dearest=_find_dearest())
    if row is None:
        return None
    return Budget(
        usd_micros=row["budget_usd_micros"], spent_usd_micros=row["spent_usd_micros"], unpaid=row["unpaid"]
    )


def is_unpaid(session: Session, key: str) -> bool:
    """Whether a delivery costs more than what is left of its storm's budget."""
    return session.find("unpaid_delivery", key=key) is not None


def _find_spent(session: Session) -> dict[str, Budget]:
    """Find the budgets that don't pay for everything and of which that was not told."""
    storms = session.rows("scant_budgets", dearest=_find_dearest())
    found = ((str(row["id"]), find_budget(session, row["id"])) for row in storms)
    return {storm_id: budget for storm_id, budget in found if budget is not None and budget.unpaid}


def _tell(session: Session, storm_id: str, budget: Budget, moment: Moment) -> StormEvent:
    text = f"the {budget.describe()} — {RAISE}"
    event = note_event(session, moment, EventKind.BUDGET_SPENT, text, storm_id=storm_id)
    session.write("set_meta", key=f"told_budget/{storm_id}", value=str(budget.usd_micros))
    return event
