"""What weighing an ensemble's members is to the ledger: each member was looked at, so each is a trial (7.3, 9.1)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.analytics.significance import SharpeEstimate
from qts_core.market.ids import digest
from qts_core.research.ledger import ReturnSeries, Trial, TrialKind
from qts_core.research.preparation import PreparedTraining
from qts_core.training.trainer import TrainingResult

__all__ = ["member_trials"]


def member_trials(prepared: PreparedTraining, result: TrainingResult) -> tuple[Trial, ...]:
    """Return a trial for each member of an ensemble, with what its scores alone would have earned; none of another.

    Members are traded by the steps of the decision path on weights, at the costs that gates judge by, as the trials of
    a search are. So the ledger knows how alike they are, and what they add to the chances to be lucky.
    """
    if prepared.entry.ensemble is None:
        return ()
    rows = tuple(part.rows for part in prepared.plan.paths[0].parts)
    tape, found = prepared.tape, []
    for member in prepared.entry.ensemble.members:
        key = member.entry.key
        net = tape.trade(result.members[key], rows)
        estimate = SharpeEstimate.of(net.values)
        weights = {
            f"{fold.index + 1}.weight": repr(fold.figures.get(f"weight.{key}", math.nan)) for fold in result.folds
        }
        trial = Trial(
            TrialKind.ENSEMBLE, prepared.entry.key,
            digest({"training": prepared.identity, "choice": "weights of members", "member": key}),
            parent=prepared.identity, detail={"member": key, **weights}, sessions=len(net.days),
            daily_sharpe=estimate.sharpe if math.isfinite(estimate.sharpe) else None,
            returns=ReturnSeries.of(net.days, net.values) if np.isfinite(net.values).all() else None,
        )  # fmt: skip
        found.append(trial)
    return tuple(found)
