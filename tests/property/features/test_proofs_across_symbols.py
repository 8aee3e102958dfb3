"""Features across symbols where some symbols play a part: cuts, one row at a time, the future, order and threads."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.features import FeatureBlock, FeatureEngine
from qts_core.features.audit.causality import chunking_faults, look_ahead_faults, symbol_order_faults
from qts_core.features.audit.subject import subject_of
from qts_core.features.catalogue import factors, intermarket, network, relative, universe_rank
from qts_core.features.spec import Catalogue
from qts_core.market.bars import BarSlice
from tests.golden.features.market_for_tests import make_panel
from tests.golden.features.roles_for_tests import roles

PANEL = make_panel()
ROWS = len(PANEL)
FAMILIES = (relative, universe_rank, intermarket, factors, network)
CATALOGUE = Catalogue([spec for family in FAMILIES for spec in family.FEATURES])
ROLES = roles(5)
SUBJECT = subject_of(CATALOGUE, roles=ROLES)


@pytest.mark.parametrize("cuts", [[1, 2, 521, 522], [500, 545, 546, 547, 700, 702], [255, 256, 257, 900]])
def test_values_do_not_depend_on_how_time_is_cut_and_survive_a_restart(cuts: list[int]) -> None:
    assert chunking_faults(SUBJECT, PANEL, cuts) == ()


def test_blocks_of_one_row_give_the_bits_of_the_batch() -> None:
    engine = FeatureEngine(CATALOGUE, PANEL.symbols, roles=ROLES)
    live = np.concatenate([engine.push(FeatureBlock.of_slice(BarSlice.of(PANEL, row))) for row in range(ROWS)], axis=1)
    np.testing.assert_array_equal(live, SUBJECT.compute(PANEL, ()))


@pytest.mark.parametrize("row", [546, 700, 1000])
def test_no_value_changes_when_the_future_is_altered_or_cut_off(row: int) -> None:
    assert look_ahead_faults(SUBJECT, PANEL, row, np.random.default_rng(row)) == ()


@pytest.mark.parametrize("seed", range(3))
def test_no_value_changes_when_symbols_change_places(seed: int) -> None:
    assert symbol_order_faults(SUBJECT, PANEL, np.random.default_rng(seed)) == ()


@pytest.mark.parametrize("threads", [2, 3, 6])
def test_threads_change_no_bit(threads: int) -> None:
    many = FeatureEngine(CATALOGUE, PANEL.symbols, roles=ROLES, threads=threads).push(FeatureBlock.of(PANEL))
    np.testing.assert_array_equal(many, SUBJECT.compute(PANEL, ()))


def test_symbols_outside_the_universe_have_no_place_in_its_ranks_factors_and_graph() -> None:
    values = SUBJECT.compute(PANEL, ())
    for spec, each in zip(CATALOGUE, values, strict=True):
        if spec.group in {"cross_universe", "cross_factors", "cross_network"}:
            assert np.isnan(each[:, 5]).all(), spec.name
