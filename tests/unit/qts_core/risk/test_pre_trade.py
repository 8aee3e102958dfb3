"""The checks before an order, one by one, at their boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.risk.limits import Sectors, within_limits
from qts_core.risk.measures.clusters import Clusters
from qts_core.risk.overrides import Override, Overrides
from qts_core.risk.pre_trade import PreTrade, TradeContext
from qts_core.risk.settings import LimitSettings

NAMES = ("AA", "AB", "AC", "AD")
FLAT = np.zeros(4)
NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
WIDE = LimitSettings(max_position_ratio=1.0, max_gross_ratio=9.0, max_net_ratio=9.0, max_sector_ratio=9.0)
PAIRS = Clusters(np.array([0, 0, 1, 1]), 2)


def desk(
    settings: LimitSettings, context: TradeContext | None = None, held: Floats = FLAT, on_order: Floats = FLAT
) -> PreTrade:
    sectors = Sectors.of([Instrument(s, sector=k) for s, k in zip(NAMES, "EHTU", strict=True)], settings)
    return PreTrade(NAMES, held, on_order, sectors, settings, context or TradeContext())


def test_a_restricted_symbol_may_be_reduced_but_not_increased() -> None:
    book = desk(replace(WIDE, restricted=frozenset({"AA"})), held=np.array([0.2, 0.0, 0.0, 0.0]))
    assert book.admit(0, 0.1).is_allowed
    refused = book.admit(0, 0.21)
    assert (refused.name, refused.is_allowed) == ("limit.restricted", False)
    assert book.admit(1, 0.1).is_allowed


@pytest.mark.parametrize(("slot", "allowed"), [(0, False), (1, False), (2, True), (22, True), (23, False), (25, False)])
def test_risk_is_added_within_the_hours_only(slot: int, *, allowed: bool) -> None:
    settings = replace(WIDE, quiet_open_bars=2, quiet_close_bars=2)
    verdict = desk(settings, TradeContext(slot=slot, slots=26)).admit(0, 0.1)
    assert verdict.is_allowed is allowed
    if not allowed:
        assert verdict.name == "limit.hours"
        assert f"bar {slot + 1} of 26" in verdict.reason


def test_outside_the_hours_a_position_may_still_be_closed() -> None:
    held = np.array([0.2, 0.0, 0.0, 0.0])
    assert desk(replace(WIDE, quiet_open_bars=5), TradeContext(slot=0, slots=26), held=held).admit(0, 0.0).is_allowed


def test_buying_power_is_spent_order_by_order_and_a_reserve_is_kept() -> None:
    book = desk(replace(WIDE, buying_power_reserve_ratio=0.1), TradeContext(buying_power=0.5))
    assert book.admit(0, 0.3).is_allowed
    refused = book.admit(1, -0.2)
    assert refused.name == "limit.buying_power"
    assert (refused.limit, refused.value) == pytest.approx((0.45, 0.5))
    assert refused.room == pytest.approx(-0.05)
    assert book.admit(1, -0.15).is_allowed, "exactly what is left"


def test_what_moves_together_counts_together_whatever_its_sign() -> None:
    book = desk(replace(WIDE, max_correlated_ratio=0.3), TradeContext(clusters=PAIRS))
    assert book.admit(0, 0.2).is_allowed
    refused = book.admit(1, -0.11)
    assert refused.name == "limit.correlated"
    assert refused.value == pytest.approx(0.31)
    assert book.admit(1, -0.1).is_allowed
    assert book.admit(2, 0.3).is_allowed, "another cluster"


def test_concentration_is_the_sum_of_squared_weights() -> None:
    book = desk(replace(WIDE, max_concentration=0.05), held=np.array([0.2, 0.0, 0.0, 0.0]))
    refused = book.admit(1, 0.11)
    assert refused.name == "limit.concentration"
    assert refused.value == pytest.approx(0.04 + 0.0121)
    assert book.admit(1, 0.1).is_allowed
    assert not book.admit(0, 0.21).is_allowed


def test_an_open_order_counts_in_the_cluster_before_it_fills() -> None:
    settings = replace(WIDE, max_correlated_ratio=0.3)
    on_order = np.array([0.25, 0.0, 0.0, 0.0])
    assert desk(settings, TradeContext(clusters=PAIRS), on_order=on_order).admit(1, 0.1).name == "limit.correlated"


def test_a_person_s_permission_reaches_to_its_bound_its_symbol_and_its_hour() -> None:
    overrides = Overrides()
    overrides.allow(Override("limit.position", "AA", "Ann", "index change", NOW, NOW + timedelta(hours=1), 0.15))
    limits = replace(WIDE, max_position_ratio=0.1)

    def admit(column: int, weight: float, now: datetime) -> str:
        verdict = desk(limits, TradeContext(overrides=overrides, now=now)).admit(column, weight)
        return "" if verdict.is_allowed else verdict.name

    assert admit(0, 0.15, NOW) == ""
    assert admit(0, 0.16, NOW) == "limit.position"
    assert admit(1, 0.15, NOW) == "limit.position"
    assert admit(0, 0.15, NOW + timedelta(hours=1)) == "limit.position"


def test_targets_are_fitted_under_the_cap_of_their_cluster_increases_first() -> None:
    settings = replace(WIDE, max_correlated_ratio=0.3)
    sectors = Sectors.of([Instrument(s, sector=s) for s in NAMES], settings)
    current, wanted = np.array([0.2, 0.0, 0.0, 0.0]), np.array([0.2, 0.2, 0.1, 0.1])
    fitted, verdicts = within_limits(wanted, current, sectors, settings, PAIRS)
    assert fitted.tolist() == pytest.approx([0.2, 0.1, 0.1, 0.1])
    assert [v.name for v in verdicts] == ["limit.correlated"]
    assert (verdicts[0].limit, verdicts[0].value) == pytest.approx((0.3, 0.4))
    untouched, nothing = within_limits(wanted, current, sectors, settings)
    assert untouched.tolist() == wanted.tolist()
    assert nothing == [], "without clusters there is no such cap"


def test_a_weight_that_is_not_a_number_passes_no_check() -> None:
    context = TradeContext(slot=5, slots=26, buying_power=1.0, clusters=PAIRS)
    assert not desk(replace(WIDE, max_concentration=1.0), context).admit(0, float("nan")).is_allowed
