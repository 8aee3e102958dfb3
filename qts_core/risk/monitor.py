"""The risk monitor: one fold over bars that says what restricts trading, and measures everything when asked (10.3).

What a bar costs is a row of returns and a few numbers. Estimates are made at a session's first bar, and what moves
together every few sessions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.risk.kill import Trigger
from qts_core.risk.limits import Sectors
from qts_core.risk.measures.clusters import Clusters, clusters_of, correlations
from qts_core.risk.measures.drawdown import DrawdownWatch
from qts_core.risk.measures.history import MarketPulse, RecentRows, ReturnFold
from qts_core.risk.measures.market_state import VolatilityRegime, absorption_ratio, regime_of
from qts_core.risk.measures.value_at_risk import TailLoss, historical, normal, over_horizon
from qts_core.risk.monitor_settings import MonitorSettings
from qts_core.risk.rapid_decline import RapidDecline
from qts_core.risk.settings import LimitSettings
from qts_core.risk.verdict import PORTFOLIO, Verdict
from qts_core.risk.volatility_brake import VolatilityBrake

__all__ = ["RiskMonitor", "RiskView"]

YEAR_OF_SESSIONS = 252
FEWEST_BARS = 52
"""Bars needed before a volatility counts."""
FEWEST_SESSIONS = 100
"""Session returns needed before their quantile counts."""


@dataclass(frozen=True, slots=True, eq=False)
class RiskView:
    """What the monitor says at one bar.

    Attributes
    ----------
    verdicts : tuple of Verdict
        A refusing one means that risk is only reduced; an allowing one explains `scale` and `gross_cap`.
    scale : float
        Share of the usual size.
    gross_cap : float
        Cap on gross exposure, infinite when there is none.
    clusters : Clusters, optional
        For the limits, when they are enforced.
    triggers : tuple of Trigger
        What asks for the kill switch.
    """

    verdicts: tuple[Verdict, ...] = ()
    scale: float = 1.0
    gross_cap: float = math.inf
    clusters: Clusters | None = None
    triggers: tuple[Trigger, ...] = ()

    @property
    def is_reduce_only(self) -> bool:
        """Whether something forbids adding risk."""
        return any(not verdict.is_allowed for verdict in self.verdicts)


class RiskMonitor:
    """A fold over bars, equity and weights.

    Parameters
    ----------
    settings : MonitorSettings
    instruments : sequence of Instrument
        The N columns; one whose role is ``market`` is the market, else the mean of all is.
    equity : float
        USD at the start.
    limits : LimitSettings
        For the room under sector caps in reports.
    """

    def __init__(
        self, settings: MonitorSettings, instruments: Sequence[Instrument], equity: float,
        limits: LimitSettings | None = None,
    ) -> None:  # fmt: skip
        breadth = len(instruments)
        self.settings = settings
        self.instruments = tuple(instruments)
        self.sectors = Sectors.of(instruments, limits or LimitSettings())
        market = next((i for i, item in enumerate(instruments) if item.role == "market"), None)
        self.weight: Floats = np.zeros(breadth)
        self.equity = equity
        self.pulse = MarketPulse(market)
        self.bars = ReturnFold(settings.history_bars, breadth)
        self.sessions = ReturnFold(settings.year_sessions, breadth)
        self.traded = RecentRows(settings.history_bars, breadth)
        self.market_bars = RecentRows(settings.history_bars, 1)
        self.year = RecentRows(settings.year_sessions, 2)
        """Volatility in points and absorption ratio, a row a session."""
        self.drawdown = DrawdownWatch(equity, sessions=settings.year_sessions)
        self.brake = VolatilityBrake(settings.brake)
        self.regime = VolatilityRegime.USUAL
        self.correlation: Floats = np.full((breadth, breadth), np.nan)
        self.clusters: Clusters | None = None
        self._rapid = RapidDecline(settings.rapid_decline_limit, settings.rapid_decline_bars, equity)
        self._close: Floats = np.full(breadth, np.nan)
        self._until_review = 0
        self._absorption = math.nan
        self._tail = TailLoss(math.nan, math.nan)
        self._view = RiskView()

    def observe(self, bars: BarSlice, weight: Floats, equity: float) -> RiskView:
        """Take a closed bar, what is held at it, ratios of equity [N], and the equity, USD.

        Estimates of a session know the bars up to its first one.
        """
        is_first = bars.slot == 0
        if is_first and not np.isnan(self._close).all():
            self.sessions.update(self._close)
        linked = bars.close * bars.factor
        market = self.pulse.update(self.bars.update(linked))
        self.market_bars.push()[0] = market
        np.multiply(bars.close, bars.volume, out=self.traded.push())
        np.copyto(self._close, linked, where=~np.isnan(linked))
        self.drawdown.update(equity, is_first_of_session=is_first)
        self.weight, self.equity = weight, equity
        if is_first:
            self._view = self._estimated()
        fast = self._rapid.update(equity)
        if fast is None:
            return self._view
        known = self._view
        return RiskView(
            (*known.verdicts, fast), known.scale, known.gross_cap, known.clusters, (Trigger.RAPID_PNL_DECLINE,)
        )

    def tail(self, confidence: float) -> tuple[TailLoss, TailLoss]:
        """Return the one-day losses of the present book: historical, over sessions, and normal, from bars."""
        weight = np.nan_to_num(self.weight)
        sessions = np.nan_to_num(self.sessions.recent.rows()) @ weight
        past = historical(sessions[1:], confidence=confidence)
        book = self.book_bars()
        return past, normal(over_horizon(book, self.settings.bars_per_session), confidence=confidence)

    def book_bars(self) -> Floats:
        """Return what the present book would have earned at each recent bar, ratio of equity [T]."""
        book: Floats = np.nan_to_num(self.bars.recent.rows()[1:]) @ np.nan_to_num(self.weight)
        return book

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "absorption": None if math.isnan(self._absorption) else self._absorption,
            "bars": self.bars.snapshot(),
            "brake": self.brake.snapshot(),
            "close": to_list(self._close),
            "clusters": None if self.clusters is None else self.clusters.snapshot(),
            "correlation": to_list(self.correlation.ravel()),
            "drawdown": self.drawdown.snapshot(),
            "equity": self.equity,
            "market_bars": self.market_bars.snapshot(),
            "pulse": self.pulse.snapshot(),
            "rapid": self._rapid.snapshot(),
            "regime": self.regime.value,
            "sessions": self.sessions.snapshot(),
            "tail": to_list(np.array([self._tail.var, self._tail.cvar])),
            "traded": self.traded.snapshot(),
            "until_review": self._until_review,
            "weight": to_list(self.weight),
            "year": self.year.snapshot(),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`; the next bar is judged as if nothing had happened."""
        parts = cast(Mapping[str, Mapping[str, object]], state)
        absorption = state["absorption"]
        self._absorption = math.nan if absorption is None else float(cast(float, absorption))
        for fold, name in ((self.bars, "bars"), (self.sessions, "sessions"), (self.drawdown, "drawdown"),
                           (self.brake, "brake")):  # fmt: skip
            fold.restore(parts[name])
        for rows, name in ((self.market_bars, "market_bars"), (self.traded, "traded"), (self.year, "year")):
            rows.restore(state[name])
        self._close, self.weight = from_list(state["close"]), from_list(state["weight"])
        self.clusters = None if state["clusters"] is None else Clusters.from_snapshot(parts["clusters"])
        self.correlation = from_list(state["correlation"]).reshape(self.correlation.shape)
        self.equity = float(cast(float, state["equity"]))
        self.pulse.restore(state["pulse"])
        self._rapid.restore(cast(Sequence[float], state["rapid"]))
        self.regime = VolatilityRegime(str(state["regime"]))
        self._tail = TailLoss(*from_list(state["tail"]).tolist())
        self._until_review = int(cast(int, state["until_review"]))
        self._view = self._said()

    def _estimated(self) -> RiskView:
        """Make the estimates of a session and say what follows from them."""
        if self._until_review == 0:
            self._review()
            self._until_review = self.settings.review_sessions
        self._until_review -= 1
        points = self.pulse.points
        self.regime = regime_of(points, self.year.rows()[:, 0])
        self.year.push()[:] = points, self._absorption
        forecast = self._forecast() if self.settings.brake.target_volatility < math.inf else math.nan
        self.brake.update(points, self.regime, forecast)
        if self.settings.var_limit < math.inf and len(self.bars.recent.rows()) > FEWEST_BARS:
            past, usual = self.tail(0.95)
            is_long = len(self.sessions.recent.rows()) > FEWEST_SESSIONS
            self._tail = TailLoss(max(past.var, usual.var), max(past.cvar, usual.cvar)) if is_long else usual
        return self._said()

    def _forecast(self) -> float:
        """Return the annual volatility of the present book, ratio; NaN while too few bars are known."""
        book = self.book_bars()
        if len(book) < FEWEST_BARS:
            return math.nan
        return over_horizon(book, self.settings.bars_per_session).deviation * math.sqrt(YEAR_OF_SESSIONS)

    def _review(self) -> None:
        """Estimate anew what moves together."""
        self.correlation = correlations(self.bars.recent.rows())
        self.clusters = clusters_of(self.correlation, threshold=self.settings.correlation_threshold)
        self._absorption = absorption_ratio(self.sessions.recent.rows()[1:])

    def _said(self) -> RiskView:
        brake, limit = self.brake.in_force, self.settings.var_limit
        verdicts = list(brake.verdicts)
        if self._tail.var > limit:
            reason = "the value at risk of one day at 95 % exceeds its limit: risk is only reduced"
            verdicts.append(Verdict("limit.var", PORTFOLIO, False, reason, limit, self._tail.var))
        clusters = self.clusters if self.settings.is_correlation_enforced else None
        return RiskView(tuple(verdicts), brake.scale, brake.gross_cap, clusters)
