"""Principal components against scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.decomposition import PCA

from qts_core.features import Catalogue
from qts_core.features.catalogue import factors
from tests.golden.features.market_for_tests import Floats, Market, market_of
from tests.golden.features.roles_for_tests import across
from tests.golden.features.structure_for_tests import WINDOW, Cut, held, over_time, step

CATALOGUE = Catalogue(factors.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


@pytest.fixture(scope="module")
def expected(market: Market) -> dict[str, Floats]:
    return held(market, components)


def components(cut: Cut) -> dict[str, Floats | float]:
    fit = PCA().fit(cut.units)
    size, share = len(cut.some), fit.explained_variance_ratio_
    loadings = fit.components_ * np.sqrt(share * size)[:, None]
    explained = (loadings[:3] ** 2).sum(axis=0)
    return {
        **{f"loading_{k + 1}": abs(row) for k, row in enumerate(loadings[:5])},
        "explained": explained,
        "idio": cut.deviations * np.sqrt(1.0 - explained),
        "absorption": share[: max(1, round(size / 5))].sum(),
        "dominance": share[0] / share[:2].sum(),
        "dimension": np.exp(-(share * np.log(share)).sum()) / size,
        "signal": share[0] * size / (1.0 + np.sqrt(size / WINDOW)) ** 2,
    }


@pytest.mark.parametrize("number", range(1, 6))
def test_loadings_are_those_of_scikit_learn_but_for_the_sign(
    number: int, market: Market, expected: dict[str, Floats]
) -> None:
    found = abs(market.values[f"cross_factor{number}_520_loading"])
    there = ~np.isnan(found)
    np.testing.assert_array_equal(there, ~np.isnan(expected[f"loading_{number}"]))
    np.testing.assert_allclose(found[there], expected[f"loading_{number}"][there], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("number", range(1, 6))
def test_a_factor_keeps_its_side_from_one_session_to_the_next(number: int, market: Market) -> None:
    found = market.values[f"cross_factor{number}_520_loading"]
    rows = np.flatnonzero(~np.isnan(found).all(axis=1))
    starts = rows[np.flatnonzero(np.diff(market.panel.timeline.session[rows])) + 1]
    before, now = found[starts - 1], found[starts]
    fits = np.nansum(before * now, axis=1)
    assert len(starts) > 10
    assert (fits > -1e-12).all()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("cross_explained_520_share", "explained"),
        ("cross_factoridio_520_std", "idio"),
        ("cross_absorption_520_ratio", "absorption"),
        ("cross_dominance_520_ratio", "dominance"),
        ("cross_dimension_520_ratio", "dimension"),
        ("cross_signal_520_ratio", "signal"),
    ],
)
def test_shares_of_the_eigenvalues_are_those_of_scikit_learn(
    name: str, part: str, expected: dict[str, Floats], agree: Callable[..., None]
) -> None:
    agree(name, expected[part], tolerance=1e-8)


def test_changes_are_differences_of_a_week(market: Market, agree: Callable[..., None]) -> None:
    absorption = market.values["cross_absorption_520_ratio"]
    agree("cross_absorption_130_change", over_time(market, absorption, lambda b, x: step(x, 130)))
    steps = [
        over_time(market, market.values[f"cross_factor{k}_520_loading"], lambda b, x: step(x, 130)) for k in (1, 2, 3)
    ]
    agree("cross_factor1_130_change", steps[0])
    agree("cross_exposure_130_change", np.sqrt(sum(each**2 for each in steps)))


def test_moves_and_residuals_are_projections_on_the_loadings(market: Market, agree: Callable[..., None]) -> None:
    scaled = market.scatter(lambda b: b.log_return / b.std(b.log_return, WINDOW))
    side = market.values["cross_factor1_520_loading"]
    both = across(side * scaled, lambda x: np.full(len(x), x.mean()))
    move = both / across(side * side, lambda x: np.full(len(x), x.mean()))
    agree("cross_factor1_1_move", move, tolerance=1e-8)
    agree(
        "cross_factorresidual_26_sum",
        over_time(market, scaled - side * move, lambda b, x: b.sum(x, 26)),
        tolerance=1e-8,
    )


def test_every_feature_of_the_family_has_a_referee() -> None:
    named = {f"cross_factor{k}_520_loading" for k in range(1, 6)} | {
        "cross_explained_520_share", "cross_factoridio_520_std", "cross_absorption_520_ratio",
        "cross_dominance_520_ratio", "cross_dimension_520_ratio", "cross_signal_520_ratio",
        "cross_absorption_130_change", "cross_factor1_130_change", "cross_exposure_130_change",
        "cross_factor1_1_move", "cross_factorresidual_26_sum",
    }  # fmt: skip
    assert named == set(CATALOGUE.names)
