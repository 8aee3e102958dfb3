"""The regime at a bar is the one that the ensembles' threshold rule gives."""

from __future__ import annotations

import numpy as np

from qts_core.alphas.combining.regime import RegimeReader
from qts_core.models.regimes.detectors import regimes_by_threshold
from tests.support.alpha_bars import random_closes


def test_regimes_are_those_of_the_threshold_detector() -> None:
    closes = random_closes(np.random.default_rng(1), 330, 6, missing=0.05)
    reader = RegimeReader(100, 6)
    found = [reader.update(close) for close in closes]
    expected = regimes_by_threshold(reader.observations, 100)[-1]
    assert found[-1] == expected
    assert len(set(found[-150:])) == 4


def test_too_short_a_past_is_no_regime() -> None:
    closes = random_closes(np.random.default_rng(2), 129, 6)
    reader = RegimeReader(100, 6)
    assert {reader.update(close) for close in closes} == {-1}


def test_the_volatility_and_trend_are_those_of_the_mean_return() -> None:
    closes = random_closes(np.random.default_rng(3), 200, 6)
    reader = RegimeReader(10, 6)
    for close in closes:
        reader.update(close)
    market = np.diff(np.log(closes), axis=0).mean(axis=1)[-130:]
    expected = [market.std(), abs(market.sum()) / np.abs(market).sum()]
    np.testing.assert_allclose(reader.observations[-1], expected, rtol=1e-9)
