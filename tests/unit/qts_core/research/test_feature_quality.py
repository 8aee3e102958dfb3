"""What a month of features lacks, and which of them say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from qts_core.features import Catalogue, default_catalogue
from qts_core.research.feature_quality import (
    correlations,
    group_version_parts,
    missing_values,
    most_alike,
    neighbours_first,
    sampled,
)

START = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    every = default_catalogue()
    plain = [spec.name for spec in every if not spec.waits and spec.warm_up_bars == 10][:2]
    return every.subset(names=plain)


def frame(catalogue: Catalogue, first: list[float | None], second: list[float | None]) -> pl.DataFrame:
    rows = len(first)
    return pl.DataFrame(
        {
            "symbol": ["A"] * rows,
            "ts_event": [START + timedelta(minutes=15 * row) for row in range(rows)],
            "ts_known": [START + timedelta(minutes=15 * (row + 1)) for row in range(rows)],
            catalogue.names[0]: pl.Series(first, dtype=pl.Float64),
            catalogue.names[1]: pl.Series(second, dtype=pl.Float64),
        }
    )


def test_what_is_missing_while_a_window_fills_is_no_gap(catalogue: Catalogue) -> None:
    values: list[float | None] = [*[None] * 10, 1.0, None, 1.0, 1.0]
    found = missing_values(frame(catalogue, values, [2.0] * 14), catalogue, {})
    assert found.missing.tolist() == [11 / 14, 0.0]
    assert found.beyond.tolist() == [1 / 4, 0.0]
    assert found.dead() == ()


def test_bars_of_earlier_months_end_the_warm_up(catalogue: Catalogue) -> None:
    found = missing_values(frame(catalogue, [None] * 4, [1.0] * 4), catalogue, {"A": 8})
    assert found.beyond.tolist() == [1.0, 0.0]
    assert found.dead() == catalogue.names[:1]
    young = missing_values(frame(catalogue, [None] * 4, [1.0] * 4), catalogue, {})
    assert np.isnan(young.beyond).all()


def test_infinite_values_are_counted(catalogue: Catalogue) -> None:
    found = missing_values(frame(catalogue, [float("inf"), 1.0], [-float("inf"), float("inf")]), catalogue, {})
    assert found.infinite.tolist() == [1, 2]


def test_correlations_are_those_of_spearman_and_unknown_beside_a_constant() -> None:
    random = np.random.default_rng(5)
    values = random.normal(size=(200, 4))
    values[:, 1] = np.exp(values[:, 0]) + random.normal(size=200) * 0.1
    values[:, 3] = 7.0
    found = correlations(values)
    expected = spearmanr(values[:, :3]).statistic
    np.testing.assert_allclose(found[:3, :3], expected, atol=1e-12)
    assert np.isnan(found[3]).all()


def test_features_that_say_the_same_stand_beside_each_other() -> None:
    random = np.random.default_rng(1)
    base = random.normal(size=(500, 2))
    noise = random.normal(size=(500, 6)) * 0.1
    values = np.column_stack([base[:, index % 2] * (-1) ** (index // 2) + noise[:, index] for index in range(6)])
    order = neighbours_first(correlations(values))
    assert sorted(order) == list(range(6))
    assert {frozenset(order[:3]), frozenset(order[3:])} == {frozenset({0, 2, 4}), frozenset({1, 3, 5})}
    [closest] = most_alike(correlations(values), list("abcdef"), 1)
    assert abs(float(closest["correlation"])) > 0.98


def test_a_sample_is_always_the_same_rows(catalogue: Catalogue) -> None:
    whole = frame(catalogue, [float(v) for v in range(50)], [1.0] * 50)
    first, again = (sampled(whole, catalogue.names, 20) for _ in range(2))
    assert first.shape == (20, 2)
    assert (first == again).all()
    assert (np.diff(first[:, 0]) > 0).all()


def test_only_a_groups_own_columns_and_rows_make_its_version(catalogue: Catalogue) -> None:
    one, two = catalogue.names
    before = frame(catalogue, [1.0, None], [1.0, 2.0])
    after = frame(catalogue, [1.0, None], [1.0, 3.0])
    assert list(group_version_parts(before, [one])) == list(group_version_parts(after, [one]))
    assert list(group_version_parts(before, [two])) != list(group_version_parts(after, [two]))
