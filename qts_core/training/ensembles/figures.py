"""What the fit of an ensemble tells of itself: weights, contributions, likeness and silence of its members (9.1)."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from qts_core.models.ensemble.aggregation import agreement
from qts_core.models.ensemble.combinations import Combination, RegimeWeights
from qts_core.models.regimes.detectors import REGIMES
from qts_core.training.ensembles.combining import Level0

__all__ = ["figures_of"]


def figures_of(level0: Level0, combination: Combination) -> dict[str, float]:
    """Return figures by name, all of rows that the members did not learn from.

    ``weight.<member>``; ``contribution.<member>``, its share of the weighted absolute scores; ``silent.<member>``, the
    share of rows without its opinion; ``correlation.<one>.<other>`` of scores; ``agreed``, the share of rows on which
    enough members agree; ``weight.<regime>.<member>`` where weights follow the regime.
    """
    scores, keys = level0.inner.scores, [m.key for m in level0.members]
    weights = combination.weights
    size = np.nan_to_num(np.nanmean(np.abs(np.where(np.isnan(scores), 0.0, scores)), axis=0)) * weights
    share = size / size.sum() if size.sum() > 0 else weights
    figures: dict[str, float] = {}
    for place, key in enumerate(keys):
        figures[f"weight.{key}"] = float(weights[place])
        figures[f"contribution.{key}"] = float(share[place])
        figures[f"silent.{key}"] = float(np.isnan(scores[:, place]).mean())
    for one, other in combinations(range(len(keys)), 2):
        both = np.isfinite(scores[:, [one, other]]).all(axis=1)
        varies = both.sum() > 2 and (scores[both][:, [one, other]].std(axis=0) > 0).all()
        if varies:
            likeness = np.corrcoef(scores[both, one], scores[both, other])[0, 1]
            figures[f"correlation.{keys[one]}.{keys[other]}"] = float(likeness)
    combined = combination.combine(level0.level1())
    agreed = agreement(scores, combined) >= level0.settings.min_agreement - 1e-12
    figures["agreed"] = float(agreed.mean())
    if isinstance(combination, RegimeWeights):
        for place, regime in enumerate(REGIMES):
            for column, key in enumerate(keys):
                figures[f"weight.{regime}.{key}"] = float(combination.table[place, column])
    return figures
