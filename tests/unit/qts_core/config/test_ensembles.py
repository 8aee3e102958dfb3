"""An ensemble in models.yaml that cannot be one is refused with both settings named; the shipped one holds together."""

from __future__ import annotations

from typing import Any

import pytest

from qts_core.config.ensembles import entry_contradictions
from qts_core.config.models import ModelsSettings
from qts_core.config.settings import Settings
from qts_core.market.errors import InvalidConfigError
from qts_core.models.base import ModelType
from qts_core.research.ensemble_members import members_of
from qts_core.research.preparation import training_entry

MEMBER = {"type": "lightgbm", "task": "regression", "target": "return_26bar"}
WHOLE = {"type": "ensemble", "task": "regression", "target": "return_26bar", "members": ["a", "b"]}


def models(common: dict[str, Any] | None = None, **entry: Any) -> ModelsSettings:
    content = {"models": {"a": MEMBER, "b": MEMBER, "e": {**WHOLE, **entry}}, "ensemble": common or {}}
    return ModelsSettings.model_validate({"live_model": "a", **content}, strict=False)


def test_what_holds_together_says_nothing() -> None:
    assert list(entry_contradictions(models())) == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"members": ["a"]}, "members has 1; it needs at least two"),
        ({"members": ["a", "a"]}, "names a model twice"),
        ({"members": ["a", "c"]}, "members names c but models.models has no such entry"),
        ({"members": ["a", "e"]}, "members names e, which is an ensemble itself"),
        ({"task": "classification", "target": "direction_26bar"}, "task is classification"),
        ({"type": "lightgbm"}, "has members or ensemble but type is lightgbm"),
        ({"ensemble": {"keep_best": 3}}, "keep_best is 3 but there are 2 members"),
        ({"ensemble": {"regime": {"preferred": {"trending": ["c"]}}}}, "preferred.trending names c, no member"),
    ],
)
def test_an_ensemble_that_cannot_be_one_is_told_why(entry: dict[str, Any], said: str) -> None:
    assert any(said in sentence for sentence in entry_contradictions(models(**entry)))


def test_a_floor_that_leaves_nothing_is_told() -> None:
    content = {"models": dict.fromkeys("abc", MEMBER) | {"e": {**WHOLE, "members": ["a", "b", "c"]}}}
    found = ModelsSettings.model_validate(
        {"live_model": "a", "ensemble": {"weight_floor": 0.4}, **content}, strict=False
    )
    assert any("together above 1" in sentence for sentence in entry_contradictions(found))


def test_an_entry_without_a_part_of_its_own_has_the_common_one() -> None:
    settings = Settings(models=models({"method": "averaging", "averaging": "median"}))
    entry = training_entry(settings, "e")
    assert entry.ensemble is not None
    assert (entry.ensemble.settings.method, entry.ensemble.settings.averaging) == ("averaging", "median")
    assert entry.model_type is ModelType.REGRESSOR
    own = training_entry(Settings(models=models({"method": "averaging"}, ensemble={"method": "voting"})), "e")
    assert own.ensemble is not None
    assert own.ensemble.settings.method == "voting"
    assert entry.as_dict()["member.a.target"] == "return_26bar"


def test_the_defaults_are_those_of_the_specification() -> None:
    chosen = ModelsSettings().ensemble
    assert (chosen.method, chosen.meta_learner, chosen.weights_method) == ("stacking", "ridge", "sharpe_weighted")
    assert (chosen.min_agreement, chosen.inner_folds) == (0.6, 5)


def test_a_member_that_is_no_entry_is_named() -> None:
    with pytest.raises(InvalidConfigError, match="QTS-MODEL-051"):
        members_of(Settings(models=models(members=["a", "zzz"])), "e")
