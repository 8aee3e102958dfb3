"""One market through the whole pipeline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qts_core.adapters.settings_files import load_settings
from qts_core.market.calendar import xnys
from qts_core.research.calibration import CalibrationSettings, MarketOutcome, MemoryLake, calibrate_market

SMALL = CalibrationSettings(signal=0.0, seed=2, symbols=20, months=15, trials=2)


def rehearse(folder: Path, rehearsal: CalibrationSettings, number: int = 0) -> MarketOutcome:
    settings = load_settings(environment={"QTS_HOME": str(folder)}).settings
    return calibrate_market(MemoryLake(), settings, rehearsal, number, calendar=xnys())


def test_noise_is_refused_and_every_trial_counts(tmp_path: Path) -> None:
    outcome = rehearse(tmp_path, SMALL)
    assert not outcome.passed
    assert outcome.refused_by
    assert outcome.trials == 2
    assert outcome.seed == SMALL.market(0).seed


@pytest.mark.slow
def test_the_same_market_gives_the_same_verdict(tmp_path: Path) -> None:
    first, second = rehearse(tmp_path / "a", SMALL), rehearse(tmp_path / "b", SMALL)
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)


@pytest.mark.slow
def test_a_strong_signal_passes(tmp_path: Path) -> None:
    assert rehearse(tmp_path, CalibrationSettings(signal=1.5, seed=2)).passed
