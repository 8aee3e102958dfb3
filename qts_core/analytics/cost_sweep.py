"""What is left when trading costs more, or nothing at all: costs from x0 to x3 (specification 11.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qts_core.analytics.ratios import sharpe_ratio
from qts_core.analytics.returns import annualised_return, total_return
from qts_core.market.panel import Floats

__all__ = ["MULTIPLES", "CostLine", "CostSweep", "break_even_multiple", "cost_sweep"]

MULTIPLES: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True, slots=True)
class CostLine:
    """Results at `multiple` times the costs: compound and annual return, ratios, and annualised Sharpe ratio."""

    multiple: float
    total: float
    annualised: float
    sharpe: float


@dataclass(frozen=True, slots=True)
class CostSweep:
    """Results over multiples of the costs, `n` sessions each.

    Attributes
    ----------
    break_even : float
        Multiple at which the mean return is zero; infinite without costs, NaN where nothing is earned before them.
    """

    n: int
    lines: tuple[CostLine, ...]
    break_even: float


def cost_sweep(net: Floats, costs: Floats, *, multiples: Sequence[float] = MULTIPLES) -> CostSweep:
    """Change the costs of a strategy that goes on trading the same.

    Parameters
    ----------
    net : float64 [D]
        Return of each session after costs, ratio.
    costs : float64 [D]
        Paid in each session over equity before it, ratio.

    Notes
    -----
    Each session's return before costs is its net return plus its costs; positions are not sized anew by the other
    equity, which changes the result in second order only.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    if len(net) != len(costs):
        raise ValueError(f"{len(net)} returns but {len(costs)} costs")
    lines = []
    for multiple in multiples:
        left = net - (multiple - 1.0) * costs
        total = total_return(left) if len(left) else math.nan
        lines.append(CostLine(multiple, total, annualised_return(left), sharpe_ratio(left)))
    return CostSweep(len(net), tuple(lines), break_even_multiple(net, costs))


def break_even_multiple(net: Floats, costs: Floats) -> float:
    """Return the multiple of the costs at which the mean return of a session is zero."""
    if not len(net):
        return math.nan
    before, paid = float(np.mean(net + costs)), float(np.mean(costs))
    if before <= 0:
        return math.nan
    return before / paid if paid > 0 else math.inf
