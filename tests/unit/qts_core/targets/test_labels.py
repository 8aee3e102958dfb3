"""Labels against hand computation."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from qts_core.market.calendar import xnys
from qts_core.market.errors import InvalidConfigError
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline
from qts_core.targets import TargetKind, direction, forward_return, labels_for, parse_target, relative_return


def panel_of(opens: np.ndarray, factor: np.ndarray | None = None) -> Panel:
    line = Timeline.between(xnys(), date(2024, 1, 2), date(2024, 1, 2))[slice(0, len(opens))]
    fields = dict.fromkeys(("open", "high", "low", "close"), opens)
    volume = np.full(opens.shape, 100.0)
    return Panel(
        line,
        tuple("ABCDEFG"[: opens.shape[1]]),
        {**fields, "volume": volume, "factor": np.ones(opens.shape) if factor is None else factor},
    )


OPENS = np.array([[10.0, 50.0], [11.0, 50.0], [12.0, 45.0], [13.2, 54.0], [9.9, 60.0]])


def test_return_runs_from_the_next_open_to_the_open_a_horizon_later() -> None:
    labels = forward_return(panel_of(OPENS), 2)
    # decided at the close of row 0: bought at the open of row 1, sold at the open of row 3
    np.testing.assert_allclose(labels.values[0], [13.2 / 11.0 - 1, 54.0 / 50.0 - 1])
    np.testing.assert_allclose(labels.values[1], [9.9 / 12.0 - 1, 60.0 / 45.0 - 1])
    assert np.isnan(labels.values[2:]).all()


def test_label_end_is_the_last_bar_it_looks_at() -> None:
    labels = forward_return(panel_of(OPENS), 2)
    assert labels.end_row.dtype == np.int32
    assert labels.end_row.tolist() == [[3, 3], [4, 4], [5, 5], [6, 6], [7, 7]]


def test_changing_bars_after_the_label_end_changes_nothing_and_at_the_end_does() -> None:
    labels = forward_return(panel_of(OPENS), 2)
    later = OPENS.copy()
    later[4] *= 7
    changed = forward_return(panel_of(later), 2)
    np.testing.assert_array_equal(changed.values[0], labels.values[0])
    assert (changed.values[1] != labels.values[1]).all()


def test_a_split_inside_the_horizon_leaves_no_mark() -> None:
    opens = np.array([[100.0], [100.0], [50.0], [50.0]])
    factor = np.array([[1.0], [1.0], [2.0], [2.0]])
    assert forward_return(panel_of(opens, factor), 1).values[0, 0] == 0.0


def test_a_missing_entry_or_exit_gives_no_label() -> None:
    opens = OPENS.copy()
    opens[1, 0] = np.nan
    opens[4, 1] = np.nan
    values = forward_return(panel_of(opens), 2).values
    assert np.isnan(values[0, 0])
    assert np.isnan(values[1, 1])
    assert np.isfinite(values[0, 1])


def test_direction_is_one_above_zero_zero_otherwise_and_unknown_without_a_return() -> None:
    opens = np.array([[10.0, 10.0, 10.0], [10.0, 10.0, 10.0], [11.0, 10.0, 9.0]])
    values = direction(panel_of(opens), 1).values
    assert values[0].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(values[1:]).all()


def test_relative_return_has_mean_zero_over_the_symbols_that_have_one() -> None:
    opens = np.array([[10.0, 10.0, 10.0], [10.0, 10.0, np.nan], [11.0, 10.0, 9.0]])
    values = relative_return(panel_of(opens), 1).values
    np.testing.assert_allclose(values[0, :2], [0.05, -0.05])
    assert np.isnan(values[0, 2])


@pytest.mark.parametrize(
    ("name", "kind", "bars"),
    [
        ("return_26bar", TargetKind.RETURN, 26),
        ("relative_return_5bar", TargetKind.RELATIVE_RETURN, 5),
        ("direction_1bar", TargetKind.DIRECTION, 1),
    ],
)
def test_targets_are_named_by_kind_and_horizon(name: str, kind: TargetKind, bars: int) -> None:
    target = parse_target(name)
    assert (target.kind, target.horizon_bars, target.name) == (kind, bars, name)
    assert labels_for(target, panel_of(OPENS)).values.shape == OPENS.shape


@pytest.mark.parametrize("name", ["", "return_0bar", "return_26", "volatile_26bar", "return_26bar ", "return_٣bar"])
def test_unknown_targets_are_refused(name: str) -> None:
    with pytest.raises(InvalidConfigError, match="unknown target"):
        parse_target(name)


def test_a_horizon_below_one_bar_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        forward_return(panel_of(OPENS), 0)
