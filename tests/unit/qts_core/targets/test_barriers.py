"""The triple barrier and uniqueness weights by hand (Lopez de Prado 2018, chapters 3 and 4)."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.market.panel import Panel
from qts_core.targets import average_uniqueness, triple_barrier
from qts_core.targets import barriers as module
from qts_core.targets.paths import Scale
from tests.unit.qts_core.targets.market_for_tests import market

ROWS = 6


def bars(high: list[float], low: list[float], opens: list[float] | None = None) -> Panel:
    """One symbol at 100, but for what is given."""
    line = market(sessions=1).timeline[slice(0, ROWS)]
    first = np.array(opens or [100.0] * ROWS, dtype=float)[:, None]
    fields = {"open": first, "high": np.array(high, dtype=float)[:, None], "low": np.array(low, dtype=float)[:, None]}
    level = np.full((ROWS, 1), 100.0)
    return Panel(line, ("A",), {**fields, "close": level, "volume": level, "factor": np.ones((ROWS, 1))})


@pytest.fixture(autouse=True)
def a_known_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Barriers of a horizon of 4 bars lie 2 % from the entry."""
    monkeypatch.setattr(module, "known_scale", lambda p: Scale(np.full((len(p), 1), 0.01), np.full((len(p), 1), 0.01)))


FLAT = [100.0] * ROWS


@pytest.mark.parametrize(
    ("high", "low", "opens", "label", "end"),
    [
        ([100, 101, 102, 100, 100, 100], FLAT, None, 2.0, 2),
        (FLAT, [100, 100, 99, 98, 90, 100], None, 0.0, 3),
        ([100, 101.9, 101.9, 101.9, 101.9, 150], [100, 98.1, 98.1, 98.1, 98.1, 50], None, 1.0, 4),
        # one bar spans both: the loss is assumed
        ([100, 100, 103, 100, 100, 100], [100, 100, 97, 100, 100, 100], None, 0.0, 2),
        # it opens beyond the upper one: that came first
        ([100, 100, 105, 100, 100, 100], [100, 100, 97, 100, 100, 100], [100, 100, 104, 100, 100, 100], 2.0, 2),
        # the bar of the decision itself touches nothing
        ([150, 100, 100, 100, 100, 100], [50, 100, 100, 100, 100, 100], None, 1.0, 4),
    ],
)
def test_the_first_touch_decides(
    high: list[float], low: list[float], opens: list[float] | None, label: float, end: int
) -> None:
    found = triple_barrier(bars(high, low, opens), 4)
    assert found.values[0, 0] == label
    assert found.end_row[0, 0] == end


def test_what_is_not_decided_when_the_data_ends_is_unknown() -> None:
    found = triple_barrier(bars(FLAT, FLAT), 4).values[:, 0]
    assert found[:2].tolist() == [1.0, 1.0]
    assert np.isnan(found[2:]).all()


def test_widths_are_by_side() -> None:
    panel = bars([100, 101, 101, 101, 101, 101], [100, 99, 99, 99, 99, 99])
    assert triple_barrier(panel, 4, upper=0.5).values[0, 0] == 2.0
    assert triple_barrier(panel, 4, lower=0.5).values[0, 0] == 0.0
    with pytest.raises(ValueError, match="widths"):
        triple_barrier(panel, 4, lower=0.0)


def test_average_uniqueness_by_hand() -> None:
    # Labels of one symbol live in bars 1-3, 2-4 and 6-7: one, two, two, one, none, one, one are alive.
    row, end = np.array([0, 1, 5], dtype=np.int32), np.array([3, 4, 7], dtype=np.int32)
    column = np.zeros(3, dtype=np.int32)
    expected = [(1 + 1 / 2 + 1 / 2) / 3, (1 / 2 + 1 / 2 + 1) / 3, 1.0]
    np.testing.assert_allclose(average_uniqueness(row, column, end), expected)


def test_symbols_do_not_share_bars_and_order_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    row = rng.integers(0, 60, 200).astype(np.int32)
    column = rng.integers(0, 4, 200).astype(np.int32)
    end = (row + rng.integers(1, 12, 200)).astype(np.int32)
    found = average_uniqueness(row, column, end)
    for i in range(200):
        alive = [
            sum(1 for j in range(200) if column[j] == column[i] and row[j] < bar <= end[j])
            for bar in range(row[i] + 1, end[i] + 1)
        ]
        assert found[i] == pytest.approx(np.mean([1 / n for n in alive]))
    order = rng.permutation(200)
    np.testing.assert_allclose(average_uniqueness(row[order], column[order], end[order]), found[order])
    assert len(average_uniqueness(row[:0], column[:0], end[:0])) == 0
    with pytest.raises(ValueError, match="after its own bar"):
        average_uniqueness(row[:1], column[:1], row[:1])
