"""Configuration to core settings."""

from __future__ import annotations

import math

from qts_core.config.settings import Settings
from qts_core.market.orders import OrderType
from qts_core.risk.settings import DrawdownLevel
from qts_core.trading.settings import CoreSettings, core_settings


def test_the_shipped_configuration_gives_the_specification_s_limits(settings: Settings) -> None:
    core = core_settings(settings)
    assert core.limits.max_position_ratio == 0.10
    assert core.limits.max_sector_ratio == 0.30
    assert core.limits.max_positions == 20
    assert core.losses.daily_limit == 0.02
    assert core.losses.levels == (DrawdownLevel(0.05, 0.25), DrawdownLevel(0.10, 0.50), DrawdownLevel(0.15, 1.0))
    assert core.orders.type is OrderType.MARKET


def test_the_defaults_in_code_are_those_of_the_configuration() -> None:
    made, default = core_settings(Settings()), CoreSettings()
    assert made.alpha == default.alpha
    assert made.orders == default.orders
    assert made.losses == default.losses
    assert made.portfolio == default.portfolio
    assert made.limits == default.limits


def test_a_kill_switch_without_the_daily_trigger_never_kills_on_a_day_s_loss(settings: Settings) -> None:
    quiet = settings.evolve({"risk.kill_switch.triggers": ("max_drawdown_breach",)})
    assert core_settings(quiet).losses.daily_kill_limit == math.inf


def test_long_only_may_be_as_long_as_it_is_gross(settings: Settings) -> None:
    core = core_settings(settings.evolve({"risk.portfolio.is_long_only": True}))
    assert core.limits.max_net_ratio == core.limits.max_gross_ratio
    assert core.portfolio.is_long_only


def test_a_sector_that_nobody_named_falls_under_other_as_the_universe_says(settings: Settings) -> None:
    limits = core_settings(settings).limits
    assert limits.other_sector_ratio == settings.universe.sector_limits["Other"] == 0.10
    assert "Utilities" not in limits.sector_ratios
