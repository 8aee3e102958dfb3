"""Fold plans as data: walk-forward, purged k-fold, combinatorial purged, each with its purge (specification 7.3)."""

from __future__ import annotations

from qts_core.training.folds.combinatorial import combinatorial_purged, path_count
from qts_core.training.folds.configured import plan_folds
from qts_core.training.folds.k_fold import purged_k_fold
from qts_core.training.folds.paths import BacktestPath, PathPart
from qts_core.training.folds.plan import FoldPlan
from qts_core.training.folds.ranges import Fold, RowRange, Scheme
from qts_core.training.folds.walk_forward import MONTH_SCHEMES, Windows, walk_forward, walk_forward_months

__all__ = [
    "MONTH_SCHEMES",
    "BacktestPath",
    "Fold",
    "FoldPlan",
    "PathPart",
    "RowRange",
    "Scheme",
    "Windows",
    "combinatorial_purged",
    "path_count",
    "plan_folds",
    "purged_k_fold",
    "walk_forward",
    "walk_forward_months",
]
