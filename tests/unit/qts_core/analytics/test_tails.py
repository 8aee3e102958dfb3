"""Tail risk against the laws it is about."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qts_core.analytics.tails import cornish_fisher_var, hill, normal_shortfall, normal_var, tail_risk

NORMAL = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000) * 0.01 + 0.0005
"""The quantiles of a normal law: what a perfect sample of it looks like."""


@pytest.mark.parametrize("confidence", [0.90, 0.95, 0.99])
def test_of_a_normal_law_all_ways_agree_with_scipy(confidence: float) -> None:
    law = stats.norm(0.0005, 0.01)
    expected = -law.ppf(1 - confidence)
    shortfall = -law.expect(lambda x: x, ub=law.ppf(1 - confidence)) / (1 - confidence)
    assert normal_var(NORMAL, confidence=confidence) == pytest.approx(expected, rel=1e-3)
    assert cornish_fisher_var(NORMAL, confidence=confidence) == pytest.approx(expected, rel=2e-3)
    assert normal_shortfall(NORMAL, confidence=confidence) == pytest.approx(shortfall, rel=1e-3)
    line = next(each for each in tail_risk(NORMAL).lines if each.confidence == confidence)
    assert line.historical == pytest.approx(expected, rel=1e-3)
    assert line.shortfall == pytest.approx(shortfall, rel=2e-3)
    assert line.beyond == pytest.approx(20_000 * (1 - confidence), abs=2)


def test_cornish_fisher_by_hand() -> None:
    # S = 0, K = 1 - 3 for two values that are equally likely; z = Φ⁻¹(0.05) = -1.6448536
    r = np.tile([-0.01, 0.01], 5000)
    z = -1.6448536269514722
    expected = -(z + (z**3 - 3 * z) * (1 - 3) / 24) * r.std(ddof=1)
    assert cornish_fisher_var(r) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("alpha", [2.0, 3.0, 5.0])
def test_the_index_of_a_pareto_law_comes_out(alpha: float) -> None:
    values = stats.pareto(alpha).ppf((np.arange(50_000) + 0.5) / 50_000)
    found = hill(values)
    assert found.index == pytest.approx(alpha, rel=0.02)
    assert found.k == 5000
    assert found.error == pytest.approx(found.index / math.sqrt(5000))


def test_few_losses_have_no_tail() -> None:
    assert math.isnan(hill(np.arange(50.0)).index)
    assert math.isnan(hill(-np.ones(500)).index)
    assert math.isnan(tail_risk(np.array([])).lines[0].normal)
