"""`hyperparameters_from: study`: each fold gets what was known before its test; without it nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from qts_core.adapters.lake import Lake
from qts_core.config.models import ModelSettings
from qts_core.config.training import TrainingSettings
from qts_core.market.errors import InvalidConfigError, ModelNotFoundError
from qts_core.research.ensemble_members import MemberRecipe
from qts_core.research.search.found import members_with_found_parameters, with_found_parameters
from qts_core.research.search.result import SearchResult, WindowResult, load_search, proposal_text, save_search
from qts_core.research.training_recipe import entry_of
from qts_core.training.folds import plan_folds
from tests.unit.qts_core.training.samples_for_tests import timeline_of

LINE = timeline_of(60)
SETTINGS = ModelSettings(
    type="lightgbm", task="regression", target="return_26bar", hyperparameters={"num_leaves": 4},
    hyperparameters_from="study", training=TrainingSettings(train_sessions=20, test_sessions=10, step_sessions=10),
)  # fmt: skip


def result(*windows: tuple[str, int, int]) -> SearchResult:
    found = tuple(WindowResult(label, until, {"num_leaves": leaves}, {}, {}) for label, until, leaves in windows)
    return SearchResult("toy", "tpe", "sharpe", "i" * 64, found, {})


def begin_of_test(fold: int) -> int:
    plan = plan_folds(SETTINGS.training, LINE, horizon_bars=26)
    return int(LINE.ts_event[plan.folds[fold].test[0].start])


def test_each_fold_gets_the_newest_window_that_saw_nothing_of_its_test(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    known = result(("fold 1", begin_of_test(0), 5), ("fold 2", begin_of_test(1), 6), ("final", 2**60, 9))
    save_search(lake, known)
    assert load_search(lake, "toy") == known
    resolved = with_found_parameters(lake, "toy", SETTINGS, LINE)
    assert resolved.hyperparameters == {"num_leaves": 9}, "the live model gets the last one"
    found = [window["num_leaves"] for window in resolved.window_hyperparameters]
    assert found[:2] == [5, 6]
    assert set(found[2:]) == {6}, "the final window has seen what later folds are judged on"
    assert resolved.hyperparameters_from is None
    entry = entry_of("toy", resolved)
    assert entry.parameters_of(0) == {"num_leaves": 5}
    assert entry.parameters_of(99) == {"num_leaves": 9}


def test_a_fold_older_than_every_window_keeps_what_models_yaml_says(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    save_search(lake, result(("fold 2", begin_of_test(1), 6)))
    resolved = with_found_parameters(lake, "toy", SETTINGS, LINE)
    assert resolved.window_hyperparameters[0] == {"num_leaves": 4}


def test_without_the_option_nothing_changes_and_without_a_search_it_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    plain = SETTINGS.model_copy(update={"hyperparameters_from": None})
    assert with_found_parameters(lake, "toy", plain, LINE) is plain
    with pytest.raises(ModelNotFoundError, match="QTS-MODEL-047"):
        with_found_parameters(lake, "toy", SETTINGS, LINE)


def test_the_proposal_is_yaml_for_models_yaml() -> None:
    text = proposal_text(result(("fold 1", 1, 5), ("fold 2", 2, 6), ("final", 3, 9)))
    model = yaml.safe_load(text)["models"]["toy"]
    assert model["hyperparameters"] == {"num_leaves": 9}
    assert model["window_hyperparameters"] == [{"num_leaves": 5}, {"num_leaves": 6}]


def ensemble_of(*, train_sessions: int) -> ModelSettings:
    folds = {"train_sessions": train_sessions, "test_sessions": 10, "step_sessions": 10}
    return ModelSettings.model_validate(
        {"type": "ensemble", "task": "regression", "target": "return_26bar", "members": ("toy",), "training": folds}
    )


def test_a_member_gets_what_was_known_before_the_folds_of_its_ensemble(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    save_search(lake, result(("fold 1", begin_of_test(0), 5), ("fold 2", begin_of_test(1), 6)))
    members = (MemberRecipe(key="toy", settings=SETTINGS),)
    # the ensemble trains ten sessions less, so its folds are judged ten sessions earlier: one window behind
    (found,) = members_with_found_parameters(lake, members, ensemble_of(train_sessions=10), LINE)
    assert [w["num_leaves"] for w in found.settings.window_hyperparameters[:3]] == [4, 5, 6]
    (same,) = members_with_found_parameters(lake, members, ensemble_of(train_sessions=20), LINE)
    assert [w["num_leaves"] for w in same.settings.window_hyperparameters[:2]] == [5, 6]


def test_windows_of_later_folds_are_refused_in_an_ensemble_of_earlier_ones(tmp_path: Path) -> None:
    written = SETTINGS.model_copy(update={"hyperparameters_from": None, "window_hyperparameters": ({"num_leaves": 5},)})
    members = (MemberRecipe(key="toy", settings=written),)
    lake = Lake(tmp_path / "lake")
    assert members_with_found_parameters(lake, members, ensemble_of(train_sessions=20), LINE) == members
    with pytest.raises(InvalidConfigError, match="QTS-MODEL-045"):
        members_with_found_parameters(lake, members, ensemble_of(train_sessions=10), LINE)
