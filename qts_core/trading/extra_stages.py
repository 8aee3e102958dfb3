"""Steps of the decision path that configuration switches on: sizer, optimiser, rebalancing, monitor, stops, kills.

The shipped configuration has none of them, and then none of this runs: the default path is as it was, to the bit. Each
is a fold of its own floor; here they are put in their places and their states kept together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol, cast

import numpy as np

from qts_core.alphas.signal import Signals
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.market.time import day_number
from qts_core.market.timeline import BARS_PER_YEAR
from qts_core.orders.book import Position
from qts_core.portfolio.optimisation.optimiser import PortfolioOptimiser
from qts_core.portfolio.optimisation.settings import OptimiserSettings
from qts_core.portfolio.rebalancing.rebalancer import Rebalancer
from qts_core.portfolio.rebalancing.settings import RebalanceSettings
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.portfolio.sizing import leave_alone, unit_weights
from qts_core.portfolio.sizing.base import SizerSettings, SizingInputs
from qts_core.portfolio.sizing.limits import SoftLimit, within_position_value, within_turnover
from qts_core.portfolio.sizing.methods import make_sizer
from qts_core.portfolio.sizing.volatility_target import RollingAtr
from qts_core.risk.kill import KillPolicy
from qts_core.risk.monitor import RiskMonitor, RiskView
from qts_core.risk.monitor_settings import MonitorSettings
from qts_core.risk.order_checks import OrderChecks
from qts_core.risk.overrides import Override, Overrides
from qts_core.risk.settings import LimitSettings, LossSettings
from qts_core.risk.trade_stops import StopView, TradeStops
from qts_core.risk.verdict import Verdict
from qts_core.trading.closed_trades import ClosedTrades
from qts_core.trading.fused_steps import weights
from qts_core.trading.holdings import Holdings

__all__ = ["Choices", "ExtraStages"]


class Fold(Protocol):
    """What keeps a state."""

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        ...

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        ...


@dataclass(frozen=True, slots=True)
class Choices:
    """What is switched on; None = the default step.

    Attributes
    ----------
    sizer : SizerSettings, optional
        Another unit than the inverse volatility within a band.
    is_atr : bool
        Whether volatility comes from the average true range.
    optimiser : OptimiserSettings, optional
        Spreads the gross that sizing asks for over the chosen positions; falls back visibly.
    rebalance : RebalanceSettings, optional
        Another rule than the 5/25 one.
    monitor : MonitorSettings, optional
        Risk measures that restrict trading.
    has_trade_stops : bool
        Whether a position is closed at its own loss limit.
    max_daily_turnover : float
        Ratio of equity; infinite = no limit.
    kill : KillPolicy, optional
        What each trigger does, where it is not the shipped table.
    max_position_usd : float
        Largest value of one position; infinite = none.
    soft_start, soft_floor : float
        Share of the limits on gross exposure and the day's loss from which additions shrink, and what is left of them
        at the limit; 1 = not felt before.
    has_buying_power : bool
        Whether orders may cost no more than the broker lends.
    overrides : tuple of Override
        Limits that a person has set aside.
    checks : OrderChecks, optional
        When orders at work and finished ones are remarkable.
    """

    sizer: SizerSettings | None = None
    is_atr: bool = False
    optimiser: OptimiserSettings | None = None
    rebalance: RebalanceSettings | None = None
    monitor: MonitorSettings | None = None
    has_trade_stops: bool = False
    max_daily_turnover: float = math.inf
    kill: KillPolicy | None = None
    max_position_usd: float = math.inf
    soft_start: float = 1.0
    soft_floor: float = 0.0
    has_buying_power: bool = False
    overrides: tuple[Override, ...] = ()
    checks: OrderChecks | None = None

    @property
    def is_default(self) -> bool:
        """Whether no step of the path is another than the default one."""
        return replace(self, kill=None, has_buying_power=False, checks=None) == Choices()


class ExtraStages:
    """The folds that `choices` name, observed at each bar before targets are made.

    Parameters
    ----------
    choices : Choices
    portfolio, limits, losses
        The settings that they share with the default steps.
    instruments : sequence of Instrument
        The N columns.
    equity : float
        USD at the start.
    horizon_bars : int
        Over which a score is an expected return.
    """

    def __init__(
        self, choices: Choices, portfolio: PortfolioSettings, limits: LimitSettings, losses: LossSettings,
        instruments: Sequence[Instrument], equity: float, horizon_bars: int,
    ) -> None:  # fmt: skip
        breadth = len(instruments)
        symbols = [instrument.symbol for instrument in instruments]
        self.choices = choices
        self.view = RiskView()
        self._portfolio, self._limits = portfolio, limits
        self._per_year = BARS_PER_YEAR / max(horizon_bars, 1)
        self._sizer = None if choices.sizer is None else make_sizer(choices.sizer, portfolio)
        self._trades = ClosedTrades()
        self._atr = RollingAtr(portfolio.volatility_bars, breadth) if choices.is_atr else None
        self._optimiser = None
        if choices.optimiser is not None:
            self._optimiser = PortfolioOptimiser(choices.optimiser, [item.sector for item in instruments])
        self._rebalancer = None if choices.rebalance is None else Rebalancer(choices.rebalance, breadth)
        self._monitor = None
        if choices.monitor is not None:
            self._monitor = RiskMonitor(choices.monitor, instruments, equity, limits)
        self._stops = TradeStops(symbols, losses.trade_limit) if choices.has_trade_stops else None
        self._stop: StopView | None = None
        self._overrides = Overrides(choices.overrides) if choices.overrides else None
        start, floor = choices.soft_start, choices.soft_floor
        self._soft_gross = SoftLimit(limits.max_gross_ratio, start, floor) if start < 1.0 else None
        self._soft_loss = SoftLimit(losses.daily_limit, start, floor) if start < 1.0 else None
        self._spread: Floats = np.zeros(breadth)
        self._direction: Floats = np.zeros(breadth)
        self._session = 0
        self._traded = 0.0

    # -- told by the path --------------------------------------------------------------------------------------

    def observe(self, bars: BarSlice, holdings: Holdings, equity: float, day: date) -> None:
        """Take a closed bar and what is held at it."""
        session = day_number(day)
        if session != self._session:
            self._session, self._traded = session, 0.0
        if self._atr is not None:
            self._atr.update(bars.high * bars.factor, bars.low * bars.factor, bars.close * bars.factor)
        if self._optimiser is not None and bars.slot == 0:
            self._optimiser.observe(bars.close * bars.factor)
        if self._monitor is not None:
            held = weights(holdings.quantity, np.zeros(len(holdings.quantity)), holdings.mark, equity)
            self.view = self._monitor.observe(bars, held, equity)
        if self._stops is not None:
            self._stop = self._stops.update(holdings.quantity, holdings.average_price, holdings.mark, equity)

    def hear(self, symbol: str, before: Position, after: Position, *, traded_ratio: float) -> None:
        """Take what a fill changed, and its value as a ratio of equity."""
        self._traded += traded_ratio
        closed = self._trades.update(symbol, before, after)
        if closed is not None and self._sizer is not None:
            self._sizer.observe_trade(closed)

    # -- asked by the path -------------------------------------------------------------------------------------

    def volatility(self, otherwise: Floats) -> Floats:
        """Return the annual volatility [N] to size by."""
        return otherwise if self._atr is None else self._atr.estimate()

    def units(self, volatility: Floats) -> Floats:
        """Return the weight [N] of each symbol when held."""
        if self._sizer is None:
            return unit_weights(volatility, self._portfolio)
        monitor = self._monitor
        if monitor is None:
            return self._sizer.units(SizingInputs(volatility))
        pairs = monitor.correlation[np.triu_indices(len(volatility), 1)]
        known = pairs[~np.isnan(pairs)]
        mean = float(known.mean()) if len(known) else None
        return self._sizer.units(SizingInputs(volatility, monitor.regime.value, mean))

    def spread(
        self, bars: BarSlice, sized: Floats, current: Floats, score: Floats, combined: Signals
    ) -> tuple[Floats, list[Verdict]]:
        """Return the weights that the optimiser makes of `sized`, at a session's start and when a direction changes."""
        if self._optimiser is None:
            return sized, []
        direction = np.sign(sized)
        if bars.slot != 0 and (direction == self._direction).all():
            return self._spread, []
        found = self._optimiser.spread(direction, sized, current, score * self._per_year, combined.confidence)
        self._spread, self._direction = found.weights, direction
        return found.weights, [] if found.verdict is None else [found.verdict]

    def rebalanced(self, wanted: Floats, current: Floats, volatility: Floats) -> Floats:
        """Return what is traded towards."""
        if self._rebalancer is None:
            return leave_alone(wanted, current, self._portfolio)
        return self._rebalancer.update(wanted, current, self._session, volatility).target

    def restrained(
        self, target: Floats, current: Floats, equity: float, daily_loss: float
    ) -> tuple[Floats, list[Verdict]]:
        """Return `target` without what single positions have lost too much in, and within the limits of sizing."""
        verdicts: list[Verdict] = []
        if self._stop is not None:
            target = self._stop.applied(target)
            verdicts += self._stop.verdicts
        if self._soft_gross is not None and self._soft_loss is not None:
            target = self._soft_gross.soften(target, current, float(np.abs(current).sum()))
            target = self._soft_loss.soften(target, current, daily_loss)
        if self.choices.max_position_usd < math.inf:
            target = within_position_value(target, equity, self.choices.max_position_usd)
        if self.choices.max_daily_turnover < math.inf:
            target, cut = within_turnover(target, current, self._traded, self.choices.max_daily_turnover)
            verdicts += cut
        return target, verdicts

    def limits(self, now: datetime) -> LimitSettings:
        """Return the limits in force: less a person has set aside, more cash while the market is wild."""
        limits = self._limits if self._overrides is None else self._overrides.widened(self._limits, now)
        if self.view.gross_cap >= limits.max_gross_ratio:
            return limits
        return replace(limits, max_gross_ratio=self.view.gross_cap)

    # -- state -------------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        folds = {name: None if fold is None else fold.snapshot() for name, fold in self._folds().items()}
        return {
            **folds,
            "direction": to_list(self._direction),
            "session": self._session,
            "spread": to_list(self._spread),
            "trades": self._trades.snapshot(),
            "traded": self._traded,
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`; a fold that was not there begins anew."""
        for name, fold in self._folds().items():
            kept = state.get(name)
            if fold is not None and kept is not None:
                fold.restore(cast(Mapping[str, object], kept))
        self._direction, self._spread = from_list(state["direction"]), from_list(state["spread"])
        self._session, self._traded = int(cast(int, state["session"])), float(cast(float, state["traded"]))
        self._trades.restore(cast(Mapping[str, object], state["trades"]))

    def _folds(self) -> dict[str, Fold | None]:
        return {
            "atr": self._atr, "monitor": self._monitor, "optimiser": self._optimiser, "rebalancer": self._rebalancer,
            "sizer": self._sizer, "stops": self._stops,
        }  # fmt: skip
