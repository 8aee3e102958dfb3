"""Less exposure when the market is wild: a threshold like the VIX's, more cash, leverage by volatility (10.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from qts_core.risk.measures.market_state import VolatilityRegime
from qts_core.risk.verdict import PORTFOLIO, Verdict

__all__ = ["Brake", "BrakeSettings", "VolatilityBrake"]


@dataclass(frozen=True, slots=True)
class BrakeSettings:
    """When and how far exposure is cut; the defaults cut nothing.

    Attributes
    ----------
    threshold, severe : float
        Volatility of the market in points a year (20 = 20 %), from which sizes shrink, and at which they are at
        `floor`; in between they follow a straight line.
    floor : float
        Share of the usual size that is always left.
    high_cash, extreme_cash : float
        Share of equity that stays in cash while volatility is high, and extreme, against its own past.
    target_volatility : float
        Annual volatility of the book, ratio, at which gross exposure may be 1: the gross cap is the target over the
        forecast. Infinite = no such cap.
    min_leverage, max_leverage : float
        Between which that cap stays.
    rise_per_session : float
        By how much size and cap may rise from one session to the next; they fall at once.
    """

    threshold: float = math.inf
    severe: float = math.inf
    floor: float = 0.25
    high_cash: float = 0.0
    extreme_cash: float = 0.0
    target_volatility: float = math.inf
    min_leverage: float = 0.25
    max_leverage: float = 1.0
    rise_per_session: float = 0.1


@dataclass(frozen=True, slots=True)
class Brake:
    """What is in force: share of the usual size, cap on gross exposure, and why."""

    scale: float = 1.0
    gross_cap: float = math.inf
    verdicts: tuple[Verdict, ...] = ()


class VolatilityBrake:
    """A fold over sessions: down at once, up step by step."""

    def __init__(self, settings: BrakeSettings) -> None:
        self.settings = settings
        self._in_force = Brake()
        self._reasons = (math.nan, VolatilityRegime.USUAL)

    @property
    def in_force(self) -> Brake:
        """What the last session began with."""
        return self._in_force

    def update(self, points: float, regime: VolatilityRegime, forecast: float) -> Brake:
        """Take the market's volatility in points, its regime, and the book's forecast, annual ratio; NaN = unknown."""
        s, before = self.settings, self._in_force
        scale = min(self._scale(points), before.scale + s.rise_per_session)
        wanted = min(self._leverage(forecast), self._invested(regime))
        # A cap that was not there yet does not come back step by step.
        gross_cap = min(wanted, before.gross_cap + s.rise_per_session)
        self._reasons = (points, regime)
        self._in_force = Brake(scale, gross_cap, self._explained(scale, gross_cap))
        return self._in_force

    def snapshot(self) -> dict[str, object]:
        """Return the state as JSON values; what is unknown and no cap are null."""
        cap, (points, regime) = self._in_force.gross_cap, self._reasons
        return {
            "gross_cap": cap if cap < math.inf else None,
            "points": None if math.isnan(points) else points,
            "regime": regime.value,
            "scale": self._in_force.scale,
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        cap, points = (None if state[name] is None else float(cast(float, state[name])) for name in (
            "gross_cap", "points"
        ))  # fmt: skip
        self._reasons = (math.nan if points is None else points, VolatilityRegime(str(state["regime"])))
        scale, gross_cap = float(cast(float, state["scale"])), math.inf if cap is None else cap
        self._in_force = Brake(scale, gross_cap, self._explained(scale, gross_cap))

    def _explained(self, scale: float, gross_cap: float) -> tuple[Verdict, ...]:
        s, (points, regime) = self.settings, self._reasons
        verdicts = []
        if scale < 1.0:
            reason = f"the market moves by {points:.1f} points a year: sizes are {scale:.0%} of the usual"
            verdicts.append(Verdict("market.volatility", PORTFOLIO, True, reason, s.threshold, points))
        if gross_cap < s.max_leverage:
            reason = f"volatility is {regime}: at most {gross_cap:.0%} of equity is invested"
            verdicts.append(Verdict("market.cash", PORTFOLIO, True, reason, s.max_leverage, gross_cap))
        return tuple(verdicts)

    def _scale(self, points: float) -> float:
        s = self.settings
        if math.isnan(points) or points <= s.threshold:
            return 1.0
        if points >= s.severe:
            return s.floor
        return 1.0 - (1.0 - s.floor) * (points - s.threshold) / (s.severe - s.threshold)

    def _leverage(self, forecast: float) -> float:
        s = self.settings
        if s.target_volatility == math.inf or math.isnan(forecast) or forecast <= 0.0:
            return math.inf
        return min(max(s.target_volatility / forecast, s.min_leverage), s.max_leverage)

    def _invested(self, regime: VolatilityRegime) -> float:
        s = self.settings
        cash = {VolatilityRegime.HIGH: s.high_cash, VolatilityRegime.EXTREME: s.extreme_cash}.get(regime, 0.0)
        return s.max_leverage - cash if cash > 0.0 else math.inf
