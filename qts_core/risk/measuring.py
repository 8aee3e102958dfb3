"""Ask the monitor for everything it knows: the measures of one moment (specification 10.3)."""

from __future__ import annotations

import numpy as np

from qts_core.market.panel import Floats
from qts_core.risk.measures.clusters import correlation_breakdown, correlations
from qts_core.risk.measures.concentration import concentration
from qts_core.risk.measures.exposures import factor_exposure, loadings_of, sector_exposure
from qts_core.risk.measures.liquidity import liquidity
from qts_core.risk.measures.market_state import absorption_shift, tail_excess, tail_index, trend
from qts_core.risk.measures.value_at_risk import cornish_fisher, over_horizon, simulated_blocks
from qts_core.risk.monitor import RiskMonitor
from qts_core.risk.risk_measures import MarketState, RiskMeasures, TailLosses

__all__ = ["measure"]

CONFIDENCES = (0.95, 0.99)
MONTH = 21
"""Sessions from which the direction is read."""
WEEK = 5
"""Sessions whose correlations are compared with the usual ones."""


def measure(monitor: RiskMonitor, generator: np.random.Generator) -> RiskMeasures:
    """Return every measure after the monitor's last bar.

    Parameters
    ----------
    generator : Generator
        For the simulated losses; seed it from the bar, and a replay gives the same bits.
    """
    weight = np.nan_to_num(monitor.weight)
    sessions, volume = monitor.sessions.recent.rows()[1:], _usual(monitor.traded.rows())
    market = _market_of(monitor, sessions)
    loadings = loadings_of(sessions, market, volume)
    factors = factor_exposure(weight, loadings)
    clusters = monitor.clusters
    symbols = [item.symbol for item in monitor.instruments]
    groups = [] if clusters is None else [np.flatnonzero(clusters.index == i) for i in range(clusters.count)]
    return RiskMeasures(
        tails={f"{confidence:.0%}".rstrip("%"): _tails(monitor, confidence, generator) for confidence in CONFIDENCES},
        drawdown=monitor.drawdown.state(),
        concentration=concentration(weight),
        gross=float(np.abs(weight).sum()),
        net=float(weight.sum()),
        delta=float(weight.sum()),
        beta=factors["beta"],
        factors=factors,
        sectors=sector_exposure(weight, monitor.sectors),
        largest_cluster=float(clusters.gross(weight).max()) if clusters is not None and clusters.count else 0.0,
        clusters=tuple(tuple(symbols[i] for i in group) for group in groups if len(group) > 1),
        liquidity=liquidity(weight * monitor.equity, volume, participation=monitor.settings.participation),
        market=_market_state(monitor, market),
    )


def _tails(monitor: RiskMonitor, confidence: float, generator: np.random.Generator) -> TailLosses:
    past, usual = monitor.tail(confidence)
    book, bars = monitor.book_bars(), monitor.settings.bars_per_session
    return TailLosses(
        past, usual, cornish_fisher(over_horizon(book, bars), confidence=confidence),
        simulated_blocks(book, bars, generator, confidence=confidence),
    )  # fmt: skip


def _market_state(monitor: RiskMonitor, sessions: Floats) -> MarketState:
    recent = correlations(monitor.bars.recent.rows(WEEK * monitor.settings.bars_per_session))
    distance, shift = correlation_breakdown(recent, monitor.correlation)
    bars, year = monitor.market_bars.rows()[:, 0], monitor.year.rows()
    return MarketState(
        trend(sessions[-MONTH:]), monitor.pulse.points, monitor.regime, distance, shift, tail_index(bars),
        tail_excess(bars), float(year[-1, 1]) if len(year) else float("nan"), absorption_shift(year[:, 1]),
    )  # fmt: skip


def _market_of(monitor: RiskMonitor, sessions: Floats) -> Floats:
    """Return the market's return of each session: its own symbol's, or the mean of all known."""
    column = next((i for i, item in enumerate(monitor.instruments) if item.role == "market"), None)
    return sessions[:, column] if column is not None else _mean(sessions, axis=1)


def _usual(traded: Floats) -> Floats:
    """Return each symbol's mean dollar volume of a bar [N]; 0 without any."""
    return np.nan_to_num(_mean(traded, axis=0))


def _mean(values: Floats, *, axis: int) -> Floats:
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    mean: Floats = np.divide(
        np.where(known, values, 0.0).sum(axis=axis), count, out=np.full(len(count), np.nan), where=count > 0
    )
    return mean
