"""Joins training and backtest: preparation, trial ledger, promotion gates, approval."""
