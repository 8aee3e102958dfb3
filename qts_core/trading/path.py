"""From scores to target weights at one bar: alpha, selection, sizing, loss ladder, limits (design section 4).

Every step is a function of arrays over the N symbols; the state is that of the alpha, the volatility and the ladder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import numpy as np
from numpy.typing import NDArray

from qts_core.alphas.combine import combine
from qts_core.alphas.ml import MlAlpha
from qts_core.alphas.signal import Signals
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.market.time import day_bounds, trading_day
from qts_core.portfolio.selection import select
from qts_core.portfolio.sizing import leave_alone, size, unit_weights
from qts_core.portfolio.volatility import RollingVolatility
from qts_core.risk.ladder import Losses, LossLadder
from qts_core.risk.limits import Sectors, within_limits
from qts_core.risk.modes import RiskMode
from qts_core.risk.verdict import PORTFOLIO, Verdict
from qts_core.trading.abstention import Judged, OpinionGate
from qts_core.trading.fused_steps import FusedSteps, weights, without_crumbs
from qts_core.trading.holdings import Holdings
from qts_core.trading.membership import Membership
from qts_core.trading.predictors import Prediction
from qts_core.trading.settings import Construction, CoreSettings

__all__ = ["DecisionPath", "Targets"]


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What the path wants at one bar; arrays are float64 [N], ratios of equity."""

    signals: Signals
    combined: Floats
    size: Floats
    target: Floats
    current: Floats
    verdicts: tuple[Verdict, ...]
    may_trade: bool = True
    """Whether an order can follow; False spares the asking."""


class DecisionPath:
    """The steps between a prediction and its target weights.

    Parameters
    ----------
    settings : CoreSettings
    instruments : sequence of Instrument
        The N columns.
    equity : float
        USD at the start.
    """

    def __init__(self, settings: CoreSettings, instruments: Sequence[Instrument], equity: float) -> None:
        breadth = len(instruments)
        self.settings = settings
        self.sectors = Sectors.of(instruments, settings.limits)
        self.volatility: Floats = np.full(breadth, np.nan)
        self._units: Floats = np.full(breadth, np.nan)
        self._is_estimated: NDArray[np.bool_] = np.zeros(breadth, dtype=np.bool_)
        self._is_all_estimated = False
        self.ladder = LossLadder(settings.losses, equity)
        self._alpha = MlAlpha(settings.alpha, breadth)
        self._estimator = RollingVolatility(settings.portfolio.volatility_bars, breadth)
        self._membership = Membership(instruments)
        self._gate = OpinionGate([instrument.symbol for instrument in instruments])
        self._everybody: Floats = np.ones(breadth)
        self._fused = FusedSteps.of(settings.portfolio, settings.limits, self.sectors)
        self._is_signals = settings.construction is Construction.SIGNALS
        self._day: tuple[date, datetime, datetime] | None = None
        self._is_whole_shares = not settings.orders.is_fractional

    def observe(self, bars: BarSlice, equity: float) -> Losses:
        """Take a bar into volatility and losses."""
        self._estimator.update(bars.close * bars.factor)
        if bars.slot == 0:
            # Once a session is often enough for a window of many; a steady estimate trades nothing by itself.
            self._estimated(self._estimator.estimate())
        if self._day is None or not self._day[1] <= bars.ts_event < self._day[2]:
            day = trading_day(bars.ts_event)
            self._day = (day, *day_bounds(day))
            self._membership.move_to(day)
        return self.ladder.update(equity, self._day[0])

    def judge(self, bars: BarSlice, prediction: Prediction) -> Judged:
        """Return the members' scores of a bar, without those that the model is not sure enough of."""
        members = self._membership.scores
        return self._gate.judge(bars, members(prediction.score), prediction.doubt, members(self._everybody))

    def listen(self, score: Floats) -> Signals:
        """Take a bar's scores into the alpha."""
        return self._alpha.take(score)

    def targets(
        self, bars: BarSlice, signals: Signals, score: Floats, holdings: Holdings, equity: float, losses: Losses,
        mode: RiskMode,
    ) -> Targets:  # fmt: skip
        """Return the weights wanted at this bar, of which :meth:`observe` was told before, and what cut them."""
        combined = combine((signals,))
        if self._is_signals and mode is RiskMode.NORMAL and not losses.verdicts and self._membership.is_plain:
            may = (self._membership.can_open_long, self._membership.can_open_short)
            done = self._fused.run(bars, combined, holdings, equity, losses.scale, may, self._units, self.volatility)
            if done is not None:
                (current, wanted, target), may_trade = done
                is_quiet = self._is_whole_shares and not may_trade
                return Targets(signals, combined.strength, wanted, target, current, (), not is_quiet)
        return self._one_by_one(bars, signals, combined, score, holdings, equity, losses, mode)

    def _one_by_one(
        self, bars: BarSlice, signals: Signals, combined: Signals, score: Floats, holdings: Holdings, equity: float,
        losses: Losses, mode: RiskMode,
    ) -> Targets:  # fmt: skip
        portfolio = self.settings.portfolio
        current = weights(holdings.quantity, holdings.on_order, holdings.mark, equity)
        if self.settings.construction is Construction.WEIGHTS:
            wanted = np.where(np.isnan(score), current, score)
            # A flip closes first; the other side is opened from flat, at a later bar.
            target = np.where(wanted * current < 0.0, 0.0, wanted)
        else:
            wanted = self._wanted(bars, combined, current, losses.scale)
            target = leave_alone(wanted, current, portfolio)
        target, verdicts = self._membership.without_leavers(target, current)
        verdicts = [*losses.verdicts, *verdicts]
        target = self._under_mode(target, current, mode, verdicts)
        if mode.may_increase or mode is RiskMode.REDUCE_ONLY:
            target, cuts = within_limits(target, current, self.sectors, self.settings.limits)
            verdicts += cuts
        if self.settings.construction is Construction.SIGNALS:
            target = without_crumbs(target, current, portfolio.min_position_ratio)
        target = self._membership.only_tradable(target, current)
        return Targets(signals, combined.strength, wanted, target, current, tuple(verdicts))

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "alpha": self._alpha.snapshot(),
            "estimate": to_list(self.volatility),
            "ladder": self.ladder.snapshot(),
            "volatility": self._estimator.snapshot(),
            **({} if (doubt := self._gate.snapshot()) is None else {"doubt": doubt}),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._alpha.restore(cast(Mapping[str, object], state["alpha"]))
        self.ladder.restore(cast(Mapping[str, object], state["ladder"]))
        self._estimator.restore(cast(Mapping[str, object], state["volatility"]))
        self._estimated(from_list(state["estimate"]))
        self._gate.restore(state.get("doubt"))

    def _estimated(self, volatility: Floats) -> None:
        self.volatility = volatility
        self._units = unit_weights(volatility, self.settings.portfolio)
        self._is_estimated = ~np.isnan(volatility)
        self._is_all_estimated = bool(self._is_estimated.all())

    def _wanted(self, bars: BarSlice, combined: Signals, current: Floats, scale: float) -> Floats:
        ready = bars.present() & self._is_estimated
        may = self._membership
        direction = select(
            combined, current, ready & may.can_open_long, ready & may.can_open_short, self.settings.portfolio
        )
        wanted = size(direction, self._units, self.volatility, self.settings.portfolio) * scale
        # Held without a known volatility: nothing says how much it should be, so it stays what it is.
        return wanted if self._is_all_estimated else np.where((direction != 0.0) & ~self._is_estimated, current, wanted)

    @staticmethod
    def _under_mode(target: Floats, current: Floats, mode: RiskMode, verdicts: list[Verdict]) -> Floats:
        if mode is RiskMode.NORMAL:
            return target
        if mode is RiskMode.REDUCE_ONLY:
            kept = np.where(target * current > 0.0, np.minimum(np.abs(target), np.abs(current)), 0.0)
            return np.sign(current) * kept
        verdicts.append(Verdict(f"mode.{mode}", PORTFOLIO, False, f"trading is in mode {mode}", 0.0, 0.0))
        return current if mode is RiskMode.HALTED else np.zeros(len(target))
