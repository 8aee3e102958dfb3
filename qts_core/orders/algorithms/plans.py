"""Plans of a schedule: which share of the parent is to be out by each slice, by TWAP, VWAP or shortfall (12.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Protocol, cast

from qts_core.market.calendar import REGULAR_MINUTES
from qts_core.orders.algorithms.almgren_chriss import ImpactModel, trajectory
from qts_core.orders.algorithms.volume import VolumeForecast

__all__ = ["Plan", "ShortfallPlan", "SliceView", "TwapPlan", "VwapPlan", "plan_from"]

PRIOR_MOVES = 30.0
"""Moves' worth of belief in the volatility that was given, against what the window shows."""
DAY_SECONDS = REGULAR_MINUTES * 60.0


@dataclass(frozen=True, slots=True)
class SliceView:
    """What a plan may know when a slice is due.

    Attributes
    ----------
    number, slices : int
        This slice, from 0, and how many there are.
    now, slice_end, end : datetime
        The slice's due moment, the start of the next, the end of the window.
    quantity, committed : float
        Shares of the parent; those filled or on their way.
    forecast : VolumeForecast
    """

    number: int
    slices: int
    now: datetime
    slice_end: datetime
    end: datetime
    quantity: float
    committed: float
    forecast: VolumeForecast

    @property
    def even(self) -> float:
        """Return the share that equal slices would have sent with this one."""
        return (self.number + 1) / self.slices


class Plan(Protocol):
    """How a parent is spread over its slices."""

    name: ClassVar[str]

    def hear(self, close: float, elapsed: float) -> None:
        """Take the close of a bar within the window, USD, and its length, days."""

    def share(self, view: SliceView) -> float:
        """Return the share of the parent, 0 to 1, that is to be out with this slice; the last slice sends the rest."""

    def snapshot(self) -> dict[str, object]:
        """Return parameters and state as JSON values, with the plan's name."""


@dataclass(slots=True)
class TwapPlan:
    """Time-weighted: quantity / (duration / interval) in each slice."""

    name: ClassVar[str] = "twap"

    def hear(self, close: float, elapsed: float) -> None:
        """Prices do not matter."""

    def share(self, view: SliceView) -> float:
        """Return equal slices."""
        return view.even

    def snapshot(self) -> dict[str, object]:
        """Return the name alone."""
        return {"name": self.name}


@dataclass(slots=True)
class VwapPlan:
    """Volume-weighted: the share out follows the market's share of the window's volume.

    ``(heard in the window + expected until the slice's end) / (heard + expected until the window's end)``. With
    `is_adaptive` off it is the historical profile alone. Where no volume is known yet it falls back to equal slices.
    """

    is_adaptive: bool = True
    name: ClassVar[str] = "vwap"

    def hear(self, close: float, elapsed: float) -> None:
        """Prices do not matter."""

    def share(self, view: SliceView) -> float:
        """Return the market's share of volume."""
        forecast = view.forecast
        is_fixed = not self.is_adaptive and forecast.profile is not None
        since = forecast.start if is_fixed else forecast.until
        soon, rest = forecast.expect(since, view.slice_end), forecast.expect(since, view.end)
        done = 0.0 if is_fixed else forecast.observed
        if soon is None or rest is None or done + rest <= 0:
            return view.even
        return (done + soon) / (done + rest)

    def snapshot(self) -> dict[str, object]:
        """Return the parameters."""
        return {"name": self.name, "is_adaptive": self.is_adaptive}


@dataclass(slots=True)
class ShortfallPlan:
    """Implementation shortfall: Almgren and Chriss's trajectory, computed again at each slice from what is left.

    The impact follows today's volume and sigma follows the window's moves, so that the rate of trading adapts. Where
    nothing differs from the plan, computing it again changes nothing: the trajectory is consistent in time.

    Attributes
    ----------
    model : ImpactModel
    risk_aversion : float
        Lambda, per USD, at least 0.
    """

    model: ImpactModel
    risk_aversion: float
    moves: float = 0.0
    squares: float = 0.0
    last_close: float = field(default=math.nan)
    name: ClassVar[str] = "shortfall"

    @property
    def volatility_ratio(self) -> float:
        """Return the window's volatility over the given one, drawn to 1 by the prior."""
        return math.sqrt((PRIOR_MOVES + self.squares) / (PRIOR_MOVES + self.moves))

    def hear(self, close: float, elapsed: float) -> None:
        """Count a move in units of its expected size."""
        if math.isnan(close) or elapsed <= 0:
            return
        usual = self.model.sigma**2 * elapsed
        if not math.isnan(self.last_close) and usual > 0:
            self.moves += 1
            self.squares += (close - self.last_close) ** 2 / usual
        self.last_close = close

    def share(self, view: SliceView) -> float:
        """Return what the best trajectory of the rest sends now."""
        left = view.quantity - view.committed
        slices = view.slices - view.number
        days = (view.end - view.now).total_seconds() / DAY_SECONDS
        model = self.model.scaled(volume=view.forecast.ratio, volatility=self.volatility_ratio)
        after = float(trajectory(left, days, slices, model, self.risk_aversion)[1])
        return 1 - after / view.quantity

    def snapshot(self) -> dict[str, object]:
        """Return parameters and what was counted."""
        model = self.model
        return {
            "name": self.name,
            "model": [model.epsilon, model.eta, model.gamma, model.sigma],
            "risk_aversion": self.risk_aversion,
            "counted": [self.moves, self.squares, None if math.isnan(self.last_close) else self.last_close],
        }


def plan_from(state: Mapping[str, object]) -> Plan:
    """Return the plan that a plan's ``snapshot`` wrote."""
    return MAKERS[str(state["name"])](state)


def _twap(state: Mapping[str, object]) -> Plan:
    return TwapPlan()


def _vwap(state: Mapping[str, object]) -> Plan:
    return VwapPlan(bool(state["is_adaptive"]))


def _shortfall(state: Mapping[str, object]) -> Plan:
    moves, squares, last = cast(tuple[float, float, float | None], state["counted"])
    model = ImpactModel(*cast(list[float], state["model"]))
    risk_aversion = cast(float, state["risk_aversion"])
    return ShortfallPlan(model, risk_aversion, moves, squares, math.nan if last is None else last)


MAKERS: Mapping[str, Callable[[Mapping[str, object]], Plan]] = MappingProxyType(
    {TwapPlan.name: _twap, VwapPlan.name: _vwap, ShortfallPlan.name: _shortfall}
)
