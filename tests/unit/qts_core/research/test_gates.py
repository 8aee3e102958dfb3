"""Gates: verdicts by hand, deflation against the papers' own numbers, NaN always refuses."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kurtosis, norm, skew

from qts_core.config.backtest import GateSettings
from qts_core.research.gates import GateEvidence, GateReport, evaluate_gates
from qts_core.research.ledger import TrialSummary

SETTINGS = GateSettings()


def returns_with(annual_sharpe: float, sessions: int = 250, seed: int = 2) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(sessions)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    returns: np.ndarray = 0.004 * (noise + annual_sharpe / math.sqrt(252))
    return returns


def evidence_with(annual_sharpe: float = 3.5, **changes: object) -> GateEvidence:
    plain = GateEvidence(returns_with(annual_sharpe), 400, 0.8, TrialSummary(1, 0, None), "pessimistic")
    return replace(plain, **changes)  # type: ignore[arg-type]


def verdicts(report: GateReport) -> dict[str, bool]:
    return {gate.name.removeprefix("gate."): gate.passed for gate in report.gates}


def test_a_strong_track_record_passes_every_gate() -> None:
    report = evaluate_gates(evidence_with(), SETTINGS)
    assert report.passed, report.refusals
    assert report.headline() == "all 8 gates passed (2 not applicable)"


def test_the_net_sharpe_is_annualised_by_252_sessions() -> None:
    gate = evaluate_gates(evidence_with(2.0), SETTINGS).gates[0]
    assert gate.value == pytest.approx(2.0)
    assert gate.threshold == 0.5


def test_the_deflated_probability_equals_the_formula_of_the_paper() -> None:
    returns, trials, variance = returns_with(2.5), 20, 0.01
    estimate = returns.mean() / returns.std(ddof=1)
    hurdle = math.sqrt(variance) * (
        (1 - np.euler_gamma) * norm.ppf(1 - 1 / trials) + np.euler_gamma * norm.ppf(1 - 1 / (trials * math.e))
    )
    spread = 1 - skew(returns) * estimate + (kurtosis(returns, fisher=False) - 1) / 4 * estimate**2
    expected = norm.cdf((estimate - hurdle) * math.sqrt(len(returns) - 1) / math.sqrt(spread))
    report = evaluate_gates(evidence_with(2.5, trials=TrialSummary(trials, 0, variance)), SETTINGS)
    gate = next(g for g in report.gates if g.name == "gate.deflated_sharpe")
    # the library may correct skewness and kurtosis for small samples
    assert gate.value == pytest.approx(expected, abs=2e-3)


def test_the_same_record_fails_once_enough_was_tried() -> None:
    few = evaluate_gates(evidence_with(2.0, trials=TrialSummary(1, 0, None)), SETTINGS)
    many = evaluate_gates(evidence_with(2.0, trials=TrialSummary(200, 0, 1 / 249)), SETTINGS)
    assert verdicts(few)["deflated_sharpe"]
    assert not verdicts(many)["deflated_sharpe"]
    assert any("after 200 trials" in refusal for refusal in many.refusals)


def test_trials_that_copy_each_other_do_not_lower_the_hurdle() -> None:
    copies = evaluate_gates(evidence_with(2.0, trials=TrialSummary(200, 0, 1e-12)), SETTINGS)
    assert not verdicts(copies)["deflated_sharpe"]


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"trades": 99}, {"trades"}),
        ({"turnover_per_session": 2.01}, {"turnover"}),
        ({"turnover_per_session": math.nan}, {"turnover"}),
        ({"net_returns": returns_with(6.0, sessions=59)}, {"sessions"}),
    ],
)
def test_each_gate_refuses_alone(changes: dict[str, object], refused: set[str]) -> None:
    report = evaluate_gates(evidence_with(3.5, **changes), SETTINGS)
    assert {name for name, passed in verdicts(report).items() if not passed} == refused
    assert not report.passed


def test_a_drawdown_beyond_the_limit_refuses_with_its_depth() -> None:
    returns = returns_with(6.0)
    returns[100] = -0.20
    gate = next(g for g in evaluate_gates(evidence_with(net_returns=returns), SETTINGS).gates if "drawdown" in g.name)
    assert gate.value == pytest.approx(0.20, abs=0.01)
    assert not gate.passed
    assert "misses by" in gate.reason


@pytest.mark.parametrize("returns", [np.array([]), np.zeros(250), np.full(250, np.nan), np.array([0.01])])
def test_returns_that_say_nothing_pass_no_sharpe_gate(returns: np.ndarray) -> None:
    found = verdicts(evaluate_gates(evidence_with(net_returns=returns), SETTINGS))
    assert not found["net_sharpe"]
    assert not found["deflated_sharpe"]
    assert not found["min_track_record"]
    assert not found["reality_check"]


def test_a_losing_record_needs_infinitely_many_sessions() -> None:
    report = evaluate_gates(evidence_with(-1.0), SETTINGS)
    reasons = {g.name: g.reason for g in report.gates}
    assert "needs at least infinitely many" in reasons["gate.min_track_record"]
    assert "misses by 1.5" in reasons["gate.net_sharpe"]


def test_tags_and_json_carry_verdict_and_reason() -> None:
    report = evaluate_gates(evidence_with(-1.0), SETTINGS)
    tags, content = report.tags(), json.loads(report.to_json())
    assert tags["gate.verdict"] == "refused"
    assert tags["gate.net_sharpe"].startswith("refused: annualised Sharpe ratio net of costs: -1")
    assert tags["gate.sessions"].startswith("passed: ")
    assert content["passed"] is False
    assert [g["name"] for g in content["gates"]] == [g.name for g in report.gates]
    thresholds = {g["name"]: g["threshold"] for g in content["gates"]}
    assert thresholds["gate.min_track_record"] is None


def test_a_version_of_what_was_known_then_is_refused_however_good() -> None:
    report = evaluate_gates(evidence_with(as_of="2024-06-28T20:00:00+00:00"), SETTINGS)
    assert verdicts(report)["as_of"] is False
    assert report.refusals == (report.gates[0].reason,)
    assert "known at 2024-06-28T20:00:00+00:00" in report.refusals[0]
    assert "as_of" not in verdicts(evaluate_gates(evidence_with(), SETTINGS))


def test_a_report_without_gates_has_not_passed() -> None:
    assert not GateReport((), "pessimistic").passed
