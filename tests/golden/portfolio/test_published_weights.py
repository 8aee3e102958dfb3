"""Weights and returns that others published: hierarchical risk parity, Black-Litterman, least variance."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Constraints, Penalties
from qts_core.portfolio.optimisation.black_litterman import Views, equilibrium_returns, posterior
from qts_core.portfolio.optimisation.hierarchical import hierarchical_risk_parity
from qts_core.portfolio.optimisation.mean_variance import minimum_variance


def prices(golden: Path) -> tuple[list[str], Floats]:
    with (golden / "hrp" / "stock_prices.csv").open(encoding="utf-8") as file:
        names, *rows = list(csv.reader(file))
    return names[1:], np.array([[float(x) if x else np.nan for x in row[1:]] for row in rows])


def padded_returns(closes: Floats) -> Floats:
    """Returns of prices carried forward, as pandas pads them; NaN before the first price."""
    filled = closes.copy()
    for row in range(1, len(filled)):
        filled[row] = np.where(np.isnan(filled[row]), filled[row - 1], filled[row])
    return np.asarray(filled[1:] / filled[:-1] - 1.0)


def by_pairs(returns: Floats) -> tuple[Floats, Floats]:
    """What pandas calls cov and corr: each pair over the days that both have, its means over those days too."""
    breadth = returns.shape[1]
    covariance, correlation = np.empty((breadth, breadth)), np.empty((breadth, breadth))
    for i in range(breadth):
        for j in range(breadth):
            both = np.isfinite(returns[:, i]) & np.isfinite(returns[:, j])
            pair = np.cov(returns[both, i], returns[both, j])
            covariance[i, j] = pair[0, 1]
            correlation[i, j] = pair[0, 1] / np.sqrt(pair[0, 0] * pair[1, 1])
    return covariance, correlation


def test_hierarchical_risk_parity_is_that_of_pyportfolioopts_table(golden: Path) -> None:
    names, closes = prices(golden)
    with (golden / "hrp" / "weights_hrp.csv").open(encoding="utf-8") as file:
        expected = {row[0]: float(row[1]) for row in csv.reader(file) if row[0]}
    weights = hierarchical_risk_parity(*by_pairs(padded_returns(closes)))
    assert dict(zip(names, weights.tolist(), strict=True)) == pytest.approx(expected, abs=1e-12)


def test_least_variance_has_the_volatility_that_pyportfolioopt_reports(golden: Path) -> None:
    _, closes = prices(golden)
    told = json.loads((golden / "hrp" / "expected.json").read_text(encoding="utf-8"))
    _, volatility, _ = told["min_volatility_long_only"]["performance_rf_0.02"]
    covariance = by_pairs(padded_returns(closes))[0] * 252
    weights = minimum_variance(covariance, limits=Constraints(), penalties=Penalties())
    assert float(np.sqrt(weights @ covariance @ weights)) == pytest.approx(volatility, abs=1e-6)


@pytest.fixture(scope="module")
def paper(golden: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((golden / "papers" / "he_litterman_1999.json").read_text(encoding="utf-8"))
    return told


def world(paper: dict[str, object]) -> tuple[Floats, Floats]:
    volatility = np.array(paper["vol"])
    covariance = np.array(paper["correlation"]) * np.outer(volatility, volatility)
    return covariance, equilibrium_returns(covariance, np.array(paper["w_eq"]), float(str(paper["delta"])))


def test_equilibrium_returns_are_those_of_he_and_litterman(paper: dict[str, object]) -> None:
    _, equilibrium = world(paper)
    published = np.array(paper["Pi_published_pct"])
    # printed with one digit
    assert np.abs(equilibrium * 100 - published).max() < 0.05 + 1e-9


@pytest.mark.parametrize("table", ["4", "5", "6", "7", "8"])
def test_posterior_is_that_of_he_and_littermans_tables(paper: dict[str, object], table: str) -> None:
    covariance, equilibrium = world(paper)
    told = paper["tables"][table]  # type: ignore[index]  # JSON
    picks = np.array(told["P"])
    # Omega over tau is printed; the scale of table 7 halves the trust in the first view.
    tau, delta = float(str(paper["tau"])), float(str(paper["delta"]))
    after = posterior(
        covariance, equilibrium, Views(picks, np.array(told["q"]), tau * np.array(told["omega_over_tau"])), tau
    )
    weights = np.linalg.solve(delta * after.covariance, after.expected)
    # printed with one digit; table 8's own rounding is 0.08 off in one place
    assert np.abs(after.expected * 100 - np.array(told["mu_published_pct"])).max() < 0.08
    assert np.abs(weights * 100 - np.array(told["w_published_pct"])).max() < 0.06
