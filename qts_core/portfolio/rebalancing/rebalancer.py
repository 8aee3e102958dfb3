"""A fold over bars that says which changes of held weights are traded (specification 10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.portfolio.rebalancing.settings import RebalanceSettings, Trigger

__all__ = ["Rebalance", "Rebalancer"]

RATIO_PER_BPS = 1e-4
CLOSE_ENOUGH = 1e-4
"""Distance from the target, ratio of equity, at which a gradual change is finished: a crumb is not halved for ever."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Rebalance:
    """What is traded towards at a bar.

    Attributes
    ----------
    target : float64 [N]
        Weights; the current one where nothing is to be done.
    reasons : tuple of str
        Which triggers acted: ``open``, ``close``, ``drift``, ``time``, ``signal``; none = nothing is traded.
    """

    target: Floats
    reasons: tuple[str, ...]


class Rebalancer:
    """Decides at each bar which positions are brought to their targets.

    Opening, closing and changing sides always pass in full: they are decisions, not corrections. The default settings
    are the 5/25 rule of :func:`qts_core.portfolio.sizing.leave_alone`, to the bit.

    Parameters
    ----------
    settings : RebalanceSettings
    breadth : int
        N symbols.
    """

    def __init__(self, settings: RebalanceSettings, breadth: int) -> None:
        self.settings = settings
        self._direction: Floats = np.zeros(breadth)
        self._last_session = 0
        self._sessions_since = 0
        self._is_begun = False
        self._under_way: Flags = np.zeros(breadth, dtype=np.bool_)

    def update(self, target: Floats, current: Floats, session: int, volatility: Floats | None = None) -> Rebalance:
        """Return what to trade towards.

        Parameters
        ----------
        target, current : float64 [N]
            Signed ratios of equity, no NaN.
        session : int
            The bar's trading date as a day number.
        volatility : float64 [N], optional
            Annual; where costs are looked at, a change of a symbol whose volatility is not known always pays.
        """
        settings = self.settings
        is_signalled = bool((np.sign(target) != self._direction).any())
        is_due = self._is_due(session)
        is_held = target * current > 0.0
        drifted = is_held & ~_is_near(target, current, settings.drift_threshold, settings.drift_ratio)
        moved, reasons = self._moved(is_held, drifted, is_signalled=is_signalled, is_due=is_due)
        if settings.cost_bps > 0.0:
            moved &= self._pays(target, current, volatility)
        result = np.where(is_held & ~moved, current, target)
        if settings.gradual_ratio < 1.0:
            result = self._part_of_the_way(result, target, current, is_held)
        self._direction = np.sign(target)
        if is_due and Trigger.TIME in reasons:
            self._sessions_since = 0
        if bool(((current == 0.0) & (target != 0.0)).any()):
            reasons.append("open")
        if bool(((current != 0.0) & ~is_held).any()):
            reasons.append("close")
        return Rebalance(result, tuple(str(reason) for reason in reasons))

    def _is_due(self, session: int) -> bool:
        if not self._is_begun or session != self._last_session:
            # The first session is due: nothing says when the last rebalancing was.
            self._sessions_since = self._sessions_since + 1 if self._is_begun else self.settings.every_sessions
            self._is_begun, self._last_session = True, session
        return self._sessions_since >= self.settings.every_sessions

    def _moved(self, is_held: Flags, drifted: Flags, *, is_signalled: bool, is_due: bool) -> tuple[Flags, list[str]]:
        trigger = self.settings.trigger
        moved, reasons = np.zeros(len(is_held), dtype=np.bool_), []
        if trigger in (Trigger.DRIFT, Trigger.HYBRID) and drifted.any():
            moved |= drifted
            reasons.append("drift")
        if trigger in (Trigger.TIME, Trigger.HYBRID) and is_due:
            moved |= is_held
            reasons.append("time")
        if trigger in (Trigger.SIGNAL, Trigger.HYBRID) and is_signalled:
            moved |= is_held
            reasons.append("signal")
        return moved, reasons

    def _pays(self, target: Floats, current: Floats, volatility: Floats | None) -> Flags:
        """Say where being at the target is worth what it costs to get there.

        At the target a utility of mean and variance is at its peak, so being off by d costs risk_aversion / 2 * (d *
        volatility)² a year: small deviations cost almost nothing, and the cost of trading is proportional to them.
        """
        if volatility is None:
            return np.ones(len(target), dtype=np.bool_)
        settings, change = self.settings, np.abs(target - current)
        years = settings.holding_sessions / SESSIONS_PER_YEAR
        gain = settings.risk_aversion / 2.0 * np.square(change * volatility) * years
        cost = settings.benefit_multiple * settings.cost_bps * RATIO_PER_BPS * change
        return ~(gain <= cost)

    def _part_of_the_way(self, result: Floats, target: Floats, current: Floats, is_held: Flags) -> Floats:
        # Once begun, a change goes on until it is done: the next step would be within the band that began it.
        self._under_way = is_held & (self._under_way | (result != current))
        self._under_way &= np.abs(target - current) > CLOSE_ENOUGH
        step = current + self.settings.gradual_ratio * (target - current)
        return np.where(self._under_way, step, result)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "direction": to_list(self._direction),
            "is_begun": self._is_begun,
            "last_session": self._last_session,
            "sessions_since": self._sessions_since,
            "under_way": to_list(self._under_way.astype(np.float64)),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._direction = from_list(state["direction"])
        self._is_begun = bool(state["is_begun"])
        self._last_session = cast(int, state["last_session"])
        self._sessions_since = cast(int, state["sessions_since"])
        self._under_way = from_list(state["under_way"]) == 1.0


@kernel
def _is_near(target: Floats, current: Floats, threshold: float, drift_ratio: float) -> Flags:
    near = np.zeros(len(target), dtype=np.bool_)
    for i in range(len(target)):
        near[i] = abs(target[i] - current[i]) <= min(threshold, drift_ratio * abs(target[i]))
    return near
