"""What scores would have earned net of costs, fast enough for every trial of a search (specification 7.3, 11.4).

The decisions are those of the platform: its alpha, its selection with hysteresis, its sizing and its rule to leave
positions alone, bar by bar. What is simplified is their execution: weights instead of whole shares, filled at the next
bar's open for a fixed cost of the traded value, without limits of sectors, ladders of losses and corners of the market.
Verdicts are the event backtest's; this ranks trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.alphas.ml import MlAlpha, MlAlphaSettings
from qts_core.exchange import FillSettings
from qts_core.market.panel import Floats, Panel
from qts_core.portfolio.selection import select
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.portfolio.sizing import leave_alone, size, unit_weights
from qts_core.portfolio.volatility import RollingVolatility
from qts_core.training.folds import RowRange

__all__ = ["NetReturns", "TradingTape"]

BORROW_DAYS = 360
RATIO_PER_BPS = 1e-4
LAST_BARS = 2
"""A position is flat over the last bars of a range: what it earns there is made by prices beyond it."""


@dataclass(frozen=True, slots=True, eq=False)
class NetReturns:
    """What trading some rows gave.

    Attributes
    ----------
    days : int32 [D]
        Trading dates, days since 1970-01-01.
    values : float64 [D]
        Net return of each session, ratio.
    traded : float64 [D]
        Traded value over equity, both sides counted.
    trades : int
        Positions opened.
    """

    days: NDArray[np.int32]
    values: Floats
    traded: Floats
    trades: int

    @classmethod
    def joined(cls, parts: tuple[NetReturns, ...]) -> NetReturns:
        """Return the parts one after the other in time; their sessions must differ.

        Sessions that two parts share, because a fold ends within one, are added.
        """
        days = np.concatenate([part.days for part in parts])
        unique, place = np.unique(days, return_inverse=True)
        values, traded = np.zeros(len(unique)), np.zeros(len(unique))
        np.add.at(values, place, np.concatenate([part.values for part in parts]))
        np.add.at(traded, place, np.concatenate([part.traded for part in parts]))
        return cls(unique.astype(np.int32), values, traded, sum(part.trades for part in parts))


@dataclass(frozen=True, slots=True, eq=False)
class TradingTape:
    """Everything about the market that no trial changes.

    Attributes
    ----------
    session : int32 [T]
        Trading date of each bar.
    is_last : bool [T]
        Whether a bar is the last of its session.
    ready : bool [T, N]
        Where a symbol has a bar and a volatility.
    units, volatility : float64 [T, N]
        Weight of one position, and annual volatility; as of each session's first bar.
    earned : float64 [T, N]
        What a weight decided at the close of t earns: from the next open to the one after it, splits and dividends
        taken in; 0 where there is none.
    cost_ratio, sale_ratio, borrow_ratio : float
        Cost of the traded value, further cost of what is sold, and of a short position each session.
    """

    session: NDArray[np.int32]
    is_last: NDArray[np.bool_]
    ready: NDArray[np.bool_]
    units: Floats
    volatility: Floats
    earned: Floats
    alpha: MlAlphaSettings
    portfolio: PortfolioSettings
    cost_ratio: float
    sale_ratio: float
    borrow_ratio: float

    @classmethod
    def of(cls, panel: Panel, alpha: MlAlphaSettings, portfolio: PortfolioSettings, fills: FillSettings) -> TradingTape:
        """Prepare the bars of `panel` for the decision path that the settings describe, at the costs of `fills`."""
        line, closes = panel.timeline, panel["close"] * panel["factor"]
        estimator = RollingVolatility(portfolio.volatility_bars, len(panel.symbols))
        volatility, units = np.full(closes.shape, np.nan), np.full(closes.shape, np.nan)
        for row in range(len(line)):
            estimator.update(closes[row])
            if line.slot[row] == 0:
                volatility[row] = estimator.estimate()
                units[row] = unit_weights(volatility[row], portfolio)
            elif row:
                volatility[row], units[row] = volatility[row - 1], units[row - 1]
        return cls(
            session=line.session,
            is_last=line.slot == line.slots - 1,
            ready=np.isfinite(closes) & np.isfinite(volatility),
            units=units,
            volatility=volatility,
            earned=_earned(panel["open"] * panel["factor"]),
            alpha=alpha,
            portfolio=portfolio,
            cost_ratio=float(fills.half_spread_bps + fills.slippage_bps + fills.commission_bps) * RATIO_PER_BPS,
            sale_ratio=float(fills.sec_fee_per_million) * 1e-6,
            borrow_ratio=float(fills.short_borrow_bps_per_year) * RATIO_PER_BPS / BORROW_DAYS,
        )

    def trade(self, scores: Floats, rows: tuple[RowRange, ...]) -> NetReturns:
        """Trade float64 [T, N] scores over `rows`, each range from flat.

        Returns
        -------
        NetReturns
            Of the sessions in `rows`. Each range ends flat, so that no price beyond it is looked at.
        """
        return NetReturns.joined(tuple(self._range(scores, r.start, r.stop) for r in rows))

    def _range(self, scores: Floats, start: int, stop: int) -> NetReturns:
        breadth = scores.shape[1]
        alpha = MlAlpha(self.alpha, breadth)
        held = np.zeros(breadth)
        net, traded, trades = np.zeros(stop - start), np.zeros(stop - start), 0
        for place, row in enumerate(range(start, stop)):
            is_closing = row >= stop - LAST_BARS
            target = np.zeros(breadth) if is_closing else self._target(alpha, scores[row], held, row)
            change = target - held
            turnover = float(np.abs(change).sum())
            net[place] = float(target @ self.earned[row]) - self._cost(change, turnover, target, row)
            traded[place] = turnover
            trades += int(np.count_nonzero((held == 0.0) & (target != 0.0)))
            held = target * (1.0 + self.earned[row]) / (1.0 + net[place])
        days, place_of = np.unique(self.session[start:stop], return_inverse=True)
        daily = np.expm1(np.bincount(place_of, np.log1p(np.maximum(net, -0.99)), len(days)))
        exchanged = np.bincount(place_of, traded, len(days)).astype(np.float64)
        return NetReturns(days, daily, exchanged, trades)

    def _target(self, alpha: MlAlpha, score: Floats, held: Floats, row: int) -> Floats:
        signals = alpha.take(score)
        ready = self.ready[row]
        direction = select(signals, held, ready, ready, self.portfolio)
        units, volatility = self.units[row], self.volatility[row]
        target = leave_alone(size(direction, units, volatility, self.portfolio), held, self.portfolio)
        # without a bar nothing can be traded, without a volatility nothing says how much
        return np.where(ready, target, held)

    def _cost(self, change: Floats, turnover: float, target: Floats, row: int) -> float:
        sold = float(-np.minimum(change, 0.0).sum())
        borrow = self.borrow_ratio * float(-np.minimum(target, 0.0).sum()) if self.is_last[row] else 0.0
        return self.cost_ratio * turnover + self.sale_ratio * sold + borrow


def _earned(opens: Floats) -> Floats:
    """Return the move from the open of t + 1 to that of t + 2; bars that are missing take the open before them."""
    known = np.isfinite(opens)
    last = np.maximum.accumulate(np.where(known, np.arange(len(opens))[:, None], -1), axis=0)
    filled = np.where(last >= 0, np.take_along_axis(opens, np.maximum(last, 0), axis=0), np.nan)
    earned = np.zeros(opens.shape)
    if len(opens) > 2:
        move = filled[2:] / filled[1:-1] - 1.0
        earned[:-2] = np.where(np.isfinite(move), move, 0.0)
    return earned
