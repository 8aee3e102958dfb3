"""The gate is silent where its rules say so, says why, and hears of an outcome only when its label has ended."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from qts_core.config.uncertainty import AbstainSettings
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats
from qts_core.models.conformal import Conformal, SetMethod
from qts_core.models.online import UNBOUNDED
from qts_core.models.uncertainty import Doubt, UncertaintyModel
from qts_core.targets.labels import forward_return, relative_return
from qts_core.trading.abstention import Judged, OpinionGate
from tests.support.decision_market import panel
from tests.support.doubts import intervals

SYMBOLS = ("AA", "AB", "AC")
ONES = np.ones(3)
NO_BARS = None


def judged(model: UncertaintyModel, score: Floats, **parts: Floats | None) -> Judged:
    doubt = Doubt(model, parts.pop("spread", None) if "spread" in parts else ONES, **parts)  # type: ignore[arg-type]
    return OpinionGate(SYMBOLS).step(score, doubt, ONES, NO_BARS)


def test_a_score_whose_interval_holds_zero_is_no_opinion_and_the_reason_says_so() -> None:
    found = judged(intervals(), np.array([0.010, 0.0025, -0.02]))
    assert found.score.tolist()[0::2] == [0.010, -0.02]
    assert np.isnan(found.score[1])
    (verdict,) = found.verdicts
    assert (verdict.name, verdict.symbol, verdict.is_allowed) == ("abstain.interval", "AB", False)
    assert verdict.reason == "abstained: interval [-0.65%, 1.15%] holds zero"
    assert (verdict.limit, verdict.value) == pytest.approx((0.0025, 0.009))
    assert found.low is not None
    np.testing.assert_allclose(found.low, [0.001, -0.0065, -0.029])


def test_intervals_without_the_rule_silence_nothing() -> None:
    score = np.array([0.0, 0.001, np.nan])
    found = judged(intervals(abstain=AbstainSettings()), score)
    assert found.score is score
    assert found.verdicts == ()


def test_spread_widens_and_a_missing_score_has_neither_interval_nor_verdict() -> None:
    found = judged(intervals(), np.array([0.01, 0.01, np.nan]), spread=np.array([1.0, 2.0, 1.0]))
    assert found.high is not None
    np.testing.assert_allclose(found.high, [0.019, 0.028, np.nan])
    assert [v.symbol for v in found.verdicts] == ["AB"]


def test_too_few_samples_for_the_level_promise_nothing_and_are_silent() -> None:
    found = judged(intervals(level=0.999), np.array([5.0, 5.0, 5.0]))
    assert found.issued is not None
    assert found.issued.radius.tolist() == [UNBOUNDED] * 3
    assert found.low is not None
    assert np.isnan(found.low).all()
    assert found.verdicts[0].reason == "abstained: interval without bounds holds zero"


def classifier(abstain: AbstainSettings, signs: tuple[float, ...] = (-1.0, 1.0)) -> UncertaintyModel:
    # the 90th of 99 scores: classes of probability 0.4 and more are in the set
    sets = Conformal.fit(np.minimum(np.arange(1, 100) / 150.0, 1.0), ["AA"] * 99, {})
    return UncertaintyModel(0.9, 3, signs, False, abstain, sets=sets, set_method=SetMethod.LAC)


def test_a_set_with_both_directions_or_with_none_is_no_opinion() -> None:
    chances = np.array([[0.2, 0.8], [0.55, 0.45], [0.5, 0.5]])
    found = judged(classifier(AbstainSettings(sets=True)), np.array([0.1, 0.0, 0.0]), chances=chances)
    assert np.isnan(found.score).tolist() == [False, True, True]
    assert found.verdicts[0].reason == "abstained: the set holds both directions"
    three = classifier(AbstainSettings(sets=True), (-1.0, 0.0, 1.0))
    chances = np.array([[0.34, 0.33, 0.33], [0.45, 0.45, 0.1], [0.1, 0.1, 0.8]])
    found = judged(three, np.zeros(3), chances=chances)
    assert [v.reason for v in found.verdicts] == ["abstained: the set holds no class"]
    assert np.isnan(found.score).tolist() == [True, False, False]


def test_low_confidence_and_disagreement_are_reasons_of_their_own_and_the_first_is_told() -> None:
    rules = AbstainSettings(min_confidence=0.6, max_disagreement=0.002)
    model = replace(classifier(rules), sets=None)
    chances = np.array([[0.45, 0.55], [0.3, 0.7], [0.5, 0.5]])
    apart = np.array([0.001, 0.003, 0.003])
    found = judged(model, np.zeros(3), chances=chances, disagreement=apart)
    assert [(v.name, v.symbol) for v in found.verdicts] == [
        ("abstain.confidence", "AA"), ("abstain.disagreement", "AB"), ("abstain.confidence", "AC"),
    ]  # fmt: skip
    assert found.verdicts[0].reason == "abstained: probability 0.550 of the likeliest class is below 0.6"
    assert found.verdicts[1].reason == "abstained: members differ by 0.300%, more than 0.200%"


def test_a_model_that_does_not_doubt_leaves_no_trace() -> None:
    gate, bars, score = OpinionGate(SYMBOLS), panel(breadth=3), np.array([0.1, 0.2, 0.3])
    found = gate.judge(BarSlice.of(bars, 0), score, None, ONES)
    assert found.score is score
    assert (found.low, found.verdicts, gate.snapshot()) == (None, (), None)


@pytest.mark.parametrize("is_relative", [False, True])
def test_levels_follow_the_labels_that_training_learns_and_only_once_they_have_ended(is_relative: bool) -> None:
    """An independent fold over the label panel gives the level at every bar."""
    bars, horizon, rate = panel(breadth=3, missing=0.05, seed=5), 3, 0.05
    model = intervals(largest=0.02, horizon_bars=horizon, rate=rate, is_relative=is_relative)
    labels = (relative_return if is_relative else forward_return)(bars, horizon).values
    scores = np.random.default_rng(6).normal(0.0, 0.005, labels.shape)
    scores[np.isnan(bars["close"])] = np.nan
    gate, seen = OpinionGate(SYMBOLS), []
    for row in range(len(bars)):
        gate.judge(BarSlice.of(bars, row), scores[row], Doubt(model, ONES), ONES)
        seen.append(gate.levels.intervals.get("", 0.1))
    level, ordered = 0.1, 0.02 * np.arange(1, 100) / 100.0
    radius: list[float] = []
    for row in range(len(bars)):
        ended = row - horizon - 1
        if ended >= 0:
            known = np.isfinite(labels[ended]) & np.isfinite(scores[ended])
            if known.any():
                missed = np.abs(labels[ended] - scores[ended])[known] > radius[ended]
                level += rate * (0.1 - missed.mean())
        rank = int(np.ceil(100 * (1.0 - level) - 1e-9))
        radius.append(np.inf if rank > 99 else ordered[rank - 1] if rank >= 1 else -1.0)
        assert seen[row] == pytest.approx(level, abs=1e-12)
    assert len({round(level, 6) for level in seen}) > 20


def test_what_comes_later_changes_nothing_of_what_was_said() -> None:
    bars = panel(breadth=3, seed=7)
    altered = panel(breadth=3, seed=7)
    altered.fields["open"][60:] *= 1.5
    model, scores = intervals(largest=0.01, rate=0.05), np.random.default_rng(8).normal(0, 0.004, (len(bars), 3))

    def said(given: object) -> list[bytes]:
        gate = OpinionGate(SYMBOLS)
        rows = [gate.judge(BarSlice.of(given, r), scores[r], Doubt(model, ONES), ONES) for r in range(90)]  # type: ignore[arg-type]
        return [one.low.tobytes() for one in rows if one.low is not None]

    one, two = said(bars), said(altered)
    assert one[:60] == two[:60]
    assert one[60:] != two[60:]


@pytest.mark.parametrize("cut", [1, 3, 17, 40])
def test_a_gate_restored_anywhere_goes_on_bit_for_bit(cut: int) -> None:
    bars, model = panel(breadth=3, missing=0.03, seed=9), intervals(largest=0.01, rate=0.05)
    scores = np.random.default_rng(10).normal(0, 0.004, (len(bars), 3))

    def step(gate: OpinionGate, row: int) -> Judged:
        doubt = None if row == 20 else Doubt(model, ONES)
        return gate.judge(BarSlice.of(bars, row), scores[row], doubt, ONES)

    whole = OpinionGate(SYMBOLS)
    for row in range(cut):
        step(whole, row)
    again = OpinionGate(SYMBOLS)
    again.restore(json.loads(json.dumps(whole.snapshot(), allow_nan=False)))
    for row in range(cut, 80):
        one, two = step(whole, row), step(again, row)
        assert one.score.tobytes() == two.score.tobytes()
        assert one.verdicts == two.verdicts
    assert json.dumps(whole.snapshot()) == json.dumps(again.snapshot())


def test_a_model_of_another_horizon_begins_with_no_promises_but_keeps_the_levels() -> None:
    bars, gate = panel(breadth=3, seed=11), OpinionGate(SYMBOLS)
    for row in range(30):
        gate.judge(BarSlice.of(bars, row), np.zeros(3), Doubt(intervals(rate=0.05), ONES), ONES)
    before = dict(gate.levels.intervals)
    gate.judge(BarSlice.of(bars, 30), np.zeros(3), Doubt(intervals(rate=0.05, horizon_bars=7), ONES), ONES)
    assert gate.levels.intervals == before
    assert len(gate.levels.waiting) == 1
    gate.judge(BarSlice.of(bars, 31), np.zeros(3), Doubt(intervals(), ONES), ONES)
    assert gate.snapshot() is None
