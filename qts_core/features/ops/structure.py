"""Factors and graph of the universe's returns, as one operation with many results."""

from __future__ import annotations

from dataclasses import dataclass

from qts_core.features.graph import Node, apply
from qts_core.features.kernels.structure import FACTORS, RESULTS
from qts_core.features.ops.sources import session

__all__ = ["Structure", "structure"]


@dataclass(frozen=True, slots=True)
class Structure:
    """How the universe moves together, found when a session begins and then held.

    Attributes
    ----------
    loadings : tuple of Node
        Correlation of the symbol with each of the five largest principal components.
    explained : Node
        Share of the symbol's variance that the first three explain.
    own_deviation : Node
        Standard deviation of what they leave, units of the input.
    absorption : Node
        Share of all variance in the first fifth of the components.
    dominance : Node
        First eigenvalue over the first two.
    dimension : Node
        Effective number of components over the number of symbols.
    signal : Node
        First eigenvalue over the largest that independent series would have.
    mean_correlation : Node
        Mean correlation with the others.
    degree : Node
        Share of the others with which it is more correlated than pairs are on average.
    centrality : Node
        Eigenvector centrality in the graph of absolute correlations, mean 1.
    density : Node
        Mean correlation of all pairs.
    cluster, cluster_share : Node
        Number of the symbol's group, 0 for the largest, and the group's share of the symbols.
    silhouette : Node
        How much nearer it is to its own group than to the next.
    """

    loadings: tuple[Node, ...]
    explained: Node
    own_deviation: Node
    absorption: Node
    dominance: Node
    dimension: Node
    signal: Node
    mean_correlation: Node
    degree: Node
    centrality: Node
    density: Node
    cluster: Node
    cluster_share: Node
    silhouette: Node


def structure(x: Node, window: int, every: int = 5) -> Structure:
    """Return how `x` moves together over symbols in the last `window` rows.

    It is found anew as every `every`-th session begins, from the rows before. Rows are instants at which any symbol of
    the universe has a value.
    """
    found = apply("structure", x, session, window=window, every=every)
    parts = [apply("part", found, place=place) for place in range(len(RESULTS))]
    return Structure(tuple(parts[:FACTORS]), **dict(zip(RESULTS[FACTORS:], parts[FACTORS:], strict=True)))
