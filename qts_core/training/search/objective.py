"""What a search seeks: a figure of net returns out of fold, less complexity, within a drawdown (7.3, 11.4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.ratios import sharpe_ratio, sortino_ratio
from qts_core.analytics.returns import annualised_return
from qts_core.models.base import Parameter
from qts_core.training.search.trading import NetReturns

__all__ = [
    "OBJECTIVES",
    "Evidence",
    "FoldEvidence",
    "Judgement",
    "Objective",
    "ObjectiveFunction",
    "complexity",
    "judge",
]

DRAWDOWN_WEIGHT = 20.0
"""Taken from the objective for a drawdown beyond the limit: one for each 5 points of equity, so that a surrogate sees
in which direction the limit lies."""
LEAST_DRAWDOWN = 0.01
"""Return over drawdown is taken over at least so much: a short lucky run without a loss is not infinitely good."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldEvidence:
    """One inner fold: what its model would have earned where it never looked, and where it learned.

    Attributes
    ----------
    outside, inside : NetReturns
        On its test rows, and on as many of its training rows.
    ic : float
        Mean rank information coefficient on its test rows; NaN without.
    """

    outside: NetReturns
    inside: NetReturns
    ic: float
    inside_ic: float


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything an objective may look at.

    Attributes
    ----------
    folds : tuple of FoldEvidence
        At least one; fewer than the plan has when a trial is judged before its end.
    complexity : float
        Of :func:`complexity`.
    """

    folds: tuple[FoldEvidence, ...]
    complexity: float

    @property
    def outside(self) -> NetReturns:
        """The test rows of all folds."""
        return NetReturns.joined(tuple(fold.outside for fold in self.folds))

    @property
    def inside(self) -> NetReturns:
        """The training rows that were looked at."""
        return NetReturns.joined(tuple(fold.inside for fold in self.folds))

    @property
    def drawdown(self) -> float:
        """Largest drawdown out of fold, ratio."""
        return max_drawdown(np.r_[1.0, np.cumprod(1.0 + self.outside.values)])


ObjectiveFunction = Callable[[Evidence], float]
"""More is better; NaN says that nothing can be said."""


def _sharpe(evidence: Evidence) -> float:
    return sharpe_ratio(evidence.outside.values)


def _sortino(evidence: Evidence) -> float:
    return sortino_ratio(evidence.outside.values)


def _return_over_drawdown(evidence: Evidence) -> float:
    return annualised_return(evidence.outside.values) / max(evidence.drawdown, LEAST_DRAWDOWN)


def _ic(evidence: Evidence) -> float:
    known = [fold.ic for fold in evidence.folds if math.isfinite(fold.ic)]
    return float(np.mean(known)) if known else math.nan


OBJECTIVES: Mapping[str, ObjectiveFunction] = MappingProxyType(
    {"sharpe": _sharpe, "sortino": _sortino, "return_over_drawdown": _return_over_drawdown, "ic": _ic}
)
"""By the name of models.yaml; an own one is ``module:function``."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What is sought.

    Attributes
    ----------
    name : str
    function : callable
    max_drawdown : float
        Ratio; beyond it a trial cannot be chosen and its value falls.
    complexity_penalty : float
        For each factor of ten.
    """

    name: str
    function: ObjectiveFunction
    max_drawdown: float
    complexity_penalty: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """A trial's value in its parts.

    Attributes
    ----------
    value : float
        What a sampler is told: `figure` less complexity and what lies beyond the drawdown limit; NaN = undefined.
    figure : float
        The objective itself.
    inside : float
        The same figure where the models learned.
    by_fold : tuple of float
        The same figure of each fold alone.
    drawdown : float
    is_feasible : bool
        Whether the drawdown keeps its limit.
    sortino : float
        Decides between equals.
    trades : int
    turnover : float
        Traded value per session over equity.
    """

    value: float
    figure: float
    inside: float
    by_fold: tuple[float, ...]
    drawdown: float
    is_feasible: bool
    sortino: float
    trades: int
    turnover: float


def judge(evidence: Evidence, objective: Objective) -> Judgement:
    """Return the value of `evidence` in its parts.

    A trial that never traded has no Sharpe ratio; it earns nothing and costs nothing, so it counts as 0.
    """
    outside, fall = evidence.outside, evidence.drawdown
    figure = _figure(evidence, objective)
    swapped = tuple(FoldEvidence(f.inside, f.inside, f.inside_ic, f.inside_ic) for f in evidence.folds)
    by_fold = tuple(_figure(Evidence((fold,), evidence.complexity), objective) for fold in evidence.folds)
    beyond = max(0.0, fall - objective.max_drawdown)
    value = figure - objective.complexity_penalty * evidence.complexity - DRAWDOWN_WEIGHT * beyond
    return Judgement(
        value=value,
        figure=figure,
        inside=_figure(Evidence(swapped, evidence.complexity), objective),
        by_fold=by_fold,
        drawdown=fall,
        is_feasible=beyond == 0.0 and math.isfinite(value),
        sortino=sortino_ratio(outside.values),
        trades=outside.trades,
        turnover=float(outside.traded.mean()) if len(outside.traded) else math.nan,
    )


def _figure(evidence: Evidence, objective: Objective) -> float:
    if evidence.outside.trades == 0 and objective.name != "ic":
        return 0.0
    return float(objective.function(evidence))


TREES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"trees": ("n_estimators", "iterations", "num_iterations", "num_boost_round"), "depth": ("max_depth", "depth")}
)


def complexity(parameters: Mapping[str, Parameter], features: int, *, samples: int) -> float:
    """Return the power of ten of what a model may remember: leaves times trees, or the features of a linear one.

    Parameters
    ----------
    parameters : mapping
        Hyperparameters under the library's names.
    features : int
        Columns it learns from.
    samples : int
        Rows it learns from; a tree has no more leaves.

    Notes
    -----
    What the parameters allow, not what the fit used: a sampler can see it, and pays for room that is not needed. A tree
    of unlimited depth counts as grown to its smallest leaves.
    """
    trees = _first(parameters, TREES["trees"])
    if trees is None:
        return math.log10(max(features, 1))
    leaves = _first(parameters, ("num_leaves", "max_leaves", "max_leaf_nodes"))
    depth = _first(parameters, TREES["depth"])
    smallest = _first(parameters, ("min_child_samples", "min_data_in_leaf", "min_samples_leaf")) or 1.0
    most = max(samples / max(smallest, 1.0), 1.0)
    bounds = [most, leaves or math.inf, 2.0**depth if depth and depth > 0 else math.inf]
    return math.log10(max(trees, 1.0) * max(min(bounds), 1.0))


def _first(parameters: Mapping[str, Parameter], names: Sequence[str]) -> float | None:
    found = (parameters[name] for name in names if name in parameters)
    return next((float(value) for value in found if isinstance(value, int | float)), None)
