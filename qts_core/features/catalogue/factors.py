"""Principal components of the universe's returns (specification 6.4): who hangs on which, and how much they explain.

They are found in the last 520 rows, twenty sessions, as every fifth session begins, and hold until then. What is
said of all symbols together has the same value for each of them.
"""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("cross_factors")
WINDOW, CHANGE = 520, 130
LEARNED = 3
PCA = "Jolliffe 2002, Principal Component Analysis; scikit-learn PCA"
one = ops.log_return(ops.close)
found = ops.structure(one, WINDOW)
scaled = one / ops.std(one, WINDOW)


def loading(number: int) -> FeatureSpec:
    """Declare the correlation of the symbol with a component."""
    return feature(
        f"cross_factor{number}_{WINDOW}_loading", found.loadings[number - 1],
        "correlation", SIGNED, f"Correlation of the symbol with principal component {number}.", PCA,
    )  # fmt: skip


def moved() -> Node:
    """Return how far the loadings on the first components have moved in a week."""
    steps = [ops.difference(each, CHANGE) for each in found.loadings[:LEARNED]]
    return ops.sqrt(steps[0] * steps[0] + steps[1] * steps[1] + steps[2] * steps[2])


def pushed(number: int) -> Node:
    """Return what a component did on the bar: returns in deviations, weighed by the loadings, over symbols."""
    side = found.loadings[number - 1]
    return ops.cross_mean(side * scaled) / ops.cross_mean(side * side)


first = pushed(1)

FEATURES = (
    *(loading(number) for number in range(1, 6)),
    feature(
        f"cross_factor1_{CHANGE}_change", ops.difference(found.loadings[0], CHANGE),
        "correlation", (-2.0, 2.0), "Change of the loading on the first component in a week.", PCA,
    ),
    feature(
        f"cross_exposure_{CHANGE}_change", moved(),
        "correlation", (0.0, 6.0), "How far the loadings on the first three components moved in a week.", PCA,
    ),
    feature(
        f"cross_explained_{WINDOW}_share", found.explained,
        "ratio", FRACTION, "Share of the symbol's variance that the first three components explain.", PCA,
    ),
    feature(
        f"cross_factoridio_{WINDOW}_std", found.own_deviation,
        "ratio per bar", NOT_NEGATIVE, "Volatility that the first three components do not explain.",
        "Ang, Hodrick, Xing and Zhang 2006, Journal of Finance 61, 259; scikit-learn PCA",
    ),
    feature(
        f"cross_absorption_{WINDOW}_ratio", found.absorption,
        "ratio", FRACTION, "Share of all variance in the first fifth of the components.",
        "Kritzman, Li, Page and Rigobon 2011, Journal of Portfolio Management 37, 112",
    ),
    feature(
        f"cross_absorption_{CHANGE}_change", ops.difference(found.absorption, CHANGE),
        "ratio", SIGNED, "Change of the absorption ratio in a week.",
        "Kritzman, Li, Page and Rigobon 2011, Journal of Portfolio Management 37, 112",
    ),
    feature(
        f"cross_dominance_{WINDOW}_ratio", found.dominance,
        "ratio", (0.5, 1.0), "First eigenvalue over the sum of the first two.", PCA,
    ),
    feature(
        f"cross_dimension_{WINDOW}_ratio", found.dimension,
        "ratio", FRACTION, "Effective number of components over the number of symbols.",
        "Roy and Vetterli 2007, EUSIPCO, 606",
    ),
    feature(
        f"cross_signal_{WINDOW}_ratio", found.signal,
        "ratio", NOT_NEGATIVE, "First eigenvalue over the largest that independent returns would have.",
        "Marchenko and Pastur 1967; Laloux, Cizeau, Bouchaud and Potters 1999, Physical Review Letters 83, 1467",
    ),
    feature(
        "cross_factor1_1_move", first,
        "score", ANY, "What the first component did on the bar, in deviations of its symbols.", PCA,
    ),
    feature(
        "cross_factorresidual_26_sum", ops.rolling_sum(scaled - found.loadings[0] * first, 26),
        "score", ANY, "Returns of 26 bars that the first component does not explain, in the symbol's deviations.",
        "Avellaneda and Lee 2010, Quantitative Finance 10, 761",
    ),
)  # fmt: skip
