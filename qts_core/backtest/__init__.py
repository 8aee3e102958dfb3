"""Backtests: the event engine over the trading core, the vectorised one for target weights (specification 11)."""

from qts_core.backtest.event import run_event_backtest
from qts_core.backtest.results import BacktestResult, FillRecord, RoundTrip
from qts_core.backtest.vectorised import VectorisedResult, run_vectorised_backtest

__all__ = [
    "BacktestResult",
    "FillRecord",
    "RoundTrip",
    "VectorisedResult",
    "run_event_backtest",
    "run_vectorised_backtest",
]
