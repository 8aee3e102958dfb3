"""What several alphas say of the same thing, said once: PCA, Gram-Schmidt, dropping, most information (9.2).

Two alphas overlap as far as their strengths correlate, over symbols and bars together. Strengths are measured from
zero, which is what they mean, so two alphas are orthogonal when the sum of their products is zero.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["Orthogonalisation", "correlations", "decorrelation", "gram_schmidt", "most_information", "principal",
           "without_redundant"]  # fmt: skip


class Orthogonalisation(StrEnum):
    """What is done about alphas that overlap."""

    NONE = "none"
    PCA = "pca"
    """Principal components instead of alphas."""
    GRAM_SCHMIDT = "gram_schmidt"
    """Of each alpha what those before it do not say."""
    DROP = "drop"
    """Alphas that correlate too much with a better one are left out."""
    INFORMATION = "information"
    """Gram-Schmidt in the order of the information that each adds, while it adds any."""


def decorrelation(method: Orthogonalisation, correlation: Floats, ic: Floats, threshold: float) -> Floats:
    """Return the matrix [K, K] that turns standardised alphas into what takes their place.

    Parameters
    ----------
    correlation : float64 [K, K]
    ic : float64 [K]
        Mean information coefficients; NaN = not known.
    threshold : float
        What the method means by too little or too much; see the functions.
    """
    if method is Orthogonalisation.PCA:
        return principal(correlation, threshold)
    if method is Orthogonalisation.GRAM_SCHMIDT:
        return gram_schmidt(correlation, range(len(correlation)), threshold)
    if method is Orthogonalisation.DROP:
        return without_redundant(correlation, np.where(np.isnan(ic), 0.0, ic), threshold)
    if method is Orthogonalisation.INFORMATION:
        return most_information(correlation, np.where(np.isnan(ic), 0.0, ic), threshold)
    return np.eye(len(correlation))


def correlations(products: Floats) -> tuple[Floats, Floats]:
    """Return the correlation [K, K] of sums of products [K, K], and the roots of its diagonal [K].

    An alpha that never said anything correlates with none.
    """
    size = np.sqrt(np.diagonal(products))
    divisor = np.where(size > 0.0, size, 1.0)
    found = products / np.outer(divisor, divisor)
    np.fill_diagonal(found, 1.0)
    return found, size


def principal(correlation: Floats, threshold: float) -> Floats:
    """Return the rows that give principal components of variance 1, the largest first.

    Each points the way of the sum of the alphas. A component with less than `threshold` of the total variance is zero.
    """
    values, vectors = np.linalg.eigh(correlation)
    found = np.zeros(correlation.shape)
    for place, column in enumerate(np.argsort(-values, kind="stable")):
        if values[column] <= max(threshold * len(values), SMALLEST_VARIANCE):
            continue
        vector = vectors[:, column]
        total = float(vector.sum())
        # A component that sums to nothing points the way of its largest part.
        lead = total if abs(total) > 1e-9 else float(vector[np.argmax(np.abs(vector))])
        found[place] = np.copysign(1.0, lead) * vector / np.sqrt(values[column])
    return found


def gram_schmidt(correlation: Floats, order: range | list[int], threshold: float) -> Floats:
    """Return the rows that take from each alpha what those before it in `order` say, scaled back to variance 1.

    An alpha of which `threshold` of its variance or less is left is zero.
    """
    found = np.zeros(correlation.shape)
    kept: list[int] = []
    for k in order:
        row = np.zeros(len(correlation))
        row[k] = 1.0
        # Twice is enough: the second pass removes what rounding left of the first.
        for _ in range(2):
            for j in kept:
                row = row - float(found[j] @ correlation @ row) * found[j]
        left = float(row @ correlation @ row)
        if left > max(threshold, SMALLEST_VARIANCE):
            found[k] = row / np.sqrt(left)
            kept.append(k)
    return found


def without_redundant(correlation: Floats, merit: Floats, threshold: float) -> Floats:
    """Return the unit rows of the alphas that correlate by `threshold` at most with every better one that stays."""
    found = np.zeros(correlation.shape)
    kept: list[int] = []
    for k in np.argsort(-merit, kind="stable"):
        if all(abs(correlation[k, j]) <= threshold for j in kept):
            kept.append(int(k))
            found[k, k] = 1.0
    return found


def most_information(correlation: Floats, ic: Floats, threshold: float) -> Floats:
    """Return Gram-Schmidt's rows in the order of information, of the alphas that add more than `threshold`.

    The squares of the orthogonal alphas' coefficients add up to ``ic @ inverse(correlation) @ ic``, the square of the
    best that any linear combination reaches. At each step the alpha is taken whose remainder has the largest; each row
    points the way that its coefficient is positive.

    Parameters
    ----------
    threshold : float
        Smallest information coefficient, in absolute value, of a remainder that is worth having.

    References
    ----------
    Qian, Hua and Sorensen (2007), "Quantitative Equity Portfolio Management", chapter 7: the optimal weights of
    correlated factors.
    """
    found = np.zeros(correlation.shape)
    order: list[int] = []
    while len(order) < len(ic):
        best, best_ic, best_rows = -1, 0.0, found
        for k in (k for k in range(len(ic)) if k not in order):
            rows = gram_schmidt(correlation, [*order, k], 0.0)
            own = float(rows[k] @ ic)
            if abs(own) > abs(best_ic):
                best, best_ic, best_rows = k, own, rows
        if best < 0 or abs(best_ic) <= threshold:
            break
        order.append(best)
        found = best_rows
    signs = np.where(found @ ic < 0.0, -1.0, 1.0)
    return np.asarray(signs[:, np.newaxis] * found)


SMALLEST_VARIANCE = 1e-10
"""Share of an alpha's variance that is rounding."""
