"""The decision path's default steps in one compiled call: selection, sizing, rebalancing band, caps, crumbs.

Each step is the kernel that the step's own module uses, called in the same order on the same numbers, so the bits are
those of the steps one by one. Where a step would have something to say - a cap that cuts, a mode, a leaver - nothing
is fused: the caller goes the long way, which writes verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.alphas.signal import Signals
from qts_core.features.kernels.jit import kernel
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.portfolio.selection import _choose
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.portfolio.sizing.units import _near_or_target, _scaled
from qts_core.risk.limits import ROUNDING, Sectors, _exposures
from qts_core.risk.settings import LimitSettings
from qts_core.trading.holdings import Holdings

__all__ = ["FusedSteps", "weights", "without_crumbs"]

Flags = NDArray[np.bool_]
CURRENT, WANTED, TARGET = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class FusedSteps:
    """The numbers that the steps are told, the same at every bar.

    Attributes
    ----------
    numbers : float64 [14]
        In the order in which the kernel unpacks them; an array, which costs least to hand over.
    sectors : Sectors
    """

    numbers: Floats
    sectors: Sectors

    @classmethod
    def of(cls, portfolio: PortfolioSettings, limits: LimitSettings, sectors: Sectors) -> FusedSteps:
        """Lay out what the settings say."""
        p, cap = portfolio, limits
        numbers = (
            p.exit_threshold, p.entry_threshold, p.confidence_threshold, p.max_positions, p.slots_per_side,
            1 if p.is_long_only else 2, p.correlation, p.target_volatility, p.rebalance_threshold,
            p.rebalance_drift_ratio, p.min_position_ratio, cap.max_position_ratio, cap.max_gross_ratio,
            cap.max_net_ratio,
        )  # fmt: skip
        return cls(np.array(numbers, dtype=np.float64), sectors)

    def run(
        self, bars: BarSlice, combined: Signals, holdings: Holdings, equity: float, scale: float,
        may_open: tuple[Flags, Flags], units: Floats, volatility: Floats,
    ) -> tuple[Floats, bool] | None:  # fmt: skip
        """Return current, wanted and target weights, float64 [3, N], and whether any order follows.

        None when a cap would cut.
        """
        out = np.empty((3, len(units)))
        told = _steps(
            combined.strength, combined.confidence, combined.is_expired, holdings.quantity, holdings.on_order,
            holdings.mark, holdings.busy, bars.close, may_open[0], may_open[1], units, volatility,
            self.sectors.index, self.sectors.caps, self.numbers, equity, scale, out,
        )  # fmt: skip
        return None if told < 0 else (out, told > 0)


@kernel
def _steps(
    strength: Floats, confidence: Floats, is_expired: Flags, held: Floats, on_order: Floats, mark: Floats,
    busy: Flags, close: Floats, may_long: Flags, may_short: Flags, units: Floats, volatility: Floats,
    sector: NDArray[np.int64], caps: Floats, numbers: Floats, equity: float, scale: float, out: Floats,
) -> int:  # fmt: skip
    """Write the weights; return how many symbols would trade, -1 when a cap is broken."""
    breadth = len(held)
    exit_at, entry_at, confident_at, positions, slots, sides, correlation = numbers[:7]
    risk, band, drift, crumb, most, gross_cap, net_cap = numbers[7:]
    current, wanted, target = out[CURRENT], out[WANTED], out[TARGET]
    current[:] = weights(held, on_order, mark, equity)
    long_ready, short_ready = np.empty(breadth, dtype=np.bool_), np.empty(breadth, dtype=np.bool_)
    for i in range(breadth):
        is_ready = not np.isnan(close[i]) and not np.isnan(volatility[i])
        long_ready[i] = is_ready and may_long[i]
        short_ready[i] = is_ready and may_short[i]
    direction = np.empty(breadth)
    _choose(strength, confidence, is_expired, current, long_ready, short_ready, exit_at, entry_at, confident_at,
            int(positions), int(slots), int(sides), direction)  # fmt: skip
    wanted[:] = _scaled(direction, units, volatility, correlation, risk) * scale
    for i in range(breadth):
        # Held without a known volatility: nothing says how much it should be, so it stays what it is.
        if direction[i] != 0.0 and np.isnan(volatility[i]):
            wanted[i] = current[i]
    target[:] = _near_or_target(wanted, current, band, drift)
    by_sector, largest, gross, net = _exposures(target, sector, len(caps))
    if largest > most + ROUNDING or gross > gross_cap + ROUNDING or abs(net) > net_cap + ROUNDING:
        return -1
    if (by_sector > caps + ROUNDING).any():
        return -1
    target[:] = without_crumbs(target, current, crumb)
    return to_trade(close, target, current, held, busy, equity)


@kernel
def to_trade(close: Floats, target: Floats, current: Floats, held: Floats, busy: Flags, equity: float) -> int:
    """Return how many symbols' targets, in whole shares cut towards zero, are not what is held."""
    count = 0
    for i in range(len(target)):
        if target[i] == current[i] or busy[i] or np.isnan(close[i]):
            continue
        shares = target[i] * equity / close[i]
        if (0.0 if shares * held[i] < 0.0 else np.trunc(shares)) != held[i]:
            count += 1
    return count


@kernel
def weights(held: Floats, on_order: Floats, mark: Floats, equity: float) -> Floats:
    """Return what is held or on order, ratios of equity; nothing without a price or without equity."""
    weight = np.zeros(len(held))
    for i in range(len(held)):
        if equity > 0.0 and not np.isnan(mark[i]):
            weight[i] = (held[i] + on_order[i]) * mark[i] / equity
    return weight


@kernel
def without_crumbs(target: Floats, current: Floats, minimum: float) -> Floats:
    """Return `target` without what is too small to be opened."""
    worthwhile = target.copy()
    for i in range(len(target)):
        if abs(target[i]) < minimum and current[i] == 0.0:
            worthwhile[i] = 0.0
    return worthwhile
