"""Sizers by name: the shipped ones to the bit, the others under every cap."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qts_core.portfolio.settings import PortfolioSettings
from qts_core.portfolio.sizing import unit_weights
from qts_core.portfolio.sizing.base import SizerMethod, SizerSettings, SizingInputs
from qts_core.portfolio.sizing.methods import make_sizer
from qts_core.portfolio.sizing.reinforcement import AgentSizer

VOLATILITY = np.array([0.10, 0.20, 0.45, np.nan])
PORTFOLIO = PortfolioSettings(max_positions=3, gross_target=0.9, max_position_ratio=0.25)
INPUTS = SizingInputs(VOLATILITY)


def test_the_shipped_method_is_unit_weights_to_the_bit() -> None:
    found = make_sizer(SizerSettings(), PORTFOLIO).units(SizingInputs(VOLATILITY, regime="calm", mean_correlation=0.4))
    np.testing.assert_array_equal(found, unit_weights(VOLATILITY, PORTFOLIO))


@pytest.mark.parametrize("method", list(SizerMethod))
def test_every_method_keeps_the_caps_and_knows_what_it_does_not_know(method: SizerMethod) -> None:
    sizer = make_sizer(
        SizerSettings(method=method, minimum_trades=5, risk_fraction=0.02, stop_loss_ratio=0.02), PORTFOLIO
    )
    for trade in (0.03, -0.01, 0.02, -0.02, 0.04, float("nan"), -0.01):
        sizer.observe_trade(trade)
    units = sizer.units(INPUTS)
    assert np.isnan(units[3])
    assert (units[:3] >= 0.0).all()
    assert (units[:3] <= PORTFOLIO.max_position_ratio).all()
    assert np.sort(units[:3])[-3:].sum() <= PORTFOLIO.gross_target + 1e-12


def test_a_regime_scales_sizes() -> None:
    settings = SizerSettings(method=SizerMethod.VOLATILITY_TARGET, regime_scales={"storm": 0.5}, base_ratio=0.05)
    sizer = make_sizer(settings, PORTFOLIO)
    calm, storm = sizer.units(INPUTS), sizer.units(SizingInputs(VOLATILITY, regime="storm"))
    assert storm[:3].tolist() == pytest.approx((calm[:3] / 2).tolist())
    assert calm[:3].tolist() == pytest.approx([0.075, 0.0375, 0.05 / 3])


def test_correlation_scales_sizes_only_when_asked() -> None:
    told = SizingInputs(VOLATILITY, mean_correlation=0.5)
    settings = SizerSettings(method=SizerMethod.VOLATILITY_TARGET, is_correlation_adjusted=True)
    plain = make_sizer(SizerSettings(method=SizerMethod.VOLATILITY_TARGET), PORTFOLIO).units(told)
    # three positions at 0.5: sqrt(1 + 2 * 0.5)
    assert make_sizer(settings, PORTFOLIO).units(told)[:3].tolist() == pytest.approx((plain[:3] / np.sqrt(2)).tolist())


def test_kelly_waits_for_trades_then_takes_its_fraction() -> None:
    settings = SizerSettings(method=SizerMethod.KELLY, minimum_trades=4, smoothing_trades=0.0, starting_ratio=0.01)
    sizer = make_sizer(settings, PORTFOLIO)
    assert sizer.units(INPUTS)[:3].tolist() == [0.01] * 3
    for trade in (0.02, -0.01, 0.04, -0.02):
        sizer.observe_trade(trade)
    # a quarter of (0.5 * 2 - 0.5) / 2
    assert sizer.units(INPUTS)[:3].tolist() == pytest.approx([0.0625] * 3)
    for _ in range(8):
        sizer.observe_trade(-0.02)
    assert sizer.units(INPUTS)[:3].tolist() == [0.0] * 3


def test_optimal_f_is_a_weight_that_costs_f_when_the_worst_trade_comes_again() -> None:
    settings = SizerSettings(
        method=SizerMethod.OPTIMAL_F, minimum_trades=4, drawdown_limit=0.9999, max_leverage=100.0
    )  # fmt: skip
    portfolio = PortfolioSettings(max_positions=1, gross_target=100.0, max_position_ratio=100.0)
    sizer = make_sizer(settings, portfolio)
    for trade in (0.2, -0.1) * 10:
        sizer.observe_trade(trade)
    # two outcomes, two to one: f = 0.25, the worst loses 10 %
    assert sizer.units(INPUTS)[0] == pytest.approx(2.5, abs=1e-5)


@pytest.mark.parametrize("method", [SizerMethod.KELLY, SizerMethod.OPTIMAL_F])
def test_a_restart_sizes_the_same(method: SizerMethod) -> None:
    rng = np.random.default_rng(8)
    first, second = (make_sizer(SizerSettings(method=method), PORTFOLIO) for _ in range(2))
    for trade in rng.normal(0.002, 0.02, 180).tolist():
        first.observe_trade(trade)
    second.restore(json.loads(json.dumps(first.snapshot())))
    for trade in rng.normal(0.002, 0.02, 20).tolist():
        first.observe_trade(trade)
        second.observe_trade(trade)
    np.testing.assert_array_equal(first.units(INPUTS), second.units(INPUTS))


class Bold:
    """An agent that wants twice the largest position in calm symbols, and nonsense in others."""

    def act(self, observation: np.typing.NDArray[np.float64]) -> float:
        """Return an action for the observation."""
        return 2.0 if observation[0] < 1.0 else float("nan") if observation[0] > 2.0 else 0.5


def test_an_agent_chooses_within_the_largest_position() -> None:
    sizer = AgentSizer(Bold(), target_volatility=0.15, max_position_ratio=0.10)
    assert sizer.units(INPUTS)[:3].tolist() == [0.10, 0.05, 0.0]
    assert np.isnan(sizer.units(INPUTS)[3])
