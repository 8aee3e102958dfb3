"""What predictions are held against: the returns that they speak of, less the market's own where they say nothing."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from qts_core.analytics.overfitting import permutation_test
from qts_core.market.calendar import xnys
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline
from qts_core.research.gates import PermutationLink
from qts_core.research.model_backtest import outcome_link
from qts_core.targets import parse_target

SYMBOLS = 8


def made(seed: int) -> tuple[Panel, np.ndarray]:
    """Eighty sessions in which all symbols move together, and scores that know a little of the rest."""
    rng = np.random.default_rng(seed)
    line = Timeline.between(xnys(), date(2024, 1, 2), date(2024, 4, 25))
    own, common = rng.standard_normal((len(line), SYMBOLS)), rng.standard_normal((len(line), 1))
    opens = 100.0 * np.exp(np.cumsum(0.001 * own + 0.004 * common, axis=0))
    fields = dict.fromkeys(("open", "high", "low", "close"), opens)
    panel = Panel(line, tuple("ABCDEFGH"), {**fields, "volume": np.ones_like(opens), "factor": np.ones_like(opens)})
    # the own move of the label's only step: from the next open to the one after it
    ahead = np.vstack([own[2:], np.zeros((2, SYMBOLS))])
    return panel, 0.04 * ahead + rng.standard_normal(ahead.shape)


@pytest.fixture(scope="module")
def market() -> tuple[Panel, np.ndarray]:
    return made(4)


def link_of(target: str, market: tuple[Panel, np.ndarray]) -> PermutationLink:
    panel, scores = market
    found = outcome_link(parse_target(target), panel, scores, np.ones(scores.shape, dtype=bool))
    assert found is not None
    return found


def test_a_relative_target_is_held_against_returns_less_their_mean(market: tuple[Panel, np.ndarray]) -> None:
    plain, relative = link_of("return_1bar", market).outcomes, link_of("relative_return_1bar", market).outcomes
    opens = market[0]["open"]
    np.testing.assert_allclose(plain[:-2], opens[2:] / opens[1:-1] - 1.0)
    np.testing.assert_allclose(relative[:-2], plain[:-2] - plain[:-2].mean(axis=1, keepdims=True), atol=1e-15)


def test_the_market_does_not_hide_what_relative_scores_know() -> None:
    found: dict[str, list[float]] = {"return_1bar": [], "relative_return_1bar": []}
    for seed in range(7):
        drawn = made(seed)
        for target, values in found.items():
            link = link_of(target, drawn)
            values.append(permutation_test(link.scores, link.outcomes, draws=199).p_value)
    assert np.median(found["relative_return_1bar"]) <= 0.01
    assert np.median(found["return_1bar"]) > 0.05


def test_a_target_that_speaks_of_no_return_has_no_link(market: tuple[Panel, np.ndarray]) -> None:
    panel, scores = market
    assert outcome_link(parse_target("volatility_26bar"), panel, scores, np.ones(scores.shape, dtype=bool)) is None
