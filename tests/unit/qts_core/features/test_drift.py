"""Drift figures against hand values and scipy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstwobign

from qts_core.features.drift import (
    DriftReference,
    compare,
    ks_p_value,
    ks_statistic,
    population_stability,
    reference_of,
)

NAMES = ("calm", "moved")


def columns(rows: int = 5000, *, shift: float = 0.0, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).standard_normal((rows, 2))
    values[:, 1] = values[:, 1] * (1.0 + shift) + shift
    return values


def test_the_stability_index_by_hand() -> None:
    expected, actual = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.3, 0.3])
    # (0.4 - 0.5) ln 0.8 + 0 + (0.3 - 0.2) ln 1.5
    assert population_stability(expected, actual) == pytest.approx(0.0223144 + 0.0405465, abs=1e-6)
    assert population_stability(expected, expected) == 0.0
    assert np.isfinite(population_stability(np.array([1.0, 0.0]), np.array([0.0, 1.0])))


def test_the_two_sample_distance_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal(300), np.round(rng.standard_normal(170) + 0.2, 1)
    assert ks_statistic(a, b) == pytest.approx(ks_2samp(a, b).statistic)
    assert ks_statistic(np.append(a, np.nan), b) == pytest.approx(ks_2samp(a, b).statistic)
    assert np.isnan(ks_statistic(a, np.array([np.nan])))
    assert ks_p_value(0.1, 300, 170) == pytest.approx(kstwobign.sf(0.1 * np.sqrt(300 * 170 / 470)))


def test_the_same_population_stays_and_a_moved_one_is_seen() -> None:
    reference = reference_of(columns(), NAMES)
    calm, moved = compare(reference, columns(2000, shift=1.0, seed=9), NAMES)
    assert calm.psi < 0.02
    assert not calm.has_moved
    assert calm.ks_p > 0.01
    assert moved.has_moved
    assert moved.ks_p < 1e-6
    assert compare(reference, columns(), NAMES)[0].psi < 1e-5


def test_the_distance_to_the_reference_is_the_exact_one_up_to_its_steps() -> None:
    for shift in (0.0, 0.3, 2.0):
        before, now = columns(), columns(800, shift=shift, seed=4)
        found = compare(reference_of(before, NAMES), now, NAMES)
        for column in range(2):
            exact = ks_2samp(before[:, column], now[:, column]).statistic
            assert exact - 0.021 <= found[column].ks <= exact + 0.001


def test_the_index_is_that_of_deciles_of_training() -> None:
    before, now = columns()[:, 1], columns(700, shift=0.4, seed=5)[:, 1]
    edges = np.quantile(before, np.arange(1, 10) / 10)
    share = np.histogram(now, [-np.inf, *edges, np.inf])[0] / 700
    found = compare(reference_of(before[:, None], ("x",)), now[:, None], ("x",))[0]
    assert found.psi == pytest.approx(float(((share - 0.1) * np.log(share / 0.1)).sum()), rel=1e-3)


def test_values_that_are_often_equal_do_not_look_moved() -> None:
    rng = np.random.default_rng(6)
    flags, more = rng.random(4000) < 0.3, rng.random(3000) < 0.3
    reference = reference_of(flags[:, None].astype(float), ("flag",))
    same = compare(reference, more[:, None].astype(float), ("flag",))[0]
    assert same.psi < 0.01
    assert same.ks < 0.03
    other = compare(reference, np.ones((100, 1)), ("flag",))[0]
    assert other.ks == pytest.approx(1 - flags.mean(), abs=0.02)
    assert other.has_moved


def test_missing_values_are_a_rate_of_their_own() -> None:
    before, now = columns(1000), columns(400)
    before[:100, 0] = np.nan
    now[:200, 0] = np.inf
    now[:, 1] = np.nan
    first, second = compare(reference_of(before, NAMES), now, NAMES)
    assert first.missing_before == pytest.approx(0.1)
    assert first.missing == pytest.approx(0.5)
    assert second.missing == 1.0
    assert np.isnan(second.psi)
    assert np.isnan(second.ks)
    empty = reference_of(np.full((10, 1), np.nan), ("never",))
    assert np.isnan(compare(DriftReference.from_json(empty.to_json()), np.ones((5, 1)), ("never",))[0].psi)


def test_a_reference_travels_as_small_json() -> None:
    reference = reference_of(columns(), NAMES)
    data = reference.to_json()
    again = DriftReference.from_json(data)
    assert again.to_json() == data
    assert compare(again, columns(500, seed=3), NAMES) == compare(reference, columns(500, seed=3), NAMES)
    assert len(data) < 800 * len(NAMES)
    assert again.names == NAMES


@pytest.mark.parametrize(
    "change",
    [{"format": 2}, {"features": {"x": {}}}, {"features": {"x": 3}}, {"features": None}],
)
def test_what_is_no_reference_is_refused(change: dict[str, object]) -> None:
    content = json.loads(reference_of(columns(), NAMES).to_json())
    with pytest.raises(ValueError, match=r"format|not a drift reference"):
        DriftReference.from_json(json.dumps({**content, **change}).encode())


def test_a_reference_with_impossible_numbers_is_refused() -> None:
    content = json.loads(reference_of(columns(), NAMES).to_json())
    content["features"]["calm"]["missing"] = 2.0
    with pytest.raises(ValueError, match="no share"):
        DriftReference.from_json(json.dumps(content).encode())


def test_features_that_are_not_given_and_no_rows_are_refused() -> None:
    reference = reference_of(columns(), NAMES)
    with pytest.raises(ValueError, match="moved"):
        compare(reference, np.ones((3, 1)), ("calm",))
    with pytest.raises(ValueError, match="no rows"):
        compare(reference, np.ones((0, 2)), NAMES)
    with pytest.raises(ValueError, match="at least one row"):
        reference_of(np.ones((0, 2)), NAMES)
    swapped = compare(reference, columns(300)[:, ::-1], NAMES[::-1])
    assert [drift.name for drift in swapped] == list(NAMES)
