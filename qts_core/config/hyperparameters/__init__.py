"""Hyperparameters that make sense, one table a kind of model (specification 7.2)."""
