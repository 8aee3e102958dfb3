from __future__ import annotations

from decimal import Decimal

import pytest

from qts_core.exchange.settings import FillMode, FillSettings, fill_settings


def test_pessimistic_costs_are_two_and_a_half_times_the_realistic_ones() -> None:
    realistic, pessimistic = fill_settings("realistic"), fill_settings("pessimistic")
    assert pessimistic.half_spread_bps == realistic.half_spread_bps * Decimal("2.5")
    assert pessimistic.slippage_bps == realistic.slippage_bps * Decimal("2.5")


def test_single_numbers_replace_the_preset_exactly() -> None:
    changed = fill_settings(FillMode.REALISTIC, slippage_bps=0.1, commission_bps=Decimal("0.35"))
    assert (changed.slippage_bps, changed.commission_bps, changed.half_spread_bps) == (
        Decimal("0.1"), Decimal("0.35"), Decimal(1)
    )  # fmt: skip


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="hopeful"):
        fill_settings("hopeful")


@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity"])
def test_costs_that_are_no_cost_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="half_spread_bps"):
        FillSettings(half_spread_bps=Decimal(value))
