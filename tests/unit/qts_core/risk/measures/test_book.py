"""Concentration, exposures and liquidity of a book, by hand and against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from qts_core.market.instruments import Instrument
from qts_core.risk.limits import Sectors
from qts_core.risk.measures.concentration import concentration, equity_delta, position_profit
from qts_core.risk.measures.exposures import FACTORS, betas, factor_exposure, loadings_of, sector_exposure
from qts_core.risk.measures.liquidity import bars_to_liquidate, liquidity
from qts_core.risk.settings import LimitSettings


def test_equal_positions_are_as_many_as_they_are() -> None:
    found = concentration(np.array([0.1, -0.1, 0.1, 0.1, 0.0]))
    assert found.herfindahl == pytest.approx(0.25)
    assert found.effective == pytest.approx(4.0)
    assert (found.largest, found.largest_five) == pytest.approx((0.1, 0.4))
    assert found.squares == pytest.approx(0.04)


def test_one_position_is_as_concentrated_as_can_be_and_an_empty_book_is_not() -> None:
    assert concentration(np.array([0.0, -0.3])).herfindahl == pytest.approx(1.0)
    assert concentration(np.zeros(3)).effective == 0.0


def test_a_short_earns_when_its_price_falls_and_a_share_has_delta_one() -> None:
    quantity, paid, mark = np.array([10.0, -5.0, 0.0]), np.array([100.0, 50.0, 0.0]), np.array([101.0, 48.0, np.nan])
    assert position_profit(quantity, paid, mark).tolist() == [10.0, 10.0, 0.0]
    assert equity_delta(quantity, mark).tolist() == [1010.0, -240.0, 0.0]


def test_sectors_show_net_gross_and_room() -> None:
    settings = LimitSettings(max_sector_ratio=0.3)
    sectors = Sectors.of([Instrument(s, sector=k) for s, k in zip("ABC", "EEH", strict=True)], settings)
    energy, health = sector_exposure(np.array([0.2, -0.05, 0.1]), sectors)
    assert energy.name == "E"
    assert (energy.net, energy.gross, energy.room) == pytest.approx((0.15, 0.25, 0.05))
    assert health.gross == pytest.approx(0.1)


def test_betas_are_the_slopes_of_a_regression_over_known_bars() -> None:
    rng = np.random.default_rng(3)
    market = rng.normal(0.0, 0.01, 200)
    returns = market[:, None] * np.array([0.5, 1.5, -0.3]) + rng.normal(0.0, 0.005, (200, 3))
    returns[rng.random((200, 3)) < 0.1] = np.nan
    for column, found in enumerate(betas(returns, market)):
        known = ~np.isnan(returns[:, column])
        fitted = sm.OLS(returns[known, column], sm.add_constant(market[known])).fit()
        assert found == pytest.approx(fitted.params[1], rel=1e-10)
    assert np.isnan(betas(returns[:20], market[:20])).all(), "too few"


def test_loadings_are_standardised_and_exposures_are_weights_times_loadings() -> None:
    rng = np.random.default_rng(4)
    sessions = rng.normal(0.0, 0.01, (60, 5))
    found = loadings_of(sessions, sessions.mean(axis=1), np.array([1e5, 1e6, 2e6, 3e6, 0.0]))
    assert found.names == FACTORS
    for column in (1, 2, 3):
        assert found.values[:, column].mean() == pytest.approx(0.0, abs=1e-12)
        assert found.values[:, column].std() == pytest.approx(1.0)
    assert found.values[:, 2].argmax() == sessions[-21:].sum(axis=0).argmax()
    assert np.isnan(found.values[4, 4]), "nothing traded, no size"
    weight = np.array([0.1, -0.1, 0.2, 0.0, 0.3])
    exposure = factor_exposure(weight, found)
    assert exposure["reversal"] == pytest.approx(float(weight @ found.values[:, 2]))
    assert exposure["size"] == pytest.approx(float(weight[:4] @ found.values[:4, 4]))


def test_closing_takes_value_over_the_share_of_the_volume() -> None:
    bars = bars_to_liquidate(np.array([1000.0, -5000.0, 0.0, 10.0]), np.array([1e4, 1e4, 0.0, 0.0]), participation=0.1)
    assert bars.tolist() == [1.0, 5.0, 0.0, np.inf]


def test_a_book_is_as_slow_as_its_slowest_position() -> None:
    found = liquidity(np.array([1000.0, -52_000.0]), np.array([1e4, 1e4]))
    assert (found.slowest_bars, found.slowest_sessions) == (52.0, 2.0)
    assert found.mean_bars == pytest.approx((1000 * 1 + 52_000 * 52) / 53_000)
    assert found.liquid_ratio == pytest.approx((1000 + 26_000) / 53_000)
    assert liquidity(np.zeros(2), np.ones(2)).liquid_ratio == 1.0
