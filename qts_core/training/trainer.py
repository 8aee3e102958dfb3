"""Walk-forward training: a model per fold, judged on bars it never saw, then the live one (specification 7.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qts_core.config.models import FeatureSelection, SampleWeights
from qts_core.features.drift import reference_of
from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros
from qts_core.market.timeline import BAR_MINUTES
from qts_core.models.base import ModelType, Parameter, TradingModel
from qts_core.models.bundle import DRIFT_REFERENCE, SELECTION, LoadedModel, ModelBundle
from qts_core.models.factory import create_model
from qts_core.models.libraries import library_versions
from qts_core.models.manifest import FeatureReference, Manifest, TrainingSpan
from qts_core.models.preprocessing import Method, Preprocessor
from qts_core.models.scoring import UP_OR_NOT, has_opinion, score
from qts_core.targets import Target, average_uniqueness
from qts_core.training.evaluation import Evaluation, evaluate_scores
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.samples import TrainingSet
from qts_core.training.selection import Selection, TrainingRows, select

__all__ = ["FoldResult", "Progress", "TrainingEntry", "TrainingResult", "fold_artefacts", "train_walk_forward"]

ALL_FEATURES = FeatureSelection()
GOLDEN_ROWS = 16
FEWEST_SAMPLES = 100
PREDICTION_BLOCK_ROWS = 65_536

Progress = Callable[[str, int, int], None]
"""Told (what, done, total) after each model."""


@dataclass(frozen=True, slots=True)
class TrainingEntry:
    """One configured model.

    Attributes
    ----------
    key : str
        Key in models.yaml.
    kind, model_type : str, ModelType
        Class of model.
    target : Target
    parameters : mapping
        Hyperparameters in the library's names.
    seed : int
        Of the library and of the subsample.
    row_stride : int
        Keep one sample in so many, drawn at random; labels overlap, so neighbours say almost the same.
    winsorize_ratio : float
        Share of the return labels cut to its quantile at each end, found in the training samples alone.
    preprocessing : Method, optional
        Scaler of the inputs, fitted in the training samples alone; none by default.
    selection : FeatureSelection
        Which features are trained on, chosen in the training samples alone; all by default.
    sample_weights : SampleWeights
        Weight of each training sample; equal by default.
    """

    key: str
    kind: str
    model_type: ModelType
    target: Target
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    seed: int = 7
    row_stride: int = 1
    winsorize_ratio: float = 0.005
    version: str = "1.0.0"
    preprocessing: Method | None = None
    selection: FeatureSelection = ALL_FEATURES
    sample_weights: SampleWeights = "equal"

    def __post_init__(self) -> None:
        if self.target.is_classification != (self.model_type is ModelType.CLASSIFIER):
            raise ValueError(f"a {self.model_type} cannot learn {self.target.name}")
        if self.selection.method == "chi_square" and not self.target.is_classification:
            raise ValueError("chi_square selects features of a classification only")

    def as_dict(self) -> dict[str, str]:
        """Return every choice as text, for trackers and for the identity of a trial."""
        chosen = {f"parameter.{name}": str(value) for name, value in sorted(self.parameters.items())}
        if self.preprocessing is not None:
            chosen["preprocessing"] = self.preprocessing.value
        if self.selection.method != "none":
            chosen |= {f"selection.{name}": str(value) for name, value in self.selection.model_dump().items()}
        if self.sample_weights != "equal":
            chosen["sample_weights"] = self.sample_weights
        return {
            "kind": self.kind,
            "model_type": self.model_type.value,
            "target": self.target.name,
            "seed": str(self.seed),
            "row_stride": str(self.row_stride),
            "winsorize_ratio": str(self.winsorize_ratio),
            **chosen,
        }


@dataclass(frozen=True, slots=True)
class FoldResult:
    """One fold: how its model did where it learned and where it did not, and the features it was trained on."""

    index: int
    train_samples: int
    test_samples: int
    in_sample: Evaluation
    out_of_sample: Evaluation
    selection: Selection


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
    """

    entry: TrainingEntry
    plan: FoldPlan
    paths: tuple[Floats, ...]
    returns: Floats
    folds: tuple[FoldResult, ...]
    overall: Evaluation
    importance: Mapping[str, float]
    bundle: ModelBundle

    @property
    def predictions(self) -> Floats:
        """The first path, float64 [T, N]; the only one unless the plan is combinatorial."""
        return self.paths[0]

    @property
    def model(self) -> LoadedModel:
        """The final model, verified."""
        return self.bundle.open()


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    model: TradingModel
    label_scale: float
    samples: NDArray[np.int64]
    preprocessor: Preprocessor | None
    selection: Selection
    columns: NDArray[np.int64]
    signs: tuple[float, ...]


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
    for fold in plan.folds:
        fitted = _fit(entry, samples, plan.train_samples(fold, samples), f"fold {fold.index + 1}")
        scores = _scores_of(plan, samples, fold, fitted)
        for path, panel in zip(plan.paths, paths, strict=True):
            for part in (p for p in path.parts if p.fold == fold.index):
                panel[part.rows.start : part.rows.stop] = scores[part.rows.start : part.rows.stop]
        folds.append(_judge(entry, samples, fold, fitted, scores, returns))
        if progress is not None:
            progress(f"{entry.key} fold {fold.index + 1}", fold.index + 1, total)
    overall = evaluate_scores(paths[0], returns, horizon_bars=entry.target.horizon_bars)
    final = _fit(entry, samples, plan.final_samples(samples), "the final model")
    final.model.record_metrics({k: v for k, v in overall.metrics().items() if np.isfinite(v)})
    bundle = _bundle(entry, samples, plan, final, overall)
    if progress is not None:
        progress(f"{entry.key} final", total, total)
    importance = dict(sorted(final.model.get_feature_importance().items(), key=lambda item: (-item[1], item[0])))
    return TrainingResult(entry, plan, paths, returns, tuple(folds), overall, importance, bundle)


def fold_artefacts(entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold) -> Mapping[str, bytes]:
    """Return everything that one fold learns, as bytes: the choice of features, the scaler, the model, the label scale.

    For the audit of the procedure: equal training rows give equal bytes.
    """
    fitted = _fit(entry, samples, plan.train_samples(fold, samples), f"fold {fold.index + 1}")
    scaler = {} if fitted.preprocessor is None else {"scaler": fitted.preprocessor.to_json()}
    scale = {"label scale": repr(fitted.label_scale).encode()}
    return {"selection": fitted.selection.to_json(), **scaler, **fitted.model.to_files(), **scale}


def _check_plan(samples: TrainingSet, plan: FoldPlan) -> None:
    line = samples.timeline
    if (len(line), int(line.ts_event[0]), int(line.ts_known[-1])) != (plan.rows, plan.first_ts, plan.last_ts):
        raise TrainingError(
            "QTS-MODEL-003", "the fold plan was made for other bars", found=line.describe(),
            expected=f"{plan.rows} bars from {from_micros(plan.first_ts):%Y-%m-%d}", fix="make the plan again",
        )  # fmt: skip


def _fit(entry: TrainingEntry, samples: TrainingSet, places: NDArray[np.int64], where: str) -> _Fitted:
    rng = np.random.default_rng(entry.seed)
    drawn = places[rng.random(len(places)) * entry.row_stride < 1.0]
    chosen, features = _usable(entry, drawn, samples.features[drawn], where)
    selection, columns = _selected(entry, samples, chosen, features, rng)
    if len(columns) < len(samples.names):
        chosen, features = _usable(entry, chosen, np.ascontiguousarray(features[:, columns]), where)
    labels = samples.labels[chosen]
    if not entry.target.is_classification and entry.winsorize_ratio > 0:
        low, high = np.quantile(labels, [entry.winsorize_ratio, 1.0 - entry.winsorize_ratio])
        labels = np.clip(labels, low, high)
    model = create_model(
        entry.kind,
        entry.model_type,
        name=entry.key,
        version=entry.version,
        seed=entry.seed,
        parameters=entry.parameters,
        classes=max(len(entry.target.spec.classes), 2),
    )
    scaler = None
    if entry.preprocessing is not None:
        scaler = Preprocessor.fit(entry.preprocessing, features, selection.names)
        features = scaler.transform(features)
    weights = None
    if entry.sample_weights == "uniqueness":
        weights = average_uniqueness(samples.row[chosen], samples.column[chosen], samples.end_row[chosen])
    known = samples.timeline.ts_known[int(samples.end_row[chosen].max())]
    until = from_micros(int(known))
    model.fit(features, labels, feature_names=selection.names, trained_until=until, weights=weights)
    scale = float(np.nanmean(np.abs(samples.returns[chosen])))
    return _Fitted(model, scale, chosen, scaler, selection, columns, entry.target.spec.signs or UP_OR_NOT)


def _usable(
    entry: TrainingEntry, places: NDArray[np.int64], features: Floats, where: str
) -> tuple[NDArray[np.int64], Floats]:
    """Return the samples with enough values to be scored; raise TrainingError where they are too few to learn from."""
    is_usable = has_opinion(features)
    if not is_usable.all():
        places, features = places[is_usable], features[is_usable]
    if len(places) < FEWEST_SAMPLES:
        raise TrainingError(
            "QTS-MODEL-003", "too few samples to train on", where=f"{entry.key}, {where}", found=len(places),
            expected=f"at least {FEWEST_SAMPLES}", fix="import more bars, or lower training.row_stride in models.yaml",
        )  # fmt: skip
    return places, features


def _selected(
    entry: TrainingEntry,
    samples: TrainingSet,
    places: NDArray[np.int64],
    features: Floats,
    rng: np.random.Generator,
) -> tuple[Selection, NDArray[np.int64]]:
    """Return the features chosen by the training samples at `places`, and their columns."""
    rows = TrainingRows(
        features=features,
        labels=samples.labels[places],
        row=samples.row[places],
        end_row=samples.end_row[places],
        names=samples.names,
        classes=len(entry.target.spec.classes),
    )
    selection = select(rows, entry.selection, rng)
    column = {name: place for place, name in enumerate(samples.names)}
    return selection, np.array([column[name] for name in selection.names], dtype=np.int64)


def _scores_of(plan: FoldPlan, samples: TrainingSet, fold: Fold, fitted: _Fitted) -> Floats:
    """Return the scores of the fold's test samples, float64 [T, N]; NaN elsewhere."""
    tested = plan.test_samples(fold, samples)
    scores = np.full((len(samples.timeline), len(samples.symbols)), np.nan)
    scores[samples.row[tested], samples.column[tested]] = _score(fitted, samples.features[tested])
    return scores


def _judge(
    entry: TrainingEntry, samples: TrainingSet, fold: Fold, fitted: _Fitted, scores: Floats, returns: Floats
) -> FoldResult:
    test = np.concatenate([np.arange(r.start, r.stop) for r in fold.test])
    learned = np.full(returns.shape, np.nan)
    at = (samples.row[fitted.samples], samples.column[fitted.samples])
    learned[at] = _score(fitted, samples.features[fitted.samples])
    horizon = entry.target.horizon_bars
    return FoldResult(
        fold.index,
        len(fitted.samples),
        sum(s.stop - s.start for s in (samples.between(r.start, r.stop) for r in fold.test)),
        evaluate_scores(learned, returns, horizon_bars=horizon),
        evaluate_scores(scores[test], returns[test], horizon_bars=horizon),
        fitted.selection,
    )


def _score(fitted: _Fitted, features: Floats) -> Floats:
    blocks = [
        score(
            fitted.model,
            features[start : start + PREDICTION_BLOCK_ROWS, fitted.columns],
            label_scale=fitted.label_scale,
            preprocessor=fitted.preprocessor,
            signs=fitted.signs,
        )
        for start in range(0, len(features), PREDICTION_BLOCK_ROWS)
    ]
    return np.concatenate(blocks) if blocks else np.empty(0)


def _bundle(
    entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, final: _Fitted, overall: Evaluation
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
            last=from_micros(int(line.ts_known[int(samples.end_row[used].max())])),
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
        libraries=library_versions(entry.kind),
    )
    golden = used[np.linspace(0, len(used) - 1, min(GOLDEN_ROWS, len(used))).astype(np.int64)]
    inputs = np.ascontiguousarray(samples.features[used][:, final.columns])
    appendices = {DRIFT_REFERENCE: reference_of(inputs, final.selection.names).to_json()}
    if entry.selection.method != "none":
        appendices[SELECTION] = final.selection.to_json()
    rows = np.ascontiguousarray(samples.features[golden][:, final.columns])
    return ModelBundle.build(final.model, manifest, rows, final.preprocessor, appendices)
