"""How fast the backtests are, alone and against other programs on the same bars: ``python -m benchmarks.backtest``."""
