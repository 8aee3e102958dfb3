"""Planted leaks in training are caught, every one; the honest procedure is never accused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from qts_core.config.models import FeatureSelection
from qts_core.features import Catalogue, FeatureBlock, FeatureEngine, default_catalogue
from qts_core.features.audit.conditions import without_bars
from qts_core.features.roles import SymbolRoles
from qts_core.market.membership import Flags, days_of
from qts_core.market.panel import Floats, Panel
from qts_core.models.base import ModelType
from qts_core.models.preprocessing import Method, Preprocessor
from qts_core.targets import TARGETS, LabelPanel, forward_return, labels_for, parse_target
from qts_core.targets.labels import horizon_end
from qts_core.training.audit import fold_faults, label_faults, preparation_faults
from qts_core.training.folds import Fold, FoldPlan, walk_forward
from qts_core.training.samples import TrainingSet
from qts_core.training.selection import METHODS, TrainingRows, select
from qts_core.training.trainer import TrainingEntry, fold_artefacts
from tests.golden.features.market_for_tests import make_panel
from tests.unit.qts_core.training.samples_for_tests import sample_set

ENTRY = TrainingEntry(
    "toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"),
    {"n_estimators": 5, "num_leaves": 5, "min_data_in_leaf": 20},
    preprocessing=Method.ZSCORE,
)  # fmt: skip
PANEL = make_panel()
ROWS = (300, 611, 902)
Learned = Mapping[str, bytes]


@pytest.fixture(scope="module")
def samples() -> TrainingSet:
    return sample_set(sessions=36, horizon_bars=26)


@pytest.fixture(scope="module")
def plan(samples: TrainingSet) -> FoldPlan:
    return walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )


def entry_with(method: str) -> TrainingEntry:
    choice = FeatureSelection.model_validate({"method": method, "rows": 400, "maximum": 2, "alpha": 0.4})
    if method == "chi_square":
        target = parse_target("direction_26bar")
        return replace(ENTRY, selection=choice, model_type=ModelType.CLASSIFIER, target=target)
    return replace(ENTRY, selection=choice)


def labelled(samples: TrainingSet, entry: TrainingEntry) -> TrainingSet:
    if not entry.target.is_classification:
        return samples
    return replace(samples, labels=np.where(np.isnan(samples.labels), np.nan, samples.labels > 0))


class SelectionOnAllRows:
    """Features are chosen once, before the data is split."""

    def __call__(self, entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Learned:
        known = np.flatnonzero(np.isfinite(samples.labels))
        rows = TrainingRows(
            samples.features[known], samples.labels[known], samples.row[known], samples.end_row[known], samples.names
        )
        chosen = select(rows, FeatureSelection(method="lasso", rows=2000), np.random.default_rng(1))
        learned = fold_artefacts(entry, samples, plan, fold)
        return {**learned, "selection": chosen.to_json()}


class ScalerOnAllRows:
    """Inputs are scaled by numbers of the whole sample."""

    def __call__(self, entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Learned:
        scaler = Preprocessor.fit(Method.ZSCORE, samples.features, samples.names)
        scaled = replace(samples, features=scaler.transform(samples.features))
        return fold_artefacts(entry, scaled, plan, fold)


class NoPurge:
    """Training rows whose labels end inside the test are kept."""

    def __call__(self, entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Learned:
        short = replace(samples, end_row=samples.row.copy())
        return fold_artefacts(entry, short, replace(plan, embargo_bars=0), fold)


class TrainingOnTheTest:
    """The test rows are among the training rows."""

    def __call__(self, entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Learned:
        both = replace(fold, train=(*fold.train, *fold.test), test=())
        return fold_artefacts(entry, samples, plan, both)


class LabelsCutByTheWholeSample:
    """Labels are winsorised at quantiles of all rows."""

    def __call__(self, entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Learned:
        low, high = np.nanquantile(samples.labels, [0.05, 0.95])
        return fold_artefacts(entry, replace(samples, labels=np.clip(samples.labels, low, high)), plan, fold)


class MissingValuesFilledByTheWholeSample:
    """A missing value becomes the column's mean over all rows."""

    def __call__(self, entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Learned:
        mean = np.nanmean(samples.features, axis=0)
        filled = np.where(np.isnan(samples.features), mean, samples.features)
        return fold_artefacts(entry, replace(samples, features=filled), plan, fold)


class BestOfManyByTheTest:
    """Of several settings the one is kept that does best on the test rows."""

    def __call__(self, entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Learned:
        test = samples.between(fold.test[0].start, fold.test[-1].stop)
        known = np.isfinite(samples.labels[test])
        tail = np.nansum(samples.features[test][known][:, 0] * samples.labels[test][known])
        leaves = 3 + int(abs(tail) * 1e5) % 7
        return fold_artefacts(
            replace(entry, parameters={**entry.parameters, "num_leaves": leaves}), samples, plan, fold
        )


@pytest.mark.parametrize(
    "leak",
    [
        SelectionOnAllRows,
        ScalerOnAllRows,
        NoPurge,
        TrainingOnTheTest,
        LabelsCutByTheWholeSample,
        MissingValuesFilledByTheWholeSample,
        BestOfManyByTheTest,
    ],
    ids=lambda c: c.__name__,
)
def test_a_procedure_that_looks_beyond_its_training_rows_is_caught(
    leak: type[SelectionOnAllRows], samples: TrainingSet, plan: FoldPlan
) -> None:
    # the fold's own labels must reach to the test, or there is nothing to purge
    faults = fold_faults(ENTRY, samples, plan, learn=leak(), folds=plan.folds[:2])
    assert {fault.where for fault in faults} >= {"fold 1"}
    assert all(fault.proof == "unseen_rows" for fault in faults)


@pytest.mark.parametrize("method", ["none", *METHODS])
def test_choosing_features_inside_the_fold_is_never_accused(method: str, samples: TrainingSet, plan: FoldPlan) -> None:
    entry = entry_with(method)
    assert fold_faults(entry, labelled(samples, entry), plan, folds=plan.folds[-1:]) == ()


@pytest.mark.parametrize("method", list(Method))
def test_a_scaler_fitted_inside_the_fold_is_never_accused(method: Method, samples: TrainingSet, plan: FoldPlan) -> None:
    entry = replace(ENTRY, preprocessing=method, sample_weights="uniqueness")
    assert fold_faults(entry, samples, plan) == ()


def moved(labels: LabelPanel, bars: int) -> LabelPanel:
    """Labels shifted by some bars against the bars they stand on, their ends as declared."""
    values = np.full(labels.values.shape, np.nan)
    if bars > 0:
        values[bars:] = labels.values[:-bars]
    else:
        values[:bars] = labels.values[-bars:]
    return LabelPanel(values, labels.end_row)


class LabelOfTheBarBefore:
    """The label stands one bar late: its entry is the open of the decision's own bar."""

    def __call__(self, panel: Panel) -> LabelPanel:
        return moved(forward_return(panel, 5), 1)


class LabelOfTheNextBar:
    """The label stands one bar early: it reaches one bar beyond the end that purging goes by."""

    def __call__(self, panel: Panel) -> LabelPanel:
        return moved(forward_return(panel, 5), -1)


class LabelFromTheClose:
    """The entry is the close that the decision was taken on."""

    def __call__(self, panel: Panel) -> LabelPanel:
        close = panel["close"] * panel["factor"]
        values = np.full(close.shape, np.nan)
        values[:-5] = close[5:] / close[:-5] - 1.0
        return LabelPanel(values, horizon_end(close.shape, 5))


class LabelScaledByTheWholeSample:
    """The return in units of a deviation that the whole sample has."""

    def __call__(self, panel: Panel) -> LabelPanel:
        labels = forward_return(panel, 5)
        return LabelPanel(labels.values / np.nanstd(labels.values, axis=0), labels.end_row)


@pytest.mark.parametrize(
    ("leak", "proof"),
    [
        (LabelOfTheBarBefore, "label_begin"),
        (LabelOfTheNextBar, "label_end"),
        (LabelFromTheClose, "label_begin"),
        (LabelScaledByTheWholeSample, "label_end"),
    ],
    ids=lambda c: getattr(c, "__name__", c),
)
def test_a_label_that_is_known_too_early_or_reaches_too_far_is_caught(
    leak: type[LabelOfTheBarBefore], proof: str
) -> None:
    found = label_faults(leak(), PANEL, ROWS, np.random.default_rng(1))
    assert proof in {fault.proof for fault in found}


@pytest.mark.parametrize("kind", TARGETS)
def test_no_declared_target_is_accused(kind: str) -> None:
    target = parse_target(f"{kind}_6bar")
    assert label_faults(lambda p: labels_for(target, p), PANEL, ROWS, np.random.default_rng(1)) == ()


CATALOGUE = Catalogue([spec for spec in default_catalogue() if spec.group in {"cross_sectional", "technical_momentum"}])
TARGET = parse_target("relative_return_5bar")
MEMBERS: Flags = np.ones(PANEL["close"].shape, dtype=bool)
MEMBERS[:500, 2] = False
MEMBERS[900:, 4] = False


def computed(panel: Panel, counts: np.ndarray | None = None) -> Floats:
    roles = None if counts is None else SymbolRoles(counts, {})
    return FeatureEngine(CATALOGUE, panel.symbols, roles=roles).push(FeatureBlock.of(panel))


def honest(panel: Panel, members: Flags) -> Floats:
    return computed(without_bars(panel, ~members))


def samples_of(panel: Panel, members: Flags, values: Floats, labels: LabelPanel, place: Flags) -> TrainingSet:
    row, column = np.nonzero(place & ~np.isnan(panel["close"]))
    return TrainingSet(
        np.ascontiguousarray(values[:, row, column].T), labels.values[row, column], labels.values[row, column],
        row.astype(np.int32), column.astype(np.int32), labels.end_row[row, column], CATALOGUE.names,
        CATALOGUE.names, panel.timeline, panel.symbols, "c", "d",
    )  # fmt: skip


class MembersOfTheDay:
    """What is right: members of each bar, ranked among themselves, labels against them."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        values = honest(panel, members)
        return samples_of(panel, members, values, labels_for(TARGET, panel, members), members)


class MembersOfTheDayByTheEngine:
    """What the product does: the features of all bars, and the engine knows who belongs to the universe when."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        roles = SymbolRoles.of(panel.symbols).during(days_of(members, panel.timeline))
        values = FeatureEngine(CATALOGUE, panel.symbols, roles=roles).push(FeatureBlock.of(panel))
        return samples_of(panel, members, values, labels_for(TARGET, panel, members), members)


class RanksAmongEverybodyInTheLake:
    """A symbol that joins later is ranked among the members of today: it is in the lake because it will join."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        return samples_of(panel, members, computed(panel), labels_for(TARGET, panel, members), members)


class SurvivorsOnly:
    """Samples of those who are members at the end."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        alive = np.broadcast_to(members[-1], members.shape)
        return samples_of(panel, members, honest(panel, members), labels_for(TARGET, panel, members), members & alive)


class RanksAmongSurvivors:
    """The cross-section of every day is that of those who are members at the end."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        values = computed(panel, members[-1].copy())
        return samples_of(panel, members, values, labels_for(TARGET, panel, members), members)


class LabelsAgainstSurvivors:
    """Labels are relative to the mean of those who are members at the end."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        labels = labels_for(TARGET, panel, np.broadcast_to(members[-1], members.shape))
        return samples_of(panel, members, honest(panel, members), LabelPanel(labels.values, labels.end_row), members)


class MembersOfTomorrow:
    """A symbol counts as a member one session before it joins."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        ahead = np.vstack([members[26:], np.repeat(members[-1:], 26, axis=0)])
        return samples_of(panel, members, honest(panel, members), labels_for(TARGET, panel, ahead), ahead)


class BeforeItsListing:
    """A symbol that joins later is a member from the first bar."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        ever = np.maximum.accumulate(members[::-1], axis=0)[::-1]
        return samples_of(panel, members, honest(panel, members), labels_for(TARGET, panel, ever), ever)


@pytest.mark.parametrize(
    "leak",
    [
        RanksAmongEverybodyInTheLake,
        SurvivorsOnly,
        RanksAmongSurvivors,
        LabelsAgainstSurvivors,
        MembersOfTomorrow,
        BeforeItsListing,
    ],
    ids=lambda c: c.__name__,
)
def test_samples_that_know_who_will_belong_to_the_universe_are_caught(leak: type[MembersOfTheDay]) -> None:
    faults = preparation_faults(leak(), PANEL, MEMBERS, ROWS, np.random.default_rng(2))
    assert "membership" in {fault.proof for fault in faults}


class FeaturesOfTheNextBar:
    """Features joined one bar early."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        values = np.full((len(CATALOGUE), *members.shape), np.nan)
        values[:, :-1] = honest(panel, members)[:, 1:]
        return samples_of(panel, members, values, labels_for(TARGET, panel, members), members)


class OnlySamplesWithALabel:
    """A sample is here because its label is known: the choice tells which bars have a future."""

    def __call__(self, panel: Panel, members: Flags) -> TrainingSet:
        labels = labels_for(TARGET, panel, members)
        return samples_of(panel, members, honest(panel, members), labels, members & np.isfinite(labels.values))


@pytest.mark.parametrize("leak", [FeaturesOfTheNextBar, OnlySamplesWithALabel], ids=lambda c: c.__name__)
def test_samples_that_know_later_bars_are_caught(leak: type[MembersOfTheDay]) -> None:
    faults = preparation_faults(leak(), PANEL, MEMBERS, ROWS, np.random.default_rng(2))
    assert "future" in {fault.proof for fault in faults}


@pytest.mark.parametrize("build", [MembersOfTheDay, MembersOfTheDayByTheEngine], ids=lambda c: c.__name__)
def test_samples_of_the_members_of_each_day_are_never_accused(build: type[MembersOfTheDay]) -> None:
    assert preparation_faults(build(), PANEL, MEMBERS, ROWS, np.random.default_rng(2)) == ()


def test_a_fault_names_fold_and_what_changed(samples: TrainingSet, plan: FoldPlan) -> None:
    fault = fold_faults(ENTRY, samples, plan, learn=SelectionOnAllRows(), folds=plan.folds[:1])[0]
    assert (fault.proof, fault.where) == ("unseen_rows", "fold 1")
    assert fault.what.startswith("selection changed when the rows it must not see were ")
