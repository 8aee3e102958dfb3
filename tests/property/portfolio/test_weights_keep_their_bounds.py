"""Whatever the market looks like, weights stay within their bounds, and an optimiser answers or says why not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qts_core.portfolio.optimisation.allocation import Constraints
from qts_core.portfolio.optimisation.methods import Problem, allocate
from qts_core.portfolio.optimisation.settings import Method, OptimiserSettings
from qts_core.portfolio.rebalancing import Rebalancer, RebalanceSettings, Trigger
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.portfolio.sizing.base import SizerMethod, SizerSettings, SizingInputs
from qts_core.portfolio.sizing.limits import within_turnover
from qts_core.portfolio.sizing.methods import make_sizer

SEEDS = st.integers(0, 2**32 - 1)
FAST = [Method.EQUAL_WEIGHT, Method.INVERSE_VOLATILITY, Method.RISK_PARITY, Method.MINIMUM_VARIANCE]


@given(seed=SEEDS, method=st.sampled_from(FAST), breadth=st.integers(1, 8), rank=st.integers(1, 10))
def test_an_optimiser_spends_its_budget_under_the_cap_or_says_why(
    seed: int, method: Method, breadth: int, rank: int
) -> None:
    rng = np.random.default_rng(seed)
    # Few factors make it singular; sizes differ by ten thousand; some symbols are not known.
    loads = rng.standard_normal((breadth, rank)) * 10.0 ** rng.uniform(-2.0, 0.0, (breadth, 1))
    covariance = loads @ loads.T
    unknown = rng.random(breadth) < 0.2
    covariance[unknown] = covariance[:, unknown] = np.nan
    cap, budget = float(rng.uniform(0.05, 1.0)), float(rng.uniform(0.1, 1.0))
    found = allocate(
        Problem(covariance, limits=Constraints(budget=budget, max_weight=cap)), OptimiserSettings(method=method)
    )
    assert np.isfinite(found.weights).all()
    assert (found.weights >= 0.0).all()
    assert found.weights.max() <= cap + 1e-6
    assert found.weights.sum() <= budget + 1e-6
    assert found.fallback_reason is not None or abs(found.weights.sum() - budget) <= 1e-6
    assert (found.weights[unknown] == 0.0).all()


@given(seed=SEEDS, method=st.sampled_from(list(SizerMethod)), trades=st.integers(0, 60))
def test_a_sizer_keeps_every_cap(seed: int, method: SizerMethod, trades: int) -> None:
    rng = np.random.default_rng(seed)
    portfolio = PortfolioSettings(max_positions=5, gross_target=0.6, max_position_ratio=0.2)
    sizer = make_sizer(SizerSettings(method=method, minimum_trades=5, paths=20), portfolio)
    for trade in rng.standard_t(3, trades) * 0.02:
        sizer.observe_trade(float(trade))
    volatility = np.where(rng.random(12) < 0.2, np.nan, rng.uniform(0.05, 1.5, 12))
    units = sizer.units(SizingInputs(volatility))
    known = units[np.isfinite(units)]
    assert (np.isnan(units) == np.isnan(volatility)).all()
    assert (known >= 0.0).all()
    assert (known <= 0.2 + 1e-15).all()
    if method not in (SizerMethod.VOLATILITY_BASED, SizerMethod.EQUAL_WEIGHT):
        assert np.sort(known)[-5:].sum() <= 0.6 + 1e-12


@given(seed=SEEDS, trigger=st.sampled_from(list(Trigger)), part=st.floats(0.05, 1.0))
def test_a_rebalanced_weight_lies_between_what_is_held_and_what_is_wanted(
    seed: int, trigger: Trigger, part: float
) -> None:
    rng = np.random.default_rng(seed)
    rebalancer = Rebalancer(RebalanceSettings(trigger=trigger, gradual_ratio=part, cost_bps=5.0), 6)
    for session in range(6):
        target, current = (rng.normal(0.0, 0.06, 6) * (rng.random(6) < 0.7) for _ in range(2))
        found = rebalancer.update(target, current, session, np.full(6, 0.3)).target
        low, high = np.minimum(target, current) - 1e-15, np.maximum(target, current) + 1e-15
        assert ((found >= low) & (found <= high)).all()


@given(seed=SEEDS, traded=st.floats(0.0, 2.0), limit=st.floats(0.01, 2.0))
def test_turnover_is_kept_and_reductions_are_never_cut(seed: int, traded: float, limit: float) -> None:
    rng = np.random.default_rng(seed)
    target, current = (rng.normal(0.0, 0.1, 6) * (rng.random(6) < 0.7) for _ in range(2))
    found, verdicts = within_turnover(target, current, traded, limit)
    reductions = np.where(target * current > 0, np.maximum(np.abs(current) - np.abs(target), 0.0), np.abs(current))
    assert np.abs(found - current).sum() <= max(limit - traded, float(reductions.sum())) + 1e-12
    shrinks = (np.abs(target) <= np.abs(current)) & (target * current >= 0.0)
    assert (found[shrinks] == target[shrinks]).all()
    assert bool(verdicts) == (not np.array_equal(found, target))
