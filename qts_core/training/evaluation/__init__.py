"""How good predictions are: of values, of classes, in rank, and traded; with intervals and across folds (7.3)."""

from qts_core.training.evaluation.classes import class_measures
from qts_core.training.evaluation.long_short import LongShort, long_short
from qts_core.training.evaluation.scores import Evaluation, average_ranks, evaluate_scores, rank_ic
from qts_core.training.evaluation.stability import stability
from qts_core.training.evaluation.values import value_measures

__all__ = [
    "Evaluation",
    "LongShort",
    "average_ranks",
    "class_measures",
    "evaluate_scores",
    "long_short",
    "rank_ic",
    "stability",
    "value_measures",
]
