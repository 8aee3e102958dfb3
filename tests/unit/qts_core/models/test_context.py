"""Strategies by name and pattern."""

from __future__ import annotations

from datetime import datetime

import pytest

from qts_core.market.errors import TrainingError
from qts_core.models.context import NO_STRATEGY, Device, FitContext, Metric, Option, Strategy

NAMES = ("rsi_14", "rsi_28", "time_friday_1_flag", "volume")


def test_patterns_find_columns_and_the_first_that_fits_counts() -> None:
    chosen = Strategy(
        monotone_constraints={"rsi_14": -1, "rsi_*": 1},
        interaction_constraints=(("rsi_*", "volume"), ("nothing",)),
        categorical_features=("time_*_flag",),
    )
    assert chosen.monotone(NAMES) == (-1, 1, 0, 0)
    assert chosen.monotone(("volume",)) == ()
    assert chosen.interactions(NAMES) == ((0, 1, 3),)
    assert chosen.categorical(NAMES) == (2,)
    assert chosen.idle_patterns(NAMES) == ("nothing",)


def test_options_are_what_differs_from_nothing() -> None:
    assert NO_STRATEGY.options == frozenset()
    assert Strategy(early_stopping_rounds=5, device=Device.GPU).options == {Option.EARLY_STOPPING, Option.DEVICE}


def test_a_strategy_survives_plain_values() -> None:
    chosen = Strategy(
        early_stopping_rounds=9, evaluation_metric=Metric.SHARPE, monotone_constraints={"a": 1},
        interaction_constraints=(("a", "b"), ("c",)), categorical_features=("d",),
        regularisation_schedule={"reg_lambda": (0.5, 2.0)}, device=Device.GPU,
    )  # fmt: skip
    assert Strategy.from_dict(chosen.as_dict()) == chosen
    assert NO_STRATEGY.as_dict() == {}


def test_an_instant_without_time_zone_is_refused() -> None:
    with pytest.raises(TrainingError, match="no time zone"):
        FitContext(NAMES, datetime(2024, 1, 1))
