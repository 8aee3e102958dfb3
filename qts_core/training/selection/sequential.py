"""Sequential selection, forward and backward: one feature at a time, judged on purged splits (checklist 6.5-23).

Whitney 1971, IEEE Transactions on Computers C-20, p. 1100; Marill and Green 1963, IEEE Transactions on Information
Theory 9, p. 11.
"""

from __future__ import annotations

import numpy as np

from qts_core.config.models import FeatureSelection
from qts_core.training.selection.base import Selection, TrainingRows, chosen
from qts_core.training.selection.linear import LinearJudge, gain_of_chance

__all__ = ["by_sequence_backward", "by_sequence_forward"]


def by_sequence_forward(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Add the feature that helps a ridge regression most, as long as it helps more than chance does.

    What the best of all features gains by chance is exceeded with probability `alpha`: pure noise yields nothing but
    the best one, kept so that there is a model, but for that share of the time.
    """
    judge = LinearJudge(rows)
    gain = gain_of_chance(judge, rows, alpha=settings.alpha, rng=rng)
    kept: list[int] = []
    score = 0.0
    while len(kept) < min(len(rows.names), settings.maximum or len(rows.names)):
        tried = {place: judge.score([*kept, place]) for place in range(len(rows.names)) if place not in kept}
        best = max(tried, key=tried.__getitem__)
        if tried[best] - score <= gain:
            break
        kept, score = [*kept, best], tried[best]
    return _selection("sequential_forward", judge, rows, settings, kept, gain)


def by_sequence_backward(rows: TrainingRows, settings: FeatureSelection, rng: np.random.Generator) -> Selection:
    """Take away the feature that a ridge regression misses least, as long as it misses no more than chance gives.

    The cost grows with the fifth power of the number of features: a hundred take seconds, three hundred minutes.
    """
    judge = LinearJudge(rows)
    gain = gain_of_chance(judge, rows, alpha=settings.alpha, rng=rng)
    kept = list(range(len(rows.names)))
    score = judge.score(kept)
    while len(kept) > 1:
        tried = {place: judge.score([other for other in kept if other != place]) for place in kept}
        least = max(tried, key=tried.__getitem__)
        if score - tried[least] > gain:
            break
        kept, score = [place for place in kept if place != least], tried[least]
    kept = kept if len(kept) > 1 or score > gain else []
    return _selection("sequential_backward", judge, rows, settings, kept, gain)


def _selection(
    method: str, judge: LinearJudge, rows: TrainingRows, settings: FeatureSelection, kept: list[int], gain: float
) -> Selection:
    passed = np.isin(np.arange(len(rows.names)), kept)
    why = f"worth more than the {gain:.3g} that chance gives"
    return chosen(method, rows.names, judge.singles(), passed, why, maximum=settings.maximum)
