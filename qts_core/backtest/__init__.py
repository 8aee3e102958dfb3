"""Backtests: the event engine over the trading core, the vectorised one for target weights (specification 11)."""

from qts_core.backtest.cost_modes import COST_MODES, CostModes, run_cost_modes
from qts_core.backtest.event import run_event_backtest
from qts_core.backtest.ledgers import SubLedger
from qts_core.backtest.results import BacktestResult
from qts_core.backtest.strategies import Part, part_of, run_shared_backtest
from qts_core.backtest.trades import FillRecord, RoundTrip
from qts_core.backtest.vectorised import (
    Crossings,
    Size,
    SweepResult,
    VectorisedResult,
    directions_of,
    grid,
    run_vectorised_backtest,
    run_vectorised_signals,
    sweep,
)

__all__ = [
    "COST_MODES",
    "BacktestResult",
    "CostModes",
    "Crossings",
    "FillRecord",
    "Part",
    "RoundTrip",
    "Size",
    "SubLedger",
    "SweepResult",
    "VectorisedResult",
    "directions_of",
    "grid",
    "part_of",
    "run_cost_modes",
    "run_event_backtest",
    "run_shared_backtest",
    "run_vectorised_backtest",
    "run_vectorised_signals",
    "sweep",
]
