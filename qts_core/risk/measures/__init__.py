"""Measures of risk: pure functions of arrays, and folds that keep what they need (specification 10.3)."""
