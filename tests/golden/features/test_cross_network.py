"""The graph of correlations against numpy, scipy's clusters and scikit-learn's silhouettes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import silhouette_samples

from qts_core.features import Catalogue
from qts_core.features.catalogue import network
from tests.golden.features.market_for_tests import Bars, Floats, Market, market_of
from tests.golden.features.roles_for_tests import across, correlation
from tests.golden.features.structure_for_tests import WINDOW, Cut, held, over_time, step

CATALOGUE = Catalogue(network.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


@pytest.fixture(scope="module")
def expected(market: Market) -> dict[str, Floats]:
    return held(market, graph)


def numbers_of(labels: Floats) -> Floats:
    """Number clusters by size, then by the calmest member."""
    order = sorted(set(labels), key=lambda label: (-np.sum(labels == label), np.argmax(labels == label)))
    return np.array([order.index(label) for label in labels], dtype=float)


def graph(cut: Cut) -> dict[str, Floats | float]:
    size, r = len(cut.some), cut.correlations
    others = r[~np.eye(size, dtype=bool)].reshape(size, size - 1)
    distances = np.sqrt(2.0 * np.maximum(0.0, 1.0 - r))
    np.fill_diagonal(distances, 0.0)
    weights = abs(r) - np.eye(size)
    central = abs(np.linalg.eigh(weights)[1][:, -1])
    tree = linkage(squareform(distances, checks=False), "average")
    numbers = numbers_of(fcluster(tree, max(2, round(np.sqrt(size))), "maxclust"))
    return {
        "cross_meancorr_520_mean": others.mean(axis=1),
        "cross_density_520_mean": others.mean(),
        "cross_degree_520_share": (others > others.mean()).mean(axis=1),
        "cross_centrality_520_score": central / central.mean(),
        "cross_cluster_520_number": numbers,
        "cross_cluster_520_share": np.array([np.mean(numbers == each) for each in numbers]),
        "cross_cluster_520_silhouette": silhouette_samples(distances, numbers, metric="precomputed"),
    }


HELD = tuple(name for name in CATALOGUE.names if "_520_" in name and "contagion" not in name and "change" not in name)


@pytest.mark.parametrize("name", [name for name in HELD if "density" not in name])
def test_the_graph_is_that_of_the_libraries(name: str, expected: dict[str, Floats], agree: Callable[..., None]) -> None:
    agree(name, expected[name], tolerance=1e-8)


def test_density_and_its_change(market: Market, expected: dict[str, Floats], agree: Callable[..., None]) -> None:
    agree("cross_density_520_mean", expected["cross_density_520_mean"], tolerance=1e-8)
    agree(
        "cross_density_130_change",
        over_time(market, expected["cross_density_520_mean"], lambda b, x: step(x, 130)),
        tolerance=1e-7,
    )


def change(b: Bars) -> Floats:
    return b.before(b.close, lambda was, now: np.log(now / was), 26)


def test_peers_are_the_other_members_of_the_cluster(market: Market, agree: Callable[..., None]) -> None:
    returns, clusters = market.scatter(change), market.values["cross_cluster_520_number"]
    peers = np.full(returns.shape, np.nan)
    for row, column in zip(*np.nonzero(~np.isnan(returns) & ~np.isnan(clusters)), strict=True):
        others = (clusters[row] == clusters[row, column]) & ~np.isnan(returns[row])
        others[column] = False
        if others.any():
            peers[row, column] = returns[row, others].mean()
    agree("cross_peers_26_return", peers)
    agree("cross_peers_26_excess", returns - peers)


def average(x: Floats) -> Floats:
    return np.full(len(x), x.mean())


def test_contagion_is_correlation_freed_of_the_bias_of_volatile_times(
    market: Market, agree: Callable[..., None]
) -> None:
    index = across(market.scatter(lambda b: b.log_return), average)

    def score(b: Bars, m: Floats) -> Floats:
        short, long = (b.pairs(b.log_return, m, bars, correlation) for bars in (26, WINDOW))
        excess = (b.std(m, 26) / b.std(m, WINDOW)) ** 2 - 1.0
        return short / np.sqrt(1.0 + excess * (1.0 - short**2)) - long

    agree("cross_contagion_26_score", over_time(market, index, score), tolerance=1e-8)


def test_contagion_is_falling_together(market: Market, agree: Callable[..., None]) -> None:
    def falls(b: Bars) -> Floats:
        low = b.roll(b.log_return, 100, lambda w: np.quantile(w, 0.05, axis=1))
        before = np.r_[np.nan, low[:-1]]
        return np.where(np.isnan(before), np.nan, (b.log_return < before).astype(float))

    fell = market.scatter(falls)
    share = across(fell, average)
    agree("cross_contagion_26_share", over_time(market, share, lambda b, x: b.mean(x, 26)))
    columns = [b.pairs(fell[b.rows, c], share[b.rows, c], WINDOW, correlation) for c, b in enumerate(market.bars)]
    together = np.full(fell.shape, np.nan)
    for column, b in enumerate(market.bars):
        together[b.rows, column] = columns[column]
    agree("cross_contagion_520_correlation", together, tolerance=1e-8)
