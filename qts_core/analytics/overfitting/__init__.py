"""Is it luck? Effective trials, probability of overfitting, reality check, permutation test (specification 11.4)."""

from __future__ import annotations

from qts_core.analytics.overfitting.blocks import block_length
from qts_core.analytics.overfitting.cscv import Overfitting, probability_of_overfitting
from qts_core.analytics.overfitting.permutation import PermutationTest, permutation_test
from qts_core.analytics.overfitting.reality import RealityCheck, reality_check
from qts_core.analytics.overfitting.trials import effective_trials, expected_maximum_normal, participation_ratio

__all__ = [
    "Overfitting",
    "PermutationTest",
    "RealityCheck",
    "block_length",
    "effective_trials",
    "expected_maximum_normal",
    "participation_ratio",
    "permutation_test",
    "probability_of_overfitting",
    "reality_check",
]
