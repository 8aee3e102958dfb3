"""Evidence for the gates: a verdict backtest beside everything else in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qts_core.research.gates.evidence import GateEvidence
from qts_core.research.ledger import ReturnSeries, Trial, distinct_trials, has_returns, summarise
from qts_core.research.model_backtest import ModelBacktest

__all__ = ["gate_evidence"]


def gate_evidence(verdict: ModelBacktest, trials: Sequence[Trial]) -> GateEvidence:
    """Return what the gates look at.

    Parameters
    ----------
    verdict : ModelBacktest
        Under the fill mode that gates judge by.
    trials : sequence of Trial
        Everything in the ledger, this backtest included.
    """
    distinct = distinct_trials(trials)
    return GateEvidence(
        net_returns=verdict.returns,
        trades=len(verdict.result.trades),
        turnover_per_session=verdict.turnover_per_session,
        trials=summarise(trials),
        fill_mode=verdict.fill_mode,
        days=verdict.days,
        others=_series(t for t in distinct if t.identity != verdict.identity),
        study=_series(t for t in distinct if t.model == verdict.summary.model),
        link=verdict.link,
        is_history=verdict.summary.is_history,
        as_of=verdict.summary.as_of,
    )


def _series(trials: Iterable[Trial]) -> tuple[ReturnSeries, ...]:
    return tuple(t.returns for t in trials if has_returns(t) and t.returns is not None)
