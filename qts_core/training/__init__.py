"""Fold plans as data, the walk-forward trainer, evaluation (specification 7.3)."""
