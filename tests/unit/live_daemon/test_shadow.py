"""A shadow that is too slow, or was loaded for other symbols, switches itself off and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from live_daemon.models import ReadyModel
from live_daemon.shadow import Scored, Shadow, ShadowState
from qts_core.market.bars import BarSlice
from qts_core.market.errors import ModelLoadError
from qts_core.trading.predictors import Prediction
from tests.unit.qts_core.models.test_bundle import WHEN, bundle_of


class Echo:
    """A predictor that gives the closes back."""

    model_id, symbols = "echo", ("AAA", "BBB")

    def __init__(self) -> None:
        self.advanced = 0

    def advance(self, bars: BarSlice) -> None:
        self.advanced += 1

    def predict(self, bars: BarSlice) -> Prediction:
        return Prediction(bars.close, np.zeros(len(bars.close)), np.empty((len(bars.close), 0)))

    def snapshot(self) -> bytes:
        return b""

    def restore(self, state: bytes) -> None:
        raise AssertionError("not used")


def bar() -> BarSlice:
    close, one = np.array([10.0, 20.0]), np.ones(2)
    return BarSlice(WHEN, WHEN, 0, 26, ("AAA", "BBB"), close, close, close, close, one, one)


def running(budget: float = 1.0) -> Shadow:
    return Shadow("shadow", "3", budget, state=ShadowState.RUNNING)


def took(*seconds: float) -> list[Scored]:
    return [Scored(np.zeros(2), each) for each in seconds]


def test_three_slow_bars_in_a_row_switch_it_off_and_two_do_not() -> None:
    shadow = running(budget=0.5)
    assert [shadow.scored(each) for each in took(0.6, 0.7, 0.1, 0.6, 0.6)] == [True] * 5
    assert not shadow.scored(took(0.9)[0])
    assert shadow.to_json()["reason"] == "it took more than 0.5 s for each of 3 bars in a row"
    assert (shadow.state, shadow.bars) == (ShadowState.FAILED, 6)


def test_a_failed_shadow_scores_nothing_more() -> None:
    shadow = running()
    shadow.failed("because")
    assert shadow.score(bar()) is None


def test_it_goes_on_from_the_bars_of_today_and_reads_just_the_champions_symbols() -> None:
    ready, echo = ReadyModel(bundle_of().open(), Path("somewhere"), "3", "shadow"), Echo()
    shadow = running()
    shadow.load(lambda: ready, lambda _: echo, (bar(), bar()), ("AAA", "BBB"))
    assert (echo.advanced, shadow.model_id, shadow.horizon_bars) == (2, ready.model.model_id, 26)
    found = shadow.score(bar())
    assert found is not None
    np.testing.assert_array_equal(found.scores, [10.0, 20.0])
    with pytest.raises(ModelLoadError, match=r"QTS-MODEL-079.*found 2, expected the champion's 3"):
        running().load(lambda: ready, lambda _: echo, (), ("AAA", "BBB", "CCC"))
