"""The page says whether the promise was kept, month by month, and what silence changed."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import cast

import pytest

from qts_core.report.context import Context
from qts_core.report.sections.uncertainty import uncertainty_blocks
from qts_core.report.uncertainty_inputs import CoverageMonth, ReliabilityBin, Silence, UncertaintyRecord

MONTHS = (
    CoverageMonth("2024-01", 0.91, 0.8, 0.97, 40.0, 0.85, 0.5),
    CoverageMonth("2024-02", 0.70, 0.8, 0.97, 40.0, 0.60, 0.7),
)
FIGURES = {
    "coverage_intervals": 0.805, "coverage_intervals_low": 0.83, "coverage_intervals_high": 0.95,
    "coverage_intervals_effective": 80.0, "abstained": 0.6, "calibration_error": 0.012,
    "uncalibrated_calibration_error": 0.09, "brier": 0.24,
}  # fmt: skip
RECORD = UncertaintyRecord(
    0.9, "intervals", 26, MONTHS, (ReliabilityBin(0.55, 0.54, 900),), (ReliabilityBin(0.7, 0.54, 900),), FIGURES
)
SILENCE = Silence({"interval": 1200}, {"net_return": 0.02, "trades": 10.0}, {"net_return": 0.05, "trades": 90.0})


def context(record: UncertaintyRecord | None, silence: Silence | None = None) -> Context:
    return cast(Context, SimpleNamespace(given=SimpleNamespace(uncertainty=record, silence=silence)))


def test_a_model_that_promises_nothing_has_no_section() -> None:
    assert uncertainty_blocks(context(None)) == []


def test_a_broken_promise_is_said_with_its_band() -> None:
    titles = [getattr(block, "title", "") for block in uncertainty_blocks(context(RECORD, SILENCE))]
    assert "80.5 % of outcomes were inside prediction intervals that promise 90 %: not kept" in titles[0]
    assert "1 of 2 months in their band" in titles[0]
    assert titles[1] == "Probabilities of a rise are off by 1.2 % on average, 9.0 % before calibration"
    assert titles[2] == "Abstaining from 60.0 % of the scores cost 3.00 % of net return"


@pytest.mark.parametrize("width", [348.0, 1080.0])
def test_a_month_outside_its_band_is_red_and_the_picture_fits_its_width(width: float) -> None:
    from qts_core.report.svg.certainty import coverage_chart, reliability_chart

    drawn = str(coverage_chart(MONTHS, 0.9, width=width))
    assert drawn.count("f-loss") == 1
    assert "2024-02: 70.0 % inside, band 80.0 % to 97.0 %, 40 independent outcomes" in drawn
    assert "foretold 55.0 %, came 54.0 %, n = 900" in str(reliability_chart(RECORD.bins, RECORD.raw_bins, width=width))


def test_the_record_survives_the_lake() -> None:
    again = UncertaintyRecord.from_dict(json.loads(json.dumps(RECORD.as_dict())))
    assert again == RECORD


def test_a_model_with_rules_alone_shows_its_silence() -> None:
    month = CoverageMonth("2024-01", math.nan, math.nan, math.nan, math.nan, math.nan, 0.4)
    assert len(uncertainty_blocks(context(UncertaintyRecord(0.9, "", 26, (month,)), SILENCE))) == 2
