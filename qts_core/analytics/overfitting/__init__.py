"""Is it luck? Effective trials, probability of overfitting, reality check, permutation test (specification 11.4)."""

from __future__ import annotations

from qts_core.analytics.overfitting.trials import effective_trials, expected_maximum_normal, participation_ratio

__all__ = ["effective_trials", "expected_maximum_normal", "participation_ratio"]
