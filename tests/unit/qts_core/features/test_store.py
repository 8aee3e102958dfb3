from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from qts_core.features import default_catalogue
from qts_core.features.store import compute_panel, from_frame, to_frame
from qts_core.market.errors import DataValidationError
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
CATALOGUE = default_catalogue().subset(groups=("higher_timeframe", "cross_sectional", "technical_momentum"))
WHOLE = compute_panel(PANEL, CATALOGUE)


def test_a_month_resumes_from_the_month_before_to_the_bit() -> None:
    cut = 403
    first = compute_panel(PANEL.rows(slice(0, cut)), CATALOGUE)
    second = compute_panel(PANEL.rows(slice(cut, None)), CATALOGUE, first.snapshot)
    np.testing.assert_array_equal(np.concatenate([first.values, second.values], axis=1), WHOLE.values)
    assert second.snapshot == WHOLE.snapshot


def test_a_snapshot_of_later_bars_is_refused() -> None:
    with pytest.raises(DataValidationError, match="QTS-FEAT-004"):
        compute_panel(PANEL, CATALOGUE, WHOLE.snapshot)


def test_a_wide_frame_has_a_row_per_bar_and_symbol_and_null_for_no_value() -> None:
    frame = to_frame(WHOLE, PANEL.timeline, PANEL.symbols)
    assert frame.columns == ["symbol", "ts_event", "ts_known", *CATALOGUE.names]
    assert frame.schema["ts_known"] == pl.Datetime("us", "UTC")
    assert len(frame) == len(PANEL) * len(PANEL.symbols)
    assert frame.equals(frame.sort("ts_event", "symbol"))
    values = frame[CATALOGUE.names[0]]
    assert values.is_nan().sum() == 0
    assert values.null_count() == int(np.isnan(WHOLE.values[0]).sum())


def test_a_frame_read_back_gives_the_same_bits() -> None:
    frame = to_frame(WHOLE, PANEL.timeline, PANEL.symbols).sample(fraction=1.0, shuffle=True, seed=1)
    back = from_frame(frame, PANEL.timeline, PANEL.symbols, WHOLE.names)
    np.testing.assert_array_equal(back, WHOLE.values)


def test_only_rows_with_a_bar_are_kept_on_request() -> None:
    present = ~np.isnan(PANEL["close"])
    frame = to_frame(WHOLE, PANEL.timeline, PANEL.symbols, present=present)
    assert len(frame) == int(present.sum())
    back = from_frame(frame, PANEL.timeline, PANEL.symbols, WHOLE.names)
    np.testing.assert_array_equal(back, WHOLE.values)


def test_rows_of_other_times_and_symbols_are_left_out() -> None:
    frame = to_frame(WHOLE, PANEL.timeline, PANEL.symbols)
    part = from_frame(frame, PANEL.timeline[100:200], ("BBB", "NEW"), WHOLE.names)
    np.testing.assert_array_equal(part[:, :, 0], WHOLE.values[:, 100:200, 1])
    assert np.isnan(part[:, :, 1]).all()
