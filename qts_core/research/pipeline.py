"""Train, backtest, judge, nominate: the steps that Dagster assets, the command line and tests call (specification 7.3).

Each step reads what the one before left in lake, registry and ledger, so each may run in its own process.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from qts_core.config.settings import Settings
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import TradingSystemError, TrainingError
from qts_core.market.time import from_micros
from qts_core.ports.lake import LakePort
from qts_core.ports.registry import CHALLENGER, DatasetRecord, FoldRecord, TrackedRun, TrainingRecord
from qts_core.ports.research_store import GateRecord
from qts_core.research.approval import LEDGER_TAG, anchor_tag, gate_record, ledger_anchors
from qts_core.research.continuation import with_start
from qts_core.research.doubt_store import save_doubts
from qts_core.research.drift_watch import save_drift_reference
from qts_core.research.ensemble_trials import member_trials
from qts_core.research.gates import GateReport, evaluate_gates
from qts_core.research.gates.collecting import gate_evidence
from qts_core.research.ledger import ReturnSeries, Trial, TrialKind
from qts_core.research.model_backtest import ModelBacktest, run_model_backtest
from qts_core.research.model_card import model_card
from qts_core.research.overfit_flags import flag_tags
from qts_core.research.preparation import PreparedTraining
from qts_core.research.tools import ResearchTools
from qts_core.research.training_manifest import save_manifest
from qts_core.research.training_summary import (
    FoldSummary,
    TrainingSummary,
    load_training,
    save_predictions,
    save_training,
)
from qts_core.research.versioning import step_of, version_tags
from qts_core.targets import parse_target
from qts_core.training.folds import RowRange
from qts_core.training.trainer import FoldResult, Progress, TrainingResult, train_walk_forward

__all__ = ["Nomination", "TrainedModel", "backtest_model", "nominate", "train_model"]

EXAMPLE_ROWS = 5


@dataclass(frozen=True, slots=True, eq=False)
class TrainedModel:
    """A finished training: the result itself, and the summary that later steps read."""

    result: TrainingResult
    summary: TrainingSummary
    predictions: int


@dataclass(frozen=True, slots=True, eq=False)
class Nomination:
    """The gates' verdict on a version; with green gates it now carries the alias ``challenger``."""

    model: str
    version: str
    report: GateReport
    record: GateRecord
    trials: int

    @property
    def is_challenger(self) -> bool:
        """Whether the version was nominated."""
        return self.report.passed


def train_model(
    lake: LakePort, prepared: PreparedTraining, tools: ResearchTools, *, progress: Progress | None = None
) -> TrainedModel:
    """Train one model, log and register it, and leave its predictions in the lake.

    The trial enters the ledger whether it succeeds or not; the manifest of the training set is in the lake before. Its
    semantic version says what changed since the last registered one.

    Parameters
    ----------
    lake : LakePort
    prepared : PreparedTraining
    tools : ResearchTools
    progress : callable, optional
        Told (what, done, total) after each fitted model.
    """
    key, started = prepared.entry.key, time.perf_counter()
    save_manifest(lake, prepared)
    entry = with_start(prepared.entry, prepared.manifest.settings, prepared.samples, tools.registry)
    prepared = replace(prepared, entry=entry)
    step = step_of(prepared, tools)
    prepared = replace(prepared, entry=replace(prepared.entry, version=str(step.version)))
    tools = replace(tools, tags={**tools.tags, **version_tags(step, prepared.entry.kind)})
    try:
        result = train_walk_forward(prepared.entry, prepared.samples, prepared.plan, progress=progress)
    except TradingSystemError as error:
        failed = Trial(
            TrialKind.TRAINING, key, prepared.identity, failure=error.line(), detail=prepared.entry.as_dict()
        )
        tools.ledger.record(failed, now=tools.now())
        raise
    seconds = time.perf_counter() - started
    figures = {name: repr(value) for name, value in result.overall.metrics().items()}
    sealed = {"bundle": result.bundle.sha256, "training_set": prepared.samples.training_set}
    detail = {**prepared.entry.as_dict(), **figures, **sealed}
    tools.ledger.record(Trial(TrialKind.TRAINING, key, prepared.identity, detail=detail), now=tools.now())
    for trial in member_trials(prepared, result):
        tools.ledger.record(trial, now=tools.now())
    run = tools.tracker.log_training(_record(prepared, result, tools, seconds))
    summary = _summary(prepared, result, run, seconds)
    save_training(lake, summary)
    save_drift_reference(lake, key, result.bundle.files)
    count = save_predictions(lake, summary, prepared.panel.timeline, prepared.panel.symbols, result.predictions)
    if result.doubts is not None and result.certainty is not None:
        line, symbols = prepared.panel.timeline, prepared.panel.symbols
        save_doubts(lake, summary, line, symbols, result.doubts, result.certainty)
    return TrainedModel(result, summary, count)


def backtest_model(
    lake: LakePort,
    settings: Settings,
    key: str,
    tools: ResearchTools,
    *,
    calendar: TradingCalendar,
    fill_mode: str | None = None,
) -> ModelBacktest:
    """Backtest the out-of-sample predictions of a model's newest training, and enter it in the ledger.

    Parameters
    ----------
    key : str
        Model in models.yaml, trained before.
    fill_mode : str, optional
        The fill model that gates judge by (`verdict_fill_mode` of backtest.yaml) by default. Only that one gives the
        trial its Sharpe ratio; another one is the same trial under other assumptions, not a choice.

    Raises
    ------
    TrainingError
        If the model's target does not speak of the return.
    """
    summary = load_training(lake, key)
    if not parse_target(summary.target).spec.is_return:
        raise TrainingError(
            "QTS-MODEL-003", "the target says nothing of the return, so its predictions cannot be traded",
            where=f"models.yaml {key}", found=summary.target, expected="a target of the return or its direction",
            fix="use the predictions in lake and registry, or learn another target",
        )  # fmt: skip
    mode = fill_mode or settings.backtest.verdict_fill_mode
    try:
        outcome = run_model_backtest(lake, settings, summary, fill_mode=mode, calendar=calendar)
    except TradingSystemError as error:
        failed = Trial(
            TrialKind.BACKTEST,
            key,
            summary.identity,
            parent=summary.identity,
            failure=error.line(),
            detail={"fill_mode": mode},
        )
        tools.ledger.record(failed, now=tools.now())
        raise
    if mode == settings.backtest.verdict_fill_mode:
        tools.ledger.record(_judged_trial(outcome), now=tools.now())
        if outcome.abstains:
            # what silence changed is only seen beside the same without it: another backtest, and another trial
            without = run_model_backtest(
                lake, settings, summary, fill_mode=mode, calendar=calendar, is_abstaining=False
            )
            tools.ledger.record(_judged_trial(without), now=tools.now())
            outcome = replace(outcome, without=without)
    tools.tracker.log_metrics(summary.run_id, {f"backtest.{mode}.{k}": v for k, v in outcome.metrics().items()})
    return outcome


def _judged_trial(outcome: ModelBacktest) -> Trial:
    summary = outcome.summary
    return Trial(
        TrialKind.BACKTEST,
        summary.model,
        outcome.identity,
        parent=summary.identity,
        daily_sharpe=outcome.sharpe.sharpe,
        sessions=outcome.sharpe.n,
        returns=_net_returns(outcome),
        detail={
            "fill_mode": outcome.fill_mode,
            "decisions": outcome.result.decisions_digest,
            "version": summary.version,
            "is_abstaining": str(outcome.is_abstaining),
            **{name: repr(value) for name, value in outcome.metrics().items()},
        },
    )


def nominate(settings: Settings, verdict: ModelBacktest, tools: ResearchTools) -> Nomination:
    """Judge a verdict backtest; write the gate record and the tags, and nominate the version if every gate passed.

    Parameters
    ----------
    verdict : ModelBacktest
        Of :func:`backtest_model` under the verdict fill mode.

    Raises
    ------
    ValueError
        If the backtest was run under another fill mode.
    ModelLoadError
        If the ledger was changed, or rows that an earlier verdict saw are gone.
    """
    if verdict.fill_mode != settings.backtest.verdict_fill_mode:
        raise ValueError(f"gates judge {settings.backtest.verdict_fill_mode} fills, not {verdict.fill_mode}")
    summary = verdict.summary
    anchors = ledger_anchors(tools.gates.all(), tools.registry.versions(summary.registered), tools.seal)
    known = tools.ledger.checked(anchors)
    evidence = gate_evidence(verdict, known.trials)
    report = evaluate_gates(evidence, settings.backtest.gates)
    record = gate_record(
        model=summary.registered,
        version=summary.version,
        bundle_sha256=summary.bundle_sha256,
        report=report,
        now=tools.now(),
        seal=tools.seal,
        head=known.head,
    )
    tools.gates.add(record)
    alive = verdict.survivorship
    tags = {
        **report.tags(),
        **flag_tags(verdict.flags()),
        "gate.trials": str(evidence.trials.count),
        "gate.independent_trials": f"{evidence.trials.independent:.1f}",
        LEDGER_TAG: anchor_tag(known.head, tools.seal),
        "gate.record": record.record_hash,
        "universe.survivors": f"{alive.survivors} of {len(alive.ever)}",
    }
    tools.registry.set_tags(summary.registered, summary.version, tags)
    if report.passed:
        tools.registry.set_alias(summary.registered, CHALLENGER, summary.version)
    return Nomination(summary.registered, summary.version, report, record, evidence.trials.count)


def _net_returns(outcome: ModelBacktest) -> ReturnSeries | None:
    """Return what the ledger keeps of a backtest; nothing when the account was lost and returns are undefined."""
    return ReturnSeries.of(outcome.days, outcome.returns) if np.isfinite(outcome.returns).all() else None


def _record(prepared: PreparedTraining, result: TrainingResult, tools: ResearchTools, seconds: float) -> TrainingRecord:
    samples, bundle = prepared.samples, result.bundle
    manifest = bundle.manifest
    example, scores = bundle.golden
    span = f"{manifest.training.first:%Y-%m-%d} to {manifest.training.last:%Y-%m-%d}"
    return TrainingRecord(
        model=prepared.entry.key,
        run_name=f"{prepared.plan.scheme} {span}",
        parameters={
            **prepared.entry.as_dict(),
            "features": str(len(samples.names)),
            "folds": str(len(result.folds)),
            "embargo_bars": str(prepared.plan.embargo_bars),
            "universe": str(len(prepared.survivorship.ever)),
            "universe_survivors": str(prepared.survivorship.survivors),
        },
        metrics={
            **_finite(result.overall.metrics()),
            **_sureness(result),
            **result.stability,
            "training_seconds": seconds,
        },
        tags={
            "feature_hash": samples.catalogue_hash,
            "data_hash": samples.data_hash,
            "training_set": samples.training_set,
            "data_range": span,
            "fold_plan": prepared.plan.hash,
            "target": prepared.entry.target.name,
            "trial": prepared.identity,
            "spec": "15.3",
            **tools.tags,
        },
        folds=tuple(_fold_record(prepared, fold) for fold in result.folds),
        dataset=DatasetRecord(
            name=prepared.table,
            digest=samples.data_hash,
            source=f"lake:{prepared.table}",
            rows=len(samples),
            columns=samples.names,
            target=prepared.entry.target.name,
        ),
        files=bundle.files,
        bundle_sha256=bundle.sha256,
        example=example[:EXAMPLE_ROWS],
        example_scores=scores[:EXAMPLE_ROWS],
        card=model_card(result, samples, prepared.survivorship),
    )


def _sureness(result: TrainingResult) -> dict[str, float]:
    return {} if result.certainty is None else _finite(result.certainty.figures())


def _fold_record(prepared: PreparedTraining, fold: FoldResult) -> FoldRecord:
    spans = prepared.plan.describe(prepared.panel.timeline)[fold.index]
    inside = {f"train.{k}": v for k, v in fold.in_sample.metrics().items()}
    outside = {f"test.{k}": v for k, v in {**fold.out_of_sample.metrics(), **fold.certainty, **fold.measures}.items()}
    name = f"fold {fold.index + 1}: test {spans['test']}"
    told = {f"fit.{k}": v for k, v in fold.figures.items()}
    figures = {**inside, **outside, **told, "features": float(len(fold.selection.names))}
    return FoldRecord(name, {"train": spans["train"], "test": spans["test"]}, _finite(figures))


def _summary(prepared: PreparedTraining, result: TrainingResult, run: TrackedRun, seconds: float) -> TrainingSummary:
    samples, plan, line = prepared.samples, prepared.plan, prepared.panel.timeline
    tested = plan.test_rows
    return TrainingSummary(
        model=prepared.entry.key,
        identity=prepared.identity,
        registered=run.model,
        version=run.version,
        run_id=run.run_id,
        experiment_id=run.experiment_id,
        bundle_sha256=result.bundle.sha256,
        model_id=result.model.model_id,
        target=prepared.entry.target.name,
        horizon_bars=prepared.entry.target.horizon_bars,
        dispersion=result.overall.residual_std,
        catalogue_hash=samples.catalogue_hash,
        data_hash=samples.data_hash,
        plan_hash=plan.hash,
        first_test=int(line.ts_event[tested.start]),
        last_test=int(line.ts_known[tested.stop - 1]),
        symbols=samples.symbols,
        samples=result.bundle.manifest.training.samples,
        folds=tuple(_fold_summary(prepared, fold) for fold in result.folds),
        metrics=result.overall.metrics(),
        importance=result.importance,
        seconds=seconds,
        members=len(prepared.survivorship.ever),
        survivors=prepared.survivorship.survivors,
        is_history=plan.is_history,
        stability=result.stability,
        as_of="" if prepared.manifest.as_of is None else prepared.manifest.as_of.isoformat(),
    )


def _fold_summary(prepared: PreparedTraining, fold: FoldResult) -> FoldSummary:
    planned, line = prepared.plan.folds[fold.index], prepared.panel.timeline

    def span(rows: tuple[RowRange, ...]) -> tuple[str, str]:
        first, last = from_micros(int(line.ts_event[rows[0].start])), from_micros(int(line.ts_known[rows[-1].stop - 1]))
        return first.date().isoformat(), last.date().isoformat()

    return FoldSummary(
        name=f"fold {fold.index + 1}",
        train=span(planned.train),
        test=span(planned.test),
        train_samples=fold.train_samples,
        test_samples=fold.test_samples,
        in_sample=fold.in_sample.metrics(),
        out_of_sample={**fold.out_of_sample.metrics(), **fold.certainty, **fold.measures},
        features=() if fold.selection.method == "none" else fold.selection.names,
        figures=dict(fold.figures),
    )


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if np.isfinite(value)}
