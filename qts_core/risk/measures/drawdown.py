"""Drawdown as it is watched: now, at its worst in a rolling window, for how long, and the way back (10.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats

__all__ = ["DrawdownState", "DrawdownWatch"]


@dataclass(frozen=True, slots=True)
class DrawdownState:
    """Where the account stands below its highest equity.

    Attributes
    ----------
    current, worst : float
        Positive ratios of the highest equity before: now, and the deepest within the rolling window of sessions.
    bars : int
        Bars since that highest equity; 0 = at a new high.
    recovery_gain : float
        Gain that leads back to it: 1 / (1 - current) - 1.
    recovery_sessions : float
        Sessions that takes at the mean growth of the window; infinite when the account did not grow.
    """

    current: float
    worst: float
    bars: int
    recovery_gain: float
    recovery_sessions: float


class DrawdownWatch:
    """A fold over equity, bar by bar.

    Each session is kept as its highest, lowest and last equity and the drawdown within it. Such summaries of
    consecutive spans combine exactly, so the rolling worst is that of the bars.

    Parameters
    ----------
    equity : float
        USD at the start.
    sessions : int
        Finished sessions in the rolling window; the running one comes on top.
    """

    def __init__(self, equity: float, *, sessions: int = 252) -> None:
        self.sessions = sessions
        self._peak = equity
        self._bars = 0
        self._running = np.array([equity, equity, equity, 0.0])
        self._finished: Floats = np.empty((0, 4))
        self._before = 0.0
        self._before_high = equity
        self._growth = math.nan
        self._worst = 0.0

    def update(self, equity: float, *, is_first_of_session: bool) -> None:
        """Take the equity at a bar's close, USD."""
        if is_first_of_session:
            self._finish()
        self._bars = 0 if equity >= self._peak else self._bars + 1
        self._peak = max(self._peak, equity)
        high, low, _, depth = self._running.tolist()
        high = max(high, equity)
        self._running[:] = high, min(low, equity), equity, max(depth, _loss(high, equity))
        self._worst = max(self._before, float(self._running[3]), _loss(self._before_high, float(self._running[1])))

    def state(self) -> DrawdownState:
        """Return what is known after the last bar."""
        current = _loss(self._peak, float(self._running[2]))
        gain = 1.0 / (1.0 - current) - 1.0 if current < 1.0 else math.inf
        sessions = math.inf
        if current <= 0.0:
            sessions = 0.0
        elif self._growth > 0.0 and gain < math.inf:
            sessions = math.log1p(gain) / self._growth
        return DrawdownState(current, self._worst, self._bars, gain, sessions)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "bars": self._bars,
            "finished": to_list(self._finished.ravel()),
            "peak": self._peak,
            "running": to_list(self._running),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`; of another window, its last sessions."""
        self._bars = int(cast(int, state["bars"]))
        self._peak = float(cast(float, state["peak"]))
        self._running = from_list(state["running"])
        self._finished = from_list(state["finished"]).reshape(-1, 4)[-self.sessions :]
        self._sum_up()
        self._worst = max(self._before, float(self._running[3]), _loss(self._before_high, float(self._running[1])))

    def _finish(self) -> None:
        last = float(self._running[2])
        self._finished = np.vstack([self._finished, self._running])[-self.sessions :]
        self._running = np.array([last, last, last, 0.0])
        self._sum_up()

    def _sum_up(self) -> None:
        self._before, self._before_high = (0.0, 0.0)
        if len(self._finished):
            self._before, self._before_high = _combined(self._finished)
        closes = self._finished[:, 2]
        is_known = len(closes) > 1 and closes[0] > 0.0 and closes[-1] > 0.0
        self._growth = float(np.log(closes[-1] / closes[0]) / (len(closes) - 1)) if is_known else math.nan


@kernel
def _combined(sessions: Floats) -> tuple[float, float]:
    """Return the worst drawdown over consecutive sessions and their highest equity."""
    worst, high = 0.0, 0.0
    for i in range(len(sessions)):
        worst = max(worst, sessions[i, 3])
        if high > 0.0:
            worst = max(worst, (high - sessions[i, 1]) / high)
        high = max(high, sessions[i, 0])
    return worst, high


def _loss(high: float, value: float) -> float:
    return max(0.0, (high - value) / high) if high > 0.0 else 0.0 if value >= high else 1.0
