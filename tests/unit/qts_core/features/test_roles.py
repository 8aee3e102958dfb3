"""Auxiliary symbols: read by any symbol, never counted among the universe."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qts_core.features import FeatureBlock, FeatureEngine, Node, Plan, default_catalogue, ops
from qts_core.features.audit.causality import chunking_faults, look_ahead_faults, symbol_order_faults
from qts_core.features.audit.subject import subject_of
from qts_core.features.roles import SymbolRoles
from qts_core.features.spec import Catalogue, FeatureSpec
from qts_core.market.errors import DataValidationError, InvalidConfigError
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
INSTRUMENTS = (
    Instrument("AAA", "Technology"),
    Instrument("BBB", role="market"),
    Instrument("CCC", "Energy"),
    Instrument("DDD", role="sector:Energy"),
    Instrument("EEE", "Technology"),
    Instrument("ZZZ", role="gold"),
)
ROLES = SymbolRoles.of(PANEL.symbols, INSTRUMENTS)
CLOSE = PANEL.chain_linked()["close"]


def values(expression: Node, roles: SymbolRoles | None = ROLES) -> Floats:
    found: Floats = FeatureEngine(Plan.of({"x": expression}), PANEL.symbols, roles=roles).push(FeatureBlock.of(PANEL))[
        0
    ]
    return found


def test_every_symbol_reads_the_column_of_the_market() -> None:
    np.testing.assert_array_equal(values(ops.of_role(ops.close, "market")), np.repeat(CLOSE[:, 1:2], 6, axis=1))


def test_a_symbol_reads_its_own_sector_or_nothing() -> None:
    found = values(ops.of_role(ops.close, "sector"))
    np.testing.assert_array_equal(found[:, 2], CLOSE[:, 3])
    assert np.isnan(np.delete(found, 2, axis=1)).all()


def test_auxiliary_symbols_have_no_rank_and_count_in_none() -> None:
    found = values(ops.cross_rank(ops.close))
    universe = [0, 2, 4, 5]
    for row in (30, 400, 900):
        there = [column for column in universe if not np.isnan(CLOSE[row, column])]
        expected = (stats.rankdata(CLOSE[row, there]) - 0.5) / len(there)
        np.testing.assert_array_equal(found[row, there], expected)
        assert np.isnan(found[row, [1, 3]]).all()


def test_of_several_with_one_role_the_first_given_counts() -> None:
    both = (Instrument("CCC", role="market"), Instrument("AAA", role="market"))
    assert SymbolRoles.of(PANEL.symbols, both).columns["market"].tolist() == [2] * 6


def test_a_role_that_no_symbol_plays_is_refused_before_anything_is_computed() -> None:
    with pytest.raises(InvalidConfigError, match=r"QTS-FEAT-007.*gold"):
        FeatureEngine(Plan.of({"x": ops.of_role(ops.close, "gold")}), PANEL.symbols, roles=ROLES)


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match=r"QTS-FEAT-005.*weather"):
        ops.of_role(ops.close, "weather")


def test_a_snapshot_of_other_roles_is_refused() -> None:
    plan = Plan.of({"x": ops.cross_rank(ops.close)})
    state = FeatureEngine(plan, PANEL.symbols).snapshot()
    with pytest.raises(DataValidationError, match=r"QTS-FEAT-003.*roles"):
        FeatureEngine(plan, PANEL.symbols, roles=ROLES).restore(state)


def test_without_auxiliary_symbols_roles_say_nothing() -> None:
    assert SymbolRoles.of(PANEL.symbols).digest == ""
    assert SymbolRoles.of(PANEL.symbols, [Instrument("AAA", "Technology")]).digest == ""
    assert ROLES.digest != ""


def spec(name: str, expression: Node) -> FeatureSpec:
    return FeatureSpec(name, expression, "ratio", (-np.inf, np.inf), "For the proofs.", "none", "cross_sectional")


def test_features_on_auxiliary_symbols_pass_the_proofs() -> None:
    own, market = ops.log_return(ops.close), ops.of_role(ops.log_return(ops.close), "market")
    catalogue = Catalogue(
        [
            *default_catalogue().subset(groups=("cross_sectional",)),
            spec("cross_spybeta_60_market", ops.beta(own, market, 60)),
            spec("cross_sector_20_strength", ops.rolling_sum(own - ops.of_role(own, "sector"), 20)),
        ]
    )
    subject, random = subject_of(catalogue, roles=ROLES), np.random.default_rng(5)
    assert chunking_faults(subject, PANEL, [1, 77, 400]) == ()
    assert look_ahead_faults(subject, PANEL, 500, random) == ()
    assert symbol_order_faults(subject, PANEL, random) == ()


@pytest.mark.parametrize("threads", [2, 6])
def test_threads_change_no_bit(threads: int) -> None:
    plan = Plan.of({"x": ops.beta(ops.close, ops.of_role(ops.close, "market"), 20), "y": ops.cross_zscore(ops.close)})
    one = FeatureEngine(plan, PANEL.symbols, roles=ROLES).push(FeatureBlock.of(PANEL))
    many = FeatureEngine(plan, PANEL.symbols, roles=ROLES, threads=threads).push(FeatureBlock.of(PANEL))
    np.testing.assert_array_equal(one, many)
