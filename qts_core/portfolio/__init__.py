"""From signals to target weights: selection, sizing by volatility, turnover control (specification 9.2, 9.3)."""
