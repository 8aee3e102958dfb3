"""What the gates look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.research.ledger import ReturnSeries, TrialSummary

__all__ = ["GateEvidence", "PermutationLink"]


@dataclass(frozen=True, slots=True, eq=False)
class PermutationLink:
    """The signal and what it claims to know.

    Attributes
    ----------
    scores : float64 [T, N]
        Out-of-sample predictions, NaN where there is none.
    outcomes : float64 [T, N]
        The return that each score speaks of, NaN where it is not known.
    horizon_rows : int
        Rows over which an outcome reaches: outcomes of rows this far apart share no return.
    """

    scores: Floats
    outcomes: Floats
    horizon_rows: int


@dataclass(frozen=True, slots=True, eq=False)
class GateEvidence:
    """What the gates look at.

    Attributes
    ----------
    net_returns : float64 [D]
        Return of each out-of-sample session after every cost, ratios, under `fill_mode`.
    trades : int
        Completed round trips.
    turnover_per_session : float
        Average traded value per session over equity.
    trials : TrialSummary
        The ledger's count, this backtest included.
    fill_mode : str
        The fill model that judged.
    days : int32 [D] or None
        Session of each net return, days since 1970-01-01; None when not known, and then other trials cannot be laid
        beside it.
    others : tuple of ReturnSeries
        Returns of every other trial in the ledger.
    study : tuple of ReturnSeries
        Returns of the trials that this model was chosen from.
    link : PermutationLink or None
        Signal and outcome, when there is a signal.
    is_history : bool
        Whether every prediction came from a model that learned only from earlier sessions.
    as_of : str
        Moment whose knowledge the model was trained on, where it is not that of now; empty else.
    """

    net_returns: Floats
    trades: int
    turnover_per_session: float
    trials: TrialSummary
    fill_mode: str
    days: NDArray[np.int32] | None = None
    others: tuple[ReturnSeries, ...] = ()
    study: tuple[ReturnSeries, ...] = ()
    link: PermutationLink | None = None
    is_history: bool = True
    as_of: str = ""
