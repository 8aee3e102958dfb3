"""The vectorised backtest: weights, signals and sweeps in compiled passes, to the cent of the event engine (11.1)."""

from qts_core.backtest.vectorised.metrics import METRIC_NAMES
from qts_core.backtest.vectorised.results import VectorisedResult
from qts_core.backtest.vectorised.run import Size, run_vectorised_backtest, run_vectorised_signals
from qts_core.backtest.vectorised.signals import directions_of
from qts_core.backtest.vectorised.sweep import Crossings, SweepResult, grid, sweep

__all__ = [
    "METRIC_NAMES",
    "Crossings",
    "Size",
    "SweepResult",
    "VectorisedResult",
    "directions_of",
    "grid",
    "run_vectorised_backtest",
    "run_vectorised_signals",
    "sweep",
]
