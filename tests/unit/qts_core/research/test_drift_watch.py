"""One verdict on drift for all who ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.monitoring import DriftSettings
from qts_core.features import Catalogue, default_catalogue
from qts_core.features.drift import reference_of
from qts_core.models.bundle import DRIFT_REFERENCE
from qts_core.research.drift_watch import (
    DriftWatch,
    drift_verdict,
    judged_names,
    load_drift,
    save_drift,
    save_drift_reference,
)
from qts_core.research.feature_months import feature_table
from qts_core.research.feature_quality import sampled

ROWS = 2000
SETTINGS = DriftSettings(psi_threshold=0.2, max_drifted_share=0.5, min_rows=500)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    every = default_catalogue()
    return every.subset(names=[*every.groups["technical_trend"][:2], every.groups["calendar"][0]])


def month(catalogue: Catalogue, number: int, *, shift: float, rows: int = ROWS) -> pl.DataFrame:
    random = np.random.default_rng(number)
    start = datetime(2024, number, 1, tzinfo=UTC)
    when = [start + timedelta(minutes=row) for row in range(rows)]
    return pl.DataFrame(
        {"symbol": ["A"] * rows, "ts_event": when, "ts_known": when}
        | {name: random.normal(size=rows) + shift for name in catalogue.names}
    )


@pytest.fixture
def lake(tmp_path: Path, catalogue: Catalogue) -> Lake:
    made = Lake(tmp_path)
    for number, shift in ((1, 0.0), (2, 0.0), (3, 0.0), (4, 3.0)):
        made.write_month(feature_table(catalogue), f"2024-0{number}", month(catalogue, number, shift=shift), lineage={})
    return made


def judge(lake: Lake, catalogue: Catalogue, key: str, model: str | None = None):  # type: ignore[no-untyped-def]
    frame = lake.read_month(feature_table(catalogue), key)
    return DriftWatch(lake, catalogue, model, SETTINGS).judge(key, sampled(frame, catalogue.names), frame.height)


def test_without_a_model_a_month_is_compared_with_those_before(lake: Lake, catalogue: Catalogue) -> None:
    still, moved = judge(lake, catalogue, "2024-03"), judge(lake, catalogue, "2024-04")
    assert not still.has_drifted
    assert still.against == "the 2 months before"
    assert moved.has_drifted
    assert moved.share == 1.0
    assert {each.name for each in moved.drifted} == set(catalogue.names[:2])
    assert moved.reason.startswith("2 of 2 features moved from the 3 months before in 2024-04, farthest tech_")


def test_the_calendar_is_known_ahead_and_does_not_drift(catalogue: Catalogue) -> None:
    assert catalogue.names[2].startswith("time_")
    assert judged_names(catalogue) == catalogue.names[:2]


def test_the_training_of_a_model_counts_before_the_months(lake: Lake, catalogue: Catalogue) -> None:
    assert drift_verdict(lake, catalogue, "mine", SETTINGS) is None
    trained = sampled(month(catalogue, 9, shift=3.0), catalogue.names[:1])
    save_drift_reference(lake, "mine", {DRIFT_REFERENCE: reference_of(trained, catalogue.names[:1]).to_json()})
    found = judge(lake, catalogue, "2024-04", "mine")
    assert found.against == "the training of mine and the 3 months before"
    assert [each.name for each in found.drifted] == [catalogue.names[1]]
    verdict = drift_verdict(lake, catalogue, "mine", SETTINGS)
    assert verdict is not None
    assert (verdict.month, verdict.against, len(verdict.features)) == ("2024-04", "the training of mine", 1)
    assert not verdict.has_drifted


def test_too_few_rows_and_the_first_month_are_not_judged(lake: Lake, catalogue: Catalogue) -> None:
    assert not judge(lake, catalogue, "2024-01").has_drifted
    few = month(catalogue, 5, shift=3.0, rows=400)
    lake.write_month(feature_table(catalogue), "2024-05", few, lineage={})
    assert judge(lake, catalogue, "2024-05").reason == "2024-05 has too few rows, or nothing to be compared with"


def test_a_kept_verdict_is_told_again(lake: Lake, catalogue: Catalogue) -> None:
    verdict = judge(lake, catalogue, "2024-04")
    save_drift(lake, catalogue, verdict)
    assert load_drift(lake, catalogue, "2024-04") == verdict
    assert load_drift(lake, catalogue, "2024-03") is None
    assert load_drift(lake, catalogue.subset(names=catalogue.names[:1]), "2024-04") is None
