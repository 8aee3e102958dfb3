"""Calibration of the whole pipeline: how often it finds a signal that is there, and one that is not."""

from qts_core.research.calibration.markets import CalibrationSettings, MarketOutcome, calibrate_market
from qts_core.research.calibration.memory_lake import MemoryLake
from qts_core.research.calibration.rates import Calibration, pass_rate_interval

__all__ = [
    "Calibration",
    "CalibrationSettings",
    "MarketOutcome",
    "MemoryLake",
    "calibrate_market",
    "pass_rate_interval",
]
