"""Every ensemble is trained, saved, loaded and asked again to the bit, in a batch, row by row and bar by bar."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qts_core.market.errors import ModelLoadError, PredictionError, TrainingError
from qts_core.models.bar_scorer import BarScorer, joined, parted
from qts_core.models.base import FitContext, ModelType
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.models.ensemble.model import EnsembleModel
from qts_core.models.factory import create_model
from qts_core.targets import parse_target
from qts_core.training.ensembles.entry import EnsembleEntry, MemberEntry
from qts_core.training.ensembles.fitting import horizon_factors
from qts_core.training.entry import TrainingEntry
from qts_core.training.fitting import fit_fold, score_places
from qts_core.training.samples import TrainingSet
from qts_core.training.trainer import TrainingResult, train_walk_forward
from tests.unit.qts_core.training.ensembles.ensembles_for_tests import (
    DIRECTION,
    EVERY,
    MEMBERS,
    NOISE,
    REGIME,
    RETURN,
    ensemble,
    plan_of,
    samples_of,
)

SAMPLES = samples_of()
PLAN = plan_of(SAMPLES)
DONE: dict[str, TrainingResult] = {}


def trained(name: str) -> TrainingResult:
    """Train an ensemble, once."""
    if name not in DONE:
        DONE[name] = train_walk_forward(ensemble(**EVERY[name]), SAMPLES, PLAN)
    return DONE[name]


def inside(loaded: LoadedModel) -> EnsembleModel:
    assert isinstance(loaded.model, EnsembleModel)
    return loaded.model


def rows_of(loaded: LoadedModel, samples: TrainingSet, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    names = list(samples.names)
    return np.ascontiguousarray(samples.features[-count:][:, [names.index(n) for n in loaded.feature_names]])


@pytest.mark.parametrize("name", EVERY)
def test_a_saved_ensemble_gives_the_same_bits_row_by_row(name: str, tmp_path: Path) -> None:
    result = trained(name)
    result.bundle.save(tmp_path / "bundle")
    loaded, again = result.model, ModelBundle.load(tmp_path / "bundle").open()
    rows = rows_of(loaded, SAMPLES, 120)
    scores = loaded.score(rows)
    assert np.isfinite(scores).sum() > 100
    assert scores.tobytes() == again.score(rows).tobytes()
    one_by_one = np.concatenate([again.score(rows[i : i + 1]) for i in range(len(rows))])
    assert scores.tobytes() == one_by_one.tobytes()


@pytest.mark.parametrize("name", EVERY)
def test_every_way_to_combine_finds_the_planted_signal_and_tells_what_members_weigh(name: str) -> None:
    result = trained(name)
    assert result.overall.rank_ic_mean > 0.3
    for fold in result.folds:
        weights = [fold.figures[f"weight.{key}"] for key in ("alpha", "beta", "gamma")]
        assert sum(weights) == pytest.approx(1.0)
        assert fold.figures["agreed"] == 1.0
        assert fold.figures["correlation.alpha.beta"] > 0.5
    assert next(iter(result.importance)) == "signal"
    assert sum(result.importance.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["sharpe", "optimised", "adaptive", "hmm"])
def test_the_member_that_sees_only_noise_gets_its_floor(name: str) -> None:
    assert trained(name).folds[0].figures["weight.gamma"] < 0.1


def test_training_again_gives_the_same_bytes() -> None:
    for name in ("ridge", "hmm"):
        again = train_walk_forward(ensemble(**EVERY[name]), SAMPLES, PLAN)
        assert dict(again.bundle.files) == dict(trained(name).bundle.files)


@pytest.mark.parametrize("name", ["mean", "sharpe", "median", "soft"])
def test_the_order_of_the_members_does_not_matter(name: str) -> None:
    turned = train_walk_forward(ensemble(members=MEMBERS[::-1], **EVERY[name]), SAMPLES, PLAN)
    np.testing.assert_allclose(turned.predictions, trained(name).predictions, rtol=1e-9, atol=1e-12)


def test_changing_everything_after_a_fold_changes_none_of_its_predictions() -> None:
    end = PLAN.folds[0].test[0].stop
    altered = SAMPLES.with_other_outcomes(SAMPLES.end_row >= PLAN.folds[0].test[0].start)
    features = altered.features.copy()
    features[SAMPLES.row >= end] *= -3.0
    altered = replace(altered, features=features)
    for name in ("ridge", "adaptive", "hmm", "thresholds"):
        found = train_walk_forward(ensemble(**EVERY[name]), altered, PLAN)
        np.testing.assert_array_equal(found.predictions[:end], trained(name).predictions[:end])


@pytest.mark.parametrize("name", ["hmm", "thresholds", "classifier", "ridge"])
def test_bar_by_bar_and_in_blocks_and_in_training_an_ensemble_says_the_same(name: str) -> None:
    result = trained(name)
    loaded, final = result.model, fit_fold(result.entry, SAMPLES, PLAN, PLAN.final_fold, "")
    expected = SAMPLES.panel_of(score_places(final, SAMPLES, np.arange(len(SAMPLES))), slice(0, len(SAMPLES)))
    columns = [SAMPLES.names.index(feature) for feature in loaded.feature_names]
    shape = (len(SAMPLES.timeline), len(SAMPLES.symbols))
    panel, present = np.full((*shape, len(columns)), np.nan), np.zeros(shape, dtype=bool)
    panel[SAMPLES.row, SAMPLES.column] = SAMPLES.features[:, columns]
    present[SAMPLES.row, SAMPLES.column] = True
    # a daemon that starts late, goes on in blocks, stops, and comes back
    start, warm = 300, 300 + inside(loaded).context_bars
    live = BarScorer(loaded)
    live.score_block(panel[start:warm], present[start:warm])
    found = [live.score(panel[t], present[t]) for t in range(warm, warm + 20)]
    later = BarScorer(loaded)
    later.restore(parted(joined(live.snapshot(), b"features"))[0])
    live.advance(panel[warm + 20], present[warm + 20])
    later.advance(panel[warm + 20], present[warm + 20])
    rest = slice(warm + 21, warm + 60)
    assert (
        live.score_block(panel[rest], present[rest]).tobytes()
        == later.score_block(panel[rest], present[rest]).tobytes()
    )
    assert np.array(found).tobytes() == expected[warm : warm + 20].tobytes()


def test_the_memory_of_another_model_is_refused() -> None:
    scorer = BarScorer(trained("hmm").model)
    with pytest.raises(ModelLoadError, match="QTS-MODEL-054"):
        scorer.restore(b"[[1.0, 2.0, 3.0]]")


def test_a_gate_halves_the_score_in_its_regime() -> None:
    model = inside(trained("thresholds").model)
    rows = rows_of(trained("thresholds").model, SAMPLES, 30)
    turbulent, calm = np.tile([0.0, 0.0, 1.0, 0.0], (30, 1)), np.tile([0.0, 0.0, 0.0, 1.0], (30, 1))
    table = getattr(model.parts.combination, "table")  # noqa: B009
    gated, free = model.opinions(rows, turbulent), model.opinions(rows, calm)
    np.testing.assert_allclose(gated.combined, 0.5 * (np.nan_to_num(gated.scores) @ table[2]) / 1.0, rtol=1e-9)
    np.testing.assert_allclose(free.combined, np.nan_to_num(free.scores) @ table[3], rtol=1e-9)


def test_members_that_lead_in_a_regime_leave_the_others_their_floor() -> None:
    led = {**REGIME, "detector": "thresholds", "preferred": {"trending": ("beta",)}}
    result = train_walk_forward(ensemble(method="regime", regime=led), SAMPLES, PLAN)
    table = getattr(inside(result.model).parts.combination, "table")  # noqa: B009
    np.testing.assert_allclose(table[0], [0.05, 0.9, 0.05])


def test_members_that_do_not_agree_have_no_opinion_together() -> None:
    free = trained("mean").model
    strict = train_walk_forward(ensemble(**EVERY["mean"], min_agreement=1.0), SAMPLES, PLAN).model
    rows = rows_of(free, SAMPLES, 400)
    said, scores = inside(free).opinions(rows), strict.score(rows)
    agreed = said.agreement == 1.0
    assert 0 < agreed.sum() < len(rows)
    np.testing.assert_array_equal(np.isfinite(scores), agreed & np.isfinite(free.score(rows)))
    np.testing.assert_allclose(said.disagreement, said.scores.std(axis=1), rtol=1e-9)


def test_a_dead_member_is_left_out_and_seen() -> None:
    loaded = trained("sharpe").model
    model = inside(loaded)
    rows = rows_of(loaded, SAMPLES, 80)
    rows = rows[np.isfinite(rows).all(axis=1)]
    whole = model.opinions(rows)
    # the third member sees volatility, trend and noise alone
    rows[:, [loaded.feature_names.index(n) for n in ("noise", "volatility")]] = np.nan
    found = model.opinions(rows)
    assert np.isnan(found.scores[:, 2]).all()
    assert (found.alive == 2).all()
    assert (whole.alive == 3).all()
    weights = model.parts.combination.weights[:2]
    np.testing.assert_allclose(found.combined, found.scores[:, :2] @ weights / weights.sum(), rtol=1e-9)


def test_a_member_of_another_horizon_is_brought_to_the_dispersion_of_the_others() -> None:
    slow = replace(NOISE, target=parse_target("return_52bar"))
    chosen = EnsembleEntry((*MEMBERS[:2], MemberEntry(slow)), ensemble().ensemble.settings)  # type: ignore[union-attr]
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((500, 3)) * [0.01, 0.03, 0.2]
    factors = horizon_factors(RETURN, chosen, scores)
    np.testing.assert_array_equal(factors[:2], [1.0, 1.0])
    spread = scores.std(axis=0)
    assert factors[2] * spread[2] == pytest.approx((spread[0] + spread[1]) / 2)
    both = EnsembleEntry((MemberEntry(slow), MemberEntry(replace(slow, key="other"))), chosen.settings)
    np.testing.assert_allclose(horizon_factors(RETURN, both, scores[:, :2]), np.sqrt(0.5))


def test_what_is_no_base_score_cannot_be_a_member() -> None:
    settings = ensemble().ensemble.settings  # type: ignore[union-attr]
    regime = TrainingEntry("r", "lightgbm", ModelType.CLASSIFIER, parse_target("regime_26bar"))
    volatility = TrainingEntry("v", "lightgbm", ModelType.REGRESSOR, parse_target("volatility_26bar"))
    for unfit in (regime, volatility):
        with pytest.raises(ValueError, match="says nothing of the return"):
            EnsembleEntry((MemberEntry(RETURN), MemberEntry(unfit)), settings)
    with pytest.raises(ValueError, match="an ensemble itself"):
        EnsembleEntry((MemberEntry(RETURN), MemberEntry(ensemble())), settings)
    with pytest.raises(ValueError, match="at least two"):
        EnsembleEntry((MemberEntry(RETURN),), settings)
    with pytest.raises(ValueError, match="has members"):
        replace(DIRECTION, kind="ensemble")


def test_a_feature_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingError, match=r"QTS-MODEL-055.*tech_hvol_20_std"):
        train_walk_forward(ensemble(method="regime"), SAMPLES, PLAN)


def test_an_ensemble_learns_from_no_bare_rows_and_unfitted_says_nothing() -> None:
    model = create_model("ensemble", ModelType.REGRESSOR, name="e")
    rows = np.zeros((5, 2))
    context = FitContext(("a", "b"), PLAN_TIME)
    with pytest.raises(TrainingError, match="QTS-MODEL-050"):
        model.fit(rows, np.zeros(5), context)
    with pytest.raises(PredictionError, match="QTS-MODEL-004"):
        model.predict(rows)


def test_a_bundle_without_a_members_file_is_refused() -> None:
    files = dict(trained("sharpe").model.model.to_files())
    lost = next(name for name in files if name.startswith("member.alpha."))
    del files[lost]
    with pytest.raises(ModelLoadError, match="QTS-MODEL-002"):
        create_model("ensemble", ModelType.REGRESSOR, name="e").from_files(files)


PLAN_TIME = trained("mean").model.manifest.training.last
