"""Settings of fold plans: names of the specification, defaults, and what contradicts each other."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from qts_core.config.training import TrainingSettings, fold_contradictions

WHERE = "models.models.m.training"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("expanding", "walk_forward_anchored"), ("anchored", "walk_forward_anchored"), ("rolling", "walk_forward"),
        ("cpcv", "combinatorial_purged"), ("combinatorial_purged_cv", "combinatorial_purged"),
        ("purged_kfold", "purged_k_fold"), ("walk_forward", "walk_forward"),
    ],
)  # fmt: skip
def test_other_names_of_a_method_mean_the_same(written: str, meant: str) -> None:
    assert TrainingSettings.model_validate({"validation_method": written}).validation_method == meant


def test_the_schemes_of_the_specification_have_their_names() -> None:
    assert TrainingSettings.model_validate({"windows": "walk_forward_optimization"}).windows == "optimisation"
    assert TrainingSettings.model_validate({"windows": "walk_forward_split"}).windows == "split"


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValidationError, match="walk_forward"):
        TrainingSettings.model_validate({"validation_method": "k_fold"})


def test_groups_default_to_the_method() -> None:
    assert TrainingSettings(validation_method="purged_k_fold").group_count == 5
    assert TrainingSettings(validation_method="combinatorial_purged").group_count == 6
    assert TrainingSettings(validation_method="combinatorial_purged", groups=8).group_count == 8


@pytest.mark.parametrize("method", ["walk_forward", "walk_forward_anchored", "purged_k_fold", "combinatorial_purged"])
def test_a_method_alone_contradicts_nothing(method: str) -> None:
    chosen = TrainingSettings.model_validate({"validation_method": method})
    assert list(fold_contradictions(chosen, WHERE)) == []
    # settings that were merged and read again say every default aloud
    again = TrainingSettings.model_validate(chosen.model_dump())
    assert list(fold_contradictions(again, WHERE)) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"step_sessions": 20}, f"{WHERE}.step_sessions is 20 but test_sessions is 63"),
        ({"groups": 5}, "groups is 5, which validation_method walk_forward does not read"),
        ({"test_groups": 3}, "test_groups is 3, which validation_method walk_forward does not read"),
        ({"train_months": 6}, "train_months is 6, which windows sessions does not read"),
        ({"windows": "split", "train_sessions": 100}, "train_sessions is 100, which windows split does not read"),
        ({"windows": "split", "train_months": 24}, "train_months is 24 but windows split trains on 6 to 12"),
        ({"windows": "split", "validation_months": 3}, "validation_months is 3 but windows split validates on 1 or 2"),
        ({"windows": "optimisation", "validation_months": 1}, "which windows optimisation does not read"),
        ({"validation_method": "purged_k_fold", "windows": "split"}, "windows is split, which validation_method"),
        ({"validation_method": "purged_k_fold", "train_sessions": 9}, "train_sessions is 9, which validation_method"),
        ({"validation_method": "combinatorial_purged", "groups": 4, "test_groups": 4}, "test_groups is 4 but groups"),
    ],
)
def test_a_contradiction_names_the_setting_and_both_values(given: dict[str, object], said: str) -> None:
    (sentence,) = fold_contradictions(TrainingSettings.model_validate(given), WHERE)
    assert said in sentence
    assert sentence.startswith(WHERE)
