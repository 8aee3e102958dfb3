"""Backtests: the event engine over the trading core, and the vectorised engine for target weights (specification 11)."""
