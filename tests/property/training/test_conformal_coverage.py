"""Promises of conformal prediction, measured: kept where samples are exchangeable, adapted where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from qts_core.analytics.coverage import coverage
from qts_core.config.uncertainty import AbstainSettings
from qts_core.market.panel import Floats
from qts_core.models.conformal import Conformal, ScoreTable, SetMethod, set_scores
from qts_core.models.tuned_levels import Tuning
from qts_core.models.uncertainty import Doubt, Spread, UncertaintyModel
from qts_core.trading.abstention import OpinionGate

ROUNDS = 4000
SYMBOLS = tuple(f"S{i}" for i in range(10))
HORIZON = 13
DELAY = HORIZON + 1
TUNED = Tuning((0.001, 0.002, 0.004, 0.008, 0.016, 0.032), 500)


@pytest.mark.parametrize("count", [19, 50, 137])
@pytest.mark.parametrize("alpha", [0.1, 0.25])
@pytest.mark.parametrize("draw", ["normal", "cauchy", "exchangeable"])
def test_coverage_of_exchangeable_samples_is_between_the_promise_and_one_part_in_n_plus_one_more(
    count: int, alpha: float, draw: str
) -> None:
    """Whatever the distribution: means over seeds lie in [1 - alpha, 1 - alpha + 1 / (n + 1)], by an exact test."""
    rng = np.random.default_rng([count, int(100 * alpha), len(draw)])
    hits = 0
    for _ in range(ROUNDS):
        scores = rng.standard_cauchy(count + 1) if draw == "cauchy" else rng.normal(size=count + 1)
        if draw == "exchangeable":
            scores = scores + 3.0 * rng.normal()  # dependent through a common shift, and still exchangeable
        hits += abs(scores[-1]) <= ScoreTable.of(np.abs(scores[:-1])).quantile(alpha)
    least, most = 1.0 - alpha, 1.0 - alpha + 1.0 / (count + 1)
    assert binomtest(hits, ROUNDS, least, alternative="less").pvalue > 1e-3
    assert binomtest(hits, ROUNDS, most, alternative="greater").pvalue > 1e-3


@pytest.mark.parametrize("method", list(SetMethod))
def test_sets_hold_the_class_that_comes_even_where_probabilities_are_wrong(method: SetMethod) -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(600):
        truth = rng.dirichlet(np.ones(3), 101)
        stated = truth**3 / (truth**3).sum(axis=1, keepdims=True)
        came = np.array([rng.choice(3, p=row) for row in truth])
        scores = set_scores(method, stated)
        bound = ScoreTable.of(scores[np.arange(100), came[:-1]]).quantile(0.1)
        hits += scores[-1, came[-1]] <= bound
    assert binomtest(int(hits), 600, 0.9, alternative="less").pvalue > 1e-3


def market(seed: int, *, bars: int, drift: float = 0.0) -> tuple[Floats, Floats]:
    """Return outcomes [T, N] that are sums over overlapping horizons, and each symbol's own volatility.

    A common cause moves all symbols; volatility multiplies by ``exp(drift)`` over the whole time.
    """
    rng = np.random.default_rng(seed)
    own = np.linspace(0.5, 2.0, len(SYMBOLS))
    path = np.exp(drift * np.linspace(0.0, 1.0, bars + DELAY))[:, None]
    steps = (
        (0.6 * rng.normal(size=(bars + DELAY, 1)) + 0.8 * rng.normal(size=(bars + DELAY, len(SYMBOLS)))) * path * own
    )
    summed = np.cumsum(np.vstack([np.zeros(len(SYMBOLS)), steps]), axis=0)
    return (summed[DELAY:] - summed[:-DELAY])[:bars] * 0.001, np.broadcast_to(own, (bars, len(SYMBOLS)))


def issued(model: UncertaintyModel, outcomes: Floats, spread: Floats) -> Floats:
    """Return whether intervals around zero held the outcomes, issued bar by bar, float64 [T, N]."""
    gate, held, nothing = OpinionGate(SYMBOLS), [], np.zeros(len(SYMBOLS))
    for row in range(len(outcomes)):
        ended = outcomes[row - DELAY] if row >= DELAY else None
        found = gate.step(nothing, Doubt(model, spread[row]), nothing + 1.0, ended)
        assert found.issued is not None
        held.append(1.0 - found.issued.missed_interval(outcomes[row]))
    return np.array(held)


def fitted(
    outcomes: Floats, spread: Floats, *, rate: float = 0.0, level: float = 0.9, tuning: Tuning | None = None
) -> UncertaintyModel:
    scores = (np.abs(outcomes) / spread).ravel()
    table = Conformal.fit(scores, [s for _ in outcomes for s in SYMBOLS], {})
    return UncertaintyModel(
        level, HORIZON, (), False, AbstainSettings(), rate, spread=Spread(), intervals=table, tuning=tuning
    )


SEEDS = range(20)


def shares(rate: float, drift: float, tuning: Tuning | None = None) -> tuple[NDArray[np.float64], int]:
    """Return the coverage of each seed's last two thirds, and how many lie within their band."""
    found, inside = [], 0
    for seed in SEEDS:
        outcomes, _ = market(seed, bars=1800, drift=drift)
        ones = np.ones_like(outcomes)
        model = fitted(outcomes[:600], ones[:600], rate=rate, tuning=tuning)
        judged = coverage(issued(model, outcomes[600 + DELAY :], ones[600 + DELAY :]), horizon_bars=HORIZON, level=0.9)
        found.append(judged.share)
        inside += judged.is_inside
    return np.array(found), inside


def test_in_a_steady_market_split_intervals_stay_within_the_binomial_band_of_independent_outcomes() -> None:
    found, inside = shares(0.0, 0.0)
    assert found.mean() == pytest.approx(0.9, abs=0.01)
    # the band is about outcomes; the calibration samples scatter too, so a few more than one in twenty may be outside
    assert inside >= 17


def test_in_a_drifting_market_split_intervals_break_their_promise_and_adaptive_ones_keep_it() -> None:
    drift = float(np.log(3.0))
    fixed, fixed_inside = shares(0.0, drift)
    adaptive, adaptive_inside = shares(0.01, drift)
    assert fixed.mean() < 0.75
    assert fixed_inside == 0
    assert adaptive.mean() == pytest.approx(0.9, abs=0.02)
    assert adaptive_inside >= 18


def test_when_volatility_falls_adaptive_intervals_narrow_until_they_promise_no_more_than_asked() -> None:
    drift = float(-np.log(3.0))
    fixed, _ = shares(0.0, drift)
    adaptive, _ = shares(0.01, drift)
    assert fixed.mean() > 0.96
    assert adaptive.mean() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("drift", [0.0, float(np.log(3.0))])
def test_tuned_levels_keep_the_promise_within_the_binomial_band_without_a_rate_to_choose(drift: float) -> None:
    tuned, inside = shares(0.0, drift, TUNED)
    assert tuned.mean() == pytest.approx(0.9, abs=0.02)
    assert inside >= 17


def test_when_volatility_falls_tuned_levels_narrow_as_adaptive_ones_do() -> None:
    tuned, _ = shares(0.0, float(-np.log(3.0)), TUNED)
    assert tuned.mean() == pytest.approx(0.9, abs=0.03)


def test_tuned_sets_hold_the_direction_that_comes_while_it_drifts_away_from_what_is_foretold() -> None:
    rng, bars = np.random.default_rng(9), 3000
    foretold = rng.uniform(0.02, 0.98, (bars, len(SYMBOLS)))
    wrong = np.linspace(0.0, 0.3, bars)[:, None]  # share of the time that the opposite of what is foretold comes
    rises = rng.random(foretold.shape) < foretold * (1.0 - wrong) + (1.0 - foretold) * wrong
    chances = np.stack([1.0 - foretold, foretold], axis=2)
    strange = set_scores(SetMethod.LAC, chances[:600].reshape(-1, 2))[np.arange(6000), rises[:600].ravel().astype(int)]
    table = Conformal.fit(strange, [s for _ in range(600) for s in SYMBOLS], {})
    held = {}
    for name, tuning in (("fixed", None), ("tuned", TUNED)):
        model = UncertaintyModel(
            0.9, HORIZON, (-1.0, 1.0), False, AbstainSettings(), sets=table, set_method=SetMethod.LAC, tuning=tuning
        )
        gate, nothing, missed = OpinionGate(SYMBOLS), np.zeros(len(SYMBOLS)), []
        for row in range(600, bars):
            came = np.where(rises, 0.01, -0.01)
            ended = came[row - DELAY] if row >= 600 + DELAY else None
            found = gate.step(nothing, Doubt(model, nothing + 1.0, chances[row]), nothing + 1.0, ended).issued
            assert found is not None
            missed.append(found.missed_set(came[row]))
        held[name] = 1.0 - float(np.mean(missed))
    assert held["fixed"] < 0.85
    assert held["tuned"] == pytest.approx(0.9, abs=0.03)


def test_intervals_that_widen_with_volatility_hold_for_calm_and_wild_symbols_alike() -> None:
    """Without a scale the promise holds on average only: it is broken where it matters."""
    outcomes, volatility = market(1, bars=6000)
    ones = np.ones_like(outcomes)
    plain = issued(fitted(outcomes[:4000], ones[:4000]), outcomes[4000:], ones[4000:]).mean(axis=0)
    scaled_model = fitted(outcomes[:4000], volatility[:4000])
    scaled = issued(scaled_model, outcomes[4000:], volatility[4000:]).mean(axis=0)
    assert plain[0] > 0.99
    assert plain[-1] < 0.8
    np.testing.assert_allclose(scaled, 0.9, atol=0.06)


def test_groups_calibrated_by_themselves_hold_their_own_promise() -> None:
    outcomes, _ = market(2, bars=6000)
    ones, names = np.ones_like(outcomes), [s for _ in range(4000) for s in SYMBOLS]
    groups = {"calm": SYMBOLS[:5], "wild": SYMBOLS[5:]}
    table = Conformal.fit(np.abs(outcomes[:4000]).ravel(), names, groups)
    model = UncertaintyModel(0.9, HORIZON, (), False, AbstainSettings(), intervals=table)
    held = issued(model, outcomes[4000:], ones[4000:])
    np.testing.assert_allclose([held[:, :5].mean(), held[:, 5:].mean()], 0.9, atol=0.05)
