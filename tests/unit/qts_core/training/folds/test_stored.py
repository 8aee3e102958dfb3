"""A plan survives JSON, whatever it is of; a changed one is refused."""

from __future__ import annotations

import json

import pytest

from qts_core.config.training import TrainingSettings
from qts_core.market.errors import TrainingError
from qts_core.training.folds import FoldPlan, plan_folds
from tests.unit.qts_core.training.samples_for_tests import timeline_of

METHODS = ("walk_forward", "walk_forward_anchored", "purged_k_fold", "combinatorial_purged")


def plan_of(method: str, **changes: object) -> FoldPlan:
    chosen = {"validation_method": method, "train_sessions": 10, "test_sessions": 5, "step_sessions": 5, **changes}
    return plan_folds(TrainingSettings.model_validate(chosen), timeline_of(60), horizon_bars=5)


@pytest.mark.parametrize("method", METHODS)
def test_a_plan_comes_back_from_json_as_it_was(method: str) -> None:
    plan = plan_of(method, gap_bars=30)
    inner = plan.inner(plan.folds[-1], groups=3)
    for one in (plan, inner):
        assert FoldPlan.from_json(one.to_json()) == one
        assert FoldPlan.from_json(one.to_json()).hash == one.hash


def test_a_validation_window_comes_back_too() -> None:
    plan = plan_of("walk_forward", windows="split", train_months=1, validation_months=1, train_sessions=252)
    assert FoldPlan.from_json(plan.to_json()) == plan
    assert plan.folds[0].validation


def test_plans_of_different_methods_have_different_hashes() -> None:
    assert len({plan_of(method).hash for method in METHODS}) == len(METHODS)


def test_a_plan_that_was_changed_is_refused() -> None:
    content = json.loads(plan_of("purged_k_fold").to_json())
    content["folds"][0]["test"][0]["stop"] += 1
    with pytest.raises(TrainingError, match="was changed") as refusal:
        FoldPlan.from_json(json.dumps(content))
    assert refusal.value.code == "QTS-MODEL-022"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"hash": 1}', '{"hash": "x", "folds": 3, "final": 1}', "null"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(TrainingError, match="no fold plan"):
        FoldPlan.from_json(text)
