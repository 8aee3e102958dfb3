"""Every feature of every catalogue: the same bits under any chunking, no look-ahead, no dependence on symbol order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qts_core.features import CATALOGUES, Catalogue, FeatureBlock, FeatureEngine
from qts_core.features.audit.causality import chunking_faults, look_ahead_faults, neighbour_faults, symbol_order_faults
from qts_core.features.audit.evidence import failing
from qts_core.features.audit.subject import Subject, subject_of
from qts_core.features.operations import Scope
from qts_core.features.roles import SymbolRoles
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Panel
from tests.golden.features.market_for_tests import make_panel
from tests.golden.features.roles_for_tests import PLAYERS

PANEL = make_panel()
ROWS = len(PANEL)
# No role is played by the first symbol, whose neighbours are altered, nor by the late listing, which starts constant.
ROLES = SymbolRoles(
    np.ones(len(PANEL.symbols), dtype=bool),
    {role: np.full(len(PANEL.symbols), column) for role, column in zip(PLAYERS, (1, 2, 4, 5, 1, 2), strict=True)},
)


@dataclass(frozen=True)
class Proved:
    """A catalogue and its features as what is put to the proof."""

    catalogue: Catalogue
    subject: Subject


once = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", params=CATALOGUES)
def proved(request: pytest.FixtureRequest) -> Proved:
    catalogue = CATALOGUES[request.param]()
    return Proved(catalogue, subject_of(catalogue, roles=ROLES))


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


@once
@given(st.lists(st.integers(1, ROWS - 1), max_size=12, unique=True))
def test_values_do_not_depend_on_how_time_is_cut_and_survive_a_restart_at_each_cut(
    proved: Proved, cuts: list[int]
) -> None:
    assert chunking_faults(proved.subject, PANEL, sorted(cuts)) == ()


def test_blocks_of_one_row_give_the_bits_of_the_batch(proved: Proved) -> None:
    engine = FeatureEngine(proved.catalogue, PANEL.symbols, roles=ROLES)
    live = np.concatenate([engine.push(FeatureBlock.of_slice(BarSlice.of(PANEL, row))) for row in range(ROWS)], axis=1)
    batch = proved.subject.compute(PANEL, ())
    np.testing.assert_array_equal(live, batch)


@once
@given(st.integers(1, ROWS - 1), st.integers(0, 2**32 - 1))
def test_no_value_changes_when_the_future_is_altered_or_cut_off(proved: Proved, row: int, seed: int) -> None:
    assert look_ahead_faults(proved.subject, PANEL, row, np.random.default_rng(seed)) == ()


def test_no_value_changes_when_symbols_change_places(proved: Proved, random: np.random.Generator) -> None:
    assert symbol_order_faults(proved.subject, PANEL, random) == ()


def test_time_series_features_do_not_see_other_symbols_and_cross_sectional_ones_do(
    proved: Proved, random: np.random.Generator
) -> None:
    crossing = tuple(spec.name for spec in proved.catalogue if spec.scope is Scope.CROSS_SECTION)
    assert failing(neighbour_faults(proved.subject, PANEL, random)) == crossing
    assert set(crossing) == {name for name in proved.catalogue.names if name.startswith("cross_")}


def test_values_stay_inside_their_bounds_and_are_never_infinite(proved: Proved) -> None:
    values = proved.subject.compute(PANEL, ())
    for spec, each in zip(proved.catalogue, values, strict=True):
        there = each[~np.isnan(each)]
        assert len(there) > 1000, spec.name
        assert np.isfinite(there).all(), spec.name
        # Rounding may carry a ratio a few units beyond an end it can reach.
        slack = 1e-9 * np.where(np.isfinite(spec.bounds), np.maximum(1.0, np.abs(spec.bounds)), 0.0)
        assert spec.bounds[0] - slack[0] <= there.min(), spec.name
        assert there.max() <= spec.bounds[1] + slack[1], spec.name


def test_a_missing_bar_has_no_features(proved: Proved) -> None:
    missing = np.isnan(PANEL["close"])
    values = proved.subject.compute(PANEL, ())
    for spec, each in zip(proved.catalogue, values, strict=True):
        assert np.isnan(each[missing]).all(), spec.name


def test_warm_up_is_exact_on_bars_without_gaps(proved: Proved) -> None:
    fields = {name: values.copy() for name, values in PANEL.fields.items()}
    for name in ("open", "high", "low", "close", "volume"):
        filled = fields[name]
        for column in range(filled.shape[1]):
            there = ~np.isnan(filled[:, column])
            filled[~there, column] = np.interp(np.flatnonzero(~there), np.flatnonzero(there), filled[there, column])
    fields["volume"] = np.maximum(fields["volume"], 1.0)
    values = proved.subject.compute(Panel(PANEL.timeline, PANEL.symbols, fields), ())
    for spec, each in zip(proved.catalogue, values, strict=True):
        first = int(np.flatnonzero(~np.isnan(each[:, 0]))[0])
        if spec.waits:
            # It also waits for a session, a longer bar or an event.
            assert first >= spec.warm_up_bars, spec.name
        elif spec.name == "micro_roll_60_spread":
            # A trend has no bounce to measure.
            assert first >= spec.warm_up_bars
        else:
            assert first == spec.warm_up_bars, spec.name


@pytest.mark.parametrize("constant", [1.0, 123.45])
def test_constant_prices_give_values_or_nothing_but_never_noise(proved: Proved, constant: float) -> None:
    shape = PANEL["close"].shape
    fields = {name: np.full(shape, constant) for name in ("open", "high", "low", "close")}
    fields |= {"volume": np.full(shape, 1000.0), "factor": np.ones(shape)}
    values = proved.subject.compute(Panel(PANEL.timeline, PANEL.symbols, fields), ())
    for spec, each in zip(proved.catalogue, values, strict=True):
        there = each[~np.isnan(each)]
        assert np.isfinite(there).all(), spec.name
        assert spec.bounds[0] <= there.min(initial=spec.bounds[1]), spec.name
        if spec.unit == "deviations":
            # No deviation, no distance in deviations.
            assert len(there) == 0, spec.name
