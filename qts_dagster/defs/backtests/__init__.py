"""Group backtests: backtest, verdict and tear sheet of each model."""
