"""The one decision path: a pure core that backtest, paper, live and replay drive alike (specification 9, 12.5)."""
