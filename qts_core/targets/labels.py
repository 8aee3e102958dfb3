"""Labels: what a model learns to foresee, with the bar at which each is known (specification 7.3, X-18)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import InvalidConfigError
from qts_core.market.membership import Flags
from qts_core.market.panel import Floats, Panel

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

ENTRY_DELAY_BARS = 1
"""A decision taken when bar t closes fills at the open of bar t + 1 at the earliest."""

TARGET = re.compile(r"(return|relative_return|direction)_([1-9][0-9]*)bar", re.ASCII)


class TargetKind(StrEnum):
    """What is foretold."""

    RETURN = "return"
    RELATIVE_RETURN = "relative_return"
    DIRECTION = "direction"


@dataclass(frozen=True, slots=True)
class Target:
    """A target by name: ``return_26bar``, ``relative_return_26bar``, ``direction_26bar``."""

    kind: TargetKind
    horizon_bars: int

    @property
    def name(self) -> str:
        """The name as models.yaml spells it."""
        return f"{self.kind.value}_{self.horizon_bars}bar"

    @property
    def is_classification(self) -> bool:
        """Whether labels are classes (0 and 1)."""
        return self.kind is TargetKind.DIRECTION


@dataclass(frozen=True, slots=True, eq=False)
class LabelPanel:
    """Labels of T bars and N symbols.

    Attributes
    ----------
    values : float64 [T, N]
        The label; NaN where it cannot be known (a bar is missing, or the data ends before).
    end_row : int32 [T]
        Last row whose bar the label uses; a sample is known only when that bar has closed.
    """

    values: Floats
    end_row: NDArray[np.int32]


def parse_target(name: str) -> Target:
    """Return the target of `name`.

    Raises
    ------
    InvalidConfigError
        If the name is not ``return_<n>bar``, ``relative_return_<n>bar`` or ``direction_<n>bar``.
    """
    match = TARGET.fullmatch(name)
    if match is None:
        raise InvalidConfigError(
            "QTS-CONF-003", "unknown target", where="models.yaml target", found=name,
            expected="return_<n>bar, relative_return_<n>bar or direction_<n>bar", fix="write for example return_26bar",
        )  # fmt: skip
    return Target(TargetKind(match[1]), int(match[2]))


def forward_return(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return what an order decided at the close of bar t earns over `horizon_bars` bars.

    The label is ``open[t + 1 + h] / open[t + 1] - 1`` on chain-linked prices: entry and exit at the next open, as
    the simulated exchange fills them, so a split inside the horizon leaves no mark.

    Parameters
    ----------
    panel : Panel
        Bars, ``BAR_FIELDS``.
    horizon_bars : int
        h, at least 1.

    Returns
    -------
    LabelPanel
        Simple returns as ratios; NaN where either open is missing, as after a halt.
    """
    if horizon_bars < 1:
        raise ValueError(f"horizon_bars is {horizon_bars}, expected at least 1")
    opens = panel["open"] * panel["factor"]
    rows = len(panel)
    values = np.full(opens.shape, np.nan)
    known = rows - horizon_bars - ENTRY_DELAY_BARS
    if known > 0:
        entry = opens[ENTRY_DELAY_BARS : ENTRY_DELAY_BARS + known]
        values[:known] = opens[ENTRY_DELAY_BARS + horizon_bars :] / entry - 1.0
    return LabelPanel(values, np.arange(rows, dtype=np.int32) + np.int32(horizon_bars + ENTRY_DELAY_BARS))


def relative_return(panel: Panel, horizon_bars: int, members: Flags | None = None) -> LabelPanel:
    """Return the forward return less the equal-weighted mean of all symbols that have one at that bar.

    With `members`, bool [T, N], the mean is theirs alone; the others have labels against it all the same.
    """
    labels = forward_return(panel, horizon_bars)
    known = np.isfinite(labels.values) if members is None else np.isfinite(labels.values) & members
    count = known.sum(axis=1, keepdims=True)
    total = np.where(known, labels.values, 0.0).sum(axis=1, keepdims=True)
    return LabelPanel(labels.values - total / np.maximum(count, 1), labels.end_row)


def direction(panel: Panel, horizon_bars: int) -> LabelPanel:
    """Return 1 where the forward return is above zero, 0 where it is not, NaN where it is unknown."""
    labels = forward_return(panel, horizon_bars)
    up = (labels.values > 0.0).astype(np.float64)
    return LabelPanel(np.where(np.isfinite(labels.values), up, np.nan), labels.end_row)


def labels_for(target: Target, panel: Panel, members: Flags | None = None) -> LabelPanel:
    """Return the labels of `target`.

    Parameters
    ----------
    members : bool [T, N], optional
        Where each symbol belongs to the universe; elsewhere it has no label and enters no mean. All by default.
    """
    match target.kind:
        case TargetKind.RETURN:
            labels = forward_return(panel, target.horizon_bars)
        case TargetKind.RELATIVE_RETURN:
            labels = relative_return(panel, target.horizon_bars, members)
        case TargetKind.DIRECTION:
            labels = direction(panel, target.horizon_bars)
    return labels if members is None else LabelPanel(np.where(members, labels.values, np.nan), labels.end_row)
