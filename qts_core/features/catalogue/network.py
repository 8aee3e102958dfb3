"""The universe as a graph of correlations: centrality, clusters, contagion (specification 6.4).

The graph is drawn from the last 520 rows as every fifth session begins, and holds until then. Clusters are joined
by mean distance until about the root of the number of symbols is left; 0 is the largest.
"""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("cross_network")
WINDOW = 520
TAIL = 0.05
GRAPH = "Mantegna 1999, European Physical Journal B 11, 193; numpy corrcoef"
close = ops.close
one = ops.log_return(close)
day = ops.log_return(close, 26)
found = ops.structure(one, WINDOW)
peers = ops.cluster_mean(day, found.cluster)
market = ops.cross_mean(one)

# A fall below the symbol's own twentieth quantile, as it was one bar before.
fell = ops.greater(ops.lag(ops.quantile(one, 100, TAIL)), one)
together = ops.cross_mean(fell)


def adjusted(short: int, long: int) -> Node:
    """Return the correlation with the market over `short` bars as it would be in the market's usual volatility."""
    r = ops.correlation(one, market, short)
    wilder = ops.std(market, short) / ops.std(market, long)
    return r / ops.sqrt(1.0 + (wilder * wilder - 1.0) * (1.0 - r * r))


FEATURES = (
    feature(
        f"cross_meancorr_{WINDOW}_mean", found.mean_correlation,
        "correlation", SIGNED, "Mean correlation with the other symbols.", GRAPH,
    ),
    feature(
        f"cross_density_{WINDOW}_mean", found.density,
        "correlation", SIGNED, "Mean correlation of all pairs.", GRAPH,
    ),
    feature(
        "cross_density_130_change", ops.difference(found.density, 130),
        "correlation", (-2.0, 2.0), "Change of the mean correlation of all pairs in a week.", GRAPH,
    ),
    feature(
        f"cross_degree_{WINDOW}_share", found.degree,
        "ratio", FRACTION, "Share of the others with which it is more correlated than pairs are on average.", GRAPH,
    ),
    feature(
        f"cross_centrality_{WINDOW}_score", found.centrality,
        "score", NOT_NEGATIVE, "Eigenvector centrality in the graph of absolute correlations; 1 is the mean.",
        "Bonacich 1972, Journal of Mathematical Sociology 2, 113",
    ),
    feature(
        f"cross_cluster_{WINDOW}_number", found.cluster,
        "number", NOT_NEGATIVE, "Number of the symbol's cluster, 0 for the largest.",
        "Sokal and Michener 1958; scipy average linkage",
    ),
    feature(
        f"cross_cluster_{WINDOW}_share", found.cluster_share,
        "ratio", FRACTION, "Share of the symbols in its cluster.", "Sokal and Michener 1958; scipy average linkage",
    ),
    feature(
        f"cross_cluster_{WINDOW}_silhouette", found.silhouette,
        "ratio", SIGNED, "How much nearer it is to its own cluster than to the next.",
        "Rousseeuw 1987, Journal of Computational and Applied Mathematics 20, 53",
    ),
    feature(
        "cross_peers_26_return", peers,
        "log ratio", ANY, "26-bar return of the other symbols of its cluster.", "definition; numpy",
    ),
    feature(
        "cross_peers_26_excess", day - peers,
        "log ratio", ANY, "26-bar return less that of the other symbols of its cluster.",
        "Gatev, Goetzmann and Rouwenhorst 2006, Review of Financial Studies 19, 797",
    ),
    feature(
        "cross_contagion_26_score", adjusted(26, WINDOW) - ops.correlation(one, market, WINDOW),
        "correlation", (-2.0, 2.0),
        "Correlation with all symbols now, freed of the bias of volatile times, less the usual one.",
        "Forbes and Rigobon 2002, Journal of Finance 57, 2223",
    ),
    feature(
        "cross_contagion_26_share", ops.sma(together, 26),
        "ratio", FRACTION, "Mean share of symbols that fell below their own twentieth quantile.",
        "Bae, Karolyi and Stulz 2003, Review of Financial Studies 16, 717",
    ),
    feature(
        "cross_contagion_520_correlation", ops.correlation(fell, together, WINDOW),
        "correlation", SIGNED, "Correlation of its own deep falls with the share of symbols that fall with it.",
        "Bae, Karolyi and Stulz 2003, Review of Financial Studies 16, 717",
    ),
)  # fmt: skip
