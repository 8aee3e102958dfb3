"""When targets are traded towards, and how far: by time, drift, signal, in parts, and against costs (10.2)."""

from __future__ import annotations

from qts_core.portfolio.rebalancing.rebalancer import Rebalance, Rebalancer
from qts_core.portfolio.rebalancing.settings import RebalanceSettings, Trigger

__all__ = ["Rebalance", "RebalanceSettings", "Rebalancer", "Trigger"]
