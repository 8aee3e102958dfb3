"""What a table of features promises follows from its catalogue."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import polars as pl

from qts_core.config.features import FeaturesSettings
from qts_core.features import Catalogue
from qts_core.features.contract import feature_contract, feature_profile
from qts_core.research.feature_months import catalogue_for

RSI = "tech_rsi_14_raw"


def catalogue() -> Catalogue:
    return catalogue_for(FeaturesSettings(groups=("technical_momentum",), exclude=()))


def month(values: Mapping[str, Sequence[float | None]]) -> pl.DataFrame:
    names = catalogue().names
    rows = len(next(iter(values.values())))
    start = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
    keys = {"symbol": ["AAA"] * rows, "ts_event": [start] * rows, "ts_known": [start] * rows}
    columns = {name: values.get(name, [None] * rows) for name in names}
    return pl.DataFrame({**keys, **columns}, schema=dict(feature_contract(catalogue(), "features_x").columns))


def test_there_is_a_column_for_each_feature() -> None:
    assert tuple(feature_contract(catalogue(), "features_x").columns)[3:] == catalogue().names


def test_the_profile_of_a_month_has_smallest_and_largest_beside_the_bounds() -> None:
    # RSI lies between 0 and 100 by definition (Wilder 1978).
    profile = feature_profile(month({RSI: [20.0, None, 75.0]}), catalogue(), "2024-01")
    row = profile.filter(pl.col("feature") == RSI).row(0, named=True)
    assert (row["smallest"], row["largest"], row["infinite"]) == (20.0, 75.0, 0)
    assert (round(row["low"], 6), round(row["high"], 6)) == (0.0, 100.0)
    assert profile.height == len(catalogue().names)


def test_infinity_is_counted_and_does_not_hide_the_largest_finite_value() -> None:
    profile = feature_profile(month({RSI: [math.inf, 30.0, -math.inf]}), catalogue(), "2024-01")
    row = profile.filter(pl.col("feature") == RSI).row(0, named=True)
    assert (row["smallest"], row["largest"], row["infinite"]) == (30.0, 30.0, 2)


def test_a_feature_without_a_value_has_no_extremes() -> None:
    profile = feature_profile(month({RSI: [None]}), catalogue(), "2024-01")
    assert profile.filter(pl.col("feature") == RSI)["smallest"].to_list() == [None]
