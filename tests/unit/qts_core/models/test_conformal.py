"""Conformal quantiles by the textbook's own formula, sets by hand, groups by themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qts_core.market.errors import TrainingError
from qts_core.models.conformal import EVERYBODY, KEPT, Conformal, ScoreTable, SetMethod, set_scores


@pytest.mark.parametrize("count", [1, 9, 19, 99, 100, 2500])
@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 0.5, 0.9])
def test_the_quantile_is_the_ceiling_of_n_plus_one_times_one_less_alpha(count: int, alpha: float) -> None:
    scores = np.random.default_rng(count).exponential(size=count)
    # integers in thousandths, so that 0.9 is 0.9
    rank = -(-(count + 1) * round((1.0 - alpha) * 1000) // 1000)
    expected = sorted(scores)[rank - 1] if rank <= count else math.inf
    assert ScoreTable.of(scores).quantile(alpha) == expected


def test_the_quantile_is_numpys_with_the_finite_sample_correction() -> None:
    scores = np.random.default_rng(1).normal(size=400)
    level = math.ceil(401 * 0.9) / 400
    assert ScoreTable.of(scores).quantile(0.1) == np.quantile(scores, level, method="inverted_cdf")


def test_impossible_levels_say_so() -> None:
    table = ScoreTable.of(np.arange(10.0))
    assert table.quantile(0.0) == math.inf
    assert table.quantile(-0.3) == math.inf
    assert table.quantile(1.0) == -math.inf
    assert table.quantile(1.4) == -math.inf
    assert ScoreTable.of(np.empty(0)).quantile(0.5) == math.inf


def test_a_thinned_table_never_promises_what_all_scores_would_not() -> None:
    scores = np.random.default_rng(2).exponential(size=10 * KEPT)
    table, ordered = ScoreTable.of(scores), np.sort(scores)
    assert len(table.values) <= KEPT
    for alpha in np.linspace(0.001, 0.999, 333):
        rank = math.ceil((len(scores) + 1) * (1.0 - alpha) - 1e-9)
        whole, kept = ordered[rank - 1], table.quantile(alpha)
        assert kept >= whole
        assert kept <= ordered[min(rank + len(scores) // KEPT + 1, len(scores)) - 1]


def test_calibration_samples_may_come_in_any_order() -> None:
    rng = np.random.default_rng(3)
    scores, symbols = rng.exponential(size=300), rng.choice(["AA", "BB", "CC"], 300)
    order = rng.permutation(300)
    one = Conformal.fit(scores, symbols.tolist(), {"first": ["AA"]})
    two = Conformal.fit(scores[order], symbols[order].tolist(), {"first": ["AA"]})
    assert one.to_dict() == two.to_dict()


def test_each_group_has_its_own_quantile_and_the_rest_share_one() -> None:
    scores = np.concatenate([np.arange(1.0, 20.0), 10.0 * np.arange(1.0, 20.0)])
    made = Conformal.fit(scores, ["AA"] * 19 + ["BB"] * 19, {"calm": ["AA"]})
    assert made.groups == (EVERYBODY, "calm")
    assert made.quantiles(["AA", "BB", "NEW"], {}, 0.1).tolist() == [18.0, 180.0, 180.0]
    assert made.quantiles(["AA", "BB"], {"calm": 0.5}, 0.1).tolist() == [10.0, 180.0]
    assert Conformal.from_dict(made.to_dict()).to_dict() == made.to_dict()


def test_a_stranger_gets_no_promise_where_every_symbol_has_its_group() -> None:
    made = Conformal.fit(np.arange(9.0), ["AA"] * 9, {"only": ["AA"]})
    assert made.quantiles(["ZZ"], {}, 0.1).tolist() == [math.inf]


def test_a_group_without_samples_is_refused() -> None:
    with pytest.raises(TrainingError, match="groups lost") as caught:
        Conformal.fit(np.arange(9.0), ["AA"] * 9, {"lost": ["QQ"]})
    assert caught.value.code == "QTS-MODEL-058"


def test_scores_of_sets_by_hand() -> None:
    chances = np.array([[0.5, 0.2, 0.3]])
    np.testing.assert_allclose(set_scores(SetMethod.LAC, chances), [[0.5, 0.8, 0.7]])
    np.testing.assert_allclose(set_scores(SetMethod.APS, chances), [[0.5, 1.0, 0.8]])


def test_missing_scores_are_left_out() -> None:
    assert ScoreTable.of(np.array([np.nan, 2.0, np.inf, 1.0])).count == 2
