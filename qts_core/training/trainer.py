"""Walk-forward training: a model per fold, judged on bars it never saw, then the live one (specification 7.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from qts_core.features.drift import reference_of
from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros
from qts_core.market.timeline import BAR_MINUTES
from qts_core.models.bundle import CALIBRATION, DRIFT_REFERENCE, SELECTION, LoadedModel, ModelBundle
from qts_core.models.ensemble.model import EnsembleModel
from qts_core.models.libraries import library_versions
from qts_core.models.manifest import FeatureReference, Manifest, TrainingSpan
from qts_core.trading.stored_doubts import StoredDoubts
from qts_core.training.certainty import fit_certain
from qts_core.training.doubts import Certainty, DoubtPanels
from qts_core.training.entry import TrainingEntry
from qts_core.training.evaluation import Evaluation, evaluate_scores, stability
from qts_core.training.evaluation.measuring import fold_measures
from qts_core.training.fitting import Fitted, score_places
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.samples import TrainingSet
from qts_core.training.selection import Selection

__all__ = ["FoldResult", "Progress", "TrainingEntry", "TrainingResult", "fold_artefacts", "train_walk_forward"]

GOLDEN_ROWS = 16

Progress = Callable[[str, int, int], None]
"""Told (what, done, total) after each model."""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """One fold: how its model did where it learned and where it did not, the features it saw, what its fit tells, and
    how often what it promised came true (`certainty`, on the first path). `measures` are further figures out of sample:
    of values or classes, of a long/short portfolio, and their intervals."""

    index: int
    train_samples: int
    test_samples: int
    in_sample: Evaluation
    out_of_sample: Evaluation
    selection: Selection
    figures: Mapping[str, float] = field(default_factory=dict)
    certainty: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingResult:
    """What training gave.

    Attributes
    ----------
    paths : tuple of float64 [T, N]
        Out-of-sample scores of every test bar, NaN elsewhere; one panel for each of the plan's paths, in their order.
    returns : float64 [T, N]
        The forward returns they foretold.
    folds : tuple of FoldResult
    overall : Evaluation
        All out-of-sample scores of the first path together.
    importance : mapping of str to float
        Share of gain in the final model, largest first.
    bundle : ModelBundle
        The model that goes live.
    doubts, certainty : StoredDoubts, Certainty, optional
        How sure the folds' models were on the first path, and what came of it; None unless `uncertainty` asks for it.
    stability : mapping of str to float
        How figures change from fold to fold.
    members : mapping of str to float64 [T, N]
        Of an ensemble, what each member said on the first path; empty else.
    """

    entry: TrainingEntry
    plan: FoldPlan
    paths: tuple[Floats, ...]
    returns: Floats
    folds: tuple[FoldResult, ...]
    overall: Evaluation
    importance: Mapping[str, float]
    bundle: ModelBundle
    doubts: StoredDoubts | None = None
    certainty: Certainty | None = None
    stability: Mapping[str, float] = field(default_factory=dict)
    members: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def predictions(self) -> Floats:
        """The first path, float64 [T, N]; the only one unless the plan is combinatorial."""
        return self.paths[0]

    @property
    def model(self) -> LoadedModel:
        """The final model, verified."""
        return self.bundle.open()


def train_walk_forward(
    entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, *, progress: Progress | None = None
) -> TrainingResult:
    """Train and judge a model on every fold, then fit the model that goes live.

    Parameters
    ----------
    entry : TrainingEntry
    samples : TrainingSet
        R samples on the plan's timeline.
    plan : FoldPlan
    progress : callable, optional
        Told (what, done, total) after each model.

    Returns
    -------
    TrainingResult
        Same input and seed give the same bundle, byte for byte.

    Raises
    ------
    TrainingError
        If the plan belongs to another timeline, or a fold has too few samples to learn from.
    """
    _check_plan(samples, plan)
    total = len(plan.folds) + 1
    everything = slice(0, len(samples))
    returns = samples.panel_of(samples.returns, everything)
    paths = tuple(np.full(returns.shape, np.nan) for _ in plan.paths)
    folds: list[FoldResult] = []
    members: dict[str, Floats] = {}
    doubts = DoubtPanels(entry, samples, plan)
    for fold in plan.folds:
        fitted = fit_certain(entry, samples, plan, fold, f"fold {fold.index + 1}")
        doubts.add(fold.index, fitted, plan.test_samples(fold, samples))
        scores = _scores_of(plan, samples, fold, fitted)
        for path, panel in zip(plan.paths, paths, strict=True):
            for part in (p for p in path.parts if p.fold == fold.index):
                panel[part.rows.start : part.rows.stop] = scores[part.rows.start : part.rows.stop]
        _add_members(members, plan, samples, fold, fitted)
        judged = _judge(entry, samples, fold, fitted, scores, returns)
        tested = plan.test_samples(fold, samples)
        folds.append(replace(judged, measures=fold_measures(entry, samples, fitted, tested, scores, fold.index)))
        if progress is not None:
            progress(f"{entry.key} fold {fold.index + 1}", fold.index + 1, total)
    overall = evaluate_scores(paths[0], returns, horizon_bars=entry.target.horizon_bars)
    certainty = doubts.judged(paths[0])
    if certainty is not None:
        folds = [replace(f, certainty=certainty.figures(doubts.rows_of(f.index))) for f in folds]
    final = fit_certain(entry, samples, plan, plan.final_fold, "the final model")
    final.model.record_metrics({k: v for k, v in overall.metrics().items() if np.isfinite(v)})
    bundle = _bundle(entry, samples, plan, final, overall)
    if progress is not None:
        progress(f"{entry.key} final", total, total)
    importance = dict(sorted(final.model.get_feature_importance().items(), key=lambda item: (-item[1], item[0])))
    return TrainingResult(
        entry,
        plan,
        paths,
        returns,
        tuple(folds),
        overall,
        importance,
        bundle,
        doubts.stored(),
        certainty,
        stability([{**fold.out_of_sample.metrics(), **fold.measures} for fold in folds]),
        members,
    )


def fold_artefacts(entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Mapping[str, bytes]:
    """Return everything that one fold learns, as bytes: the choice of features, the scaler, the model, the label scale.

    For the audit of the procedure: equal training rows give equal bytes.
    """
    fitted = fit_certain(entry, samples, plan, fold, f"fold {fold.index + 1}")
    scaler = {} if fitted.preprocessor is None else {"scaler": fitted.preprocessor.to_json()}
    scale = {"label scale": repr(fitted.label_scale).encode()}
    doubt = {} if fitted.uncertainty is None else {CALIBRATION: fitted.uncertainty.to_json()}
    return {"selection": fitted.selection.to_json(), **scaler, **doubt, **fitted.model.to_files(), **scale}


def _check_plan(samples: TrainingSet, plan: FoldPlan) -> None:
    line = samples.timeline
    if (len(line), int(line.ts_event[0]), int(line.ts_known[-1])) != (plan.rows, plan.first_ts, plan.last_ts):
        raise TrainingError(
            "QTS-MODEL-003", "the fold plan was made for other bars", found=line.describe(),
            expected=f"{plan.rows} bars from {from_micros(plan.first_ts):%Y-%m-%d}", fix="make the plan again",
        )  # fmt: skip


def _scores_of(plan: FoldPlan, samples: TrainingSet, fold: Fold, fitted: Fitted) -> Floats:
    """Return the scores of the fold's test samples, float64 [T, N]; NaN elsewhere."""
    tested = plan.test_samples(fold, samples)
    scores = np.full((len(samples.timeline), len(samples.symbols)), np.nan)
    scores[samples.row[tested], samples.column[tested]] = score_places(fitted, samples, tested)
    return scores


def _add_members(panels: dict[str, Floats], plan: FoldPlan, samples: TrainingSet, fold: Fold, fitted: Fitted) -> None:
    """Put what the members of an ensemble say of the fold's part of the first path into `panels`, float64 [T, N]."""
    if not isinstance(fitted.model, EnsembleModel):
        return
    tested, rows = plan.test_samples(fold, samples), samples.row
    inside = np.zeros(len(samples.timeline), dtype=bool)
    for part in (p for p in plan.paths[0].parts if p.fold == fold.index):
        inside[part.rows.start : part.rows.stop] = True
    places = tested[inside[rows[tested]]]
    said = fitted.model.member_scores(np.ascontiguousarray(samples.features[places][:, fitted.columns]))
    for key, scores in zip(fitted.model.member_keys, said.T, strict=True):
        panel = panels.setdefault(key, np.full((len(samples.timeline), len(samples.symbols)), np.nan))
        panel[rows[places], samples.column[places]] = scores


def _judge(
    entry: TrainingEntry, samples: TrainingSet, fold: Fold, fitted: Fitted, scores: Floats, returns: Floats
) -> FoldResult:
    test = np.concatenate([np.arange(r.start, r.stop) for r in fold.test])
    learned = np.full(returns.shape, np.nan)
    at = (samples.row[fitted.samples], samples.column[fitted.samples])
    learned[at] = score_places(fitted, samples, fitted.samples)
    horizon = entry.target.horizon_bars
    return FoldResult(
        fold.index,
        len(fitted.samples),
        sum(s.stop - s.start for s in (samples.between(r.start, r.stop) for r in fold.test)),
        evaluate_scores(learned, returns, horizon_bars=horizon),
        evaluate_scores(scores[test], returns[test], horizon_bars=horizon),
        fitted.selection,
        fitted.figures,
    )


def _libraries(entry: TrainingEntry) -> dict[str, str]:
    kinds = (entry.kind,) if entry.ensemble is None else entry.ensemble.kinds
    return {name: version for kind in kinds for name, version in library_versions(kind).items()}


def _bundle(
    entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, final: Fitted, overall: Evaluation
) -> ModelBundle:
    line, used = samples.timeline, final.samples
    manifest = Manifest(
        name=entry.key,
        version=entry.version,
        kind=entry.kind,
        model_type=entry.model_type,
        target=entry.target.name,
        horizon_bars=entry.target.horizon_bars,
        bar_minutes=BAR_MINUTES,
        features=tuple(
            FeatureReference(name=samples.names[place], hash=samples.feature_hashes[place]) for place in final.columns
        ),
        catalogue_hash=samples.catalogue_hash,
        training=TrainingSpan(
            first=from_micros(int(line.ts_event[samples.row[used[0]]])),
            last=from_micros(int(line.ts_known[final.last_row])),
            samples=len(used),
            symbols=samples.symbols,
            data_hash=samples.data_hash,
            fold_plan_hash=plan.hash,
            parts=samples.parts,
            training_set=samples.training_set,
        ),
        seed=entry.seed,
        parameters=dict(entry.parameters),
        metrics={name: value if np.isfinite(value) else None for name, value in overall.metrics().items()},
        label_scale=final.label_scale,
        dispersion=overall.residual_std if np.isfinite(overall.residual_std) else None,
        libraries=_libraries(entry),
        configuration=entry.as_dict(),
    )
    golden = used[np.linspace(0, len(used) - 1, min(GOLDEN_ROWS, len(used))).astype(np.int64)]
    inputs = np.ascontiguousarray(samples.features[used][:, final.columns])
    appendices = {DRIFT_REFERENCE: reference_of(inputs, final.selection.names).to_json()}
    if entry.selection.method != "none":
        appendices[SELECTION] = final.selection.to_json()
    if final.uncertainty is not None:
        appendices[CALIBRATION] = final.uncertainty.to_json()
    rows = np.ascontiguousarray(samples.features[golden][:, final.columns])
    return ModelBundle.build(final.model, manifest, rows, final.preprocessor, appendices)
