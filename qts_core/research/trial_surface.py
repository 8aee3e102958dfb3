"""What a search or a walk-forward found over its two strongest parameters, from the ledger's own rows (11.3)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from qts_core.analytics.sensitivity import main_effects
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.report.evidence import Surface
from qts_core.report.formats import short_decimals
from qts_core.research.ledger import Trial, TrialKind

__all__ = ["trial_surface"]

FEWEST: Final = 6
"""Trials from which on a map says more than their list."""
LEVELS, BINS = 8, 6
"""Values of a parameter that have a row each; spans that more of them are put in."""
WIDE_RANGE: Final = 20.0
"""Largest value over smallest from which on spans grow by factors."""
PREFIX: Final = "parameter."


@dataclass(frozen=True, slots=True)
class _Axis:
    labels: tuple[str, ...]
    places: np.ndarray[tuple[int], np.dtype[np.intp]]
    shares: Floats


def trial_surface(trials: Iterable[Trial], model: str) -> Surface | None:
    """Return the newest search of `model`, or of its walk-forward, over the two parameters that explain most of it.

    Parameters
    ----------
    trials : iterable of Trial
        Of the ledger, oldest first.
    model : str
        Key in models.yaml or name of a strategy.

    Returns
    -------
    Surface or None
        None where fewer than six trials have a Sharpe ratio, or fewer than two numeric parameters were varied.
    """
    names = {model, f"walk-forward/{model}"}
    kept = [t for t in trials if t.kind is TrialKind.SEARCH and t.model in names and t.daily_sharpe is not None]
    if not kept:
        return None
    study = [t for t in kept if t.study == kept[-1].study]
    points = [_numeric(t) for t in study]
    varied = sorted(set.intersection(*map(set, points)))
    varied = [name for name in varied if len({point[name] for point in points}) > 1]
    if len(study) < FEWEST or len(varied) < 2:
        return None
    values = np.array([t.daily_sharpe for t in study], dtype=np.float64) * math.sqrt(SESSIONS_PER_YEAR)
    axes = {name: _axis(np.array([point[name] for point in points], dtype=np.float64)) for name in varied}
    effects = main_effects(tuple(varied), np.column_stack([axes[name].shares for name in varied]), values)
    strength = {each.name: each.share if math.isfinite(each.share) else 0.0 for each in effects}
    y, x = sorted(sorted(varied, key=lambda name: (-strength[name], name))[:2])
    means, counts = _cells(axes[y], axes[x], values)
    best = int(np.argmax(values))
    return Surface(
        x=x, y=y, columns=axes[x].labels, rows=axes[y].labels, values=means, counts=counts,
        chosen=(int(axes[y].places[best]), int(axes[x].places[best])), objective="Net Sharpe ratio, annualised",
        source="walk-forward" if study[-1].model != model else "search",
    )  # fmt: skip


def _numeric(trial: Trial) -> dict[str, float]:
    """Return the parameters of a trial that are numbers."""
    detail = trial.detail
    found: Mapping[str, object] = (
        json.loads(detail["parameters"])
        if "parameters" in detail
        else {name.removeprefix(PREFIX): text for name, text in detail.items() if name.startswith(PREFIX)}
    )
    numbers = {}
    for name, value in found.items():
        try:
            number = math.nan if isinstance(value, bool) else float(str(value))
        except ValueError:
            continue
        if math.isfinite(number):
            numbers[name] = number
    return numbers


def _axis(values: Floats) -> _Axis:
    """Return the rows of a map for one parameter: its values, or spans of them."""
    levels = np.unique(values)
    if len(levels) <= LEVELS:
        places = np.searchsorted(levels, values)
        return _Axis(tuple(_written(v) for v in levels.tolist()), places, places / (len(levels) - 1))
    low, high = float(levels[0]), float(levels[-1])
    is_log = low > 0 and high / low >= WIDE_RANGE
    scaled, ends = (np.log(values), (math.log(low), math.log(high))) if is_log else (values, (low, high))
    shares = (scaled - ends[0]) / (ends[1] - ends[0])
    places = np.minimum((shares * BINS).astype(np.intp), BINS - 1)
    edges = np.linspace(*ends, BINS + 1)
    marks = (np.exp(edges) if is_log else edges).tolist()
    labels = tuple(f"{_written(a)} – {_written(b)}" for a, b in pairwise(marks))
    return _Axis(labels, places, shares)


def _written(value: float) -> str:
    return short_decimals(float(f"{value:.2g}"))


def _cells(rows: _Axis, columns: _Axis, values: Floats) -> tuple[Floats, Floats]:
    shape = (len(rows.labels), len(columns.labels))
    total, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (rows.places, columns.places), values)
    np.add.at(counts, (rows.places, columns.places), 1.0)
    means = np.full(shape, np.nan)
    np.divide(total, counts, out=means, where=counts > 0)
    return means, counts
