"""Black and Litterman: what the market expects, moved by views as far as they are trusted (specification 10.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Infeasible

__all__ = ["Posterior", "Views", "absolute_views", "equilibrium_returns", "idzorek_omega", "posterior"]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """K opinions on returns: picks @ returns = expected, each with the variance of its error.

    Attributes
    ----------
    picks : float64 [K, N]
    expected : float64 [K]
        Annual returns, ratios.
    variance : float64 [K]
        0 = certain.
    """

    picks: Floats
    expected: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Returns after the views.

    Attributes
    ----------
    expected : float64 [N]
        Annual excess returns, ratios.
    covariance : float64 [N, N]
        Of returns: the covariance given, plus what is not known of the expected returns.
    """

    expected: Floats
    covariance: Floats


def equilibrium_returns(covariance: Floats, market_weights: Floats, risk_aversion: float) -> Floats:
    """Return the excess returns [N] for which `market_weights` are the best: risk aversion times covariance @ weights.

    References
    ----------
    He and Litterman (1999), "The Intuition Behind Black-Litterman Model Portfolios", Goldman Sachs, equation (1).
    """
    return np.asarray(risk_aversion * (covariance @ market_weights))


def absolute_views(expected: Floats, confidence: Floats, covariance: Floats, tau: float) -> Views:
    """Return one view for each asset on which a model has an opinion.

    Parameters
    ----------
    expected : float64 [N]
        Annual excess returns that a model predicts; NaN = no opinion, no view.
    confidence : float64 [N]
        0 (nothing) to 1 (certain), the model's; NaN = no view.
    """
    holders = np.flatnonzero(np.isfinite(expected) & (confidence > 0.0))
    picks = np.eye(len(expected))[holders]
    return Views(picks, expected[holders], idzorek_omega(picks, confidence[holders], covariance, tau))


def idzorek_omega(picks: Floats, confidence: Floats, covariance: Floats, tau: float) -> Floats:
    """Return the variance [K] of each view's error that makes it tilt weights by its confidence.

    Alone, a view of confidence c moves the weights by c times what it would move them if it were certain.

    Raises
    ------
    Infeasible
        If a confidence is not above 0 and at most 1.

    References
    ----------
    Idzorek (2005), "A Step-By-Step Guide to the Black-Litterman Model", section 3; in closed form Walters (2014), "The
    Black-Litterman Model in Detail", equation (28): omega = (1 - c) / c * p (tau C) p'.
    """
    if not ((confidence > 0.0) & (confidence <= 1.0)).all():
        raise Infeasible("a confidence is not above 0 and at most 1")
    prior = np.einsum("kn,nm,km->k", picks, tau * covariance, picks)
    return np.asarray((1.0 - confidence) / confidence * prior)


def posterior(covariance: Floats, equilibrium: Floats, views: Views, tau: float) -> Posterior:
    """Return the returns after `views`.

    Without views it is the equilibrium. The form with one inverse [K, K] is used, which also takes certain views.

    Parameters
    ----------
    tau : float
        Uncertainty of the equilibrium, ratio of the covariance; 0.05 in the paper.

    Raises
    ------
    Infeasible
        If two certain views contradict each other.

    References
    ----------
    He and Litterman (1999), appendix, items 4 to 8.
    """
    prior = tau * covariance
    reach = prior @ views.picks.T
    doubt = views.picks @ reach + np.diag(views.variance)
    try:
        gain = np.linalg.solve(doubt, reach.T).T
    except np.linalg.LinAlgError:
        raise Infeasible("views that are certain contradict or repeat each other") from None
    expected = equilibrium + gain @ (views.expected - views.picks @ equilibrium)
    spread = prior - gain @ reach.T
    return Posterior(np.asarray(expected), np.asarray(covariance + (spread + spread.T) / 2.0))
