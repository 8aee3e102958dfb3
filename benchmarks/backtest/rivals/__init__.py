"""Other programs on the same bars: one small script each, which trades the same crossovers and prints JSON."""

from benchmarks.backtest.rivals.running import measure

__all__ = ["measure"]
