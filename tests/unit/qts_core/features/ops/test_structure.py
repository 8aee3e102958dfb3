"""Factors and clusters of returns whose structure is planted, and what the operation refuses."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.features import FeatureBlock, FeatureEngine, Node, Plan, ops
from qts_core.features.graph import apply
from qts_core.market.errors import InvalidConfigError
from qts_core.market.panel import Floats, Panel
from tests.golden.features.market_for_tests import make_panel

LINE = make_panel().timeline
SYMBOLS = tuple(f"S{place:02d}" for place in range(9))
FOUND = ops.structure(ops.log_return(ops.close), 260)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Return nine symbols: one market, and on top of it three groups of four, three and two."""
    random = np.random.default_rng(4)
    group = np.repeat([0, 1, 2], [4, 3, 2])
    moves = random.normal(size=(len(LINE), 1)) + random.normal(size=(len(LINE), 3))[:, group]
    moves = 0.002 * (moves + 0.7 * random.normal(size=(len(LINE), 9)))
    close = 100.0 * np.exp(np.cumsum(moves, axis=0))
    fields = dict.fromkeys(("open", "high", "low", "close"), close)
    return Panel(LINE, SYMBOLS, fields | {"volume": np.ones_like(close), "factor": np.ones_like(close)})


def last(panel: Panel, expression: Node) -> Floats:
    found: Floats = FeatureEngine(Plan.of({"x": expression}), SYMBOLS).push(FeatureBlock.of(panel))[0, -1]
    return found


def test_the_first_factor_is_the_market_and_every_symbol_hangs_on_it_with_one_sign(panel: Panel) -> None:
    found = last(panel, FOUND.loadings[0])
    assert (found > 0.5).all()


def test_the_planted_groups_are_the_clusters_the_largest_being_0(panel: Panel) -> None:
    assert last(panel, FOUND.cluster).tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2]
    np.testing.assert_array_equal(last(panel, FOUND.cluster_share), np.repeat([4, 3, 2], [4, 3, 2]) / 9.0)
    assert (last(panel, FOUND.silhouette) > 0.2).all()


def test_an_operation_with_several_results_is_no_series() -> None:
    whole = FOUND.density.inputs[0]
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        apply("add", whole, ops.close)
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        apply("part", ops.close, place=0)
