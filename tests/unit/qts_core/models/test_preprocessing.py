"""Scalers against scikit-learn; frozen numbers, JSON and back to the bit, one row as the batch."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, RobustScaler, StandardScaler

from qts_core.market.errors import ModelLoadError, PredictionError, TrainingError
from qts_core.models.preprocessing import Method, Preprocessor

Floats = NDArray[np.float64]
NAMES = ("returns", "heavy", "gaps", "ties", "volume")
REFEREES = {
    Method.ZSCORE: lambda rows: StandardScaler(),
    Method.MINMAX: lambda rows: MinMaxScaler(clip=True),
    Method.ROBUST: lambda rows: RobustScaler(),
    Method.QUANTILE: lambda rows: QuantileTransformer(n_quantiles=min(1000, rows), subsample=None),
}
METHODS = pytest.mark.parametrize("method", list(Method))


def table(seed: int, rows: int = 400) -> Floats:
    """Columns as features have them: small returns, heavy tails, missing values, ties, large numbers."""
    rng = np.random.default_rng(seed)
    values = np.column_stack(
        [
            0.001 * rng.standard_normal(rows),
            rng.standard_t(2, rows),
            rng.standard_normal(rows),
            rng.integers(-2, 3, rows).astype(float),
            np.exp(rng.normal(14, 1, rows)),
        ]
    )
    values[rng.random(rows) < 0.3, 2] = np.nan
    return values


@METHODS
def test_training_and_later_rows_equal_scikit_learn(method: Method) -> None:
    train, later = table(1), table(2)
    later[:, 1] *= 3.0
    referee = REFEREES[method](len(train)).fit(train)
    fitted = Preprocessor.fit(method, train, NAMES)
    for rows in (train, later):
        np.testing.assert_allclose(fitted.transform(rows), referee.transform(rows), rtol=1e-9, atol=1e-9)


@METHODS
def test_fewer_rows_than_reference_points(method: Method) -> None:
    distinct = [0, 1, 2, 4]  # scikit-learn's percentiles break ties by a rounding error
    train, later = table(3, rows=7)[:, distinct], table(4)[:, distinct]
    train[0, 2] = 0.5
    referee = REFEREES[method](len(train)).fit(train)
    found = Preprocessor.fit(method, train, [NAMES[i] for i in distinct]).transform(later)
    np.testing.assert_allclose(found, referee.transform(later), rtol=1e-9, atol=1e-9)


def test_equal_training_values_share_their_middle_rank() -> None:
    fitted = Preprocessor.fit(Method.QUANTILE, np.array([[0.0], [1.0], [2.0], [2.0], [3.0]]), ("ties",))
    np.testing.assert_array_equal(fitted.transform(np.array([[2.0], [1.5], [-1.0], [9.0]]))[:, 0], [0.625, 0.375, 0, 1])


@METHODS
def test_what_the_method_promises_of_the_training_rows_holds(method: Method) -> None:
    scaled = Preprocessor.fit(method, table(5), NAMES).transform(table(5))
    if method is Method.ZSCORE:
        np.testing.assert_allclose(np.nanmean(scaled, axis=0), 0.0, atol=1e-12)
        np.testing.assert_allclose(np.nanstd(scaled, axis=0), 1.0, atol=1e-12)
    elif method is Method.ROBUST:
        low, middle, high = np.nanquantile(scaled, [0.25, 0.5, 0.75], axis=0)
        np.testing.assert_allclose(middle, 0.0, atol=1e-12)
        np.testing.assert_allclose(high - low, 1.0, atol=1e-12)
    else:
        np.testing.assert_array_equal(np.nanmin(scaled, axis=0), 0.0)
        np.testing.assert_array_equal(np.nanmax(scaled, axis=0), 1.0)
        beyond = Preprocessor.fit(method, table(5), NAMES).transform(100.0 * table(6))
        assert np.nanmin(beyond) == 0.0
        assert np.nanmax(beyond) == 1.0


@METHODS
@given(seed=st.integers(0, 1000), row=st.integers(0, 49))
def test_one_row_gives_the_bits_of_the_batch(method: Method, seed: int, row: int) -> None:
    fitted, rows = Preprocessor.fit(method, table(7), NAMES), table(seed, rows=50)
    np.testing.assert_array_equal(fitted.transform(rows[row : row + 1])[0], fitted.transform(rows)[row])


@METHODS
def test_it_comes_back_from_json_to_the_bit(method: Method) -> None:
    train = table(8)
    train[:, 3] = np.nan
    fitted = Preprocessor.fit(method, train, NAMES)
    again = Preprocessor.from_json(fitted.to_json())
    assert again.to_json() == fitted.to_json()
    assert (again.method, again.feature_names, again.samples) == (method, NAMES, 400)
    np.testing.assert_array_equal(again.transform(table(9)), fitted.transform(table(9)))


@METHODS
def test_no_value_stays_no_value_and_changes_no_other(method: Method) -> None:
    train = table(10)
    fitted = Preprocessor.fit(method, train, NAMES)
    assert (np.isnan(fitted.transform(train)) == np.isnan(train)).all()
    without = train[~np.isnan(train[:, 2])][:, 2:3]
    alone = Preprocessor.fit(method, without, NAMES[2:3])
    if method is not Method.QUANTILE:  # its reference points are as many as the rows, missing or not
        np.testing.assert_array_equal(
            alone.transform(without)[:, 0], fitted.transform(train)[~np.isnan(train[:, 2]), 2]
        )


@METHODS
def test_a_column_without_values_gives_none_and_a_constant_one_is_no_division_by_zero(method: Method) -> None:
    train = np.column_stack([np.full(50, np.nan), np.full(50, 0.1), np.full(50, 1e9 + 0.1)])
    fitted = Preprocessor.fit(method, train, ("a", "b", "c"))
    scaled = fitted.transform(np.array([[1.0, 0.1, 1e9 + 0.1], [np.nan, 0.1, 1e9 + 0.1]]))
    assert np.isnan(scaled[:, 0]).all()
    np.testing.assert_allclose(scaled[:, 1:], 0.0, atol=1e-6)


def test_fitting_on_the_whole_sample_gives_other_numbers() -> None:
    """The leak that fitting per fold prevents is a real one: the numbers differ."""
    sample = table(11)
    sample[200:] *= 2.0
    for method in Method:
        honest, leaking = Preprocessor.fit(method, sample[:200], NAMES), Preprocessor.fit(method, sample, NAMES)
        assert not np.allclose(honest.transform(sample[:200]), leaking.transform(sample[:200]), equal_nan=True)


def test_what_is_fitted_cannot_be_fitted_again() -> None:
    fitted = Preprocessor.fit("zscore", table(12), NAMES)
    before = fitted.to_json()
    fitted.transform(table(13))
    assert fitted.to_json() == before
    with pytest.raises(FrozenInstanceError):
        fitted.center = np.zeros(5)  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        fitted.center[0] = 1.0
    assert not {"partial_fit", "fit_transform", "refit", "update"} & set(dir(fitted))


def test_what_cannot_be_fitted_or_scaled_is_refused() -> None:
    rows = table(14)
    with pytest.raises(TrainingError, match="QTS-MODEL-003"):
        Preprocessor.fit("zscore", rows[:0], NAMES)
    with pytest.raises(TrainingError, match="QTS-MODEL-003"):
        Preprocessor.fit("zscore", rows, NAMES[:3])
    with pytest.raises(ValueError, match="boxcox"):
        Preprocessor.fit("boxcox", rows, NAMES)
    fitted = Preprocessor.fit("zscore", rows, NAMES)
    with pytest.raises(PredictionError, match="QTS-MODEL-004"):
        fitted.transform(rows[:, :3])
    rows[3, 1] = np.inf
    with pytest.raises(PredictionError, match="heavy"):
        fitted.transform(rows)
    with pytest.raises(TrainingError, match="heavy"):
        Preprocessor.fit("robust", rows, NAMES)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"method": "boxcox"},
        {"scale": [0.0] * 5},
        {"scale": [-1.0] * 5},
        {"scale": [1.0] * 4},
        {"scale": [None] * 5},
        {"center": ["x"] * 5},
        {"center": None},
        {"samples": 0},
        {"points": [[1.0]] * 5},
        {"feature_names": ["a"]},
    ],
    ids=str,
)
def test_json_that_no_fit_gave_is_refused(change: dict[str, object]) -> None:
    content = json.loads(Preprocessor.fit("zscore", table(15), NAMES).to_json())
    with pytest.raises(ModelLoadError, match="QTS-MODEL-002"):
        Preprocessor.from_json(json.dumps({**content, **change}).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\x80\x04pickle", b'{"format": 1}', b"null"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ModelLoadError, match="QTS-MODEL-002"):
        Preprocessor.from_json(data)


def test_reference_points_that_fall_are_refused() -> None:
    content = json.loads(Preprocessor.fit("quantile", table(16), NAMES).to_json())
    content["points"][0] = content["points"][0][::-1]
    with pytest.raises(ModelLoadError, match="increase"):
        Preprocessor.from_json(json.dumps(content).encode())
