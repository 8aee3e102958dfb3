"""Promotion gates: what a model must show, net of costs and out of sample, before it may trade (specification 11.4)."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.significance import (
    SharpeEstimate,
    deflated_sharpe_ratio,
    minimum_track_record_length,
)
from qts_core.config.backtest import GateSettings
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.research.ledger import TrialSummary

__all__ = ["Gate", "GateEvidence", "GateReport", "evaluate_gates"]


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
    """

    net_returns: Floats
    trades: int
    turnover_per_session: float
    trials: TrialSummary
    fill_mode: str


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition with what was found.

    Attributes
    ----------
    name : str
        ``gate.net_sharpe`` and so on, as registry tags spell it.
    value, threshold : float
    comparison : str
        ``">="`` or ``"<="``.
    passed : bool
        False for NaN, always.
    reason : str
        One sentence for a person: what was found, what was needed, by how much it misses.
    """

    name: str
    value: float
    threshold: float
    comparison: str
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class GateReport:
    """Every gate's verdict."""

    gates: tuple[Gate, ...]
    fill_mode: str

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return bool(self.gates) and all(g.passed for g in self.gates)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The reasons of the gates that refused."""
        return tuple(g.reason for g in self.gates if not g.passed)

    def headline(self) -> str:
        """Return the verdict in one line."""
        if self.passed:
            return f"all {len(self.gates)} gates passed"
        failed = [g.name.removeprefix("gate.") for g in self.gates if not g.passed]
        return f"{len(failed)} of {len(self.gates)} gates refused: {', '.join(failed)}"

    def tags(self) -> dict[str, str]:
        """Return registry tags: ``gate.<name>`` with verdict and reason, and ``gate.verdict``."""
        verdicts = {g.name: f"{'passed' if g.passed else 'refused'}: {g.reason}" for g in self.gates}
        return {**verdicts, "gate.verdict": "passed" if self.passed else "refused", "gate.fill_mode": self.fill_mode}

    def to_json(self) -> str:
        """Return canonical JSON; NaN and infinity as null."""
        content = {
            "passed": self.passed,
            "fill_mode": self.fill_mode,
            "gates": [
                {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(g).items()}
                for g in self.gates
            ],
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


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
        One gate each for net Sharpe ratio, deflated Sharpe probability, minimum track record, sessions, drawdown,
        trades and turnover.

    References
    ----------
    Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5).
    """
    returns = evidence.net_returns
    estimate = SharpeEstimate.of(returns)
    confidence = settings.min_deflated_sharpe_probability
    needed = minimum_track_record_length(estimate, confidence=confidence)
    deflated = _deflated(estimate, evidence.trials)
    count = evidence.trials.count
    fall = max_drawdown(_equity(returns)) if len(returns) else math.nan
    gates = (
        _at_least("net_sharpe", estimate.annualised(SESSIONS_PER_YEAR), settings.min_net_sharpe,
                  "annualised Sharpe ratio net of costs"),
        _at_least("deflated_sharpe", deflated, confidence,
                  f"probability that the Sharpe ratio is more than luck after {count} trial{'s' * (count != 1)}"),
        _at_least("min_track_record", float(len(returns)), needed,
                  f"sessions of track record for a Sharpe ratio above zero at {confidence:.0%} confidence"),
        _at_least("sessions", float(len(returns)), float(settings.min_sessions), "sessions out of sample"),
        _at_most("drawdown", fall, settings.max_drawdown, "largest drawdown"),
        _at_least("trades", float(evidence.trades), float(settings.min_trades), "completed trades"),
        _at_most("turnover", evidence.turnover_per_session, settings.max_turnover_per_session,
                 "traded value per session over equity"),
    )  # fmt: skip
    return GateReport(gates, evidence.fill_mode)


def _deflated(estimate: SharpeEstimate, trials: TrialSummary) -> float:
    if estimate.n < 2:
        return math.nan
    # Chance alone spreads the Sharpe ratios of worthless strategies by 1 / (n - 1); trials that agree more than that
    # are near copies of each other and must not make the hurdle lower.
    variance = max(trials.sharpe_variance or 0.0, 1.0 / (estimate.n - 1))
    return deflated_sharpe_ratio(estimate, trials=max(trials.count, 1), variance=variance)


def _equity(returns: Floats) -> Floats:
    return np.concatenate([[1.0], np.cumprod(1.0 + returns)])


def _at_least(name: str, value: float, threshold: float, what: str) -> Gate:
    passed = value >= threshold
    return Gate(f"gate.{name}", value, threshold, ">=", passed, _reason(what, value, threshold, "at least", passed))


def _at_most(name: str, value: float, threshold: float, what: str) -> Gate:
    passed = value <= threshold
    return Gate(f"gate.{name}", value, threshold, "<=", passed, _reason(what, value, threshold, "at most", passed))


def _reason(what: str, value: float, threshold: float, word: str, passed: bool) -> str:
    found = f"{what}: {_number(value)}, needs {word} {_number(threshold)}"
    if passed or not math.isfinite(value - threshold):
        return found
    return f"{found}, misses by {_number(abs(value - threshold))}"


def _number(value: float) -> str:
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "infinitely many" if value > 0 else "minus infinity"
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.3g}"
