"""A sweep is the single runs, to the bit, on one core or two, in one batch or many."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from qts_core.backtest.vectorised import METRIC_NAMES, Crossings, Size, grid, run_vectorised_signals, sweep
from qts_core.exchange import fill_settings
from qts_core.market.errors import ConfigurationError
from qts_core.market.panel import Floats
from tests.support.decision_market import panel

BARS = panel(breadth=4, seed=5, missing=0.02, volatility=0.01)
FILLS = fill_settings("pessimistic")
PAIRS = grid(fast=(3, 5, 8), slow=(13, 21))


def line(window: object) -> Floats:
    """Return moving averages."""
    frame = pl.DataFrame(BARS["close"]).fill_nan(None).fill_null(strategy="forward")
    found: Floats = frame.select(pl.all().rolling_mean(int(str(window)))).fill_null(np.nan).to_numpy()
    return found


def directions(fast: int, slow: int) -> Floats:
    """Return 1 above, -1 below, NaN while there is nothing to compare."""
    x, y = line(fast), line(slow)
    return np.where(np.isnan(x) | np.isnan(y), np.nan, np.where(x > y, 1.0, -1.0))


def test_every_way_to_sweep_gives_the_bits_of_the_single_runs() -> None:
    singles = np.array(
        [list(run_vectorised_signals(BARS, directions(**p), fills=FILLS).metrics.values()) for p in PAIRS]  # type: ignore[arg-type]
    )
    lines = Crossings(line, is_short=True)
    for cores in (1, 2):
        for memory in (0, 512):
            for strategy in (lines, directions):
                found = sweep(BARS, strategy, PAIRS, fills=FILLS, cores=cores, memory_mb=memory)
                assert np.array_equal(found.metrics, singles, equal_nan=True)


def test_members_are_flat_where_they_do_not_belong() -> None:
    members = np.zeros((len(BARS), 4), dtype=np.bool_)
    found = sweep(BARS, Crossings(line), PAIRS[:2], fills=FILLS, members=members)
    assert found.of("fills").tolist() == [0.0, 0.0]


def test_the_table_has_parameters_then_metrics() -> None:
    found = sweep(BARS, Crossings(line), PAIRS, fills=FILLS)
    frame = found.frame()
    assert frame.columns == ["fast", "slow", *METRIC_NAMES]
    top = frame.sort("final_equity", descending=True).row(0, named=True)
    assert found.best("final_equity") == {"fast": top["fast"], "slow": top["slow"]}


def test_a_combination_that_cannot_be_run_is_named() -> None:
    with pytest.raises(ConfigurationError, match="buying power") as refused:
        sweep(BARS, Crossings(line), PAIRS, fills=FILLS, size=Size(9.0))
    assert "combination" in refused.value.__notes__[0]
    with pytest.raises(ConfigurationError, match="wrong shape"):
        sweep(BARS, Crossings(lambda _: np.zeros((1, 1))), PAIRS, fills=FILLS)
