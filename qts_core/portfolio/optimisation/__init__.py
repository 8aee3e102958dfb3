"""How capital is spread over chosen positions: from inverse volatility to worst-case returns (specification 10.2)."""
