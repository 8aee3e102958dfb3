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
from qts_core.alphas.signal import Signals
from qts_core.alphas.stage import AlphaStage, build_stage
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.instruments import Instrument
from qts_core.market.light import light
from qts_core.market.panel import Floats
from qts_core.market.time import day_bounds, trading_day
from qts_core.orders.book import Position
from qts_core.portfolio.selection import select
from qts_core.portfolio.sizing import leave_alone, size, unit_weights
from qts_core.portfolio.volatility import RollingVolatility
from qts_core.risk.ladder import Losses, LossLadder
from qts_core.risk.limits import Sectors, within_limits
from qts_core.risk.modes import RiskMode
from qts_core.risk.monitor import RiskView
from qts_core.risk.verdict import PORTFOLIO, Verdict
from qts_core.trading.abstention import Judged, OpinionGate
from qts_core.trading.extra_stages import ExtraStages
from qts_core.trading.fused_steps import FusedSteps, weights, without_crumbs
from qts_core.trading.holdings import Holdings
from qts_core.trading.membership import Membership
from qts_core.trading.predictors import Prediction
from qts_core.trading.settings import Construction, CoreSettings

__all__ = ["DecisionPath", "Targets"]


NO_VIEW = RiskView()


@light
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
        self._alpha = build_stage(settings.alphas, settings.alpha, instruments)
        self._estimator = RollingVolatility(settings.portfolio.volatility_bars, breadth)
        self._membership = Membership(instruments)
        self._gate = OpinionGate([instrument.symbol for instrument in instruments])
        self._everybody: Floats = np.ones(breadth)
        self._fused = FusedSteps.of(settings.portfolio, settings.limits, self.sectors)
        self._extra = _extra(settings, instruments, equity)
        self._is_signals = settings.construction is Construction.SIGNALS
        self._direction: Floats = np.zeros(breadth)
        self._day: tuple[date, datetime, datetime] | None = None
        self._is_whole_shares = not settings.orders.is_fractional

    @property
    def risk(self) -> RiskView:
        """What the risk monitor says at this bar; nothing where there is none."""
        return NO_VIEW if self._extra is None else self._extra.view

    def hear(self, symbol: str, before: Position, after: Position, value: float, equity: float) -> None:
        """Take what a fill changed, and its value, USD."""
        if self._extra is not None and after is not before:
            self._extra.hear(symbol, before, after, traded_ratio=value / equity if equity > 0.0 else 0.0)

    def observe(self, bars: BarSlice, holdings: Holdings, equity: float) -> Losses:
        """Take a bar into volatility, losses and what else is watched."""
        self._estimator.update(bars.close * bars.factor)
        if self._day is None or not self._day[1] <= bars.ts_event < self._day[2]:
            day = trading_day(bars.ts_event)
            self._day = (day, *day_bounds(day))
            self._membership.move_to(day)
        if self._extra is not None:
            self._extra.observe(bars, holdings, equity, self._day[0])
        if bars.slot == 0:
            # Once a session is often enough for a window of many; a steady estimate trades nothing by itself.
            estimate = self._estimator.estimate()
            self._estimated(estimate if self._extra is None else self._extra.volatility(estimate))
        return self.ladder.update(equity, self._day[0])

    def judge(self, bars: BarSlice, prediction: Prediction) -> Judged:
        """Return the members' scores of a bar, without those that the model is not sure enough of."""
        members = self._membership.scores
        return self._gate.judge(bars, members(prediction.score), prediction.doubt, members(self._everybody))

    @property
    def alpha_weights(self) -> tuple[tuple[str, float], ...]:
        """Weights in force of several alphas, by name; nothing where there is one."""
        stage = self._alpha
        if not isinstance(stage, AlphaStage):
            return ()
        return tuple(zip(stage.names, stage.weights.tolist(), strict=True))

    def listen(self, bars: BarSlice, score: Floats) -> Signals:
        """Take a bar and its scores into the alphas."""
        return self._alpha.update(bars, score)

    def targets(
        self, bars: BarSlice, signals: Signals, score: Floats, holdings: Holdings, equity: float, losses: Losses,
        mode: RiskMode,
    ) -> Targets:  # fmt: skip
        """Return the weights wanted at this bar, of which :meth:`observe` was told before, and what cut them."""
        combined = combine((signals,))
        is_plain = self._extra is None and self._is_signals and self._membership.is_plain
        if is_plain and mode is RiskMode.NORMAL and not losses.verdicts:
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
        verdicts = [*losses.verdicts, *self.risk.verdicts]
        if self.settings.construction is Construction.WEIGHTS:
            wanted = np.where(np.isnan(score), current, score)
            # A flip closes first; the other side is opened from flat, at a later bar.
            target = np.where(wanted * current < 0.0, 0.0, wanted)
        elif self._extra is None:
            wanted = self._wanted(bars, combined, current) * losses.scale
            wanted = self._known(wanted, current)
            target = leave_alone(wanted, current, portfolio)
        else:
            wanted, said = self._extra.spread(bars, self._wanted(bars, combined, current), current, score, combined)
            verdicts += said
            wanted = self._known(wanted * losses.scale * self.risk.scale, current)
            target = self._extra.rebalanced(wanted, current, self.volatility)
        target, left = self._membership.without_leavers(target, current)
        verdicts += left
        if self._extra is not None:
            target, said = self._extra.restrained(target, current, equity, losses.daily)
            verdicts += said
        target = self._under_mode(target, current, mode, verdicts)
        if mode.may_increase or mode is RiskMode.REDUCE_ONLY:
            limits = self.settings.limits if self._extra is None else self._extra.limits(bars.ts_known)
            target, cuts = within_limits(target, current, self.sectors, limits, self.risk.clusters)
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
            **({} if self._extra is None else {"extra": self._extra.snapshot(), "units": to_list(self._units)}),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._alpha.restore(cast(Mapping[str, object], state["alpha"]))
        self.ladder.restore(cast(Mapping[str, object], state["ladder"]))
        self._estimator.restore(cast(Mapping[str, object], state["volatility"]))
        if self._extra is not None and "extra" in state:
            self._extra.restore(cast(Mapping[str, object], state["extra"]))
        self._estimated(from_list(state["estimate"]))
        if self._extra is not None and "units" in state:
            # Made at the session's start: trades that closed since are not in them.
            self._units = from_list(state["units"])
        self._gate.restore(state.get("doubt"))

    def _estimated(self, volatility: Floats) -> None:
        self.volatility = volatility
        if self._extra is None:
            self._units = unit_weights(volatility, self.settings.portfolio)
        else:
            self._units = self._extra.units(volatility)
        self._is_estimated = ~np.isnan(volatility)
        self._is_all_estimated = bool(self._is_estimated.all())

    def _wanted(self, bars: BarSlice, combined: Signals, current: Floats) -> Floats:
        """Return what selection and sizing want, before any ladder scales it."""
        ready = bars.present() & self._is_estimated
        may = self._membership
        self._direction = select(
            combined, current, ready & may.can_open_long, ready & may.can_open_short, self.settings.portfolio
        )
        return size(self._direction, self._units, self.volatility, self.settings.portfolio)

    def _known(self, wanted: Floats, current: Floats) -> Floats:
        """Return `wanted`, but what is held where nothing says how much it should be: its volatility is not known."""
        if self._is_all_estimated:
            return wanted
        return np.where((self._direction != 0.0) & ~self._is_estimated, current, wanted)

    @staticmethod
    def _under_mode(target: Floats, current: Floats, mode: RiskMode, verdicts: list[Verdict]) -> Floats:
        if mode is RiskMode.NORMAL:
            return target
        if mode is RiskMode.REDUCE_ONLY:
            kept = np.where(target * current > 0.0, np.minimum(np.abs(target), np.abs(current)), 0.0)
            return np.sign(current) * kept
        verdicts.append(Verdict(f"mode.{mode}", PORTFOLIO, False, f"trading is in mode {mode}", 0.0, 0.0))
        return current if mode is RiskMode.HALTED else np.zeros(len(target))


def _extra(settings: CoreSettings, instruments: Sequence[Instrument], equity: float) -> ExtraStages | None:
    if settings.choices.is_default:
        return None
    horizon = settings.alpha.expiry_bars
    return ExtraStages(
        settings.choices, settings.portfolio, settings.limits, settings.losses, instruments, equity, horizon
    )
