"""Pictures of an ensemble: what members weigh in each fold, how alike they are, the market's regime (spec. 9.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from qts_core.market.panel import Floats
from qts_core.models.bar_scorer import bar_means
from qts_core.models.ensemble.model import EnsembleModel
from qts_core.models.regimes.detectors import REGIMES
from qts_core.report.figures import correlation_map, coverage_heat_map, line_chart
from qts_core.training.samples import TrainingSet

__all__ = ["likeness_picture", "members_in", "regime_picture", "regimes_by_session", "weight_picture"]

WEIGHT, LIKENESS = "weight.", "correlation."


def members_in(figures: Mapping[str, float]) -> tuple[str, ...]:
    """Return the members that figures of a fold speak of, in order; empty when it was no ensemble."""
    return tuple(name.removeprefix(WEIGHT) for name in figures if name.startswith(WEIGHT) and name.count(".") == 1)


def weight_picture(names: Sequence[str], folds: Sequence[Mapping[str, float]]) -> str:
    """Draw each member's weight in each fold; `names` are the folds', `folds` their figures."""
    members = members_in(folds[0])
    values = np.array([[fold[f"{WEIGHT}{member}"] for fold in folds] for member in members])
    return coverage_heat_map(members, names, values, title="Weight of each member by fold")


def likeness_picture(figures: Mapping[str, float]) -> str:
    """Draw the correlations of the members' scores, on rows they did not learn from."""
    members = members_in(figures)
    values = np.full((len(members), len(members)), np.nan)
    np.fill_diagonal(values, 1.0)
    for i, one in enumerate(members):
        for j, other in enumerate(members[i + 1 :], start=i + 1):
            values[i, j] = values[j, i] = figures.get(f"{LIKENESS}{one}.{other}", np.nan)
    return correlation_map(members, values, title="Correlation of the members' scores")


def regimes_by_session(model: EnsembleModel, samples: TrainingSet) -> tuple[list[date], Floats]:
    """Return the sessions and the mean probability of each regime in them, float64 [S, 4]."""
    names = list(samples.names)
    columns = [names.index(model.feature_names[place]) for place in model.context_columns]
    observed = np.ascontiguousarray(samples.features[:, columns])
    bars = bar_means(observed, samples.row.astype(np.int64), len(samples.timeline))
    chances = model.contexts(bars)
    sessions = list(samples.timeline.session_rows())
    return [day for day, _ in sessions], np.array([chances[rows].mean(axis=0) for _, rows in sessions])


def regime_picture(model: EnsembleModel, samples: TrainingSet) -> str:
    """Draw the probability of each regime by session, as it was known then."""
    days, chances = regimes_by_session(model, samples)
    lines = {name.replace("_", " "): chances[:, place] for place, name in enumerate(REGIMES)}
    return line_chart(days, lines, title="Regime of the market", unit="probability", include=(0.0, 1.0))
