"""Hyperparameters and strategies: what is nonsense is refused in one line, what is understood has an effect."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from qts_core.config.hyperparameters.declared import Hyperparameter
from qts_core.config.hyperparameters.tables import TABLES
from qts_core.market.errors import InvalidConfigError, TrainingError
from qts_core.models import factory
from qts_core.models.base import ModelType, Parameter, Strategy, ValidationTail
from qts_core.models.context import Device, Metric, Option
from qts_core.models.factory import model_class
from tests.contract.models.cases import CASES, Case, context, every

DECLARED = [case for case in CASES if case.kind in TABLES and case.classes == 2]
STOPPING = [case for case in CASES if case.kind in ("lightgbm", "xgboost", "catboost")]

TREES = {"lightgbm": "num_iterations", "xgboost": "n_estimators", "catboost": "iterations"}

CHOSEN = {
    Option.EARLY_STOPPING: Strategy(early_stopping_rounds=5),
    Option.SHARPE: Strategy(early_stopping_rounds=5, evaluation_metric=Metric.SHARPE),
    Option.MONOTONE: Strategy(monotone_constraints={"alpha": 1}),
    Option.INTERACTION: Strategy(interaction_constraints=(("alpha", "beta"),)),
    Option.CATEGORICAL: Strategy(categorical_features=("delta",)),
    Option.SCHEDULE: Strategy(regularisation_schedule={"reg_lambda": (1.0, 10.0)}),
    Option.DEVICE: Strategy(device=Device.GPU),
}


def nonsense(one: Hyperparameter) -> list[Parameter]:
    """Return values that the declaration must refuse."""
    values: list[Parameter] = ["nonsense", math.nan, math.inf]
    if one.low > -math.inf:
        values.append(one.low - 0.5 if -1 in one.choices else one.low - 1)
    if one.is_open:
        values.append(one.low)
    if one.high < math.inf:
        values.append(one.high * 2 + 1)
    if one.is_integer:
        values.append(one.low + 0.5)
    return values


@every(DECLARED)
def test_every_hyperparameter_refuses_nonsense_in_one_line(case: Case) -> None:
    for one in TABLES[case.kind].parameters:
        for value in nonsense(one):
            with pytest.raises(InvalidConfigError) as refusal:
                factory.create_model(case.kind, case.model_type, name="toy", parameters={one.name: value})
            assert refusal.value.code == "QTS-MODEL-030"
            assert one.name in str(refusal.value)
            assert "\n" not in str(refusal.value)


@every(DECLARED)
def test_an_unknown_hyperparameter_is_refused_with_its_nearest_name(case: Case) -> None:
    name = TABLES[case.kind].parameters[0].name
    with pytest.raises(InvalidConfigError, match=name):
        case.make({f"{name}x": 0.1})
    with pytest.raises(InvalidConfigError, match="QTS-MODEL-030"):
        case.fitted().set_params(**{name: -1.0})


@every(DECLARED)
def test_a_hyperparameter_under_two_names_is_refused(case: Case) -> None:
    one = next((one for one in TABLES[case.kind].parameters if one.aliases), None)
    if one is None:
        return
    with pytest.raises(InvalidConfigError, match="one of the two names"):
        factory.create_model(
            case.kind, case.model_type, name="toy", parameters={one.name: one.low, one.aliases[0]: one.low}
        )


@every(DECLARED)
def test_where_a_search_looks_is_allowed(case: Case) -> None:
    space = model_class(case.kind, case.model_type).search_space()
    table = {one.name: one for one in TABLES[case.kind].parameters}
    assert space
    for dimension in space:
        ends = (dimension.low, dimension.high) if dimension.has_range else ()
        for value in (*ends, *dimension.choices):
            assert table[dimension.name].allows(int(value) if dimension.is_integer else value)
        if dimension.is_log:
            assert dimension.low > 0


@every(CASES)
@pytest.mark.parametrize("option", CHOSEN, ids=str)
def test_a_strategy_is_understood_or_refused_in_one_line(case: Case, option: Option) -> None:
    kind = model_class(case.kind, case.model_type)
    if CHOSEN[option].options <= kind.understands:
        return
    with pytest.raises(InvalidConfigError) as refusal:
        case.make(strategy=CHOSEN[option])
    assert refusal.value.code == "QTS-MODEL-031"
    assert "\n" not in str(refusal.value)


@every(STOPPING)
def test_early_stopping_stops_on_noise_and_says_what_it_needs(case: Case) -> None:
    features, labels = case.problem(signal=0.0)
    tail = ValidationTail(*case.problem(seed=31, signal=0.0))
    strategy = Strategy(early_stopping_rounds=5)
    stopped = case.make(strategy=strategy).fit(features, labels, context(validation=tail))
    whole = case.make().fit(features, labels, context())
    assert stopped.wants_validation
    assert not whole.wants_validation
    weights = next(name for name in whole.to_files() if name != "model.json")
    assert len(stopped.to_files()[weights]) < len(whole.to_files()[weights]) / 2
    with pytest.raises(TrainingError, match="go together"):
        case.make(strategy=strategy).fit(features, labels, context())
    with pytest.raises(TrainingError, match="go together"):
        case.make().fit(features, labels, context(validation=tail))


def best_number_of_trees(case: Case, tail: ValidationTail, patience: int, most: int) -> int:
    """Return where a model grown tree by tree stops: each number of trees is trained anew and judged by hand."""
    features, labels = case.problem()
    assert tail.bars is not None
    assert tail.returns is not None
    judged = tail.features.astype(np.float64)
    best, highest = 0, -math.inf
    for count in range(1, most + 1):
        model = case.make({TREES[case.kind]: count}).fit(features, labels, context())
        chances = model.predict_proba(judged) if case.is_classifier else model.predict(judged)[:, None]
        scores = chances @ np.array(tail.signs if case.is_classifier else (1.0,))
        bars = [scores[tail.bars == bar] for bar in np.unique(tail.bars)]
        earned = [tail.returns[tail.bars == bar] for bar in np.unique(tail.bars)]
        returns = np.array([(s * r).sum() / np.abs(s).sum() for s, r in zip(bars, earned, strict=True)])
        sharpe = returns.mean() / returns.std(ddof=1)
        if sharpe > highest + 1e-9:
            best, highest = count, sharpe
        elif count - best >= patience:
            break
    return best


@every(STOPPING)
def test_stopping_by_sharpe_keeps_the_trees_whose_positions_earn_most_on_the_tail(case: Case) -> None:
    features, labels = case.problem()
    judged, truth = case.problem(seed=32, rows=600)
    noise = np.random.default_rng(33).standard_normal(len(truth))
    tail = ValidationTail(
        judged, truth, returns=np.nan_to_num(judged[:, 0]) + 2 * noise, bars=np.arange(len(truth)) // 20,
        signs=(-1.0, 0.0, 1.0) if case.classes == 3 else (-1.0, 1.0),
    )  # fmt: skip
    strategy = Strategy(early_stopping_rounds=8, evaluation_metric=Metric.SHARPE)
    model = case.make({TREES[case.kind]: 20}, strategy=strategy).fit(features, labels, context(validation=tail))
    best = best_number_of_trees(case, tail, patience=8, most=20)
    referee = case.make({TREES[case.kind]: best}).fit(features, labels, context())
    np.testing.assert_allclose(case.rising(model, features), case.rising(referee, features), rtol=1e-5, atol=1e-7)
    # the metric does not read the labels of the tail
    other = case.make({TREES[case.kind]: 20}, strategy=strategy).fit(
        features, labels, context(validation=replace(tail, labels=truth[::-1].copy()))
    )
    np.testing.assert_array_equal(case.rising(model, features), case.rising(other, features))
    with pytest.raises(TrainingError, match="needs forward returns"):
        case.make(strategy=strategy).fit(features, labels, context(validation=ValidationTail(judged, truth)))


def test_a_class_from_outside_is_found_by_its_entry_point_and_a_broken_one_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ("outside", ModelType.REGRESSOR) in factory.registered_kinds()
    assert model_class("outside", ModelType.REGRESSOR).kind == "outside"
    broken = [
        ("ghost.regressor", "no.such.module:Class", "cannot be imported"),
        ("alien.regressor", "tests.contract.models.cases:Case", "is not one"),
        ("twisted.classifier", "tests.contract.models.outside:LeastSquares", "is not one"),
        ("nameless", "tests.contract.models.outside:LeastSquares", "names no kind"),
    ]
    for name, value, words in broken:
        monkeypatch.setattr(factory, "entry_points", lambda *, group, n=name, v=value: [EntryPoint(n, v, group)])
        factory._foreign_classes.cache_clear()
        with pytest.raises(InvalidConfigError, match=words) as refusal:
            model_class(name.partition(".")[0], ModelType(name.partition(".")[2] or "regressor"))
        assert refusal.value.code == "QTS-MODEL-032"
        # our own kinds do not mind
        assert model_class("lightgbm", ModelType.REGRESSOR).kind == "lightgbm"
    factory._foreign_classes.cache_clear()


def test_a_package_cannot_replace_a_kind_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    thief = EntryPoint("lightgbm.regressor", "tests.contract.models.outside:LeastSquares", "qts.models")
    monkeypatch.setattr(factory, "entry_points", lambda *, group: [thief] if group == "qts.models" else [])
    factory._foreign_classes.cache_clear()
    assert model_class("lightgbm", ModelType.REGRESSOR).kind == "lightgbm"
    factory._foreign_classes.cache_clear()


def test_unknown_kinds_are_refused_with_what_exists() -> None:
    with pytest.raises(InvalidConfigError, match="lightgbm regressor"):
        model_class("oracle", ModelType.REGRESSOR)
