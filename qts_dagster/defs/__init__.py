"""Definitions by group: market_data, features, models, backtests, operations."""
