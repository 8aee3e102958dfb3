"""The daemon's own orders, for the page that holds them against the market."""

from __future__ import annotations

from qts_core.adapters.db.journal import Journal
from qts_core.config.settings import Settings
from qts_core.market.errors import DataNotFoundError
from qts_core.report.evidence import Worked
from qts_core.research.live_costs import live_trades

__all__ = ["live_orders"]

ARRIVAL = "the last close that the daemon knew when it sent the order"


def live_orders(settings: Settings) -> tuple[Worked, ...]:
    """Return the orders of the daemon's journal; nothing where it never traded."""
    try:
        with Journal(settings.live_dir / "journal.db", create=False) as journal:
            trades = live_trades(journal)
    except DataNotFoundError:
        return ()
    return (Worked(trades, is_live=True, arrival=ARRIVAL),) if trades else ()
