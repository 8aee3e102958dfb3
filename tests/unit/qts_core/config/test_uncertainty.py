"""Settings of uncertainty that contradict each other are named with both values."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from qts_core.config.uncertainty import AbstainSettings, UncertaintySettings, uncertainty_contradictions

WHERE = "models.models.m.uncertainty"


def said(chosen: UncertaintySettings, *, is_classifier: bool = False, target: str = "return_26bar") -> str:
    return " | ".join(
        uncertainty_contradictions(chosen, is_classifier=is_classifier, target=target, horizon_bars=26, where=WHERE)
    )


def test_everything_is_off_by_default() -> None:
    chosen = UncertaintySettings()
    assert not chosen.is_active
    assert not chosen.is_fitted
    assert not chosen.abstain.is_active
    assert said(chosen) == ""


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"calibration": "platt"}, "uncertainty.calibration is platt but models.models.m.task is regression"),
        ({"sets": "lac"}, "uncertainty.sets is lac but models.models.m.task is regression"),
        ({"abstain": {"min_confidence": 0.6}}, "min_confidence is set but models.models.m.task is regression"),
        ({"abstain": {"interval": True}}, "abstain.interval is true but models.models.m.uncertainty.intervals is none"),
        ({"abstain": {"sets": True}}, "abstain.sets is true but models.models.m.uncertainty.sets is none"),
        ({"scale": "atr_14"}, "scale is atr_14 but"),
        ({"groups": {"a": ("X",)}}, "groups are given but neither"),
        ({"intervals": "split", "groups": {"a": ("X",), "b": ("X",)}}, "groups name X twice"),
        ({"adaptive_rate": 0.01}, "adaptive_rate is 0.01 but neither"),
        ({"intervals": "split", "adaptive_rate": 0.05}, "outcomes come 27 bars late; above 0.037"),
        ({"adaptive_rates": (0.001, 0.01)}, "adaptive_rates are 0.001, 0.01 but neither"),
        ({"intervals": "split", "adaptive_rates": (0.001, 0.05)}, "outcomes come 27 bars late; above 0.037"),
        ({"intervals": "split", "adaptive_rates": (0.01,)}, "two or more, each once"),
        ({"intervals": "split", "adaptive_rates": (0.01, 0.01)}, "two or more, each once"),
        ({"intervals": "split", "adaptive_rate": 0.01, "adaptive_rates": (0.001, 0.01)}, "one of the two"),
    ],
)
def test_a_contradiction_is_named(chosen: dict[str, object], words: str) -> None:
    assert words in said(UncertaintySettings.model_validate(chosen))


def test_levels_adapt_only_to_outcomes_that_bars_tell() -> None:
    chosen = UncertaintySettings(intervals="split", adaptive_rate=0.005)
    assert said(chosen, target="relative_return_26bar") == ""
    assert "does not follow the outcome of volatility_26bar" in said(chosen, target="volatility_26bar")


def test_a_classifier_may_have_all_of_it() -> None:
    chosen = UncertaintySettings(
        calibration="isotonic", intervals="split", sets="aps", adaptive_rate=0.005,
        abstain=AbstainSettings(interval=True, sets=True, min_confidence=0.55, max_disagreement=0.01),
    )  # fmt: skip
    assert said(chosen, is_classifier=True, target="direction_26bar") == ""
    assert chosen.is_active
    assert chosen.is_fitted


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 1.0},
        {"level": 0.0},
        {"adaptive_rate": 0.5},
        {"adaptive_rates": [0.0, 0.01]},
        {"calibration_share": 0.9},
    ],
)
def test_values_beyond_reason_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        UncertaintySettings.model_validate(wrong)
