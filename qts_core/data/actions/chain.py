"""Splits and dividends: chain-link factors and events (specification 5.2; X-02).

Prices are never adjusted backwards: a factor is known on its ex-date and never changes afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

import numpy as np
import polars as pl

from qts_core.data.actions.table import ActionKind, as_actions
from qts_core.market.events import CorporateActionsApplied, Dividend, Split
from qts_core.market.panel import Floats
from qts_core.market.time import NEW_YORK, day_number
from qts_core.market.timeline import Timeline

__all__ = ["actions_on", "chain_factors", "split_steps", "to_events"]


def split_steps(actions: pl.DataFrame) -> Mapping[str, list[tuple[date, float]]]:
    """Return each symbol's splits as (ex-date, new shares per old share), in order of date."""
    splits = as_actions(actions).filter(pl.col("kind") == ActionKind.SPLIT).sort("symbol", "ex_date")
    steps: dict[str, list[tuple[date, float]]] = {}
    for row in splits.iter_rows(named=True):
        steps.setdefault(row["symbol"], []).append((row["ex_date"], row["new_shares"] / row["old_shares"]))
    return steps


def chain_factors(actions: pl.DataFrame, timeline: Timeline, symbols: tuple[str, ...]) -> Floats:
    """Return the chain-link factor in force at each bar.

    Parameters
    ----------
    actions : DataFrame
        Of ``ACTION_SCHEMA``; dividends do not enter.
    timeline : Timeline
        T bars. Splits before the first bar count, so a factor does not depend on where the timeline begins.
    symbols : tuple of str
        N columns.

    Returns
    -------
    float64 [T, N]
        Product of new / old shares of every split with ``ex_date <= session``; 1 before the first.
    """
    factors = np.ones((len(timeline), len(symbols)))
    column = {symbol: i for i, symbol in enumerate(symbols)}
    for symbol, steps in split_steps(actions).items():
        if symbol not in column:
            continue
        for ex_date, ratio in steps:
            first = int(np.searchsorted(timeline.session, day_number(ex_date)))
            factors[first:, column[symbol]] *= ratio
    return factors


def actions_on(actions: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the actions that take effect on `day`, sorted by symbol and kind."""
    return actions.filter(pl.col("ex_date") == day).sort("symbol", "kind")


def to_events(actions: pl.DataFrame, day: date) -> CorporateActionsApplied:
    """Return the actions of `day` as one event, stamped midnight New York: before the first bar of that session.

    Returns
    -------
    CorporateActionsApplied
        Sorted by symbol, with exact amounts; without splits and dividends when nothing takes effect.
    """
    splits, dividends = [], []
    for row in actions_on(as_actions(actions), day).iter_rows(named=True):
        if row["kind"] == ActionKind.SPLIT:
            splits.append(Split(row["symbol"], day, _exact(row["new_shares"]), _exact(row["old_shares"])))
        elif row["kind"] == ActionKind.DIVIDEND:
            dividends.append(Dividend(row["symbol"], day, _exact(row["cash_per_share"])))
    midnight = datetime.combine(day, time(), NEW_YORK).astimezone(UTC)
    return CorporateActionsApplied(midnight, tuple(splits), tuple(dividends))


def _exact(value: float) -> Decimal:
    # The shortest decimal that reads back as this float is the number that was written in the source.
    text = repr(float(value))
    return Decimal(text.removesuffix(".0"))
