"""Whether a figure holds from fold to fold, or lives from one of them (specification 7.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["NEUTRAL", "stability"]

NEUTRAL: Mapping[str, float] = {"rank_ic": 0.0, "auc": 0.5, "long_short.sharpe": 0.0}
"""Figures that are followed, with the value of a model that knows nothing; more is better."""


def stability(folds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return ``stability.<figure>.<what>`` of the figures in `NEUTRAL` that two folds or more have.

    Parameters
    ----------
    folds : sequence of mapping
        Figures by name, in the order of time; what is not finite is left out.

    Returns
    -------
    dict
        `variance` and `mean` over folds; `right_sign`, the share of folds better than knowing nothing; `worst`; and
        `trend`, the slope of a straight line, change a fold.
    """
    found: dict[str, float] = {}
    for name, neutral in NEUTRAL.items():
        pairs = [(place, fold[name]) for place, fold in enumerate(folds) if np.isfinite(fold.get(name, np.nan))]
        if len(pairs) < 2:
            continue
        place, values = np.array([p for p, _ in pairs], dtype=np.float64), np.array([v for _, v in pairs])
        away = place - place.mean()
        found |= {
            f"stability.{name}.mean": float(values.mean()),
            f"stability.{name}.variance": float(values.var(ddof=1)),
            f"stability.{name}.right_sign": float((values > neutral).mean()),
            f"stability.{name}.worst": float(values.min()),
            f"stability.{name}.trend": float((away * values).sum() / (away**2).sum()),
        }
    return found
