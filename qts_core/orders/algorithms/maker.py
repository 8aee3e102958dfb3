"""From a parent and its market to a schedule that works it, with the algorithm chosen or given (12.2, 12.3)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from qts_core.orders.algorithms.inside_bar import InsideProfile
from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.algorithms.plans import DAY_SECONDS, Plan, ShortfallPlan, TwapPlan, VwapPlan
from qts_core.orders.algorithms.routing import Algorithm, Ask, Route, RoutingSettings, aversion, impact_of, route
from qts_core.orders.algorithms.schedule import Schedule
from qts_core.orders.algorithms.volume import VolumeForecast, VolumeProfile
from qts_core.orders.algorithms.wishes import ScheduleSettings

__all__ = ["AlgorithmChoice", "AlgorithmSettings", "MarketFacts", "Working", "make_schedule", "window"]


class AlgorithmChoice(StrEnum):
    """What the configuration may ask for."""

    NONE = "none"
    """Orders go out whole, as without algorithms."""
    TWAP = "twap"
    VWAP = "vwap"
    SHORTFALL = "shortfall"
    ADAPTIVE = "adaptive"
    """Chosen for each order by size, urgency and cost."""


@dataclass(frozen=True, slots=True)
class AlgorithmSettings:
    """Everything that config/trading.yaml says under `execution`.

    Attributes
    ----------
    choice : AlgorithmChoice
    duration : timedelta
        Longest window of a parent.
    schedule : ScheduleSettings
    routing : RoutingSettings
    patient_offset_bps : Decimal
        Where the one limit of a small, patient order rests: on the paying side of the last price, negative = passive.
    is_volume_adaptive : bool
        Whether VWAP follows today's volume or the historical profile alone.
    spread_bps : float
        Between bid and ask, as far as costs are reckoned beforehand.
    profile_sessions : int
        Past sessions whose volume makes the profile.
    inside_bar : InsideProfile
        Path within a bar where a backtest's slices are finer than its bars.
    """

    choice: AlgorithmChoice = AlgorithmChoice.NONE
    duration: timedelta = timedelta(hours=1)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    routing: RoutingSettings = field(default_factory=RoutingSettings)
    patient_offset_bps: Decimal = Decimal(0)
    is_volume_adaptive: bool = True
    spread_bps: float = 2.0
    profile_sessions: int = 20
    inside_bar: InsideProfile = InsideProfile.STRAIGHT


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """What is known of a symbol's market at the decision.

    Attributes
    ----------
    session_open, session_close : datetime
    spread_bps : float
    daily_volatility : float
        Ratio of the price per square root of a session.
    daily_volume : float
        Shares of a usual session; 0 = not known, then the profile's.
    profile : VolumeProfile, optional
    """

    session_open: datetime
    session_close: datetime
    spread_bps: float
    daily_volatility: float
    daily_volume: float = 0.0
    profile: VolumeProfile | None = None


@dataclass(frozen=True, slots=True)
class Working:
    """A schedule, and why it is this one."""

    schedule: Schedule
    route: Route


def window(start: datetime, duration: timedelta, session_close: datetime) -> datetime | None:
    """Return the end of a window from `start`, cut at the close; None when the session is over."""
    end = min(start + duration, session_close)
    return end if end > start else None


def make_schedule(parent: ParentOrder, settings: AlgorithmSettings, market: MarketFacts) -> Working:
    """Return the schedule of `parent`; choice NONE works it as one market order.

    What is small enough to go out whole has no participation cap; it is a cap on slices.
    """
    ask = _ask(parent, settings, market)
    found = _route(ask, settings)
    forecast = VolumeForecast(parent.start, parent.end, market.session_open, market.session_close, market.profile)
    schedule = settings.schedule
    if found.algorithm in (Algorithm.MARKET, Algorithm.LIMIT):
        whole = parent.end - parent.start
        offset = settings.patient_offset_bps if found.algorithm is Algorithm.LIMIT else None
        schedule = replace(schedule, interval=whole, jitter_ratio=0.0, max_participation=None, limit_offset_bps=offset)
    return Working(Schedule(parent, _plan(found.algorithm, ask, settings), schedule, forecast), found)


def _route(ask: Ask, settings: AlgorithmSettings) -> Route:
    choice = settings.choice
    if choice is AlgorithmChoice.NONE:
        return Route(Algorithm.MARKET, "execution algorithms are off")
    found = route(ask, settings.routing)
    if choice is AlgorithmChoice.ADAPTIVE:
        return found
    given = Algorithm(choice.value)
    if given is Algorithm.SHORTFALL and impact_of(ask) is None:
        return Route(Algorithm.TWAP, "no volume is known, so shortfall has no impact to weigh; twap instead")
    return Route(given, f"the configuration says {given}", found.candidates)


def _plan(algorithm: Algorithm, ask: Ask, settings: AlgorithmSettings) -> Plan:
    model = impact_of(ask)
    if algorithm is Algorithm.SHORTFALL and model is not None:
        return ShortfallPlan(model, aversion(settings.routing, ask.urgency))
    return VwapPlan(settings.is_volume_adaptive) if algorithm is Algorithm.VWAP else TwapPlan()


def _ask(parent: ParentOrder, settings: AlgorithmSettings, market: MarketFacts) -> Ask:
    duration = parent.end - parent.start
    slices = -(-duration // settings.schedule.interval)
    profile = market.profile
    volume = market.daily_volume or (profile.session_volume if profile is not None else 0.0)
    return Ask(
        shares=float(parent.quantity),
        price=float(parent.decision_price),
        spread_bps=market.spread_bps,
        daily_volume=volume,
        daily_volatility=market.daily_volatility,
        urgency=settings.schedule.urgency,
        days=duration.total_seconds() / DAY_SECONDS,
        slices=slices,
        window_volume=() if profile is None else _window_volume(parent, market, profile, slices),
    )


def _window_volume(parent: ParentOrder, market: MarketFacts, profile: VolumeProfile, slices: int) -> tuple[float, ...]:
    session = market.session_close - market.session_open
    length = (parent.end - parent.start) / slices
    edges = [(parent.start + k * length - market.session_open) / session for k in range(slices + 1)]
    passed = [profile.cumulative(edge) for edge in edges]
    volumes = tuple(after - before for before, after in pairwise(passed))
    return volumes if sum(volumes) > 0 else ()
