"""The gates that ask whether it is luck: each refuses what was planted, and says when it has nothing to judge."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from qts_core.config.backtest import GateSettings
from qts_core.research.gates import Gate, GateEvidence, GateReport, PermutationLink, evaluate_gates
from qts_core.research.gates.luck import hurdle, shared_sessions
from qts_core.research.gates.report import not_applicable
from qts_core.research.ledger import ReturnSeries, TrialSummary
from qts_core.research.ledger.counting import sharpe_spread

SETTINGS = GateSettings()
DAYS = np.arange(19_000, 19_310, dtype=np.int32)


def noise(seed: int, count: int = 1, mean: float = 0.0) -> np.ndarray:
    drawn: np.ndarray = np.random.default_rng(seed).standard_normal((len(DAYS), count)) * 0.01 + mean
    return drawn


def record(annual_sharpe: float) -> np.ndarray:
    drawn = noise(3)[:, 0]
    found: np.ndarray = drawn - drawn.mean() + annual_sharpe / math.sqrt(252) * drawn.std(ddof=1)
    return found


def series(table: np.ndarray, days: np.ndarray = DAYS) -> tuple[ReturnSeries, ...]:
    return tuple(ReturnSeries.of(days, column) for column in table.T)


def gate_of(evidence: GateEvidence, name: str) -> Gate:
    return next(g for g in evaluate_gates(evidence, SETTINGS).gates if g.name == f"gate.{name}")


def evidence_with(**changes: object) -> GateEvidence:
    plain = GateEvidence(record(3.0), 400, 0.8, TrialSummary(1, 0, None), "pessimistic", days=DAYS)
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_the_best_of_many_noise_trials_is_refused() -> None:
    evidence = evidence_with(study=series(noise(0, 40)))
    loss = gate_of(evidence, "pbo_loss")
    assert not loss.passed
    assert loss.threshold == 0.25
    assert "below their median and loses on the other half" in loss.reason
    assert "misses by" in loss.reason
    plain = gate_of(evidence, "pbo")
    assert plain.threshold == 0.5
    assert plain.passed == (plain.value <= 0.5)
    assert plain.value >= loss.value


def test_a_choice_that_is_worse_than_a_coin_toss_is_refused_although_it_gains() -> None:
    # All earn the same over the whole, so whoever is ahead on one half is behind on the other, by construction.
    drawn = noise(6, 12)
    evidence = evidence_with(study=series(0.003 + (drawn - drawn.mean(axis=0)) / drawn.std(axis=0) * 0.01))
    refused, kept = gate_of(evidence, "pbo"), gate_of(evidence, "pbo_loss")
    assert refused.value > 0.9
    assert not refused.passed
    assert kept.passed, "all of them gain: nothing is lost by the choice"


@pytest.mark.parametrize("limit", [0.0, 0.51, 1.0])
def test_no_configuration_lets_a_choice_worse_than_a_coin_toss_pass(limit: float) -> None:
    with pytest.raises(ValidationError):
        GateSettings(max_overfitting_probability=limit)


def test_a_trial_better_than_all_others_everywhere_is_not_overfit() -> None:
    table = noise(1, 40)
    table[:, 5] += 0.02
    gate = gate_of(evidence_with(study=series(table)), "pbo")
    assert gate.passed
    assert gate.value == 0.0


def test_equally_good_trials_lose_nothing_by_the_choice_although_their_order_is_chance() -> None:
    evidence = evidence_with(study=series(noise(2, 40, mean=0.002)))
    assert gate_of(evidence, "pbo_loss").passed
    assert gate_of(evidence, "pbo").value == pytest.approx(0.5, abs=0.25)


def test_overfitting_without_a_study_is_said_not_to_apply() -> None:
    report = evaluate_gates(evidence_with(study=series(noise(0, 9))), SETTINGS)
    gate = next(g for g in report.gates if g.name == "gate.pbo")
    assert not gate.applies
    assert gate.verdict == "not applicable"
    assert report.tags()["gate.pbo"].startswith("not applicable: overfitting is not judged: 9 trials")
    assert "2 not applicable" in report.headline()
    assert '"applies":false' in report.to_json()


def test_a_report_in_which_nothing_applies_has_not_passed() -> None:
    assert not GateReport((not_applicable("pbo", 0.25, "<=", "nothing"),), "pessimistic").passed


def test_a_record_good_alone_is_refused_as_the_best_of_many_noise_trials() -> None:
    alone = gate_of(evidence_with(net_returns=record(1.9)), "reality_check")
    among = gate_of(evidence_with(net_returns=record(1.9), others=series(noise(5, 200))), "reality_check")
    assert alone.passed
    assert not among.passed
    assert "best of 201 trials" in among.reason


def test_trials_on_other_sessions_are_left_out_of_the_reality_check_and_it_says_how_many() -> None:
    gate = gate_of(evidence_with(others=series(noise(5, 7), DAYS + 200)), "reality_check")
    assert "7 of other sessions left out" in gate.reason


def test_a_trial_that_covers_most_sessions_held_cash_on_the_rest() -> None:
    others = series(noise(5, 3)[20:], DAYS[20:])
    assert "best of 4 trials" in gate_of(evidence_with(others=others), "reality_check").reason


def test_predictions_that_know_nothing_are_refused_and_those_that_know_pass() -> None:
    generator = np.random.default_rng(4)
    outcomes = generator.standard_normal((600, 20))
    blind = PermutationLink(generator.standard_normal((600, 20)), outcomes, 2)
    seeing = PermutationLink(generator.standard_normal((600, 20)) + 0.2 * outcomes, outcomes, 2)
    assert not gate_of(evidence_with(link=blind), "permutation").passed
    assert gate_of(evidence_with(link=seeing), "permutation").passed


def test_too_few_rows_to_permute_refuse() -> None:
    link = PermutationLink(np.ones((30, 2)), np.ones((30, 2)), 5)
    gate = gate_of(evidence_with(link=link), "permutation")
    assert math.isnan(gate.value)
    assert not gate.passed


def test_deflation_counts_independent_trials_and_names_both_numbers() -> None:
    all_count = gate_of(evidence_with(net_returns=record(2.2), trials=TrialSummary(500, 0, None)), "deflated_sharpe")
    copies = gate_of(evidence_with(net_returns=record(2.2), trials=TrialSummary(500, 0, None, 2.2)), "deflated_sharpe")
    assert not all_count.passed
    assert copies.value > all_count.value
    assert "after 500 trials, as many as 3 independent ones" in copies.reason


@pytest.mark.parametrize("effective", [0.0, 0.5, 900.0])
def test_independent_trials_are_never_below_one_nor_above_the_count(effective: float) -> None:
    assert 1.0 <= TrialSummary(500, 0, None, effective).independent <= 500.0


def test_the_hurdle_of_trials_as_long_as_the_record_is_the_larger_of_their_variance_and_chance() -> None:
    chance = 1 / 249
    for variance in (None, 1e-9, chance, 0.02):
        summary = TrialSummary(30, 0, variance, None, chance)
        for each in (summary, replace(summary, chance_variance=None)):
            trials, found = hurdle(each, 250)
            assert trials == 30
            assert found == pytest.approx(max(variance or 0.0, chance))


def test_worthless_trials_of_short_windows_do_not_raise_the_hurdle_of_a_long_record() -> None:
    rng = np.random.default_rng(9)
    ratios = [float(x.mean() / x.std(ddof=1)) for x in rng.standard_normal((4000, 60))]
    short = TrialSummary(4000, 0, float(np.var(ratios, ddof=1)), None, 1 / 59)
    assert hurdle(short, 1000)[1] == pytest.approx(1 / 999, abs=3 * np.sqrt(2 / 4000) / 59)
    # ... and what they truly differ by stays in it
    apart = [r + s for r, s in zip(ratios, 0.1 * rng.standard_normal(4000), strict=True)]
    differing = replace(short, sharpe_variance=float(np.var(apart, ddof=1)))
    assert hurdle(differing, 1000)[1] == pytest.approx(0.01 + 1 / 999, rel=0.15)


def test_trials_that_lose_do_not_put_the_hurdle_out_of_reach() -> None:
    rng = np.random.default_rng(4)
    worthless = [float(value) for value in rng.standard_normal(400) / math.sqrt(359)]
    ruined = [-0.5, -0.4, -0.3] * 20
    alone, beside = sharpe_spread(worthless), sharpe_spread([*worthless, *ruined])
    assert alone is not None
    assert beside is not None
    assert beside < alone
    for spread in (alone, beside):
        assert hurdle(TrialSummary(400, 0, spread, None, 1 / 359), 360)[1] == pytest.approx(1 / 359, rel=0.1)
    # ... what trials truly differ by, up and down, is the paper's variance
    differing = sharpe_spread([float(value) for value in 0.2 * rng.standard_normal(2000)])
    assert differing == pytest.approx(0.04, rel=0.1)
    # ... and what is truly better than the rest still raises it
    better = sharpe_spread([*worthless, *[0.4] * 200])
    assert better is not None
    assert better > 0.02
    assert sharpe_spread([0.1]) is None


def test_shared_sessions_are_those_that_most_trials_have() -> None:
    long, short = series(noise(0, 3)), series(noise(1, 2)[:100], DAYS[:100])
    assert shared_sessions((*long, *short)).shape == (100, 5)
    assert shared_sessions((*long, *series(noise(1, 2), DAYS + 1000))).shape == (310, 3)
    assert shared_sessions(()).shape == (0, 0)


def test_the_best_of_a_thousand_trials_of_noise_is_refused() -> None:
    many = series(noise(8, 1000))
    report = evaluate_gates(evidence_with(study=many, others=many), SETTINGS)
    assert {"gate.pbo", "gate.pbo_loss", "gate.reality_check"} <= {gate.name for gate in report.gates if gate.applies}
    assert not report.passed


def test_predictions_of_models_that_saw_later_sessions_are_refused_however_good() -> None:
    report = evaluate_gates(evidence_with(is_history=False), SETTINGS)
    assert report.refusals == (report.gates[0].reason,)
    assert "nobody could have traded them" in report.gates[0].reason
