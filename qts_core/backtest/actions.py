"""Where in a panel corporate actions take effect (specification 11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl

from qts_core.data.actions.chain import to_events
from qts_core.data.actions.identity import carry_actions
from qts_core.data.actions.table import ActionKind
from qts_core.market.events import CorporateActionsApplied
from qts_core.market.panel import Panel
from qts_core.market.time import day_number

__all__ = ["Delisting", "actions_by_row", "delistings_by_row"]


@dataclass(frozen=True, slots=True)
class Delisting:
    """A symbol that ends, and what its holders get, USD a share; None = the last price."""

    symbol: str
    price: Decimal | None


def actions_by_row(actions: pl.DataFrame | None, panel: Panel) -> dict[int, CorporateActionsApplied]:
    """Return the splits and dividends of the panel's symbols by the row before which they take effect.

    That is the first bar of the session on or after the ex-date; actions outside the panel's span are left out.
    """
    if actions is None or not len(panel):
        return {}
    # The panel's series stand under the symbols of its last day, and so do their actions.
    named = carry_actions(actions, date(1970, 1, 1) + timedelta(days=int(panel.timeline.session[-1])))
    ours = named.filter(pl.col("symbol").is_in(list(panel.symbols)))
    found: dict[int, CorporateActionsApplied] = {}
    for day in sorted(set(ours.get_column("ex_date").to_list())):
        row = _first_row(panel, day)
        if row is None:
            continue
        event = to_events(ours, day)
        before = found.get(row)
        found[row] = event if before is None else CorporateActionsApplied(
            event.ts_event, before.splits + event.splits, before.dividends + event.dividends
        )  # fmt: skip
    return found


def delistings_by_row(actions: pl.DataFrame | None, panel: Panel) -> dict[int, tuple[Delisting, ...]]:
    """Return the delistings of the panel's symbols by the first row without them."""
    if actions is None or not len(panel):
        return {}
    named = carry_actions(actions, date(1970, 1, 1) + timedelta(days=int(panel.timeline.session[-1])))
    ours = named.filter((pl.col("kind") == ActionKind.DELISTING) & pl.col("symbol").is_in(list(panel.symbols)))
    found: dict[int, tuple[Delisting, ...]] = {}
    for line in ours.sort("ex_date", "symbol").iter_rows(named=True):
        row = _first_row(panel, line["ex_date"])
        if row is not None:
            paid = line["cash_per_share"]
            price = None if paid is None else Decimal(repr(float(paid)))
            found[row] = (*found.get(row, ()), Delisting(line["symbol"], price))
    return found


def _first_row(panel: Panel, day: date) -> int | None:
    """Return the first row of the session on or after `day`; None if that lies outside the panel."""
    sessions = panel.timeline.session
    number = day_number(day)
    row = int(np.searchsorted(sessions, number))
    return row if row < len(sessions) and number >= int(sessions[0]) else None
