"""Mean reversion: what went too far comes back - to its own mean, to the market's move, from an extreme (9.2)."""

from __future__ import annotations

import numpy as np

from qts_core.alphas.base import MeasuredAlpha, State
from qts_core.alphas.history import ReturnHistory, Rows
from qts_core.alphas.ml import FULL_STRENGTH_DEVIATIONS
from qts_core.alphas.windows import MINIMUM_BREADTH, MINIMUM_KNOWN, total_and_deviation
from qts_core.features.kernels.jit import kernel
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

__all__ = ["ResidualReversion", "RsiReversion", "ZScoreReversion"]


class ZScoreReversion(MeasuredAlpha):
    """Minus the distance of the logarithmic close from its mean over a window, in standard deviations.

    Parameters
    ----------
    lookback_bars : int
        Bars of the window, the present one among them.
    """

    def __init__(self, name: str, horizon_bars: int, breadth: int, lookback_bars: int) -> None:
        super().__init__(name, horizon_bars, breadth)
        self._prices = Rows(lookback_bars, breadth)

    def measure(self, bars: BarSlice, score: Floats) -> Floats:
        """Return minus the z-scores [N]; NaN where the symbol has no bar or too few."""
        price = np.log(bars.close * bars.factor)
        self._prices.push(price)
        # Measured from the newest price, a price that stands still deviates by exactly nothing.
        total, deviation, count = total_and_deviation(self._prices.values - price)
        with np.errstate(divide="ignore", invalid="ignore"):
            below_mean = np.where(deviation > 0.0, total / count / deviation, 0.0)
        return np.where(np.isnan(total), np.nan, below_mean)

    def memory(self) -> dict[str, object]:
        """Return the window."""
        return {"prices": self._prices.snapshot()}

    def recall(self, state: State) -> None:
        """Take up the window."""
        self._prices.restore(state["prices"])


class ResidualReversion(MeasuredAlpha):
    """Minus what a symbol did beyond its beta times the market, over the last bars, in standard deviations.

    The market is the mean return of all symbols, so every symbol is traded against all others and no pairs are chosen.
    Beta is the least-squares slope through the origin over the window.

    Parameters
    ----------
    lookback_bars : int
        Bars from which beta and the residuals' deviation are known.
    drift_bars : int
        Newest bars whose residuals are added up.

    References
    ----------
    Avellaneda and Lee (2010), "Statistical arbitrage in the US equities market", Quantitative Finance 10.
    """

    def __init__(self, name: str, horizon_bars: int, breadth: int, lookback_bars: int, drift_bars: int) -> None:
        super().__init__(name, horizon_bars, breadth)
        self.drift_bars = drift_bars
        self._history = ReturnHistory(lookback_bars, breadth)

    def measure(self, bars: BarSlice, score: Floats) -> Floats:
        """Return minus the standardised drifts [N]; NaN where the symbol has no bar or too few."""
        self._history.update(bars.close * bars.factor)
        drift = _residual_drift(self._history.returns, self.drift_bars)
        return np.where(np.isnan(bars.close), np.nan, -drift)

    def memory(self) -> dict[str, object]:
        """Return the window."""
        return self._history.snapshot()

    def recall(self, state: State) -> None:
        """Take up the window."""
        self._history.restore(dict(state))


class RsiReversion(MeasuredAlpha):
    """Minus Wilder's relative strength index, from the middle: an index of 100 is strength -1, of 0 strength 1.

    Parameters
    ----------
    lookback_bars : int
        Wilder's period.

    References
    ----------
    Wilder (1978), "New Concepts in Technical Trading Systems", section VI.
    """

    def __init__(self, name: str, horizon_bars: int, breadth: int, lookback_bars: int) -> None:
        super().__init__(name, horizon_bars, breadth)
        self.lookback_bars = lookback_bars
        self._last: Floats = np.full(breadth, np.nan)
        self._count: Floats = np.zeros(breadth)
        self._gain: Floats = np.zeros(breadth)
        self._loss: Floats = np.zeros(breadth)

    def measure(self, bars: BarSlice, score: Floats) -> Floats:
        """Return strength as deviations [N]; NaN where the symbol has no bar or too few."""
        close = bars.close * bars.factor
        change = close - self._last
        known = ~np.isnan(change)
        self._last = np.where(np.isnan(close), self._last, close)
        self._count = self._count + known
        # The first value is the plain mean of the first `lookback_bars` changes, later ones Wilder's average.
        divisor = np.where(known, np.minimum(self._count, float(self.lookback_bars)), 1.0)
        rise, fall = np.maximum(change, 0.0), np.maximum(-change, 0.0)
        self._gain = np.where(known, self._gain + (rise - self._gain) / divisor, self._gain)
        self._loss = np.where(known, self._loss + (fall - self._loss) / divisor, self._loss)
        moved = self._gain + self._loss
        with np.errstate(divide="ignore", invalid="ignore"):
            tilt = np.where(moved > 0.0, (self._gain - self._loss) / moved, 0.0)
        is_ready = (self._count >= self.lookback_bars) & ~np.isnan(close)
        return np.where(is_ready, -tilt * FULL_STRENGTH_DEVIATIONS, np.nan)

    def memory(self) -> dict[str, object]:
        """Return the averages."""
        return {
            "count": to_list(self._count), "gain": to_list(self._gain), "last": to_list(self._last),
            "loss": to_list(self._loss),
        }  # fmt: skip

    def recall(self, state: State) -> None:
        """Take up the averages."""
        self._count, self._gain = from_list(state["count"]), from_list(state["gain"])
        self._last, self._loss = from_list(state["last"]), from_list(state["loss"])


@kernel
def _market(returns: Floats) -> Floats:
    """Return the mean return over symbols at each bar [T]; NaN where fewer than five are known."""
    length, breadth = returns.shape
    market = np.full(length, np.nan)
    for t in range(length):
        total, count = 0.0, 0
        for i in range(breadth):
            if not np.isnan(returns[t, i]):
                total += returns[t, i]
                count += 1
        if count >= MINIMUM_BREADTH:
            market[t] = total / count
    return market


@kernel
def _residual_drift(returns: Floats, drift_bars: int) -> Floats:
    """Return the sum of each symbol's last residuals over their standard deviation times the root of their number."""
    length, breadth = returns.shape
    market, found = _market(returns), np.full(breadth, np.nan)
    for i in range(breadth):
        cross, square, known = 0.0, 0.0, 0
        for t in range(length):
            if not np.isnan(returns[t, i]) and not np.isnan(market[t]):
                cross += returns[t, i] * market[t]
                square += market[t] * market[t]
                known += 1
        if known < max(2.0, MINIMUM_KNOWN * length):
            continue
        beta = cross / square if square > 0.0 else 0.0
        spread, drift, recent = 0.0, 0.0, 0
        for t in range(length):
            if not np.isnan(returns[t, i]) and not np.isnan(market[t]):
                residual = returns[t, i] - beta * market[t]
                spread += residual * residual
                if t >= length - drift_bars:
                    drift += residual
                    recent += 1
        if recent:
            deviation = np.sqrt(spread / (known - 1) * recent)
            found[i] = drift / deviation if deviation > 0.0 else 0.0
    return found
