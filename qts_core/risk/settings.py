"""Settings of limits, loss ladders and the kill policy (specification 15.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["DrawdownLevel", "LimitSettings", "LossSettings"]


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Caps on exposure, ratios of equity.

    Attributes
    ----------
    max_position_ratio, max_gross_ratio, max_net_ratio, max_sector_ratio : float
        Caps on |weight|, on its sum, on |sum of weights| and on the sum of |weight| within a sector.
    max_positions : int
        Positions at most.
    other_sector_ratio : float
        Cap of each sector that `sector_ratios` does not name; infinite = none but `max_sector_ratio`.
    sector_ratios : mapping of str to float
        Tighter caps for single sectors.
    headroom_ratio : float
        A cap that drift has broken is restored with this much to spare, so that it is not broken again at once.
    max_correlated_ratio : float
        Cap on the sum of |weight| within a cluster of correlated symbols; holds where clusters are given (X-03).
    max_concentration : float
        Cap on the sum of squared weights, the Herfindahl index of equity; infinite = none.
    restricted : frozenset of str
        Symbols that may be sold down but never bought up or shorted further.
    buying_power_reserve_ratio : float
        Share of the buying power that is never used: prices move between a decision and its fill.
    quiet_open_bars, quiet_close_bars : int
        Bars at the session's start and before its last one in which nothing is opened or increased.
    """

    max_position_ratio: float = 0.10
    max_gross_ratio: float = 1.0
    max_net_ratio: float = 0.20
    max_sector_ratio: float = 0.30
    max_positions: int = 20
    other_sector_ratio: float = math.inf
    sector_ratios: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    headroom_ratio: float = 0.05
    max_correlated_ratio: float = math.inf
    max_concentration: float = math.inf
    restricted: frozenset[str] = frozenset()
    buying_power_reserve_ratio: float = 0.0
    quiet_open_bars: int = 0
    quiet_close_bars: int = 0


@dataclass(frozen=True, slots=True)
class DrawdownLevel:
    """From `threshold` of drawdown on, targets are cut by `reduction`; a whole reduction flattens and latches."""

    threshold: float
    reduction: float

    @property
    def is_flatten(self) -> bool:
        """Whether this level ends trading."""
        return self.reduction >= 1.0


@dataclass(frozen=True, slots=True)
class LossSettings:
    """Losses that restrict trading; all positive ratios (X-05).

    Attributes
    ----------
    daily_limit, weekly_limit, monthly_limit : float
        Loss since the last close before the day, ISO week or month, New York, from which risk is only reduced until
        the period is over.
    daily_kill_limit : float
        Daily loss that latches the kill switch: the hard level above the soft one.
    levels : tuple of DrawdownLevel
        The drawdown ladder, lowest first; drawdown is measured from the highest equity so far.
    recovery_ratio : float
        A level is left once the drawdown is below this share of its threshold, so that it does not flap.
    is_kill_enabled : bool
        Whether the last level, or the hard daily loss, latches the kill switch and flattens.
    scale_in_per_session : float
        By how much the share of the usual size may rise from one session to the next after a drawdown; 1 = at once.
    trade_limit : float
        Loss of one position since it was opened, ratio of equity, from which it is closed.
    """

    daily_limit: float = 0.02
    weekly_limit: float = 0.05
    monthly_limit: float = 0.10
    daily_kill_limit: float = 0.04
    levels: tuple[DrawdownLevel, ...] = (
        DrawdownLevel(0.05, 0.25),
        DrawdownLevel(0.10, 0.50),
        DrawdownLevel(0.15, 1.0),
    )
    recovery_ratio: float = 0.8
    is_kill_enabled: bool = True
    scale_in_per_session: float = 1.0
    trade_limit: float = 0.01
