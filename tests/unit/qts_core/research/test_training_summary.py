"""What training leaves for later steps survives the lake exactly."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.market.errors import DataNotFoundError, ModelNotFoundError
from qts_core.research.training_summary import (
    FoldSummary,
    TrainingSummary,
    load_predictions,
    load_training,
    save_predictions,
    save_training,
)
from tests.unit.qts_core.training.samples_for_tests import timeline_of

LINE = timeline_of(3)
SYMBOLS = ("AAA", "BBB", "CCC")
FOLD = FoldSummary(
    "fold 1", ("2024-01-02", "2024-01-03"), ("2024-01-04", "2024-01-05"), 100, 50, {"rank_ic": 0.2}, {"rank_ic": 0.1}
)
SUMMARY = TrainingSummary(
    model="toy", identity="i" * 64, registered="qts_toy", version="1", run_id="r", experiment_id="1",
    bundle_sha256="b" * 64, model_id="toy-bbbbbbbb", target="return_26bar", horizon_bars=26, dispersion=0.1 + 0.2,
    catalogue_hash="c", data_hash="d", plan_hash="p", first_test=1, last_test=2, symbols=SYMBOLS, samples=10,
    folds=(FOLD,), metrics={"rank_ic": 1 / 3}, importance={"a": 0.75, "b": 0.25}, seconds=1.5,
)  # fmt: skip


def test_a_summary_comes_back_equal_to_the_last_bit(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    save_training(lake, SUMMARY)
    assert load_training(lake, "toy") == SUMMARY


def test_undefined_figures_come_back_as_nan(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    save_training(lake, replace(SUMMARY, dispersion=math.nan, metrics={"rank_ic": math.nan}))
    again = load_training(lake, "toy")
    assert math.isnan(again.dispersion)
    assert math.isnan(again.metrics["rank_ic"])


def test_a_model_never_trained_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="qts train toy"):
        load_training(Lake(tmp_path), "toy")


def test_predictions_come_back_bit_for_bit_in_any_order_of_columns(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    predictions = np.random.default_rng(1).standard_normal((len(LINE), 3))
    predictions[::4, 1] = np.nan
    count = save_predictions(lake, SUMMARY, LINE, SYMBOLS, predictions)
    assert count == np.isfinite(predictions).sum()
    np.testing.assert_array_equal(load_predictions(lake, SUMMARY, LINE, SYMBOLS), predictions)
    part = load_predictions(lake, SUMMARY, LINE[slice(10, 40)], ("CCC", "AAA"))
    np.testing.assert_array_equal(part, predictions[10:40][:, [2, 0]])


def test_no_prediction_at_all_is_stored_as_none(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert save_predictions(lake, SUMMARY, LINE, SYMBOLS, np.full((len(LINE), 3), np.nan)) == 0
    assert np.isnan(load_predictions(lake, SUMMARY, LINE, SYMBOLS)).all()


def test_predictions_of_another_training_are_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    save_predictions(lake, SUMMARY, LINE, SYMBOLS, np.zeros((len(LINE), 3)))
    with pytest.raises(DataNotFoundError, match="no predictions of this training"):
        load_predictions(lake, replace(SUMMARY, identity="x"), LINE, SYMBOLS)
