"""Labels: the only package that may look ahead; features can never import it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from qts_core.market.membership import Flags
from qts_core.market.panel import Floats, Panel
from qts_core.targets.barriers import triple_barrier
from qts_core.targets.declared import TARGETS, Target, TargetKind, TargetSpec, parse_target
from qts_core.targets.labels import LabelPanel, direction, forward_return, relative_return
from qts_core.targets.moves import direction_flat, event, large_move, regime, reversal, trend_continuation
from qts_core.targets.risk import position_size, risk_adjusted_return, sharpe, volatility
from qts_core.targets.uniqueness import average_uniqueness

__all__ = [
    "MAKERS",
    "TARGETS",
    "LabelPanel",
    "Target",
    "TargetKind",
    "TargetSpec",
    "average_uniqueness",
    "direction",
    "forward_return",
    "judged_values",
    "labels_for",
    "parse_target",
    "relative_return",
    "triple_barrier",
]

MAKERS: Mapping[TargetKind, Callable[[Panel, int], LabelPanel]] = MappingProxyType(
    {
        TargetKind.RETURN: forward_return,
        TargetKind.RELATIVE_RETURN: relative_return,
        TargetKind.DIRECTION: direction,
        TargetKind.DIRECTION_FLAT: direction_flat,
        TargetKind.LARGE_MOVE: large_move,
        TargetKind.TREND_CONTINUATION: trend_continuation,
        TargetKind.REVERSAL: reversal,
        TargetKind.RISK_ADJUSTED_RETURN: risk_adjusted_return,
        TargetKind.VOLATILITY: volatility,
        TargetKind.SHARPE: sharpe,
        TargetKind.POSITION_SIZE: position_size,
        TargetKind.REGIME: regime,
        TargetKind.EVENT: event,
        TargetKind.TRIPLE_BARRIER: triple_barrier,
    }
)
"""What makes the labels of each kind from bars and a horizon."""


def judged_values(target: Target, labels: LabelPanel, panel: Panel) -> Floats:
    """Return what predictions of `target` are judged by, float64 [T, N].

    The forward return where a prediction speaks of it; else the label itself, a class by its sign.
    """
    if target.spec.is_return:
        return forward_return(panel, target.horizon_bars).values
    if not target.is_classification:
        return labels.values
    known = np.isfinite(labels.values)
    signs = np.array(target.spec.signs)[np.where(known, labels.values, 0.0).astype(np.int64)]
    return np.where(known, signs, np.nan)


def labels_for(target: Target, panel: Panel, members: Flags | None = None) -> LabelPanel:
    """Return the labels of `target`.

    Parameters
    ----------
    members : bool [T, N], optional
        Where each symbol belongs to the universe; elsewhere it has no label and enters no mean. All by default.
    """
    if target.kind is TargetKind.RELATIVE_RETURN:
        labels = relative_return(panel, target.horizon_bars, members)
    else:
        labels = MAKERS[target.kind](panel, target.horizon_bars)
    return labels if members is None else LabelPanel(np.where(members, labels.values, np.nan), labels.end_row)
