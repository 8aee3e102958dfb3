"""The judgement: every gate over one verdict backtest (specification 11.4)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.significance import SharpeEstimate, minimum_track_record_length
from qts_core.config.backtest import GateSettings
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.research.gates.evidence import GateEvidence
from qts_core.research.gates.luck import luck_gates
from qts_core.research.gates.report import Gate, GateReport, at_least, at_most

__all__ = ["evaluate_gates"]

NO_HISTORY = Gate(
    "gate.history", 0.0, 1.0, ">=", passed=False,
    reason="the predictions come from models that learned from later sessions too (k-fold or combinatorial folds): "
           "nobody could have traded them, so train on a walk-forward plan",
)  # fmt: skip
"""Refuses whatever was not walked forward."""


def evaluate_gates(evidence: GateEvidence, settings: GateSettings) -> GateReport:
    """Judge `evidence`.

    Parameters
    ----------
    evidence : GateEvidence
        Of the verdict backtest.
    settings : GateSettings
        Thresholds, from backtest.yaml.

    Returns
    -------
    GateReport
        One gate each for net Sharpe ratio, deflated Sharpe probability, overfitting, reality check, permutation,
        minimum track record, sessions, drawdown, trades and turnover; and a refusal where the
        predictions are no history that could have been traded. The same evidence gives the same report.

    References
    ----------
    Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5).
    """
    returns = evidence.net_returns
    estimate = SharpeEstimate.of(returns)
    confidence = settings.min_deflated_sharpe_probability
    needed = minimum_track_record_length(estimate, confidence=confidence)
    fall = max_drawdown(_equity(returns)) if len(returns) else math.nan
    gates = (
        at_least("net_sharpe", estimate.annualised(SESSIONS_PER_YEAR), settings.min_net_sharpe,
                 "annualised Sharpe ratio net of costs"),
        *luck_gates(evidence, estimate, settings),
        at_least("min_track_record", float(len(returns)), needed,
                 f"sessions of track record for a Sharpe ratio above zero at {confidence:.0%} confidence"),
        at_least("sessions", float(len(returns)), float(settings.min_sessions), "sessions out of sample"),
        at_most("drawdown", fall, settings.max_drawdown, "largest drawdown"),
        at_least("trades", float(evidence.trades), float(settings.min_trades), "completed trades"),
        at_most("turnover", evidence.turnover_per_session, settings.max_turnover_per_session,
                "traded value per session over equity"),
    )  # fmt: skip
    refusals = () if evidence.is_history else (NO_HISTORY,)
    return GateReport((*refusals, *_of_now(evidence.as_of), *gates), evidence.fill_mode)


def _of_now(as_of: str) -> tuple[Gate, ...]:
    """Refuse a version of what was known at another moment than now; where there is none, no gate stands."""
    if not as_of:
        return ()
    why = (
        f"it was trained on what was known at {as_of}, to look back: corrections and bars since then are missing, and "
        "a moment can be chosen for what it shows; train without --as-of"
    )
    return (Gate("gate.as_of", 0.0, 1.0, ">=", passed=False, reason=why),)


def _equity(returns: Floats) -> Floats:
    return np.concatenate([[1.0], np.cumprod(1.0 + returns)])
