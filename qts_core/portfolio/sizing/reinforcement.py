"""A port for a sizer that was trained by reinforcement learning; no agent lives on this floor (specification 10.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from qts_core.market.panel import Floats
from qts_core.portfolio.sizing.base import SizingInputs

__all__ = ["AgentSizer", "SizingAgent"]


class SizingAgent(Protocol):
    """A trained policy, such as PPO or A2C: what it sees is an observation, what it does is a size.

    It is deterministic: the same observation gives the same action.
    """

    def act(self, observation: Floats) -> float:
        """Return the size wanted, 0 to 1 of the largest position, for an `observation` float64 [3]."""
        ...


class AgentSizer:
    """Lets an agent choose each symbol's size, within the largest position.

    The observation of a symbol: its volatility over the target, the mean correlation (0 = not known), and the mean
    return of the last closed trades. An action that is no number is no size.

    Parameters
    ----------
    agent : SizingAgent
    target_volatility, max_position_ratio : float
        Annual ratio, ratio of equity.
    """

    def __init__(self, agent: SizingAgent, target_volatility: float, max_position_ratio: float) -> None:
        self._agent = agent
        self._target = target_volatility
        self._cap = max_position_ratio
        self._mean_trade = 0.0

    def observe_trade(self, trade_return: float) -> None:
        """Take a closed trade; a tenth of it enters the mean that the agent sees."""
        self._mean_trade += (trade_return - self._mean_trade) / 10.0

    def units(self, inputs: SizingInputs) -> Floats:
        """Return the weight [N] that each symbol gets when held; NaN where its volatility is not known."""
        units = np.full(len(inputs.volatility), np.nan)
        correlation = 0.0 if inputs.mean_correlation is None else inputs.mean_correlation
        for column in np.flatnonzero(np.isfinite(inputs.volatility)):
            seen = np.array([inputs.volatility[column] / self._target, correlation, self._mean_trade])
            action = self._agent.act(seen)
            # max(0, NaN) is 0: what is no number is no size.
            units[column] = min(max(0.0, action), 1.0) * self._cap
        return units

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {"mean_trade": self._mean_trade}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._mean_trade = float(str(state["mean_trade"]))
