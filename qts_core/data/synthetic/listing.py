"""Who trades in the synthetic market: invented symbols in sectors, and their splits and dividends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from string import ascii_uppercase

import numpy as np
import polars as pl

from qts_core.data.actions.table import actions_frame
from qts_core.data.synthetic.settings import SyntheticMarketSettings
from qts_core.data.synthetic.streams import stream
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats

__all__ = ["SECTORS", "SOURCE", "Listing", "Payments", "action_table", "list_symbols", "plan_payments"]

SOURCE = "synthetic"

SECTORS = (
    ("Technology", "TEC"),
    ("Financials", "FIN"),
    ("Healthcare", "HLT"),
    ("Consumer", "CON"),
    ("Industrials", "IND"),
    ("Energy", "ENE"),
    ("Communication", "COM"),
    ("Utilities", "UTL"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """The N symbols, sorted.

    Attributes
    ----------
    instruments : tuple of Instrument
        Symbols such as ``TECAB``: three letters of the sector, two to count.
    sector : int64 [N]
        Index into ``SECTORS``.
    beta, scale, price, shares : float64 [N]
        Market exposure, relative idiosyncratic volatility, first price in USD, typical volume of a bar.
    """

    instruments: tuple[Instrument, ...]
    sector: np.ndarray[tuple[int], np.dtype[np.int64]]
    beta: Floats
    scale: Floats
    price: Floats
    shares: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Payments:
    """Corporate actions on the grid of sessions.

    Attributes
    ----------
    table : DataFrame
        Of ``ACTION_SCHEMA``.
    split_ratio : float64 [S, N]
        New shares per old that take effect at the session's open; 1 almost everywhere.
    dividend_yield : float64 [S, N]
        Planned dividend as a ratio of the price; 0 almost everywhere.
    """

    split_ratio: Floats
    dividend_yield: Floats


def list_symbols(settings: SyntheticMarketSettings) -> Listing:
    """Draw the symbols; the first of them do not depend on how many follow within a sector's turn."""
    named = []
    for i in range(settings.symbols):
        sector, turn = i % len(SECTORS), i // len(SECTORS)
        name, prefix = SECTORS[sector]
        symbol = prefix + ascii_uppercase[turn // 26] + ascii_uppercase[turn % 26]
        named.append((Instrument(symbol, name, f"Synthetic {name}"), sector))
    draws = stream(settings.seed, "listing").standard_normal((settings.symbols, 4))
    order = sorted(range(settings.symbols), key=lambda i: named[i][0].symbol)
    draws = draws[order]
    return Listing(
        tuple(named[i][0] for i in order),
        np.array([named[i][1] for i in order], dtype=np.int64),
        beta=np.clip(1.0 + 0.25 * draws[:, 0], 0.4, 1.8),
        scale=np.clip(np.exp(0.25 * draws[:, 1]), 0.6, 1.8),
        price=np.rint(100.0 * np.clip(90.0 * np.exp(0.6 * draws[:, 2]), 15.0, 450.0)) / 100.0,
        shares=60_000.0 * np.exp(0.8 * draws[:, 3]),
    )


def plan_payments(settings: SyntheticMarketSettings, listing: Listing, sessions: list[date]) -> Payments:
    """Draw when splits take effect and dividends are paid; about two thirds of the symbols pay each quarter."""
    symbols = len(listing.instruments)
    rng = stream(settings.seed, "corporate actions")
    habits = stream(settings.seed, "dividend habits").random((symbols, 3))
    draws = rng.random((len(sessions), symbols, 2))
    ratios = np.array([2.0, 3.0, 4.0, 1.5])
    happens = draws[..., 0] < settings.splits_per_year / 252.0
    happens[:2] = False
    split_ratio = np.where(happens, ratios[(draws[..., 1] * len(ratios)).astype(int)], 1.0)
    yields = np.zeros((len(sessions), symbols))
    for n in range(symbols):
        if habits[n, 0] < 0.66:
            quarter = 0.0025 + 0.0075 * habits[n, 1]
            month, day = int(habits[n, 2] * 3), 1 + math.floor(habits[n, 2] * 78) % 26
            yields[_pay_rows(sessions, month=month, day=day), n] = quarter
    return Payments(split_ratio, yields)


def _pay_rows(sessions: list[date], *, month: int, day: int) -> list[int]:
    """Return the first session on or after `day` of each third month, skipping the first session of all."""
    rows = []
    for i in range(1, len(sessions)):
        before, now = sessions[i - 1], sessions[i]
        due = (now - timedelta(days=now.day - 1)).replace(day=day)
        if now.month % 3 == month and now >= due and (before < due or before.month != now.month):
            rows.append(i)
    return [r for r in rows if r > 1]


def action_table(sessions: list[date], listing: Listing, split_ratio: Floats, cash: Floats) -> pl.DataFrame:
    """Return splits and dividends of ``ACTION_SCHEMA``, sorted by ex-date and symbol.

    Parameters
    ----------
    split_ratio, cash : float64 [S, N]
        New shares per old, and USD a share in whole cents.
    """
    rows: list[dict[str, object]] = []
    for s, n in np.argwhere((split_ratio != 1.0) | (cash > 0.0)):
        where = {"symbol": listing.instruments[n].symbol, "ex_date": sessions[s], "source": SOURCE}
        if split_ratio[s, n] != 1.0:
            old = 2.0 if split_ratio[s, n] % 1 else 1.0
            rows.append({**where, "kind": "split", "new_shares": float(split_ratio[s, n] * old), "old_shares": old})
        if cash[s, n] > 0.0:
            rows.append({**where, "kind": "dividend", "cash_per_share": float(cash[s, n])})
    return actions_frame(rows)
