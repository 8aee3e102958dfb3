"""Labels: the only package that may look ahead; features can never import it."""

from __future__ import annotations

from qts_core.targets.labels import (
    LabelPanel,
    Target,
    TargetKind,
    direction,
    forward_return,
    labels_for,
    parse_target,
    relative_return,
)

__all__ = [
    "LabelPanel",
    "Target",
    "TargetKind",
    "direction",
    "forward_return",
    "labels_for",
    "parse_target",
    "relative_return",
]
