"""Limits that sizing itself keeps: position value, turnover of a day, and penalties that grow towards a limit (10.1).

Position, sector, gross, net and count are held by `risk.limits`, correlated exposure by `risk`, whatever sized them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats
from qts_core.risk.verdict import PORTFOLIO, Verdict

__all__ = ["SoftLimit", "within_position_value", "within_turnover"]


def within_position_value(target: Floats, equity: float, max_usd: float) -> Floats:
    """Return `target` [N], ratios of equity, with no position worth more than `max_usd`."""
    bound = max_usd / equity if equity > 0.0 else 0.0
    return np.asarray(np.clip(target, -bound, bound))


def within_turnover(
    target: Floats, current: Floats, traded_today: float, max_daily_turnover: float
) -> tuple[Floats, list[Verdict]]:
    """Return `target` with its increases cut in proportion to what the day's turnover has left, and why.

    What reduces a position is never cut, and counts first. A flip is the closing of one position and the opening of
    another: only the opening is cut.

    Parameters
    ----------
    target, current : float64 [N]
        Ratios of equity.
    traded_today : float
        Sum of |changes| since the day's open, ratio of equity.
    max_daily_turnover : float
        Largest such sum, ratio of equity.
    """
    reduced, added = _parts(target, current)
    wanted = float(np.abs(added).sum())
    room = max(max_daily_turnover - traded_today - float(np.abs(current - reduced).sum()), 0.0)
    if wanted <= room:
        return target, []
    reason = f"increases of {wanted:.1%} are cut to the {room:.1%} that the day's turnover has left"
    verdict = Verdict("limit.turnover", PORTFOLIO, False, reason, max_daily_turnover, traded_today + wanted)
    return reduced + added * (room / wanted), [verdict]


@kernel
def _parts(target: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Return what is left of each position after reductions, and what is added to it."""
    reduced, added = np.zeros(len(target)), np.zeros(len(target))
    for i in range(len(target)):
        if target[i] * current[i] > 0.0:
            reduced[i] = np.sign(current[i]) * min(abs(target[i]), abs(current[i]))
        added[i] = target[i] - reduced[i]
    return reduced, added


@dataclass(frozen=True, slots=True)
class SoftLimit:
    """A limit that is felt before it is reached: additions shrink as what is used up nears it.

    Below `start_ratio` of the limit nothing changes; from there to the limit the factor falls to `floor` along a
    straight line; it never goes up again. In a volatile market the start moves down in proportion (`stress`).

    Attributes
    ----------
    limit : float
        Same unit as what is used.
    start_ratio : float
        Share of the limit from which it is felt.
    floor : float
        Factor at the limit; the hard limit is what stops beyond it.
    """

    limit: float
    start_ratio: float = 0.8
    floor: float = 0.0

    def factor(self, used: float, stress: float = 1.0) -> float:
        """Return the factor, `floor` to 1, of whatever adds to what is `used`.

        Parameters
        ----------
        stress : float
            Volatility now over its usual level; below 1 counts as 1, what is no number as the highest.
        """
        if math.isnan(used) or math.isnan(stress):
            return self.floor
        start = self.limit * self.start_ratio / max(stress, 1.0)
        if used <= start:
            return 1.0
        if used >= self.limit:
            return self.floor
        return 1.0 - (1.0 - self.floor) * (used - start) / (self.limit - start)

    def soften(self, target: Floats, current: Floats, used: float, stress: float = 1.0) -> Floats:
        """Return `target` [N] with its increases times :meth:`factor`; reductions as they are."""
        factor = self.factor(used, stress)
        if factor == 1.0:
            return target
        reduced, added = _parts(target, current)
        return np.asarray(reduced + added * factor)
